"""Carries somebody's changes over to a newer text, line by line, and marks where both changed the same."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from rapidfuzz.distance import Indel

MINE, MIDDLE, LIVE = "<<<<<<< your text", "=======", ">>>>>>> live text"
MOST_CELLS = 60_000_000  # lines times lines; beyond it, aligning would take too much memory


@dataclass(frozen=True)
class Merged:
    """The merged text, and how many places both sides changed differently."""

    text: str
    conflicts: int


class Text(Protocol):
    """What a text consists of, whether a draft, a revision or a form."""

    @property
    def title(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def tags(self) -> list[str] | tuple[str, ...]: ...
    @property
    def topic_id(self) -> int | None: ...
    @property
    def language(self) -> str: ...


@dataclass(frozen=True)
class _Hunk:
    """Lines `start:end` of the base became `lines`."""

    start: int
    end: int
    lines: list[str]


def has_conflict_marks(text: str) -> bool:
    lines = set(text.splitlines())
    return MINE in lines or LIVE in lines


@dataclass(frozen=True)
class Part:
    """A stretch of the base and what became of it on either side."""

    base: tuple[str, ...]
    mine: tuple[str, ...]
    live: tuple[str, ...]

    @property
    def side(self) -> str:
        """Who changed it: `nobody`, `mine`, `live`, `alike` (both, in the same way) or `conflict`."""
        if self.mine == self.live:
            return "nobody" if self.mine == self.base else "alike"
        if self.live == self.base:
            return "mine"
        return "live" if self.mine == self.base else "conflict"

    @property
    def merged(self) -> tuple[str, ...]:
        """What stands in a merge; where both changed it differently, both between marks."""
        if self.side == "conflict":
            return (MINE, *self.mine, MIDDLE, *self.live, LIVE)
        return self.live if self.side in ("live", "nobody") else self.mine


def parts(base: str, mine: str, live: str) -> list[Part]:
    """The base cut into stretches: `mine` and `live` both grew from it."""
    lines = base.split("\n")
    ours, theirs = _hunks(lines, mine.split("\n")), _hunks(lines, live.split("\n"))
    return [
        Part(
            tuple(lines[start:end]),
            tuple(_applied(lines, start, end, my_hunks)),
            tuple(_applied(lines, start, end, live_hunks)),
        )
        for start, end, my_hunks, live_hunks in _regions(ours, theirs, len(lines))
    ]


def merge(base: str, mine: str, live: str) -> Merged:
    """Three-way merge of lines."""
    if mine in (base, live):
        return Merged(live, 0)
    if live == base:
        return Merged(mine, 0)
    found = parts(base, mine, live)
    text = "\n".join(line for part in found for line in part.merged)
    return Merged(text, sum(part.side == "conflict" for part in found))


Choice = tuple[str, str]  # ("mine" | "live" | "both" | "edit", what was typed for "edit")


def resolve(found: list[Part], choices: Mapping[int, Choice]) -> str:
    """The text in which each stretch stands as chosen; what nobody chose about is merged."""
    lines: list[str] = []
    for number, part in enumerate(found):
        kind, typed = choices.get(number, ("", ""))
        if kind == "mine":
            lines += part.mine
        elif kind == "live":
            lines += part.live
        elif kind == "both":
            lines += [*part.live, *part.mine]
        elif kind == "edit":
            lines += typed.split("\n") if typed else []
        else:
            lines += part.merged
    return "\n".join(lines)


def changes(old: str, new: str) -> list[tuple[str, str]]:
    """What went and what came in each changed place, in order, wherever that stands."""
    lines = old.split("\n")
    return [
        ("\n".join(lines[hunk.start : hunk.end]), "\n".join(hunk.lines))
        for hunk in _hunks(lines, new.split("\n"))
    ]


@dataclass(frozen=True)
class MergedText:
    """A whole text carried over; `doubtful` fields were changed on both sides and stand as mine."""

    title: str
    summary: str
    body: str
    tags: tuple[str, ...]
    topic_id: int | None
    language: str
    conflicts: int
    doubtful: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        return not self.conflicts and not self.doubtful


def merge_texts(base: Text, mine: Text, live: Text) -> MergedText:
    """Three-way merge of title, summary, topic, tags and body."""
    doubtful = []
    chosen: dict[str, Any] = {}
    for field in ("title", "summary", "topic_id"):
        was, own, now = (getattr(text, field) for text in (base, mine, live))
        chosen[field] = now if own == was else own
        if own not in (was, now) and now != was:
            doubtful.append(field)
    kept = [tag for tag in live.tags if tag in mine.tags or tag not in base.tags]
    added = [tag for tag in mine.tags if tag not in base.tags and tag not in kept]
    body = merge(base.body, mine.body, live.body)
    return MergedText(
        title=chosen["title"],
        summary=chosen["summary"],
        body=body.text,
        tags=(*kept, *added),
        topic_id=chosen["topic_id"],
        language=mine.language,
        conflicts=body.conflicts,
        doubtful=tuple(doubtful),
    )


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
