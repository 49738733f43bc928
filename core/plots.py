"""Works out where the lines, marks and words of a small plot stand; templates/plots.html draws them.

Across, everything is in percent of the plot's width, so that it fits any screen while words and
marks keep their size; down, it is in pixels.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

HEIGHT: Final = 168
LABEL_HEIGHT: Final = 17  # of the words at a line's end
MOST_MARKS: Final = 32  # with more points, only those that stand alone and the last get one
MOST_TICKS: Final = 7

Value = float | None


@dataclass(frozen=True)
class Tick:
    """A mark on an axis; a narrow screen leaves out the `spare` ones."""

    at: float
    words: str
    spare: bool = False


@dataclass(frozen=True)
class Line:
    """One series: its unbroken parts as points for a polyline, its marks, the words at its end."""

    name: str
    parts: Sequence[str]
    marks: Sequence[tuple[float, float]]
    label_at: float


@dataclass(frozen=True)
class Plot:
    height: int
    lines: Sequence[Line]
    across: Sequence[Tick]
    up: Sequence[Tick]

    @property
    def is_empty(self) -> bool:
        return not any(line.marks for line in self.lines)


def line_plot(
    series: Mapping[str, Sequence[Value]],
    *,
    across: Sequence[Tick],
    words: Callable[[float], str] = "{:g}".format,
    places: Sequence[float] | None = None,
    steps: Sequence[float] = (),
    least: float = 0,
) -> Plot:
    """Lines over one axis that begins at nothing.

    `places` say where each value stands, in percent; without them they stand evenly. `steps` are
    those by which the axis may go up, where tens would read badly; it goes up to `least` at least.
    """
    length = max((len(values) for values in series.values()), default=0)
    places = places or evenly(length)
    highest = max((v for values in series.values() for v in values if v is not None), default=0)
    ticks = scale(max(highest, least), steps=steps)
    lines = [_line(name, values, places, ticks[-1]) for name, values in series.items()]
    up = [Tick(_height(value, ticks[-1]), words(value)) for value in ticks]
    return Plot(HEIGHT, _apart(lines), across, up)


def evenly(count: int) -> list[float]:
    """So many places from the left edge to the right; a single one stands in the middle."""
    return [50.0] if count == 1 else [round(100 * n / (count - 1), 3) for n in range(count)]


def scale(highest: float, *, steps: Sequence[float] = ()) -> list[float]:
    """A few whole round numbers from nothing to just above the highest."""
    step = next((each for each in steps if highest <= 4 * each), 0.0) or _step(highest / 4)
    step = max(step, 1)
    return [step * n for n in range(max(math.ceil(highest / step), 1) + 1)]


def _step(least: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50, ..."""
    if least <= 0:
        return 1
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * n for n in (1, 2, 5, 10) if power * n >= least * 0.999)


def thinned(ticks: Sequence[Tick], most: int = MOST_TICKS) -> list[Tick]:
    """At most so many, counted back from the last; on a narrow screen every second of them."""
    step = -(-len(ticks) // most) or 1
    kept = list(reversed(ticks[::-1][::step]))
    return [
        Tick(tick.at, tick.words, spare=(len(kept) - 1 - n) % 2 == 1) for n, tick in enumerate(kept)
    ]


def _line(name: str, values: Sequence[Value], places: Sequence[float], top: float) -> Line:
    points = [
        None if value is None else (place, _height(value, top))
        for place, value in zip(places, values, strict=True)
    ]
    parts = [list(part) for there, part in groupby(points, key=bool) if there]
    drawn = [[point for point in part if point] for part in parts]
    marks = [point for point in points if point]
    last = marks[-1][1] if marks else float(HEIGHT)
    if len(marks) > MOST_MARKS:
        marks = [part[0] for part in drawn if len(part) == 1] + marks[-1:]
    lines = [" ".join(f"{x:g},{y:g}" for x, y in part) for part in drawn if len(part) > 1]
    return Line(name, lines, marks, last)


def _height(value: float, top: float) -> float:
    return round(HEIGHT - HEIGHT * value / top, 1)


def _apart(lines: Sequence[Line]) -> list[Line]:
    """The same lines, their words moved so far that none covers another."""
    order = sorted(range(len(lines)), key=lambda n: lines[n].label_at)
    at: dict[int, float] = {}
    free = 0.0
    for n in order:
        at[n] = max(lines[n].label_at, free)
        free = at[n] + LABEL_HEIGHT
    over = max(free - LABEL_HEIGHT - HEIGHT, 0)
    return [Line(e.name, e.parts, e.marks, at[n] - over) for n, e in enumerate(lines)]
