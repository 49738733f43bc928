"""Prints what search promises, in one table: each figure, its goal, and how busy the machine was.

    python -m benchmarks.figures [--data FOLDER] [--collections FOLDER] [--articles 100000] [PART ...]

Libraries of many articles are made once and kept in FOLDER (see `benchmarks.library`); each part works on
a copy. The vectors of these articles are those of the texts they are mixed from, with some noise: what
it costs to find among so many is real, which of them are near is not.
"""

import argparse
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import asking, content, finding, judging, library, rebuilding
from benchmarks.asking import Timed, beginnings, p50_p95, searches, timed
from benchmarks.content import Content
from benchmarks.server import memory_mb
from benchmarks.table import Figure, with_load
from core.config import ROOT

SMALL = 10_000
WHOOSH = (1_000, SMALL)
OPENSEARCH = "FIRSTHAND_TEST_OPENSEARCH"


@dataclass(frozen=True)
class Wanted:
    parts: list[str]
    data: Path
    collections: Path
    texts: list[Path]
    many: int
    requests: int


def main() -> None:
    wanted = _arguments()
    print(f"{os.cpu_count()} processors; load before each figure, of the last minute")
    for name in wanted.parts or PARTS:
        for figure in PARTS[name](wanted):
            print(with_load(figure), flush=True)


def _arguments() -> Wanted:
    arguments = argparse.ArgumentParser(
        prog="python -m benchmarks.figures", description=(__doc__ or "").split("\n")[0]
    )
    arguments.add_argument(
        "parts", nargs="*", metavar="PART", help=f"which to measure: {', '.join(PARTS)}; else all"
    )
    arguments.add_argument("--data", type=Path, default=ROOT / "var" / "benchmarks")
    arguments.add_argument("--collections", type=Path, default=content.TEXTS / "ir")
    arguments.add_argument(
        "--texts",
        type=Path,
        nargs="+",
        default=[content.TEXTS / "til", content.TEXTS / "handbook"],
        help="folders of Markdown; with as many files as articles, each is an article",
    )
    arguments.add_argument("--articles", type=int, default=100_000, help="where many are asked for")
    arguments.add_argument("--requests", type=int, default=400, help="of each kind")
    given = arguments.parse_args()
    for name in given.parts:
        if name not in PARTS:
            arguments.error(f"there is no part {name}; there are {', '.join(PARTS)}")
    return Wanted(
        given.parts,
        given.data,
        given.collections,
        given.texts,
        given.articles,
        given.requests,
    )


def _library(wanted: Wanted, articles: int) -> tuple[Path, Content]:
    whole = library.prepare(wanted.data, wanted.texts, articles)
    return content.copy(whole, "run"), content.look(whole)


def _judging(wanted: Wanted) -> Iterator[Figure]:
    yield from judging.measure(wanted.collections)


def _small(wanted: Wanted) -> Iterator[Figure]:
    data, found = _library(wanted, SMALL)
    with timed(data, SEMANTIC="on") as server:
        yield _searches(server, found, wanted, f"search, {SMALL} articles, tantivy", 30)
    with timed(data) as server:
        yield _searches(server, found, wanted, f"search, {SMALL} articles, tantivy, by words")


def _whoosh(wanted: Wanted) -> Iterator[Figure]:
    for articles in WHOOSH:
        data, found = _library(wanted, articles)
        shutil.rmtree(data / "search" / "tantivy")
        content.flask(data, "search", "rebuild", SEARCH_URL="whoosh:")
        with timed(data, SEMANTIC="on", SEARCH_URL="whoosh:") as server:
            yield _searches(server, found, wanted, f"search, {articles} articles, whoosh")
            yield _suggestions(server, found, wanted, f"suggestion, {articles} articles, whoosh")


