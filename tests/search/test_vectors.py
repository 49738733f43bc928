"""The local store of vectors: what it finds, what others see of it, and how it takes a blow."""

import multiprocessing
import os
import shutil
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

pytest.importorskip("usearch", reason="the extra semantic is not installed")

import numpy as np

from search.engines import EngineError, IndexBusy, IndexMissing
from search.semantic import Near, StoredPassage, vectors_searching
from search.semantic import vectors as vectors_module
from search.semantic import vectors_files as files
from search.semantic.digests import digest
from search.semantic.vectors import VectorFolder
from search.semantic.vectors_files import Appender, Commit

ENCODER = "an encoder"
Articles = dict[int, list[StoredPassage]]


def direction(seed: int) -> np.ndarray:
    """A unit vector of its own."""
    found = np.random.default_rng(seed).normal(size=384).astype(np.float32)
    return found / np.linalg.norm(found)


def passage(seed: int, start: int = 0, end: int = 0) -> StoredPassage:
    return StoredPassage(start, end, _bytes(direction(seed)))


def _bytes(vector: np.ndarray) -> bytes:
    return np.rint(vector * 127 / np.abs(vector).max()).astype(np.int8).tobytes()


def some(*ids: int, each: int = 3) -> Articles:
    """Articles whose passages resemble nothing else."""
    return {id_: [passage(1000 * id_ + n, 10 * n, 10 * n + 10) for n in range(each)] for id_ in ids}


def nearest_of(articles: Mapping[int, Sequence[StoredPassage]], vector: np.ndarray) -> list[Near]:
    """What there is to be found, by a slow and plain way."""
    found = []
    for id_, passages in articles.items():
        best = None
        for start, end, stored in passages:
            row = np.frombuffer(stored, np.int8).astype(np.float64)
            cosine = float(row @ vector / np.linalg.norm(row))
            if best is None or cosine > best.cosine:
                best = Near(id_, cosine, start, end)
        if best:
            found.append(best)
    return sorted(found, key=lambda near: -near.cosine)


def same(found: Sequence[Near], wanted: Sequence[Near]) -> bool:
    return [(n.id, n.start, n.end, round(n.cosine, 4)) for n in found] == [
        (n.id, n.start, n.end, round(n.cosine, 4)) for n in wanted
    ]


@pytest.fixture
def store(tmp_path: Path) -> VectorFolder:
    made = VectorFolder(tmp_path / "meaning", ENCODER)
    made.rebuild([])
    return made


def again(store: VectorFolder) -> VectorFolder:
    """The same store as another process opens it."""
    return VectorFolder(store._folder._path, ENCODER)


def file_of(store: VectorFolder, name: str) -> Path:
    return store.searcher()._opened.folder / name


# Finding


def test_an_empty_store_answers_with_nothing(store):
    searcher = store.searcher()
    assert searcher.count == 0
    assert searcher.nearest(direction(1), 10) == []
    assert searcher.of(direction(1), [1, 2]) == {}
    assert searcher.like(1, 10) == []
    assert list(store.digests()) == []
    store.put({7: []})
    assert store.searcher().nearest(direction(1), 10) == []


def test_the_best_passage_of_each_article_is_found_the_nearest_first(store):
    articles = some(*range(1, 40))
    articles[40] = [passage(n) for n in range(200)]  # one with more passages than all others
    store.put(articles)
    searcher = store.searcher()
    for seed in (5, 3001, 12000):
        vector = direction(seed) + 0.5 * direction(7)
        vector /= np.linalg.norm(vector)
        wanted = nearest_of(articles, vector)
        for k in (1, 5, 40, 1000):
            assert same(searcher.nearest(vector, k), wanted[:k])
        asked = [3, 17, 40, 999, 17]
        assert searcher.of(vector, asked).keys() == {3, 17, 40}
        assert same(
            sorted(searcher.of(vector, asked).values(), key=lambda near: -near.cosine),
            [near for near in wanted if near.id in asked],
        )
    assert searcher.nearest(direction(5), 0) == []
    assert searcher.count == 39 * 3 + 200


def test_of_many_passages_the_best_of_each_article_is_found_as_of_few(store):
    articles = some(*range(1, 61), each=8)
    # Two passages that bytes alone can hardly tell apart.
    near = direction(5_000)
    articles |= {70: [StoredPassage(n, n + 1, _bytes(near + n * 0.0008)) for n in range(3)]}
    store.put(articles)
    searcher = store.searcher()
    assert sum(map(len, articles.values())) > vectors_searching.FEW
    for vector in (near, *map(direction, range(10))):
        found = searcher.of(vector, [*articles, 99])
        assert same(sorted(found.values(), key=lambda n: -n.cosine), nearest_of(articles, vector))


