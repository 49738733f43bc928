"""Edits that went live at once, looked at afterwards: found fine, or undone."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import audit, outbox
from core.errors import Conflict, NotAllowed, NotFound
from curation.models import Review, Sample
from curation.permissions import has_written, may_decide_in
from curation.workflow.moving import required_reason
from kb import lifecycle
from kb.models import Publication
from people.models import User

LOOKED_AT = "review.sample_looked_at"


def can_look(session: Session, user: User, review: Review) -> bool:
    """Who could have decided on it, had it waited."""
    return (
        review.sample is not None
        and user.active
        and not has_written(session, user, review)
        and may_decide_in(session, user, review.topic_id)
    )


def find_fine(session: Session, review_id: int, *, by: User) -> Review:
    """Say that the edit can stay; a second time does no harm."""
    review = _to_look_at(session, review_id, by)
    if review.sample is Sample.UNDONE:
        raise Conflict("Somebody has undone this edit already.")
    if review.sample is Sample.WAITING:
        review.sample = Sample.FINE
        _write(session, review, by, "found fine", "")
    return review


def undo(session: Session, review_id: int, *, reason: str, by: User) -> Review:
    """Bring back what was live before, and end its author's way past the queue in this topic."""
    review = _to_look_at(session, review_id, by)
    if review.sample is Sample.UNDONE:
        return review
    reason = required_reason(reason)
    numbers = _numbers(session, review)
    if review.article.live_revision_id != review.revision_id or len(numbers) < 2:
        raise Conflict("The article has changed since; go back to a version on its history page.")
    lifecycle.roll_back(
        session, review.article, to=numbers[1], number=numbers[0], reason=reason, by=by
    )
    review.sample = Sample.UNDONE
    _write(session, review, by, "undone", reason)
    return review


def _numbers(session: Session, review: Review) -> Sequence[int]:
    """The numbers under which the article was published, newest first."""
    query = sa.select(Publication.number).where(Publication.article_id == review.article_id)
    return session.scalars(query.order_by(Publication.number.desc()).limit(2)).all()


def _to_look_at(session: Session, review_id: int, by: User) -> Review:
    review = session.scalar(
        sa.select(Review).where(Review.id == review_id).with_for_update(of=Review)
    )
    if review is None or review.sample is None:
        raise NotFound("There is no such edit to look at.")
    if not can_look(session, by, review):
        raise NotAllowed("Edits in this topic are looked at by those who decide there.")
    return review


def _write(session: Session, review: Review, by: User, outcome: str, reason: str) -> None:
    title = review.revision.title
    detail = {"outcome": outcome, "reason": reason}
    audit.write(
        session,
        LOOKED_AT,
        "review",
        review.id,
        name=title,
        by=by.id,
        by_name=by.name,
        detail=detail,
    )
    outbox.record(session, LOOKED_AT, review.id, by=by.id, data=detail)
