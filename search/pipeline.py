"""From what somebody typed to ranked articles: one way for all engines."""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import ceil
from typing import Generic, TypeVar

from core.languages import ENGLISH
from search.analysis import composed, words
from search.book import EMPTY, Book
from search.engines import Candidate, Engine, Found, Searcher, Selection
from search.explaining import Explaining, Part
from search.fusion import (
    Judge,
    Scored,
    fuse,
    nearer,
    no_signals,
    pinned_first,
    share_of_meaning,
    unscored,
)
from search.languages import languages_present
from search.meaning import Meaning, understand
from search.query import LONGEST_QUERY, Query, parse, plain
from search.ranking import Ranked, idf, rank
from search.semantic import Near
from search.semantic.sense import MOST_NEAREST, NEAREST, Sense, Senses
from search.spelling import Speller
from search.withheld import without

__all__ = ["Hit", "Part", "Pipeline", "Results"]

PAGE_SIZE = 10
LAST_PAGE = 50
FACET_VALUES = 10
# So many candidates by words are ranked by us, besides those by meaning; who pages further gets the
# engine's order from there on.
RANKED = 30
# Of so many articles that filters leave, each is compared by its meaning.
FEW_LEFT = 300

SIMILAR_RANKED = 30
_SUGGESTED = 100
_SUGGESTED_WORDS = 8
_EXPANSIONS = 50

# How often we ask again when the index holds what the database no longer shows.
_ATTEMPTS = 4
# A similar article shares at least this part of the title's words, weighted by their rarity,
_SIMILAR = 0.5
# or is as near as this by its meaning.
_SIMILAR_MEANING = 0.6
# What is farther than this from a query is not found by its meaning. On the collections of
# `flask search eval`, the nearest text to a question is farther than 0.4 from one in a hundred of its own
# collection's questions, and from most of another's.
_FOUND_MEANING = 0.3
# Results are called weak when the best has less than so much of the words, or of the meaning.
_WEAK_WORDS, _WEAK_WORDS_ALONE, _WEAK_MEANING = 0.5, 0.34, 0.4
_NEAREST = 5
# The meaning of so many of the best, once more beside that of the very best.
_AGAIN, _BEST = 20, 2

Row = TypeVar("Row")
# Which of these articles the reader may see, with what is shown of each.
Rows = Callable[[Sequence[int]], Mapping[int, Row]]
# What is pinned for a query, and what is known of articles among those who asked it.
ForQuery = Callable[[Query], tuple[Sequence[int], Judge]]


@dataclass(frozen=True)
class Hit(Generic[Row]):
    """An article that was found, with the row that the database shows this reader."""

    id: int
    row: Row
    scored: Scored
    parts: tuple[Part, ...] = ()

    @property
    def ranked(self) -> Ranked:
        return self.scored.ranked

    @property
    def near(self) -> Near | None:
        """The passage that is nearest by its meaning."""
        return self.scored.near

    @property
    def is_pinned(self) -> bool:
        return self.scored.is_pinned


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
    is_weak: bool = False  # perhaps nothing of it is what was meant
    nearest: list[Hit[Row]] = field(default_factory=list)  # where nothing was found

    @property
    def searched(self) -> Query:
        """The query with what was corrected in it."""
        return parse(self.meaning.corrected) if self.meaning.corrected else self.query

    @property
    def pages(self) -> int:
        return _pages(self.total)


