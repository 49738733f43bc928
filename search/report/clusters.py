"""Puts wordings together that ask for the same: by meaning, or without an encoder by their words.

Average-link clustering over all pairs by chains of nearest neighbours, which takes the square of
their number, not the cube: a cluster and its nearest are joined when each is the other's nearest.
Two that are each other's nearest and not alike enough have nothing more to wait for, since no other
joining brings anything nearer to them.
"""

from collections import Counter
from collections.abc import Sequence
from math import log, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

MOST = 400  # wordings of one list; the square of it is compared

ALIKE_BY_MEANING = (
    0.47  # cosine, on average between two clusters; docs/decisions/025-what-searches-teach.md
)
ALIKE_BY_WORDS = 0.22

Likeness = list[list[float]]


def clustered(likeness: Likeness, enough: float) -> list[list[int]]:
    """The numbers of what belongs together; each cluster in order, the first ones first."""
    near = [row[:] for row in likeness]
    members = {n: [n] for n in range(len(near))}
    free = set(members)  # clusters that may still be joined
    chain: list[int] = []
    while free:
        if not chain:
            chain.append(min(free))
        last = chain[-1]
        nearest = _nearest(near[last], free, last, chain[-2] if len(chain) > 1 else None)
        if nearest is None or near[last][nearest] < enough:
            free.discard(last)  # nothing is near enough, nor will be
            chain.pop()
        elif len(chain) > 1 and nearest == chain[-2]:
            del chain[-2:]
            _join(near, members, free, nearest, last)
        else:
            chain.append(nearest)
    return sorted(sorted(each) for each in members.values())


def _nearest(row: Sequence[float], free: set[int], own: int, preferred: int | None) -> int | None:
    """The nearest that is free; of equals the one that the chain came from, so that it ends."""
    best, value = preferred, row[preferred] if preferred is not None else -1.0
    for n in free:
        if n != own and row[n] > value:
            best, value = n, row[n]
    return best


def _join(
    near: Likeness, members: dict[int, list[int]], free: set[int], into: int, other: int
) -> None:
    """Each pair of members counts alike in what the joined cluster is to the others."""
    a, b = len(members[into]), len(members[other])
    free.discard(other)
    for n in free:
        if n != into:
            near[into][n] = near[n][into] = (a * near[into][n] + b * near[other][n]) / (a + b)
    members[into] += members.pop(other)


def by_meaning(vectors: "NDArray[float32]") -> Likeness:
    """Cosines of unit vectors."""
    found: Likeness = (vectors @ vectors.T).tolist()
    return found


def by_words(keys: Sequence[str]) -> Likeness:
    """Cosines of the terms that the wordings have, each weighed by how few others have it."""
    terms = [set(key.split()) for key in keys]
    count = Counter(term for each in terms for term in each)
    weights = {term: log(1 + len(keys) / number) ** 2 for term, number in count.items()}
    lengths = [sqrt(sum(weights[term] for term in each)) or 1.0 for each in terms]
    having: dict[str, list[int]] = {}
    for n, each in enumerate(terms):
        for term in each:
            having.setdefault(term, []).append(n)
    likeness = [[0.0] * len(keys) for _ in keys]
    for term, numbers in having.items():
        for n in numbers:
            row = likeness[n]
            for other in numbers:
                row[other] += weights[term] / (lengths[n] * lengths[other])
    return likeness
