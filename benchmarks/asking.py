"""How long the server takes for searches and suggestions: as it says itself, in its log of requests."""

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.client import Client
from benchmarks.content import READER, Content
from benchmarks.pages import found, misspelled
from benchmarks.server import GUNICORN, Server, running
from benchmarks.table import percentile
from search.semantic.encoder import Encoder

WARM_UP = 60
START = 60.0
PATIENCE = 5.0
# Microseconds of a request from its first line to its last byte.
_LOG = ("--access-logformat", "%(D)s %(U)s", "--access-logfile")


class Timed:
    """A server that writes down how long it takes for each request."""

    def __init__(self, server: Server, log: Path) -> None:
        self.server = server
        self._log = log

    def times(self, paths: Sequence[str]) -> list[float]:
        """Milliseconds of each, asked one after the other by a reader whose browser is at work."""
        client = Client.signed_in(self.server.port, READER)
        name = paths[0].partition("?")[0]
        count = len(self._times_of(name)) + len(paths)
        for path in paths:
            client.get(path)
        client.close()
        until = time.monotonic() + PATIENCE
        while len(times := self._times_of(name)) < count and time.monotonic() < until:
            time.sleep(0.05)  # a line is written after its answer was sent
        return times[WARM_UP - len(paths) :]

    def _times_of(self, name: str) -> list[float]:
        lines = (line.split() for line in self._log.read_text().splitlines())
        return [int(micro) / 1000 for micro, path in lines if path == name]


@contextmanager
def timed(data: Path, **settings: str) -> Iterator[Timed]:
    """Such a server, whose encoder, if it is to have one, is ready."""
    log = data / "requests.log"
    log.unlink(missing_ok=True)
    with running(data, (*GUNICORN, *_LOG, str(log)), **settings) as server:
        if settings.get("SEMANTIC") == "on":
            _wait_for_encoder(server, data)
        yield Timed(server, log)


def _wait_for_encoder(server: Server, data: Path) -> None:
    client = Client.signed_in(server.port, READER)
    client.get(found("something to begin with"))  # which starts it
    encoder = Encoder(data / "search")
    if not encoder.wait(START):
        raise SystemExit("The encoder does not start; see encoder.log.")
    encoder.close()
    time.sleep(1)  # the server has noticed by then
    client.close()


def searches(content: Content, count: int) -> list[str]:
    """Different searches in a fixed mix: two to five words of a title, a question, a slip, a filter."""
    chooser = random.Random(20261122)
    wanted: dict[str, None] = {}
    while len(wanted) < count + WARM_UP:
        title = chooser.choice(content.titles).split()
        words = " ".join(chooser.sample(title, k=min(len(title), chooser.randint(2, 5))))
        kind = len(wanted) % 5
        if kind == 2:
            words = f"how do I {' '.join(title).lower()}?"
        elif kind == 3:
            words = misspelled(words, chooser)
        elif kind == 4:
            words = f"{words} kind:howto"
        wanted[found(words)] = None
    return list(wanted)


def beginnings(content: Content, count: int) -> list[str]:
    """What has been typed of a title when suggestions are asked for."""
    chooser = random.Random(20261123)
    titles = chooser.choices(content.titles, k=count + WARM_UP)
    typed = (title[: chooser.randint(2, 14)] for title in titles)
    return ["/search/suggest?" + urlencode({"q": text}) for text in typed]


def p50_p95(times: Sequence[float]) -> tuple[float, float]:
    return percentile(times, 0.5), percentile(times, 0.95)


def encoder_of(data: Path) -> int | None:
    """The process that works out meaning for a data folder."""
    folder = str((data / "search").absolute()).encode()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue  # it has ended
        if folder in words and any(word.endswith(b"encoder_start.py") for word in words):
            return int(path.parent.name)
    return None
