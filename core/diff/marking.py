"""Marks in two versions of one paragraph, list or table what went, came and moved."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.diff.aligning import Fate, Step, align
from core.diff.spelling import Run, readable, runs
from core.diff.tree import Node, Word, plain, write

ADDED, REMOVED, MOVED = "diff-added", "diff-removed", "diff-moved"


@dataclass(frozen=True, slots=True)
class Marked:
    """HTML of the old version, of the new one, and of both in one."""

    old: str
    new: str
    both: str


def marked(old: Node, new: Node) -> Marked:
    """Both versions, with `<del>` and `<ins>` around the words that only one has."""
    if old.is_leaf and new.is_leaf:
        inner = _words(old, new)
    elif old.tag == "tr" == new.tag and len(old.nodes) == len(new.nodes):
        inner = _side_by_side(old.nodes, new.nodes)
    else:
        inner = _children(_parts(old), _parts(new))
    if not _fit(old, new):
        return Marked(
            f"{old.start}{inner.old}{old.end}",
            f"{new.start}{inner.new}{new.end}",
            whole(old, "del") + whole(new, "ins"),
        )
    return Marked(
        f"{old.start}{inner.old}{old.end}",
        f"{new.start}{inner.new}{new.end}",
        f"{new.start}{inner.both}{new.end}",
    )


def replaced(old: Node, new: Node) -> Marked:
    """One that went and one that came at its place, with little in common."""
    if old.tag == new.tag and not (old.is_leaf or new.is_leaf):
        return marked(old, new)  # a list or a table all the same: its rows may be comparable
    gone, come = whole(old, "del"), whole(new, "ins")
    return Marked(gone, come, gone + come)


def whole(node: Node, mark: str, note: str = "") -> str:
    """All of an element marked: each run of words in `<ins>` or `<del>`, itself by a class."""
    name = {"ins": ADDED, "del": REMOVED}.get(mark, MOVED)
    return _labelled(node, name, mark, note)


def _labelled(node: Node, name: str, mark: str, note: str) -> str:
    if node.is_leaf:
        inner = note + write((word, mark) for word in node.words)
    else:
        first, *others = node.nodes
        inner = _labelled(first, "", mark, note) + "".join(
            _labelled(other, "", mark, "") for other in others
        )
    return f"{with_class(node, name)}{inner}{node.end}"


def with_class(node: Node, name: str) -> str:
    """The opening tag with one more class."""
    if not name or not node.tag:
        return node.start
    if ' class="' in node.start:
        return node.start.replace(' class="', f' class="{name} ', 1)
    return f'<{node.tag} class="{name}"{node.start[1 + len(node.tag) :]}'


def _fit(old: Node, new: Node) -> bool:
    """Whether one element can hold what both do."""
    return old.tag == new.tag or (old.is_leaf and new.is_leaf) or {old.tag, new.tag} == {"ul", "ol"}


def _parts(node: Node) -> list[Node]:
    return node.nodes or [Node(words=node.words)]


# Elements


def _side_by_side(old: Sequence[Node], new: Sequence[Node]) -> Marked:
    """The cells of a row: each column is compared with itself."""
    return _joined(marked(*pair) for pair in zip(old, new, strict=True))


def _children(old: Sequence[Node], new: Sequence[Node]) -> Marked:
    steps = align([node.html for node in old], [node.html for node in new], plain)
    return _joined(_child(step, old, new) for step in steps)


def _child(step: Step, old: Sequence[Node], new: Sequence[Node]) -> Marked:
    before = None if step.old is None else old[step.old]
    after = None if step.new is None else new[step.new]
    if step.fate is Fate.SAME and after is not None:
        return Marked(after.html, after.html, after.html)
    if step.fate is Fate.MOVED and step.other is not None:
        return _moved(before, after, (old if before is None else new)[step.other])
    if step.fate is Fate.CHANGED and before is not None and after is not None:
        return marked(before, after)
    if before is not None and after is not None:
        return replaced(before, after)
    gone = whole(before, "del") if before is not None else ""
    come = whole(after, "ins") if after is not None else ""
    return Marked(gone, come, gone + come)


def _moved(before: Node | None, after: Node | None, other: Node) -> Marked:
    if before is not None:
        away = f'<span class="diff-note">{AWAY}</span> '
        return Marked(whole(before, "", away), "", whole(before, "", away))
    assert after is not None
    here = f'<span class="diff-note">{HERE}</span> '
    changes = marked(other, after)
    start = with_class(after, MOVED)
    return Marked(
        "",
        _noted(start + changes.new[len(after.start) :], here),
        _noted(start + changes.both[len(after.start) :], here)
        if changes.both.startswith(after.start)
        else changes.both,
    )


AWAY = "Moved from here:"
HERE = "Moved to here:"


def _noted(html: str, note: str) -> str:
    """The note before the first words."""
    place = 0
    while html.startswith("<", place) and not html.startswith(("<ins", "<del", "<img"), place):
        place = html.index(">", place) + 1
    return html[:place] + note + html[place:]


def _joined(parts: Iterator[Marked]) -> Marked:
    found = list(parts)
    return Marked(
        "".join(part.old for part in found),
        "".join(part.new for part in found),
        "".join(part.both for part in found),
    )


# Words


@dataclass(frozen=True, slots=True)
class _Piece:
    """Words of both sides at one place: the same, or what one has in place of the other."""

    equal: bool
    old: list[Word]
    new: list[Word]


def _words(old: Node, new: Node) -> Marked:
    by_line = old.tag == "pre" == new.tag
    pieces = list((_by_line if by_line else _by_word)(old.words, new.words))
    return Marked(
        write((word, "" if p.equal else "del") for p in pieces for word in p.old),
        write((word, "" if p.equal else "ins") for p in pieces for word in p.new),
        write(pair for p in pieces for pair in _both(p)),
    )


def _both(piece: _Piece) -> Iterator[tuple[Word, str]]:
    if piece.equal:
        yield from ((word, "") for word in piece.new)
    else:
        yield from ((word, "del") for word in piece.old)
        yield from ((word, "ins") for word in piece.new)


def _by_word(old: list[Word], new: list[Word]) -> Iterator[_Piece]:
    found: Sequence[Run] = runs([word.key for word in old], [word.key for word in new])
    found = readable(found, [word.text for word in old], [word.text for word in new])
    for run in found:
        yield _Piece(run.equal, old[run.old_start : run.old_end], new[run.new_start : run.new_end])


def _by_line(old: list[Word], new: list[Word]) -> Iterator[_Piece]:
    """Code: by line first, so that brackets of one line do not pair with those of another."""
    old_lines, new_lines = _lines(old), _lines(new)
    steps = align(_texts(old_lines), _texts(new_lines), moves=False)
    for step in steps:
        before = [] if step.old is None else old_lines[step.old]
        after = [] if step.new is None else new_lines[step.new]
        if step.fate is Fate.CHANGED:
            yield from _by_word(before, after)
        else:
            yield _Piece(step.fate is Fate.SAME, before, after)


def _lines(words: list[Word]) -> list[list[Word]]:
    lines: list[list[Word]] = [[]]
    for word in words:
        lines[-1].append(word)
        if word.text == "\n":
            lines.append([])
    return lines


def _texts(lines: list[list[Word]]) -> list[str]:
    return ["".join(word.text for word in line) for line in lines]
