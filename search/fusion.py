"""Puts what the words say, what is meant, and what is known of an article into one score.

score(d) = ((1 - w) A(d) / max A  +  w clip((B(d) - 0.2) / 0.65, 0, 1.2))  signal(d)
w        = min(0.9, 0.35 + 0.6 (1 - cov))

A is the score by words (`search.ranking`), B the cosine of the query and the nearest passage of the
article, cov the part of the query's words, weighted by their rarity, that the best article by words
has. So meaning counts a third where the reader knew the right words, and nearly all where none of
them is written anywhere. Ranks are not fused (RRF): measured, it loses up to 8 points to this.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from search.ranking import Ranked
from search.semantic import Near
from search.signals import Signal

LEAST_MEANING, MORE_MEANING, MOST_MEANING = 0.35, 0.6, 0.9
# The model knows English: of another language it sees the letters more than the meaning.
FOREIGN_MEANING = 0.15
FLOOR, SPAN, HIGHEST = 0.2, 0.65, 1.2

# What is known of these articles beside their texts.
Judge = Callable[[Sequence[int]], Mapping[int, Signal]]


def no_signals(_ids: Sequence[int]) -> Mapping[int, Signal]:
    """Nothing is known but the texts."""
    return {}


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate with its whole score, and what of it comes from where."""

    ranked: Ranked
    score: float
    words: float
    meaning: float
    near: Near | None = None
    signal: Signal | None = None
    is_pinned: bool = False

    @property
    def id(self) -> int:
        return self.ranked.id


def share_of_meaning(coverage: float, is_english: bool = True) -> float:
    """How much of the score is meaning; `coverage` from 0 to 1."""
    share = min(MOST_MEANING, LEAST_MEANING + MORE_MEANING * (1 - coverage))
    return share if is_english else min(share, FOREIGN_MEANING)


def fuse(
    ranked: Sequence[Ranked],
    near: Mapping[int, Near],
    share: float,
    signals: Mapping[int, Signal],
) -> list[Scored]:
    """The candidates with their scores, the best first; `ranked` has the best by words first."""
    highest = ranked[0].score if ranked and ranked[0].score else 1.0
    scored = (_scored(each, near.get(each.id), share, signals, highest) for each in ranked)
    return sorted(scored, key=lambda each: (-each.score, -each.id))


def _scored(
    ranked: Ranked,
    near: Near | None,
    share: float,
    signals: Mapping[int, Signal],
    highest: float,
) -> Scored:
    words = (1 - share) * ranked.score / highest
    meaning = share * closeness(near.cosine) if near else 0.0
    signal = signals.get(ranked.id)
    score = (words + meaning) * (signal.factor if signal else 1.0)
    return Scored(ranked, score, words, meaning, near, signal)


def closeness(cosine: float) -> float:
    """A cosine on the scale of a score by words: 0 for what has nothing in common, about 1 for the same."""
    return min(HIGHEST, max(0.0, (cosine - FLOOR) / SPAN))


def unscored(ranked: Iterable[Ranked]) -> list[Scored]:
    """In the order they come."""
    return [Scored(each, each.score, each.score, 0.0) for each in ranked]


def pinned_first(scored: Iterable[Scored], pinned: Sequence[int]) -> list[Scored]:
    """The pinned ones before all others, in the curators' order."""
    found = {each.id: each for each in scored}
    first = [_pinned(found.pop(id_)) for id_ in pinned if id_ in found]
    return [*first, *found.values()]


def _pinned(scored: Scored) -> Scored:
    return replace(scored, is_pinned=True)
