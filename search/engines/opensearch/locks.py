"""One writer at a time among all machines: locks that a document in the cluster stands for.

A holder says now and then that it is still there. Who waits watches that by a clock of its own, so
the machines' clocks need not agree; a holder that fell silent loses its lock, and notices.
"""

import random
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import NamedTuple

from search.engines import EngineError, IndexBusy, IndexMissing
from search.engines.opensearch.connection import Cluster, Refused

SILENCE = 30.0  # seconds after which a lock is taken from a holder that says nothing
_BEAT = 5.0
_LOOK = 0.05


class Locks:
    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._index = f"{cluster.address.index}-locks"
        self._seen: dict[str, tuple[_Sign | None, float]] = {}  # and since when

    @contextmanager
    def held(self, name: str, timeout: float, otherwise: str) -> Iterator["Held"]:
        """Hold a lock; raises IndexBusy when somebody else keeps it for so long."""
        lock = Held(self._cluster, f"/{self._index}/_doc/{name}")
        deadline = time.monotonic() + timeout
        while not self._take(name, lock):
            if time.monotonic() > deadline:
                raise IndexBusy(otherwise)
            time.sleep(_LOOK * random.uniform(0.5, 1.5))
        try:
            yield lock
        finally:
            lock.release()

    def _take(self, name: str, lock: "Held") -> bool:
        try:
            if lock.write({"op_type": "create"}):
                return True
        except IndexMissing:
            self._make_index()
            return False
        present = lock.look()
        return self._is_silent(name, present) and lock.write(present.condition)

    def _is_silent(self, name: str, present: "_Sign") -> bool:
        before, since = self._seen.get(name, (None, 0.0))
        if present != before:
            self._seen[name] = (present, time.monotonic())
            return False
        return time.monotonic() - since > SILENCE

    def _make_index(self) -> None:
        layout = {"number_of_shards": 1, "number_of_replicas": self._cluster.address.replicas}
        mappings = {"dynamic": False, "properties": {}}
        with suppress(Refused):  # somebody else just made it
            self._cluster.ask(
                "PUT", f"/{self._index}", {"settings": {"index": layout}, "mappings": mappings}
            )


class _Sign(NamedTuple):
    """The last sign of life of whoever has a lock."""

    owner: str = ""
    seq_no: int = -1
    term: int = 0

    @property
    def condition(self) -> dict[str, str | int]:
        """That nobody has said anything since."""
        if not self.owner:
            return {"op_type": "create"}
        return {"if_seq_no": self.seq_no, "if_primary_term": self.term}


class Held:
    """A lock in somebody's hand."""

    def __init__(self, cluster: Cluster, path: str) -> None:
        self._cluster = cluster
        self._path = path
        self._owner = secrets.token_hex(8)
        self._last = _Sign()
        self._said = 0.0

    def write(self, condition: Mapping[str, str | int]) -> bool:
        """Make it ours, or say that we are still there; false if it is not as thought."""
        began = time.monotonic()
        try:
            answer = self._cluster.ask(
                "PUT", self._path, {"owner": self._owner}, parameters=condition
            )
            sign = _Sign(self._owner, answer["_seq_no"], answer["_primary_term"])
        except Refused as error:
            if error.status != 409:
                raise
            # A request that was repeated after its answer got lost meets its own first attempt.
            sign = self.look()
        if sign.owner != self._owner:
            return False
        self._last, self._said = sign, began
        return True

    def look(self) -> _Sign:
        """Who has it; nobody if it is free."""
        try:
            answer = self._cluster.ask("GET", self._path)
        except Refused as error:
            if error.status != 404:
                raise
            return _Sign()
        return _Sign(answer["_source"]["owner"], answer["_seq_no"], answer["_primary_term"])

    def keep(self) -> None:
        """Say now and then that we are still at it; raises IndexBusy if the lock was taken."""
        if time.monotonic() - self._said > _BEAT and not self.write(self._last.condition):
            raise IndexBusy("somebody else took the lock of the search index from us")

    def release(self) -> None:
        with suppress(EngineError):  # then it ends by itself
            self._cluster.ask("DELETE", self._path, parameters=self._last.condition)
