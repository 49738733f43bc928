"""The page of one review, for author and curator, and what all its addresses share."""

from collections.abc import Mapping
from typing import Any, TypedDict

from flask import render_template
from markupsafe import Markup
from sqlalchemy.orm import Session

from core import diff
from core.db import db
from core.errors import DomainError, Invalid, NotFound
from core.web import number, posted, wants_json
from curation import queries, workflow
from curation.models import Review, State
from curation.permissions import can_decide, can_read, can_see_queue, can_withdraw
from curation.routes.blueprint import bp
from kb import drafts
from kb.permissions import can_edit_draft, wrote
from kb.routes.reading import field_changes
from people.signin import me


@bp.get("/reviews/<int:review_id>")
def review(review_id: int) -> Any:
    return show(readable(review_id))


def readable(review_id: int, session: Session | None = None) -> Review:
    """The review, if this person may know of it."""
    session = session or db.session
    found = session.get(Review, review_id)
    if found is None or not can_read(session, me(), found):
        raise NotFound("There is no such review, or it is not for you to see.")
    return found


def sent_number(name: str) -> int:
    return number(posted().get(name))


def sent_reason() -> str:
    return posted().get("reason", "")


class Read(TypedDict):
    version: int
    revision: int


def what_was_read() -> Read:
    """Which version of the review and which text the decision was made on."""
    return {"version": sent_number("version"), "revision": sent_number("revision")}


def refused(review_id: int, error: DomainError, *, typed: Mapping[str, str] | None = None) -> Any:
    """The review as it stands now, with why nothing was done and everything that was typed."""
    if wants_json():
        raise error
    db.session.rollback()
    errors = error.fields if isinstance(error, Invalid) else {}
    found = readable(review_id)
    page = show(
        found, problem=error.message, reason=sent_reason(), errors=errors, typed=typed or {}
    )
    return page, error.status


def show(
    found: Review,
    *,
    problem: str = "",
    reason: str = "",
    errors: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
) -> str:
    """One page for author and curator: the text, what differs from live, the log, what can be done."""
    revision, live = found.revision, found.article.live_revision
    compared = revision.base if found.state is State.APPROVED else live
    moved = live is not None and found.is_open and revision.base_id != live.id
    is_author = found.author_id == me().id or wrote(db.session, me(), revision)
    draft = drafts.of_article(db.session, found.author, found.article_id) if is_author else None
    former = queries.former_round(db.session, found)
    return render_template(
        "curation/review.html",
        review=found,
        revision=revision,
        html=Markup(revision.html),
        live=live,
        compared=compared,
        fields=field_changes(compared, revision) if compared else [],
        body=diff.compare(compared.body, revision.body) if compared else None,
        moved=moved,
        live_changes=diff.compare(revision.base.body, live.body)
        if moved and live and revision.base
        else None,
        own_changes=diff.compare(revision.base.body, revision.body)
        if moved and revision.base
        else None,
        former=former,
        former_fields=field_changes(former, revision) if former else [],
        former_body=diff.compare(former.body, revision.body) if former else None,
        draft=draft if draft and can_edit_draft(me(), draft) else None,
        position=queries.position(db.session, found) if found.state in queries.WAITING else None,
        can_decide=can_decide(db.session, me(), found),
        can_withdraw=can_withdraw(me(), found),
        is_holder=found.holder_id == me().id,
        is_author=is_author,
        sees_queue=can_see_queue(me()),
        deciders=queries.deciders(db.session, found) if found.is_open else [],
        decision=found.entries[-1] if found.state not in queries.WAITING else None,
        done=workflow.DONE,
        problem=problem,
        reason=reason,
        errors=errors or {},
        typed=typed or {},
        claim_minutes=int(workflow.CLAIM.total_seconds() // 60),
        longest_reason=workflow.LONGEST_REASON,
    )
