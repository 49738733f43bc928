"""Carries somebody's changes over to a newer text, line by line, and marks where both changed the same."""

from collections.abc import Iterator
from dataclasses import dataclass

from rapidfuzz.distance import Indel

MINE, MIDDLE, LIVE = "<<<<<<< your text", "=======", ">>>>>>> live text"
MOST_CELLS = 60_000_000  # lines times lines; beyond it, aligning would take too much memory


@dataclass(frozen=True)
class Merged:
    """The merged text, and how many places both sides changed differently."""

    text: str
    conflicts: int


@dataclass(frozen=True)
class _Hunk:
    """Lines `start:end` of the base became `lines`."""

    start: int
    end: int
    lines: list[str]


def has_conflict_marks(text: str) -> bool:
    lines = set(text.splitlines())
    return MINE in lines or LIVE in lines


def merge(base: str, mine: str, live: str) -> Merged:
    """Three-way merge of lines: `mine` and `live` both grew from `base`."""
    if mine in (base, live):
        return Merged(live, 0)
    if live == base:
        return Merged(mine, 0)
    lines = base.split("\n")
    ours, theirs = _hunks(lines, mine.split("\n")), _hunks(lines, live.split("\n"))
    merged: list[str] = []
    conflicts = 0
    for start, end, my_hunks, live_hunks in _regions(ours, theirs, len(lines)):
        my_lines = _applied(lines, start, end, my_hunks)
        live_lines = _applied(lines, start, end, live_hunks)
        if not live_hunks or my_lines == live_lines:
            merged += my_lines
        elif not my_hunks:
            merged += live_lines
        else:
            conflicts += 1
            merged += [MINE, *my_lines, MIDDLE, *live_lines, LIVE]
    return Merged("\n".join(merged), conflicts)


def _hunks(base: list[str], other: list[str]) -> list[_Hunk]:
    if len(base) * len(other) > MOST_CELLS:
        return [_Hunk(0, len(base), other)]
    hunks: list[_Hunk] = []
    for op in Indel.opcodes(base, other):
        if op.tag == "equal":
            continue
        lines = other[op.dest_start : op.dest_end]
        if hunks and hunks[-1].end == op.src_start:
            last = hunks.pop()
            hunks.append(_Hunk(last.start, op.src_end, last.lines + lines))
        else:
            hunks.append(_Hunk(op.src_start, op.src_end, lines))
    return hunks


def _regions(
    ours: list[_Hunk], theirs: list[_Hunk], length: int
) -> Iterator[tuple[int, int, list[_Hunk], list[_Hunk]]]:
    """Cut the base into stretches in which each side's hunks lie wholly; what touches stays together."""
    position = 0
    hunks = sorted(
        [(h, True) for h in ours] + [(h, False) for h in theirs],
        key=lambda x: (x[0].start, x[0].end),
    )
    while hunks:
        first, _ = hunks[0]
        start, end = first.start, first.end
        group = []
        while hunks and hunks[0][0].start <= end:
            hunk, is_mine = hunks.pop(0)
            group.append((hunk, is_mine))
            end = max(end, hunk.end)
        if position < start:
            yield position, start, [], []
        yield start, end, [h for h, m in group if m], [h for h, m in group if not m]
        position = end
    if position < length:
        yield position, length, [], []


def _applied(base: list[str], start: int, end: int, hunks: list[_Hunk]) -> list[str]:
    result: list[str] = []
    position = start
    for hunk in hunks:
        result += base[position : hunk.start] + hunk.lines
        position = hunk.end
    return result + base[position:end]
