"""Everything that differs between two texts, ready for the macro in templates/diff.html."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.diff.images import ImageChange
from core.diff.lines import Lines, Piece, Pieces, Row, Tally
from core.diff.rendered import Blocks
from core.diff.viewing import View

Fields = tuple[tuple[str, Row], ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Of source and rendered text, the one that the view asks for is there."""

    view: View
    fields: Fields  # beside the text: the name of each field that differs, both forms
    source: Lines | None
    rendered: Blocks | None
    images: tuple[ImageChange, ...]
    summary: str
    is_new: bool = False  # there is nothing to compare with
    is_too_different: bool = False  # to be shown as rendered

    @property
    def changes(self) -> int:
        body = self.source or self.rendered
        return body.changes if body else 0


def tag_row(old: Sequence[str], new: Sequence[str]) -> Row:
    """Two sets of tags, each tag kept whole."""
    return Row(_tags(old, new), _tags(new, old))


def _tags(tags: Sequence[str], others: Sequence[str]) -> Pieces:
    pieces: list[Piece] = []
    for tag in sorted(tags):
        if pieces:
            pieces.append(Piece(", ", False))
        pieces.append(Piece(tag, tag not in others))
    return tuple(pieces)


def in_words(
    tally: Tally, fields: Sequence[str], images: Sequence[ImageChange], *, same_text: bool
) -> str:
    """One line: “12 words added, 3 removed, 1 block moved; title changed”."""
    counted = [*_words(tally), *_images(images)]
    if not counted and not same_text:
        counted = ["only spacing, signs or formatting changed"]
    parts = [", ".join(counted)] if counted else []
    if fields:
        parts.append(f"{_listed([name.lower() for name in fields])} changed")
    line = "; ".join(parts) or "nothing differs"
    return line[0].upper() + line[1:]


def _words(tally: Tally) -> list[str]:
    said = []
    if tally.added:
        said.append(f"{_number(tally.added, 'word')} added")
    if tally.removed:
        number = f"{tally.removed:,}" if tally.added else _number(tally.removed, "word")
        said.append(f"{number} removed")
    if tally.moved:
        said.append(f"{_number(tally.moved, 'block')} moved")
    return said


_DONE = {
    "added": "added",
    "removed": "removed",
    "replaced": "replaced",
    "described": "described anew",
}


def _images(images: Sequence[ImageChange]) -> list[str]:
    kinds = [image.kind for image in images]
    return [
        f"{_number(kinds.count(kind), 'image')} {done}"
        for kind, done in _DONE.items()
        if kind in kinds
    ]


def _number(number: int, thing: str) -> str:
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def _listed(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
