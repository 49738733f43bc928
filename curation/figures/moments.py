"""Moments as whole seconds, which are quick to compare, and how much work was done until each.

A year of reviews has tens of thousands of moments; as dates with a time zone they would take longer
than everything else on the page.
"""

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import GenericFunction

from core.worktime import Calendar


class seconds(GenericFunction[Any]):  # noqa: N801 (named as it reads in a query)
    """Of a column with moments: whole seconds since 1970, or nothing."""

    type = sa.BigInteger()
    inherit_cache = True
    name = "firsthand_seconds"


@compiles(seconds, "sqlite")
def _for_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return f"CAST(strftime('%s', {compiler.process(element.clauses, **kw)}) AS INTEGER)"


@compiles(seconds, "postgresql")
def _for_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    return f"CAST(floor(extract(epoch FROM {compiler.process(element.clauses, **kw)})) AS BIGINT)"


def rows(session: Session, query: sa.Select[*tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Of columns with numbers and words: what the driver gives, which needs no further look."""
    cursor = session.connection().execute(query).cursor
    assert cursor is not None
    found = list(cursor.fetchall())
    cursor.close()
    return found


def of(moment: datetime) -> int:
    return int(moment.timestamp())


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When the day begins in that zone."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


class Worked:
    """A calendar's working time from one moment to another, for thousands of them.

    It asks the calendar for each day once, and answers from what it was told.
    """

    def __init__(self, calendar: Calendar, first: int, last: int) -> None:
        zone = ZoneInfo(calendar.time_zone)
        day = datetime.fromtimestamp(first, zone).date()
        end = datetime.fromtimestamp(last, zone).date()
        self._begins, self._lengths, self._before = [-(2**62)], [0], [0]
        total = 0
        while day <= end:
            begin = midnight(day, zone)
            day += timedelta(days=1)
            if length := calendar.between(begin, midnight(day, zone)):
                self._begins.append(of(calendar.add(begin, length)) - length)
                self._lengths.append(length)
                self._before.append(total)
                total += length

    def between(self, begin: int, end: int) -> int:
        """Working seconds; both moments lie between the first and the last."""
        return self._until(end) - self._until(begin)

    def _until(self, moment: int) -> int:
        day = bisect_right(self._begins, moment) - 1
        return self._before[day] + min(moment - self._begins[day], self._lengths[day])
