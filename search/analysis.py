"""Turns text into the words, stems and identifiers that are indexed, looked for and highlighted.

Analysis happens here and nowhere else: the engines receive these tokens and never stem, so that all
of them find the same articles. Three forms of a word exist:

- the *word*: lower case, accents folded; used for phrases, the vocabulary and suggestions;
- its *stem* (Snowball English): what a query is matched by;
- an *identifier* such as `ERR-1042`, `v2.3` or `user_id`, kept whole beside its words.
"""

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import Stemmer

# Part of the index's schema: an index made by other rules is rebuilt.
ANALYSIS_VERSION = 1

# A longer "word" is a key, a hash or an attack; it is cut into pieces.
LONGEST_WORD = 64

# Chinese, Japanese and Korean have no spaces: each character is a word of its own there.
_SPACELESS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_LETTERS = rf"[^\W_{_SPACELESS}]"
_RUN = rf"{_LETTERS}{{1,{LONGEST_WORD}}}"
_WORD = re.compile(rf"{_RUN}(?:['\u2019]{_RUN})*|[{_SPACELESS}]")
_JOINED = re.compile(
    rf"(?<!{_LETTERS}){_LETTERS}++(?:(?:[-.]|_{{1,2}}){_LETTERS}++)+|\b[A-Za-z](?:\+\+|\#)(?!\w)"
)
# Words with all that may join them to an identifier.
_PART = re.compile(
    rf"{_LETTERS}+(?:(?:[-.'\u2019]|_{{1,2}}){_LETTERS}+)*(?:(?:\+\+|\#)(?!\w))?|[{_SPACELESS}]"
)
# The same for the many texts in plain ASCII, where they are several times as fast.
_ASCII_RUN = rf"[A-Za-z0-9]{{1,{LONGEST_WORD}}}"
_ASCII_WORD = re.compile(rf"{_ASCII_RUN}(?:'{_ASCII_RUN})*")
_ASCII_JOINED = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z0-9]++(?:(?:[-.]|_{1,2})[A-Za-z0-9]++)+"
    r"|\b[A-Za-z](?:\+\+|\#)(?!\w)",
    re.ASCII,
)
_ASCII_PART = re.compile(
    r"[A-Za-z0-9]+(?:(?:[-.']|_{1,2})[A-Za-z0-9]+)*(?:(?:\+\+|\#)(?!\w))?", re.ASCII
)
_ACCENTS = re.compile("[\u0300-\u036f]")
_UNDECOMPOSED = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th"}
)


class Token(NamedTuple):
    """A word as it stands in a text, from character `start` up to `end`."""

    word: str
    stem: str
    start: int
    end: int


def composed(text: str) -> str:
    """The text with each accented letter as one character; all offsets are those of this form."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def tokens(text: str, start: int = 0, end: int | None = None) -> Iterator[Token]:
    """The words of a composed text, or of a part of it, in order and with their exact places."""
    pattern = _ASCII_WORD if text.isascii() else _WORD
    for match in pattern.finditer(text, start, len(text) if end is None else end):
        written = match[0]
        yield Token(fold(written), stem_of(written), match.start(), match.end())


def stems(text: str, start: int, skipped: int, count: int) -> list[tuple[str, int, int]]:
    """The stems of some words from `start` on, each with its place: what highlighting needs."""
    found = (_ASCII_WORD if text.isascii() else _WORD).finditer(text, start)
    return [(stem_of(m[0]), m.start(), m.end()) for m in islice(found, skipped, skipped + count)]


def words(text: str) -> list[str]:
    """The same words of a composed text without their places, several times as fast."""
    if text.isascii():
        found = _ASCII_WORD.findall(text.lower())
        return list(map(fold, found)) if "'" in text else found
    return list(map(fold, _WORD.findall(text)))


def identifiers(
    text: str, start: int = 0, end: int | None = None
) -> Iterator[tuple[str, int, int]]:
    """The identifiers of a composed text, or of a part of it, and where each begins and ends.

    Letters joined by hyphens only ("follow-up") are ordinary words and left to proximity.
    """
    pattern = _ASCII_JOINED if text.isascii() else _JOINED
    for match in pattern.finditer(text, start, len(text) if end is None else end):
        written = match.group()
        if not written.replace("-", "").isalpha():
            yield _folded_identifier(written), match.start(), match.end()


def words_and_identifiers(text: str) -> tuple[list[str], list[tuple[str, int]]]:
    """The words of a composed text, and the identifiers with the number of the word they begin at.

    What `words` and `identifiers` find too, in one go: this is what indexing takes its time for.
    """
    is_ascii = text.isascii()
    parts = _ASCII_PART.findall(text.lower()) if is_ascii else _PART.findall(text)
    if (
        is_ascii
        and all(map(str.isalnum, parts))
        and max(map(len, parts), default=0) <= LONGEST_WORD
    ):
        return parts, []
    found: list[str] = []
    named: list[tuple[str, int]] = []
    for part in parts:
        if is_ascii and part.isalnum() and len(part) <= LONGEST_WORD:
            found.append(part)
        else:
            part_words, part_identifiers = _taken_apart(part)
            named += [(identifier, len(found) + index) for identifier, index in part_identifiers]
            found += part_words
    return found, named


@lru_cache(maxsize=50_000)
def _taken_apart(part: str) -> tuple[tuple[str, ...], tuple[tuple[str, int], ...]]:
    found = [(name, len(words(part[:start]))) for name, start, _ in identifiers(part)]
    return tuple(words(part)), tuple(found)


def is_exact(identifier: str) -> bool:
    """Whether this identifier means only itself: it holds a digit or a sign (`err-1042`, `c++`)."""
    return any(character.isdigit() or character in "+#" for character in identifier)


@lru_cache(maxsize=100_000)
def fold(written: str) -> str:
    """A single word in lower case, without accents, possessive and apostrophes."""
    word = written.lower()
    if not word.isascii():
        word = _fold_letters(word.replace("\u2019", "'"))
    if "'" in word:
        word = word.removesuffix("'s").replace("'", "")
    return word[:LONGEST_WORD]


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The stem of a folded word; one that holds a digit is its own stem."""
    return _stemmer().stemWord(word) if word.isalpha() and word.isascii() else word


@lru_cache(maxsize=100_000)
def stem_of(written: str) -> str:
    return stem(fold(written))


@lru_cache(maxsize=20_000)
def _folded_identifier(written: str) -> str:
    lowered = written.lower()
    if not lowered.isascii():
        pieces = re.split(r"([-._+#]+)", lowered)
        lowered = "".join(p if i % 2 else _fold_letters(p) for i, p in enumerate(pieces))
    return lowered[:LONGEST_WORD]


def _fold_letters(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word.casefold().translate(_UNDECOMPOSED))
    bare = unicodedata.normalize("NFC", _ACCENTS.sub("", decomposed))
    # Compatibility forms may bring spaces or signs with them, and no token may hold those.
    return "".join(c for c in bare if c.isalnum() or c == "'") or word


_local = threading.local()


def _stemmer() -> Stemmer.Stemmer:
    # A Stemmer keeps state between calls, so each thread has its own.
    if not hasattr(_local, "stemmer"):
        _local.stemmer = Stemmer.Stemmer("english")
    return _local.stemmer
