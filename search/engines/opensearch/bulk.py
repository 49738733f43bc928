"""Sends many changes in portions of bounded size, and waits when the cluster cannot keep up."""

import json
from collections.abc import Mapping
from typing import Any

from search.engines import EngineError
from search.engines.opensearch.connection import Cluster, Json, pauses
from search.engines.opensearch.index import PATIENCE

PORTION = 4_000_000  # bytes: enough to keep two nodes busy, little to send again
_FULL = 429
_THERE = 409


class Bulk:
    """Changes to one index; of several to the same article in a portion only the last is sent.

    `only_new`: what the index has of an article already, stays.
    """

    def __init__(self, cluster: Cluster, name: str, *, only_new: bool = False) -> None:
        self._verb = "create" if only_new else "index"
        self._cluster = cluster
        self._path = f"/{name}/_bulk"
        self._changes: dict[int, bytes] = {}
        self._size = 0

    @property
    def is_full(self) -> bool:
        return self._size >= PORTION

    def put(self, id_: int, source: Mapping[str, Any]) -> None:
        action = json.dumps({self._verb: {"_id": str(id_)}})
        self._add(id_, f"{action}\n{json.dumps(source, ensure_ascii=False)}\n")

    def remove(self, id_: int) -> None:
        self._add(id_, json.dumps({"delete": {"_id": str(id_)}}) + "\n")

    def _add(self, id_: int, lines: str) -> None:
        self._size -= len(self._changes.pop(id_, b""))
        self._changes[id_] = lines.encode("utf-8", "replace")
        self._size += len(self._changes[id_])

    def send(self) -> None:
        """Send everything; raises EngineError if a part of it is not taken in the end."""
        changes, self._changes, self._size = self._changes, {}, 0
        while changes:
            portion = _first(changes)
            self._send({id_: changes.pop(id_) for id_ in portion})

    def _send(self, portion: dict[int, bytes]) -> None:
        for _ in pauses(PATIENCE):
            answer = self._cluster.ask(
                "POST",
                self._path,
                b"".join(portion.values()),
                patience=PATIENCE,
                timeout=PATIENCE,
                parameters={"require_alias": "true"},
            )
            if not answer["errors"]:
                return
            portion = _not_taken(portion, answer)
            if not portion:
                return
        raise EngineError("OpenSearch has been too busy to take changes for a long while")


def _first(changes: dict[int, bytes]) -> list[int]:
    ids, size = [], 0
    for id_, lines in changes.items():
        ids.append(id_)
        size += len(lines)
        if size >= PORTION:
            break
    return ids


def _not_taken(portion: dict[int, bytes], answer: Json) -> dict[int, bytes]:
    """What to send again, since a queue was full; any other error will not go away."""
    again = {}
    for item in answer["items"]:
        ((_, result),) = item.items()
        if result["status"] == _FULL:
            again[int(result["_id"])] = portion[int(result["_id"])]
        elif "error" in result and result["status"] != _THERE:
            error = result["error"]
            raise EngineError(f"OpenSearch does not take {result['_id']}: {error}")
    return again
