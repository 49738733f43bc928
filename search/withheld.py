"""The index as it will be once the articles are out of it that readers do not find any more."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import outbox
from core.outbox import Delivery, Event
from kb.models import Article
from search import indexing
from search.engines import Found, Searcher, Selection
from search.semantic.indexing import SUBSCRIBER as MEANING
from search.semantic.indexing import listed

_LATEST = 1000  # deliveries that are looked through
_MOST_WORDS = 200  # looked through for words that other articles have, too


def withheld(session: Session) -> frozenset[int]:
    """Articles taken from readers of which the index, or the vectors, have not heard yet."""
    # What waits for a subscriber that is switched off would be looked through for ever.
    at_work = [name for name in (indexing.SUBSCRIBER, MEANING) if name in outbox.subscribers()]
    return frozenset(session.connection().scalars(_waiting(), {"at_work": at_work}))


@cache
def _waiting() -> sa.Select[int]:
    """Asked for every search, so built once. Most of the time nothing at all is waiting.

    After an import very much is; what was taken from readers lately is among the latest of it.
    """
    latest = (
        sa.select(Delivery.event_id)
        .where(
            Delivery.subscriber.in_(sa.bindparam("at_work", expanding=True)),
            Delivery.due_at.is_not(None),
        )
        .order_by(Delivery.id.desc())
        .limit(_LATEST)
        .subquery()
    )
    return (
        sa.select(Event.subject)
        .join(latest, latest.c.event_id == Event.id)
        .join(Article, Article.id == Event.subject)
        .where(sa.not_(listed()))
    )


def without(searcher: Searcher, ids: Collection[int]) -> Searcher:
    """The searcher itself if there is nothing to leave out, as is nearly always the case.

    That goes for what only the vectors still have, too: to count each word anew takes long.
    """
    if not ids:
        return searcher
    there = searcher.find(Selection(or_ids=tuple(sorted(ids))), 1).total
    return Without(searcher, sorted(ids), there) if there else searcher


class Without:
    """Answers like a searcher in whose index some articles do not stand: no count, no word tells of them.

    The average lengths of fields, which show in nothing, and the words that the speller chooses from
    are left as they are: what it proposes is asked for here, and found only in other articles.
    """

    def __init__(self, searcher: Searcher, ids: Sequence[int], there: int) -> None:
        self._searcher = searcher
        self._ids = tuple(ids)
        self.generation = searcher.generation
        self.documents = searcher.documents - there

    @property
    def average_lengths(self) -> tuple[float, ...]:
        return self._searcher.average_lengths

    def find(self, selection: Selection, limit: int, facets: int = 0) -> Found:
        left_out = tuple(dict.fromkeys((*selection.without_ids, *self._ids)))
        return self._searcher.find(replace(selection, without_ids=left_out), limit, facets)

    def frequency(self, term: str) -> int:
        return self._count(Selection(any_of=(term,)))

    def words(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        found = self._searcher.words(prefix, _MOST_WORDS)
        return self._of_others(((w, Selection(phrases=((w,),))) for w, _ in found), limit)

    def title_words(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        found = self._searcher.title_words(prefix, _MOST_WORDS)
        return self._of_others(((w, Selection(title_words=((w,),))) for w, _ in found), limit)

    def vocabulary(self) -> list[tuple[str, int]]:
        return self._searcher.vocabulary()

    def digests(self) -> Iterator[tuple[int, str]]:
        return ((id_, digest) for id_, digest in self._searcher.digests() if id_ not in self._ids)

    def _of_others(
        self, asked: Iterator[tuple[str, Selection]], limit: int
    ) -> list[tuple[str, int]]:
        counted = ((word, self._count(selection)) for word, selection in asked)
        living = [(word, count) for word, count in counted if count]
        return sorted(living, key=lambda pair: (-pair[1], pair[0]))[:limit]

    def _count(self, selection: Selection) -> int:
        return self.find(selection, 1).total
