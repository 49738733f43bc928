"""Says in words what an article's score is made of, for curators who ask why it stands where it stands."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from search.forward import Record
from search.fusion import Scored
from search.meaning import Meaning
from search.ranking import Concept, synonym_places

_FIELDS = ("title", "headings or tags", "summary", "author", "text")  # as in forward.FIELDS


@dataclass(frozen=True)
class Part:
    """A part of a score, in words."""

    words: str
    value: float


class Explaining:
    """Explains the results of one query; the parts of a score add up to it."""

    def __init__(self, meaning: Meaning) -> None:
        self._meaning = meaning

    def parts(self, scored: Scored) -> Iterator[Part]:
        if scored.is_pinned:
            yield Part("Put first by a curator, whatever its score", 0.0)
        yield from self._words(scored)
        if scored.near is not None and scored.meaning:
            passage = "Its title" if scored.near.start == scored.near.end else "A passage of it"
            likeness = (
                f"{passage} is near to the question by its meaning ({scored.near.cosine:.2f})"
            )
            yield Part(likeness, scored.meaning)
        if scored.signal is not None:
            plain = scored.words + scored.meaning
            for part in scored.signal.parts:
                yield Part(str(part), plain * part.percent / 100)
            bounded = scored.score - plain * (1 + sum(p.percent for p in scored.signal.parts) / 100)
            if abs(bounded) > 1e-9:
                yield Part("More than that, trust and use together never count", bounded)

    def _words(self, scored: Scored) -> Iterator[Part]:
        ranked = scored.ranked
        if not ranked.score:
            yield Part("None of the words stands in it", 0.0)
            return
        scale = scored.words / ranked.score
        for concept, value, places in zip(
            self._meaning.concepts, ranked.parts, ranked.places, strict=True
        ):
            if places:
                yield Part(_found(concept, places, ranked.record), value * scale)
            else:
                yield Part(f"“{concept.written}” does not stand in it", 0.0)
        if ranked.together:
            yield Part("Words of the question stand together", ranked.together * scale)


def _found(concept: Concept, places: Sequence[int], record: Record) -> str:
    """Where a word stands, how often, and by which other words it was found."""
    fields = [bisect_right(record.starts, place) - 1 for place in places]
    where = " and ".join(name for number, name in enumerate(_FIELDS) if number in fields)
    times = "once" if len(places) == 1 else f"{len(places)} times"
    meant = [s.written for s in concept.synonyms if synonym_places(record, (s,))]
    also = f", also as “{'” and “'.join(meant)}”" if meant else ""
    rarity = "in 1 article" if concept.frequency == 1 else f"in {concept.frequency} articles"
    return f"“{concept.written}” stands {times} in its {where}{also}; it is {rarity}"
