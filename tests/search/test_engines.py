"""What every engine does alike; each rule runs on all of them."""

import json
import multiprocessing
import random
import threading
from pathlib import Path
from typing import NoReturn

import pytest

from search.analysis import composed, stem, words
from search.documents import Document, entry, filter_key
from search.engines import (
    Alternative,
    Engine,
    IndexBusy,
    IndexMissing,
    Selection,
    Writer,
    open_engine,
)
from search.forward import Record, key
from search.withheld import without

# What has to do with files; tests/search/opensearch has the like for a cluster.
embedded = pytest.mark.parametrize("engine_name", ["tantivy", "whoosh"], indirect=True)


def ids(engine: Engine, **selection: object) -> list[int]:
    found = engine.searcher().find(Selection(**selection), 100)  # type: ignore[arg-type]
    assert found.total == len(found.candidates)
    return sorted(candidate.id for candidate in found.candidates)


def put_and_fail(writer: Writer, document: Document) -> NoReturn:
    writer.put(entry(document))
    raise ZeroDivisionError


def terms(text: str) -> tuple[str, ...]:
    return tuple(map(stem, words(composed(text))))


# Matching


def test_any_of_the_terms_is_enough(filled, doc):
    engine = filled(doc("Reset a badge"), doc("Print in colour"), doc("Badge printer"))
    assert ids(engine, any_of=terms("badges printing")) == [1, 2, 3]
    assert ids(engine, any_of=terms("colours")) == [2]
    assert ids(engine, any_of=("nothing",)) == []


def test_every_field_is_looked_in(filled, doc):
    engine = filled(
        doc("Titleword"),
        doc("x", "Bodyword"),
        doc("x", summary="Summaryword"),
        doc("x", headings=("Headingword",)),
        doc("x", tags=("tagword",)),
        doc("x", author="handleword", author_names=("Nameword Berg",)),
    )
    for number, word in enumerate(
        ("titleword", "bodyword", "summaryword", "headingword", "tagword", "nameword"), 1
    ):
        assert ids(engine, any_of=terms(word)) == [number], word


def test_more_of_the_terms_make_a_better_candidate(filled, doc):
    engine = filled(
        doc("One", "alpha and other words of all sorts"),
        doc("Two", "alpha beta gamma words of all sorts"),
        doc("Three", "beta and other words of all sorts"),
    )
    found = engine.searcher().find(Selection(any_of=("alpha", "beta", "gamma")), 2)
    assert found.candidates[0].id == 2
    assert len(found.candidates) == 2
    assert found.total == 3


def test_a_phrase_needs_its_words_in_order_and_without_a_gap(filled, doc):
    engine = filled(
        doc("Reset the password", "now"),
        doc("x", "the reset of a password"),
        doc("x", "password reset"),
        doc("Reset", "password"),
    )
    assert ids(engine, phrases=(("reset", "the", "password"),)) == [1]
    assert ids(engine, phrases=(("password", "reset"),)) == [3]
    assert ids(engine, phrases=(("reset", "password"),)) == []
    assert ids(engine, phrases=(("password",),)) == [1, 2, 3, 4]


def test_a_phrase_does_not_reach_from_one_heading_into_the_next(filled, doc):
    engine = filled(doc("x", headings=("Choose a colour", "Printer settings")))
    assert ids(engine, phrases=(("colour", "printer"),)) == []
    assert ids(engine, phrases=(("printer", "settings"),)) == [1]


def test_words_that_are_not_wanted_leave_out_what_has_them(filled, doc):
    engine = filled(doc("badge reader"), doc("badge printer"), doc("badge of honour"))
    assert ids(engine, any_of=terms("badge"), without=terms("printers")) == [1, 3]
    assert ids(engine, any_of=terms("badge"), without_phrases=(("badge", "of"),)) == [1, 2]
    assert ids(engine, without=terms("reader")) == [2, 3]


def test_filters_narrow_and_alternatives_of_one_filter_widen(filled, doc):
    engine = filled(
        doc("a", kind="howto", topics=("it", "network"), tags=("vpn", "linux"), author="ada"),
        doc("b", kind="story", topics=("it",), tags=("vpn",), author="bob"),
        doc("c", kind="howto", topics=("people",), author="ada", author_names=("Ada Lovelace",)),
    )

    def narrowed(*groups: tuple[tuple[str, str], ...]) -> list[int]:
        filters = tuple(tuple(filter_key(*pair) for pair in group) for group in groups)
        return ids(engine, filters=filters)

    assert narrowed((("kind", "howto"),)) == [1, 3]
    assert narrowed((("topic", "it"),)) == [1, 2]
    assert narrowed((("topic", "network"),)) == [1]
    assert narrowed((("tag", "VPN"),), (("author", "bob"),)) == [2]
    assert narrowed((("author", "ada lovelace"),)) == [3]
    assert narrowed((("author", "ada"), ("author", "bob"))) == [1, 2, 3]
    assert narrowed((("tag", "v"),)) == []
    assert ids(engine, without_filters=(filter_key("kind", "story"),)) == [1, 3]


