"""Each review as its log tells it: when it waited for curators, when its author had it, how it ended."""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from curation.figures import moments
from curation.figures.moments import seconds
from curation.figures.period import Period
from curation.models import Action, Review, ReviewEntry


class Outcome(StrEnum):
    """What came of a review."""

    APPROVED = "approved"
    EDITED = "edited"
    BY_TWO = "by_two"
    DECLINED = "declined"
    DUPLICATE = "duplicate"
    WITHDRAWN = "withdrawn"
    AT_ONCE = "at_once"


OUTCOME_WORDS: Mapping[Outcome, str] = {
    Outcome.APPROVED: "Approved",
    Outcome.EDITED: "Edited and approved",
    Outcome.BY_TWO: "Approved by a second curator",
    Outcome.DECLINED: "Declined",
    Outcome.DUPLICATE: "Closed as a duplicate",
    Outcome.WITHDRAWN: "Withdrawn by the author",
    Outcome.AT_ONCE: "Published at once",
}
ENDING: Mapping[str, Outcome] = {
    Action.APPROVE: Outcome.APPROVED,
    Action.EDIT_AND_APPROVE: Outcome.EDITED,
    Action.DECLINE: Outcome.DECLINED,
    Action.MERGE_INTO: Outcome.DUPLICATE,
    Action.WITHDRAW: Outcome.WITHDRAWN,
    Action.PUBLISH_AT_ONCE: Outcome.AT_ONCE,
}
# Nobody decided on these: one was taken back, the other had no need of it.
UNDECIDED = (Outcome.WITHDRAWN, Outcome.AT_ONCE)


# From when until when, without an end while it lasts. Plain tuples of numbers, and no class: there
# are thousands, and the garbage collector passes these by.
Stretch = tuple[int, int | None]


class Case(NamedTuple):
    """One review, from its first submission on; moments are seconds (see `moments`)."""

    topic_id: int
    begun_at: int
    looked_at: int | None
    ended_at: int | None
    rounds: int
    outcome: Outcome | None
    waits: tuple[Stretch, ...]  # for curators
    with_author: tuple[Stretch, ...]

    @property
    def decided_at(self) -> int | None:
        """When curators decided."""
        return None if self.outcome in UNDECIDED else self.ended_at


Turn = tuple[int, str]  # when, and what


def read(session: Session, topic_ids: Collection[int] | None, period: Period) -> list[Case]:
    """Every review that was open at some time in the period, in two queries of narrow rows."""
    within = [
        Review.begun_at < period.end,
        sa.or_(Review.decided_at.is_(None), Review.decided_at >= period.begin),
    ]
    if topic_ids is not None:
        within.append(Review.topic_id.in_(topic_ids))
    turns: dict[int, list[Turn]] = {}
    outcomes: dict[int, Outcome] = {}
    for review_id, at, action, by_two in moments.rows(session, _log().where(*within)):
        if action in ENDING:
            outcomes[review_id] = Outcome.BY_TWO if by_two else ENDING[action]
        else:
            turns.setdefault(review_id, []).append((at, action))
    query = sa.select(
        Review.id,
        Review.topic_id,
        seconds(Review.begun_at),
        seconds(Review.first_look_at),
        seconds(Review.decided_at),
        Review.round,
    ).where(*within)
    return [
        _case(topic_id, begun, looked, ended, rounds, outcomes.get(id_), turns.get(id_, ()))
        for id_, topic_id, begun, looked, ended, rounds in moments.rows(session, query)
    ]


def _log() -> sa.Select[*tuple[Any, ...]]:
    """When texts went back to their authors and came again, and what ended their review."""
    entry = ReviewEntry
    action = sa.type_coerce(entry.action, sa.String)  # as it is stored, which is quicker
    approvers = sa.func.json_array_length(entry.detail["approvers"])
    by_two = sa.case((sa.and_(entry.action == Action.APPROVE, approvers > 1), 1), else_=0)
    again = sa.and_(entry.action == Action.SUBMIT, entry.round > 1)
    turning = entry.action.in_([Action.REQUEST_CHANGES, *ENDING])
    return (
        sa.select(entry.review_id, seconds(entry.at), action, by_two)
        .join(Review, Review.id == entry.review_id)
        .where(sa.or_(turning, again))
        .order_by(entry.id)
    )


def _case(
    topic_id: int,
    begun_at: int,
    looked_at: int | None,
    ended_at: int | None,
    rounds: int,
    outcome: Outcome | None,
    turns: Sequence[Turn],
) -> Case:
    waits: tuple[Stretch, ...] = ()
    with_author: tuple[Stretch, ...] = ()
    begin, has_author = begun_at, False
    for at, action in turns:
        if has_author:
            with_author += ((begin, at),)
        else:
            waits += ((begin, at),)
        begin, has_author = at, action == Action.REQUEST_CHANGES
    if has_author:
        with_author += ((begin, ended_at),)
    elif outcome is not Outcome.AT_ONCE:  # that one never waited
        waits += ((begin, ended_at),)
    return Case(topic_id, begun_at, looked_at, ended_at, rounds, outcome, waits, with_author)
