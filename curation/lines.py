"""Where lines of an earlier text stand in a later one."""

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel

from curation.models import LineComment

MOST_CELLS = 60_000_000  # lines times lines; beyond it, aligning would take too much memory


@dataclass(frozen=True)
class Lines:
    """Lines `first` to `last` of a text, counted from 1."""

    first: int
    last: int


class Shift:
    """How the lines of one text moved in becoming another; made once, asked for every comment."""

    def __init__(self, old: str, new: str) -> None:
        before, after = old.split("\n"), new.split("\n")
        self._to: dict[int, int] = {}
        if old == new:
            self._to = {number: number for number in range(1, len(before) + 1)}
        elif len(before) * len(after) <= MOST_CELLS:
            for op in Indel.opcodes(before, after):
                if op.tag == "equal":
                    for step in range(op.src_end - op.src_start):
                        self._to[op.src_start + step + 1] = op.dest_start + step + 1
            self._find_moved(before, after)

    def _find_moved(self, before: Sequence[str], after: Sequence[str]) -> None:
        """A line that went and came back elsewhere, unchanged and unmistakable, has moved."""
        taken = set(self._to.values())
        came: dict[str, list[int]] = {}
        for number, line in enumerate(after, 1):
            if number not in taken and line.strip():
                came.setdefault(line, []).append(number)
        went: dict[str, list[int]] = {}
        for number, line in enumerate(before, 1):
            if number not in self._to and line in came:
                went.setdefault(line, []).append(number)
        for line, numbers in went.items():
            if len(numbers) == 1 and len(came[line]) == 1:
                self._to[numbers[0]] = came[line][0]

    def of(self, lines: Lines) -> Lines | None:
        """Where these lines are now; None if any of them changed, or if they came apart."""
        found = [self._to.get(number) for number in range(lines.first, lines.last + 1)]
        if not found or any(number is None for number in found):
            return None
        numbers = [number for number in found if number is not None]
        if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
            return None
        return Lines(numbers[0], numbers[-1])


def quoted(comment: LineComment) -> str:
    """The lines a comment is about, as they stood when it was made."""
    lines = comment.revision.body.split("\n")
    return "\n".join(lines[comment.first_line - 1 : comment.last_line])


def replaced(comment: LineComment, text: str) -> str | None:
    """A later text with a comment's suggestion in it; None if the lines it was for have changed."""
    assert comment.suggestion is not None
    lines = Lines(comment.first_line, comment.last_line)
    now = Shift(comment.revision.body, text).of(lines)
    if now is None:
        return None
    body = text.split("\n")
    new = comment.suggestion.split("\n") if comment.suggestion else []
    return "\n".join(body[: now.first - 1] + new + body[now.last :])