def test_what_is_like_an_article_is_not_that_article(store):
    articles = some(1, 2, 3)
    articles[4] = [*articles[2][:2], passage(99)]
    store.put(articles)
    assert store.searcher().like(2, 2)[0].id == 4
    assert 2 not in {near.id for near in store.searcher().like(2, 100)}
    assert len(store.searcher().like(2, 100)) == 3
    assert store.searcher().like(77, 3) == []


def test_the_vectors_of_passages_are_given_as_long_as_they_are_there(store):
    store.put({1: [passage(1, 0, 4), passage(2, 4, 9)], 2: [passage(3)], 3: [passage(4)]})
    searcher = store.searcher()
    near = [Near(1, 0.5, 4, 9), Near(2, 0.5, 0, 0), Near(3, 0.5, 5, 6), Near(9, 0.5, 0, 0)]
    found = searcher.vectors(near)
    assert np.allclose(found @ found.T, [[1, found[0] @ found[1]], [found[1] @ found[0], 1]])
    assert np.allclose(found, [direction(2), direction(3)], atol=0.01)
    assert searcher.vectors([]).shape == (0, 384)


def test_a_vector_without_direction_is_no_error(store):
    store.put(some(1) | {2: [StoredPassage(0, 0, bytes(384))]})
    assert {near.cosine for near in store.searcher().nearest(np.zeros(384, np.float32), 9)} == {0}
    assert len(store.searcher().nearest(direction(1), 9)) == 2
    with pytest.raises(EngineError):
        store.put({3: [StoredPassage(0, 0, bytes(383))]})
    assert store.searcher().count == 4


def test_many_are_found_by_an_index_nearly_as_well_as_by_looking_at_all(store, monkeypatch):
    monkeypatch.setattr(vectors_module, "EXACT", 500)
    monkeypatch.setattr(vectors_searching, "GRAPH_FACTOR", 1)
    articles = some(*range(1, 601), each=2)
    store.put(articles)
    for id_ in range(1, 20):
        del articles[id_]
    store.put({id_: [] for id_ in range(1, 20)})
    store.tidy()
    opened = store.searcher()._opened
    assert (opened.commit.in_graph, opened.dead) == (1162, 0)
    # What comes later is found as well, what goes is not, and another process sees the same.
    later = some(700, 701) | {500: []}
    store.put(later)
    articles |= later
    for searcher in (store.searcher(), again(store).searcher()):
        assert searcher._graph is not None
        assert searcher.nearest(direction(700_001), 3)[0].id == 700
        hits = 0
        for seed in range(20):
            wanted = {near.id for near in nearest_of(articles, direction(seed))[:10]}
            found = searcher.nearest(direction(seed), 10)
            assert len(found) == 10
            assert 500 not in {near.id for near in found}
            hits += len(wanted & {near.id for near in found})
        assert hits >= 190
    assert not store.is_untidy()


# Readers and writers


def test_a_commit_is_seen_by_the_next_searcher_and_not_by_the_one_before(store):
    other = again(store)
    before = other.searcher()
    store.put(some(1, 2))
    assert (before.count, other.searcher().count) == (0, 6)
    assert before.generation != other.searcher().generation
    assert other.searcher() is other.searcher()
    generation = store.searcher().generation
    store.put(some(1, 2))
    assert store.searcher().generation == generation  # nothing has changed


def test_one_at_a_time_makes_it_anew(store):
    with store._folder.rebuilding(), pytest.raises(IndexBusy):
        again(store).rebuild([])


def test_what_is_put_while_it_is_rebuilt_or_tidied_is_carried_over(store, monkeypatch):
    store.put(some(1, 2, 3))

    def portions():
        yield some(1, 2)
        again(store).put({1: [passage(5)], 2: [], 9: [passage(6)]})
        yield some(3)

    store.rebuild(portions())
    expected = {1: [passage(5)], 3: some(3)[3], 9: [passage(6)]}
    assert dict(store.digests()) == {id_: digest(each) for id_, each in expected.items()}

    def build(_folder, _rows):
        again(store).put({3: [], 4: [passage(7)]})
        raise EngineError("a process that died")

    monkeypatch.setattr(vectors_module, "EXACT", 0)
    monkeypatch.setattr(vectors_module, "built", build)
    with pytest.raises(EngineError):
        store.tidy()
    monkeypatch.setattr(vectors_module, "EXACT", 100)
    assert dict(again(store).digests()).keys() == {1, 4, 9}
    store.tidy()
    assert dict(again(store).digests()).keys() == {1, 4, 9}


