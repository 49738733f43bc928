"""Keeps for some minutes what takes long to work out, in each process for itself."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from search.models import SearchRecord

KEPT_SECONDS = 300.0  # a report is looked at, not watched
SOON_SECONDS = 10.0  # what a later look will find better
MOST_KEPT = 24
FEW = 500  # records, while a company begins: then a report follows each of them

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """What was worked out lately, by what it is about."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[Hashable, tuple[float, Value]] = {}

    def get(self, key: Hashable, work: Callable[[], tuple[Value, bool]]) -> Value:
        """The value; `work` makes it, and says whether another look would make none better."""
        if (there := self._fresh(key)) is not None:
            return there[1]
        with self._lock:  # of those who look at once, one works
            if (there := self._fresh(key)) is not None:
                return there[1]
            value, is_final = work()
            while len(self._kept) >= MOST_KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = time.monotonic() + (KEPT_SECONDS if is_final else SOON_SECONDS), value
        return value

    def _fresh(self, key: Hashable) -> tuple[float, Value] | None:
        there = self._kept.get(key)
        return there if there is not None and time.monotonic() < there[0] else None


def latest_of_few(session: Session) -> int | None:
    """The last record where there are few; part of the key, so that the first ones show at once."""
    latest = session.scalar(sa.select(sa.func.max(SearchRecord.id)))
    return latest if latest is not None and latest < FEW else None
