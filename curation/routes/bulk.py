"""Several items of the queue at once: a page that lists what will happen, then what became of each."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl

from flask import flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from core.db import db
from core.diff import Difference
from core.errors import DomainError
from core.web import number
from curation import bulk, differences, queries, workflow
from curation.bulk import Outcome
from curation.filters import QueueFilter
from curation.models import Review
from curation.permissions import can_read
from curation.queue import look
from curation.queue_rows import Row, rows
from curation.routes.blueprint import bp
from curation.routes.queue import require_queue
from people.models import User
from people.signin import me

ACTIONS = ("approve", "assign")


@bp.post("/reviews/bulk")
def choose() -> Any:
    """What was ticked in the queue has an address of its own, on which nothing is done yet."""
    require_queue(me())
    form, query = request.form, request.form.get("query", "")
    if not _ids(form) or form.get("action") not in ACTIONS:
        flash("Choose at least one item first.", "error")
        return redirect(url_for(".queue", **_filter(query).arguments()), 303)
    there = url_for(".confirm", action=form["action"], id=_ids(form), query=query or None)
    return redirect(there, 303)


@bp.get("/reviews/bulk")
def confirm() -> Any:
    """The items once more, with what will happen to each."""
    require_queue(me())
    action = "assign" if request.args.get("action") == "assign" else "approve"
    return _confirmation(action, _ids(request.args), request.args.get("query", ""))


def _ids(sent: MultiDict[str, str]) -> list[int]:
    return [number(id_) for id_ in sent.getlist("id")][: bulk.MOST]


def _confirmation(action: str, ids: Sequence[int], query: str, error: str = "") -> str:
    view = look(db.session, me(), QueueFilter())
    wanted = set(ids)
    found = rows(db.session, view, view.chosen(wanted))
    obstacles = bulk.obstacles(found) if action == "approve" else {}
    possible = [row for row in found if row.id not in obstacles]
    people = bulk.assignable(db.session, [row.line.topic_id for row in found])
    return render_template(
        "curation/queue_bulk.html",
        action=action,
        outcomes=None,
        possible=possible,
        refused=[row for row in found if row.id in obstacles],
        obstacles=obstacles,
        changes=_changes(possible) if action == "approve" else {},
        people=[(person.id, person.name) for person in people],
        query=query,
        error=error,
        gone=len(wanted) - len(found),
    )


def _changes(possible: Sequence[Row]) -> dict[int, Difference]:
    """What each of them changes."""
    changes = {}
    for row in possible:
        review = db.session.get_one(Review, row.id)
        live = queries.live_text(db.session, me(), review)
        changes[row.id] = differences.between(db.session, live, review.revision)
    return changes


@bp.post("/reviews/bulk/approval")
def approve_several() -> Any:
    """Each in its own transaction; one that is refused keeps no other from being approved."""
    require_queue(me())
    by = me()

    def approve(review_id: int, version: int, revision: int) -> str:
        done = bulk.approve(db.session, review_id, version=version, revision=revision, by=by)
        return "Approved and published." if not done.is_open else "Approved; one more is needed."

    return _results("approve", approve)


@bp.post("/reviews/bulk/assignment")
def assign_several() -> Any:
    require_queue(me())
    by = me()
    to = db.session.get(User, number(request.form.get("to")))
    if to is None or not to.active:
        ids = [item[0] for item in _items()]
        error = "Choose who is to read them."
        return _confirmation("assign", ids, request.form.get("query", ""), error), 422
    to_id, name = to.id, to.name

    def assign(review_id: int, _version: int, _revision: int) -> str:
        person = db.session.get_one(User, to_id)
        workflow.assign(db.session, review_id, to=person, by=by)
        return f"Assigned to {name}, who is told."

    return _results("assign", assign)


def _results(action: str, act: Callable[[int, int, int], str]) -> Any:
    """Do it for each item of the form, and say what became of each."""
    query = request.form.get("query", "")
    outcomes = [_one(act, *item) for item in _items()]
    page = render_template(
        "curation/queue_bulk.html", action=action, outcomes=outcomes, query=query
    )
    return page, 200 if any(outcome.done for outcome in outcomes) or not outcomes else 409


def _one(act: Callable[[int, int, int], str], id_: int, version: int, revision: int) -> Outcome:
    review = db.session.get(Review, id_)
    if review is None or not can_read(db.session, me(), review):
        return Outcome(id_, "A text that is gone", done=False, sentence="It is not in your queue.")
    title = review.revision.title
    try:
        sentence = act(id_, version, revision)
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        return Outcome(id_, title, done=False, sentence=error.message)
    return Outcome(id_, title, done=True, sentence=sentence)


def _items() -> Iterator[tuple[int, int, int]]:
    """`12:3:40` is review 12 in its version 3 with revision 40, as the page showed it."""
    for item in request.form.getlist("item")[: bulk.MOST]:
        id_, _, rest = item.partition(":")
        version, _, revision = rest.partition(":")
        yield number(id_), number(version), number(revision)


def _filter(query: str) -> QueueFilter:
    return QueueFilter.parse(dict(parse_qsl(query)))
