"""The images of two rendered texts: which stayed, came, went, or took another's place."""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.diff.spelling import runs

_IMAGE = re.compile(r'<img src="([^"]*)" alt="([^"]*)"([^>]*)>')
_SIZE = re.compile(r'(?:^| )(width|height)="(\d+)"')


@dataclass(frozen=True, slots=True)
class Picture:
    """An image as a text shows it; without dimensions where the text does not tell them."""

    address: str
    description: str
    width: int | None = None
    height: int | None = None

    @property
    def name(self) -> str:
        return self.address.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class ImageChange:
    """`kind` is added, removed, replaced, or described: the same image with another description."""

    kind: str
    old: Picture | None
    new: Picture | None


def pictures(page: str) -> list[Picture]:
    """The images of a page that core.markup wrote, in order."""
    return [_picture(*match) for match in _IMAGE.findall(page)]


def compare_images(old: Sequence[Picture], new: Sequence[Picture]) -> list[ImageChange]:
    """What differs, in the order of the new text; what was only moved is no difference."""
    gone, come, kept = _sorted_out(old, new)
    changes = [
        *(ImageChange("described", *pair) for pair in kept if _redescribed(*pair)),
        *_exchanged(old, new, gone, come),
        *(ImageChange("added", None, picture) for picture in come),
        *(ImageChange("removed", picture, None) for picture in gone),
    ]
    place = {id(picture): number for number, picture in enumerate([*new, *old])}
    return sorted(changes, key=lambda change: place[id(change.new or change.old)])


def _picture(address: str, description: str, rest: str) -> Picture:
    size = {name: int(number) for name, number in _SIZE.findall(rest)}
    return Picture(
        html.unescape(address), html.unescape(description), size.get("width"), size.get("height")
    )


def _redescribed(old: Picture, new: Picture) -> bool:
    return old.description != new.description


def _sorted_out(
    old: Sequence[Picture], new: Sequence[Picture]
) -> tuple[list[Picture], list[Picture], list[tuple[Picture, Picture]]]:
    """Those that only the old text has, only the new one, and pairs of those that both have."""
    gone, come = list(old), []
    kept: list[tuple[Picture, Picture]] = []
    for picture in new:
        same = [other for other in gone if other.address == picture.address]
        same.sort(key=lambda other: other.description != picture.description)
        if same:
            gone = [other for other in gone if other is not same[0]]
            kept.append((same[0], picture))
        else:
            come.append(picture)
    return gone, come, kept


def _exchanged(
    old: Sequence[Picture], new: Sequence[Picture], gone: list[Picture], come: list[Picture]
) -> Iterator[ImageChange]:
    """One image in the place of another: by its file's name, or by where it stands."""
    for before, after in [*_of_one_name(gone, come), *_at_one_place(old, new)]:
        if any(before is p for p in gone) and any(after is p for p in come):
            gone[:] = [p for p in gone if p is not before]
            come[:] = [p for p in come if p is not after]
            yield ImageChange("replaced", before, after)


def _of_one_name(gone: list[Picture], come: list[Picture]) -> list[tuple[Picture, Picture]]:
    return [(before, after) for after in come for before in gone if before.name == after.name]


def _at_one_place(
    old: Sequence[Picture], new: Sequence[Picture]
) -> Iterator[tuple[Picture, Picture]]:
    """What stands between the same neighbours."""
    for run in runs([p.address for p in old], [p.address for p in new]):
        if not run.equal:
            yield from zip(
                old[run.old_start : run.old_end], new[run.new_start : run.new_end], strict=False
            )
