"""What is indexed: an article as the search room knows it, and the form of it that engines take."""

import re
from functools import lru_cache
from hashlib import blake2b
from itertools import chain
from typing import NamedTuple

from core.languages import ENGLISH
from search import forward
from search.analysis import (
    ANALYSIS_VERSION,
    STEMMERS,
    composed,
    english,
    pairs,
    words,
    words_and_stems,
)

# Raised with every change of what an index holds: an index of another version is made anew.
SCHEMA_VERSION = f"3.{ANALYSIS_VERSION}.{forward.VERSION}"

# Stands between parts of a text, so that no phrase reaches from one into the next.
BREAK = "\u00b6"

# How often a field's words are given to the engine, whose own score only chooses candidates.
CANDIDATE_WEIGHTS = (3, 2, 2, 1, 1)  # in the order of forward.FIELDS

_PIECE = 256  # characters between two marks
_SHORT = 40  # characters of a text that may stand in other articles too
_SPACE = re.compile(r"\s")


class Document(NamedTuple):
    """The words and the facts of one published article."""

    id: int
    title: str
    text: str
    summary: str = ""
    headings: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()  # what else it is looked for by; readers do not see them
    kind: str = "howto"
    topics: tuple[str, ...] = ()  # slugs, from the root of the tree to the article's own
    author: str = ""
    author_names: tuple[str, ...] = ()
    published: int = 0  # microseconds, for sorting
    language: str = ENGLISH

    def digest(self) -> str:
        """Changes with anything that the index holds of this article."""
        text = self.text.encode("utf-8", "surrogatepass")
        others = (
            SCHEMA_VERSION,
            len(text),
            self.title,
            self.summary,
            self.headings,
            self.tags,
            self.keywords,
            self.kind,
            self.topics,
            self.author,
            self.author_names,
            self.published,
            self.language,
        )
        made = blake2b(repr(others).encode("utf-8", "surrogatepass"), digest_size=12)
        made.update(text)
        return made.hexdigest()


class Entry(NamedTuple):
    """A document as an engine takes it: nothing but tokens, joined by spaces, and facts."""

    id: int
    words: str  # every word in order, parts apart by BREAK: for phrases and the vocabulary
    terms: str  # stems, identifiers and pairs, repeated by the weight of their field
    title_words: str
    filters: tuple[str, ...]  # as made by `filter_key`
    facets: dict[str, tuple[str, ...]]
    published: int
    lengths: tuple[int, ...]  # words in each of forward.FIELDS
    title: str
    digest: str
    record: bytes


def entry(document: Document) -> Entry:
    """Analyse a document, once for all engines."""
    analysed = _Analysed(document.language)
    analysed.add("title", document.title)
    analysed.add("labels", *document.headings, *document.tags, *document.keywords)
    analysed.add("summary", document.summary)
    analysed.add("author", *document.author_names, document.author)
    analysed.add("body", document.text)
    analysed.terms += _markers(document)
    for topic in document.topics:
        analysed.mark(filter_key("topic", topic))
    if document.language != ENGLISH:
        analysed.mark(language_marker(document.language))
    return Entry(
        id=document.id,
        words=" ".join(analysed.words),
        terms=" ".join(analysed.terms),
        title_words=" ".join(analysed.words[: analysed.lengths[forward.TITLE]]),
        filters=filter_keys(document),
        facets={
            "kind": (document.kind,),
            "topic": document.topics,
            "tag": document.tags,
            "author": (document.author,) if document.author else (),
        },
        published=document.published,
        lengths=tuple(analysed.lengths),
        title=document.title,
        digest=document.digest(),
        record=analysed.record(),
    )


@lru_cache(maxsize=10_000)
def filter_key(field: str, value: str) -> str:
    """How a filter is written in an index: `topic:"Office IT"` means the topic office-it."""
    return f"{field}={'-'.join(words(composed(value)))}"