def test_a_store_with_much_that_is_dead_is_tidied_by_itself(store, monkeypatch):
    monkeypatch.setattr(vectors_module, "LEAST_DEAD", 20)
    store.put(some(*range(20)))
    before = store.searcher().generation
    for id_ in range(7):
        store.put({id_: []})
    assert store._tidying is not None
    store._tidying.join()
    assert store.searcher().generation.split(".")[0] != before.split(".")[0]
    opened = store.searcher()._opened
    assert (opened.commit.rows, store.searcher().count) == (39, 39)


def _put_for_ever(path: Path) -> None:
    store = VectorFolder(path, ENCODER)
    number = 0
    while True:  # every article says the same at each commit
        number += 1
        store.put({id_: [passage(number, number, number)] * 3 for id_ in range(1, 6)})


def test_readers_see_whole_commits_while_another_process_writes_and_is_killed(store):
    store.put({id_: [passage(0)] * 3 for id_ in range(1, 6)})
    process = multiprocessing.get_context("spawn").Process(
        target=_put_for_ever, args=(store._folder._path,), daemon=True
    )
    process.start()
    seen: set[int] = set()
    while len(seen) < 8:
        found = store.searcher().nearest(direction(1), 10)
        assert len(found) == 5
        assert len({near.start for near in found}) == 1
        seen.add(found[0].start)
        assert process.is_alive()
    process.kill()
    process.join()
    assert store.searcher().count == 15
    store.put({1: []})
    assert store.searcher().count == 12
    assert len(list(again(store).digests())) == 4


class Killed(BaseException):
    """As if the process had ended here."""


def test_a_writer_killed_at_any_point_leaves_the_last_commit(store, monkeypatch):
    store.put(some(1, 2))
    before = dict(store.digests())
    wrote = dict(before) | {1: digest([passage(5)]), 3: digest([passage(6)])}
    killed = 0
    for step in range(1, 20):
        steps = iter(range(step - 1))

        def or_die(function, steps=steps):
            def act(*arguments):
                if next(steps, None) is None:
                    raise Killed
                return function(*arguments)

            return act

        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", or_die(os.fsync))
            patched.setattr(Path, "replace", or_die(Path.replace))
            try:
                store.put({1: [passage(5)], 3: [passage(6)]})
            except Killed:
                killed += 1
        found = dict(again(store).digests())
        assert found in (before, wrote)
        assert dict(store.digests()) == found
        if found == wrote:
            break
    assert killed >= 4
    assert found == wrote


# Damage


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def flip(path: Path) -> None:
    """Change one bit in the middle, with the file's size as it was."""
    with path.open("r+b") as file:
        place = path.stat().st_size // 2
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 0x10]))


@pytest.mark.parametrize("name", ["vectors", "passages", "runs", "commit"])
@pytest.mark.parametrize("damage", [cut, empty, flip, Path.unlink])
def test_damage_is_noticed_at_once_and_mended_by_rebuilding(store, name, damage):
    store.put(some(1, 2, 3))
    store.searcher()
    store._check_from = 0.0
    damage(file_of(store, name))
    for damaged in (store, again(store)):
        for _ in range(2):
            with pytest.raises(IndexMissing):
                damaged.searcher()
        with pytest.raises(IndexMissing):
            damaged.put(some(4))
    store.rebuild([some(1, 2), some(3)])
    assert store.searcher().count == again(store).searcher().count == 9
    store.put(some(4))
    assert store.searcher().count == 12


@pytest.mark.parametrize("damage", [cut, empty, flip, Path.unlink])
def test_a_damaged_index_of_the_vectors_is_never_opened(store, monkeypatch, damage):
    monkeypatch.setattr(vectors_module, "EXACT", 5)

    def built(folder, _rows):
        (folder / files.GRAPH).write_bytes(b"what usearch would trust" * 100)
        return files.NOTHING.grown((folder / files.GRAPH).read_bytes())

    monkeypatch.setattr(vectors_module, "built", built)
    store.put(some(1, 2, 3))
    store.tidy()
    with pytest.raises(IndexMissing):  # whole, but not what this version of usearch reads
        again(store).searcher()
    monkeypatch.setattr(vectors_module, "Graph", lambda _folder: None)
    assert store.searcher().count == 9
    store._check_from = 0.0
    damage(file_of(store, files.GRAPH))
    monkeypatch.setattr(vectors_module, "Graph", pytest.fail)
    for damaged in (store, again(store)):
        with pytest.raises(IndexMissing):
            damaged.searcher()


