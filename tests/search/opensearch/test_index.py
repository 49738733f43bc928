"""How an index is laid out in a cluster, takes another one's place, and may be lost."""

import socket
import time
from collections.abc import Callable, Iterator

import pytest

from search.documents import Document, entry
from search.engines import EngineError, IndexBusy, IndexMissing, Selection
from search.engines.opensearch import OpenSearchEngine, locks, reading
from search.engines.opensearch.connection import Refused
from tests.needs import opensearch_index


@pytest.fixture
def url() -> Iterator[str]:
    with opensearch_index(shards=2) as url:
        yield url


@pytest.fixture
def engine(url: str) -> OpenSearchEngine:
    engine = OpenSearchEngine(url)
    with engine.rebuild() as fresh:
        fresh.put(entry(Document(1, "one same", "")))
    return engine


def alias(engine: OpenSearchEngine) -> str:
    return f"{engine.cluster.address.index}-words"


def indexes(engine: OpenSearchEngine) -> dict[str, list[str]]:
    """Those there are, each with its aliases."""
    found = engine.cluster.ask("GET", f"/{alias(engine)}-*/_alias")
    return {index: list(facts["aliases"]) for index, facts in found.items()}


def in_use(engine: OpenSearchEngine) -> str:
    (index,) = (index for index, names in indexes(engine).items() if names == [alias(engine)])
    return index


def titles(engine: OpenSearchEngine) -> list[str]:
    return [each.title for each in engine.searcher().find(Selection(), 10).candidates]


def test_an_index_has_the_layout_of_its_template_and_takes_nothing_else(engine):
    index = in_use(engine)
    found = engine.cluster.ask("GET", f"/{index}")[index]
    layout = found["settings"]["index"]
    assert (layout["number_of_shards"], layout["number_of_replicas"]) == ("2", "0")
    assert found["mappings"]["dynamic"] == "strict"
    assert found["mappings"]["properties"]["words"]["type"] == "text"
    assert found["mappings"]["properties"]["record"] == {"type": "binary", "doc_values": True}
    with pytest.raises(Refused, match="strict_dynamic_mapping"):
        engine.cluster.ask("PUT", f"/{index}/_doc/7", {"unknown": "field"})


def test_a_vocabulary_of_many_parts_is_whole(engine, monkeypatch):
    letters = "abcdefghijklmnopqrstuvwxyz"
    with engine.writer() as writer:
        for number, first in enumerate(letters, 2):
            writer.put(entry(Document(number, first * 3, " ".join(f"{first}{x}" for x in letters))))
    monkeypatch.setattr(reading, "_WORDS_PART", 100)
    found = engine.searcher().vocabulary()
    words = {
        "one",
        "same",
        *(f"{a}{b}" for a in letters for b in letters),
        *(a * 3 for a in letters),
    }
    assert sorted(found) == [(word, 1) for word in sorted(words)]


def test_another_index_takes_the_place_of_the_one_in_use_in_one_step(engine):
    before = in_use(engine)
    with engine.rebuild() as fresh:
        fresh.put(entry(Document(2, "two", "")))
        assert in_use(engine) == before
        assert sorted(indexes(engine).values()) == [
            [alias(engine)],
            [f"{alias(engine)}-building"],
        ]
    assert in_use(engine) != before
    assert indexes(engine)[before] == []  # kept for those who search it just now
    assert titles(engine) == ["two"]
    for _ in range(3):
        with engine.rebuild():
            pass
    assert len(indexes(engine)) == 2


def test_a_searcher_whose_moment_is_forgotten_answers_as_of_now(engine):
    searcher = engine.searcher()
    engine.cluster.ask("DELETE", "/_search/point_in_time", {"pit_id": [searcher._moment._id]})
    assert searcher.find(Selection(any_of=("same",)), 10).total == 1


