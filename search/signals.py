"""What is known of an article beside its words: how far it can be trusted, and whether it helped others.

| signal | percent |
|---|---|
| checked, and nothing has changed what it rests on | +3 |
| a check is overdue | -3 |
| what it rests on changed, or a reader says that it is wrong, and nobody has looked yet | -2 |
| it worked for w readers and did not for f | 4 (w - f) / (w + f + 10), so between -4 and +4 |
| n searches for the same words led to it | 4 n / (n + 8), so less than +4 |
| it is to be archived on a day that is fixed | -6 |

The outcomes are the mean of a Beta(5, 5) prior after the votes, from -1 to 1: one vote moves it by
a third of a percent. Together the signals are held between LEAST and MOST. Their ratio is the rule
that readers can count on: an article whose words fit by more than 22 percent better than another's
stays above it, whatever else is known of both. So trust and use decide between articles that fit
about equally well, and never bury the right one; nor can what was opened often keep itself on top.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from kb.models import Article, Flag, FlagReason, FlagState, Plan, PlannedAction
from people.models import User
from search.models import SearchRecord

LEAST, MOST = -9.0, 10.0  # percent, of all signals together: 1.10 / 0.91 is less than 1.22

CHECKED, DUE, IN_DOUBT, LEAVING = 3.0, -3.0, -2.0, -6.0
WORKED, PRIOR = 4.0, 10
OPENED, HALFWAY = 4.0, 8

OPENED_WITHIN = timedelta(days=365)
LATEST = 500  # searches for the same words; more would say the same, and cost


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an article, and of it among those who searched for the same words."""

    id: int
    verified_at: datetime | None = None
    verified_by_name: str | None = None
    verify_due_at: datetime | None = None
    check_reason: str = ""
    worked: int = 0
    failed: int = 0
    flagged: bool = False  # somebody says that it is wrong or out of date, and it is not settled
    retires_at: datetime | None = None  # when it is to be archived
    opened: int = 0  # by so many searches for these words


@dataclass(frozen=True, slots=True)
class Part:
    """What one signal adds or takes away, in percent, and why."""

    words: str
    percent: float

    def __str__(self) -> str:
        sign = "+" if self.percent > 0 else "-" if self.percent < 0 else ""
        return f"{self.words}: {sign}{abs(self.percent):.1f}".removesuffix(".0") + " %"


@dataclass(frozen=True, slots=True)
class Signal:
    """By what the score of an article is multiplied; the parts add up to it."""

    factor: float
    parts: tuple[Part, ...] = ()


def factor(facts: Facts, now: datetime) -> Signal:
    """All signals of an article together, within their bounds."""
    parts = [part for part in _parts(facts, now) if part.percent]
    total = sum(part.percent for part in parts)
    held = min(max(total, LEAST), MOST)
    if held != total:
        most = f"{'+' if held > 0 else '-'}{abs(held):.0f}"
        parts.append(Part(f"Together at most {most} %", held - total))
    return Signal(1 + held / 100, tuple(parts))


def _parts(facts: Facts, now: datetime) -> Iterable[Part]:
    yield from _trusted(facts, now)
    if facts.worked or facts.failed:
        votes = facts.worked + facts.failed
        share = (facts.worked - facts.failed) / (votes + PRIOR)
        people = "person" if votes == 1 else "people"
        yield Part(f"Worked for {facts.worked} of {votes} {people}", WORKED * share)
    if facts.opened:
        searches = "search" if facts.opened == 1 else "searches"
        share = facts.opened / (facts.opened + HALFWAY)
        yield Part(f"Opened after {facts.opened} {searches} for the same words", OPENED * share)
    if facts.retires_at is not None:
        yield Part(f"To be archived in {_month(facts.retires_at, now)}", LEAVING)


def _trusted(facts: Facts, now: datetime) -> Iterable[Part]:
    """What its last check is worth, and what has been heard since: a change makes it worth nothing."""
    if facts.verify_due_at is not None and facts.verify_due_at <= now:
        yield Part(f"A check was due in {_month(facts.verify_due_at, now)}", DUE)
    elif facts.verified_at is not None and not facts.check_reason:
        by = f" by {facts.verified_by_name}" if facts.verified_by_name else ""
        yield Part(f"Checked{by} in {_month(facts.verified_at, now)}", CHECKED)
    if facts.check_reason:
        yield Part(f"Needs a check: {facts.check_reason}", IN_DOUBT)
    elif facts.flagged:
        yield Part("A reader says that it is wrong or out of date", IN_DOUBT)


def _month(moment: datetime, now: datetime) -> str:
    return f"{moment:%B}" if moment.year == now.year else f"{moment:%B %Y}"


# Reading


def read(session: Session, ids: Sequence[int], key: str) -> Mapping[int, Facts]:
    """The facts of these articles; `key` names the words searched for, as in SearchRecord.

    Says nothing of who may see them.
    """
    if not ids:
        return {}
    connection = session.connection()
    opened = _opened(connection, key) if key else {}
    found: dict[int, Facts] = {}
    for row in connection.execute(_FACTS, {"wanted": list(ids)}):
        values: tuple[Any, ...] = (*row, opened.get(row[0], 0))
        found[row[0]] = Facts(*values)
    return found


def _opened(connection: sa.Connection, key: str) -> dict[int, int]:
    since = clock.now() - OPENED_WITHIN
    return dict(connection.execute(_OPENED, {"key": key, "since": since}).all())


def _facts() -> sa.Select[*tuple[Any, ...]]:
    article, flag, plan = Article.__table__.c, Flag.__table__.c, Plan.__table__.c
    doubts = (FlagReason.WRONG, FlagReason.OUT_OF_DATE)
    flagged = sa.exists().where(
        flag.article_id == article.id, flag.state == FlagState.OPEN, flag.reason.in_(doubts)
    )
    retires_at = sa.select(sa.func.min(plan.at, type_=plan.at.type)).where(
        plan.article_id == article.id,
        plan.action == PlannedAction.RETIRE,
        plan.done_at.is_(None),
        plan.stopped_at.is_(None),
    )
    return (
        sa.select(
            article.id,
            article.verified_at,
            User.__table__.c.name,
            article.verify_due_at,
            article.check_reason,
            article.worked,
            article.failed,
            flagged,
            retires_at.scalar_subquery(),
        )
        .outerjoin_from(
            Article.__table__, User.__table__, User.__table__.c.id == article.verified_by_id
        )
        .where(article.id.in_(sa.bindparam("wanted", expanding=True)))
    )


def _openings() -> sa.Select[int, int]:
    """What was opened after the latest searches and not left at once; each known person counts once.

    One query for all articles of the key: there are few of them, however many are asked about.
    """
    record = SearchRecord.__table__.c
    latest = (
        sa.select(record.opened_id, record.user_id, record.refined_to_id, record.worked)
        .where(
            record.key == sa.bindparam("key"),
            record.at >= sa.bindparam("since", type_=record.at.type),
        )
        .order_by(record.at.desc(), record.id.desc())
        .limit(sa.literal_column(str(LATEST)))
        .subquery()
        .c
    )
    people = sa.func.count(latest.user_id.distinct())
    nameless = sa.func.count(sa.case((latest.user_id.is_(None), 1)))
    stayed = (
        latest.opened_id.is_not(None),
        latest.refined_to_id.is_(None),
        latest.worked.is_not(False),
    )
    return sa.select(latest.opened_id, people + nameless).where(*stayed).group_by(latest.opened_id)


# Built once: putting these together costs more than running them.
_FACTS = _facts()
_OPENED = _openings()