def test_a_store_that_was_never_made_is_missing(tmp_path):
    store = VectorFolder(tmp_path / "nowhere", ENCODER)
    with pytest.raises(IndexMissing):
        store.searcher()
    with pytest.raises(IndexMissing):
        store.put(some(1))
    store.rebuild([])
    store.put(some(1))
    assert store.searcher().count == 3


def test_a_half_built_store_is_not_used(store):
    store.put(some(1))

    def portions():
        yield some(2)
        raise Killed

    with pytest.raises(Killed):
        store.rebuild(portions())
    assert [id_ for id_, _ in again(store).digests()] == [1]
    store.rebuild([some(3)])
    assert [id_ for id_, _ in again(store).digests()] == [3]


def test_vectors_of_another_encoder_are_never_compared(store):
    store.put(some(1))
    other = VectorFolder(store._folder._path, "another encoder")
    with pytest.raises(IndexMissing):
        other.searcher()


def test_a_folder_that_cannot_be_written_is_said_in_our_words(tmp_path):
    (tmp_path / "meaning").write_text("a file where a folder should be")
    with pytest.raises(EngineError):
        VectorFolder(tmp_path / "meaning", ENCODER).rebuild([])


# Any order of things


class Store(RuleBasedStateMachine):
    """Whatever is done to it, it holds what a dict would hold."""

    ids = st.integers(1, 12)
    seeds = st.integers(0, 30)

    def __init__(self) -> None:
        super().__init__()
        self.path = Path(tempfile.mkdtemp())
        self.store = VectorFolder(self.path, ENCODER)
        self.store.rebuild([])
        self.held: Articles = {}

    def teardown(self) -> None:
        shutil.rmtree(self.path)

    @rule(changes=st.dictionaries(ids, st.lists(seeds, max_size=4), max_size=5))
    def put(self, changes: dict[int, list[int]]) -> None:
        new = {id_: [passage(s, s, s + 1) for s in seeds] for id_, seeds in changes.items()}
        self.store.put(new)
        self.held |= new
        self.held = {id_: passages for id_, passages in self.held.items() if passages}

    @rule(id_=ids, seed=seeds)
    def die_before_the_commit(self, id_: int, seed: int) -> None:
        opened = self.store.searcher()._opened
        with Appender(opened.folder, opened.commit) as appender:
            appender.put(id_, [passage(seed)] * 2)

    @rule()
    def reopen(self) -> None:
        self.store = VectorFolder(self.path, ENCODER)

    @rule()
    def rebuild(self) -> None:
        self.store.rebuild([{id_: passages} for id_, passages in self.held.items()])

    @rule()
    def tidy(self) -> None:
        self.store.tidy()

    @invariant()
    def it_holds_what_a_dict_holds(self) -> None:
        digests = {id_: digest(passages) for id_, passages in self.held.items()}
        assert dict(self.store.digests()) == digests
        searcher = self.store.searcher()
        assert searcher.count == sum(map(len, self.held.values()))
        wanted = nearest_of(self.held, direction(1))
        assert [n.cosine for n in searcher.nearest(direction(1), 50)] == pytest.approx(
            [n.cosine for n in wanted], abs=1e-5
        )
        assert searcher.of(direction(1), range(13)).keys() == self.held.keys()


def test_a_store_holds_what_a_dict_would_whatever_happens(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)  # nobody pulls the plug here
    run_state_machine_as_test(
        Store,
        settings=hypothesis_settings(max_examples=15, stateful_step_count=20),
    )


def test_several_threads_may_search_while_one_writes(store):
    store.put(some(1, 2, 3))
    wrong: list[object] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            found = store.searcher().nearest(direction(1000), 3)
            if len(found) < 3 or found[0].id != 1:
                wrong.append(found)

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(4, 30):
        store.put(some(number))
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_commit_written_by_one_is_read_by_all(tmp_path):
    commit = Commit(7, files.Extent(768, 1), files.Extent(32, 2), files.Extent(16, 3))
    files.write_commit(tmp_path, commit)
    assert Commit.decoded(files.read_commit(tmp_path)) == commit
    assert commit.rows == 2
