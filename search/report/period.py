"""The days a report is about, cut into weeks in the company's time zone."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core import clock
from people import company

PERIODS: Final = {"7d": "7 days", "30d": "30 days", "90d": "90 days", "12m": "12 months"}
USUAL: Final = "30d"
_DAYS = {"7d": 7, "30d": 30, "90d": 90, "12m": 365}
_WEEK = timedelta(days=7)
MOST_DAYS_APART = 14  # of a week or two each day is shown


@dataclass(frozen=True)
class Period:
    """From the first to the last day, both included; the last is today."""

    key: str
    first: date
    last: date
    zone: ZoneInfo

    @property
    def begin(self) -> datetime:
        return self._midnight(self.first)

    @property
    def end(self) -> datetime:
        return self._midnight(self.last + timedelta(days=1))

    @property
    def is_in_days(self) -> bool:
        return (self.last - self.first).days < MOST_DAYS_APART

    @property
    def spans(self) -> list[tuple[date, date]]:
        """Days, or weeks that end with the last day; the first may be cut short."""
        step = timedelta(days=1) if self.is_in_days else _WEEK
        found, last = [], self.last
        while last >= self.first:
            found.append((max(last - step + timedelta(days=1), self.first), last))
            last -= step
        return found[::-1]

    @property
    def borders(self) -> list[datetime]:
        """The midnight after each span."""
        return [self._midnight(last + timedelta(days=1)) for _, last in self.spans]

    def after(self, moment: datetime) -> "Period":
        """What is left of it after the day of this moment; the last day always."""
        following = moment.astimezone(self.zone).date() + timedelta(days=1)
        return replace(self, first=min(following, self.last))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)


def chosen(session: Session, key: str) -> Period:
    """The period of that name, or the usual one."""
    key = key if key in PERIODS else USUAL
    zone = ZoneInfo(company.times(session).time_zone)
    today = clock.now().astimezone(zone).date()
    return Period(key, today - timedelta(days=_DAYS[key] - 1), today, zone)
