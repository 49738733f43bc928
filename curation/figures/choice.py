"""What the figures are narrowed to, and how that stands in the address."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core import clock
from curation.figures.period import Period
from kb import topics
from kb.topics import Node, Tree
from people import company

PERIODS: Final[Mapping[str, str]] = {"4w": "4 weeks", "3m": "3 months", "12m": "12 months"}
USUAL: Final = "3m"
LONGEST_VALUE: Final = 100
MOST_YEARS: Final = 5


@dataclass(frozen=True)
class Choice:
    """A topic with all below it, and the days; what was typed, and what could not be read of it."""

    topics: Tree
    today: date
    days: Period
    topic: Node | None = None
    period: str = USUAL  # empty: days of somebody's own choice
    since: str = ""  # as typed
    until: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, session: Session, arguments: Mapping[str, str]) -> "Choice":
        """From an address; values that name nothing count as not given."""
        zone = ZoneInfo(company.times(session).time_zone)
        today = clock.now().astimezone(zone).date()
        period = arguments.get("period", "")
        period = period if period in PERIODS else USUAL
        choice = cls(topics.tree(session), today, _named(period, today, zone), period=period)
        choice = choice._with_topic(session, arguments.get("topic", "").strip())
        since, until = (arguments.get(name, "").strip()[:LONGEST_VALUE] for name in ("from", "to"))
        return choice._with_days(since, until) if since or until else choice

    def arguments(self, **changes: str) -> dict[str, Any]:
        """As an address carries it, with some of it chosen otherwise; a named period needs no days."""
        values = {
            "topic": self.topic.slug if self.topic else "",
            "period": "" if self.period == USUAL else self.period,
            "from": self.since,
            "to": self.until,
        }
        if "period" in changes:
            values |= {"from": "", "to": ""}
        return {name: value for name, value in (values | changes).items() if value}

    @property
    def topic_ids(self) -> list[int] | None:
        """The chosen topic and those below it; None for all there are."""
        return self.topics.below(self.topic.id) if self.topic else None

    @property
    def is_until_today(self) -> bool:
        return self.days.last == self.today

    def _with_topic(self, session: Session, slug: str) -> "Choice":
        node = self.topics.by_slug.get(slug)
        if node is None and slug:
            moved = topics.find_moved(session, slug)
            node = self.topics.by_id[moved.id] if moved else None
        return replace(self, topic=node)

    def _with_days(self, since: str, until: str) -> "Choice":
        errors: dict[str, str] = {}
        first, last = _day(since, "from", errors), _day(until, "to", errors)
        last = min(last or self.today, self.today)
        first = first or last - timedelta(days=90)
        if not errors and first > self.today:
            errors["from"] = "This day has not come yet."
        elif not errors and first > last:
            errors["to"] = "The last day comes before the first."
        elif not errors and (last - first).days > MOST_YEARS * 366:
            errors["from"] = f"At most {MOST_YEARS} years at a time, please."
        days = self.days if errors else Period(first, last, self.days.zone)
        return replace(self, days=days, period="", since=since, until=until, errors=errors)


def _named(period: str, today: date, zone: ZoneInfo) -> Period:
    """Whole weeks up to today; of a year, whole months up to this one."""
    if period == "12m":
        first = today.replace(day=1)
        for _ in range(11):
            first = (first - timedelta(days=1)).replace(day=1)
        return Period(first, today, zone)
    weeks = 4 if period == "4w" else 13
    return Period(today - timedelta(days=7 * weeks - 1), today, zone)


def _day(text: str, name: str, errors: dict[str, str]) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not 1970 <= day.year < 3000:
        errors[name] = "Give a day as 2026-03-31."
        return None
    return day
