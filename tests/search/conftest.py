"""Engines to test, and articles to fill them with."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from search.documents import Document, entry
from search.engines import Engine, open_engine
from tests.needs import opensearch_index

ENGINES = ("tantivy", "whoosh", "opensearch")

Make = Callable[..., Engine]


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def engine_url(engine_name: str) -> Iterator[str]:
    """The address of an engine in which no index was made yet."""
    if engine_name != "opensearch":
        yield f"{engine_name}:"
        return
    with opensearch_index() as url:
        yield url


@pytest.fixture
def engine(engine_url: str, tmp_path: Path) -> Engine:
    """An engine with an index that holds nothing yet."""
    made = open_engine(engine_url, tmp_path / "search")
    with made.rebuild():
        pass
    return made


@pytest.fixture
def filled(engine: Engine) -> Make:
    """Put documents into the engine with one commit."""

    def fill(*documents: Document) -> Engine:
        with engine.writer() as writer:
            for document in documents:
                writer.put(entry(document))
        return engine

    return fill


@pytest.fixture
def doc() -> Callable[..., Document]:
    """Make a document; those made one after the other have the ids 1, 2, 3."""
    numbers: Iterator[int] = iter(range(1, 1_000_000))

    def make(title: str, text: str = "", **facts: object) -> Document:
        return Document(id=next(numbers), title=title, text=text, **facts)  # type: ignore[arg-type]

    return make
