"""The vectors in a cluster: what the local store does too, and what other processes see of it."""

from collections.abc import Iterator

import pytest

pytest.importorskip("usearch", reason="the extra semantic is not installed")

import numpy as np

from search.engines import EngineError, IndexBusy, IndexMissing
from search.engines.opensearch import OpenSearchEngine, vectors
from search.engines.opensearch.vectors import OpenSearchVectors
from search.semantic import StoredPassage
from search.semantic.digests import digest
from search.semantic.vectors import VectorFolder
from tests.needs import opensearch_index

ENCODER = "an encoder"


def direction(seed: int) -> np.ndarray:
    found = np.random.default_rng(seed).normal(size=384).astype(np.float32)
    return found / np.linalg.norm(found)


def passage(seed: int, start: int = 0, end: int = 0) -> StoredPassage:
    vector = direction(seed)
    coarse = np.rint(vector * 127 / np.abs(vector).max()).astype(np.int8)
    return StoredPassage(start, end, coarse.tobytes())


def some(*ids: int) -> dict[int, list[StoredPassage]]:
    return {id_: [passage(1000 * id_ + n, 10 * n, 10 * n + 10) for n in range(3)] for id_ in ids}


@pytest.fixture
def url() -> Iterator[str]:
    with opensearch_index() as url:
        yield url


@pytest.fixture
def store(url: str) -> OpenSearchVectors:
    made = OpenSearchEngine(url).vectors(ENCODER)
    made.rebuild([])
    return made


def test_it_finds_what_the_local_store_finds(store, tmp_path):
    local = VectorFolder(tmp_path / "meaning", ENCODER)
    local.rebuild([])
    articles = some(*range(1, 60)) | {60: [passage(n, n, n + 1) for n in range(100)]}
    articles[70] = [*articles[2][:2], passage(99)]
    for each in (store, local):
        each.put(articles)
        each.put({5: [], 6: [passage(6)], 80: []})
    here, there = store.searcher(), local.searcher()
    assert here.count == there.count
    assert dict(store.digests()) == dict(local.digests())
    for seed in (5, 7, 3001):
        vector = direction(seed) + 0.5 * direction(12_000)
        vector /= np.linalg.norm(vector)
        for k in (0, 1, 5, 100):
            found, wanted = here.nearest(vector, k), there.nearest(vector, k)
            assert [(n.id, n.start, n.end) for n in found] == [
                (n.id, n.start, n.end) for n in wanted
            ]
            assert np.allclose([n.cosine for n in found], [n.cosine for n in wanted], atol=1e-6)
        asked = [3, 5, 17, 60, 999, 17]
        assert here.of(vector, asked).keys() == there.of(vector, asked).keys() == {3, 17, 60}
    assert [near.id for near in here.like(2, 5)] == [near.id for near in there.like(2, 5)]
    assert here.like(2, 1)[0].id == 70
    assert here.like(77, 3) == []
    best = there.nearest(direction(5), 3)
    assert np.allclose(
        sorted(here.vectors(best).tolist()), sorted(there.vectors(best).tolist()), atol=1e-6
    )


def test_a_vector_without_direction_is_no_error_and_a_short_one_is(store):
    store.put(some(1) | {2: [StoredPassage(0, 0, bytes(384))]})
    assert [near.id for near in store.searcher().nearest(direction(1), 9)] == [1]
    assert store.searcher().of(direction(1), [2])[2].cosine == 0
    assert store.searcher().nearest(np.zeros(384, np.float32), 9) == []
    with pytest.raises(EngineError):
        store.put({3: [StoredPassage(0, 0, bytes(383))]})
    assert store.searcher().count == 4


def test_a_commit_is_seen_by_the_next_searcher_and_not_by_the_one_before(store, url):
    other = OpenSearchEngine(url).vectors(ENCODER)
    before = other.searcher()
    store.put(some(1, 2))
    assert (before.count, other.searcher().count) == (0, 6)
    assert before.nearest(direction(1), 3) == []
    assert other.searcher() is other.searcher()
    generation = store.searcher().generation
    store.put(some(1, 2))
    assert store.searcher().generation == generation  # nothing has changed


def test_what_is_put_while_it_is_made_anew_is_carried_over(store, url):
    store.put(some(1, 2, 3))
    other = OpenSearchEngine(url).vectors(ENCODER)

    def portions():
        yield some(1, 2)
        other.put({1: [passage(5)], 2: [], 3: [], 9: [passage(6)]})
        with pytest.raises(IndexBusy):
            other.rebuild([])
        yield some(3, 4)

    store.rebuild(portions())
    expected = {1: [passage(5)], 4: some(4)[4], 9: [passage(6)]}
    assert dict(other.digests()) == {id_: digest(each) for id_, each in expected.items()}
    assert other.searcher().nearest(direction(6), 9)[0].id == 9


def test_without_vectors_of_this_encoder_they_are_missing(store, url):
    store.put(some(1))
    other = OpenSearchEngine(url).vectors("another encoder")
    with pytest.raises(IndexMissing, match="version"):
        other.searcher()
    with pytest.raises(IndexMissing):
        other.put(some(2))
    other.rebuild([some(2)])
    assert [id_ for id_, _ in other.digests()] == [2]
    with pytest.raises(IndexMissing):
        store.searcher()


def test_what_was_fetched_once_is_not_asked_for_again(store, monkeypatch):
    store.put(some(*range(1, 9)))
    searcher = store.searcher()
    near = searcher.nearest(direction(1000), 8)
    asked: list[object] = []
    search = searcher._moment.search

    def counted(body):
        asked.append(body)
        return search(body)

    monkeypatch.setattr(searcher._moment, "search", counted)
    again = searcher.of(direction(1000), range(1, 9))
    assert list(again.values()) == near
    assert len(searcher.vectors(near[:2])) == 2
    assert asked == []
    monkeypatch.setattr(vectors, "_KEPT", 3)
    store.put(some(9))
    assert store.searcher().of(direction(1), range(1, 10)).keys() == set(range(1, 10))