@dataclass(frozen=True)
class _Asked:
    """A query as one index is asked it."""

    meaning: Meaning
    searcher: Searcher
    sense: Sense | None
    weights: tuple[float, ...]
    judge: Judge
    pinned: Sequence[int]

    @cached_property
    def selection(self) -> Selection:
        near = self.sense.near.values() if self.sense else ()
        meant = (n.id for n in near if n.cosine >= _FOUND_MEANING)
        return replace(self.meaning.selection, or_ids=tuple(dict.fromkeys((*self.pinned, *meant))))

    def promising(
        self, candidates: Sequence[Candidate]
    ) -> tuple[Sequence[Candidate], Sequence[Candidate]]:
        """Those that are ranked, and those that follow them in the engine's order."""
        meant = self.selection.or_ids
        if len(meant) <= len(self.pinned) + NEAREST:
            ranked = RANKED + len(meant)
            return candidates[:ranked], candidates[ranked:]
        # With filters, more is near than can be ranked: of what is found we take the nearest, the
        # best by words among the rest of what is near, and the best that is not near.
        there = {candidate.id for candidate in candidates}
        near = [id_ for id_ in meant if id_ in there]
        chosen = set(near[: len(self.pinned) + NEAREST])
        rest = set(near) - chosen
        by_words = [candidate.id for candidate in candidates if candidate.id not in chosen]
        chosen.update([id_ for id_ in by_words if id_ in rest][:RANKED])
        chosen.update([id_ for id_ in by_words if id_ not in rest][:RANKED])
        return (
            [candidate for candidate in candidates if candidate.id in chosen],
            [candidate for candidate in candidates if candidate.id not in chosen],
        )

    def coverage(self, best: Ranked | None) -> float:
        """The part of the query's words, by their rarity, that an article has."""
        unknown = idf(1, self.searcher.documents) * len(self.meaning.unknown)
        # A part of an identifier that no article has is none of it.
        weights = [
            0.0 if concept.is_part else weight
            for concept, weight in zip(self.meaning.concepts, self.weights, strict=True)
        ]
        whole = sum(weights) + unknown
        if best is None or not whole:
            return 0.0
        has = (w for w, places in zip(weights, best.places, strict=True) if places)
        return sum(has) / whole


