"""The vectors of passages in the cluster: one document for an article, nearest by its k-NN index.

The index suggests articles by vectors of whole numbers; how near they are is then computed exactly
from the passages that their documents bring along, as the local store does it.
"""

import struct
import threading
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.engines import EngineError
from search.engines.opensearch.asking import ARTICLES, bringing, brought, bytes_of
from search.engines.opensearch.bulk import Bulk
from search.engines.opensearch.connection import Cluster, Json
from search.engines.opensearch.index import (
    BYTES,
    PATIENCE,
    SETTINGS,
    SOURCE,
    VERSION,
    Alias,
    InUse,
)
from search.engines.opensearch.locks import Held, Locks
from search.engines.opensearch.moments import Moment, Moments
from search.semantic import Near, StoredPassage
from search.semantic.digests import digest

SIZE = 384
_SPARE = 2  # times as many are suggested as are wanted: the index only comes close
_LEAST = 50
_MOST = 10_000  # that OpenSearch suggests
_BESIDES = 3  # one in so many is fetched besides
_PAGE = 5_000
_KEPT = 1_000  # articles, of some 6 kB each
_ROW = np.dtype([("start", "<u8"), ("end", "<u8"), ("vector", "i1", SIZE)])

_WRITING = "vectors-writer", "somebody else is writing the vectors"
_REBUILDING = "vectors-rebuild", "the vectors are being made anew already"
_GONE = {"gone": True}  # of an article that was removed while the vectors are made anew

_SETTINGS: Json = {**SETTINGS, "knn": True}
_MAPPINGS: Json = {
    "dynamic": "strict",
    "_source": SOURCE,
    "properties": {
        "id": {"type": "long"},
        "count": {"type": "long", "index": False},
        "passages": {
            "type": "nested",
            "properties": {
                "vector": {
                    "type": "knn_vector",
                    "dimension": SIZE,
                    "data_type": "byte",
                    "method": {"name": "hnsw", "engine": "lucene", "space_type": "cosinesimil"},
                }
            },
        },
        "digest": {"type": "keyword", "index": False},
        "rows": BYTES,
        "version": VERSION,
        "gone": {"type": "boolean"},
    },
}


class OpenSearchVectors:
    def __init__(self, cluster: Cluster, locks: Locks, moments: Moments, encoder: str) -> None:
        self._cluster = cluster
        self._locks = locks
        self._moments = moments
        self._alias = Alias(cluster, "vectors", f"vectors-2 {encoder}", _SETTINGS, _MAPPINGS)
        self._opening = threading.Lock()
        self._searcher: OpenSearchVectorSearcher | None = None

    def searcher(self) -> "OpenSearchVectorSearcher":
        in_use = self._alias.in_use()
        searcher = self._searcher
        if searcher is not None and searcher.generation == in_use.generation:
            return searcher
        with self._opening:
            in_use = self._alias.in_use()
            if self._searcher is None or self._searcher.generation != in_use.generation:
                self._searcher = OpenSearchVectorSearcher(self._moments, self._alias.name, in_use)
            return self._searcher

    def digests(self) -> Iterator[tuple[int, bytes]]:
        return self.searcher().digests()

    def put(self, changes: Mapping[int, Sequence[StoredPassage]]) -> None:
        with self._held(*_WRITING, timeout=10) as lock:
            before = self.searcher().digests_of(changes)
            changed = {
                id_: passages
                for id_, passages in changes.items()
                if before.get(id_) != (digest(passages) if passages else None)
            }
            self._put_beside(changes)
            if changed:
                bulk = Bulk(self._cluster, self._alias.name)
                for id_, passages in changed.items():
                    if passages:
                        bulk.put(id_, _document(id_, passages))
                    else:
                        bulk.remove(id_)
                lock.keep()
                bulk.send()
                self._alias.commit()

    def _put_beside(self, changes: Mapping[int, Sequence[StoredPassage]]) -> None:
        """Into the vectors that are being made anew, too: there it stands, for it is the newer."""
        if not self._alias.is_built():
            return
        bulk = Bulk(self._cluster, self._alias.building)
        for id_, passages in changes.items():
            bulk.put(id_, _document(id_, passages) if passages else _GONE)
        bulk.send()

    def rebuild(self, portions: Iterable[Mapping[int, Sequence[StoredPassage]]]) -> None:
        with (
            ExitStack() as held,
            self._held(*_REBUILDING, timeout=0) as lock,
            self._alias.another() as fresh,
        ):
            with self._held(*_WRITING, timeout=60):
                pass  # who began to write before could not know of us; from here on all do
            bulk = Bulk(self._cluster, fresh.name, only_new=True)
            for portion in portions:
                for id_, passages in portion.items():
                    bulk.put(id_, _document(id_, passages))
                    if bulk.is_full:
                        bulk.send()
                    lock.keep()
            bulk.send()
            fresh.settle()
            writing = held.enter_context(self._held(*_WRITING, timeout=60))
            self._forget_the_gone(fresh.name)
            lock.keep()
            writing.keep()

    def _forget_the_gone(self, name: str) -> None:
        self._cluster.ask("POST", f"/{name}/_refresh", patience=PATIENCE, timeout=PATIENCE)
        body = {"query": {"term": {"gone": True}}, "size": _MOST, "_source": False}
        found = self._cluster.ask("POST", f"/{name}/_search", body)
        bulk = Bulk(self._cluster, name)
        for hit in found["hits"]["hits"]:
            bulk.remove(int(hit["_id"]))
        bulk.send()

    def _held(self, name: str, otherwise: str, timeout: float) -> AbstractContextManager[Held]:
        return self._locks.held(name, timeout, otherwise)


