"""What the search page shows of results: marked titles, passages and where they stand in the text."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from core import clock
from core.languages import ENGLISH
from kb.queries import PlainText, ResultRow
from search import pipeline
from search.analysis import composed
from search.highlight import Part, Passage, marked, passage, passage_at
from search.pipeline import Results
from search.ranking import Ranked
from search.semantic import Near

# A passage is chosen by its meaning where those by words hold less than this of what was asked,
_POOR = 0.5
# and where it is at least so near to the question.
_NEAR_ENOUGH = 0.35


@dataclass(frozen=True)
class Heading:
    """A heading of an article, and the address of that place in it."""

    anchor: str
    words: str


@dataclass(frozen=True)
class Shown:
    """One result as the page shows it."""

    row: ResultRow
    title: list[Part]
    passage: list[Part]
    heading: Heading | None  # under which the passage stands
    updated_in: str
    parts: Sequence[pipeline.Part]  # of its score


_NO_TEXT = PlainText("", [], "")


def shown(results: Results[ResultRow], texts: Mapping[int, PlainText]) -> list[Shown]:
    """The results with what matches marked."""
    terms = results.meaning.terms
    now = clock.now()
    lines = []
    for hit in results.hits:
        text = texts.get(hit.id, _NO_TEXT)
        language = text.language or ENGLISH
        best = best_passage(text, terms, hit.ranked, results.weights, hit.near)
        lines.append(
            Shown(
                hit.row,
                marked(hit.row.title, terms, language),
                best.parts or marked(hit.row.summary, terms, language),
                heading_above(text, best.start) if best.parts else None,
                month(hit.row.published_at, now),
                hit.parts,
            )
        )
    return lines


def best_passage(
    text: PlainText,
    terms: Set[str],
    ranked: Ranked,
    weights: Sequence[float],
    near: Near | None = None,
) -> Passage:
    """The best passage by its words or, where they say little, the nearest by its meaning."""
    language = text.language or ENGLISH
    by_words = passage(text.text, terms, ranked, weights, language)
    if near is None or near.cosine < _NEAR_ENOUGH or by_words.share >= _POOR:
        return by_words
    if near.start >= near.end:  # the title is nearest, and stands above any passage
        return by_words
    return passage_at(text.text, near.start, near.end, terms, language)


def heading_above(text: PlainText, place: int) -> Heading | None:
    """The last heading up to a character of the composed text.

    Headings are lines of the text and are looked for in order, each after the one before it, so
    that two of the same words are told apart.
    """
    whole = composed(text.text)
    above, reached = None, 0
    for _, anchor, words in text.headings:
        line = composed(str(words))
        at = _line(whole, line, reached, place)
        if at is not None:
            above, reached = Heading(str(anchor), str(words)), at + len(line)
    return above


def _line(text: str, words: str, start: int, place: int) -> int | None:
    """Where the next line that consists of these words begins, up to a place."""
    limit = place + len(words)
    at = text.find(words, start, limit) if words else -1
    while at >= 0:
        end = at + len(words)
        if text[at - 1 : at] in ("", "\n") and text[end : end + 1] in ("", "\n"):
            return at
        at = text.find(words, end, limit)
    return None


def month(moment: datetime, now: datetime) -> str:
    """As it follows "in": March, or March 2025 if that is not this year."""
    return f"{moment:%B}" if moment.year == now.year else f"{moment:%B %Y}"
