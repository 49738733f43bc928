"""Published articles that may say the same as a text: by the words that tell it from others, by meaning."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import NamedTuple

from search.documents import Document, entry
from search.engines import Searcher, Selection
from search.forward import Record, key
from search.ranking import idf
from search.semantic import Near
from search.semantic.sense import NEAREST, Senses
from search.withheld import without

ASKED = 20  # words
_WEIGHED = 60
_LIKEST = 8
# So much alike are articles that a reader of one may want the other; below, they share an occasion.
_ENOUGH = 0.35
_ENOUGH_BY_WORDS = 0.2


class Alike(NamedTuple):
    """An article and how much it is like a text: 0 nothing, 1 the same."""

    id: int
    score: float


def alike(
    searcher: Searcher, text: Document, near: Sequence[Near] = (), limit: int = _LIKEST
) -> list[Alike]:
    """The likeliest articles first, by words and by meaning; the text's own is not among them.

    `near` is what is near to the text by its meaning. What is not among it is taken to be no nearer
    than the last of it; without any, words alone count.
    """
    weights = {
        term: idf(frequency, searcher.documents) * times / (times + 2)
        for term, times in _terms(text._replace(published=0))  # the same text at any time
        if (frequency := searcher.frequency(term)) > 0
    }
    telling = sorted(weights, key=lambda term: (-weights[term], term))[:ASKED]
    cosines = {each.id: max(each.cosine, 0.0) for each in near if each.id != text.id}
    if not telling and not cosines:
        return []
    selection = Selection(any_of=tuple(telling), or_ids=tuple(cosines), without_ids=(text.id,))
    whole = sum(weights[term] for term in telling) or 1.0
    furthest = min(cosines.values(), default=0.0)
    found = []
    for candidate in searcher.find(selection, 4 * limit + len(cosines)).candidates:
        record = Record(candidate.record)
        said = sum(weights[term] for term in telling if record.positions(key(term))) / whole
        meant = cosines.get(candidate.id, furthest)
        found.append(Alike(candidate.id, (said + meant) / 2 if cosines else said))
    return sorted(found, key=lambda each: (-each.score, -each.id))[:limit]


def similar(
    searcher: Searcher, senses: Senses | None, article: Document, withheld: Collection[int] = ()
) -> list[int]:
    """Ids of articles for the readers of a published one, the likeliest first; often there is none."""
    near = senses.like(article.id, NEAREST) if senses else []
    near = [each for each in near if each.id not in withheld]
    found = alike(without(searcher, withheld), article, near)
    enough = _ENOUGH if near else _ENOUGH_BY_WORDS
    return [each.id for each in found if each.score >= enough]


def saying_the_same(searcher: Searcher, senses: Senses | None, text: Document) -> list[int]:
    """Ids of published articles that may say what a text says which is not published, if any does.

    Its passages have no vectors yet, so its title and summary stand for its meaning.
    """
    sense = senses.of(f"{text.title}. {text.summary}") if senses else None
    near = list(sense.near.values()) if sense else []
    return [each.id for each in alike(searcher, text, near)]


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
