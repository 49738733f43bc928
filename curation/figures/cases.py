"""Each review as its log tells it: when it waited for curators, when its author had it, how it ended."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

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
ENDING: Mapping[Action, Outcome] = {
    Action.APPROVE: Outcome.APPROVED,
    Action.EDIT_AND_APPROVE: Outcome.EDITED,
    Action.DECLINE: Outcome.DECLINED,
    Action.MERGE_INTO: Outcome.DUPLICATE,
    Action.WITHDRAW: Outcome.WITHDRAWN,
    Action.PUBLISH_AT_ONCE: Outcome.AT_ONCE,
}
# Nobody decided on these: one was taken back, the other had no need of it.
UNDECIDED = (Outcome.WITHDRAWN, Outcome.AT_ONCE)


class Stretch(NamedTuple):
    """From when until when; without an end while it lasts."""

    begin: datetime
    end: datetime | None


class Case(NamedTuple):
    """One review, from its first submission on."""

    topic_id: int
    looked_at: datetime | None
    ended_at: datetime | None
    rounds: int
    outcome: Outcome | None
    waits: Sequence[Stretch]  # for curators
    with_author: Sequence[Stretch]

    @property
    def begun_at(self) -> datetime:
        return self.waits[0].begin

    @property
    def decided_at(self) -> datetime | None:
        """When curators decided."""
        return None if self.outcome in UNDECIDED else self.ended_at


def read(session: Session, topic_ids: Collection[int] | None, period: Period) -> list[Case]:
    """Every review that was open at some time in the period, in two queries."""
    within = [
        Review.begun_at < period.end,
        sa.or_(Review.decided_at.is_(None), Review.decided_at >= period.begin),
    ]
    if topic_ids is not None:
        within.append(Review.topic_id.in_(topic_ids))
    turns = _turns(session, within)
    return [_case(row, turns.get(row.id, ())) for row in session.execute(_reviews(within))]


def _reviews(within: Sequence[sa.ColumnElement[bool]]) -> sa.Select[Any]:
    """Narrow rows: there may be thousands. A review has one entry at most that ends it."""
    ending = sa.and_(ReviewEntry.review_id == Review.id, ReviewEntry.action.in_(tuple(ENDING)))
    approvers = sa.func.json_array_length(ReviewEntry.detail["approvers"])
    by_two = sa.case((ReviewEntry.action == Action.APPROVE, approvers > 1), else_=sa.false())
    return (
        sa.select(
            Review.id,
            Review.topic_id,
            Review.begun_at,
            Review.first_look_at,
            Review.decided_at,
            Review.round,
            ReviewEntry.action,
            by_two.label("by_two"),
        )
        .outerjoin(ReviewEntry, ending)
        .where(*within)
    )


def _turns(
    session: Session, within: Sequence[sa.ColumnElement[bool]]
) -> dict[int, list[tuple[datetime, Action]]]:
    """When texts went back to their authors, and came again."""
    again = sa.and_(ReviewEntry.action == Action.SUBMIT, ReviewEntry.round > 1)
    query = (
        sa.select(ReviewEntry.review_id, ReviewEntry.at, ReviewEntry.action)
        .join(Review, Review.id == ReviewEntry.review_id)
        .where(sa.or_(ReviewEntry.action == Action.REQUEST_CHANGES, again), *within)
        .order_by(ReviewEntry.id)
    )
    turns: dict[int, list[tuple[datetime, Action]]] = defaultdict(list)
    for review_id, at, action in session.execute(query):
        turns[review_id].append((at, action))
    return turns


def _case(row: Any, turns: Sequence[tuple[datetime, Action]]) -> Case:
    waits: list[Stretch] = []
    with_author: list[Stretch] = []
    begin, has_author = row.begun_at, False
    for at, action in turns:
        (with_author if has_author else waits).append(Stretch(begin, at))
        begin, has_author = at, action is Action.REQUEST_CHANGES
    (with_author if has_author else waits).append(Stretch(begin, row.decided_at))
    outcome = ENDING.get(row.action)
    return Case(
        row.topic_id,
        row.first_look_at,
        row.decided_at,
        row.round,
        Outcome.BY_TWO if row.by_two else outcome,
        waits,
        with_author,
    )
