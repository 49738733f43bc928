"""Narrowing a search: the values found, with counts, as links that choose them or undo that."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kb.models import Topic
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

    def named(query: sa.Select[str, str], field: str) -> dict[str, str]:
        wanted = {*(value for value, _ in counts.get(field, ())), filters.get(field, "")}
        return dict(session.connection().execute(query, {"wanted": list(wanted)}).all())

    return {
        "kind": KINDS,
        "tag": {},
        "topic": named(_TOPICS, "topic"),
        "author": named(_AUTHORS, "author"),
    }


# Built once: each search asks them.
_WANTED: sa.BindParameter[list[str]] = sa.bindparam("wanted", expanding=True)
_TOPICS = sa.select(Topic.slug, Topic.name).where(Topic.slug.in_(_WANTED))
_AUTHORS = sa.select(User.handle, User.name).where(User.handle.in_(_WANTED))


def chosen(given: Mapping[str, str]) -> dict[str, str]:
    """The filters in an address."""
    return {field: given[field].strip()[:200] for field in FIELDS if given.get(field, "").strip()}
