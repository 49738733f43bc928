"""How well search finds what people judged right, on the collections of a folder."""

from collections.abc import Generator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.table import Figure
from search.evaluation import Measured, measured, prepared, read
from search.semantic.encoder import Encoder

# nDCG@10 of the full pipeline and by words alone; a collection that is not here has no goal.
GOALS = {"emanual": (0.745, 0.73), "cranfield": (0.441, 0.40), "npl": (0.46, 0.44)}
MOST_LOST = 1  # % of nDCG@10, with a slip in each query


def measure(collections: Path) -> Iterator[Figure]:
    found = sorted(path.parent for path in collections.glob("*/qrels.tsv"))
    if not found:
        print(f"nDCG@10: not measured, there are no collections in {collections}")
        return
    with TemporaryDirectory() as folder:
        encoder = Encoder(Path(folder))
        is_there = encoder.wait()
        if not is_there:
            print("nDCG@10 of the full pipeline: not measured, search by meaning is not installed")
        empty = 0
        for collection in found:
            empty += yield from _words(collection)
            if is_there:
                empty += yield from _full(collection, encoder)
        encoder.close()
    yield Figure("questions with an empty page", empty, "", 0, "with slips or without", digits=0)


def _words(folder: Path) -> Generator[Figure, None, int]:
    collection = read(folder)
    with TemporaryDirectory() as scratch:
        found = measured(collection, prepared(collection, Path(scratch)))
    yield _quality(f"nDCG@10 {folder.name}, by words alone", found, folder, 1)
    return found.empty


def _full(folder: Path, encoder: Encoder) -> Generator[Figure, None, int]:
    collection = read(folder)
    with TemporaryDirectory() as scratch:
        pipeline = prepared(collection, Path(scratch), encoder=encoder)
        plain = measured(collection, pipeline)
        yield _quality(f"nDCG@10 {folder.name}", plain, folder, 0)
        typed = measured(collection, pipeline, typos=True)
    lost = 100 * (1 - typed.ndcg / plain.ndcg)
    beside = f"{typed.ndcg:.4f} with a slip in each query"
    yield Figure(f"nDCG@10 {folder.name}, lost by slips", lost, "%", MOST_LOST, beside)
    return plain.empty + typed.empty


def _quality(name: str, found: Measured, folder: Path, way: int) -> Figure:
    goal = GOALS[folder.name][way] if folder.name in GOALS else None
    beside = f"recall@100 {found.recall:.3f}; {found.p95:.0f} ms p95 without the page"
    return Figure(name, found.ndcg, "", goal, beside, at_least=True, digits=4)
