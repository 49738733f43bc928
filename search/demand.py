"""How many people searched in vain, this last week, for what each text under review would answer.

A search asks for a text when all its terms stand in the text's title, tags, summary or headings,
or most of what it says, by the rarity of its terms, in title and summary. In vain means that
nothing was opened: not then, not in other words a minute later, and not when asked again.
"""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, outbox
from core.db import Database, insert
from kb.models import ArticleDemand, Draft, Revision
from search.analysis import composed, stem, words
from search.engines import Engine, EngineError
from search.models import SearchRecord
from search.ranking import idf

log = logging.getLogger("firsthand.search")

CHANGED = "demand.changed"
SUBSCRIBER = "search-demand"
EVERY_SECONDS = 300

RECENT = timedelta(days=7)
MOST_OF_IT = 0.6  # of the rarity of a search's terms
MOST_TERMS = 8  # of a search that are weighed, the rarest
PORTION = 1000

Searchers = Mapping[str, set[int]]  # who searched in vain, by the key of the search
Weight = Callable[[str], float]


@dataclass(frozen=True)
class PendingText:
    """A text under review as far as searches are compared with it."""

    article_id: int
    writers: frozenset[int]  # who wrote it: that they looked for it first is no demand
    anywhere: frozenset[str]  # terms of title, tags, summary and headings
    foremost: frozenset[str]  # terms of title and summary


class Demand:
    """Keeps the numbers of the database up to date; remembers the terms of the texts that wait."""

    def __init__(self, database: Database, engine: Engine) -> None:
        self._database = database
        self._engine = engine
        self._texts: dict[int, PendingText] = {}  # by revision, whose text never changes
        self._refreshing = threading.Lock()

    def refresh(self) -> None:
        """Count anew for every text under review, and say for which articles it has changed."""
        with self._refreshing:
            self._read_texts()
            self._keep(self._texts.values(), all_there_are=True)

    def refresh_new(self) -> None:
        """Count for texts that were not under review when we last looked."""
        with self._refreshing:
            known = set(self._texts)
            self._read_texts()
            new = {text.article_id for id_, text in self._texts.items() if id_ not in known}
            if new:
                texts = [text for text in self._texts.values() if text.article_id in new]
                self._keep(texts, all_there_are=False)

    def _read_texts(self) -> None:
        with self._database.reading() as session:
            waiting = _under_review(session)
            for decided in self._texts.keys() - waiting:
                del self._texts[decided]
            self._texts |= _pending_texts(session, sorted(waiting - self._texts.keys()))

    def _keep(self, texts: Collection[PendingText], *, all_there_are: bool) -> None:
        with self._database.reading() as session:
            searchers = in_vain(session)
        counted = searchers_by_article(texts, searchers, self._weight())
        with self._database.writing() as session:
            keep(session, counted, all_there_are=all_there_are)
            session.commit()

    def _weight(self) -> Weight:
        """The rarity of a term among published articles; all alike while the index is away."""
        try:
            searcher = self._engine.searcher()
            documents = searcher.documents
        except EngineError as error:
            log.info("demand is counted without the index: %s", error)
            return lambda _term: 1.0
        return cache(lambda term: idf(searcher.frequency(term), documents))


# What is read


def _under_review(session: Session) -> set[int]:
    query = sa.select(Draft.frozen_id).where(
        Draft.frozen_id.is_not(None), Draft.deleted_at.is_(None)
    )
    return {id_ for id_ in session.scalars(query) if id_ is not None}


def _pending_texts(session: Session, revision_ids: Sequence[int]) -> dict[int, PendingText]:
    found = {}
    for start in range(0, len(revision_ids), PORTION):
        query = sa.select(
            Revision.id,
            Revision.article_id,
            Revision.title,
            Revision.summary,
            Revision.tags,
            Revision.headings,
            Revision.author_id,
            Revision.writers,
        ).where(Revision.id.in_(revision_ids[start : start + PORTION]))
        for row in session.execute(query):
            headings = (str(heading[2]) for heading in row.headings)
            found[row.id] = PendingText(
                article_id=row.article_id,
                writers=frozenset((row.author_id, *row.writers)),
                anywhere=_terms(row.title, row.summary, *row.tags, *headings),
                foremost=_terms(row.title, row.summary),
            )
    return found


def _terms(*texts: str) -> frozenset[str]:
    return frozenset(stem(word) for text in texts for word in words(composed(text)))


