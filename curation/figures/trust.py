"""How much of what is published has been checked and is believed, and how much is due for a check."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import accumulate
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from curation.figures.choice import Choice
from kb.models import Article, Publication, Verification


@dataclass(frozen=True)
class Trusted:
    """How many articles readers could find, and how many of them were verified or overdue."""

    day: date
    articles: int
    verified: int  # by somebody, and believed still
    overdue: int  # their time to be checked has come

    @property
    def share(self) -> float | None:
        return self.verified / self.articles if self.articles else None

    @property
    def overdue_share(self) -> float | None:
        return self.overdue / self.articles if self.articles else None


@dataclass(frozen=True)
class Trust:
    """Now, and over time as far as checks were written down."""

    now: Trusted
    needs_check: int  # something they rest on has changed
    over_time: Sequence[Trusted]


def trust(session: Session, choice: Choice, days: tuple[date, ...]) -> Trust:
    now, needs_check = _now(session, choice)
    found = _over_time(session, choice, days)
    if found and choice.is_until_today:
        found[-1] = now  # today is known exactly
    return Trust(now, needs_check, found)


def _now(session: Session, choice: Choice) -> tuple[Trusted, int]:
    """As `kb.verification.trust` sees each article."""
    changed = Article.check_reason != ""
    due = Article.verify_due_at <= clock.now()
    believed = sa.and_(
        Article.verified_at.is_not(None),
        sa.not_(changed),
        sa.or_(Article.verify_due_at.is_(None), sa.not_(due)),
    )
    query = sa.select(
        sa.func.count(), *(sa.func.sum(sa.case((each, 1), else_=0)) for each in (believed, due, changed))
    ).where(
        Article.live_revision_id.is_not(None),
        Article.hidden_at.is_(None),
        Article.archived_at.is_(None),
        *_in_topics(choice),
    )
    articles, verified, overdue, needs_check = session.execute(query).one()
    return Trusted(choice.today, articles, verified or 0, overdue or 0), needs_check or 0


def _over_time(session: Session, choice: Choice, days: tuple[date, ...]) -> list[Trusted]:
    """From the first check on. What stood between a publication and its return is not told apart."""
    moments = choice.days.ends(days)
    lives = {row.id: (row.begin, _end(row)) for row in session.execute(_lives(choice))}
    articles, verified, overdue = _Counts(moments), _Counts(moments), _Counts(moments)
    for begin, end in lives.values():
        articles.add(begin, end)
    first = None
    checks = session.execute(_checks(choice)).all()
    for check, following in zip(checks, [*checks[1:], None], strict=True):
        first = min(first or check.at, check.at)
        if check.article_id not in lives:
            continue
        _, end = lives[check.article_id]
        if following is not None and following.article_id == check.article_id:
            end = min(end or following.at, following.at)
        verified.add(check.at, min(end or check.next_due_at, check.next_due_at))
        overdue.add(check.next_due_at, end)
    numbers = zip(days, moments, articles.totals(), verified.totals(), overdue.totals(), strict=True)
    return [
        Trusted(day, *counts)
        for day, moment, *counts in numbers
        if first is not None and first < moment
    ]


class _Counts:
    """Of how many stretches each moment is part."""

    def __init__(self, moments: Sequence[datetime]) -> None:
        self._moments = moments
        self._changes = [0] * (len(moments) + 1)

    def add(self, begin: datetime, end: datetime | None) -> None:
        if end is not None and end <= begin:
            return
        self._changes[bisect_left(self._moments, begin)] += 1
        if end is not None:
            self._changes[bisect_left(self._moments, end)] -= 1

    def totals(self) -> list[int]:
        return list(accumulate(self._changes[:-1]))


def _lives(choice: Choice) -> sa.Select[Any]:
    """Of each article that was ever published: since when, and until when where it ended."""
    return (
        sa.select(
            Article.id,
            Article.live_revision_id,
            Article.archived_at,
            Article.hidden_at,
            sa.func.min(Publication.at).label("begin"),
            sa.func.max(Publication.unpublished_at).label("taken_back"),
        )
        .join(Publication, Publication.article_id == Article.id)
        .where(*_in_topics(choice))
        .group_by(Article.id)
    )


def _end(row: Any) -> datetime | None:
    ends = [row.archived_at, row.hidden_at, None if row.live_revision_id else row.taken_back]
    return min((each for each in ends if each is not None), default=None)


def _checks(choice: Choice) -> sa.Select[Any]:
    query = sa.select(Verification.article_id, Verification.at, Verification.next_due_at)
    if choice.topic_ids is not None:
        query = query.join(Article, Article.id == Verification.article_id)
        query = query.where(*_in_topics(choice))
    return query.order_by(Verification.article_id, Verification.at, Verification.id)


def _in_topics(choice: Choice) -> list[sa.ColumnElement[bool]]:
    return [] if choice.topic_ids is None else [Article.topic_id.in_(choice.topic_ids)]