def test_an_alternative_finds_what_has_it_within_its_filter(filled, doc):
    engine = filled(
        doc("Raise a purchase request", topics=("finance",)),
        doc("Review a pull request", topics=("code",)),
        doc("PR of the month", topics=("code",)),
        doc("PR for orders", topics=("finance",)),
    )
    pull = Alternative(phrase=("pull", "request"), filter=filter_key("topic", "code"))
    assert ids(engine, any_of=("order",), alternatives=(pull,)) == [2, 4]
    everywhere = Alternative(phrase=("purchase", "request"))
    assert ids(engine, alternatives=(pull, everywhere)) == [1, 2]
    there = Alternative(term="pr", filter=filter_key("topic", "finance"))
    assert ids(engine, alternatives=(there,)) == [4]
    assert ids(engine, alternatives=(Alternative(phrase=("request", "pull")),)) == []


def test_articles_that_are_named_come_first_if_all_else_fits(filled, doc):
    engine = filled(
        doc("word word word"), doc("other", kind="story"), doc("another"), doc("word here")
    )
    found = engine.searcher().find(Selection(any_of=("word",), or_ids=(3, 2)), 2)
    assert sorted(candidate.id for candidate in found.candidates) == [2, 3]
    assert found.total == 4
    howtos = ((filter_key("kind", "howto"),),)
    assert ids(engine, any_of=("word",), or_ids=(3, 2), filters=howtos) == [1, 3, 4]
    assert ids(engine, or_ids=(2, 3), without_ids=(3,)) == [2]
    assert ids(engine, or_ids=(99,)) == []


def test_the_newest_come_first_where_that_is_wanted(filled, doc):
    engine = filled(
        doc("word", published=3), doc("word word word", published=1), doc("word", published=2)
    )
    found = engine.searcher().find(Selection(any_of=("word",), newest=True), 2)
    assert [candidate.id for candidate in found.candidates] == [1, 3]
    assert found.total == 3


def test_ids_can_be_left_out(filled, doc):
    engine = filled(doc("one same"), doc("two same"), doc("three same"))
    assert ids(engine, any_of=terms("same"), without_ids=(2,)) == [1, 3]
    assert ids(engine, without_ids=(1, 3, 99)) == [2]


def test_without_terms_the_newest_come_first(filled, doc):
    engine = filled(doc("old", published=100), doc("new", published=300), doc("mid", published=200))
    found = engine.searcher().find(Selection(), 2)
    assert [candidate.id for candidate in found.candidates] == [2, 3]
    assert found.total == 3


def test_words_of_titles_can_be_asked_for_by_themselves(filled, doc):
    engine = filled(doc("Reset a badge", "printer"), doc("Reset a printer"), doc("Badge printer"))
    assert ids(engine, title_words=(("printer",),)) == [2, 3]
    assert ids(engine, title_words=(("reset",), ("badge", "printer"))) == [1, 2]


def test_facets_count_everything_that_matches_not_only_the_best(filled, doc):
    engine = filled(
        *(
            doc(
                "same words",
                kind="howto" if number % 3 else "story",
                topics=("root", f"leaf-{number % 2}"),
                tags=("all", f"tag {number}"),
                author="ada" if number < 20 else "bob",
            )
            for number in range(30)
        )
    )
    found = engine.searcher().find(Selection(any_of=terms("same")), 5, facets=3)
    assert len(found.candidates) == 5
    assert found.total == 30
    assert found.facets["kind"] == [("howto", 20), ("story", 10)]
    assert found.facets["topic"] == [("root", 30), ("leaf-0", 15), ("leaf-1", 15)]
    assert found.facets["author"] == [("ada", 20), ("bob", 10)]
    assert found.facets["tag"][0] == ("all", 30)
    assert len(found.facets["tag"]) == 3


def test_a_candidate_brings_its_title_and_forward_record(filled, doc):
    document = doc("Réset a badge", "Hold the badge to the reader.", tags=("badge",))
    engine = filled(document)
    (candidate,) = engine.searcher().find(Selection(any_of=terms("reader")), 1).candidates
    assert candidate.title == "Réset a badge"
    assert candidate.record == entry(document).record
    assert len(Record(candidate.record).positions(key("badg"))) == 3


