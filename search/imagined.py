"""The index as it would be with one more text in it, without writing anything."""

from collections.abc import Iterator
from dataclasses import replace

from search.documents import Entry
from search.engines import Alternative, Found, Searcher, Selection, WholeCandidate
from search.forward import Record, key


class Imagined:
    """Answers like a searcher in whose index an article has another text, or stands for the first time.

    Ranking and permissions see no difference, so that a text under review is ranked by the very rules
    by which it will be. Two things are left as they are, since they cost much and change little: the
    average lengths of fields, and the words by which spelling is corrected.
    """

    def __init__(self, searcher: Searcher, text: Entry, live: Entry | None) -> None:
        self._searcher = searcher
        self._text = text
        self._record = Record(text.record)
        self._live = Record(live.record) if live else None
        self._words = f" {text.words} "
        self.generation = searcher.generation
        self.documents = searcher.documents + (live is None)

    @property
    def average_lengths(self) -> tuple[float, ...]:
        return self._searcher.average_lengths

    def has(self, term: str) -> bool:
        """Whether the text itself holds a term."""
        return bool(self._record.positions(key(term)))

    def find(self, selection: Selection, limit: int, facets: int = 0) -> Found:
        others = replace(selection, without_ids=(*selection.without_ids, self._text.id))
        found = self._searcher.find(others, limit, facets)
        if self._text.id in selection.without_ids or not self._fits(selection):
            return found
        itself = WholeCandidate(self._text.id, self._text.title, self._text.record)
        return Found([itself, *found.candidates], found.total + 1, found.facets)

    def frequency(self, term: str) -> int:
        was_there = self._live is not None and bool(self._live.positions(key(term)))
        return self._searcher.frequency(term) + self.has(term) - was_there

    def words(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        own = {word for word in self._text.words.split() if word.startswith(prefix)}
        return _merged(self._searcher.words(prefix, limit), own, limit)

    def title_words(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        own = {word for word in self._text.title_words.split() if word.startswith(prefix)}
        return _merged(self._searcher.title_words(prefix, limit), own, limit)

    def vocabulary(self) -> list[tuple[str, int]]:
        return self._searcher.vocabulary()

    def digests(self) -> Iterator[tuple[int, str]]:
        return self._searcher.digests()

    def _fits(self, wanted: Selection) -> bool:
        text = self._text
        titled = set(text.title_words.split())
        return (
            self._is_asked(wanted)
            and all(map(self._says, wanted.phrases))
            and all(titled.intersection(group) for group in wanted.title_words)
            and not any(map(self.has, wanted.without))
            and not any(map(self._says, wanted.without_phrases))
            and all(set(group).intersection(text.filters) for group in wanted.filters)
            and not set(wanted.without_filters).intersection(text.filters)
        )

    def _is_asked(self, wanted: Selection) -> bool:
        return (
            not wanted.asks
            or any(map(self.has, wanted.any_of))
            or any(map(self._is_alternative, wanted.alternatives))
            or self._text.id in wanted.or_ids
        )

    def _is_alternative(self, wanted: Alternative) -> bool:
        has = self._says(wanted.phrase) if wanted.phrase else self.has(wanted.term)
        return has and (not wanted.filter or wanted.filter in self._text.filters)

    def _says(self, phrase: tuple[str, ...]) -> bool:
        return f" {' '.join(phrase)} " in self._words


def _merged(found: list[tuple[str, int]], own: set[str], limit: int) -> list[tuple[str, int]]:
    known = {word for word, _ in found}
    return [*found, *((word, 1) for word in sorted(own - known))][:limit]
