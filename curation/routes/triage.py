"""Deciding on one item after the other, by keyboard if one likes: the queue without the list."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from flask import flash, redirect, render_template, request, url_for
from markupsafe import Markup
from sqlalchemy.orm import Session

from core import clock
from core.db import db
from core.errors import DomainError, Invalid
from core.web import number, posted
from curation import differences, queries, reasons, workflow
from curation.bulk import claim_to_decide
from curation.filters import QueueFilter
from curation.models import Review
from curation.permissions import can_read
from curation.queue import View, look
from curation.queue_lines import Line
from curation.queue_rows import Row, rows
from curation.routes.blueprint import bp
from curation.routes.checks import report
from curation.routes.queue import require_queue
from curation.why import why
from kb.models import Revision
from people.models import User
from people.signin import me


class Read(TypedDict):
    """Which text was decided on, and where its review stood."""

    version: int
    revision: int


@dataclass(frozen=True)
class Place:
    """Where somebody is on their way through what they may decide."""

    current: Line | None
    previous: Line | None
    next: Line | None
    left: int  # from the current one on
    skipped: int  # before it


def place(view: View, at: int) -> Place:
    """At the item asked for while it may be decided, else at the first that was not passed."""
    mine = [line for line in view.lines() if line.profile.yours]
    ahead = [line for line in mine if not line.profile.passed]
    current = next((line for line in mine if line.id == at), ahead[0] if ahead else None)
    if current is None:
        return Place(None, mine[-1] if mine else None, None, left=0, skipped=len(mine))
    index = mine.index(current)
    return Place(
        current,
        mine[index - 1] if index else None,
        mine[index + 1] if index + 1 < len(mine) else None,
        left=len(mine) - index,
        skipped=index,
    )


@bp.get("/reviews/triage")
def triage() -> Any:
    require_queue(me())
    after, at = number(request.args.get("after")), number(request.args.get("at"))
    view = look(db.session, me(), QueueFilter.parse(request.args), after=after)
    return _page(view, place(view, at))


def _page(
    view: View,
    here: Place,
    *,
    problem: str = "",
    reason: str = "",
    errors: Mapping[str, str] | None = None,
) -> str:
    found = rows(db.session, view, [here.current]) if here.current else []
    return render_template(
        "curation/triage.html",
        filter=view.filter,
        arguments=view.filter.arguments(),
        here=here,
        reason=reason,
        problem=problem,
        errors=errors or {},
        claim_minutes=int(workflow.CLAIM.total_seconds() // 60),
        longest_reason=workflow.LONGEST_REASON,
        **(_item(db.session, found[0], me()) if found else {"row": None}),
    )


def _item(session: Session, row: Row, reader: User) -> dict[str, Any]:
    """The whole text, and how it differs from what readers see."""
    revision = session.get_one(Revision, row.revision_id)
    review = session.get_one(Review, row.id)
    live = queries.live_text(session, reader, review)
    return {
        "row": row,
        "reason_why": why(row, reader, clock.now()),
        "review": review,
        "revision": revision,
        "html": Markup(revision.html),
        "live": live,
        "difference": differences.between(session, live, revision) if live else None,
        "report": report(revision),
        "canned": reasons.offered(session, row.line.topic_id),
    }


@bp.post("/reviews/triage")
def decide() -> Any:
    """What was pressed about one item; then the next one."""
    require_queue(me())
    sent = posted()
    filter_ = QueueFilter.parse(request.args)
    review_id = number(sent.get("review"))
    try:
        sentence = _act(db.session, sent, review_id, by=me())
    except DomainError as error:
        return _refused(filter_, review_id, sent.get("reason", ""), error)
    db.session.commit()
    if sent.get("decision") == "claim":
        return redirect(url_for(".triage", **filter_.arguments(), at=review_id), 303)
    if sentence:
        view = look(db.session, me(), filter_, after=review_id)
        left = sum(line.profile.yours and not line.profile.passed for line in view.lines())
        flash(f"{sentence} {left or 'none'} left.")
    return redirect(url_for(".triage", **filter_.arguments(), after=review_id), 303)


def _act(session: Session, sent: Mapping[str, str], review_id: int, *, by: User) -> str:
    """Do what was pressed; returns what to say about it."""
    decision = sent.get("decision", "")
    if decision == "claim":
        workflow.claim(session, review_id, by=by)
        return ""
    if decision == "skip":
        _let_go(session, review_id, by)
        return ""
    version = number(sent.get("version"))
    reason, revision = sent.get("reason", ""), number(sent.get("revision"))
    if decision not in ("approve", "request", "decline"):
        raise Invalid("Choose what to do with it.")
    version = claim_to_decide(session, review_id, version=version, by=by)
    read: Read = {"version": version, "revision": revision}
    if decision == "approve":
        done = workflow.approve(session, review_id, **read, note=reason, by=by)
        title = done.revision.title
        if done.is_open:
            return f"Approved {title}. It is published once somebody else approves it too;"
        return f"Approved {title}. Undo is not possible;"
    if decision == "request":
        done = workflow.request_changes(session, review_id, **read, reason=reason, by=by)
        return f"Sent {done.revision.title} back to {done.author.name};"
    done = workflow.decline(session, review_id, **read, reason=reason, by=by)
    return f"Declined {done.revision.title};"


def _let_go(session: Session, review_id: int, by: User) -> None:
    """Who skips what they have claimed leaves it to others."""
    review = session.get(Review, review_id)
    if review is not None and review.holder_id == by.id:
        workflow.release(session, review_id, by=by)


def _refused(filter_: QueueFilter, review_id: int, reason: str, error: DomainError) -> Any:
    """The same item as it stands now, why nothing was done, and everything that was typed."""
    db.session.rollback()
    view = look(db.session, me(), filter_, after=review_id)
    here = place(view, review_id)
    errors = error.fields if isinstance(error, Invalid) else {}
    if here.current is not None and here.current.id == review_id:
        page = _page(view, here, problem=error.message, reason=reason, errors=errors)
        return page, error.status
    review = db.session.get(Review, review_id)
    page = render_template(
        "curation/triage.html",
        gone=True,
        row=None,
        arguments=filter_.arguments(),
        review=review if review and can_read(db.session, me(), review) else None,
        review_id=review_id,
        problem=error.message,
        reason=reason,
    )
    return page, error.status
