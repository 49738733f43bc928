"""How much of one text stands in another: runs of five words that both have."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from curation.checks.kept import Kept
from curation.checks.reading import Sentence
from kb.drafts import SKELETONS

RUN = 5
MOST_WORDS = 20_000

_WORD = re.compile(r"[^\W_]+")
_GAP = re.compile(r"\n[ \t]*\n")

_kept: Kept[tuple[int, int], frozenset[int]] = Kept(256)


@dataclass(frozen=True)
class Overlap:
    """What two texts share."""

    runs: frozenset[int]
    of_this: float  # the part of this text that stands in the other one
    of_other: float  # and the other way round


def overlap(body: str, other: str) -> Overlap:
    mine, theirs = runs(body), runs(other)
    shared = mine & theirs
    return Overlap(shared, len(shared) / (len(mine) or 1), len(shared) / (len(theirs) or 1))


def shared(sentences: Iterable[Sentence], found: Overlap, fewest: int = 8) -> Iterator[Sentence]:
    """The sentences of this text of which nearly all stands in the other one."""
    for sentence in sentences:
        own = frozenset(_runs(sentence.text))
        if len(own) > fewest - RUN and len(own & found.runs) >= 0.75 * len(own):
            yield sentence


def runs(body: str) -> frozenset[int]:
    """Every five words that follow one another within a paragraph, but for what skeletons bring along."""
    key = (len(body), hash(body))
    found = _kept.get(key)
    return found if found is not None else _kept.keep(key, _all_runs(body) - _skeletons())


def _all_runs(body: str) -> frozenset[int]:
    found: set[int] = set()
    count = 0
    for paragraph in _GAP.split(body):
        found.update(_runs(paragraph))
        count += paragraph.count(" ")
        if count > MOST_WORDS:
            break
    return frozenset(found)


def _runs(text: str) -> Iterator[int]:
    words = _WORD.findall(text.lower())[:MOST_WORDS]
    return map(hash, zip(*(words[start:] for start in range(RUN)), strict=False))


@lru_cache(maxsize=1)
def _skeletons() -> frozenset[int]:
    return frozenset().union(*map(_all_runs, SKELETONS.values()))