class OpenSearchVectorSearcher:
    def __init__(self, moments: Moments, name: str, in_use: InUse) -> None:
        self.generation = in_use.generation
        self._moment = Moment(moments, name, in_use.index)
        self._kept: dict[int, NDArray[Any]] = {}  # what one search asks for again and again
        total = self._moment.search({"size": 0, "aggs": {"passages": {"sum": {"field": "count"}}}})
        self.count = int(total["aggregations"]["passages"]["value"])

    def nearest(self, vector: NDArray[np.float32], k: int) -> list[Near]:
        coarse = _coarse(vector)
        if k < 1 or not coarse.any():
            return []
        suggested = min(max(_LEAST, _SPARE * k), _MOST)
        near = {"passages.vector": {"vector": coarse.tolist(), "k": suggested}}
        nested = {"path": "passages", "query": {"knn": near}, "score_mode": "max"}
        # Its order is that of the passages it looked at, and of the query in whole numbers: a few of
        # those behind may be nearer.
        size = min(k + k // _BESIDES + 1, suggested)
        found = self._found({"query": {"nested": nested}, "size": size})
        return _best(found, vector)[:k]

    def of(self, vector: NDArray[np.float32], ids: Sequence[int]) -> dict[int, Near]:
        return {near.id: near for near in _best(self._rows(ids), vector)}

    def vectors(self, near: Sequence[Near]) -> NDArray[np.float32]:
        wanted = {each.id: (each.start, each.end) for each in near}
        found = [
            row["vector"]
            for id_, rows in self._rows(wanted)
            for row in rows
            if (row["start"], row["end"]) == wanted[id_]
        ]
        vectors = np.array(found, np.float32).reshape(-1, SIZE)
        return np.asarray(vectors / _lengths(vectors)[:, None], np.float32)

    def like(self, article_id: int, k: int) -> list[Near]:
        """By the mean of its passages, in each of which its title stands first."""
        found = self._rows([article_id])
        if not found or k < 1:
            return []
        vectors = found[0][1]["vector"].astype(np.float32)
        mean = (vectors / _lengths(vectors)[:, None]).sum(axis=0)
        mean /= np.linalg.norm(mean) or 1.0
        return [near for near in self.nearest(mean, k + 1) if near.id != article_id][:k]

    def digests(self) -> Iterator[tuple[int, bytes]]:
        body: Json = {"query": ARTICLES, "size": _PAGE, "sort": [{"id": "asc"}]}
        body |= bringing("id", "digest")
        while (answer := self._moment.search(body))["hits"]["hits"]:
            for fields in brought(answer):
                yield fields["id"], bytes.fromhex(fields["digest"])
            body["search_after"] = answer["hits"]["hits"][-1]["sort"]

    def digests_of(self, ids: Iterable[int]) -> dict[int, bytes]:
        answer = self._moment.search({**_these(ids), **bringing("id", "digest")})
        return {fields["id"]: bytes.fromhex(fields["digest"]) for fields in brought(answer)}

    def _rows(self, ids: Iterable[int]) -> list[tuple[int, NDArray[Any]]]:
        kept = {id_: self._kept.get(id_) for id_ in ids}
        found = [(id_, rows) for id_, rows in kept.items() if rows is not None]
        missing = [id_ for id_, rows in kept.items() if rows is None]
        return found + self._found(_these(missing)) if missing else found

    def _found(self, body: Json) -> list[tuple[int, NDArray[Any]]]:
        """Articles with their passages."""
        answer = self._moment.search({**body, **bringing("id", "rows")})
        found = [
            (fields["id"], np.frombuffer(bytes_of(fields["rows"]), _ROW))
            for fields in brought(answer)
        ]
        if len(self._kept) + len(found) > _KEPT:
            self._kept = {}
        self._kept.update(found)
        return found


def _these(ids: Iterable[int]) -> Json:
    wanted = sorted(set(ids))
    return {"query": {"terms": {"id": wanted}}, "size": len(wanted)}


def _best(found: Sequence[tuple[int, NDArray[Any]]], vector: NDArray[np.float32]) -> list[Near]:
    """The best passage of each article, the nearest first."""
    best = []
    for id_, rows in found:
        vectors = rows["vector"].astype(np.float32)
        cosines = (vectors @ vector) / _lengths(vectors)
        row = int(cosines.argmax())
        best.append(Near(id_, float(cosines[row]), int(rows["start"][row]), int(rows["end"][row])))
    return sorted(best, key=lambda near: (-near.cosine, near.id))


def _document(id_: int, passages: Sequence[StoredPassage]) -> Json:
    if any(len(passage.vector) != SIZE for passage in passages):
        raise EngineError(f"a vector of article {id_} has not {SIZE} components")
    rows = b"".join(struct.pack("<QQ", start, end) + row for start, end, row in passages)
    vectors = np.frombuffer(rows, _ROW)["vector"]
    return {
        "id": id_,
        "count": len(passages),
        # One without direction is near to nothing, and not taken.
        "passages": [{"vector": vector.tolist()} for vector in vectors if vector.any()],
        "digest": digest(passages).hex(),
        "rows": b64encode(rows).decode(),
    }


def _coarse(vector: NDArray[np.float32]) -> NDArray[np.int8]:
    largest = float(np.abs(vector).max()) or 1.0
    return np.asarray(np.rint(vector * (127 / largest)), np.int8)


def _lengths(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths: NDArray[np.float32] = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    lengths[lengths == 0] = 1.0
    return lengths