class Pipeline:
    """Answers queries from an engine; keeps a speller for as long as the index stays the same."""

    def __init__(self, engine: Engine, senses: Senses | None = None) -> None:
        self._engine = engine
        self._senses = senses
        self._making_speller = threading.Lock()
        self._speller: tuple[str, Speller] | None = None
        self._languages: tuple[str, tuple[str, ...]] = ("", ())

    def search(
        self,
        query: Query,
        rows: Rows[Row],
        *,
        page: int = 1,
        spell: bool = True,
        newest: bool = False,
        explain: bool = False,
        searcher: Searcher | None = None,
        book: Book = EMPTY,
        pinned: Sequence[int] = (),
        judge: Judge = no_signals,
        withheld: Collection[int] = (),
        for_correction: ForQuery | None = None,
    ) -> Results[Row]:
        """One page of results; only articles for which `rows` has a row are shown.

        The index may be a moment behind. What it still holds and is `withheld` shows in no count and
        no word; should `rows` not have what is about to be shown, it is asked again without that.
        Another searcher than the present one answers what would be found if the index were as it
        says. `for_correction` says what is pinned, and known of articles, for a query that was
        corrected.
        """
        asked = self._asked(query, searcher, spell, book, pinned, judge, withheld)
        if asked.meaning.corrected and for_correction:
            pinned, judge = for_correction(parse(asked.meaning.corrected))
            asked = replace(asked, pinned=pinned, judge=judge)
        if not asked.selection.asks and asked.meaning.is_hopeless:
            return self._nothing(query, asked, rows)
        hidden: tuple[int, ...] = ()
        for _ in range(_ATTEMPTS):
            found, best, number = self._page(asked, hidden, page, newest)
            shown = best[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
            visible = rows([scored.id for scored in shown])
            missing = tuple(scored.id for scored in shown if scored.id not in visible)
            if not missing:
                break
            hidden += missing
        if not found.total:
            return self._nothing(query, asked, rows)
        told = Explaining(asked.meaning) if explain else None
        return Results(
            query,
            asked.meaning,
            hits=[
                Hit(s.id, visible[s.id], s, tuple(told.parts(s)) if told else ())
                for s in shown
                if s.id in visible
            ],
            total=found.total,
            page=number,
            weights=asked.weights,
            facets=found.facets,
            is_weak=_is_weak(asked, best),
        )

    def _asked(
        self,
        query: Query,
        searcher: Searcher | None,
        spell: bool,
        book: Book,
        pinned: Sequence[int],
        judge: Judge,
        withheld: Collection[int],
    ) -> _Asked:
        present = without(searcher or self._engine.searcher(), withheld)
        meaning = understand(
            query,
            present,
            (lambda: self.speller(present)) if spell else None,
            languages=self._languages_of(present),
            book=book,
            knows=self._senses.knows if self._senses else None,
        )
        sense = None
        if self._senses and meaning.sentence:
            sense = _nearest(self._senses, meaning, present)
        if sense:
            sense.leave_out(withheld)
        return _Asked(meaning, present, sense, _weights(meaning, present), judge, pinned)

    def _page(
        self, asked: _Asked, hidden: tuple[int, ...], page: int, newest: bool
    ) -> tuple[Found, list[Scored], int]:
        """What is found, its order as far as this page, and the page's number, which may be less."""
        selection = replace(asked.selection, without_ids=hidden, newest=newest)
        wanted = max(RANKED + len(selection.or_ids), min(page, LAST_PAGE) * PAGE_SIZE)
        found = asked.searcher.find(selection, wanted, FACET_VALUES)
        number = max(1, min(page, _pages(found.total)))
        if newest:
            return found, _as_found(found.candidates, asked), number
        promising, others = asked.promising(found.candidates)
        best = self._scored(promising, asked, number * PAGE_SIZE, again=True)
        if number * PAGE_SIZE > len(best):
            best += _as_found(others, asked)
        return found, best, number

    def _scored(
        self, candidates: Sequence[Candidate], asked: _Asked, wanted: int, *, again: bool = False
    ) -> list[Scored]:
        """The candidates in their order, which is right as far as it is wanted.

        `again`: what is near to the best of them comes a little earlier.
        """
        meaning, sense = asked.meaning, asked.sense
        ranked = rank(candidates, meaning.concepts, asked.searcher)
        if not (meaning.concepts or sense):
            return pinned_first(unscored(ranked), asked.pinned)
        if sense:
            sense.add(each.id for each in ranked)
        share = 0.0
        if sense:
            is_english = meaning.language == ENGLISH
            share = share_of_meaning(asked.coverage(_best(ranked)), is_english)
        near = sense.near if sense else {}
        scored = fuse(ranked, near, share, asked.judge, max(wanted, _AGAIN), asked.pinned)
        if sense and again:
            first, rest = scored[:_AGAIN], scored[_AGAIN:]
            best = [each.near for each in first[:_BEST] if each.near]
            scored = nearer(first, sense.towards(best, [each.id for each in first]), share) + rest
        return pinned_first(scored, asked.pinned)

    def _nothing(self, query: Query, asked: _Asked, rows: Rows[Row]) -> Results[Row]:
        """Nothing is found; what comes nearest may be what was meant."""
        nearest: list[Hit[Row]] = []
        if asked.sense:
            ids = asked.sense.of_all()
            found = asked.searcher.find(Selection(or_ids=tuple(ids)), len(ids) or 1)
            scored = self._scored(found.candidates, asked, 2 * _NEAREST)
            visible = rows([each.id for each in scored[: 2 * _NEAREST]])
            nearest = [Hit(s.id, visible[s.id], s) for s in scored if s.id in visible][:_NEAREST]
        return Results(query, asked.meaning, [], 0, 1, is_weak=True, nearest=nearest)

    def _languages_of(self, searcher: Searcher) -> tuple[str, ...]:
        kept = self._languages
        if kept[0] != searcher.generation:
            kept = self._languages = (searcher.generation, languages_present(searcher))
        return kept[1]

    def speller(self, searcher: Searcher) -> Speller:
        """The speller of this index, made when the first unknown word is asked for."""
        kept = self._speller
        if kept is not None and kept[0] == searcher.generation:
            return kept[1]
        with self._making_speller:
            if self._speller is None or self._speller[0] != searcher.generation:
                self._speller = (searcher.generation, Speller(searcher.vocabulary()))
            return self._speller[1]

    def similar(
        self, title: str, rows: Rows[Row], limit: int = 5, *, withheld: Collection[int] = ()
    ) -> list[Row]:
        """Articles that may say already what somebody is about to write."""
        query = Query(title, words=parse(plain(title)).words)
        asked = self._asked(query, None, False, EMPTY, (), no_signals, withheld)
        if not asked.selection.asks:
            return []
        found = asked.searcher.find(asked.selection, SIMILAR_RANKED + len(asked.selection.or_ids))
        enough = _SIMILAR * sum(asked.weights)
        alike = [
            scored.id
            for scored in self._scored(found.candidates, asked, len(found.candidates))
            if _weight_of(scored.ranked, asked.weights) >= max(enough, 1e-9)
            or (scored.near and scored.near.cosine >= _SIMILAR_MEANING)
        ]
        return _visible(alike, rows, limit)

    def suggest(
        self, typed: str, rows: Rows[Row], limit: int = 8, *, withheld: Collection[int] = ()
    ) -> list[Row]:
        """Articles in whose titles words begin as typed, for somebody who is still typing."""
        searcher = without(self._engine.searcher(), withheld)
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


def _nearest(senses: Senses, meaning: Meaning, searcher: Searcher) -> Sense | None:
    """What is near to a sentence: the more that filters leave out, the more is looked for."""
    rules = replace(meaning.selection, any_of=(), alternatives=())
    if rules == Selection():
        return senses.of(meaning.sentence)
    left = searcher.find(rules, 1).total
    if left > FEW_LEFT:
        wanted = min(MOST_NEAREST, ceil(NEAREST * searcher.documents / left))
        return senses.of(meaning.sentence, wanted)
    found = searcher.find(rules, FEW_LEFT).candidates if left else ()
    return senses.of(meaning.sentence, among=[candidate.id for candidate in found])


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


def _best(ranked: Sequence[Ranked]) -> Ranked | None:
    """The best by its words, if any has one of them."""
    return ranked[0] if ranked and ranked[0].score else None


def _is_weak(asked: _Asked, best: Sequence[Scored]) -> bool:
    """Whether nothing has much of the words, nor of the meaning."""
    if not asked.meaning.concepts and not asked.sense:
        return False  # filters alone: whatever has them is meant
    if asked.meaning.is_only_like:
        return True  # an identifier means itself and nothing like it
    by_words = max(best, key=lambda scored: scored.ranked.score, default=None)
    coverage = asked.coverage(by_words.ranked if by_words else None)
    if asked.sense is None:
        return coverage < _WEAK_WORDS_ALONE
    return coverage < _WEAK_WORDS and asked.sense.best < _WEAK_MEANING


def _as_found(candidates: Sequence[Candidate], asked: _Asked) -> list[Scored]:
    """In the engine's order, with what is needed to show where they match."""
    concepts = asked.meaning.concepts
    ranked = {each.id: each for each in rank(candidates, concepts, asked.searcher)}
    return unscored(ranked[candidate.id] for candidate in candidates)


def _weight_of(ranked: Ranked, weights: Sequence[float]) -> float:
    return sum(w for w, places in zip(weights, ranked.places) if places)  # noqa: B905


def _weights(meaning: Meaning, searcher: Searcher) -> tuple[float, ...]:
    return tuple(idf(concept.frequency, searcher.documents) for concept in meaning.concepts)


def _pages(total: int) -> int:
    return max(1, min(LAST_PAGE, -(-total // PAGE_SIZE)))
