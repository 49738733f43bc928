"""Finds the word that was meant, in the vocabulary of the index itself.

cost = distance - SLIP [one slip of the finger] - 0.12 ln df + 0.6 [other first letter]

The distance is OSA: letters inserted, left out or exchanged, or neighbours swapped (Damerau 1964). Of two
words at the same distance, people more likely meant the one from which a slip of the finger leads to
what they typed (Kernighan, Church and Gale 1990).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from math import log

from rapidfuzz import process
from rapidfuzz.distance import OSA

from search.analysis import stem

# Of all words there are, each once: a cache would be filled with them and remember nothing else.
_stem = stem.__wrapped__

SHORTEST = 3
_SHORT = 3  # of so few letters, one may be missing inside and nothing else be wrong
_LONG = 8  # from here on two mistakes are forgiven
_SLIP = 0.3
_OTHER_INITIAL = 0.6  # people mistype the first letter of a word least
_FREQUENCY = 0.12
_BY_STEM = 0.2  # another form of the word than the one that was typed
_LOOKED_AT = 20
_SUGGESTED = 5

BESIDE = {  # on the keyboard that most of our readers have
    "a": "qs", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj",
    "i": "uo", "j": "hk", "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o",
    "q": "w", "r": "et", "s": "ad", "t": "ry", "u": "yi", "v": "cb", "w": "qe", "x": "zc",
    "y": "tu", "z": "x",
}  # fmt: skip


class Speller:
    """Made once for an index, of its words and in how many articles each stands."""

    def __init__(self, vocabulary: list[tuple[str, int]]) -> None:
        self._frequencies = {word: n for word, n in vocabulary if word.isalpha()}
        self._words = _ByLength(self._frequencies, self._frequencies.__getitem__)

    @cached_property
    def _stems(self) -> "_ByLength":
        return _ByLength(self._common, lambda stemmed: self._frequencies[self._common[stemmed]])

    @cached_property
    def _common(self) -> dict[str, str]:
        """The commonest word of each stem."""
        common: dict[str, str] = {}
        for word, frequency in self._frequencies.items():
            stemmed = _stem(word)
            other = common.get(stemmed)
            if other is None or (frequency, word) > (self._frequencies[other], other):
                common[word if stemmed == word else stemmed] = word
        return common

    def suggestions(self, word: str) -> list[str]:
        """Words of the index that may have been meant, the likeliest first.

        A form that no article has, such as a plural, is found by its stem.
        """
        if len(word) < SHORTEST or not word.isalpha():
            return []
        found = dict(self._words.near(word))
        if len(stemmed := stem(word)) > SHORTEST:
            for other, cost in self._stems.near(stemmed):
                found.setdefault(self._common[other], cost + _BY_STEM)
        return sorted(found, key=lambda other: (found[other], other))[:_SUGGESTED]


class _ByLength:
    """Words by their length, so that only words that can be near are compared."""

    def __init__(self, words: Iterable[str], frequency: Callable[[str], int]) -> None:
        self._frequency = frequency
        self._by_length: defaultdict[int, list[str]] = defaultdict(list)
        for word in words:
            self._by_length[len(word)].append(word)

    def near(self, word: str) -> Iterator[tuple[str, float]]:
        """The words near to this one, with the cost of each."""
        allowed = 2 if len(word) >= _LONG else 1
        shortest = len(word) + 1 if len(word) <= _SHORT else max(len(word) - allowed, SHORTEST)
        for length in range(shortest, len(word) + allowed + 1):
            for other, distance, _ in process.extract(
                word,
                self._by_length.get(length, ()),
                scorer=OSA.distance,
                score_cutoff=allowed,
                limit=_LOOKED_AT,
                processor=None,
            ):
                if len(word) > _SHORT or (word[0], word[-1]) == (other[0], other[-1]):
                    yield other, self._cost(word, other, distance)

    def _cost(self, word: str, other: str, distance: float) -> float:
        cost = distance - _FREQUENCY * log(self._frequency(other))
        if distance == 1 and _is_slip(word, other):
            cost -= _SLIP
        return cost if word[0] == other[0] else cost + _OTHER_INITIAL


def _is_slip(typed: str, meant: str) -> bool:
    """Whether a letter was left out, doubled, swapped with its neighbour or missed by one key."""
    if len(typed) < len(meant):
        return True
    at = next(i for i, letter in enumerate(typed) if meant[i : i + 1] != letter)
    if len(typed) > len(meant):
        return at > 0 and typed[at] == typed[at - 1]
    return meant[at + 1 :] != typed[at + 1 :] or typed[at] in BESIDE.get(meant[at], "")
