"""Places in a text that nobody should see whole, and the text with all of them covered."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from curation.checks.findings import EXCERPT, Check, Finding, Severity, shortened

DOT = "•"
_COVERED_LINE = DOT * 8


@dataclass(frozen=True, slots=True)
class Spot:
    """Something sensitive between two characters of a text, what is said of it, how it may be shown."""

    check: Check
    severity: Severity
    start: int
    end: int
    sentence: str
    shown: str
    domain: str = ""  # of an e-mail address: whether it is ours, only the database knows


@dataclass(frozen=True, slots=True)
class Marked:
    """A finding about something sensitive, and the domain on which it depends, if any."""

    finding: Finding
    domain: str


def cover(body: str, spots: Iterable[Spot]) -> tuple[str, list[Marked]]:
    """The text, line for line, with all spots covered; and the findings, which quote that text alone."""
    chosen = _apart(spots)
    parts: list[str] = []
    places: list[int] = []  # of each spot, in the covered text
    at = 0
    for spot in chosen:
        parts.append(body[at : spot.start])
        places.append(len(parts))
        hidden = body[spot.start : spot.end]
        # A key of many lines stays as long as it was, so that line numbers stay right.
        parts.append(spot.shown + f"\n{_COVERED_LINE}" * hidden.count("\n"))
        at = spot.end
    parts.append(body[at:])
    covered = "".join(parts)
    offsets = list(accumulate(map(len, parts), initial=0))
    starts = line_starts(covered)
    told: dict[str, tuple[Spot, int, int]] = {}
    times: Counter[str] = Counter()
    for spot, place in zip(chosen, places, strict=True):
        hidden = body[spot.start : spot.end]
        told.setdefault(hidden, (spot, offsets[place], offsets[place + 1]))
        times[hidden] += 1
    return covered, [
        _marked(covered, starts, spot, start, end, times[hidden])
        for hidden, (spot, start, end) in told.items()
    ]


def line_starts(text: str) -> list[int]:
    """Where each line begins."""
    return [0, *accumulate(len(line) + 1 for line in text.split("\n")[:-1])]


def _apart(spots: Iterable[Spot]) -> list[Spot]:
    """Spots that do not touch one another; of two that do, the one that was found first."""
    chosen: list[Spot] = []
    taken: list[tuple[int, int]] = []
    for spot in spots:
        index = bisect_right(taken, (spot.start, spot.end))
        clear_before = index == 0 or taken[index - 1][1] <= spot.start
        clear_after = index == len(taken) or taken[index][0] >= spot.end
        if clear_before and clear_after:
            taken.insert(index, (spot.start, spot.end))
            chosen.append(spot)
    return sorted(chosen, key=lambda spot: spot.start)


def _marked(
    covered: str, starts: Sequence[int], spot: Spot, start: int, end: int, times: int
) -> Marked:
    line = bisect_right(starts, start)
    last = bisect_right(starts, end - 1)
    sentence = spot.sentence + (f" It stands here {times} times." if times > 1 else "")
    excerpt = _around(covered, start, end)
    return Marked(Finding(spot.check, spot.severity, line, last, sentence, excerpt), spot.domain)


def _around(covered: str, start: int, end: int) -> str:
    """The line in which something stands, or the part of it that fits."""
    begin = covered.rfind("\n", 0, start) + 1
    stop = covered.find("\n", start)
    stop = len(covered) if stop < 0 else stop
    if stop - begin <= EXCERPT:
        return shortened(covered[begin:stop])
    room = max(0, EXCERPT - (min(end, stop) - start)) // 2
    left = covered[max(begin, start - room) : start]
    return shortened(("…" if start - room > begin else "") + left + covered[start:stop])
