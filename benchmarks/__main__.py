"""Prints the figures that Firsthand promises, measured on the real server with many articles.

    python -m benchmarks [--data FOLDER] [--articles 10000] [PART ...]

The articles are made once and kept in FOLDER; each run works on a copy.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import content, finding, memory, pages, queue, reviewing, starting, visiting
from benchmarks.content import Content
from benchmarks.server import running
from benchmarks.table import Figure, print_figures
from core.config import ROOT

Part = Callable[[Path, Content, int], Iterator[Figure]]


def main() -> None:
    wanted = _arguments()
    whole = content.prepare(wanted.data, wanted.texts, wanted.articles)
    found = content.look(whole)
    print(f"{len(found.slugs)} articles; {os.cpu_count()} processors; load {_load()}")
    for name in wanted.parts or PARTS:
        data = content.copy(whole, "run")
        print_figures(PARTS[name](data, found, wanted.requests))
    print(f"load at the end {_load()}")


def _arguments() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(
        prog="python -m benchmarks", description=(__doc__ or "").split("\n")[0]
    )
    arguments.add_argument(
        "parts", nargs="*", metavar="PART", help=f"which to measure: {', '.join(PARTS)}; else all"
    )
    arguments.add_argument("--data", type=Path, default=ROOT / "var" / "benchmarks")
    arguments.add_argument("--articles", type=int, default=10_000)
    arguments.add_argument("--requests", type=int, default=400, help="of each kind of page")
    arguments.add_argument("--texts", type=Path, default=content.TEXTS)
    wanted = arguments.parse_args()
    for name in wanted.parts:
        if name not in PARTS:
            arguments.error(f"there is no part {name}; there are {', '.join(PARTS)}")
    return wanted


def _pages(data: Path, found: Content, requests: int) -> Iterator[Figure]:
    with running(data) as server:
        yield from pages.measure(server, found, requests)


def _first_visit(data: Path, found: Content, _requests: int) -> Iterator[Figure]:
    with running(data) as server:
        yield from visiting.measure(server, found)


def _finding(data: Path, found: Content, _requests: int) -> Iterator[Figure]:
    with running(data) as server:
        yield from finding.measure(server, found, count=40)


def _memory(data: Path, found: Content, _requests: int) -> Iterator[Figure]:
    with running(data) as server:
        yield from memory.measure(server, found, requests=10_000)


def _starting(data: Path, _found: Content, _requests: int) -> Iterator[Figure]:
    yield from starting.measure(data)


def _importing(_data: Path, _found: Content, _requests: int) -> Iterator[Figure]:
    command = [sys.executable, "-m", "benchmarks.importing", str(content.TEXTS / "til")]
    printed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    first = printed.splitlines()[0]
    speed = re.search(r"([\d.]+) a second", first)
    assert speed, f"no speed in: {first}"
    yield Figure("import", float(speed[1]), "/s", 60, first.partition(", ")[0], at_least=True)


def _reviewing(data: Path, _found: Content, requests: int) -> Iterator[Figure]:
    yield from reviewing.measure(data, requests)


def _queue(_data: Path, _found: Content, requests: int) -> Iterator[Figure]:
    yield from queue.measure(requests)


PARTS: dict[str, Part] = {
    "pages": _pages,
    "queue": _queue,
    "reviewing": _reviewing,
    "first-visit": _first_visit,
    "finding": _finding,
    "importing": _importing,
    "memory": _memory,
    "starting": _starting,
}


def _load() -> str:
    return " ".join(f"{load:.1f}" for load in os.getloadavg())


if __name__ == "__main__":
    main()