def in_vain(session: Session) -> Searchers:
    """Who lately looked for something and opened nothing, by the key of the search."""
    query = sa.select(
        SearchRecord.id,
        SearchRecord.key,
        SearchRecord.user_id,
        SearchRecord.opened_id,
        SearchRecord.refined_to_id,
    ).where(SearchRecord.at >= clock.now() - RECENT)
    rows = session.execute(query).all()
    goes_on = {row.id: row.refined_to_id for row in rows if row.opened_id is None}
    searchers: defaultdict[str, set[int]] = defaultdict(set)
    helped: defaultdict[str, set[int]] = defaultdict(set)
    for id_, key, user_id, _opened, _refined in rows:
        if user_id is None:
            continue  # an account that was removed
        last: int | None = id_
        while last in goes_on:
            last = goes_on[last]
        (searchers if last is None else helped)[key].add(user_id)
    return {key: people - helped.get(key, set()) for key, people in searchers.items()}


# What is counted. Sets of texts and of people are the bits of a number: there are many, and in
# this form thousands of them are joined in the time that one takes to be written down.


def searchers_by_article(
    texts: Collection[PendingText], searchers: Searchers, weight: Weight
) -> dict[int, int]:
    """For each article with a text under review: how many people looked for what it says."""
    index = _Terms(texts, weight)
    bit_of = {id_: 1 << n for n, id_ in enumerate(set().union(*searchers.values()))}
    asking = [0] * len(texts)  # who asks for each of the texts
    for key, people in searchers.items():
        who = sum(bit_of[id_] for id_ in people)
        for number in _numbers(index.answering(tuple(dict.fromkeys(key.split())))):
            asking[number] |= who
    by_article: dict[int, int] = {}
    for text, who in zip(texts, asking, strict=True):
        others = who & ~sum(bit_of.get(id_, 0) for id_ in text.writers)
        by_article[text.article_id] = by_article.get(text.article_id, 0) | others
    return {article_id: who.bit_count() for article_id, who in by_article.items()}


class _Terms:
    """Which of the texts, by their numbers, have a term."""

    def __init__(self, texts: Iterable[PendingText], weight: Weight) -> None:
        self._weight = weight
        anywhere: defaultdict[str, list[int]] = defaultdict(list)
        foremost: defaultdict[str, list[int]] = defaultdict(list)
        for number, text in enumerate(texts):
            for term in text.anywhere:
                anywhere[term].append(number)
            for term in text.foremost:
                foremost[term].append(number)
        self._anywhere = {term: _bits(numbers) for term, numbers in anywhere.items()}
        self._foremost = {term: _bits(numbers) for term, numbers in foremost.items()}

    def answering(self, terms: Sequence[str]) -> int:
        """The texts that have all of the terms, or the greater part of them foremost."""
        known = [term for term in terms if term in self._anywhere]
        if not known:
            return 0
        found = self._with_all(known) if len(known) == len(terms) else 0
        return found | self._with_most(terms) if len(terms) > 1 else found

    def _with_all(self, terms: Sequence[str]) -> int:
        found = -1
        for term in terms:
            found &= self._anywhere[term]
        return found

    def _with_most(self, terms: Sequence[str]) -> int:
        enough = MOST_OF_IT * sum(map(self._weight, terms)) - 1e-9
        known = [(self._weight(t), self._foremost[t]) for t in terms if t in self._foremost]
        known.sort(reverse=True)  # the rarest first: few texts are left after them
        return _heavy_enough(known[:MOST_TERMS], enough)


def _heavy_enough(known: Sequence[tuple[float, int]], enough: float, among: int = -1) -> int:
    """Those of the texts whose terms together weigh enough."""
    if enough <= 0 or not among:
        return among
    if sum(weight for weight, _ in known) < enough:
        return 0
    (weight, having), *others = known
    return _heavy_enough(others, enough - weight, among & having) | _heavy_enough(
        others, enough, among
    )


def _bits(numbers: Sequence[int]) -> int:
    """The number whose bits are set at these places."""
    row = bytearray(max(numbers) // 8 + 1)
    for number in numbers:
        row[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(row, "little")


def _numbers(bits: int) -> Iterator[int]:
    """The places at which bits are set."""
    digits = bin(bits)[:1:-1]
    place = digits.find("1")
    while place >= 0:
        yield place
        place = digits.find("1", place + 1)


# What is kept


def keep(session: Session, counted: Mapping[int, int], *, all_there_are: bool) -> None:
    """Write down what has changed, each with an event for whoever orders by it."""
    table = ArticleDemand.__table__
    rows = session.execute(sa.select(ArticleDemand.article_id, ArticleDemand.searchers))
    before = {row.article_id: row.searchers for row in rows}
    if all_there_are and (decided := before.keys() - counted.keys()):
        session.execute(sa.delete(ArticleDemand).where(ArticleDemand.article_id.in_(decided)))
    changed = {id_: number for id_, number in counted.items() if number != before.get(id_, 0)}
    if not changed:
        return
    statement = insert(session, table)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["article_id"],
            set_={"searchers": statement.excluded.searchers, "at": statement.excluded.at},
        ),
        [
            {"article_id": id_, "searchers": number, "at": clock.now()}
            for id_, number in changed.items()
        ],
    )
    for article_id in changed:
        outbox.record(session, CHANGED, article_id)
