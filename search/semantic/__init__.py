"""Meaning: passages of articles as vectors, and the articles whose passages are nearest to a query.

Nothing here is needed: without the packages of the extra `semantic`, search goes by words alone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray


class StoredPassage(NamedTuple):
    """A stretch of an article's text and the vector of its meaning, 384 signed bytes."""

    start: int
    end: int
    vector: bytes


class Near(NamedTuple):
    """An article with its passage that is nearest to what was asked, and how near that is."""

    id: int
    cosine: float
    start: int  # characters of the article's text; 0 to 0 is the title
    end: int


class VectorSearcher(Protocol):
    """The vectors as they were at one moment."""

    generation: str
    count: int  # of passages

    def nearest(self, vector: "NDArray[float32]", k: int) -> list[Near]:
        """The `k` articles nearest to a unit vector, the nearest first."""
        ...

    def of(self, vector: "NDArray[float32]", ids: Sequence[int]) -> dict[int, Near]:
        """How near these articles are, exactly; those without vectors are left out."""
        ...

    def vectors(self, near: Sequence[Near]) -> "NDArray[float32]":
        """The unit vectors of these passages, one a row, in no order; without those that are gone."""
        ...

    def like(self, article_id: int, k: int) -> list[Near]:
        """The articles nearest to this one, which is not among them."""
        ...


class Vectors(Protocol):
    """Keeps the vectors of all published articles; a copy of what the database holds."""

    def searcher(self) -> VectorSearcher:
        """The vectors as of now; without any, an empty one."""
        ...

    def put(self, changes: Mapping[int, Sequence[StoredPassage]]) -> None:
        """Replace the passages of these articles; an empty list removes an article."""
        ...

    def rebuild(self, portions: Iterable[Mapping[int, Sequence[StoredPassage]]]) -> None:
        """Make all of it anew, beside what is there, which answers meanwhile."""
        ...

    def digests(self) -> Iterator[tuple[int, bytes]]:
        """Each article with a digest of its passages, for comparing with the database."""
        ...


@runtime_checkable
class HoldsVectors(Protocol):
    """An engine that keeps vectors itself, beside its index."""

    def vectors(self, encoder: str) -> Vectors:
        """Those of the encoder of this name."""
        ...
