"""What one request of each page costs the server, and how long its reader waits."""

import random
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlencode

from benchmarks.client import Answer, Client
from benchmarks.content import CURATOR, READER, Content
from benchmarks.server import Server
from benchmarks.table import Figure, percentile

TOGETHER = 4


@dataclass(frozen=True)
class Page:
    """A kind of page, the addresses to ask for, and what one may cost."""

    name: str
    who: str
    paths: Sequence[str]
    cpu_limit: float | None = None
    p95_limit: float | None = None


def measure(server: Server, content: Content, count: int) -> Iterator[Figure]:
    people = {who: Client.signed_in(server.port, who) for who in (READER, CURATOR)}
    for page in pages(content, count):
        yield from _measure(server, page, people[page.who])


def pages(content: Content, count: int) -> list[Page]:
    """All pages, each with `count` addresses drawn from a fixed seed."""
    chooser = random.Random(1)

    def draw(values: Sequence[object]) -> list[object]:
        return chooser.choices(values, k=count)

    searches = {name: [found(words) for words in asked] for name, asked in queries(content, count)}
    topics = [f"/topics/{slug}" for slug in draw(content.topics)]
    reviews = [f"/reviews/{id_}" for id_ in draw(content.reviews)]
    typed = [title[: chooser.randint(2, 14)] for title in chooser.choices(content.titles, k=count)]
    suggestions = ["/search/suggest?" + urlencode({"q": text}) for text in typed]
    return [
        Page("article page", READER, [f"/articles/{slug}" for slug in draw(content.slugs)], 2.5, 8),
        *(Page(f"search page, {name}", READER, paths, 8, 40) for name, paths in searches.items()),
        Page("suggestions while typing", READER, suggestions),
        Page("home", READER, ["/"] * count),
        Page("home of a curator", CURATOR, ["/"] * count),
        Page("topic page", READER, topics),
        Page("queue", CURATOR, ["/reviews"] * count),
        Page("review page", CURATOR, reviews),
    ]


def queries(content: Content, count: int) -> Iterator[tuple[str, list[str]]]:
    """What people type to find an article whose title they half remember."""
    chooser = random.Random(7)
    titles = [title.split() for title in chooser.choices(content.titles, k=count)]
    words = [" ".join(chooser.sample(title, k=min(3, len(title)))) for title in titles]
    yield "words", words
    yield "prefix", [query[:-2] if len(query) > 4 else query for query in words]
    yield "misspelled", [misspelled(query, chooser) for query in words]
    yield "one word", [max(title, key=len) for title in titles]
    yield "question", [f"how do I {' '.join(title).lower()}?" for title in titles]


def misspelled(query: str, chooser: random.Random) -> str:
    """One slip in the longest word: a letter left out, or typed twice."""
    word = max(re.findall(r"[A-Za-z]+", query) or [query], key=len)
    at = chooser.randrange(1, max(len(word) - 1, 2))
    slip = chooser.choice((word[:at] + word[at + 1 :], word[:at] + word[at - 1] + word[at:]))
    return query.replace(word, slip)


def found(words: str) -> str:
    return "/search?" + urlencode({"q": words})


def _measure(server: Server, page: Page, client: Client) -> Iterator[Figure]:
    for path in page.paths[:20]:
        client.get(path)
    before = server.cpu_seconds()
    alone = [client.get(path) for path in page.paths]
    cpu = (server.cpu_seconds() - before) / len(alone) * 1000
    together = _together(client, page.paths)
    size = sum(answer.size for answer in alone) / len(alone) / 1000
    yield Figure(f"{page.name}: CPU a request", cpu, "ms", page.cpu_limit, f"{size:.1f} kB sent")
    middle, all_but_few = _times(alone)
    beside = "p50 {:.1f}; four at once: p50 {:.1f}, p95 {:.1f}".format(middle, *_times(together))
    yield Figure(f"{page.name}: answered in, p95", all_but_few, "ms", page.p95_limit, beside)


def _together(client: Client, paths: Sequence[str]) -> list[Answer]:
    """The same requests from four readers at a time."""

    def ask(share: Sequence[str]) -> list[Answer]:
        window = client.another()
        answers = [window.get(path) for path in share]
        window.close()
        return answers

    with ThreadPoolExecutor(TOGETHER) as readers:
        shares = readers.map(ask, [paths[start::TOGETHER] for start in range(TOGETHER)])
        return [answer for share in shares for answer in share]


def _times(answers: Sequence[Answer]) -> tuple[float, float]:
    seconds = [answer.seconds * 1000 for answer in answers]
    return percentile(seconds, 0.5), percentile(seconds, 0.95)
