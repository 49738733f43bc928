"""Puts what the words say, what is meant, and what is known of an article into one score.

score(d) = ((1 - w) A(d) / max A  +  w clip((B(d) - 0.2) / 0.65, 0, 1.2))  signal(d)
w        = min(0.9, 0.35 + 0.6 (1 - cov))

A is the score by words (`search.ranking`), B the cosine of the query and the nearest passage of the
article, cov the part of the query's words, weighted by their rarity, that the best article by words
has. So meaning counts a third where the reader knew the right words, and nearly all where none of
them is written anywhere. Ranks are not fused (RRF): measured, it loses up to 8 points to this.

Of the first 20, B is then computed once more, with the question moved a little towards the passages that
answer it best (Rocchio 1971; for vectors of meaning Li et al. 2021): `nearer`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from search.ranking import Ranked
from search.semantic import Near
from search.signals import LEAST, MOST, Signal

LEAST_MEANING, MORE_MEANING, MOST_MEANING = 0.35, 0.6, 0.9
# The model knows English: of another language it sees the letters more than the meaning.
FOREIGN_MEANING = 0.15
FLOOR, SPAN, HIGHEST = 0.2, 0.65, 1.2

# What is known of these articles beside their texts.
Judge = Callable[[Sequence[int]], Mapping[int, Signal]]


def no_signals(_ids: Sequence[int]) -> Mapping[int, Signal]:
    """Nothing is known but the texts."""
    return {}


class Scored(NamedTuple):
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
    judge: Judge,
    wanted: int,
    pinned: Collection[int] = (),
) -> list[Scored]:
    """The candidates with their scores, the best first; `ranked` has the best by words first.

    Judged are those alone that may come to be among so many as are wanted, and the pinned ones.
    """
    highest = ranked[0].score if ranked and ranked[0].score else 1.0
    scored = [_scored(each, near.get(each.id), share, highest) for each in ranked]
    enough = _enough([each.score for each in scored], wanted)
    signals = judge([each.id for each in scored if each.score >= enough or each.id in pinned])
    return sorted(
        (_judged(each, signals.get(each.id)) for each in scored),
        key=lambda each: (-each.score, -each.id),
    )


def _enough(scores: list[float], wanted: int) -> float:
    """Who has less is not among the first so many, whatever is known of any."""
    if len(scores) <= wanted:
        return 0.0
    last = sorted(scores, reverse=True)[wanted - 1]
    return last * (1 + LEAST / 100) / (1 + MOST / 100) * (1 - 1e-9)


def _scored(ranked: Ranked, near: Near | None, share: float, highest: float) -> Scored:
    return _scored_by(ranked, (1 - share) * ranked.score / highest, near, share)


def _scored_by(ranked: Ranked, words: float, near: Near | None, share: float) -> Scored:
    meaning = share * closeness(near.cosine) if near else 0.0
    return Scored(ranked, words + meaning, words, meaning, near)


def _judged(scored: Scored, signal: Signal | None) -> Scored:
    if signal is None:
        return scored
    return scored._replace(score=scored.score * signal.factor, signal=signal)


def nearer(scored: Iterable[Scored], near: Mapping[int, Near], share: float) -> list[Scored]:
    """The same articles by how near they are now, the best first; those that are not told of stay."""
    again = [_nearer(each, near[each.id], share) if each.id in near else each for each in scored]
    return sorted(again, key=lambda each: (-each.score, -each.id))


def _nearer(scored: Scored, near: Near, share: float) -> Scored:
    return _judged(_scored_by(scored.ranked, scored.words, near, share), scored.signal)


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
    return scored._replace(is_pinned=True)
