"""The book of synonyms: what else is looked for when somebody looks for some words."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kb.models import Topic
from search.analysis import composed, stem, words
from search.documents import filter_key
from search.engines import Alternative
from search.models import Synonyms


@dataclass(frozen=True, slots=True)
class Entry:
    """A word, or a few in a row, as curators wrote it and as the index knows it."""

    written: str
    words: tuple[str, ...]  # folded
    stems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Entries that mean the same in the articles that have a filter key; in all, if it is empty."""

    id: int
    filter: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Synonym:
    """What else is looked for: it counts only in articles with the filter key, if one is given."""

    written: str
    words: tuple[str, ...]
    stems: tuple[str, ...]
    filter: str = ""

    @property
    def wanted(self) -> Alternative:
        """As an engine is asked for it."""
        if len(self.words) == 1:
            return Alternative(term=self.stems[0], filter=self.filter)
        return Alternative(phrase=self.words, filter=self.filter)


@dataclass(frozen=True, slots=True)
class Match:
    """The words of a query from `start` up to `end` are an entry; these mean the same."""

    start: int
    end: int
    alternatives: tuple[Synonym, ...]


class Book:
    """All groups at one moment. Words of one group never lead on into another."""

    def __init__(self, groups: Iterable[Group] = ()) -> None:
        self.groups = tuple(groups)
        self._others: dict[tuple[str, ...], tuple[Synonym, ...]] = _others(self.groups)
        # With which lengths the entries that begin with a stem are tried, the longest first.
        lengths: defaultdict[str, set[int]] = defaultdict(set)
        for stems in self._others:
            lengths[stems[0]].add(len(stems))
        self._lengths = {first: sorted(found, reverse=True) for first, found in lengths.items()}

    def read(self, stems: Sequence[str]) -> list[Match]:
        """The entries in a query, given by the stems of its words, in its order and never overlapping.

        Longer ones are taken before shorter ones and, of the same length, the first ones first.
        """
        found = sorted(self._entries(stems), key=lambda place: (place[0] - place[1], place[0]))
        taken: set[int] = set()
        matches = []
        for start, end in found:
            if taken.isdisjoint(range(start, end)):
                taken.update(range(start, end))
                matches.append(Match(start, end, self._others[tuple(stems[start:end])]))
        return sorted(matches, key=lambda match: match.start)

    def _entries(self, stems: Sequence[str]) -> Iterator[tuple[int, int]]:
        for start, first in enumerate(stems):
            for length in self._lengths.get(first, ()):
                end = start + length
                if end <= len(stems) and tuple(stems[start:end]) in self._others:
                    yield start, end

    @cached_property
    def stems(self) -> frozenset[str]:
        """Of all words of all entries: none of them is a slip, even if no article has it."""
        return frozenset(stem for entry in self._others for stem in entry)

    def with_group(self, group: Group) -> "Book":
        """The book as it would be with this group, in place of the one of the same id."""
        others = (each for each in self.groups if each.id != group.id)
        return Book((*others, group))

    def __bool__(self) -> bool:
        return bool(self.groups)


def entry(written: str) -> Entry:
    """What the index knows of some words."""
    found = tuple(words(composed(written)))
    return Entry(written, found, tuple(map(stem, found)))


def topic_filter(slug: str | None) -> str:
    """Articles carry all topics from the root down, so one key means a topic and all below it."""
    return filter_key("topic", slug) if slug else ""


def _others(groups: Iterable[Group]) -> dict[tuple[str, ...], tuple[Synonym, ...]]:
    """For each entry what stands beside it, in whatever group."""
    found: defaultdict[tuple[str, ...], dict[tuple[tuple[str, ...], str], Synonym]]
    found = defaultdict(dict)
    for group in groups:
        for each in group.entries:
            for other in group.entries:
                if other.stems != each.stems:
                    synonym = Synonym(other.written, other.words, other.stems, group.filter)
                    found[each.stems].setdefault((other.stems, group.filter), synonym)
    return {stems: tuple(_widest(synonyms)) for stems, synonyms in found.items()}


def _widest(synonyms: dict[tuple[tuple[str, ...], str], Synonym]) -> Iterator[Synonym]:
    """What counts everywhere needs not be looked for in one topic as well."""
    for (stems, filter_), synonym in synonyms.items():
        if not filter_ or (stems, "") not in synonyms:
            yield synonym


EMPTY = Book()

# Reading it: each process keeps the book of each database that it has open.


def books(session: Session) -> Book:
    """The book as the database has it, made anew only when curators or topics have changed it."""
    stamp = tuple(tuple(row) for row in session.connection().execute(_STAMP))
    opened = session.get_bind()
    kept = _kept.get(opened)
    if kept is None or kept[0] != stamp:
        kept = _kept[opened] = (stamp, Book(_groups(session)))
    return kept[1]


_kept: WeakKeyDictionary[Any, tuple[tuple[Any, ...], Book]] = WeakKeyDictionary()

# Asked for every search, so built once. Each change counts a version up and no row ever goes, so that
# no two states are alike; a topic's new address or merger shows in its slug.
_BY_TOPIC = (
    sa.select(Synonyms.topic_id, sa.func.sum(Synonyms.version).label("versions"))
    .group_by(Synonyms.topic_id)
    .subquery()
)
_STAMP = (
    sa.select(_BY_TOPIC.c.topic_id, _BY_TOPIC.c.versions, Topic.slug)
    .outerjoin(Topic, Topic.id == _BY_TOPIC.c.topic_id)
    .order_by(_BY_TOPIC.c.topic_id)
)


def _groups(session: Session) -> Iterator[Group]:
    query = (
        sa.select(Synonyms.id, Synonyms.words, Topic.slug)
        .outerjoin(Topic, Topic.id == Synonyms.topic_id)
        .where(Synonyms.removed_at.is_(None))
        .order_by(Synonyms.id)
    )
    for id_, written, slug in session.execute(query):
        found = [each for each in map(entry, written) if each.words]
        yield Group(id_, topic_filter(slug), tuple(found))
