"""The articles that are near to a query by their meaning, as far as meaning can be asked at present."""

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from search.engines import EngineError
from search.semantic import Near, Vectors, VectorSearcher

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

log = logging.getLogger("firsthand.search")

NEAREST = 30
# So far a question moves towards what answers it best (Rocchio 1971), the question itself counting 1.
TOWARDS = 0.15
# With filters, what is nearest may well be left out by them.
MOST_NEAREST = 200


@dataclass
class Sense:
    """What is near to one query; more articles can be asked about."""

    vector: "NDArray[float32]"
    searcher: VectorSearcher
    near: dict[int, Near] = field(default_factory=dict)
    left_out: Collection[int] = ()

    @property
    def best(self) -> float:
        """The cosine of the nearest article."""
        return max((near.cosine for near in self.near.values()), default=0.0)

    def leave_out(self, ids: Collection[int]) -> None:
        self.left_out = ids
        for id_ in ids:
            self.near.pop(id_, None)

    def of_all(self) -> list[int]:
        """The nearest articles, the nearest first, whatever was asked for besides."""
        nearest = self.searcher.nearest(self.vector, NEAREST)
        return [near.id for near in nearest if near.id not in self.left_out]

    def add(self, ids: Iterable[int]) -> None:
        """Ask about these articles too."""
        missing = [id_ for id_ in ids if id_ not in self.near]
        if missing:
            self.near |= self.searcher.of(self.vector, missing)

    def towards(self, best: Sequence[Near], ids: Sequence[int]) -> dict[int, Near]:
        """How near articles are to the question as it is understood beside the best passages."""
        found = self.searcher.vectors(best)
        if not len(found):
            return {}
        moved = self.vector + TOWARDS * found.mean(axis=0)
        return self.searcher.of(moved / float(moved @ moved) ** 0.5, ids)


class Asker(Protocol):
    """What is asked of an encoder here."""

    def query(self, text: str) -> "NDArray[float32] | None": ...
    def knows(self, word: str) -> bool: ...


class Senses:
    """Asks encoder and vectors; whatever is wrong with them, a search goes on by words alone."""

    def __init__(
        self, encoder: Asker, vectors: Vectors, lost: Callable[[EngineError], None]
    ) -> None:
        self._encoder = encoder
        self._vectors = vectors
        self._lost = lost  # told of vectors that cannot be read

    def of(
        self, text: str, count: int = NEAREST, among: Sequence[int] | None = None
    ) -> Sense | None:
        """The articles nearest to a text; none: nothing can be said, or there is nothing yet.

        `among`: how near each of these is, instead of looking for the nearest of all.
        """
        try:
            searcher = self._vectors.searcher()
            if not searcher.count:
                return None
            vector = self._encoder.query(text)
            if vector is None:
                return None
            if among is not None:
                return Sense(vector, searcher, searcher.of(vector, among))
            return Sense(vector, searcher, {n.id: n for n in searcher.nearest(vector, count)})
        except EngineError as error:
            self._lost(error)
            return None

    def knows(self, word: str) -> bool:
        """Whether this is a word whose meaning can be asked for, though no article may have it."""
        return self._encoder.knows(word)

    def like(self, article_id: int, count: int) -> list[Near]:
        """The articles nearest to an article."""
        try:
            return self._vectors.searcher().like(article_id, count)
        except EngineError as error:
            self._lost(error)
            return []
