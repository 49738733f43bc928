"""How many texts waited for curators at the end of each day, and for how long already."""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from core import clock
from curation.figures import moments
from curation.figures.cases import Case, Stretch
from curation.figures.period import Period

DAY = 24 * 60 * 60


@dataclass(frozen=True)
class Standing:
    """How the queue stood at the end of a day; ages are in days, since a text was handed in."""

    day: date
    handed_in: int  # since the standing before; those that came again after changes too
    left: int  # decided, given back to their authors, or withdrawn
    waiting: int
    median_age: float | None
    oldest_age: float | None


def over_time(cases: Iterable[Case], period: Period, days: tuple[date, ...]) -> list[Standing]:
    """How it stood on each of these days; today, as it stands now."""
    line = _Line([wait for case in cases for wait in case.waits])
    line.go_on_until(moments.of(period.begin))
    found, now = [], moments.of(clock.now())
    for day, midnight in zip(days, period.ends(days), strict=True):
        handed_in, left = line.go_on_until(midnight)
        median, oldest = line.ages(min(midnight, now))
        found.append(Standing(day, handed_in, left, len(line.waiting), median, oldest))
    return found


class _Line:
    """Those who wait in it, by the moment they came, the longest first."""

    def __init__(self, waits: Sequence[Stretch]) -> None:
        self.waiting: list[int] = []
        self._coming = deque(sorted(begin for begin, _ in waits))
        self._going = deque(sorted((end, begin) for begin, end in waits if end is not None))

    def go_on_until(self, moment: int) -> tuple[int, int]:
        """How many came and how many left before that moment."""
        came = left = 0
        while self._coming and self._coming[0] < moment:
            self.waiting.append(self._coming.popleft())
            came += 1
        while self._going and self._going[0][0] < moment:
            _, begin = self._going.popleft()
            del self.waiting[bisect_left(self.waiting, begin)]
            left += 1
        return came, left

    def ages(self, moment: int) -> tuple[float | None, float | None]:
        """Of the one in the middle, and of the oldest."""
        if not self.waiting:
            return None, None
        middle = self.waiting[len(self.waiting) // 2]
        return (moment - middle) / DAY, (moment - self.waiting[0]) / DAY
