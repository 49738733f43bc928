"""Turns text into the words, stems and identifiers that are indexed, looked for and highlighted.

Analysis happens here and nowhere else: the engines receive these tokens and never stem, so that all
of them find the same articles. Four forms of what is written exist:

- the *word*: lower case, accents folded; used for phrases, the vocabulary and suggestions;
- its *stems* (Snowball, of the article's language): what a query is matched by. A word with accents
  may have two, so that it is found by whoever types without them;
- an *identifier* such as `ERR-1042`, `v2.3` or `user_id`, kept whole beside its words;
- a *pair* of neighbouring characters where a script has no spaces between words (Chinese, Japanese,
  Thai) or joins endings to them (Korean). There each character is a word by itself.
"""

import re
import threading
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, islice
from typing import NamedTuple

import Stemmer

from core.languages import ENGLISH

# Part of the index's schema: an index made by other rules is rebuilt.
ANALYSIS_VERSION = 2

# A longer "word" is a key, a hash or an attack; it is cut into pieces.
LONGEST_WORD = 64

# By code of the language; of any other, words are left as they are.
STEMMERS = {
    ENGLISH: "english",
    "da": "danish",
    "de": "german",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "it": "italian",
    "nl": "dutch_porter",  # whose plurals Snowball's newer rules for Dutch tell worse
    "no": "norwegian",
    "pt": "portuguese",
    "sv": "swedish",
}

# Kana, Han, Hangul, half-width kana, Thai, Lao: each character is a word of its own there.
_SPACELESS = (
    "\u3005-\u3007\u3040-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
    "\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff\u0e01-\u0e4e\u0e81-\u0ecd"
)
# Half-width kana carry their marks behind them.
_CHARACTER = rf"[\uff66-\uff9d][\uff9e\uff9f]|[{_SPACELESS}]"
_LETTERS = rf"[^\W_{_SPACELESS}]"
_RUN = rf"{_LETTERS}{{1,{LONGEST_WORD}}}"
_WORD = re.compile(rf"{_RUN}(?:['\u2019]{_RUN})*|{_CHARACTER}")
_IS_SPACELESS = re.compile(f"[{_SPACELESS}]")
_JOINED = re.compile(
    rf"(?<!{_LETTERS}){_LETTERS}++(?:(?:[-.]|_{{1,2}}){_LETTERS}++)+|\b[A-Za-z](?:\+\+|\#)(?!\w)"
)
# Words with all that may join them to an identifier.
_PART = re.compile(
    rf"{_LETTERS}+(?:(?:[-.'\u2019]|_{{1,2}}){_LETTERS}+)*(?:(?:\+\+|\#)(?!\w))?|{_CHARACTER}"
)
# The same for the many texts in plain ASCII, where they are several times as fast.
_ASCII_RUN = rf"[A-Za-z0-9]{{1,{LONGEST_WORD}}}"
_ASCII_WORD = re.compile(rf"{_ASCII_RUN}(?:'{_ASCII_RUN})*")
_ASCII_JOINED = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z0-9]++(?:(?:[-.]|_{1,2})[A-Za-z0-9]++)+"
    r"|\b[A-Za-z](?:\+\+|\#)(?!\w)",
    re.ASCII,
)
# Lower case, and a space for whatever neither is in a word nor joins words to an identifier.
_ASCII_SPACED = bytes(
    ord(c.lower()) if c.isascii() and (c.isalnum() or c in "-.'_+#") else ord(" ")
    for c in map(chr, range(256))
)
# Quotation marks, dashes, arrows: with a space for each of them most texts are plain ASCII.
_SIGN = re.compile(rf"[^\x00-\x7f\w{_SPACELESS}]")
# "l'imprimante", "dell'ufficio": the article before the word is none of it.
_ELISIONS = {
    "fr": re.compile(r"(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu)['\u2019](?=\w)"),
    "it": re.compile(
        r"(?:[cdlmnstv]|(?:d|n|s|c)?[aeo]ll|un|quest|quell|bell|dov|com)['\u2019](?=\w)"
    ),
}
# Snowball takes "impressões" and "impressão" for two words.
_PORTUGUESE_PLURALS = (("ões", "ão"), ("oes", "ao"))
_ACCENTS = re.compile("[\u0300-\u036f]")
_UNDECOMPOSED = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th"}
)


