"""Who reads a review: claimed, put back, taken over, asked of somebody."""

from sqlalchemy.orm import Session

from core import clock
from core.errors import Invalid, NotAllowed
from curation.models import Action, Review, State
from curation.permissions import can_decide, can_read, can_see_queue, is_author
from curation.workflow.moving import (
    CLAIM,
    as_whom,
    hold,
    locked,
    move,
    note_expiry,
    require,
    require_current,
    require_decider,
    require_holder,
)
from curation.workflow.table import TABLE
from people.models import User


def claim(session: Session, review_id: int, *, by: User) -> Review:
    """Take a review to read, for 30 minutes from the last sign of life; the holder's again slides it."""
    review = locked(session, review_id)
    if review.holder_id == by.id:
        review.claimed_until = clock.now() + CLAIM
        return review
    require_decider(session, review, by)
    require(review, Action.CLAIM)
    note_expiry(review)
    hold(review, by)
    move(session, review, Action.CLAIM, by=by, note=as_whom(by))
    return review


def take_over(session: Session, review_id: int, *, version: int, by: User) -> Review:
    """Go on with what somebody else is reading; they are told."""
    review = locked(session, review_id)
    require_decider(session, review, by)
    if review.holder_id == by.id:
        return review
    require(review, Action.TAKE_OVER)
    require_current(review, version)
    former = review.curator_id
    hold(review, by)
    move(session, review, Action.TAKE_OVER, by=by, note=as_whom(by), detail={"former": former})
    return review


def release(session: Session, review_id: int, *, by: User) -> Review:
    """Put a review back for others; doing it twice does no harm."""
    review = locked(session, review_id)
    if review.state is State.SUBMITTED and review.curator_id == by.id:
        return review
    require(review, Action.RELEASE)
    require_holder(review, by)
    move(session, review, Action.RELEASE, by=by)
    return review


def assign(session: Session, review_id: int, *, to: User, by: User) -> Review:
    """Ask somebody to read it: a wish that they are told of, no lock; twice does no harm."""
    review = locked(session, review_id)
    is_curator = can_see_queue(by, session) and can_read(session, by, review)
    if not is_curator or is_author(session, by, review):
        raise NotAllowed("Only curators ask others to read a text, and not for their own.")
    if not can_decide(session, to, review):
        sentence = f"{to.name} cannot decide on this one. Choose somebody else."
        raise Invalid(sentence, {"assignee": sentence})
    if review.assignee_id == to.id:
        return review
    require(review, Action.ASSIGN)
    review.assignee_id, review.assignee = to.id, to
    move(session, review, Action.ASSIGN, by=by, note=to.name, detail={"assignee": to.id})
    return review


def escalate(session: Session, review: Review, *, to: User, level: int) -> None:
    """Tell the topic's backup (1), then the coordinator (2), that it is overdue; once each."""
    if review.escalated >= level or (review.state, Action.ESCALATE) not in TABLE:
        return
    review.escalated = level
    move(session, review, Action.ESCALATE, by=to, detail={"level": level})