def test_a_searcher_answers_when_shards_have_moved_to_another_node_since(engine):
    searcher = engine.searcher()
    selection = Selection(phrases=(("one", "same"),))
    assert searcher.find(selection, 10).total == 1
    first = searcher._moment._id
    nodes = list(engine.cluster.ask("GET", "/_nodes/http")["nodes"])
    for node in nodes:  # wherever a shard was, it is somewhere else once
        place = {"index.routing.allocation.require._id": node}
        engine.cluster.ask("PUT", f"/{in_use(engine)}/_settings", place)
        engine.cluster.ask(
            "GET",
            "/_cluster/health",
            timeout=40,
            parameters={"wait_for_no_relocating_shards": "true", "timeout": "30s"},
        )
        assert searcher.find(selection, 10).total == 1
    assert len(nodes) == 2
    # A shard cannot come back to a node on which a moment of it is kept.
    kept = engine.cluster.ask("GET", "/_search/point_in_time/_all")["pits"]
    assert first not in {moment["pit_id"] for moment in kept}


def test_what_a_new_moment_refuses_as_well_is_an_error(engine):
    with pytest.raises(Refused, match="parsing_exception"):
        engine.searcher()._moment.search({"query": {"no such question": {}}})


def _close(engine: OpenSearchEngine) -> None:
    engine.cluster.ask("POST", f"/{in_use(engine)}/_close")


def _delete(engine: OpenSearchEngine) -> None:
    engine.cluster.ask("DELETE", f"/{in_use(engine)}")


def _lose_alias(engine: OpenSearchEngine) -> None:
    engine.cluster.ask("DELETE", f"/{in_use(engine)}/_alias/{alias(engine)}")


def _take_alias_for_two(engine: OpenSearchEngine) -> None:
    engine.cluster.ask("PUT", f"/{alias(engine)}-other", {"aliases": {alias(engine): {}}})


def _lose_mark(engine: OpenSearchEngine) -> None:
    engine.cluster.ask("DELETE", f"/{in_use(engine)}/_doc/commit")


def _become_old(engine: OpenSearchEngine) -> None:
    engine.cluster.ask("PUT", f"/{in_use(engine)}/_doc/commit", {"version": "opensearch-0"})


@pytest.mark.parametrize(
    "harm", [_close, _delete, _lose_alias, _take_alias_for_two, _lose_mark, _become_old]
)
def test_an_index_that_is_lost_or_not_whole_is_noticed_and_can_be_rebuilt(
    engine: OpenSearchEngine, url: str, harm: Callable[[OpenSearchEngine], None]
):
    engine.searcher()
    harm(engine)
    for one in (engine, OpenSearchEngine(url)):
        with pytest.raises(IndexMissing):
            one.searcher()
        with pytest.raises(IndexMissing), one.writer():
            pass
    with engine.rebuild() as fresh:
        fresh.put(entry(Document(7, "seven", "")))
    assert titles(OpenSearchEngine(url)) == ["seven"]


def test_an_index_that_disappears_while_it_is_filled_does_not_come_back_as_something_else(engine):
    def fill() -> None:
        with engine.rebuild() as fresh:
            building = f"{alias(engine)}-building"
            (index,) = (index for index, names in indexes(engine).items() if building in names)
            engine.cluster.ask("DELETE", f"/{index}")
            fresh.put(entry(Document(2, "two", "")))

    with pytest.raises(EngineError):
        fill()
    assert titles(engine) == ["one same"]


def test_the_lock_of_somebody_who_fell_silent_is_taken_over(engine, url, monkeypatch):
    holder = engine.writer()
    holder.__enter__()
    other = OpenSearchEngine(url)
    with pytest.raises(IndexBusy), other.writer(timeout=0.2):
        pass
    monkeypatch.setattr(locks, "SILENCE", 0.2)
    monkeypatch.setattr(locks, "_BEAT", 0.0)
    with other.writer(timeout=10) as writer:
        writer.put(entry(Document(2, "two", "")))
        with pytest.raises(IndexBusy):  # the first comes back to itself, and changes nothing
            holder.__exit__(None, None, None)
    assert sorted(titles(engine)) == ["one same", "two"]


def test_a_cluster_that_is_away_is_no_lost_index():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        engine = OpenSearchEngine(f"http://127.0.0.1:{closed.getsockname()[1]}?timeout=1")
        began = time.monotonic()
        with pytest.raises(EngineError, match="does not answer") as told:
            engine.searcher()
    assert not isinstance(told.value, IndexMissing)
    assert time.monotonic() - began < 30
