"""The page of one review, for author and curator, and what all its addresses share."""

from collections.abc import Mapping
from typing import Any, TypedDict

from flask import render_template
from sqlalchemy.orm import Session

from core.db import db
from core.errors import DomainError, Invalid, NotFound
from core.web import number, posted, wants_json
from curation.models import Review
from curation.permissions import can_read
from curation.routes import page
from curation.routes.blueprint import bp
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
    shown = show(
        found, problem=error.message, reason=sent_reason(), errors=errors, typed=typed or {}
    )
    return shown, error.status


def show(
    found: Review,
    *,
    problem: str = "",
    reason: str = "",
    errors: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
) -> str:
    """One page for author and curator: the text, what differs from live, the log, what can be done."""
    typed, errors = typed or {}, errors or {}
    return render_template(
        "curation/review.html",
        **page.context(found),
        problem=problem,
        reason=reason or page.prefilled(found, typed),
        errors=errors,
        summary=_by_field(errors, typed),
        typed=typed,
    )


def _by_field(errors: Mapping[str, str], typed: Mapping[str, str]) -> dict[str, str]:
    """The same sentences by the id of the field on the page that each is about."""
    ids = {
        "comment": f"answer-{typed['comment_parent']}"
        if typed.get("comment_parent")
        else "comment-text",
        "lines": "comment-first",
        "suggestion": "comment-suggestion",
        "note": "note-text",
    }
    return {ids.get(name, name): sentence for name, sentence in errors.items()}
