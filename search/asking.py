"""Asks as the search page does: with the curators' synonyms and pins, and with what is known of articles."""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from core import clock
from search import signals
from search.book import Book, books
from search.fusion import Judge
from search.keys import key_of
from search.pins import pinned
from search.pipeline import Pipeline, Results, Row, Rows
from search.query import Query
from search.signals import Signal
from search.withheld import withheld


def ask(
    session: Session,
    pipeline: Pipeline,
    query: Query,
    rows: Rows[Row],
    *,
    page: int = 1,
    spell: bool = True,
    newest: bool = False,
    explain: bool = False,
    book: Book | None = None,
) -> Results[Row]:
    """One page of what this query finds for the reader whom `rows` knows."""
    key = key_of(query)
    first = [] if newest else pinned(session, key)

    def for_correction(corrected: Query) -> tuple[Sequence[int], Judge]:
        """Besides what is pinned for the very words that were typed."""
        other = key_of(corrected)
        others = [] if newest else pinned(session, other)
        return list(dict.fromkeys([*first, *others])), judge(session, other)

    return pipeline.search(
        query,
        rows,
        page=page,
        spell=spell,
        newest=newest,
        explain=explain,
        book=books(session) if book is None else book,
        pinned=first,
        judge=judge(session, key),
        withheld=withheld(session),
        for_correction=for_correction,
    )


def judge(session: Session, key: str) -> Judge:
    """Reads what is known of articles, and of them among those who searched for the same."""

    def judged(ids: Sequence[int]) -> Mapping[int, Signal]:
        now = clock.now()
        facts = signals.read(session, ids, key)
        return {id_: signals.factor(found, now) for id_, found in facts.items()}

    return judged
