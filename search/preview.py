"""What other synonyms would change in the searches of the last month, before they are saved."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from kb.queries import ResultRow
from search.analysis import stem, tokens
from search.book import Book
from search.models import SearchRecord
from search.pipeline import Results
from search.query import Query, parse
from search.report.masking import masked

RECENT = timedelta(days=30)
SHOWN = 20  # searches
LOOKED_AT = 2000  # of them, those asked most often

# The first page of what a query finds by a book.
Ask = Callable[[Query, Book], Results[ResultRow]]


@dataclass(frozen=True)
class Move:
    """An article whose place among the first ten would change; ranks count from 1."""

    title: str
    slug: str
    rank_now: int | None  # none: not among the first ten
    rank: int | None


@dataclass(frozen=True)
class Change:
    """A search, how often it was asked, how much it finds, and what would stand elsewhere."""

    query: str
    times: int
    found_now: int
    found: int
    moves: tuple[Move, ...]

    @property
    def is_none(self) -> bool:
        return self.found_now == self.found and not self.moves


def preview(session: Session, present: Book, changed: Book, ask: Ask) -> list[Change]:
    """Of the searches that the two books read differently, those asked most often."""
    return [
        _change(query, times, present, changed, ask)
        for query, times in _touched(session, present, changed)
    ]


def _touched(session: Session, present: Book, changed: Book) -> Iterator[tuple[Query, int]]:
    """Recent searches in which the changed words occur."""
    found = (
        (query, times)
        for query, times in ((parse(typed), times) for typed, times in _recent(session))
        if _is_read_otherwise(query, present, changed)
    )
    return islice(found, SHOWN)


def _is_read_otherwise(query: Query, present: Book, changed: Book) -> bool:
    stems = [token.stem for word in query.words for token in tokens(word.text)]
    stems += [stem(word) for phrase in query.phrases for word in phrase]
    return present.read(stems) != changed.read(stems)


def _recent(session: Session) -> Sequence[tuple[str, int]]:
    """What was asked in the last month, each in one of its wordings, and how often."""
    times = sa.func.count()
    query = (
        sa.select(sa.func.max(SearchRecord.query), times)
        .where(SearchRecord.at >= clock.now() - RECENT)
        .group_by(SearchRecord.key)
        .order_by(times.desc(), SearchRecord.key)
        .limit(LOOKED_AT)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def _change(query: Query, times: int, present: Book, changed: Book, ask: Ask) -> Change:
    before, after = ask(query, present), ask(query, changed)
    moves = tuple(_moves(before, after))
    return Change(masked(query.text), times, before.total, after.total, moves)


def _moves(before: Results[ResultRow], after: Results[ResultRow]) -> Iterator[Move]:
    """Those that come or move, in their new order, then those that leave."""
    was = {hit.id: rank for rank, hit in enumerate(before.hits, 1)}
    now = {hit.id: rank for rank, hit in enumerate(after.hits, 1)}
    for hit in after.hits:
        if was.get(hit.id) != now[hit.id]:
            yield Move(hit.row.title, hit.row.slug, was.get(hit.id), now[hit.id])
    for hit in before.hits:
        if hit.id not in now:
            yield Move(hit.row.title, hit.row.slug, was[hit.id], None)
