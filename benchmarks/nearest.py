"""What the index of vectors costs and loses, against looking at each.

    python -m benchmarks.nearest DATA --queries QUERIES.jsonl [QUERIES.jsonl ...]

DATA is the data folder of a knowledge base that has searched by meaning. The queries should be
such as its people would ask: of those to which nothing is near, a graph finds less.
"""

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.table import Figure, percentile, print_figures
from search.semantic import Near
from search.semantic.encoder import Encoder
from search.semantic.vectors import VectorFolder
from search.semantic.vectors_searching import FolderSearcher

WANTED = 30  # as many as a search asks for
EVEN = 1e-4  # of a cosine: as good as the one that was not found
MOST = 500  # queries


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.nearest", description=__doc__)
    arguments.add_argument("data", type=Path)
    arguments.add_argument("--queries", type=Path, nargs="+", required=True)
    given = arguments.parse_args()
    for path in given.queries:
        print_figures(measure(given.data, path))


def measure(data: Path, queries: Path) -> Iterator[Figure]:
    lines = queries.read_text(encoding="utf-8").splitlines()[:MOST]
    vectors = _vectors([json.loads(line)["text"] for line in lines], data)
    searcher = VectorFolder(data / "search" / "meaning", Encoder.name).searcher()
    print(f"{queries}: {len(vectors)} queries, {searcher.count} passages")
    exact, times = _ask(FolderSearcher(searcher._opened, None), vectors)
    yield Figure("looking at all, p95", 1000 * percentile(times, 0.95), "ms")
    near, times = _ask(searcher, vectors)
    yield Figure("as it is, p95", 1000 * percentile(times, 0.95), "ms")
    lost = [_lost(*both) for both in zip(exact, near, strict=True)]
    yield Figure(f"lost of the {WANTED} nearest, on average", sum(lost) / len(lost), "")
    yield Figure("queries that lose more than three", sum(each > 3 for each in lost), "", digits=0)


def _vectors(queries: Sequence[str], data: Path) -> list[Any]:
    encoder = Encoder(data / "search")
    if not encoder.wait():
        raise SystemExit("The encoder does not start; see encoder.log.")
    found = [encoder.query(query, timeout=10) for query in queries]
    encoder.close()
    return [vector for vector in found if vector is not None]


def _ask(searcher: FolderSearcher, vectors: Sequence[Any]) -> tuple[list[list[Near]], list[float]]:
    searcher.nearest(vectors[0], WANTED)  # the files are in memory from then on
    found, times = [], []
    for vector in vectors:
        start = time.perf_counter()
        found.append(searcher.nearest(vector, WANTED))
        times.append(time.perf_counter() - start)
    return found, times


def _lost(exact: Sequence[Near], near: Sequence[Near]) -> int:
    least = exact[-1].cosine - EVEN
    return len(exact) - sum(each.cosine >= least for each in near)


if __name__ == "__main__":
    main()
