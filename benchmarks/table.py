"""The table that a run prints: each figure, the most it may be, and what belongs to it."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line. `limit` is what it may at most be, or with `at_least` must at least be."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    beside: str = ""
    at_least: bool = False
    digits: int | None = None  # after the point; else two or none

    @property
    def is_kept(self) -> bool:
        if self.limit is None:
            return True
        return self.value >= self.limit if self.at_least else self.value <= self.limit


def line(figure: Figure) -> str:
    bound = ""
    if figure.limit is not None:
        bound = f"{'≥' if figure.at_least else '≤'} {figure.limit:g} {figure.unit}"
    mark = "" if figure.is_kept else "  <- missed"
    measured = f"{_rounded(figure.value, figure.digits)} {figure.unit}"
    return f"{figure.name:<47}{measured:>13}  {bound:<12}{figure.beside}{mark}".rstrip()


def with_load(figure: Figure) -> str:
    """A line that says how busy the machine was, for figures that are compared over weeks."""
    return f"load {os.getloadavg()[0]:<4.1f} {line(figure)}"


def print_figures(figures: Iterable[Figure]) -> None:
    """Each as soon as it is known."""
    for figure in figures:
        print(line(figure), flush=True)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of all lies; 0.5 is the median."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def _rounded(value: float, digits: int | None) -> str:
    if digits is None:
        digits = 2 if value < 10 else 0
    return f"{value:.{digits}f}"
