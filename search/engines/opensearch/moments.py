"""An index as it was at one moment, which the cluster keeps for us for a while."""

import threading
from collections import deque
from contextlib import suppress
from weakref import finalize

from search.engines import EngineError, IndexMissing
from search.engines.opensearch.connection import Cluster, Json, Refused, pauses

_KEPT = "2m"  # how long a moment is kept after the last question to it
_CLOSING = 0.5  # seconds that somebody who searches waits for that; it goes on without them
# What a moment answers when the node that kept it is gone, or time has run out.
_FORGOTTEN = (404, 500, 503)


class Moment:
    """Several questions to it agree, unless the node goes down that kept it."""

    def __init__(self, moments: "Moments", name: str, index: str) -> None:
        self._moments = moments
        self._name = name
        self._reopening = threading.Lock()
        self._open(index)

    def _open(self, index: str) -> None:
        self._id = self._moments.open(index)
        self._end = finalize(self, self._moments.let_go, self._id)

    def search(self, body: Json) -> Json:
        """One question to this moment; to the present one, if this one was lost with its node.

        Where a shard has moved to another node since, its moment stays behind and refuses what it
        would have to analyse ("this Analyzer is closed"), as if the question were wrong: so only
        what a new moment refuses as well is wrong.
        """
        trouble = EngineError("OpenSearch was not asked")
        is_new = False
        for _ in pauses(self._moments.cluster.address.timeout):
            id_ = self._id
            try:
                return self._ask(body, id_)
            except IndexMissing:
                raise
            except EngineError as error:
                if is_new and isinstance(error, Refused) and error.status not in _FORGOTTEN:
                    raise
                trouble = error
            with self._reopening:
                if self._id == id_:
                    # As long as a moment is kept of a shard that has moved away, it cannot come
                    # back, and the whole cluster waits for it, 5 s at a time.
                    self._end()
                    self._open(self._name)
            is_new = True
        raise trouble

    def _ask(self, body: Json, id_: str) -> Json:
        return self._moments.cluster.ask(
            "POST",
            "/_search",
            {**body, "pit": {"id": id_, "keep_alive": _KEPT}, "track_total_hits": True},
            patience=0,
            parameters={"allow_partial_search_results": "false"},
        )


class Moments:
    """Opens moments of indexes, and closes those that nobody looks at any more."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._unused: deque[str] = deque()

    def open(self, index: str) -> str:
        self._close_unused()
        answer = self.cluster.ask(
            "POST",
            f"/{index}/_search/point_in_time",
            parameters={"keep_alive": _KEPT, "allow_partial_pit_creation": "false"},
        )
        return str(answer["pit_id"])

    def let_go(self, moment: str) -> None:
        """Called when a searcher is collected, at any time and in any thread: only note it."""
        self._unused.append(moment)

    def _close_unused(self) -> None:
        unused = []
        with suppress(IndexError):
            while True:
                unused.append(self._unused.popleft())
        if unused:
            with suppress(EngineError):  # then they end by themselves
                self.cluster.ask(
                    "DELETE",
                    "/_search/point_in_time",
                    {"pit_id": unused},
                    patience=0,
                    timeout=_CLOSING,
                )
