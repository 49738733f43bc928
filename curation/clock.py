"""The clock of a review: working time, running while curators have the text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased
from sqlalchemy.pool import Pool

from core import clock as time
from curation.models import Action, Review, ReviewEntry, State
from kb import policy
from people import company

HOUR = 3600
LEAST_SHARE = 4  # a further round gets at least this part of the target
PACE_DAYS = 90
FEWEST_DECISIONS = 5  # with less nothing is usual
MOST_DECISIONS = 500  # the newest; more would not say it better
PACE_KEPT = timedelta(minutes=5)
ANSWERS = (
    Action.REQUEST_CHANGES,
    Action.APPROVE,
    Action.EDIT_AND_APPROVE,
    Action.DECLINE,
    Action.MERGE_INTO,
)


# Running and standing


def start(session: Session, review: Review) -> None:
    """The whole of the topic's target begins to run."""
    _run(session, review, target(session, review.topic_id))


def pause(session: Session, review: Review) -> None:
    """The author has the text: keep what is left of the target."""
    if review.due_at is None:
        return
    left = company.calendar(session).between(time.now(), review.due_at)
    review.due_at, review.seconds_left = None, max(left, 0)


def resume(session: Session, review: Review) -> None:
    """Curators have the text again: what was left goes on, and at least a quarter of the target."""
    whole = target(session, review.topic_id)
    left = whole if review.seconds_left is None else review.seconds_left
    _run(session, review, max(left, whole // LEAST_SHARE))


def target(session: Session, topic_id: int) -> int:
    """Working seconds in which a text of this topic should be decided."""
    return policy.of(session, topic_id).target_hours * HOUR


def is_overdue(review: Review) -> bool:
    """Whether it should have been decided by now; never while its author has it."""
    runs = review.state in (State.SUBMITTED, State.IN_REVIEW)
    return runs and review.due_at is not None and review.due_at <= time.now()


def _run(session: Session, review: Review, seconds: int) -> None:
    review.due_at = company.calendar(session).add(time.now(), seconds)
    review.seconds_left, review.escalated = None, 0


# How long it usually takes


@dataclass(frozen=True)
class Pace:
    """Working seconds from a submission to its answer: half are answered within the median."""

    median: int
    p75: int
    answers: int


def pace(session: Session, topic_id: int) -> Pace | None:
    """How quickly texts of this topic were answered lately, if there were enough of them."""
    calendar = company.calendar(session)
    taken = sorted(calendar.between(a, b) for a, b in _answers(session, topic_id))
    if len(taken) < FEWEST_DECISIONS:
        return None
    return Pace(taken[(len(taken) - 1) // 2], taken[(len(taken) - 1) * 3 // 4], len(taken))


def usually(session: Session, topic_id: int) -> str:
    """ "usually decided within a day"; where little was decided lately, what the topic aims at."""
    kept = _kept.setdefault(_database(session), {})
    until, words = kept.get(topic_id, (None, ""))
    if until is None or until <= time.now():
        words = _usually(session, topic_id)
        kept[topic_id] = (time.now() + PACE_KEPT, words)
    return words


def _usually(session: Session, topic_id: int) -> str:
    calendar, found = company.calendar(session), pace(session, topic_id)
    if found is None:
        return f"should be decided within {calendar.in_words(target(session, topic_id))}"
    return f"usually decided within {calendar.in_words(found.p75)}"


# Kept for each database that this process has open; its pool goes when it is closed.
_kept: WeakKeyDictionary[Pool, dict[int, tuple[datetime, str]]] = WeakKeyDictionary()


def _database(session: Session) -> Pool:
    return session.connection().engine.pool


def _answers(session: Session, topic_id: int) -> Sequence[tuple[datetime, datetime]]:
    """When each text was handed in and when its curator answered, round by round."""
    handed_in, answer = aliased(ReviewEntry), aliased(ReviewEntry)
    query = (
        sa.select(handed_in.at, answer.at)
        .select_from(answer)
        .join(Review, Review.id == answer.review_id)
        .join(
            handed_in,
            sa.and_(
                handed_in.review_id == answer.review_id,
                handed_in.round == answer.round,
                handed_in.action == Action.SUBMIT,
            ),
        )
        .where(
            Review.topic_id == topic_id,
            answer.action.in_(ANSWERS),
            answer.at >= time.now() - timedelta(days=PACE_DAYS),
        )
        .order_by(answer.id.desc())
        .limit(MOST_DECISIONS)
    )
    return [(begun, ended) for begun, ended in session.execute(query)]


# In words


def standing_words(session: Session, review: Review, position: int | None) -> str:
    """What its author wants to know: "Position 3; usually decided within a day"."""
    if not review.is_open:
        return ""
    if review.state is State.CHANGES_REQUESTED:
        return _paused_words(session, review)
    parts = [f"Position {position}"] if position else []
    parts.append(usually(session, review.topic_id))
    if is_overdue(review):
        parts.append(_overdue_words(review))
    words = "; ".join(parts)
    return words[:1].upper() + words[1:]


def _paused_words(session: Session, review: Review) -> str:
    whole = target(session, review.topic_id)
    left = whole if review.seconds_left is None else review.seconds_left
    words = company.calendar(session).in_words(max(left, whole // LEAST_SHARE))
    return f"The clock stands still; once you submit again, it should be decided within {words}"


def _overdue_words(review: Review) -> str:
    told = {0: "", 1: ", the backup has been told", 2: ", the coordinator has been told"}
    return f"it takes longer than it should{told.get(review.escalated, '')}"
