"""Finds articles in an index of whoosh.

Whoosh keeps the postings, and that is all we ask of it. Which articles match is worked out here
with sets: its own queries take ten times as long, and its facets a hundred times. What that needs
to know of each article (id, date, lengths, facets) is read once for each segment.
"""

import json
import threading
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from heapq import nlargest
from itertools import chain
from math import log
from typing import Any

from whoosh import reading
from whoosh.filedb.filestore import FileStorage

from search.documents import CANDIDATE_WEIGHTS
from search.engines import FACETS, Found, Selection, WholeCandidate
from search.engines.whoosh_storage import SCHEMA, trouble, unpack

_K1, _B = 1.2, 0.75
_FIRST = 1e6  # a score that no words reach


class Segment:
    """One immutable part of the index, with what matching needs to know of each article in it."""

    def __init__(self, storage: FileStorage, segment: Any) -> None:
        self.reader = reading.SegmentReader(storage, SCHEMA, segment)
        self.count: int = segment.doc_count_all()
        self._stored = self.reader.column_reader("stored", translate=False)
        self.ids = array("q")
        self.published = array("q")
        self.lengths: list[tuple[int, ...]] = []
        self.facets: dict[str, list[tuple[str, ...]]] = {facet: [] for facet in FACETS}
        shared: dict[tuple[str, ...], tuple[str, ...]] = {}
        for facts in self.reader.column_reader("facts", translate=False):
            id_, published, lengths, values = json.loads(facts)
            self.ids.append(id_)
            self.published.append(published)
            self.lengths.append(tuple(lengths))
            for facet, found in zip(FACETS, map(tuple, values), strict=True):
                self.facets[facet].append(shared.setdefault(found, found))
        self.sizes = [
            sum(weight * length for weight, length in zip(CANDIDATE_WEIGHTS, lengths, strict=True))
            for lengths in self.lengths
        ]

    def stored(self, number: int) -> tuple[str, str, bytes]:
        return unpack(self._stored[number])

    def postings(self, field: str, term: str) -> tuple[Sequence[int], Sequence[float]]:
        return postings(self.reader, field, term)

    def positions(self, word: str, wanted: set[int]) -> dict[int, "array[int]"]:
        """Where a word stands in each of the articles that are wanted and have it."""
        found: dict[int, array[int]] = {}
        for block in _blocks(self.reader, "words", word):
            for number, value in zip(block.ids, block.values(), strict=True):
                if number in wanted:
                    found[number] = array("I")
                    found[number].frombytes(value)
        return found


class _Block:
    """Some postings of a term, as whoosh keeps them."""

    def __init__(self, matcher: Any) -> None:
        matcher.id(), matcher.weight()
        self._matcher = matcher
        self.ids: Sequence[int] = matcher._ids
        self.weights: Sequence[float] = matcher._weights

    def values(self) -> Sequence[bytes]:
        self._matcher.value()
        values: Sequence[bytes] = self._matcher._values
        return values


def _blocks(reader: Any, field: str, term: str) -> Iterator[_Block]:
    """All postings of a term, block by block: one by one would cost five times as much."""
    try:
        matcher = reader._terms.matcher(field, term.encode(), SCHEMA[field].format)
    except reading.TermNotFound:
        return
    if not hasattr(matcher, "_next_block"):  # a term of a single article is kept with the term
        yield _Block(matcher)
        return
    while matcher.is_active():
        yield _Block(matcher)
        matcher._next_block()


def postings(reader: Any, field: str, term: str) -> tuple[Sequence[int], Sequence[float]]:
    ids: list[int] = []
    weights: list[float] = []
    for block in _blocks(reader, field, term):
        ids += block.ids
        weights += block.weights
    return ids, weights


