"""Cuts a text into passages of the length that the model reads, at places where that costs little."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence

Span = tuple[int, int]
Spans = Callable[[str], Iterable[Span]]

MOST_TOKENS = 128  # that are embedded, with the two that begin and end each text
# A passage is shorter than what the model could read: measured, 96 tokens find better than 128 or 192.
PASSAGE_TOKENS = 96
MOST_PASSAGES = 90  # of one article: of more than about 20,000 characters the end has no vectors
TITLE_TOKENS = 32  # a longer title leaves too little room for the text
OVERLAP = 28  # tokens, about 20 words, which two neighbours share
MOST_CHARACTERS = 2_000  # of one passage: a line of base64 is one token, whatever its length

_BLOCK = 8_000  # characters that are looked at at once
_SPACE = re.compile(r"\s")
# Ends of paragraphs, lines and sentences, the better ones first: a passage ends there if it can.
_ENDS = (
    re.compile(r"\n[ \t]*\n"),
    re.compile(r"\n"),
    re.compile(r"[.!?][\"')\]»”’]*\s|[。！？]"),
)  # fmt: skip
_LEAST = 0.6  # of its room is filled before a passage ends at such a place


def title_end(title: str, spans: Spans) -> int:
    """How many characters of a title stand before each passage."""
    tokens = list(spans(title[:_BLOCK]))[:TITLE_TOKENS]
    return tokens[-1][1] if tokens else 0


def cut(title: str, text: str, spans: Spans) -> list[Span]:
    """Where the passages of a text are: each follows on the one before or overlaps it."""
    taken = sum(1 for _ in spans(title[: title_end(title, spans)]))
    room = PASSAGE_TOKENS - 2 - taken
    tokens = _tokens(text, spans, MOST_PASSAGES * room + 1)
    found: list[Span] = []
    first = 0
    while first < len(tokens) and len(found) < MOST_PASSAGES:
        last = _last(text, tokens, first, room)
        found.append((tokens[first][0], tokens[last - 1][1]))
        if last == len(tokens):
            break
        first = _next(text, tokens, first, last)
    return found


def _tokens(text: str, spans: Spans, enough: int) -> list[Span]:
    """The first tokens of a text, looked up block by block, as nobody needs those of a huge one."""
    tokens: list[Span] = []
    start = 0
    while start < len(text) and len(tokens) < enough:
        end = _block_end(text, start)
        tokens += [(start + a, start + b) for a, b in spans(text[start:end])]
        start = end
    return tokens[:enough]


def _block_end(text: str, start: int) -> int:
    end = start + _BLOCK
    if end >= len(text):
        return len(text)
    for place in range(end, end - 200, -1):
        if _SPACE.match(text, place):
            return place
    return end


def _last(text: str, tokens: Sequence[Span], first: int, room: int) -> int:
    """The token after the passage that begins with the first one."""
    start = tokens[first][0]
    most = min(first + room, len(tokens))
    while most > first + 1 and tokens[most - 1][1] - start > MOST_CHARACTERS:
        most -= 1
    if most == len(tokens):
        return most
    least = first + max(1, int((most - first) * _LEAST))
    return _best_end(text, tokens, least, most) or _between_words(text, tokens, least, most)


def _best_end(text: str, tokens: Sequence[Span], least: int, most: int) -> int | None:
    """The latest place of the best sort between two tokens."""
    begin, end = tokens[least - 1][1], tokens[most][0]
    for sort in _ENDS:
        places = [match.end() for match in sort.finditer(text, max(begin - 1, 0), end)]
        if places:
            return max(least, min(most, _token_at(tokens, places[-1])))
    return None


def _between_words(text: str, tokens: Sequence[Span], least: int, most: int) -> int:
    for place in range(most, least, -1):
        if tokens[place - 1][1] < tokens[place][0]:
            return place
    return most


def _next(text: str, tokens: Sequence[Span], first: int, last: int) -> int:
    """With which token the next passage begins: a little before this one's end."""
    earliest = max(first + 1, last - min(OVERLAP, (last - first) // 3))
    begin, end = tokens[earliest][0], tokens[last - 1][0]
    for sort in _ENDS:
        match = sort.search(text, max(begin - 1, 0), end)
        if match:
            return max(earliest, min(last, _token_at(tokens, match.end())))
    while earliest < last and tokens[earliest - 1][1] == tokens[earliest][0]:
        earliest += 1  # no passage begins within a word
    return earliest


def _token_at(tokens: Sequence[Span], place: int) -> int:
    """The first token that begins at a place or after it."""
    return bisect_left(tokens, (place, 0))
