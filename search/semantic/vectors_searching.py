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
# From the graph a row costs so many times as much as when all are looked at: some 2 µs among few, and
# much more among very many.
GRAPH_FACTOR: Final = 100
FEW: Final = 256  # rows of which each may be looked at as exactly as can be
INEXACT: Final = 1e-3  # of a cosine that numkong works out of bytes


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
            near = self._candidates(coarse, wanted)
            found = self._best(near[self._are_live(near)], vector)
            if len(found) >= most or wanted >= rows:
                return found[:k]
            wanted *= 4  # some articles have many of the best passages, or are gone

    def of(self, vector: NDArray[np.float32], ids: Sequence[int]) -> dict[int, Near]:
        return {near.id: near for near in self._best(self._rows_of(ids), vector)}

    def vectors(self, near: Sequence[Near]) -> NDArray[np.float32]:
        rows = self._rows_of([each.id for each in near])
        wanted = {each[:1] + each[2:] for each in near}
        chosen = [passage.item() in wanted for passage in self._opened.passages[rows]]
        vectors = self._opened.vectors[rows[chosen]].astype(np.float32)
        return np.asarray(vectors / _lengths(vectors)[:, None], np.float32)

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
        if self._graph is None or wanted * GRAPH_FACTOR > opened.commit.rows:
            return _nearest_rows(opened.vectors, coarse, wanted)
        suggested = self._graph.nearest(coarse, min(wanted, in_graph))
        later = _nearest_rows(opened.vectors[in_graph:], coarse, wanted)
        return np.concatenate([suggested, later + in_graph])

    def _best(self, rows: NDArray[np.int64], vector: NDArray[np.float32]) -> list[Near]:
        """The best passage of each article that any of the rows belong to, the nearest first."""
        if len(rows) > FEW:
            rows = self._promising(rows, vector)
        vectors = self._opened.vectors[rows].astype(np.float32)
        # Not a product of matrices, which would start threads of its own.
        cosines = np.einsum("ij,j->i", vectors, vector) / _lengths(vectors)
        order = np.lexsort((rows, -cosines))
        facts: NDArray[Any] = self._opened.passages[rows[order]]
        _, firsts = np.unique(facts["article"], return_index=True)
        firsts.sort()
        found = zip(facts[firsts].tolist(), cosines[order[firsts]].tolist(), strict=True)
        return [Near(article, cosine, start, end) for (article, start, end), cosine in found]

    def _promising(self, rows: NDArray[np.int64], vector: NDArray[np.float32]) -> NDArray[np.int64]:
        """Those that may be the best of their article: with bytes alone that is soon said."""
        coarse = _coarse(vector)
        cosines = 1 - _distances(coarse, self._opened.vectors[rows])
        _, places = np.unique(self._opened.passages["article"][rows], return_inverse=True)
        best = np.full(places.max() + 1, -np.inf)
        np.maximum.at(best, places, cosines)
        # By no more than this is any cosine with the coarse vector another than with the exact one.
        exact = coarse / (np.linalg.norm(coarse.astype(np.float32)) or 1.0)
        error = float(np.linalg.norm(vector - exact)) + INEXACT
        return rows[cosines >= best[places] - 2 * error]

    def _rows_of(self, ids: Sequence[int]) -> NDArray[np.int64]:
        """The passages of some articles."""
        opened, wanted = self._opened, np.unique(np.asarray(ids, np.int64))
        places = np.searchsorted(opened.articles, wanted)
        is_there = places < len(opened.articles)
        places, wanted = places[is_there], wanted[is_there]
        runs = opened.runs[places[opened.articles[places] == wanted]]
        counts: NDArray[np.int64] = runs["count"].astype(np.int64)
        before = np.cumsum(counts) - counts
        rows: NDArray[np.int64] = np.repeat(runs["first"] - before, counts)
        return rows + np.arange(len(rows))

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
    return np.argpartition(_distances(coarse, vectors), wanted - 1)[:wanted]


def _distances(coarse: NDArray[np.int8], vectors: NDArray[np.int8]) -> NDArray[np.float64]:
    """One less the cosine with each of the vectors."""
    found = numkong.cdist(coarse[None], vectors, metric="angular")
    distances: NDArray[np.float64] = np.asarray(found)[0]
    return distances


def _lengths(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths: NDArray[np.float32] = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    lengths[lengths == 0] = 1.0
    return lengths
