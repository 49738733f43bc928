"""What every action on a review does alike: lock it, see whether it may, move it, write it down."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, outbox
from core.errors import Invalid, NotAllowed, NotFound
from core.text import unfold_lines
from curation.models import OPEN, Action, Review, ReviewEntry, State
from curation.permissions import can_decide
from curation.workflow.table import EVENTS, TABLE, MovedOn, WrongState, last_act
from people.models import User

CLAIM = timedelta(minutes=30)
LONGEST_REASON = 4000
# Nothing that somebody who reads it has to look at again before they decide.
UNNOTICED = (Action.ASSIGN, Action.ESCALATE)


def locked(session: Session, review_id: int) -> Review:
    """The review, with nobody else acting on it until this transaction ends."""
    query = sa.select(Review).where(Review.id == review_id).with_for_update(of=Review)
    review = session.scalar(query.execution_options(populate_existing=True))
    if review is None:
        raise NotFound("There is no such review.")
    return review


def to_decide(
    session: Session, review_id: int, action: Action, version: int, revision: int, by: User
) -> Review:
    """A review that this person may decide now, having read just this revision of it."""
    review = locked(session, review_id)
    if not review.is_open:  # too late, or a second click: say who decided, whoever asks
        raise WrongState(review, last_act(review))
    require_decider(session, review, by)
    if review.claim_ran_out and review.curator_id == by.id:
        hold(review, by)  # nobody else took it meanwhile: go on as if in time
    require(review, action)
    require_holder(review, by)
    require_current(review, version)
    if review.revision_id != revision:
        raise MovedOn(review, last_act(review))
    return review


def require(review: Review, action: Action) -> None:
    if (review.state, action) not in TABLE:
        raise WrongState(review, last_act(review))


def require_current(review: Review, version: int) -> None:
    if review.version != version:
        raise MovedOn(review, last_act(review))


def require_decider(session: Session, review: Review, by: User) -> None:
    if not can_decide(session, by, review):
        raise NotAllowed(
            "You cannot decide on this one: it is your own text, you have approved it already,"
            " or another topic's curators decide."
        )


def require_holder(review: Review, by: User) -> None:
    if review.curator_id != by.id:
        raise MovedOn(review, last_act(review))


def hold(review: Review, by: User) -> None:
    now = clock.now()
    review.curator_id, review.claimed_at, review.claimed_until = by.id, now, now + CLAIM
    review.first_look_at = review.first_look_at or now


def note_expiry(review: Review) -> None:
    """Write into the log that a claim ran out, before the next action does its own."""
    if review.claim_ran_out and review.curator_id is not None:
        review.entries.append(_entry(review, Action.EXPIRE, review.curator_id, State.SUBMITTED))
        review.stored_state = State.SUBMITTED


def move(
    session: Session,
    review: Review,
    action: Action,
    *,
    by: User,
    note: str = "",
    detail: dict[str, Any] | None = None,
) -> ReviewEntry:
    """Change the state as the table says, write it down, tell whoever listens."""
    note_expiry(review)
    new = TABLE[(review.stored_state, action)]
    entry = _entry(review, action, by.id, new, note=note, detail=detail)
    review.entries.append(entry)
    review.stored_state = new
    if action not in UNNOTICED:
        review.version += 1
    if new is not State.IN_REVIEW:
        review.claimed_at = review.claimed_until = None
    if new not in OPEN:
        review.decided_at = clock.now()
    session.flush()  # the event names the entry by id
    outbox.record(session, EVENTS[action], entry.id, by=by.id, data=detail or {})
    return entry


def _entry(
    review: Review,
    action: Action,
    actor_id: int,
    new: State,
    note: str = "",
    detail: dict[str, Any] | None = None,
) -> ReviewEntry:
    return ReviewEntry(
        at=clock.now(),
        actor_id=actor_id,
        action=action,
        old=review.stored_state,
        new=new,
        note=note,
        revision_id=review.revision_id,
        round=review.round,
        detail=detail or {},
    )


def checked_reason(text: str) -> str:
    """What somebody gave as reason, clean; it may be empty."""
    text = unfold_lines(text).strip()
    if len(text) > LONGEST_REASON:
        sentence = f"A reason has at most {LONGEST_REASON} characters; this one has {len(text)}."
        raise Invalid(sentence, {"reason": sentence})
    return text


def required_reason(text: str) -> str:
    if not text.strip():
        sentence = "Write a reason that the author can use."
        raise Invalid(sentence, {"reason": sentence})
    return checked_reason(text)


def as_whom(by: User) -> str:
    return "As administrator." if by.is_admin else ""