# Statistics and words


def test_frequencies_count_articles(filled, doc):
    engine = filled(doc("badge badge", "badge"), doc("x", "badges ERR-1042"), doc("other"))
    searcher = engine.searcher()
    assert searcher.documents == 3
    assert searcher.frequency("badg") == 2
    assert searcher.frequency("err-1042") == 1
    assert searcher.frequency("nothing") == 0


def test_average_lengths_are_those_of_the_articles_in_the_index(filled, doc):
    engine = filled(doc("one two", "a b c d", tags=("x",)), doc("one two three four", "a b"))
    assert engine.searcher().average_lengths == pytest.approx((3.0, 1.0, 0.0, 0.0, 3.0))
    with engine.writer() as writer:
        writer.remove([2])
    assert engine.searcher().average_lengths == pytest.approx((2.0, 1.0, 0.0, 0.0, 4.0))


def test_words_are_expanded_by_their_beginning(filled, doc):
    engine = filled(
        doc("Reset router", "restart resets"), doc("Reset"), doc("Restore"), doc("x", "reset")
    )
    searcher = engine.searcher()
    assert searcher.words("res", 10) == [
        ("reset", 3),
        ("resets", 1),
        ("restart", 1),
        ("restore", 1),
    ]
    assert searcher.words("res", 1) == [("reset", 3)]
    assert searcher.title_words("re", 10) == [("reset", 2), ("restore", 1)]
    assert searcher.words("zzz", 10) == []


def test_the_vocabulary_has_words_as_written_and_no_signs(filled, doc):
    engine = filled(doc("Printing café", "ERR-1042 printing", headings=("One", "Two")))
    assert dict(engine.searcher().vocabulary()) == {
        "printing": 1, "cafe": 1, "err": 1, "1042": 1, "one": 1, "two": 1
    }  # fmt: skip


# Writing


def test_an_article_put_again_replaces_the_old_one(filled, doc):
    engine = filled(doc("old words"), doc("other"))
    with engine.writer() as writer:
        writer.put(entry(Document(1, "new words", "")))
    assert ids(engine, any_of=("old",)) == []
    assert ids(engine, any_of=("new",)) == [1]
    assert ids(engine, any_of=terms("words")) == [1]
    assert engine.searcher().documents == 2


def test_the_last_of_several_changes_in_one_commit_counts(engine):
    with engine.writer() as writer:
        writer.put(entry(Document(1, "first", "")))
        writer.put(entry(Document(1, "second", "")))
        writer.put(entry(Document(2, "third", "")))
        writer.remove([2])
    assert ids(engine) == [1]
    assert ids(engine, any_of=("second",)) == [1]


def test_a_removed_article_leaves_no_trace(filled, doc):
    engine = filled(doc("Canary title", "canarybody", tags=("canarytag",)), doc("Other"), doc("x"))
    with engine.writer() as writer:
        writer.remove([1, 77])
    searcher = engine.searcher()
    assert searcher.documents == 2
    assert searcher.words("canary", 10) == []
    assert searcher.title_words("canary", 10) == []
    assert searcher.frequency("canari") == 0
    assert searcher.frequency("canarybodi") == 0
    found = searcher.find(Selection(), 10, facets=10)
    assert found.facets["tag"] == []
    assert [id_ for id_, _ in searcher.digests()] == [2, 3]


def test_nothing_changes_when_writing_fails(filled, doc):
    engine = filled(doc("one"))
    before = engine.searcher().generation
    with pytest.raises(ZeroDivisionError), engine.writer() as writer:
        put_and_fail(writer, doc("two"))
    assert ids(engine) == [1]
    assert engine.searcher().generation == before
    filled(doc("three"))
    assert ids(engine) == [1, 3]


def test_a_second_writer_is_told_to_wait(engine, engine_url, tmp_path):
    other = open_engine(engine_url, tmp_path / "search")
    with engine.writer(), pytest.raises(IndexBusy), other.writer(timeout=0.1):
        pass


def test_the_digest_of_each_article_is_kept(filled, doc):
    one, two = doc("one"), doc("two")
    engine = filled(one, two)
    assert dict(engine.searcher().digests()) == {1: one.digest(), 2: two.digest()}


# Freshness


def test_a_commit_is_seen_by_the_next_search_of_another_reader(filled, doc, engine_url, tmp_path):
    reader = open_engine(engine_url, tmp_path / "search")
    filled(doc("one"))
    before = reader.searcher()
    filled(doc("two"))
    assert ids(reader) == [1, 2]
    assert reader.searcher().generation != before.generation
    assert reader.searcher() is reader.searcher()


