"""Scores candidates by their words: BM25F over weighted fields, and words that stand together.

score(d) = sum over concepts c of  n(c) idf(c) tf / (K1 + tf)
           + sum over neighbours a, b in the query, near in d:  PROXIMITY min(idf) nearness
tf       = sum over fields f of  WEIGHT[f] tf(c, f) / (1 - B[f] + B[f] length(d, f) / average(f))
idf(c)   = ln(1 + (N - df + 0.5) / (df + 0.5))

A word that occurs in several fields counts once, with a weighted frequency; so a title may weigh
much without drowning the rest (Robertson, Zaragoza and Taylor 2004). Neighbours of the query count
more the nearer they stand, up to three words apart, and a little less in the other order: "colour
printer" is nearly what "printer for colour" says. The constants were chosen on the collections of
`flask search eval` (docs/decisions/028-ranking.md), where the figures around them differ by less than chance.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import NamedTuple

from search.book import Synonym
from search.engines import Candidate, Searcher
from search.forward import BODY, Record, key

K1 = 1.4
WEIGHTS = (3.0, 2.0, 1.5, 1.0, 1.0)  # title, headings and tags, summary, author, body
LENGTH_NORMS = (0.5, 0.5, 0.5, 0.0, 0.45)
PROXIMITY = 0.3
NEARNESS = {1: 1.0, 2: 0.8, 3: 0.6}  # by how many words further on the second stands
TURNED = {1: 0.8, 2: 0.64}  # in the other order
TITLE_FACTOR = 1.5
SYNONYM = 0.8  # what an occurrence of a synonym counts, that of the word itself being 1


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing asked for: a term, or several of which any will do (a prefix, other languages)."""

    written: str
    terms: tuple[str, ...]
    frequency: int  # in how many articles, at least
    count: int = 1  # how often it was asked for
    synonyms: tuple[Synonym, ...] = ()
    is_part: bool = False  # of an identifier that no article has: found, but not what was meant


class Ranked(NamedTuple):
    """A candidate with its score and where each concept stands in it."""

    id: int
    title: str
    score: float
    record: Record
    places: tuple[tuple[int, ...], ...]  # positions, for each concept
    parts: tuple[float, ...] = ()  # of the score, for each concept
    together: float = 0.0  # of the score, for words that stand together


def idf(frequency: int, documents: int) -> float:
    return log(1 + max(documents - frequency + 0.5, 0.5) / (frequency + 0.5))


def rank(
    candidates: Sequence[Candidate], concepts: Sequence[Concept], searcher: Searcher
) -> list[Ranked]:
    """The candidates, best first and of equals the newest; nothing asked, in the order they came."""
    if not concepts:
        return [Ranked(c.id, c.title, 0.0, Record(c.record), ()) for c in candidates]
    score = _Scorer(concepts, searcher)
    return sorted(map(score, candidates), key=_best_first)


def _best_first(ranked: Ranked) -> tuple[float, int]:
    return -ranked.score, -ranked.id


class _Scorer:
    def __init__(self, concepts: Sequence[Concept], searcher: Searcher) -> None:
        self._weights = [idf(concept.frequency, searcher.documents) for concept in concepts]
        self._concepts = [
            (tuple(map(key, concept.terms)), weight * concept.count, concept.synonyms)
            for concept, weight in zip(concepts, self._weights, strict=True)
        ]
        # 1 - B + B length / average, as a constant and a factor of length.
        self._norms = [
            (1 - b, b / average if average else 0.0)
            for b, average in zip(LENGTH_NORMS, searcher.average_lengths, strict=True)
        ]

    def __call__(self, candidate: Candidate) -> Ranked:
        record = Record(candidate.record)
        body_start = record.starts[BODY]
        constant, factor = self._norms[BODY]
        body_norm = WEIGHTS[BODY] / (constant + factor * record.lengths[BODY] or 1.0)
        places: list[tuple[int, ...]] = []
        parts: list[float] = []
        for terms, weight, synonyms in self._concepts:
            positions = record.positions(terms[0]) if terms else ()
            if len(terms) > 1:
                positions = tuple(sorted({p for term in terms for p in record.positions(term)}))
            if not positions:
                frequency = 0.0
            elif positions[0] >= body_start:
                frequency = len(positions) * body_norm
            else:
                frequency = self._frequency(record, positions)
            if synonyms and (meant := synonym_places(record, synonyms)):
                frequency += SYNONYM * self._frequency(record, meant)
                positions = tuple(sorted({*positions, *meant}))
            places.append(positions)
            parts.append(weight * frequency / (K1 + frequency))
        together = self._together(record, places)
        score = sum(parts) + together
        return Ranked(
            candidate.id, candidate.title, score, record, tuple(places), tuple(parts), together
        )

    def _frequency(self, record: Record, positions: tuple[int, ...]) -> float:
        """The weighted frequency of a concept over all fields."""
        total, low = 0.0, 0
        starts, lengths = record.starts, record.lengths
        for field, (constant, factor) in enumerate(self._norms):
            high = (
                bisect_left(positions, starts[field + 1], low) if field < BODY else len(positions)
            )
            if high > low:
                total += WEIGHTS[field] * (high - low) / (constant + factor * lengths[field] or 1.0)
                low = high
        return total

    def _together(self, record: Record, places: Sequence[tuple[int, ...]]) -> float:
        bonus = 0.0
        title_end = record.starts[1]
        for index in range(len(places) - 1):
            before, after = places[index], places[index + 1]
            if not before or not after:
                continue
            nearness = _nearness(before, after, NEARNESS, title_end)
            if not nearness:
                nearness = _nearness(after, before, TURNED, title_end)
            if nearness:
                bonus += nearness * min(self._weights[index], self._weights[index + 1])
        return PROXIMITY * bonus


def _nearness(
    first: tuple[int, ...], second: tuple[int, ...], factors: Mapping[int, float], title_end: int
) -> float:
    """The most that a word of `second` counts which follows one of `first`; 0 if none is near."""
    best = 0.0
    index, count = 0, len(second)
    for position in first:
        if position >= title_end and best >= factors[1]:
            break  # below the title nothing counts more
        while index < count and second[index] <= position:
            index += 1
        if index == count:
            break
        factor = factors.get(second[index] - position, 0.0)
        best = max(best, factor * TITLE_FACTOR if position < title_end else factor)
    return best


def synonym_places(record: Record, synonyms: Sequence[Synonym]) -> tuple[int, ...]:
    """Where any of these stands in an article, if it is one in which they mean the same."""
    found = {
        place
        for synonym in synonyms
        if not synonym.filter or record.positions(key(synonym.filter))
        for place in _in_a_row(record, synonym.stems)
    }
    return tuple(sorted(found))


def _in_a_row(record: Record, stems: Sequence[str]) -> Iterator[int]:
    starts = set(record.positions(key(stems[0])))
    for offset, stem in enumerate(stems[1:], 1):
        if not starts:
            break
        starts &= {place - offset for place in record.positions(key(stem))}
    yield from starts