def _many(wanted: Wanted) -> Iterator[Figure]:
    data, found = _library(wanted, wanted.many)
    with timed(data, SEMANTIC="on") as server:
        yield _searches(server, found, wanted, f"search, {wanted.many} articles, tantivy", 60)
        yield _suggestions(server, found, wanted, f"suggestion, {wanted.many} articles", 15)
        yield from _memory(server, data)


def _finding(wanted: Wanted) -> Iterator[Figure]:
    data, found = _library(wanted, SMALL)
    with timed(data, SEMANTIC="on") as server:
        yield from finding.measure(server.server, found, count=30)
        yield from finding.measure_meaning(server.server, found, count=30)


def _rebuilding(wanted: Wanted) -> Iterator[Figure]:
    data, found = _library(wanted, wanted.many)
    yield from rebuilding.measure_words(data, found)


def _embedding(wanted: Wanted) -> Iterator[Figure]:
    data, found = _library(wanted, SMALL)
    yield from rebuilding.measure_meaning(data, found)


def _opensearch(wanted: Wanted) -> Iterator[Figure]:
    address = os.environ.get(OPENSEARCH)
    if not address:
        print(f"OpenSearch: not measured, {OPENSEARCH} names no cluster")
        return
    # With heaps of 2 GB the cluster takes a quarter of an hour to index 1,260,000 passages on two cores.
    articles = wanted.many
    for meaning in ("off", "on"):
        url = f"{address}?index=figures-{articles}"
        data, found = _library(wanted, articles)
        started = time.perf_counter()
        content.flask(data, "search", "rebuild", SEARCH_URL=url, SEMANTIC=meaning)
        rate = articles / (time.perf_counter() - started)
        name = f"{articles} articles, OpenSearch" + (", by words" if meaning == "off" else "")
        yield Figure(f"rebuild, {name}", rate, "/s", at_least=True)
        with timed(data, SEMANTIC=meaning, SEARCH_URL=url) as server:
            # Java compiles what it does often: just after the start the same takes twice as long.
            server.times(searches(found, 2 * wanted.requests)[wanted.requests :])
            yield _searches(server, found, wanted, f"search, {name}", 120)


PARTS: dict[str, Callable[[Wanted], Iterator[Figure]]] = {
    "judging": _judging,
    "small": _small,
    "whoosh": _whoosh,
    "many": _many,
    "finding": _finding,
    "rebuilding": _rebuilding,
    "embedding": _embedding,
    "opensearch": _opensearch,
}


def _searches(
    server: Timed, found: Content, wanted: Wanted, name: str, limit: float | None = None
) -> Figure:
    return _answered(server, searches(found, wanted.requests), name, limit)


def _suggestions(
    server: Timed, found: Content, wanted: Wanted, name: str, limit: float | None = None
) -> Figure:
    return _answered(server, beginnings(found, wanted.requests), name, limit)


def _answered(server: Timed, paths: list[str], name: str, limit: float | None) -> Figure:
    before = server.server.cpu_seconds()
    times = server.times(paths)
    cpu = (server.server.cpu_seconds() - before) / len(paths) * 1000
    p50, p95 = p50_p95(times)
    beside = f"p50 {p50:.1f}, longest {max(times):.0f}; processor {cpu:.1f} ms a request"
    return Figure(f"{name}: p95", p95, "ms", limit, beside)


def _memory(server: Timed, data: Path) -> Iterator[Figure]:
    """Of pages that belong to no file (`Anonymous` in smaps), after all these requests."""
    mapped = server.server.memory_mb("RssFile")
    beside = f"anonymous pages; mapped files besides: {mapped:.0f}"
    yield Figure("memory of a web process", server.server.memory_mb("RssAnon"), "MB", 250, beside)
    encoder = asking.encoder_of(data)
    if encoder:
        mapped = memory_mb(encoder, "RssFile")
        beside = f"anonymous pages; mapped files besides: {mapped:.0f}"
        yield Figure("memory of the encoder", memory_mb(encoder, "RssAnon"), "MB", 350, beside)


if __name__ == "__main__":
    main()
