"""Words, and sequences of them written as strings, so that comparing them is quick."""

import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel, LCSseq, Levenshtein

MOST_CELLS = 60_000_000  # elements times elements; beyond it, aligning would take too much memory

_TOKEN = re.compile(r"\s+|\w+|[^\w\s]")
_MARK = re.compile(r"\w+|[^\w\s]")
_WORD = re.compile(r"\w+")
_SURROGATES = 0xD800, 0x800
_CHARACTERS = 0x110000 - _SURROGATES[1] - 1


def tokens(text: str) -> list[str]:
    """The text cut into words, single signs and runs of blanks."""
    return _TOKEN.findall(text)


def marks(text: str) -> list[str]:
    """Its words and signs, without the blanks."""
    return _MARK.findall(text)


def words(text: str) -> list[str]:
    return _WORD.findall(text)


def count_words(text: str) -> int:
    return len(_WORD.findall(text))


def words_that_differ(old: str, new: str) -> int:
    """How many words have to be put, taken out or exchanged to make one text of the other."""
    alphabet = Alphabet()
    return Levenshtein.distance(alphabet.spell(words(old)), alphabet.spell(words(new)))


def words_gone_and_come(old: str, new: str) -> tuple[int, int]:
    """How many words only the old text has, and how many only the new one, in their order."""
    gone, come = words(old), words(new)
    if gone and come:
        alphabet = Alphabet()
        left, right = alphabet.spell(gone), alphabet.spell(come)
        kept = int(LCSseq.similarity(left, right))
        return len(gone) - kept, len(come) - kept
    return len(gone), len(come)


class Alphabet(dict[Hashable, str]):
    """Gives each different thing a character of its own."""

    def __missing__(self, thing: Hashable) -> str:
        number = len(self) + 1
        if number > _CHARACTERS:
            raise OverflowError("more different things than there are characters")
        character = chr(number if number < _SURROGATES[0] else number + _SURROGATES[1])
        self[thing] = character
        return character

    def spell(self, things: Iterable[Hashable]) -> str:
        return "".join(map(self.__getitem__, things))


@dataclass(frozen=True, slots=True)
class Run:
    """`old_start:old_end` of one sequence stands against `new_start:new_end` of the other."""

    equal: bool
    old_start: int
    old_end: int
    new_start: int
    new_end: int

    @property
    def lengths(self) -> tuple[int, int]:
        return self.old_end - self.old_start, self.new_end - self.new_start


def runs(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Run]:
    """Equal and differing runs by turns, which together are both sequences."""
    head = _common(old, new)
    tail = _common(list(reversed(old[head:])), list(reversed(new[head:])))
    old_length, new_length = len(old) - head - tail, len(new) - head - tail
    found = _Runs()
    found.add(True, head, head)
    if not old_length or not new_length or old_length * new_length > MOST_CELLS:
        found.add(False, old_length, new_length)
    else:
        alphabet = Alphabet()
        left = alphabet.spell(old[head : head + old_length])
        right = alphabet.spell(new[head : head + new_length])
        for op in Indel.opcodes(left, right):
            found.add(op.tag == "equal", op.src_end - op.src_start, op.dest_end - op.dest_start)
    found.add(True, tail, tail)
    return found.runs


def _common(old: Sequence[Hashable], new: Sequence[Hashable]) -> int:
    """How many elements both begin with."""
    count = 0
    for one, other in zip(old, new, strict=False):
        if one != other:
            break
        count += 1
    return count


class _Runs:
    """Collects runs, joining neighbours of one sort."""

    def __init__(self) -> None:
        self.runs: list[Run] = []

    def add(self, equal: bool, old: int, new: int) -> None:
        if not old and not new:
            return
        before = self.runs[-1] if self.runs else Run(equal, 0, 0, 0, 0)
        if self.runs and before.equal == equal:
            self.runs.pop()
            start = before.old_start, before.new_start
        else:
            start = before.old_end, before.new_end
        self.runs.append(Run(equal, start[0], before.old_end + old, start[1], before.new_end + new))


def readable(found: Sequence[Run], old: Sequence[str], new: Sequence[str]) -> list[Run]:
    """The same, marking whole passages rather than many scraps, and a word with the blank after it."""
    kept = list(found)
    while True:
        joined = _Runs()
        for index, run in enumerate(kept):
            joined.add(run.equal and not _is_slight(kept, index, old, new), *run.lengths)
        if joined.runs == kept:
            return _with_blanks_behind(kept, old, new)
        kept = joined.runs


def _with_blanks_behind(found: Sequence[Run], old: Sequence[str], new: Sequence[str]) -> list[Run]:
    """`the| new| form` is marked as `the |new |form`: both say the same, the latter reads better."""
    result = _Runs()
    taken = 0  # of the run at hand, by the one before it
    for index, run in enumerate(found):
        old_length, new_length = run.lengths
        if run.equal:
            result.add(True, old_length - taken, new_length - taken)
            taken = 0
            continue
        side, start, length = (
            (new, run.new_start, new_length) if not old_length else (old, run.old_start, old_length)
        )
        after = found[index + 1] if index + 1 < len(found) else None
        slides = (
            index > 0
            and after is not None
            and 0 in run.lengths
            and side[start].isspace()
            and side[start] == side[start + length]
        )
        if slides:
            result.add(True, 1, 1)
            taken = 1
        result.add(False, old_length, new_length)
    return result.runs


def _is_slight(found: list[Run], index: int, old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether an equal run is shorter than what changes on both sides of it."""
    if index in (0, len(found) - 1):
        return False
    run = found[index]
    length = len("".join(old[run.old_start : run.old_end]).strip())
    return length == 0 or all(
        length < _length(found[beside], old, new) for beside in (index - 1, index + 1)
    )


def _length(run: Run, old: Sequence[str], new: Sequence[str]) -> int:
    left = "".join(old[run.old_start : run.old_end]).strip()
    right = "".join(new[run.new_start : run.new_end]).strip()
    return min(len(left), len(right)) or max(len(left), len(right)) // 2
