"""Puts the parts of two texts (lines, paragraphs, rows) beside one another, and names their fate."""

from bisect import bisect_left
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz import process
from rapidfuzz.distance import Indel

from core.diff.moving import Moves, find_moves
from core.diff.spelling import Alphabet, Run, marks, runs

ALIKE = 0.5  # two parts with at least this share of their words in common are one part, changed
MOST_PAIRS = 300_000  # parts times parts of one passage; beyond it, only near ones become pairs
REACH = 4  # parts to either side that are near
MOST_PARTS = 20_000  # of one passage on either side; beyond it, no pairs are looked for at all
FEW_WORDS = 3  # fewer make equal parts between changes a chance, such as two empty lines
_BLANK = 0.1  # what an empty part beside an empty one is worth, in words


class Fate(StrEnum):
    """What happened to a part."""

    SAME = "same"
    CHANGED = "changed"
    REPLACED = "replaced"  # one went and one came at its place, with little in common
    REMOVED = "removed"
    ADDED = "added"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Step:
    """One place in the comparison; numbers count parts from 0, None where a side has none.

    What moved makes two steps, one at its old place and one at its new; `other` is its number
    on the other side.
    """

    fate: Fate
    old: int | None
    new: int | None
    other: int | None = None

    def follows(self, before: "Step") -> bool:
        """Whether this moved together with the one before it."""
        return (
            before.fate is self.fate is Fate.MOVED
            and (before.old is None) == (self.old is None)
            and before.other is not None
            and self.other == before.other + 1
        )


def align(
    old: Sequence[str], new: Sequence[str], text: Callable[[str], str] = str, *, moves: bool = True
) -> list[Step]:
    """Steps that go through both sequences in order; `text` gives the words of a part."""
    return _Aligning(old, new, text).steps(moves)


class _Aligning:
    def __init__(self, old: Sequence[str], new: Sequence[str], text: Callable[[str], str]) -> None:
        self.old, self.new, self.text = old, new, text
        self.alphabet = Alphabet()
        self.pairs: dict[int, int] = {}  # new to old
        self.spelled: dict[str, str] = {}

    def steps(self, with_moves: bool) -> list[Step]:
        passages = []
        for run in _passages(runs(self.old, self.new), self._is_slight):
            if run.equal:
                self.pairs.update(
                    zip(
                        range(run.new_start, run.new_end),
                        range(run.old_start, run.old_end),
                        strict=True,
                    )
                )
            else:
                passages.append(run)
                self.pairs.update(self._alike(run))
        moves = self._moves(passages) if with_moves else {}
        return list(self._steps(moves))

    def words(self, part: str) -> str:
        """The words of a part, each as one character."""
        if part not in self.spelled:
            self.spelled[part] = self.alphabet.spell(marks(self.text(part)))
        return self.spelled[part]

    def _is_slight(self, run: Run) -> bool:
        length = run.old_end - run.old_start
        return length <= FEW_WORDS and (
            sum(len(self.words(part)) for part in self.old[run.old_start : run.old_end]) < FEW_WORDS
        )

    def _alike(self, run: Run) -> Iterator[tuple[int, int]]:
        """The pairs (new, old) within a passage, in order, that keep the most words."""
        said = [self.words(part) for part in self.new[run.new_start : run.new_end]]
        blanks = [run.new_start + n for n, words in enumerate(said) if not words]
        best = _BestChain()
        for i, first, last in _within_reach(run):
            words = self.words(self.old[i])
            if not words:
                best.extend(i, [(j, _BLANK) for j in blanks if first <= j < last])
                continue
            choices = said[first - run.new_start : last - run.new_start]
            found = process.extract(
                words, choices, scorer=Indel.normalized_similarity, score_cutoff=ALIKE, limit=None
            )
            best.extend(
                i, [(first + n, score * (len(words) + len(other)) / 2) for other, score, n in found]
            )
        yield from best.pairs()

    def _moves(self, passages: Sequence[Run]) -> Moves:
        """What went at one place and came at another."""
        taken = set(self.pairs.values())
        gone = self._unpaired(
            (i for run in passages for i in range(run.old_start, run.old_end)), self.old, taken
        )
        come = self._unpaired(
            (j for run in passages for j in range(run.new_start, run.new_end)), self.new, self.pairs
        )
        found = find_moves(gone, come)
        return {j: i for j, i in found.items() if j not in self.pairs and i not in taken}

    def _unpaired(
        self, numbers: Iterable[int], parts: Sequence[str], taken: Container[int]
    ) -> dict[int, str]:
        """Those left over, and every empty one: it keeps its neighbours together."""
        words = {n: self.words(parts[n]) for n in numbers}
        return {n: said for n, said in words.items() if not said or n not in taken}

    def _steps(self, moves: Moves) -> Iterator[Step]:
        went, came = {i: j for j, i in moves.items()}, moves
        i = 0
        removed: list[Step] = []
        added: list[Step] = []
        for j in range(len(self.new) + 1):
            partner = self.pairs.get(j) if j < len(self.new) else len(self.old)
            if partner is None:
                fate = Fate.MOVED if j in came else Fate.ADDED
                added.append(Step(fate, None, j, came.get(j)))
                continue
            for gone in range(i, partner):
                fate = Fate.MOVED if gone in went else Fate.REMOVED
                removed.append(Step(fate, gone, None, went.get(gone)))
            yield from self._between(removed, added)
            removed, added = [], []
            i = partner + 1
            if j < len(self.new):
                fate = Fate.SAME if self.old[partner] == self.new[j] else Fate.CHANGED
                yield Step(fate, partner, j)

    def _between(self, removed: list[Step], added: list[Step]) -> Iterator[Step]:
        """What went before what came; if it is one part each, they stand side by side."""
        lost = [s for s in removed if s.old is not None and self.words(self.old[s.old])]
        won = [s for s in added if s.new is not None and self.words(self.new[s.new])]
        if len(lost) == len(won) == 1 and {lost[0].fate, won[0].fate}.isdisjoint({Fate.MOVED}):
            at, to = removed.index(lost[0]), added.index(won[0])
            yield from removed[:at]
            yield from added[:to]
            yield Step(Fate.REPLACED, lost[0].old, won[0].new)
            yield from removed[at + 1 :]
            yield from added[to + 1 :]
        else:
            yield from removed
            yield from added