class Token(NamedTuple):
    """A word as it stands in a text, from character `start` up to `end`; `stem` is the English one."""

    word: str
    stem: str
    start: int
    end: int


class Pair(NamedTuple):
    """Two neighbouring characters of a script without spaces; `number` counts the words before."""

    term: str
    number: int
    start: int
    end: int


def composed(text: str) -> str:
    """The text with each accented letter as one character; all offsets are those of this form."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def tokens(text: str, start: int = 0, end: int | None = None) -> Iterator[Token]:
    """The words of a composed text, or of a part of it, in order and with their exact places."""
    for match in _pattern(text).finditer(text, start, len(text) if end is None else end):
        written = match[0]
        yield Token(fold(written), stem_of(written), match.start(), match.end())


def stems(
    text: str, start: int, skipped: int, count: int, language: str = ENGLISH
) -> list[tuple[tuple[str, ...], int, int]]:
    """The stems of some words from `start` on, each with its place: what highlighting needs."""
    found = islice(_pattern(text).finditer(text, start), skipped, skipped + count)
    if language in _ELISIONS:
        return [
            (stems_of(m[0], language), m.start() + _elided(m[0].lower(), language), m.end())
            for m in found
        ]
    return [(stems_of(m[0], language), m.start(), m.end()) for m in found]


def pairs(text: str, start: int = 0, end: int | None = None) -> Iterator[Pair]:
    """The pairs of a composed text, or of a part of it: three characters in a row make two."""
    end = len(text) if end is None else end
    if text.isascii() or not _IS_SPACELESS.search(text, start, end):
        return
    before: re.Match[str] | None = None
    for number, match in enumerate(_WORD.finditer(text, start, end)):
        if not _IS_SPACELESS.match(match[0]):
            before = None
            continue
        if before and before.end() == match.start():
            term = fold(before[0]) + fold(match[0])
            yield Pair(term, number - 1, before.start(), match.end())
        before = match


def words(text: str, languages: Sequence[str] = ()) -> list[str]:
    """The same words of a composed text without their places, several times as fast.

    What French and Italian join to the front of a word is none of it, if they are among `languages`.
    """
    if languages and ("'" in text or "\u2019" in text):
        return [fold(_bare(written, languages)) for written in _pattern(text).findall(text)]
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


# Words, their English stems, and identifiers with the number of the word that they begin at.
_Apart = tuple[list[str], list[str], list[tuple[str, int]]]


def english(text: str, cuts: Iterable[int] = ()) -> tuple[*_Apart, list[int]]:
    """The words of a composed text, their English stems, the identifiers in it, and its pieces.

    Each identifier comes with the number of the word that it begins at, and so does each piece,
    where the text is cut; all cuts are behind a space. What `words`, `stem` and `identifiers` find
    too, in one go: this is what indexing takes its time for.
    """
    if not text.isascii():
        text = _SIGN.sub(" ", text.replace("\u2019", "'"))
    if text.isascii():
        text = text.encode().translate(_ASCII_SPACED).decode()
        parts_of: Callable[[str], list[str]] = str.split
    else:
        parts_of = _PART.findall
    parts: list[str] = []
    pieces: list[int] = []
    start = 0
    for cut in cuts:
        parts += parts_of(text[start:cut])
        pieces.append(len(parts))
        start = cut
    parts += parts_of(text[start:])
    return _taken_apart(parts, pieces)


def _taken_apart(parts: list[str], pieces: list[int]) -> tuple[*_Apart, list[int]]:
    """The parts with all that are no plain words replaced; of a part may come any number of words."""
    stems = list(map(_STEMS.__getitem__, parts))
    named: list[tuple[str, int]] = []
    others: list[tuple[int, list[str], list[str]]] = []
    shift = 0  # how many more words there are than parts so far
    for index in [index for index, found in enumerate(stems) if not found]:
        part_words, part_stems, part_identifiers = _PARTS[parts[index]]
        if part_identifiers:
            named += [(name, index + shift + first) for name, first in part_identifiers]
        if len(part_words) == 1:
            parts[index], stems[index] = part_words[0], part_stems[0]
        else:
            others.append((index, part_words, part_stems))
            shift += len(part_words) - 1
    if not others:
        return parts, stems, named, pieces
    places = [index for index, _, _ in others]
    shifts = list(accumulate((len(of_part) - 1 for _, of_part, _ in others), initial=0))
    return (
        _with(parts, [(index, of_part) for index, of_part, _ in others]),
        _with(stems, [(index, of_part) for index, _, of_part in others]),
        named,
        [first + shifts[bisect_left(places, first)] for first in pieces],
    )


def _with(parts: list[str], others: Iterable[tuple[int, list[str]]]) -> list[str]:
    # A list made anew: putting each in its place would take the square of a text's length.
    made: list[str] = []
    start = 0
    for index, words_of_part in others:
        made += parts[start:index]
        made += words_of_part
        start = index + 1
    made += parts[start:]
    return made


class _Stems(dict[str, str]):
    """The stem of each plain word; empty for what is to be folded or taken apart first."""

    def __missing__(self, part: str) -> str:
        if len(part) > LONGEST_WORD:
            return ""
        if len(self) >= 100_000:
            self.clear()
        is_plain = part.isascii() and part.isalnum() and part == part.lower()
        found = self[part] = _english_stem(part) if is_plain else ""
        return found


class _Parts(dict[str, _Apart]):
    """What is no plain word, folded and taken apart."""

    def __missing__(self, part: str) -> _Apart:
        found: list[str] = []
        named: list[tuple[str, int]] = []
        for piece in _PART.findall(part):
            first = len(found)
            starts = [word.start() for word in _pattern(piece).finditer(piece)]
            named += [(n, first + bisect_left(starts, start)) for n, start, _ in identifiers(piece)]
            found += words(piece)
        made = found, [*map(stem, found)], named
        if len(part) <= 4 * LONGEST_WORD:
            if len(self) >= 50_000:
                self.clear()
            self[part] = made
        return made


# Plain dictionaries: a cache that keeps account of its use costs more than it saves here.
_STEMS = _Stems()
_PARTS = _Parts()


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
    """The English stem of a folded word; one that holds a digit is its own stem."""
    return _english_stem(word)


def _english_stem(word: str) -> str:
    return _stemmer(ENGLISH).stemWord(word) if word.isalpha() and word.isascii() else word


@lru_cache(maxsize=100_000)
def stem_of(written: str) -> str:
    return stem(fold(written))


def words_and_stems(text: str, language: str) -> tuple[list[str], list[tuple[str, ...]]]:
    """The words of a composed text in any language, and the stems of each."""
    written = _pattern(text).findall(text)
    return words(text, (language,)), [stems_of(word, language) for word in written]


@lru_cache(maxsize=200_000)
def stems_of(written: str, language: str) -> tuple[str, ...]:
    """By which terms an article in a language is found for a word in it; English if we know no rules."""
    if language == ENGLISH or language not in STEMMERS:
        return (stem_of(written),)
    bare = _bare(written, (language,))
    word = fold(bare)
    if not (word.isalpha() and word.isascii()):
        return (word,)
    accented = bare.removesuffix("'s").replace("'", "")[:LONGEST_WORD]
    found = [fold(_stem(each, language)) for each in (accented, word)]
    return tuple(dict.fromkeys(stem or word for stem in found))


@lru_cache(maxsize=50_000)
def query_stems(written: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    """All terms by which a word is looked for where articles are in these languages, English first."""
    found = [stem_of(written)]
    for language in languages:
        found += stems_of(written, language)
    return tuple(dict.fromkeys(found))


def _stem(word: str, language: str) -> str:
    if language == "pt":
        for plural, singular in _PORTUGUESE_PLURALS:
            if word.endswith(plural):
                word = word.removesuffix(plural) + singular
    found: str = _stemmer(language).stemWord(word)
    return found


def _bare(written: str, languages: Iterable[str]) -> str:
    """A word in lower case without what these languages join to its front."""
    word = written.lower().replace("\u2019", "'")
    for language in languages:
        word = word[_elided(word, language) :]
    return word


def _elided(word: str, language: str) -> int:
    """How many characters at the front of a word in lower case are another word."""
    elision = _ELISIONS.get(language)
    found = elision.match(word) if elision else None
    return found.end() if found else 0


def _pattern(text: str) -> re.Pattern[str]:
    return _ASCII_WORD if text.isascii() else _WORD


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


def _stemmer(language: str) -> Stemmer.Stemmer:
    # A Stemmer keeps state between calls, so each thread has its own.
    found: Stemmer.Stemmer | None = getattr(_local, language, None)
    if found is None:
        found = Stemmer.Stemmer(STEMMERS[language])
        setattr(_local, language, found)
    return found
