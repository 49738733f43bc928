"""Searching in the vectors as they were at one commit: exactly, or among what an index suggests."""

from collections.abc import Sequence
from typing import Any, Final

import numkong
import numpy as np
from numpy.typing import NDArray

from search.semantic import Near
from search.semantic.vectors_files import Opened
from search.semantic.vectors_graph import Graph

ROWS_FOR_ARTICLE: Final = 4  # looked at for each article wanted; more if that is too few
MOST_FROM_GRAPH: Final = 2_000  # beyond, looking at everything takes less time


class FolderSearcher:
    def __init__(self, opened: Opened, graph: Graph | None) -> None:
        self._opened = opened
        self._graph = graph
        self.generation = f"{opened.folder.name}.{opened.commit.number}"
        self.count = opened.live

    def nearest(self, vector: NDArray[np.float32], k: int) -> list[Near]:
        rows, wanted = self._opened.commit.rows, max(k, 0) * ROWS_FOR_ARTICLE
        most = min(k, len(self._opened.articles))
        if most < 1:
            return []
        coarse = _coarse(vector)
        while True:
            found = self._best(self._candidates(coarse, wanted), vector)
            if len(found) >= most or wanted >= rows:
                return found[:k]
            wanted *= 4  # some articles have many of the best passages, or are gone

    def of(self, vector: NDArray[np.float32], ids: Sequence[int]) -> dict[int, Near]:
        runs = [self._opened.run(id_) for id_ in set(ids)]
        rows = [np.arange(run.start, run.stop) for run in runs]
        if not rows:
            return {}
        return {near.id: near for near in self._best(np.concatenate(rows), vector)}

    def like(self, article_id: int, k: int) -> list[Near]:
        """By the mean of its passages, in each of which its title stands first."""
        vectors = self._opened.vectors[self._opened.run(article_id)].astype(np.float32)
        if not len(vectors) or k < 1:
            return []
        mean = (vectors / _lengths(vectors)[:, None]).sum(axis=0)
        mean /= np.linalg.norm(mean) or 1.0
        return [near for near in self.nearest(mean, k + 1) if near.id != article_id][:k]

    def _candidates(self, coarse: NDArray[np.int8], wanted: int) -> NDArray[np.int64]:
        """At least so many rows, dead ones among them, with all that are nearest."""
        opened, in_graph = self._opened, self._opened.commit.in_graph
        if wanted >= opened.commit.rows:
            return np.arange(opened.commit.rows)
        if self._graph is None or wanted > MOST_FROM_GRAPH:
            return _nearest_rows(opened.vectors, coarse, wanted)
        suggested = self._graph.nearest(coarse, min(wanted, in_graph))
        later = _nearest_rows(opened.vectors[in_graph:], coarse, wanted)
        return np.concatenate([suggested, later + in_graph])

    def _best(self, rows: NDArray[np.int64], vector: NDArray[np.float32]) -> list[Near]:
        """The best passage of each article that any of the rows belong to, the nearest first."""
        rows = rows[self._are_live(rows)]
        vectors = self._opened.vectors[rows].astype(np.float32)
        cosines = (vectors @ vector) / _lengths(vectors)
        order = np.lexsort((rows, -cosines))
        facts: NDArray[Any] = self._opened.passages[rows[order]]
        _, firsts = np.unique(facts["article"], return_index=True)
        firsts.sort()
        found = zip(facts[firsts].tolist(), cosines[order[firsts]].tolist(), strict=True)
        return [Near(article, cosine, start, end) for (article, start, end), cosine in found]

    def _are_live(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        opened = self._opened
        if not len(opened.articles):
            return np.zeros(len(rows), np.bool_)
        articles = opened.passages["article"][rows]
        places = np.searchsorted(opened.articles, articles)
        places[places == len(opened.articles)] = 0
        runs = opened.runs[places]
        since = rows - runs["first"]
        live: NDArray[np.bool_] = runs["article"] == articles
        live &= (since >= 0) & (since < runs["count"])
        return live


def _coarse(vector: NDArray[np.float32]) -> NDArray[np.int8]:
    """A query as exact as the vectors are; enough to say which are worth another look."""
    largest = float(np.abs(vector).max()) or 1.0
    return np.asarray(np.rint(vector * (127 / largest)), np.int8)


def _nearest_rows(
    vectors: NDArray[np.int8], coarse: NDArray[np.int8], wanted: int
) -> NDArray[np.int64]:
    """The rows of the `wanted` nearest vectors, in no order, after a look at each."""
    if len(vectors) <= wanted:
        return np.arange(len(vectors))
    distances = np.asarray(numkong.cdist(coarse[None], vectors, metric="angular"))[0]
    return np.argpartition(distances, wanted - 1)[:wanted]


def _lengths(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths: NDArray[np.float32] = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    lengths[lengths == 0] = 1.0
    return lengths
