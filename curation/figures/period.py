"""The days that figures are about, cut into weeks or months, in the company's time zone."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from core.text import days_in_words
from curation.figures import moments

WEEK = timedelta(days=7)
MOST_WEEKS = 26  # longer periods are cut into months
A_YEAR = 366
MOST_DAYS = 100  # longer periods show the queue week by week


@dataclass(frozen=True)
class Span:
    """A week or a month of the period, by its first and last day."""

    first: date
    last: date
    is_month: bool = False

    @property
    def words(self) -> str:
        """ "3 to 9 March 2025", "March 2025" """
        if self.is_month:
            return f"{self.last:%B %Y}"
        return days_in_words(self.first, self.last)


@dataclass(frozen=True)
class Period:
    """From the first to the last day, both included."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def begin(self) -> datetime:
        return self._midnight(self.first)

    @property
    def end(self) -> datetime:
        """The midnight after its last day."""
        return self._midnight(self.last + timedelta(days=1))

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def words(self) -> str:
        first = f"{self.first.day} {self.first:%B}"
        if self.first.year != self.last.year:
            first = f"{first} {self.first.year}"
        return f"{first} to {self.last.day} {self.last:%B %Y}"

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        """Weeks that end with the last day, or months; the first may be cut short."""
        found = self._weeks() if self.days <= MOST_WEEKS * 7 else self._months()
        return tuple(found)

    @property
    def is_in_months(self) -> bool:
        return self.spans[0].is_month

    def short(self, day: date) -> str:
        """As an axis names a day, or a month by one of its days."""
        if not self.is_in_months:
            return f"{day.day} {day:%b}"
        return f"{day:%b}" if self.days <= A_YEAR else f"{day:%b} ’{day:%y}"

    @cached_property
    def samples(self) -> tuple[date, ...]:
        """The days of which the page tells how things stood: each, or one a week."""
        step = timedelta(days=1) if self.days <= MOST_DAYS else WEEK
        days = [self.last]
        while days[-1] - step >= self.first:
            days.append(days[-1] - step)
        return tuple(reversed(days))

    @property
    def every_day(self) -> tuple[date, ...]:
        return tuple(self.first + timedelta(days=n) for n in range(self.days))

    def span_of(self, moment: int | None) -> int | None:
        """The place of the span that a moment lies in."""
        begins = self._borders
        if moment is None or not begins[0] <= moment < begins[-1]:
            return None
        return bisect_right(begins, moment) - 1

    def ends(self, days: tuple[date, ...]) -> list[int]:
        """The midnights after these days."""
        return [moments.of(self._midnight(day + timedelta(days=1))) for day in days]

    @cached_property
    def _borders(self) -> list[int]:
        begins = [self._midnight(span.first) for span in self.spans]
        return [moments.of(moment) for moment in (*begins, self.end)]

    def _midnight(self, day: date) -> datetime:
        return moments.midnight(day, self.zone)

    def _weeks(self) -> Iterator[Span]:
        first = self.last - (self.days - 1) // 7 * WEEK - WEEK + timedelta(days=1)
        while first <= self.last:
            yield Span(max(first, self.first), first + WEEK - timedelta(days=1))
            first += WEEK

    def _months(self) -> Iterator[Span]:
        first = self.first
        while first <= self.last:
            following = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
            yield Span(first, min(following - timedelta(days=1), self.last), is_month=True)
            first = following
