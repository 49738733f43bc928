"""Two texts as their readers see them, compared by paragraph, and by word inside changed ones."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from markupsafe import Markup

from core.diff.aligning import Fate, Step, align
from core.diff.marking import marked, replaced, whole
from core.diff.tree import Node, parse, plain, units
from core.markup.gate import comparison_gate

CONTEXT = 2  # unchanged blocks shown around a change
MOST_HTML = 1_500_000  # characters of both pages together
MOST_CHANGED = 400_000  # characters of what differs


class TooDifferent(Exception):
    """Comparing these as rendered would take too long; their sources can still be read."""


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, list, table or the like on both sides; None where a side has none.

    `both` is one in which what went and what came stand together. Blocks count from 1; of what
    moved, `other` is the number of the block at the other place.
    """

    kind: str  # same, changed, added, removed, moved
    old: Markup | None
    new: Markup | None
    both: Markup | None
    number: int
    other: int | None = None
    starts_change: bool = False
    starts_move: bool = False  # the first of neighbouring blocks that moved together


@dataclass(frozen=True, slots=True)
class BlockStretch:
    """Neighbouring blocks that are all unchanged and far from any change, or all worth showing."""

    blocks: tuple[Block, ...]
    folded: bool


@dataclass(frozen=True, slots=True)
class Blocks:
    """A comparison to be shown."""

    stretches: tuple[BlockStretch, ...]
    changes: int


def compare_rendered(old: str, new: str) -> Blocks:
    """Both pages side by side and in one; raises TooDifferent.

    Only for what core.markup made. What comes out has passed the same gate again.
    """
    if len(old) + len(new) > MOST_HTML:
        raise TooDifferent
    blocks = list(_Comparison(units(old), units(new)).blocks())
    return Blocks(tuple(_fold(blocks)), sum(block.starts_change for block in blocks))


def whole_page(page: str) -> Blocks:
    """A page with nothing to compare it with: its blocks, none of them marked."""
    blocks = (
        Block("same", None, _safe(html), _safe(html), number)
        for number, html in enumerate(units(page), 1)
    )
    return Blocks((BlockStretch(tuple(blocks), False),), 0)


class _Comparison:
    def __init__(self, old: Sequence[str], new: Sequence[str]) -> None:
        self.old, self.new = old, new
        self.steps = align(old, new, plain)
        if sum(self._size(step) for step in self.steps) > MOST_CHANGED:
            raise TooDifferent

    def blocks(self) -> Iterator[Block]:
        numbers = self._numbers()
        before: Step | None = None
        for number, step in enumerate(self.steps, 1):
            is_change = step.fate is not Fate.SAME
            is_move = step.fate is Fate.MOVED
            old, new, both = self._sides(step)
            yield Block(
                kind="changed" if step.fate is Fate.REPLACED else step.fate.value,
                old=old,
                new=new,
                both=both,
                number=number,
                other=numbers[step.old is None, step.other] if is_move else None,
                starts_change=is_change and (before is None or before.fate is Fate.SAME),
                starts_move=is_move and not (before and step.follows(before)),
            )
            before = step

    def _numbers(self) -> dict[tuple[bool, int | None], int]:
        """At which step each part of each side stands; True asks for the old side."""
        places = {}
        for number, step in enumerate(self.steps, 1):
            places[True, step.old] = places[False, step.new] = number
        return places

    def _size(self, step: Step) -> int:
        if step.fate is Fate.SAME:
            return 0
        return sum(
            len(parts[n])
            for parts, n in ((self.old, step.old), (self.new, step.new))
            if n is not None
        )

    def _sides(self, step: Step) -> tuple[Markup | None, Markup | None, Markup | None]:
        """The old side, the new one, and both in one."""
        if step.fate is Fate.SAME and step.new is not None:
            html = _safe(self.new[step.new])
            return html, html, html
        old, new, both = self._written(step)
        return _safe(old), _safe(new), _safe(both)

    def _written(self, step: Step) -> tuple[str | None, str | None, str | None]:
        before = None if step.old is None else parse(self.old[step.old])
        after = None if step.new is None else parse(self.new[step.new])
        if step.fate is Fate.MOVED and step.other is not None:
            return self._moved(before, after, step.other)
        if step.fate is Fate.CHANGED and before is not None and after is not None:
            changes = marked(before, after)
            return changes.old, changes.new, changes.both
        if before is not None and after is not None:
            exchange = replaced(before, after)
            return exchange.old, exchange.new, exchange.both
        old = None if before is None else whole(before, "del")
        new = None if after is None else whole(after, "ins")
        return old, new, old or new

    def _moved(
        self, before: Node | None, after: Node | None, other: int
    ) -> tuple[str | None, str | None, str | None]:
        """At its new place with the words that changed on the way; at the old one as it was."""
        if before is not None:
            changes = marked(before, parse(self.new[other]))
            return changes.old, None, changes.old
        assert after is not None
        changes = marked(parse(self.old[other]), after)
        return None, changes.new, changes.both


@cache
def _gate() -> Callable[[str], str]:
    return comparison_gate()


def _safe(html: str | None) -> Markup | None:
    return None if html is None else Markup(_gate()(html))


def _fold(blocks: Sequence[Block]) -> Iterator[BlockStretch]:
    near = bytearray(len(blocks))
    for i, block in enumerate(blocks):
        if block.kind != "same":
            first, last = max(0, i - CONTEXT), min(len(blocks), i + CONTEXT + 1)
            near[first:last] = b"\1" * (last - first)
    start = 0
    for end in range(1, len(blocks) + 1):
        if end == len(blocks) or near[end] != near[start]:
            yield BlockStretch(tuple(blocks[start:end]), not near[start] and end - start > 1)
            start = end
