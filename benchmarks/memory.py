"""What memory the web process holds after many requests of all kinds, and whether it still grows."""

import itertools
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks.client import Client
from benchmarks.content import CURATOR, Content
from benchmarks.pages import TOGETHER, pages
from benchmarks.server import Server
from benchmarks.table import Figure

GROWTH = 5  # megabytes that count as flat: an index's cache, a heap's last page


def measure(server: Server, content: Content, requests: int) -> Iterator[Figure]:
    client = Client.signed_in(server.port, CURATOR)
    at_start = server.memory_mb()
    paths = _mixed(content, requests)
    half = requests // 2
    _ask(client, paths[:half])
    halfway = server.memory_mb()
    _ask(client, paths[half:])
    at_end = server.memory_mb()
    beside = (
        f"{at_start:.0f} at the start; {server.memory_mb('RssFile'):.0f} of it are mapped files"
    )
    yield Figure(f"memory after {requests} requests", at_end, "MB", 200, beside)
    yield Figure(f"of it grown in the last {half}", at_end - halfway, "MB", GROWTH)


def _mixed(content: Content, requests: int) -> list[str]:
    """Half articles, the rest all other pages in turn."""
    articles, *others = (page.paths for page in pages(content, requests // 2))
    rest = itertools.islice(zip(*others, strict=True), requests // 2 // len(others) + 1)
    mixed = [*articles, *itertools.chain.from_iterable(rest)][:requests]
    random.Random(3).shuffle(mixed)
    return mixed


def _ask(client: Client, paths: Sequence[str]) -> None:
    def ask(share: Sequence[str]) -> None:
        window = client.another()
        for path in share:
            window.get(path)
        window.close()

    with ThreadPoolExecutor(TOGETHER) as readers:
        list(readers.map(ask, [paths[start::TOGETHER] for start in range(TOGETHER)]))