def test_a_searcher_goes_on_answering_as_of_its_moment(filled, doc):
    engine = filled(doc("one same"))
    searcher = engine.searcher()
    filled(doc("two same"))
    with engine.rebuild() as fresh:
        fresh.put(entry(Document(9, "nine", "")))
    assert searcher.find(Selection(any_of=terms("same")), 10).total == 1
    assert ids(engine) == [9]


def _write_many(url: str, folder: Path) -> None:
    engine = open_engine(url, folder)
    for number in range(25):
        with engine.writer(timeout=20) as writer:
            writer.put(entry(Document(number % 5 + 1, f"same number {number}", "text " * 50)))


def test_readers_never_fail_while_another_process_writes(filled, engine_url, tmp_path):
    engine = filled(Document(1, "same", ""))
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_write_many, args=(engine_url, tmp_path / "search"))
    process.start()
    seen = 0
    while process.is_alive():
        found = engine.searcher().find(Selection(any_of=terms("same")), 10, facets=5)
        assert found.total == len(found.candidates) >= 1
        seen += 1
    process.join()
    assert process.exitcode == 0
    assert seen > 10
    assert ids(engine, any_of=("24",)) == [5]
    assert ids(engine) == [1, 2, 3, 4, 5]


def test_several_threads_may_search_at_once(filled, doc):
    engine = filled(*(doc(f"same word{number}", "text of it " * 30) for number in range(200)))
    wrong: list[object] = []

    def look(seed: int) -> None:
        chooser = random.Random(seed)
        for _ in range(60):
            number = chooser.randrange(200)
            found = engine.searcher().find(Selection(any_of=("same", f"word{number}")), 1)
            if found.total != 200 or found.candidates[0].id != number + 1:
                wrong.append((number, found.total, found.candidates[0].id))

    threads = [threading.Thread(target=look, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# Rebuilding, and what may have happened to an index


def test_searches_go_on_while_an_index_is_rebuilt(filled, doc):
    engine = filled(doc("old same"))
    with engine.rebuild() as fresh:
        for number in range(50):
            fresh.put(entry(Document(number + 10, "new same", "")))
        assert ids(engine, any_of=terms("same")) == [1]
    assert len(ids(engine, any_of=terms("same"))) == 50
    assert ids(engine, any_of=("old",)) == []


def test_a_rebuild_that_fails_leaves_the_old_index_in_use(filled, doc):
    engine = filled(doc("old"))
    with pytest.raises(ZeroDivisionError), engine.rebuild() as fresh:
        put_and_fail(fresh, doc("new"))
    assert ids(engine) == [1]
    with engine.rebuild() as fresh:
        fresh.put(entry(doc("newer")))
    assert ids(engine) == [3]


def test_only_one_rebuild_runs_at_a_time(engine, engine_url, tmp_path):
    other = open_engine(engine_url, tmp_path / "search")
    with engine.rebuild(), pytest.raises(IndexBusy), other.rebuild():
        pass


def test_from_hold_on_others_cannot_write_and_late_changes_count(filled, doc, engine_url, tmp_path):
    engine = filled(doc("one"))
    other = open_engine(engine_url, tmp_path / "search")
    with engine.rebuild() as fresh:
        fresh.put(entry(Document(1, "one before", "")))
        fresh.put(entry(Document(2, "two before", "")))
        with other.writer() as writer:
            writer.put(entry(Document(1, "written meanwhile", "")))
        fresh.hold()
        with pytest.raises(IndexBusy), other.writer(timeout=0.1):
            pass
        fresh.put(entry(Document(1, "one after", "")))
        fresh.remove([2])
    assert ids(other) == [1]
    assert ids(other, any_of=("after",)) == [1]
    with other.writer(timeout=0.1) as writer:
        writer.put(entry(Document(3, "three", "")))
    assert ids(engine) == [1, 3]


@embedded
def test_disk_space_of_older_indexes_is_given_back(engine, tmp_path):
    for _ in range(4):
        with engine.rebuild():
            pass
    assert len(list((tmp_path / "search").glob("*/index-*"))) == 2


def test_without_an_index_that_is_said(engine_url, tmp_path):
    engine = open_engine(engine_url, tmp_path)
    with pytest.raises(IndexMissing):
        engine.searcher()
    with pytest.raises(IndexMissing), engine.writer():
        pass


@embedded
def test_an_index_of_another_version_is_not_used(filled, doc, engine_url, tmp_path):
    filled(doc("one"))
    (pointer,) = (tmp_path / "search").glob("*/current.json")
    pointer.write_text(json.dumps({**json.loads(pointer.read_text()), "version": "0"}))
    engine = open_engine(engine_url, tmp_path / "search")
    with pytest.raises(IndexMissing, match="version"):
        engine.searcher()


def _damage_pointer(folder: Path) -> None:
    (pointer,) = folder.glob("*/current.json")
    pointer.write_text("{")


def _remove_folder(folder: Path) -> None:
    for path in folder.glob("*/index-*/*"):
        path.unlink()
    for path in folder.glob("*/index-*"):
        path.rmdir()


def _truncate(folder: Path) -> None:
    for path in folder.glob("*/index-*/*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _overwrite(folder: Path) -> None:
    for path in folder.glob("*/index-*/*"):
        if path.is_file():
            path.write_bytes(b"\x00garbage" * (path.stat().st_size // 8))


def _lose_segments(folder: Path) -> None:
    for path in folder.glob("*/index-*/*"):
        if path.suffix in (".term", ".store", ".seg"):
            path.unlink()


@embedded
@pytest.mark.parametrize(
    "harm", [_damage_pointer, _remove_folder, _truncate, _overwrite, _lose_segments]
)
def test_a_damaged_index_is_noticed_and_can_be_rebuilt(filled, doc, engine_url, tmp_path, harm):
    filled(*(doc(f"same number {number}", "text of it " * 20) for number in range(50)))
    harm(tmp_path / "search")
    engine = open_engine(engine_url, tmp_path / "search")
    with pytest.raises(IndexMissing):
        engine.searcher().find(Selection(any_of=terms("same")), 10, facets=5)
    with engine.rebuild() as fresh:
        fresh.put(entry(Document(7, "same again", "")))
    assert ids(engine, any_of=terms("same")) == [7]


@embedded
def test_a_single_bit_that_flips_is_noticed_wherever_it_is(filled, doc, engine_url, tmp_path):
    engine = filled(*(doc(f"number {number}", "words of it " * 9) for number in range(20)))
    with engine.writer() as writer:
        writer.remove([3])
    engine.check()
    for path in sorted((tmp_path / "search").glob("*/index-*/*")):
        whole = path.read_bytes()
        if path.suffix in (".json", ".lock") or not whole:
            continue
        for at in (0, len(whole) // 2, len(whole) - 1):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 16]) + whole[at + 1 :])
            with pytest.raises(IndexMissing, match=path.name):
                engine.check()
        path.write_bytes(whole)
    engine.check()


# All engines agree


@pytest.mark.parametrize("engine_name", ["whoosh", "opensearch"], indirect=True)
def test_engines_find_the_same_articles(engine_url, tmp_path):
    chooser = random.Random(7)
    vocabulary = [f"w{chr(97 + n)}{chr(97 + m)}" for n in range(6) for m in range(6)]
    documents = [
        Document(
            number,
            " ".join(chooser.choices(vocabulary, k=4)),
            " ".join(chooser.choices(vocabulary, k=30)),
            tags=tuple(chooser.sample(vocabulary, k=2)),
            kind=chooser.choice(["howto", "story"]),
        )
        for number in range(150)
    ]
    engines = [open_engine(url, tmp_path) for url in ("tantivy:", engine_url)]
    for engine in engines:
        with engine.rebuild() as fresh:
            for document in documents:
                fresh.put(entry(document))
    for _ in range(150):
        any_of, without = (chooser.sample(vocabulary, k=chooser.randint(0, 2)) for _ in range(2))
        selection = Selection(
            any_of=tuple(map(stem, any_of)),
            phrases=chooser.choice([(), (tuple(chooser.sample(vocabulary, k=2)),)]),
            without=tuple(map(stem, without)),
            filters=chooser.choice([(), (("kind=howto",),), (("kind=howto", "kind=story"),)]),
        )
        found = [engine.searcher().find(selection, 150, facets=5) for engine in engines]
        assert found[0].total == found[1].total
        assert found[0].facets == found[1].facets
        records = [{c.id: (c.title, c.record) for c in one.candidates} for one in found]
        assert records[0] == records[1]


def test_only_what_the_index_has_is_left_out_of_its_answers(filled, doc):
    searcher = filled(doc("Badge reader"), doc("Badge printer")).searcher()
    assert without(searcher, [7]) is searcher
    left = without(searcher, [1, 7])
    assert (left.documents, left.frequency("badg"), left.frequency("reader")) == (1, 1, 0)
