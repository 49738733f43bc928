"""What changed between two texts: aligned by line, and by word inside changed lines."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel

MOST_CELLS = 60_000_000  # elements times elements; beyond it, aligning would take too much memory
CONTEXT = 3  # unchanged lines shown around a change

_WORD = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True)
class Piece:
    """A run of text; `changed` if only one side has it."""

    text: str
    changed: bool


@dataclass(frozen=True)
class Row:
    """One line on both sides; None where a side has no such line."""

    old: tuple[Piece, ...] | None
    new: tuple[Piece, ...] | None

    @property
    def kind(self) -> str:
        if self.old is None:
            return "added"
        if self.new is None:
            return "removed"
        return "changed" if any(p.changed for p in self.old + self.new) else "same"


@dataclass(frozen=True)
class Stretch:
    """Neighbouring rows that are all unchanged and far from any change, or all worth showing."""

    rows: tuple[Row, ...]
    folded: bool


def compare(old: str, new: str) -> list[Stretch]:
    """Rows of both texts side by side, long unchanged stretches folded."""
    return _fold(list(_rows(old.split("\n"), new.split("\n"))))


def words(old: str, new: str) -> Row:
    """Two short texts, such as titles, compared by word."""
    return _changed_row(old, new)


def _rows(old: Sequence[str], new: Sequence[str]) -> Iterator[Row]:
    removed: list[str] = []
    added: list[str] = []
    for tag, source, dest in _opcodes(old, new):
        if tag == "equal":
            yield from _paired(removed, added)
            removed, added = [], []
            yield from (_same_row(line) for line in source)
        else:
            removed += source
            added += dest
    yield from _paired(removed, added)


def _opcodes(
    old: Sequence[str], new: Sequence[str]
) -> Iterator[tuple[str, Sequence[str], Sequence[str]]]:
    if len(old) * len(new) > MOST_CELLS:
        yield "replace", old, new
        return
    for op in Indel.opcodes(old, new):
        yield op.tag, old[op.src_start : op.src_end], new[op.dest_start : op.dest_end]


def _paired(removed: Sequence[str], added: Sequence[str]) -> Iterator[Row]:
    """Lines that went beside lines that came, in order: mostly an edited line and its new form."""
    both = min(len(removed), len(added))
    yield from (_changed_row(*pair) for pair in zip(removed[:both], added[:both], strict=True))
    yield from (Row((Piece(line, True),), None) for line in removed[both:])
    yield from (Row(None, (Piece(line, True),)) for line in added[both:])


def _same_row(line: str) -> Row:
    piece = (Piece(line, False),)
    return Row(piece, piece)


def _changed_row(old: str, new: str) -> Row:
    if old == new:  # where texts are too long to align, equal lines may stand side by side
        return _same_row(old)
    old_words, new_words = _WORD.findall(old), _WORD.findall(new)
    left: list[Piece] = []
    right: list[Piece] = []
    for tag, source, dest in _opcodes(old_words, new_words):
        _extend(left, "".join(source), tag != "equal")
        _extend(right, "".join(dest), tag != "equal")
    return Row(tuple(left), tuple(right))


def _extend(pieces: list[Piece], text: str, changed: bool) -> None:
    if not text:
        return
    if pieces and pieces[-1].changed == changed:
        text = pieces.pop().text + text
    pieces.append(Piece(text, changed))


def _fold(rows: list[Row]) -> list[Stretch]:
    near = [False] * len(rows)
    for i, row in enumerate(rows):
        if row.kind != "same":
            near[max(0, i - CONTEXT) : i + CONTEXT + 1] = [True] * len(
                near[max(0, i - CONTEXT) : i + CONTEXT + 1]
            )
    stretches: list[Stretch] = []
    start = 0
    for i in range(1, len(rows) + 1):
        if i == len(rows) or near[i] != near[start]:
            folded = not near[start] and i - start > 2
            stretches.append(Stretch(tuple(rows[start:i]), folded))
            start = i
    return stretches
