"""A cluster that is busy, or of which a part is away, is asked again; played by a small server."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from search.engines import EngineError
from search.engines.opensearch import address, bulk, connection
from search.engines.opensearch.bulk import Bulk
from search.engines.opensearch.connection import Cluster, Refused

Answer = tuple[int, dict[str, Any]]
FULL = {"type": "rejected_execution_exception", "reason": "the queue is full"}


class Node(ThreadingHTTPServer):
    """Gives the answers it was told to, in order, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self, *answers: Answer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = list(answers)
        self.asked: list[bytes] = []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Node

    def do_POST(self) -> None:
        self.server.asked.append(self.rfile.read(int(self.headers["Content-Length"])))
        status, answer = self.server.answers.pop(0)
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running(*nodes: Node) -> Iterator[Cluster]:
    for node in nodes:
        threading.Thread(target=node.serve_forever, args=(0.01,), daemon=True).start()
    hosts = ",".join(f"127.0.0.1:{node.server_port}" for node in nodes)
    try:
        yield Cluster(address.read(f"http://{hosts}?timeout=5"))
    finally:
        for node in nodes:
            node.shutdown()
            node.server_close()


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr(connection, "_PAUSES", (0.001,))


def taken(*results: tuple[int, int]) -> Answer:
    items = [
        {"index": {"_id": str(id_), "status": status} | ({"error": FULL} if status > 299 else {})}
        for id_, status in results
    ]
    return 200, {"errors": any(status > 299 for _, status in results), "items": items}


def ids(lines: bytes) -> list[int]:
    """Which articles were sent."""
    return [int(json.loads(line)["index"]["_id"]) for line in lines.splitlines()[::2]]


def test_what_a_full_queue_did_not_take_is_sent_again_and_nothing_else():
    node = Node(
        (429, {"error": FULL}),
        taken((1, 201), (2, 429), (3, 429)),
        taken((2, 429), (3, 201)),
        taken((2, 201)),
    )
    with running(node) as cluster:
        changes = Bulk(cluster, "index")
        for id_ in (1, 2, 3):
            changes.put(id_, {"id": id_})
        changes.send()
    assert list(map(ids, node.asked)) == [[1, 2, 3], [1, 2, 3], [2, 3], [2]]


def test_many_changes_go_in_portions_of_bounded_size(monkeypatch):
    monkeypatch.setattr(bulk, "PORTION", 1000)
    node = Node(taken((2, 201), (3, 201)), taken((1, 201)))
    with running(node) as cluster:
        changes = Bulk(cluster, "index")
        for id_ in (1, 2, 3, 1):
            changes.put(id_, {"text": "x" * 600})
        assert changes.is_full
        changes.send()
        assert not changes.is_full
    assert list(map(ids, node.asked)) == [[2, 3], [1]]


def test_what_can_never_be_taken_is_an_error_at_once():
    node = Node(taken((1, 201), (2, 400)))
    with running(node) as cluster:
        changes = Bulk(cluster, "index")
        changes.put(1, {})
        changes.put(2, {})
        with pytest.raises(EngineError, match="does not take 2"):
            changes.send()
    assert len(node.asked) == 1


def test_when_it_stays_busy_the_delivery_is_put_off(monkeypatch):
    monkeypatch.setattr(bulk, "PATIENCE", 0.05)
    node = Node(*[(429, {"error": FULL})] * 1000)
    with running(node) as cluster:
        changes = Bulk(cluster, "index")
        changes.put(1, {})
        with pytest.raises(EngineError):
            changes.send()
    assert len(node.asked) > 1


def test_the_next_node_answers_when_one_is_down_or_in_trouble():
    well, troubled = Node(*[(200, {"well": True})] * 10), Node(*[(503, {})] * 10)
    with running(well, troubled) as cluster:
        for _ in range(4):
            assert cluster.ask("POST", "/", {}, patience=0) == {"well": True}
        troubled.shutdown()
        troubled.server_close()
        for _ in range(4):
            assert cluster.ask("POST", "/", {}, patience=0) == {"well": True}
    assert len(well.asked) == 8


def test_what_is_wrong_with_a_question_is_said_and_not_asked_again():
    wrong = {"error": {"root_cause": [{"type": "parsing_exception", "reason": "no such query"}]}}
    node = Node((400, wrong), (200, {}))
    with running(node) as cluster, pytest.raises(Refused, match="400 parsing_exception: no such"):
        cluster.ask("POST", "/_search", {"query": {"wrong": {}}})
    assert len(node.asked) == 1
