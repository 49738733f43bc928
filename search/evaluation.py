"""Measures how well search finds what people judged right, on a collection of texts, queries and judgements.

A collection is a folder of `docs.jsonl` (`id`, `title`, `text`), `queries.jsonl` (`id`, `text`) and
`qrels.tsv` (query, document, grade). The measures are those of trec_eval, by the package ir-measures:
nDCG@10, reciprocal rank of the first right one among ten, and recall among a hundred; each is the mean
over all judged queries, of which one without results counts nothing.
"""

import json
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from search.documents import Document, entry
from search.engines import open_engine
from search.pipeline import PAGE_SIZE, Hit, Pipeline
from search.query import Query, Word, parse, plain
from search.semantic import StoredPassage
from search.semantic.encoder import Encoder, EncoderMissing
from search.semantic.sense import Senses
from search.spelling import BESIDE

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

DEPTH = 100
SEED = 20261121
_LEAST = 4  # letters of a word in which somebody mistypes

# Told now and then how many texts are done, and of how many.
Progress = Callable[[int, int], None]


class EvaluationImpossible(Exception):
    """The collection or a package is missing; the message says which."""


@dataclass(frozen=True)
class Collection:
    """Texts, queries, and which text is right for which query, and how much so."""

    documents: Sequence[Document]
    names: Sequence[str]  # of the documents, in their order; their ids count from 1
    queries: Sequence[tuple[str, str]]
    judgements: Sequence[tuple[str, str, int]]


@dataclass(frozen=True)
class Measured:
    ndcg: float
    mrr: float
    recall: float
    empty: int  # queries that find nothing
    p95: float  # milliseconds, of one query

    def as_json(self) -> dict[str, float]:
        return {
            "ndcg@10": round(self.ndcg, 4),
            "mrr@10": round(self.mrr, 4),
            "recall@100": round(self.recall, 4),
            "empty": self.empty,
            "ms_p95": round(self.p95, 2),
        }


