"""How much of what is published has been checked and is believed, and how much is due for a check."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from curation.figures import moments
from curation.figures.choice import Choice
from curation.figures.moments import seconds
from kb.models import Article, Publication, Verification

FOREVER: Final = 2**62
Stretch = tuple[int, int]  # from when until when


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
        sa.func.count(),
        *(sa.func.sum(sa.case((each, 1), else_=0)) for each in (believed, due, changed)),
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
    lives = list(_lives(session, choice))
    ended = {article_id: end for article_id, _, end in lives if end != FOREVER}
    checks = moments.rows(session, _checks(choice))
    first = min((at for _, at, _ in checks), default=FOREVER)
    verified: list[Stretch] = []
    overdue: list[Stretch] = []
    later_id, later = 0, FOREVER
    for article_id, at, due in reversed(checks):
        end = later if article_id == later_id else ended.get(article_id, FOREVER)
        verified.append((at, min(due, end)))
        overdue.append((due, end))
        later_id, later = article_id, at
    ends = choice.days.ends(days)
    counts = (
        _counts(stretches, ends)
        for stretches in ([(begin, end) for _, begin, end in lives], verified, overdue)
    )
    numbers = zip(days, ends, *counts, strict=True)
    return [Trusted(day, *found) for day, end, *found in numbers if first < end]


def _counts(stretches: Iterable[Stretch], at_moments: Sequence[int]) -> list[int]:
    """Of how many stretches each moment is part."""
    real = [(begin, end) for begin, end in stretches if begin < end]
    begins = sorted(begin for begin, _ in real)
    ends = sorted(end for _, end in real)
    return [bisect_left(begins, each) - bisect_left(ends, each) for each in at_moments]


def _lives(session: Session, choice: Choice) -> Iterator[tuple[int, int, int]]:
    """Each article that was ever published, since when, and until when where that ended."""
    taken_back = sa.case(
        (Article.live_revision_id.is_(None), seconds(sa.func.max(Publication.unpublished_at)))
    )
    query = (
        sa.select(
            Article.id,
            seconds(sa.func.min(Publication.at)),
            seconds(Article.archived_at),
            seconds(Article.hidden_at),
            taken_back,
        )
        .join(Publication, Publication.article_id == Article.id)
        .where(*_in_topics(choice))
        .group_by(Article.id)
    )
    for article_id, begin, *ends in moments.rows(session, query):
        yield article_id, begin, min((end for end in ends if end is not None), default=FOREVER)


def _checks(choice: Choice) -> sa.Select[*tuple[Any, ...]]:
    at, due = seconds(Verification.at), seconds(Verification.next_due_at)
    query = sa.select(Verification.article_id, at, due)
    if choice.topic_ids is not None:
        query = query.join(Article, Article.id == Verification.article_id)
        query = query.where(*_in_topics(choice))
    return query.order_by(Verification.article_id, Verification.at, Verification.id)


def _in_topics(choice: Choice) -> list[sa.ColumnElement[bool]]:
    return [] if choice.topic_ids is None else [Article.topic_id.in_(choice.topic_ids)]
