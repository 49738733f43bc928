"""Two texts as their authors typed them, compared by line, and by word inside changed lines."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby

from core.diff.aligning import Fate, Step, align
from core.diff.spelling import count_words, readable, runs, tokens, words_gone_and_come

CONTEXT = 3  # unchanged lines shown around a change
MOST_ROWS = 400  # changed lines shown of texts that have little in common


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text; `changed` if only one side has it."""

    text: str
    changed: bool


Pieces = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One line on both sides; None where a side has no such line. Lines count from 1.

    A moved line makes two rows, one at its old place and one at its new; `other_line` is where
    it stands on the other side.
    """

    old: Pieces | None
    new: Pieces | None
    old_line: int | None = None
    new_line: int | None = None
    other_line: int | None = None
    starts_change: bool = False  # the first of neighbouring rows that changed
    starts_move: bool = False  # the first of neighbouring rows that moved together
    is_quiet: bool = False  # an empty line that nobody misses beside what else there is

    @property
    def kind(self) -> str:
        if self.other_line is not None:
            return "moved"
        if self.old is None:
            return "added"
        if self.new is None:
            return "removed"
        return "changed" if any(p.changed for p in self.old + self.new) else "same"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring rows that are all unchanged and far from any change, or all worth showing."""

    rows: tuple[Row, ...]
    folded: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """How much changed, in words, and in runs of lines that moved."""

    added: int = 0
    removed: int = 0
    moved: int = 0


@dataclass(frozen=True, slots=True)
class Lines:
    """A comparison to be shown; `left_out` counts the rows that were too many."""

    stretches: tuple[Stretch, ...]
    tally: Tally
    changes: int  # runs of neighbouring rows that changed, among those shown
    left_out: int = 0


def compare(old: str, new: str) -> list[Stretch]:
    """Rows of both texts side by side, long unchanged stretches folded."""
    return list(compare_lines(old, new).stretches)


def compare_lines(old: str, new: str, *, most: int | None = None) -> Lines:
    """The same with its figures; of `most` changed rows at most."""
    return _Comparison(old.split("\n"), new.split("\n")).lines(most)


def whole(text: str) -> Lines:
    """A text with nothing to compare it with: its lines, none of them marked."""
    rows = (
        Row(None, (Piece(line, False),), new_line=number)
        for number, line in enumerate(text.split("\n"), 1)
    )
    return Lines((Stretch(tuple(rows), False),), Tally(added=count_words(text)), 0)


def words(old: str, new: str) -> Row:
    """Two short texts, such as titles, compared by word."""
    return Row(*_by_word(old, new))


class _Comparison:
    def __init__(self, old: Sequence[str], new: Sequence[str]) -> None:
        self.old, self.new = old, new
        self.steps = align(old, new)

    def lines(self, most: int | None) -> Lines:
        shown, left_out = self._cut(most)
        rows = list(_with_starts(self._row(step) for step in shown))
        return Lines(
            tuple(_fold(rows)),
            self._tally(),
            sum(row.starts_change for row in rows),
            left_out,
        )

    def _cut(self, most: int | None) -> tuple[Sequence[Step], int]:
        changed = [n for n, step in enumerate(self.steps) if step.fate is not Fate.SAME]
        if most is None or len(changed) <= most:
            return self.steps, 0
        return self.steps[: changed[most]], len(self.steps) - changed[most]

    def _row(self, step: Step) -> Row:
        old = None if step.old is None else self.old[step.old]
        new = None if step.new is None else self.new[step.new]
        was, now = self._sides(step, old, new)
        return Row(was, now, _number(step.old), _number(step.new), _number(step.other))

    def _sides(
        self, step: Step, old: str | None, new: str | None
    ) -> tuple[Pieces | None, Pieces | None]:
        if step.fate is Fate.MOVED and step.other is not None:
            before = self.old[step.other] if old is None else old
            after = self.new[step.other] if new is None else new
            was, now = _by_word(before, after)
            return (None if old is None else was, None if new is None else now)
        if old is not None and new is not None and step.fate is not Fate.REPLACED:
            return _by_word(old, new)
        return _all_of(old), _all_of(new)

    def _tally(self) -> Tally:
        """Counted over everything, shown or not."""
        added = removed = moved = 0
        before: Step | None = None
        for step in self.steps:
            pair = self._pair(step)
            if pair is not None:
                gone, come = words_gone_and_come(*pair)
                removed, added = removed + gone, added + come
            if step.fate is Fate.MOVED and step.old is None:
                moved += not (before and step.follows(before))
            before = step
        return Tally(added, removed, moved)

    def _pair(self, step: Step) -> tuple[str, str] | None:
        """What of both texts to count at this step; what moved counts at its new place."""
        if step.fate is Fate.SAME or (step.fate is Fate.MOVED and step.new is None):
            return None
        old = step.other if step.fate is Fate.MOVED else step.old
        return (
            "" if old is None else self.old[old],
            "" if step.new is None else self.new[step.new],
        )


