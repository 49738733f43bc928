"""Shows why an article was found: its title and its best passage, cut into plain and marked parts.

The parts are plain text. Templates escape each and put `<mark>` around the marked ones, so nothing
that an author wrote can become markup.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence, Set
from dataclasses import dataclass

from search.analysis import composed, identifiers, stems, tokens
from search.forward import BODY, Record
from search.ranking import Ranked

# The stem of a word, and where in its text it begins and ends.
Place = tuple[str, int, int]

PASSAGE_WORDS = 42
_LEAD = 6  # words shown before the first that matches, unless its sentence begins later
_LONGEST = 320  # characters
_SCANNED = 20_000  # how far into a text we look for a match without help from the index
_PLACES = 100  # occurrences of one word that are weighed
_REPEATED = 0.1  # what a word counts that is in the passage already
_BLANK = re.compile(r"\s+")
_BREAK = re.compile(r"\s*\n\s*")
_SENTENCE_END = re.compile(r"[.!?:](?=\s)|\n")
_CLOSING = re.compile(r"[.!?)\]\"'\u201d]+")


@dataclass(frozen=True, slots=True)
class Part:
    text: str
    is_match: bool = False


def marked(text: str, terms: Set[str]) -> list[Part]:
    """A short text with every word that has one of these terms marked."""
    text = composed(text)
    return _whole(text, terms)


def passage(
    text: str, terms: Set[str], ranked: Ranked | None = None, weights: Sequence[float] = ()
) -> list[Part]:
    """The part of a text that answers best, about forty words long."""
    text = composed(text)
    best = _best_position(ranked, weights) if ranked and len(text) > _LONGEST else None
    if ranked and best is not None:
        parts = _window(text, *_near(text, ranked.record, best), terms)
        if any(part.is_match for part in parts):
            return parts
    # Only the title matches, the text is short, or the index is behind the database.
    if len(text) <= _LONGEST:
        return _whole(text, terms)
    first = next((t for t in tokens(text, 0, _SCANNED) if t.stem in terms), None)
    start = _word_start(text, max(first.start - 60, 0)) if first else 0
    return _window(text, start, stems(text, start, 0, PASSAGE_WORDS), terms)


def _whole(text: str, terms: Set[str]) -> list[Part]:
    end = len(text)
    return _parts(text, 0, end, _spans(text, 0, end, stems(text, 0, 0, end), terms))


def _best_position(ranked: Ranked, weights: Sequence[float]) -> int | None:
    """Where in the body the stretch begins that holds the most and the rarest concepts."""
    body = ranked.record.starts[BODY]
    found = sorted(
        (position, concept)
        for concept, positions in enumerate(ranked.places)
        for position in positions[: _PLACES + bisect_left(positions, body)]
        if position >= body
    )
    counts = [0] * len(ranked.places)
    best, best_value, value, last = None, 0.0, 0.0, 0
    for first, (start, concept) in enumerate(found):
        while last < len(found) and found[last][0] < start + PASSAGE_WORDS - _LEAD:
            entering = found[last][1]
            value += weights[entering] * (_REPEATED if counts[entering] else 1.0)
            counts[entering] += 1
            last += 1
        if value > best_value + 1e-9:
            best, best_value = found[first][0], value
        counts[concept] -= 1
        value -= weights[concept] * (_REPEATED if counts[concept] else 1.0)
    return best


def _near(text: str, record: Record, position: int) -> tuple[int, list[Place]]:
    """Where the passage around a position begins, with its sentence or a little before, and on."""
    wanted = max(position - _LEAD, record.starts[BODY])
    marked_position, character = record.place(wanted)
    words = stems(text, character, wanted - marked_position, _LEAD + PASSAGE_WORDS)
    for index in range(min(position - wanted, len(words) - 1), 0, -1):
        if _SENTENCE_END.search(text, words[index - 1][2], words[index][1]):
            return words[index][1], words[index:]
    return words[0][1] if words else len(text), words


def _window(text: str, start: int, words: list[Place], terms: Set[str]) -> list[Part]:
    """The passage of these words, and dots where the text goes on."""
    shown = [place for place in words[:PASSAGE_WORDS] if place[2] <= start + _LONGEST]
    end = shown[-1][2] if shown else start
    if len(shown) == len(words) < PASSAGE_WORDS:
        end = min(len(text), start + _LONGEST)  # no word follows, but perhaps a sign
    closing = _CLOSING.match(text, end)
    end = closing.end() if closing else end
    parts = _parts(text, start, end, _spans(text, start, end, shown, terms))
    if start > 0:
        parts.insert(0, Part("… "))
    if text[end : end + _LONGEST].strip():
        parts.append(Part(" …"))
    return parts


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
    found = [(first, last) for stem, first, last in words if stem in terms]
    if not all(map(str.isalnum, terms)):
        found += [(s, e) for word, s, e in identifiers(text, start, end) if word in terms]
        found.sort(key=lambda span: (span[0], -span[1]))
    return found
