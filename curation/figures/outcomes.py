"""What comes of submissions, in how many rounds, and where the checklist says no."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from curation.figures.cases import Case, Outcome
from curation.figures.choice import Choice
from curation.figures.period import Period
from curation.models import ChecklistVerdict, Review

MOST_ROUNDS = 4  # as many and more are counted together
MOST_ITEMS = 12


@dataclass(frozen=True)
class Outcomes:
    """How often each outcome came, in the whole period and in each week or month of it."""

    total: Counter[Outcome]
    by_span: tuple[Counter[Outcome], ...]

    @property
    def count(self) -> int:
        return self.total.total()


def outcomes(cases: Iterable[Case], period: Period) -> Outcomes:
    by_span: tuple[Counter[Outcome], ...] = tuple(Counter() for _ in period.spans)
    for case in cases:
        place = period.span_of(case.ended_at)
        if place is not None and case.outcome is not None:
            by_span[place][case.outcome] += 1
    return Outcomes(sum(by_span, Counter()), by_span)


def rounds(cases: Iterable[Case], period: Period) -> list[int]:
    """How many texts were decided in the first round, in the second, ..., in the last or later."""
    found = [0] * MOST_ROUNDS
    for case in cases:
        if period.span_of(case.decided_at) is not None:
            found[min(case.rounds, MOST_ROUNDS) - 1] += 1
    return found


@dataclass(frozen=True)
class ItemCount:
    """An item of a checklist as it read then: how often it was answered, and how often with No."""

    text: str
    missing: int
    answers: int


def checklist(session: Session, choice: Choice) -> Sequence[ItemCount]:
    """Items by how often they were missing, the most frequent first; those never missing are left out."""
    days, verdict = choice.days, ChecklistVerdict
    missing = sa.func.sum(sa.case((verdict.fulfilled, 0), else_=1))
    query: sa.Select[*tuple[Any, ...]] = (
        sa.select(verdict.text, missing, sa.func.count())
        .where(verdict.at >= days.begin, verdict.at < days.end)
        .group_by(verdict.text)
        .having(missing > 0)
        .order_by(missing.desc(), sa.func.count(), verdict.text)
        .limit(MOST_ITEMS)
    )
    if choice.topic_ids is not None:
        query = query.join(Review, Review.id == verdict.review_id)
        query = query.where(Review.topic_id.in_(choice.topic_ids))
    return [ItemCount(*row) for row in session.execute(query)]
