"""What readers flagged, what came of it, and how long that took."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.worktime import Calendar
from curation.figures import moments
from curation.figures.choice import Choice
from curation.figures.times import Spread
from kb.models import Article, Flag, FlagReason, FlagState


@dataclass(frozen=True)
class Flags:
    """Those opened and those closed in the period; `still_open` counts all there are now."""

    opened: Sequence[int]  # in each week or month
    closed: Sequence[Counter[FlagState]]
    by_reason: Counter[FlagReason]  # of those opened
    time: Spread  # working seconds until they were closed
    still_open: int

    @property
    def outcomes(self) -> Counter[FlagState]:
        return sum(self.closed, Counter())


def flags(session: Session, choice: Choice, calendar: Calendar) -> Flags:
    days = choice.days
    opened = [0] * len(days.spans)
    closed: list[Counter[FlagState]] = [Counter() for _ in days.spans]
    by_reason: Counter[FlagReason] = Counter()
    took, still_open = [], 0
    for reason, state, opened_at, closed_at in session.execute(_query(choice)):
        still_open += state is FlagState.OPEN
        begun, ended = days.span_of(moments.of(opened_at)), None
        if closed_at is not None:
            ended = days.span_of(moments.of(closed_at))
        if begun is not None:
            opened[begun] += 1
            by_reason[reason] += 1
        if ended is not None and closed_at is not None:
            closed[ended][state] += 1
            took.append(calendar.between(opened_at, closed_at))
    return Flags(opened, closed, by_reason, Spread.of(took), still_open)


def _query(choice: Choice) -> sa.Select[*tuple[Any, ...]]:
    recent = sa.or_(
        Flag.state == FlagState.OPEN,
        sa.and_(Flag.closed_at >= choice.days.begin, Flag.opened_at < choice.days.end),
    )
    query = sa.select(Flag.reason, Flag.state, Flag.opened_at, Flag.closed_at).where(recent)
    if choice.topic_ids is not None:
        query = query.join(Article, Article.id == Flag.article_id)
        query = query.where(Article.topic_id.in_(choice.topic_ids))
    return query
