"""Finds the word that was meant, in the vocabulary of the index itself."""

from collections import defaultdict
from math import log

from rapidfuzz import process
from rapidfuzz.distance import OSA

from search.analysis import stem

SHORTEST = 4
_LONG = 7  # from here on two mistakes are forgiven
_OTHER_INITIAL = 0.6  # people mistype the first letter of a word least
_FREQUENCY = 0.12


class Speller:
    """Words by length, so that only words that can be near are compared."""

    def __init__(self, vocabulary: list[tuple[str, int]]) -> None:
        by_length: defaultdict[int, list[str]] = defaultdict(list)
        self._frequencies = dict(vocabulary)
        for word in self._frequencies:
            if len(word) >= SHORTEST - 1 and word.isalpha():
                by_length[len(word)].append(word)
        self._by_length = dict(by_length)

    def suggestions(self, word: str) -> list[str]:
        """Words of the index that may have been meant, the likeliest first."""
        if len(word) < SHORTEST or not word.isalpha():
            return []
        allowed = 2 if len(word) >= _LONG else 1
        near = [
            (self._cost(word, other, distance), other)
            for length in range(len(word) - allowed, len(word) + allowed + 1)
            for other, distance, _ in process.extract(
                word,
                self._by_length.get(length, ()),
                scorer=OSA.distance,
                score_cutoff=allowed,
                limit=20,
                processor=None,
            )
        ]
        return [other for _, other in sorted(near)[:5]]

    def _cost(self, word: str, other: str, distance: float) -> float:
        cost = distance - _FREQUENCY * log(self._frequencies[other])
        return cost if word[0] == other[0] else cost + _OTHER_INITIAL


def same_word(one: str, other: str) -> bool:
    return stem(one) == stem(other)
