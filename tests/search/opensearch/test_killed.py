"""A node is killed while people search and articles are published: nobody notices, nothing is lost."""

import random
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.config import ROOT
from search.documents import Document, entry
from search.engines import Engine, EngineError, Selection, open_engine
from search.engines.opensearch import address
from search.engines.opensearch.connection import Cluster
from tests.needs import opensearch, wait_for_nodes

PATIENCE = 60.0


class Nodes:
    """A cluster of this test's own, for others use the one that all have."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = _free_ports()
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self.url = ",".join(f"http://127.0.0.1:{port}" for port in self._ports[:2])
        self.url = self.url.replace(",http://", ",")

    def start(self, number: int) -> None:
        program = ROOT / "scripts/opensearch/node"
        http, transport = self._ports[number], self._ports[2 + number]
        folder = self._folder / str(number)
        self._running[number] = subprocess.Popen(
            [program, folder, str(http), str(transport), str(self._ports[2])]
        )

    def wait(self) -> None:
        wait_for_nodes(self.url)
        green = {"wait_for_status": "green", "timeout": "50s"}
        self._ask("/_cluster/health", green)

    def manager(self) -> int:
        """The node without which no other decides anything."""
        found = self._ask("/_cat/nodes", {"format": "json", "h": "http,cluster_manager"})["rows"]
        (address,) = (node["http"] for node in found if node["cluster_manager"] == "*")
        return self._ports.index(int(address.rpartition(":")[2]))

    def kill(self, number: int) -> None:
        process = self._running.pop(number)
        process.kill()
        process.wait()

    def _ask(self, path: str, parameters: dict[str, str]) -> dict:
        cluster = Cluster(address.read(self.url))
        return cluster.ask("GET", path, patience=PATIENCE, timeout=PATIENCE, parameters=parameters)

    def stop(self) -> None:
        for number in list(self._running):
            self.kill(number)


def _free_ports() -> list[int]:
    """Four; the program takes none above 9299."""
    found: list[int] = []
    while len(found) < 4:
        port = random.randrange(5000, 7000)
        with socket.socket() as tried:
            if port not in found and tried.connect_ex(("127.0.0.1", port)):
                found.append(port)
    return found


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[Nodes]:
    opensearch()  # or a skip
    nodes = Nodes(tmp_path)
    try:
        nodes.start(0)
        nodes.start(1)
        wait_for_nodes(nodes.url)
        yield nodes
    finally:
        nodes.stop()


class Traffic:
    """Somebody who searches all the time, and deliveries, each repeated until it succeeds."""

    def __init__(self, url: str, folder: Path) -> None:
        self._reading: Engine = open_engine(url, folder)
        self._writing: Engine = open_engine(url, folder)
        self._ends = threading.Event()
        self.errors: list[BaseException] = []
        self.searches = 0
        self.delivered = 0

    def search(self) -> None:
        while not self._ends.is_set():
            expected = self.delivered
            try:
                found = self._reading.searcher().find(Selection(any_of=("same",)), 10, facets=5)
                if found.total < expected:
                    raise AssertionError(f"{found.total} found of {expected}")
            except BaseException as error:
                self.errors.append(error)
            self.searches += 1

    def deliver(self) -> None:
        while not self._ends.is_set():
            number = self.delivered + 1
            try:
                with self._writing.writer() as writer:
                    writer.put(entry(Document(number, f"same number{number}", "text")))
            except EngineError:
                continue
            self.delivered = number

    @contextmanager
    def going_on(self) -> Iterator[None]:
        threads = [threading.Thread(target=self.search), threading.Thread(target=self.deliver)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._ends.set()
            for thread in threads:
                thread.join()

    def wait_for_more(self, searches: int = 0, deliveries: int = 0) -> None:
        searches, deliveries = self.searches + searches, self.delivered + deliveries
        until = time.monotonic() + PATIENCE
        while self.searches < searches or self.delivered < deliveries:
            assert time.monotonic() < until, (self.searches, self.delivered, self.errors)
            time.sleep(0.02)


def test_a_killed_node_costs_no_reader_an_answer_and_no_article_its_place(nodes, tmp_path):
    url = f"{nodes.url}?index=killed&shards=2&replicas=1"
    engine = open_engine(url, tmp_path)
    with engine.rebuild():
        pass
    nodes.wait()
    # Two nodes cannot elect a manager without the present one: docs/decisions/026-opensearch.md.
    other = 1 - nodes.manager()
    traffic = Traffic(url, tmp_path)
    with traffic.going_on():
        traffic.wait_for_more(searches=20, deliveries=5)
        nodes.kill(other)
        traffic.wait_for_more(searches=50, deliveries=10)
        nodes.start(other)
        nodes.wait()
        traffic.wait_for_more(searches=20, deliveries=5)
    assert traffic.errors == []
    assert dict(engine.searcher().digests()).keys() == set(range(1, traffic.delivered + 1))