def filter_keys(document: Document) -> tuple[str, ...]:
    keys = [filter_key("kind", document.kind)]
    keys += [filter_key("topic", topic) for topic in document.topics]
    keys += [filter_key("tag", tag) for tag in document.tags]
    names = (document.author, *document.author_names)
    keys += [filter_key("author", name) for name in names if name]
    known_by = words(composed(" ".join(document.author_names)))
    keys += [filter_key("name", word) for word in known_by]
    return tuple(dict.fromkeys(keys))


def language_marker(language: str) -> str:
    """The term that every article in a language has, by which an index tells its languages."""
    return f"language={language}"


def _markers(document: Document) -> tuple[str, ...]:
    # English is looked for in any case, and its articles are spared the term.
    return () if document.language == ENGLISH else (language_marker(document.language),)


class _Analysed:
    """Collects the words of all fields under one numbering of positions."""

    def __init__(self, language: str) -> None:
        self._language = language if language in STEMMERS else ENGLISH
        self.words: list[str] = []
        self.terms: list[str] = []
        self.lengths: list[int] = []
        self._starts: list[int] = []
        self._marks: list[tuple[int, int]] = []
        self._positions: dict[str, list[int]] = {}
        self._next = 0

    def add(self, field: str, *parts: str) -> None:
        self._starts.append(self._next)
        terms: list[str] = []
        length = 0
        for part in filter(None, parts):
            text = composed(part)
            cuts: tuple[int, ...] = ()
            if field == "body":  # long enough to need marks by which a place in it is found again
                cuts = _cuts(text)
                self._marks.append((self._next, 0))
            length += self._add_words(text, terms, cuts)
            self.words.append(BREAK)
            self._next += forward.PART_GAP
        self.lengths.append(length)
        self.terms += terms * CANDIDATE_WEIGHTS[len(self._starts) - 1]
        self._next += forward.FIELD_GAP

    def _add_words(self, text: str, terms: list[str], cuts: tuple[int, ...]) -> int:
        taken_apart = english if len(text) > _SHORT else _remembered
        found, stems, named, pieces = taken_apart(text, cuts)
        first = self._next
        self._marks += zip((first + number for number in pieces), cuts, strict=True)
        if self._language == ENGLISH:
            list_of = self._positions.setdefault  # a third faster than a defaultdict
            for position, term in enumerate(stems, first):
                list_of(term, []).append(position)
        else:
            found, stems = self._add_stems(text)
        if not text.isascii():
            named = [*named, *((pair.term, pair.number) for pair in pairs(text))]
        for identifier, index in named:
            self._note(identifier, first + index)
            terms.append(identifier)
        self.words += found
        terms += stems
        self._next += len(found)
        return len(found)

    def _add_stems(self, text: str) -> tuple[list[str], list[str]]:
        """The words of a text that is not English, and the stems of them all."""
        found, alternatives = words_and_stems(text, self._language)
        for position, stems in enumerate(alternatives, self._next):
            for term in stems:
                self._note(term, position)
        return found, list(chain.from_iterable(alternatives))

    def mark(self, fact: str) -> None:
        """Note a fact in the forward record, where no word stands: none has an equals sign in it."""
        self._note(fact, self._next)

    def _note(self, term: str, position: int) -> None:
        self._positions.setdefault(term, []).append(position)

    def record(self) -> bytes:
        return forward.encode(self._positions, self._starts, self.lengths, self._marks)


# Tags and names are on many articles.
_remembered = lru_cache(maxsize=10_000)(english)


def _cuts(text: str) -> tuple[int, ...]:
    """Where to cut a text into pieces of about 256 characters, each behind a space."""
    cuts: list[int] = []
    space = _SPACE.search(text, _PIECE)
    while space and space.end() < len(text):
        cuts.append(space.end())
        space = _SPACE.search(text, space.end() + _PIECE)
    return tuple(cuts)