class WhooshSearcher:
    def __init__(
        self,
        segments: list[tuple[Segment, frozenset[int]]],
        generation: str,
        lock: threading.RLock,
    ) -> None:
        self._segments = segments
        self._lock = lock
        self.generation = generation
        self.documents = sum(segment.count - len(deleted) for segment, deleted in segments)

    @cached_property
    def average_lengths(self) -> tuple[float, ...]:
        living = [
            lengths
            for segment, deleted in self._segments
            for number, lengths in enumerate(segment.lengths)
            if number not in deleted
        ]
        fields = zip(*living, strict=True) if living else ((),) * len(CANDIDATE_WEIGHTS)
        return tuple(sum(field) / (sum(map(bool, field)) or 1) for field in fields)

    @cached_property
    def _average_size(self) -> float:
        pairs = zip(CANDIDATE_WEIGHTS, self.average_lengths, strict=True)
        return sum(weight * length for weight, length in pairs) or 1.0

    def find(self, selection: Selection, limit: int, facets: int = 0) -> Found:
        with self._lock, trouble():
            matching = [
                (segment, _matching(segment, selection) - deleted)
                for segment, deleted in self._segments
            ]
            scored = self._scored(matching, selection)
            best = nlargest(limit, scored, key=lambda item: (item[0], item[1].ids[item[2]]))
            return Found(
                [_candidate(segment, number) for _, segment, number in best],
                sum(len(numbers) for _, numbers in matching),
                {facet: _counts(matching, facet, facets) for facet in FACETS} if facets else {},
            )

    def _scored(
        self, matching: list[tuple[Segment, set[int]]], selection: Selection
    ) -> Iterator[tuple[float, Segment, int]]:
        """Each matching article with its score: BM25 of the terms, or else the date."""
        terms = (*selection.any_of, *(a.term for a in selection.alternatives if a.term))
        if selection.newest or not selection.asks:
            for segment, numbers in matching:
                yield from ((float(segment.published[n]), segment, n) for n in numbers)
            return
        postings = [[segment.postings("terms", term) for term in terms] for segment, _ in matching]
        frequencies = [sum(len(found[i][0]) for found in postings) for i in range(len(terms))]
        for (segment, numbers), found in zip(matching, postings, strict=True):
            scores = dict.fromkeys(numbers, 0.0)
            if selection.or_ids:
                named = numbers & _union(segment, "id", map(str, selection.or_ids))
                scores.update(dict.fromkeys(named, _FIRST))
            factor = _K1 * _B / self._average_size
            for (ids, weights), frequency in zip(found, frequencies, strict=True):
                rarity = log(1 + max(self.documents - frequency + 0.5, 0.5) / (frequency + 0.5))
                for number, weight in zip(ids, weights, strict=True):
                    if number in scores:
                        norm = _K1 * (1 - _B) + factor * segment.sizes[number]
                        scores[number] += rarity * weight / (weight + norm)
            yield from ((score, segment, number) for number, score in scores.items())

    def frequency(self, term: str) -> int:
        with self._lock, trouble():
            return self._living("terms", term)

    def _living(self, field: str, term: str) -> int:
        total = 0
        for segment, deleted in self._segments:
            if deleted:
                total += len(set(segment.postings(field, term)[0]) - deleted)
            else:
                total += segment.reader.doc_frequency(field, term.encode())
        return total

    def words(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        return self._expand("words", prefix, limit)

    def title_words(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        return self._expand("title_words", prefix, limit)

    def vocabulary(self) -> list[tuple[str, int]]:
        with self._lock, trouble():
            return sorted(self._beginning("words", "").items())

    def _expand(self, field: str, prefix: str, limit: int) -> list[tuple[str, int]]:
        with self._lock, trouble():
            approximate = sorted(self._beginning(field, prefix).items(), key=_most_frequent)
            living: list[tuple[str, int]] = []
            for word, _ in approximate:
                if len(living) == limit:
                    break
                if count := self._living(field, word):
                    living.append((word, count))
            return sorted(living, key=_most_frequent)

    def _beginning(self, field: str, prefix: str) -> Counter[str]:
        """Words that begin so, with the number of articles, those removed included."""
        counts: Counter[str] = Counter()
        wanted = prefix.encode()
        for segment, _ in self._segments:
            for (name, word), info in segment.reader._terms.items_from(field, wanted):
                if name != field or not word.startswith(wanted):
                    break
                counts[word.decode()] += info.doc_frequency()
        return counts

    def digests(self) -> Iterator[tuple[int, str]]:
        for segment, deleted in self._segments:
            for number in range(segment.count):
                if number not in deleted:
                    with self._lock, trouble():
                        digest = segment.stored(number)[1]
                    yield segment.ids[number], digest


def _matching(segment: Segment, selection: Selection) -> set[int]:
    found = _asked(segment, selection) if selection.asks else set(range(segment.count))
    for group in selection.title_words:
        found &= _union(segment, "title_words", group)
    for group in selection.filters:
        found &= _union(segment, "filters", group)
    for words in selection.phrases:
        found &= _with_phrase(segment, words, found)
    found -= _union(segment, "terms", selection.without)
    found -= _union(segment, "filters", selection.without_filters)
    found -= _union(segment, "id", map(str, selection.without_ids))
    for words in selection.without_phrases:
        found -= _with_phrase(segment, words, found)
    return found


def _asked(segment: Segment, selection: Selection) -> set[int]:
    found = _union(segment, "terms", selection.any_of)
    for wanted in selection.alternatives:
        having = _union(segment, "terms", [wanted.term]) if wanted.term else set()
        if wanted.phrase:
            among = _union(segment, "words", wanted.phrase[:1])
            having |= _with_phrase(segment, wanted.phrase, among)
        if wanted.filter:
            having &= _union(segment, "filters", [wanted.filter])
        found |= having
    return found | _union(segment, "id", map(str, selection.or_ids))


def _union(segment: Segment, field: str, terms: Iterable[str]) -> set[int]:
    return set(chain.from_iterable(segment.postings(field, term)[0] for term in terms))


def _with_phrase(segment: Segment, words: tuple[str, ...], among: set[int]) -> set[int]:
    """Those of the articles in which the words stand in this order without a gap."""
    starts: dict[int, set[int]] = {}
    for offset, word in enumerate(words):
        places = segment.positions(word, among)
        if offset == 0:
            starts = {number: set(found) for number, found in places.items()}
        else:
            starts = {
                number: left
                for number, found in places.items()
                if (left := starts[number] & {place - offset for place in found})
            }
        among = set(starts)
    return among


def _candidate(segment: Segment, number: int) -> WholeCandidate:
    title, _, record = segment.stored(number)
    return WholeCandidate(segment.ids[number], title, record)


def _counts(
    matching: list[tuple[Segment, set[int]]], facet: str, size: int
) -> list[tuple[str, int]]:
    counts: Counter[str] = Counter()
    for segment, numbers in matching:
        counts.update(chain.from_iterable(map(segment.facets[facet].__getitem__, numbers)))
    return sorted(counts.items(), key=_most_frequent)[:size]


def _most_frequent(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]
