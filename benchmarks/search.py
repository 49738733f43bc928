"""What a search costs: engine and pipeline and passages, without the web, on both engines.

    python -m benchmarks.search [--articles 10000] [--engines tantivy whoosh] [--texts FOLDER]

The articles are made of real short how-tos in Markdown (one a file, folder = topic), shuffled and
mixed from a fixed seed. All times are CPU time of the searching thread, in milliseconds.
"""

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from search.documents import Document, entry
from search.engines import open_engine
from search.highlight import marked, passage
from search.pipeline import Pipeline
from search.query import parse

TEXTS = Path(__file__).resolve().parents[2] / "shared" / "data" / "til"
QUERIES = 200


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--articles", type=int, default=10_000)
    arguments.add_argument("--engines", nargs="+", default=["tantivy", "whoosh"])
    arguments.add_argument("--texts", type=Path, default=TEXTS)
    arguments.add_argument("--reader", type=Path, help=argparse.SUPPRESS)
    wanted = arguments.parse_args()
    documents = list(made_documents(wanted.texts, wanted.articles))
    if wanted.reader:
        _print_memory_of_reader(wanted.engines[0], wanted.reader, documents)
        return
    load = os.getloadavg()[0]
    print(
        f"{wanted.articles} articles, {_mean_length(documents):.0f} characters each; load {load:.1f}"
    )
    for name in wanted.engines:
        with tempfile.TemporaryDirectory() as folder:
            measure(name, Path(folder), documents)


def made_documents(folder: Path, count: int) -> Iterator[Document]:
    """Articles of about two thousand characters, each from two or three texts of one topic."""
    chooser = random.Random(20251121)
    texts: dict[str, list[tuple[str, str]]] = {}
    for path in sorted(folder.glob("*/*.md")):
        text = path.read_text(encoding="utf-8", errors="replace")
        heading = re.match(r"#\s*(.+)", text)
        texts.setdefault(path.parent.name, []).append(
            (heading.group(1) if heading else path.stem, text)
        )
    everything = [(topic, *text) for topic, found in texts.items() for text in found]
    for number in range(1, count + 1):
        topic, title, text = chooser.choice(everything)
        others = [chooser.choice(texts[topic])[1] for _ in range(chooser.choice((0, 1, 2)))]
        word = chooser.choice(chooser.choice(everything)[1].split())
        yield Document(
            number,
            f"{title} with {word}",
            "\n\n".join((text, *others)),
            summary=text.strip().split("\n")[-1][:120],
            tags=(topic, "til"),
            kind=chooser.choice(("howto", "howto", "story")),
            topics=("engineering", topic),
            author=f"person-{chooser.randrange(60)}",
            author_names=(f"Person Number{chooser.randrange(60)}",),
            published=number,
        )


def measure(name: str, folder: Path, documents: list[Document]) -> None:
    print(f"\n{name}")
    engine = open_engine(f"{name}:", folder)
    wall, cpu = time.perf_counter(), time.process_time()
    with engine.rebuild() as fresh:
        for document in documents:
            fresh.put(entry(document))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    count = len(documents)
    print(
        f"  rebuild  {count / wall:,.0f} articles/s, {count / cpu:,.0f} per CPU second; {size:.1f} MB"
    )
    _measure_update(name, folder, documents)
    pipeline = Pipeline(engine)
    texts = {document.id: document.text for document in documents}
    for kind, queries in query_classes(documents).items():
        _print_times(kind, [_time(lambda q=q: whole_search(pipeline, texts, q)) for q in queries])  # type: ignore[misc]
    typed = [d.title[: random.Random(d.id).randint(2, 14)] for d in documents[:QUERIES]]
    rows = lambda ids: dict.fromkeys(ids)  # noqa: E731
    _print_times("suggest", [_time(lambda t=t: pipeline.suggest(t, rows)) for t in typed])  # type: ignore[misc]
    titles = [d.title for d in documents[:QUERIES]]
    _print_times("similar", [_time(lambda t=t: pipeline.similar(t, rows)) for t in titles])  # type: ignore[misc]
    command = [
        sys.executable,
        "-m",
        "benchmarks.search",
        "--reader",
        str(folder),
        "--engines",
        name,
    ]
    subprocess.run([*command, "--articles", str(min(count, 1000))], check=True)


