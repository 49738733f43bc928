"""Shows why an article was found: its title and its best passage, cut into plain and marked parts.

The parts are plain text. Templates escape each and put `<mark>` around the marked ones, so nothing
that an author wrote can become markup.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from core.languages import ENGLISH
from search.analysis import composed, identifiers, pairs, stems
from search.forward import BODY, Record
from search.ranking import Ranked

# The stems of a word, and where in its text it begins and ends.
Place = tuple[tuple[str, ...], int, int]

PASSAGE_WORDS = 42
_LEAD = 6  # words shown before the first that matches, unless its sentence begins later
_SHORT_WORD = 4  # characters; so many words a range of text is looked through for at most
_LONGEST = 320  # characters
_SCANNED = 20_000  # how far into a text we look for a match without help from the index
_PLACES = 100  # occurrences of one word that are weighed
_REPEATED = 0.1  # what a word counts that is in the passage already
_BLANK = re.compile(r"\s+")
_BREAK = re.compile(r"\s*\n\s*")
_SENTENCE_END = re.compile(r"[.!?:](?=\s)|\n")
_WORD_START = re.compile(r"\S")
_CLOSING = re.compile(r"[.!?)\]\"'\u201d]+")


@dataclass(frozen=True, slots=True)
class Part:
    text: str
    is_match: bool = False


class Passage(NamedTuple):
    """A stretch of a text as it is shown."""

    parts: list[Part]
    start: int  # character of the composed text: of the first match or, without one, of the stretch
    share: float  # of the weight of what was asked: how much of it stands here


def marked(text: str, terms: Set[str], language: str = ENGLISH) -> list[Part]:
    """A short text with every word that has one of these terms marked."""
    return _all_of(composed(text), terms, language).parts


def passage(
    text: str,
    terms: Set[str],
    ranked: Ranked | None = None,
    weights: Sequence[float] = (),
    language: str = ENGLISH,
) -> Passage:
    """The part of a text that answers best by its words, about forty words long."""
    text = composed(text)
    if len(text) <= _LONGEST:
        return _all_of(text, terms, language)
    best, share = _best_position(ranked, weights) if ranked else (None, 0.0)
    if ranked and best is not None:
        shown = _window(text, *_near(text, ranked.record, best, language), terms, share)
        if any(part.is_match for part in shown.parts):
            return shown
    # Only the title matches, or the index is behind the database.
    is_known = ranked is not None and bool(ranked.places) and best is None
    first = None if is_known else _first_match(text[:_SCANNED], terms, language)
    start = _word_start(text, max(first - 60, 0)) if first is not None else 0
    return _window(text, start, stems(text, start, 0, PASSAGE_WORDS, language), terms, share)


def _first_match(text: str, terms: Set[str], language: str) -> int | None:
    words = stems(text, 0, 0, len(text), language)
    first = next((start for found, start, _ in words if not terms.isdisjoint(found)), len(text))
    first = next((pair.start for pair in pairs(text, 0, first) if pair.term in terms), first)
    return first if first < len(text) else None


def passage_at(
    text: str, start: int, end: int, terms: Set[str], language: str = ENGLISH
) -> Passage:
    """A passage from within a range: from its sentence with the most words asked for, or its first.

    For what answers by its meaning, though few or none of the words occur in it.
    """
    whole = composed(text)
    if len(whole) <= _LONGEST:
        return _all_of(whole, terms, language)
    if whole != text:  # the range is one of the text as it was written
        start, end = len(composed(text[:start])), len(composed(text[:end]))
    begins = _sentence_starts(whole, start, end)
    words = stems(whole, begins[0], 0, max(end - begins[0], 0) // _SHORT_WORD, language)
    best = abs(max(_promises(begins, words, end, terms))[1])
    return _window(whole, best, stems(whole, best, 0, PASSAGE_WORDS, language), terms, 0.0)


def _sentence_starts(text: str, start: int, end: int) -> list[int]:
    """Where the sentences of a range begin; without any, where the range does."""
    start, end = min(start, len(text)), min(end, len(text))
    before = text[:start].rstrip(" ")[-1:] if start else "\n"
    begins = [start] if before in "\n.!?:" else []
    for found in _SENTENCE_END.finditer(text, start, end):
        word = _WORD_START.search(text, found.end(), end)
        if word:
            begins.append(word.start())
    return begins or [_word_start(text, start)]


def _promises(
    begins: list[int], words: list[Place], end: int, terms: Set[str]
) -> Iterator[tuple[int, int]]:
    """How many terms each beginning shows; of equals the one next to them is the greatest."""
    for begin in begins:
        shown = len(_within(words, begin, end) & terms)
        yield (shown, begin) if shown else (shown, -begin)


def _within(words: list[Place], begin: int, end: int) -> set[str]:
    """The stems that would be shown from here on, as far as they lie in the range."""
    end = min(end, begin + _LONGEST)
    shown = (found for found, first, last in words if begin <= first and last <= end)
    return set(chain.from_iterable(shown))


def _all_of(text: str, terms: Set[str], language: str) -> Passage:
    spans = _spans(text, 0, len(text), stems(text, 0, 0, len(text), language), terms)
    return Passage(_parts(text, 0, len(text), spans), spans[0][0] if spans else 0, 1.0)


def _best_position(ranked: Ranked, weights: Sequence[float]) -> tuple[int | None, float]:
    """Where the stretch of the body begins with the most and the rarest concepts; their share."""
    body = ranked.record.starts[BODY]
    found = sorted(
        (position, concept)
        for concept, positions in enumerate(ranked.places)
        for position in positions[: _PLACES + bisect_left(positions, body)]
        if position >= body
    )
    counts = [0] * len(ranked.places)
    best, best_value, value, last, held = None, 0.0, 0.0, 0, 0.0
    for first, (start, concept) in enumerate(found):
        while last < len(found) and found[last][0] < start + PASSAGE_WORDS - _LEAD:
            entering = found[last][1]
            value += weights[entering] * (_REPEATED if counts[entering] else 1.0)
            counts[entering] += 1
            last += 1
        if value > best_value + 1e-9:
            best, best_value = found[first][0], value
            held = sum(w for w, count in zip(weights, counts, strict=True) if count)
        counts[concept] -= 1
        value -= weights[concept] * (_REPEATED if counts[concept] else 1.0)
    return best, held / (sum(weights) or 1.0)


def _near(text: str, record: Record, position: int, language: str) -> tuple[int, list[Place]]:
    """Where the passage around a position begins, with its sentence or a little before, and on."""
    wanted = max(position - _LEAD, record.starts[BODY])
    marked_position, character = record.place(wanted)
    count = _LEAD + PASSAGE_WORDS
    words = stems(text, character, wanted - marked_position, count, language)
    for index in range(min(position - wanted, len(words) - 1), 0, -1):
        if _SENTENCE_END.search(text, words[index - 1][2], words[index][1]):
            return words[index][1], words[index:]
    return words[0][1] if words else len(text), words


def _window(text: str, start: int, words: list[Place], terms: Set[str], share: float) -> Passage:
    """The passage of these words, and dots where the text goes on."""
    shown = [place for place in words[:PASSAGE_WORDS] if place[2] <= start + _LONGEST]
    end = shown[-1][2] if shown else start
    if len(shown) == len(words) < PASSAGE_WORDS:
        end = min(len(text), start + _LONGEST)  # no word follows, but perhaps a sign
    closing = _CLOSING.match(text, end)
    end = closing.end() if closing else end
    spans = _spans(text, start, end, shown, terms)
    parts = _parts(text, start, end, spans)
    if start > 0:
        parts.insert(0, Part("… "))
    if text[end : end + _LONGEST].strip():
        parts.append(Part(" …"))
    return Passage(parts, spans[0][0] if spans else start, share)


def _word_start(text: str, at: int) -> int:
    space = _BLANK.search(text, at) if at else None
    return space.end() if space else at


def _parts(text: str, start: int, end: int, spans: list[tuple[int, int]]) -> list[Part]:
    """A stretch of text cut where marks begin and end; all of it in one line."""
    parts: list[Part] = []
    reached = start
    for first, last in spans:
        if first >= reached:
            parts.append(Part(_one_line(text, reached, first)))
            parts.append(Part(text[first:last], is_match=True))
            reached = last
    parts.append(Part(_one_line(text, reached, end)))
    return [part for part in parts if part.text]


def _one_line(text: str, start: int, end: int) -> str:
    """A stretch of text in one line, in which headings and items keep apart from what follows."""
    pieces = []
    for found in _BREAK.finditer(text, start, end):
        is_between = found.start() > 0 and found.end() < len(text)
        is_apart = is_between and text[found.start() - 1] not in ".!?:;,"
        pieces += [_BLANK.sub(" ", text[start : found.start()]), " · " if is_apart else " "]
        start = found.end()
    return "".join(pieces) + _BLANK.sub(" ", text[start:end])


def _spans(
    text: str, start: int, end: int, words: list[Place], terms: Set[str]
) -> list[tuple[int, int]]:
    """The stretches to mark, in order; an identifier comes before the words it consists of."""
    found = [(first, last) for stems_, first, last in words if not terms.isdisjoint(stems_)]
    found += _runs(text, start, end, terms)
    if not all(map(str.isalnum, terms)):
        found += [(s, e) for word, s, e in identifiers(text, start, end) if word in terms]
    found.sort(key=lambda span: (span[0], -span[1]))
    return found


def _runs(text: str, start: int, end: int, terms: Set[str]) -> list[tuple[int, int]]:
    """Where pairs of characters stand that were asked for; those that touch are one stretch."""
    runs: list[tuple[int, int]] = []
    for pair in pairs(text, start, end):
        if pair.term not in terms:
            continue
        if runs and pair.start <= runs[-1][1]:
            runs[-1] = (runs[-1][0], pair.end)
        else:
            runs.append((pair.start, pair.end))
    return runs
