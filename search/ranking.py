"""Orders candidates: BM25F over weighted fields, plus a bonus for query words that stand together.

score(d) = sum over concepts c of  n(c) idf(c) tf / (K1 + tf)
           + sum over neighbours a, b in the query, within three words in d:  PROXIMITY min(idf)
tf       = sum over fields f of  WEIGHT[f] tf(c, f) / (1 - B[f] + B[f] length(d, f) / average(f))
idf(c)   = ln(1 + (N - df + 0.5) / (df + 0.5))

A word that occurs in several fields counts once, with a weighted frequency; so a title may weigh
much without drowning the rest (Robertson, Zaragoza and Taylor 2004).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from search.engines import Candidate, Searcher
from search.forward import BODY, Record, key

K1 = 1.2
WEIGHTS = (3.0, 2.0, 1.5, 1.0, 1.0)  # title, headings and tags, summary, author, body
LENGTH_NORMS = (0.5, 0.5, 0.5, 0.0, 0.6)
PROXIMITY = 0.3
NEAR = 3
_TITLE_FACTOR = 1.5


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing asked for: a term, or several of which any will do (a prefix, later synonyms)."""

    written: str
    terms: tuple[str, ...]
    frequency: int  # in how many articles, at least
    count: int = 1  # how often it was asked for


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its score and where each concept stands in it."""

    id: int
    title: str
    score: float
    record: Record
    places: tuple[tuple[int, ...], ...]  # positions, for each concept


def idf(frequency: int, documents: int) -> float:
    return log(1 + max(documents - frequency + 0.5, 0.5) / (frequency + 0.5))


def rank(
    candidates: Sequence[Candidate], concepts: Sequence[Concept], searcher: Searcher
) -> list[Ranked]:
    """The candidates, best first and of equals the newest; nothing asked, in the order they came."""
    if not concepts:
        return [Ranked(c.id, c.title, 0.0, Record(c.record), ()) for c in candidates]
    weights = [idf(concept.frequency, searcher.documents) for concept in concepts]
    score = _Scorer(concepts, weights, searcher.average_lengths)
    scored = [score(candidate) for candidate in candidates]
    return sorted((_with_proximity(ranked, weights) for ranked in scored), key=_best_first)


def _best_first(ranked: Ranked) -> tuple[float, int]:
    return -ranked.score, -ranked.id


class _Scorer:
    def __init__(
        self, concepts: Sequence[Concept], weights: Sequence[float], averages: tuple[float, ...]
    ) -> None:
        self._concepts = [
            (tuple(map(key, concept.terms)), weight * concept.count)
            for concept, weight in zip(concepts, weights, strict=True)
        ]
        # 1 - B + B length / average, as a constant and a factor of length.
        self._norms = [
            (1 - b, b / average if average else 0.0)
            for b, average in zip(LENGTH_NORMS, averages, strict=True)
        ]

    def __call__(self, candidate: Candidate) -> Ranked:
        record = Record(candidate.record)
        body_start = record.starts[BODY]
        constant, factor = self._norms[BODY]
        body_norm = WEIGHTS[BODY] / (constant + factor * record.lengths[BODY] or 1.0)
        score = 0.0
        places = []
        for terms, weight in self._concepts:
            positions = record.positions(terms[0])
            if len(terms) > 1:
                positions = tuple(sorted({p for term in terms for p in record.positions(term)}))
            places.append(positions)
            if not positions:
                continue
            if positions[0] >= body_start:
                frequency = len(positions) * body_norm
            else:
                frequency = self._frequency(record, positions)
            score += weight * frequency / (K1 + frequency)
        return Ranked(candidate.id, candidate.title, score, record, tuple(places))

    def _frequency(self, record: Record, positions: tuple[int, ...]) -> float:
        """The weighted frequency of a concept over all fields."""
        counts = [0] * len(WEIGHTS)
        field, starts = 0, record.starts
        for position in positions:
            while field < BODY and position >= starts[field + 1]:
                field += 1
            counts[field] += 1
        return sum(
            WEIGHTS[field] * count / (constant + factor * record.lengths[field] or 1.0)
            for field, (count, (constant, factor)) in enumerate(
                zip(counts, self._norms, strict=True)
            )
            if count
        )


def _with_proximity(ranked: Ranked, weights: Sequence[float]) -> Ranked:
    bonus = 0.0
    title_end = ranked.record.starts[1]
    for index in range(len(weights) - 1):
        first = _nearest(ranked.places[index], ranked.places[index + 1])
        if first is not None:
            rarity = min(weights[index], weights[index + 1])
            bonus += PROXIMITY * rarity * (_TITLE_FACTOR if first < title_end else 1.0)
    if not bonus:
        return ranked
    return Ranked(ranked.id, ranked.title, ranked.score + bonus, ranked.record, ranked.places)


def _nearest(first: tuple[int, ...], second: tuple[int, ...]) -> int | None:
    """The first place where a word of `second` follows one of `first` within NEAR words."""
    index, count = 0, len(second)
    for position in first:
        while index < count and second[index] <= position:
            index += 1
        if index == count:
            return None
        if second[index] - position <= NEAR:
            return position
    return None