def read(folder: Path) -> Collection:
    """A collection; raises EvaluationImpossible with the file that is missing or malformed."""
    try:
        found = list(_lines(folder / "docs.jsonl"))
        queries = [
            (str(each["id"]), str(each["text"])) for each in _lines(folder / "queries.jsonl")
        ]
        rows = (folder / "qrels.tsv").read_text("utf-8").splitlines()
        judged = [(q, d, int(grade)) for q, d, grade in map(str.split, filter(None, rows))]
        documents = [
            Document(id=number, title=str(each.get("title") or ""), text=str(each["text"]))
            for number, each in enumerate(found, 1)
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EvaluationImpossible(f"{folder} is no collection: {error}") from error
    asked = {query for query, _, _ in judged}
    return Collection(
        documents,
        [str(each["id"]) for each in found],
        [query for query in queries if query[0] in asked],
        judged,
    )


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text("utf-8").splitlines():
        if line.strip():
            yield json.loads(line)


def evaluate(
    collection: Collection,
    folder: Path,
    *,
    url: str = "tantivy:",
    encoder: Encoder | None = None,
    typos: bool = False,
    progress: Progress | None = None,
) -> Measured:
    """Index the texts in an empty folder, ask the queries, and compare; by meaning with an encoder.

    With `typos`, one word of each query is mistyped, always in the same way.
    """
    _measures()  # before the long part: the package may be missing
    pipeline = prepared(collection, folder, url=url, encoder=encoder, progress=progress)
    return measured(collection, pipeline, typos=typos)


def measured(collection: Collection, pipeline: Pipeline, *, typos: bool = False) -> Measured:
    """Ask the queries of a collection over whose texts there is an index."""
    measures = _measures()
    run: list[tuple[str, str, float]] = []
    times: list[float] = []
    empty = 0
    for id_, text in collection.queries:
        started = time.perf_counter()
        hits = ranked(pipeline, parse(mistyped(text, id_) if typos else text))
        times.append((time.perf_counter() - started) * 1000)
        empty += not hits
        run += [(id_, collection.names[n - 1], -float(rank)) for rank, n in enumerate(hits)]
    ndcg, mrr, recall = measures(collection.judgements, run)
    p95 = statistics.quantiles(times, n=20)[-1] if len(times) > 1 else sum(times)
    return Measured(ndcg, mrr, recall, empty, p95)


def prepared(
    collection: Collection,
    folder: Path,
    *,
    url: str = "tantivy:",
    encoder: Encoder | None = None,
    progress: Progress | None = None,
) -> Pipeline:
    """A pipeline over an index of the collection's texts."""
    engine = open_engine(url, folder / "words")
    with engine.rebuild() as fresh:
        for document in collection.documents:
            fresh.put(entry(document))
    if encoder is None:
        return Pipeline(engine)
    from search.semantic.vectors import VectorFolder

    vectors = VectorFolder(folder / "meaning", encoder.name)
    vectors.rebuild(_passages(collection, encoder, progress))

    def lost(error: Exception) -> None:
        raise error

    return Pipeline(engine, Senses(_Patient(encoder), vectors, lost))


class _Patient:
    """An encoder that is waited for: what is measured must not depend on how busy the machine is."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def query(self, text: str) -> "NDArray[float32] | None":
        return self._encoder.query(text, timeout=30)

    def knows(self, word: str) -> bool:
        return self._encoder.knows(word)


def _passages(
    collection: Collection, encoder: Encoder, progress: Progress | None
) -> Iterator[dict[int, list[StoredPassage]]]:
    for number, document in enumerate(collection.documents, 1):
        try:
            cuts = encoder.cut(document.title, document.text)
            vectors = encoder.embed([cut.text for cut in cuts])
        except EncoderMissing as error:
            raise EvaluationImpossible(f"Nothing can be measured by meaning: {error}") from error
        yield {
            document.id: [
                StoredPassage(cut.start, cut.end, vector.tobytes())
                for cut, vector in zip(cuts, vectors, strict=True)
            ]
        }
        if progress:
            progress(number, len(collection.documents))


def ranked(pipeline: Pipeline, query: Query) -> list[int]:
    """The best articles for a query, everything being visible to whoever asks."""

    def everything(ids: Sequence[int]) -> dict[int, int]:
        return {id_: id_ for id_ in ids}

    found: list[int] = []
    for page in range(1, DEPTH // PAGE_SIZE + 1):
        results = pipeline.search(query, everything, page=page)
        hits: list[Hit[int]] = results.hits or results.nearest
        found += [hit.id for hit in hits]
        if results.page >= results.pages:
            break
    return list(dict.fromkeys(found))


def mistyped(text: str, key: str) -> str:
    """The text with one slip in one of its longer words: two letters swapped, one left out or doubled, or
    its neighbour on the keyboard hit; the same slip each time for a key."""
    chooser = random.Random(f"{SEED} {key}")
    from search.languages import QUESTION_WORDS

    words = [word for word in parse(plain(text)).words if _can_slip(word, QUESTION_WORDS)]
    if not words:
        return text
    word = chooser.choice(words)
    at = text.find(word.text)
    return text[:at] + _slip(word.text, chooser) + text[at + len(word.text) :]


def _can_slip(word: Word, framing: frozenset[str]) -> bool:
    is_plain = word.text.isascii() and word.text.isalpha() and len(word.text) >= _LEAST
    return is_plain and word.text.lower() not in framing


def _slip(word: str, chooser: random.Random) -> str:
    at = chooser.randrange(1, len(word) - 1)
    return chooser.choice(
        (
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + word[at + 1 :],
            word[:at] + chooser.choice(BESIDE[word[at].lower()]) + word[at + 1 :],
            word[: at + 1] + word[at:],
        )
    )


def _measures() -> Callable[[Any, Any], tuple[float, float, float]]:
    try:
        import ir_measures
        from ir_measures import RR, R, nDCG
    except ImportError as error:
        raise EvaluationImpossible(
            "Measuring needs the package ir-measures; `make run` installs it with search by meaning"
        ) from error

    def measured(judgements: Any, run: Any) -> tuple[float, float, float]:
        found = ir_measures.calc_aggregate(
            [nDCG @ 10, RR @ 10, R @ DEPTH],
            [ir_measures.Qrel(*judgement) for judgement in judgements],
            [ir_measures.ScoredDoc(*scored) for scored in run],
        )
        return found[nDCG @ 10], found[RR @ 10], found[R @ DEPTH]

    return measured
