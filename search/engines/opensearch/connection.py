"""Asks the nodes of a cluster: the next one when one is down, again when they are busy."""

import json
import random
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3

from search.engines import EngineError, IndexMissing
from search.engines.opensearch.address import Address

Json = dict[str, Any]

_PAUSES = (0.02, 0.1, 0.3, 1.0, 2.0)  # before asking once more; the last one from then on
_REST = 5.0  # seconds for which a node that did not answer is asked last
_CONNECTING = 1.0
_CONNECTIONS = 16  # kept open to each node; there are no more threads in a process

# A node or its queue is in trouble for the moment; anything else would come back the same.
_PASSING = frozenset({408, 429, 500, 502, 503, 504})
_NO_INDEX = frozenset({"index_not_found_exception", "index_closed_exception"})


class Refused(EngineError):
    """The cluster answered, but with an error."""

    def __init__(self, status: int, kind: str, reason: str) -> None:
        super().__init__(f"OpenSearch says {status} {kind}: {reason}".rstrip(": "))
        self.status = status
        self.kind = kind

    @property
    def is_passing(self) -> bool:
        return self.status in _PASSING


@dataclass(slots=True)
class _Node:
    pool: urllib3.HTTPConnectionPool
    name: str
    rests_until: float = 0.0


class Cluster:
    """Safe to share among threads; opens no connection before it is asked something."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._nodes = [
            _Node(_pool(address, *node), ":".join(map(str, node))) for node in address.nodes
        ]
        self._turn = random.randrange(len(self._nodes))
        self._taking_turns = threading.Lock()

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | bytes | None = None,
        *,
        patience: float | None = None,
        timeout: float | None = None,
        parameters: Mapping[str, str | int] | None = None,
    ) -> Json:
        """The answer of whichever node gives one within `patience` seconds.

        What is asked may reach the cluster twice, so it must be safe to repeat. Raises Refused,
        IndexMissing when what is named in `path` is not there, EngineError when nobody answers.
        """
        target = f"{path}?{urlencode(parameters)}" if parameters else path
        content = body if isinstance(body, bytes) else json.dumps(body).encode() if body else None
        waits = urllib3.Timeout(connect=_CONNECTING, read=timeout or self.address.timeout)
        trouble = EngineError("no node of OpenSearch was asked")
        for _ in pauses(self.address.timeout if patience is None else patience):
            for node in self._in_turn():
                try:
                    return self._ask(node, method, target, content, waits)
                except Refused as error:
                    if not error.is_passing:
                        raise
                    trouble = error
                except urllib3.exceptions.HTTPError as error:
                    node.rests_until = time.monotonic() + _REST
                    if not isinstance(trouble, Refused):  # which tells more
                        trouble = EngineError(f"OpenSearch at {node.name} does not answer: {error}")
        raise trouble

    def _ask(
        self, node: _Node, method: str, target: str, body: bytes | None, waits: urllib3.Timeout
    ) -> Json:
        response = node.pool.urlopen(
            method, target, body, timeout=waits, retries=False, redirect=False
        )
        node.rests_until = 0.0
        try:
            answer = json.loads(response.data)
        except ValueError:
            answer = {"error": response.data[:200].decode(errors="replace")}
        if response.status < 300:
            return answer if isinstance(answer, dict) else {"rows": answer}
        raise _refusal(response.status, answer)

    def _in_turn(self) -> list[_Node]:
        """All nodes, each time another one first, those that did not answer lately last."""
        with self._taking_turns:
            self._turn = (self._turn + 1) % len(self._nodes)
            nodes = self._nodes[self._turn :] + self._nodes[: self._turn]
        now = time.monotonic()
        return sorted(nodes, key=lambda node: node.rests_until > now)


def pauses(patience: float) -> Iterator[int]:
    """Count attempts, the first at once, then after longer and longer pauses, never alike."""
    deadline = time.monotonic() + patience
    attempt = 0
    while True:
        yield attempt
        pause = _PAUSES[min(attempt, len(_PAUSES) - 1)] * random.uniform(0.5, 1.5)
        if time.monotonic() + pause > deadline:
            return
        time.sleep(pause)
        attempt += 1


def _pool(address: Address, host: str, port: int) -> urllib3.HTTPConnectionPool:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if address.user:
        headers |= urllib3.make_headers(basic_auth=f"{address.user}:{address.password}")
    if not address.is_https:
        return urllib3.HTTPConnectionPool(host, port, maxsize=_CONNECTIONS, headers=headers)
    return urllib3.HTTPSConnectionPool(
        host,
        port,
        maxsize=_CONNECTIONS,
        headers=headers,
        ca_certs=str(address.ca) if address.ca else None,
    )


def _refusal(status: int, answer: Any) -> EngineError:
    error = answer.get("error", "") if isinstance(answer, dict) else answer
    if not isinstance(error, dict):
        return Refused(status, "", str(error))
    cause = next(iter(error.get("root_cause") or []), error)
    kind, reason = str(cause.get("type", "")), str(cause.get("reason", ""))[:500]
    if kind in _NO_INDEX:
        return IndexMissing(f"OpenSearch has no such index: {reason}")
    return Refused(status, kind, reason)
