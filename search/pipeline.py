"""From what somebody typed to ranked articles: one way for all engines."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from search.analysis import composed, words
from search.engines import Candidate, Engine, Found, Searcher, Selection
from search.meaning import Meaning, understand
from search.query import LONGEST_QUERY, Query, parse, plain
from search.ranking import Ranked, idf, rank
from search.spelling import Speller

PAGE_SIZE = 10
LAST_PAGE = 50
FACET_VALUES = 10
# So many candidates are ranked by us; who pages further gets the engine's order from there on.
RANKED = 50

SIMILAR_RANKED = 30
_SUGGESTED = 100
_SUGGESTED_WORDS = 8
_EXPANSIONS = 50

# How often we ask again when the index holds what the database no longer shows.
_ATTEMPTS = 4
# A similar article shares at least this part of the title's words, weighted by their rarity.
_SIMILAR = 0.5

Row = TypeVar("Row")
# Which of these articles the reader may see, with what is shown of each.
Rows = Callable[[Sequence[int]], Mapping[int, Row]]


@dataclass(frozen=True)
class Hit(Generic[Row]):
    """An article that was found, with the row that the database shows this reader."""

    id: int
    row: Row
    ranked: Ranked


@dataclass(frozen=True)
class Results(Generic[Row]):
    """One page of what was found."""

    query: Query
    meaning: Meaning
    hits: list[Hit[Row]]
    total: int
    page: int
    weights: tuple[float, ...] = ()  # the rarity of each concept, for choosing passages
    facets: Mapping[str, list[tuple[str, int]]] = field(default_factory=dict)

    @property
    def pages(self) -> int:
        return _pages(self.total)


class Pipeline:
    """Answers queries from an engine; keeps a speller for as long as the index stays the same."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._making_speller = threading.Lock()
        self._speller: tuple[str, Speller] | None = None

    def search(
        self,
        query: Query,
        rows: Rows[Row],
        *,
        page: int = 1,
        spell: bool = True,
        searcher: Searcher | None = None,
    ) -> Results[Row]:
        """One page of results; only articles for which `rows` has a row are counted and shown.

        The index may be a moment behind: what it still holds and the database no longer shows is
        left out by asking again without it, so that it shows in no count either. Another searcher
        than the present one answers what would be found if the index were as it says.
        """
        searcher = searcher or self._engine.searcher()
        meaning = understand(query, searcher, (lambda: self.speller(searcher)) if spell else None)
        if meaning.is_hopeless:
            return Results(query, meaning, [], 0, 1)
        hidden: tuple[int, ...] = ()
        for _ in range(_ATTEMPTS):
            found, shown, number = self._page(searcher, meaning, hidden, page)
            visible = rows([ranked.id for ranked in shown])
            missing = tuple(ranked.id for ranked in shown if ranked.id not in visible)
            if not missing:
                break
            hidden += missing
        return Results(
            query,
            meaning,
            hits=[Hit(r.id, visible[r.id], r) for r in shown if r.id in visible],
            total=found.total,
            page=number,
            weights=_weights(meaning, searcher),
            facets=found.facets,
        )

    def _page(
        self, searcher: Searcher, meaning: Meaning, hidden: tuple[int, ...], page: int
    ) -> tuple[Found, list[Ranked], int]:
        selection = replace(meaning.selection, without_ids=hidden)
        wanted = max(RANKED, min(page, LAST_PAGE) * PAGE_SIZE)
        found = searcher.find(selection, wanted, FACET_VALUES)
        number = max(1, min(page, _pages(found.total)))
        best = rank(found.candidates[:RANKED], meaning.concepts, searcher)
        if number * PAGE_SIZE > RANKED:
            best += rank(found.candidates[RANKED:], (), searcher)
        return found, best[(number - 1) * PAGE_SIZE : number * PAGE_SIZE], number

    def speller(self, searcher: Searcher) -> Speller:
        """The speller of this index, made when the first unknown word is asked for."""
        kept = self._speller
        if kept is not None and kept[0] == searcher.generation:
            return kept[1]
        with self._making_speller:
            if self._speller is None or self._speller[0] != searcher.generation:
                self._speller = (searcher.generation, Speller(searcher.vocabulary()))
            return self._speller[1]

    def similar(self, title: str, rows: Rows[Row], limit: int = 5) -> list[Row]:
        """Articles that may say already what somebody is about to write."""
        searcher = self._engine.searcher()
        meaning = understand(Query(title, words=parse(plain(title)).words), searcher)
        if not meaning.concepts:
            return []
        found = searcher.find(meaning.selection, SIMILAR_RANKED)
        weights = _weights(meaning, searcher)
        enough = _SIMILAR * sum(weights)
        alike = [
            ranked.id
            for ranked in rank(found.candidates, meaning.concepts, searcher)
            if sum(w for w, places in zip(weights, ranked.places, strict=True) if places) >= enough
        ]
        return _visible(alike, rows, limit)

    def suggest(self, typed: str, rows: Rows[Row], limit: int = 8) -> list[Row]:
        """Articles in whose titles words begin as typed, for somebody who is still typing."""
        searcher = self._engine.searcher()
        written = words(composed(typed[:LONGEST_QUERY]))[:_SUGGESTED_WORDS]
        groups = [self._title_words(searcher, word) for word in written]
        if not groups or not all(groups):
            return []
        found = searcher.find(Selection(title_words=tuple(groups)), _SUGGESTED)
        best = sorted(found.candidates, key=lambda candidate: _closeness(candidate, written))
        return _visible([candidate.id for candidate in best], rows, limit)

    def _title_words(self, searcher: Searcher, beginning: str) -> tuple[str, ...]:
        """The words of titles that begin so or, if none does, that may have been meant."""
        found = searcher.title_words(beginning, _EXPANSIONS)
        if not found:
            for word in self.speller(searcher).suggestions(beginning):
                found += [(w, n) for w, n in searcher.title_words(word, _EXPANSIONS) if w == word]
        return tuple(word for word, _ in found)


def _closeness(candidate: Candidate, written: list[str]) -> tuple[int, int, int, int]:
    """Titles that begin as typed come first, then those with the words early, short and new."""
    title = words(composed(candidate.title))
    begins = title[: len(written) - 1] == written[:-1] and any(
        word.startswith(written[-1]) for word in title[len(written) - 1 : len(written)]
    )
    first = next((i for i, word in enumerate(title) if word.startswith(written[0])), len(title))
    return not begins, first, len(title), -candidate.id


def _visible(ids: Sequence[int], rows: Rows[Row], limit: int) -> list[Row]:
    """The first rows that the reader may see."""
    shown: list[Row] = []
    for start in range(0, len(ids), limit):
        batch = ids[start : start + limit]
        visible = rows(batch)
        shown += [visible[id_] for id_ in batch if id_ in visible]
        if len(shown) >= limit:
            break
    return shown[:limit]


def _weights(meaning: Meaning, searcher: Searcher) -> tuple[float, ...]:
    return tuple(idf(concept.frequency, searcher.documents) for concept in meaning.concepts)


def _pages(total: int) -> int:
    return max(1, min(LAST_PAGE, -(-total // PAGE_SIZE)))
