"""Reads what somebody typed: words, "phrases", -word, tag: kind: topic: author:, or anything."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from search.analysis import composed, words
from search.documents import filter_key

LONGEST_QUERY = 500

# The names by which people ask for a kind.
KINDS = {
    "how-to": "howto",
    "how-tos": "howto",
    "howtos": "howto",
    "guide": "howto",
    "stories": "story",
    "experience": "story",
    "experience-story": "story",
    "answers": "answer",
}

FIELDS = ("kind", "topic", "tag", "author")

_PIECE = re.compile(
    r"""(?P<minus>-(?=\w\w|"|\w+:))?
        (?: (?P<field>kind|topic|tag|author): (?=[^\s]) )?
        (?: "(?P<phrase>[^"]*)"? | (?P<text>[^\s"]+) )""",
    re.VERBOSE | re.IGNORECASE,
)
_QUOTES = str.maketrans({"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"', "\u00bb": '"'})


@dataclass(frozen=True, slots=True)
class Filter:
    """Only articles of this kind, topic, tag or author; `value` as it was written."""

    field: str
    value: str

    @property
    def key(self) -> str:
        key = filter_key(self.field, self.value)
        if self.field == "kind":
            name = key.removeprefix("kind=")
            return f"kind={KINDS.get(name, name)}"
        return key

    def key_among(self, is_there: Callable[[str], bool]) -> str:
        """The key by which articles are looked for, some of which may be there.

        An author is meant by handle or whole name or, where nobody is called so, by a part of it.
        """
        if self.field == "author" and not is_there(self.key):
            return filter_key("name", self.value)
        return self.key


@dataclass(frozen=True, slots=True)
class Word:
    """A run of characters between spaces and where it stands in the query."""

    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Query:
    """What was typed, taken apart."""

    text: str
    words: tuple[Word, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()
    quoted: tuple[str, ...] = ()  # each of the phrases as it was typed
    without: tuple[str, ...] = ()
    without_phrases: tuple[tuple[str, ...], ...] = ()
    filters: tuple[Filter, ...] = ()
    without_filters: tuple[Filter, ...] = ()
    was_cut: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is asked for."""
        return self == replace(EMPTY, text=self.text, was_cut=self.was_cut)

    def narrowed(self, filters: Mapping[str, str]) -> "Query":
        """The same query with the filters that were chosen beside it."""
        chosen = [Filter(f, v) for f, v in filters.items() if f in FIELDS and words(composed(v))]
        return replace(self, filters=tuple(dict.fromkeys((*self.filters, *chosen))))


EMPTY = Query("")


def parse(typed: str) -> Query:
    """Take a query apart; any text at all is a query."""
    text = _readable(typed)
    was_cut = len(text) > LONGEST_QUERY
    text = text[:LONGEST_QUERY].strip()
    parts = _Parts()
    for match in _PIECE.finditer(text.translate(_QUOTES)):
        parts.add(match)
    return Query(
        text,
        words=tuple(parts.words),
        phrases=tuple(parts.phrases),
        quoted=tuple(parts.quoted),
        without=tuple(parts.without),
        without_phrases=tuple(parts.without_phrases),
        filters=tuple(dict.fromkeys(parts.filters)),
        without_filters=tuple(dict.fromkeys(parts.without_filters)),
        was_cut=was_cut,
    )


def alternatives(keys: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Two kinds or two authors cannot both be meant, so either will do; tags and topics add up."""
    given, kinds, people = list(keys), ("kind=",), ("author=", "name=")
    for names in (kinds, people):
        if alike := tuple(key for key in given if key.startswith(names)):
            yield alike
    yield from ((key,) for key in given if not key.startswith(kinds + people))


def plain(text: str) -> str:
    """The text without anything that means more than itself in a query."""
    return re.sub(r"[-:\"\u201c-\u201e]+", " ", text)


def without_quotes(text: str) -> str:
    return text.translate(_QUOTES).replace('"', " ")


def without_filters(text: str) -> str:
    """The text without its kind:, topic:, tag: and author:, whether it asks for them or not."""
    return _leaving_out(text, lambda piece: bool(piece["field"]))


def without_exclusions(text: str) -> str:
    """The text without its -words."""
    return _leaving_out(text, lambda piece: bool(piece["minus"] and not piece["field"]))


def _leaving_out(text: str, is_meant: Callable[[re.Match[str]], bool]) -> str:
    def kept(piece: re.Match[str]) -> str:
        return " " if is_meant(piece) else piece.group()

    return " ".join(_PIECE.sub(kept, text.translate(_QUOTES)).split())


def _readable(typed: str) -> str:
    """The text without control and half characters, and with accents as letters of their own."""
    text = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in typed[:20_000])
    return composed(text).strip()


class _Parts:
    """Collects the pieces of a query by what they mean."""

    def __init__(self) -> None:
        self.words: list[Word] = []
        self.phrases: list[tuple[str, ...]] = []
        self.quoted: list[str] = []
        self.without: list[str] = []
        self.without_phrases: list[tuple[str, ...]] = []
        self.filters: list[Filter] = []
        self.without_filters: list[Filter] = []

    def add(self, match: re.Match[str]) -> None:
        quoted, text = match["phrase"], match["text"]
        written = tuple(words(quoted if text is None else text))
        if not written:
            return
        if match["field"]:
            filters = self.without_filters if match["minus"] else self.filters
            filters.append(Filter(match["field"].lower(), text if quoted is None else quoted))
        elif match["minus"]:
            self._exclude(written, is_phrase=text is None)
        elif text is None:
            self.phrases.append(written)
            self.quoted.append(quoted)
        else:
            self.words += _separate(text, match.start("text"))

    def _exclude(self, written: tuple[str, ...], is_phrase: bool) -> None:
        # -sign-in is no list of words either: all of it, in this order.
        if is_phrase or len(written) > 1:
            self.without_phrases.append(written)
        else:
            self.without.append(written[0])


def _separate(text: str, start: int) -> Iterator[Word]:
    """One piece is one word, but for what a slash or a comma joins: and/or, this,that."""
    for match in re.finditer(r"[^/,;|()\[\]{}]+", text):
        yield Word(match.group(), start + match.start())