def _number(index: int | None) -> int | None:
    return None if index is None else index + 1


def _all_of(line: str | None) -> Pieces | None:
    return None if line is None else (Piece(line, True),)


def _by_word(old: str, new: str) -> tuple[Pieces, Pieces]:
    if old == new:
        pieces = (Piece(old, False),)
        return pieces, pieces
    left, right = tokens(old), tokens(new)
    found = readable(runs(left, right), left, right)
    return (
        _pieces((left[run.old_start : run.old_end], not run.equal) for run in found),
        _pieces((right[run.new_start : run.new_end], not run.equal) for run in found),
    )


def _pieces(parts: Iterable[tuple[Sequence[str], bool]]) -> Pieces:
    said = ((part, changed) for part, changed in parts if part)
    return tuple(
        Piece("".join(chain.from_iterable(part for part, _ in neighbours)), changed)
        for changed, neighbours in groupby(said, key=lambda pair: pair[1])
    )


def _with_starts(rows: Iterable[Row]) -> Iterator[Row]:
    """Neighbouring changed rows are one change; empty lines in it are shown if they are all of it."""
    for is_same, group in groupby(rows, key=lambda row: row.kind == "same"):
        run = list(group)
        if is_same or not all(_is_empty(row) for row in run):
            run = [replace(row, is_quiet=True) if _is_empty(row) else row for row in run]
        if not is_same:
            first = next(n for n, row in enumerate(run) if not row.is_quiet)
            run[first] = replace(run[first], starts_change=True)
        yield from _with_moves(run)


def _with_moves(rows: Iterable[Row]) -> Iterator[Row]:
    """Lines that moved together, with nothing but empty ones between them, are told of once."""
    before: Row | None = None
    for row in rows:
        if row.other_line is not None and not row.is_quiet:
            yield replace(row, starts_move=before is None or not _moves_with(before, row))
        else:
            yield row
        before = before if row.is_quiet else row


def _moves_with(before: Row, row: Row) -> bool:
    def way(row: Row) -> tuple[bool, int]:
        return row.old is None, (row.other_line or 0) - (row.old_line or row.new_line or 0)

    return before.other_line is not None and way(before) == way(row)


def _is_empty(row: Row) -> bool:
    return not any(piece.text.strip() for side in (row.old, row.new) for piece in side or ())


def _fold(rows: Sequence[Row]) -> Iterator[Stretch]:
    near = bytearray(len(rows))
    for i, row in enumerate(rows):
        if row.kind != "same":
            first, last = max(0, i - CONTEXT), min(len(rows), i + CONTEXT + 1)
            near[first:last] = b"\1" * (last - first)
    start = 0
    for end in range(1, len(rows) + 1):
        if end == len(rows) or near[end] != near[start]:
            yield Stretch(tuple(rows[start:end]), not near[start] and end - start > 2)
            start = end