def _passages(found: Sequence[Run], is_slight: Callable[[Run], bool]) -> list[Run]:
    """Changed runs and the slight equal ones between them become one passage, if it stays small."""
    result: list[Run] = []
    for index, run in enumerate(found):
        before = result[-1] if result else None
        joins = before is not None and not before.equal
        if joins and run.equal and index < len(found) - 1 and is_slight(run):
            after = found[index + 1]
            wide = _joined(_joined(before, run), after)  # type: ignore[arg-type]
            joins = _cells(wide) <= MOST_PAIRS
        elif run.equal:
            joins = False
        if joins and before is not None:
            result[-1] = _joined(before, run)
        else:
            result.append(run)
    return result


def _within_reach(run: Run) -> Iterator[tuple[int, int, int]]:
    """For each old part of a passage the new ones to look at: all, or of very many the nearest."""
    many = _cells(run) > MOST_PAIRS
    if many and max(run.old_end - run.old_start, run.new_end - run.new_start) > MOST_PARTS:
        return
    slope = (run.new_end - run.new_start) / max(1, run.old_end - run.old_start)
    for i in range(run.old_start, run.old_end):
        if many:
            middle = run.new_start + int((i - run.old_start) * slope)
            yield i, max(run.new_start, middle - REACH), min(run.new_end, middle + REACH + 1)
        else:
            yield i, run.new_start, run.new_end


def _joined(first: Run, second: Run) -> Run:
    return Run(False, first.old_start, second.old_end, first.new_start, second.new_end)


def _cells(run: Run) -> int:
    return (run.old_end - run.old_start) * (run.new_end - run.new_start)


_Chain = tuple[int, int, "_Chain | None"]


class _BestChain:
    """Of weighted pairs, those that are in order on both sides and weigh most together."""

    def __init__(self) -> None:
        self._ends: list[int] = []  # the new number at which a chain ends, growing
        self._weights: list[float] = []  # what the best chain up to there weighs, growing
        self._chains: list[_Chain] = []

    def extend(self, old: int, candidates: Sequence[tuple[int, float]]) -> None:
        for new, weight in sorted(candidates, reverse=True):
            place = bisect_left(self._ends, new)
            total = weight + (self._weights[place - 1] if place else 0.0)
            before = self._chains[place - 1] if place else None
            if place < len(self._ends) and self._ends[place] == new:
                if self._weights[place] >= total:
                    continue
            elif place and self._weights[place - 1] >= total:
                continue
            end = place
            while end < len(self._ends) and self._weights[end] <= total:
                end += 1
            self._ends[place:end] = [new]
            self._weights[place:end] = [total]
            self._chains[place:end] = [(old, new, before)]

    def pairs(self) -> Iterator[tuple[int, int]]:
        chain = self._chains[-1] if self._chains else None
        while chain is not None:
            old, new, chain = chain
            yield new, old
