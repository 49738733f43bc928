"""Published articles that may say the same as a text, by the words that tell it from others."""

from functools import lru_cache

from search.documents import Document, entry
from search.engines import Searcher, Selection
from search.forward import Record, key
from search.ranking import idf

ASKED = 20  # words
_WEIGHED = 60
_LIKEST = 8


def alike(searcher: Searcher, text: Document, limit: int = _LIKEST) -> list[int]:
    """Ids of articles, the likeliest first; the text's own is not among them."""
    weights = {
        term: idf(frequency, searcher.documents) * times / (times + 2)
        for term, times in _terms(text._replace(published=0))  # the same text at any time
        if (frequency := searcher.frequency(term)) > 0
    }
    telling = sorted(weights, key=lambda term: (-weights[term], term))[:ASKED]
    if not telling:
        return []
    selection = Selection(any_of=tuple(telling), without_ids=(text.id,))
    candidates = searcher.find(selection, 4 * limit).candidates
    score = {
        candidate.id: sum(weights[t] for t in telling if record.positions(key(t)))
        for candidate in candidates
        for record in (Record(candidate.record),)
    }
    return sorted(score, key=lambda id_: (-score[id_], -id_))[:limit]


@lru_cache(maxsize=32)
def _terms(text: Document) -> list[tuple[str, int]]:
    """The commonest terms of a text with how often they occur, its title's among them in any case."""
    record = Record(entry(text).record)
    count = {term: record.positions(key(term)) for term in record.terms()}
    titled = record.starts[1]
    found = sorted(count, key=lambda term: (count[term][0] >= titled, -len(count[term]), term))
    return [(term, len(count[term])) for term in found if not _is_tiny(term)][:_WEIGHED]


def _is_tiny(term: str) -> bool:
    """Too short to say anything; two characters of Chinese are a word, one is in any text."""
    return len(term) < (3 if term.isascii() else 2)
