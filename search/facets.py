"""Narrowing a search: the values found, with counts, as links that choose them or undo that."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kb import topics
from people.models import User
from search.query import FIELDS

TITLES = {"topic": "Topic", "kind": "Kind", "tag": "Tag", "author": "Author"}
KINDS = {"howto": "How-to", "story": "Experience story", "answer": "Answer"}

Counts = Mapping[str, Sequence[tuple[str, int]]]


@dataclass(frozen=True)
class Choice:
    """A value by which the results can be narrowed, or are."""

    words: str
    count: int
    arguments: Mapping[str, str]  # of the address that chooses it, or takes it back
    is_chosen: bool


@dataclass(frozen=True)
class Facet:
    title: str
    choices: list[Choice]


def facets(
    session: Session, counts: Counts, total: int, typed: str, filters: Mapping[str, str]
) -> list[Facet]:
    """What the results can be narrowed by, and what they are narrowed by already."""
    names = _names(session, counts, filters)
    built = [
        Facet(title, list(_choices(field, counts.get(field, ()), names[field], typed, filters)))
        for field, title in TITLES.items()
    ]
    return [facet for facet in built if any(c.is_chosen or c.count < total for c in facet.choices)]


def _choices(
    field: str,
    counts: Sequence[tuple[str, int]],
    names: Mapping[str, str],
    typed: str,
    filters: Mapping[str, str],
) -> Iterator[Choice]:
    present = filters.get(field)
    others = {f: v for f, v in filters.items() if f != field}
    if present is not None:
        count = dict(counts).get(present, 0)
        yield Choice(names.get(present, present), count, {"q": typed, **others}, is_chosen=True)
        if field in ("kind", "author"):
            return  # an article has one of each: nothing else is left
    for value, count in counts:
        if value != present:
            narrowed = {"q": typed, **others, field: value}
            yield Choice(names.get(value, value), count, narrowed, is_chosen=False)


def _names(
    session: Session, counts: Counts, filters: Mapping[str, str]
) -> dict[str, Mapping[str, str]]:
    """How the values are written for readers."""
    handles = {handle for handle, _ in counts.get("author", ())} | {filters.get("author", "")}
    people = sa.select(User.handle, User.name).where(User.handle.in_(handles))
    return {
        "kind": KINDS,
        "tag": {},
        "topic": {node.slug: node.name for node in topics.tree(session).by_id.values()},
        "author": {row.handle: row.name for row in session.execute(people)},
    }


def chosen(given: Mapping[str, str]) -> dict[str, str]:
    """The filters in an address."""
    return {field: given[field].strip()[:200] for field in FIELDS if given.get(field, "").strip()}