def query_classes(documents: list[Document]) -> dict[str, list[str]]:
    """Queries of each kind, from the titles of the articles."""
    chooser = random.Random(7)
    titles = [chooser.choice(documents).title for _ in range(QUERIES)]
    words = [" ".join(chooser.sample(t.split(), k=min(3, len(t.split())))) for t in titles]
    return {
        "words": words,
        "question": [f"how do I {title.lower()}?" for title in titles],
        "prefix": [query[:-2] for query in words],
        "misspelled": [_misspelled(query, chooser) for query in words],
        "one word": [max(title.split(), key=len) for title in titles],
        "phrase": [f'"{" ".join(title.split()[:2])}"' for title in titles],
        "filtered": [f"{query} kind:howto tag:til" for query in words],
    }


def _misspelled(query: str, chooser: random.Random) -> str:
    """One slip in the longest word."""
    word = max(re.findall(r"[A-Za-z]+", query) or ["x"], key=len)
    at = chooser.randrange(1, max(len(word) - 1, 2))
    slip = chooser.choice((word[:at] + word[at + 1 :], word[:at] + word[at] * 2 + word[at + 1 :]))
    return query.replace(word, slip)


def whole_search(pipeline: Pipeline, texts: dict[int, str], typed: str) -> None:
    results = pipeline.search(parse(typed), lambda ids: dict.fromkeys(ids, None))
    terms = results.meaning.terms
    for hit in results.hits:
        marked(hit.ranked.title, terms)
        passage(texts[hit.id], terms, hit.ranked, results.weights)


def _time(action: Callable[[], object]) -> float:
    action()
    start = time.thread_time()
    action()
    return (time.thread_time() - start) * 1000


def _print_times(kind: str, times: list[float]) -> None:
    times = sorted(times)
    mean, median = sum(times) / len(times), times[len(times) // 2]
    p95, worst = times[int(len(times) * 0.95)], times[-1]
    print(f"  {kind:<11} mean {mean:6.2f}  p50 {median:6.2f}  p95 {p95:6.2f}  max {worst:6.2f} ms")


def _measure_update(name: str, folder: Path, documents: list[Document]) -> None:
    engine = open_engine(f"{name}:", folder)
    times, walls = [], []
    for document in documents[:20]:
        wall, cpu = time.perf_counter(), time.process_time()
        with engine.writer() as writer:
            writer.put(entry(document))
        engine.searcher()
        times.append((time.process_time() - cpu) * 1000)
        walls.append((time.perf_counter() - wall) * 1000)
    _print_times("update", times)
    print(f"  update to searchable, wall: p95 {sorted(walls)[-2]:.0f} ms")


def _print_memory_of_reader(name: str, folder: Path, documents: list[Document]) -> None:
    """In a process of its own: how much a reader adds to the memory of a process."""
    before = _own_memory()
    pipeline = Pipeline(open_engine(f"{name}:", folder))
    start = time.thread_time()
    pipeline.search(parse("git"), lambda ids: dict.fromkeys(ids, None))
    first = (time.thread_time() - start) * 1000
    for queries in query_classes(documents).values():
        for typed in queries:
            pipeline.search(parse(typed), lambda ids: dict.fromkeys(ids, None))
    added = _own_memory() - before
    print(
        f"  reader: first search {first:.0f} ms; {added:.1f} MB more memory of its own", flush=True
    )


def _own_memory() -> float:
    """Megabytes of this process without mapped files, which the kernel may drop at any time."""
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"RssAnon:\s+(\d+)", status)[0]) / 1000


def _mean_length(documents: list[Document]) -> float:
    return sum(len(document.text) for document in documents) / len(documents)


if __name__ == "__main__":
    main()
