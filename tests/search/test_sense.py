"""What is near in meaning beside what has the words: nothing of it is lost or shown twice."""

import pytest

pytest.importorskip("usearch", reason="the extra semantic is not installed")

import numpy as np

from search.pipeline import FEW_LEFT, PAGE_SIZE, Pipeline
from search.query import parse
from search.semantic import StoredPassage
from search.semantic.sense import MOST_NEAREST, NEAREST, Senses
from search.semantic.vectors import VectorFolder

NEAR, OTHERS = 2 * NEAREST, 30


class Asker:
    """Says of every text that it means the first of all directions."""

    def query(self, _text):
        return np.eye(384, dtype=np.float32)[0]

    def knows(self, word):
        return word == "taxi"


def leaning(degree: int) -> bytes:
    """A vector the farther from that direction, the greater the degree, and never far."""
    vector = np.zeros(384, np.int8)
    vector[0], vector[1 + degree] = 100, 27 + degree
    return vector.tobytes()


def lost(error: Exception) -> None:
    raise error


@pytest.mark.parametrize("typed", ["toner", "toner kind:howto"])
def test_more_that_is_near_than_is_ranked_is_all_found_once_and_the_nearest_first(
    typed, filled, doc, tmp_path
):
    engine = filled(
        *(doc(f"Ink {n}", "What to do when it is empty.") for n in range(NEAR)),
        *(doc(f"Toner {n}", "Ask the porter.") for n in range(OTHERS)),
    )
    vectors = VectorFolder(tmp_path / "meaning", "an encoder")
    vectors.rebuild([{1 + n: [StoredPassage(0, 0, leaning(n))] for n in range(NEAR)}])
    pipeline = Pipeline(engine, Senses(Asker(), vectors, lost))
    found: list[int] = []
    total = PAGE_SIZE
    while len(found) < total:
        results = pipeline.search(
            parse(typed), lambda ids: dict.fromkeys(ids, 1), page=1 + len(found) // PAGE_SIZE
        )
        total = results.total
        found += [hit.id for hit in results.hits]
    is_narrowed = "kind" in typed
    assert len(found) == len(set(found)) == OTHERS + (NEAR if is_narrowed else NEAREST)
    near = [id_ for id_ in found if id_ <= NEAREST]
    assert near == sorted(near)


def test_what_says_the_same_as_the_best_comes_before_what_is_as_near_in_another_way(
    filled, doc, tmp_path
):
    engine = filled(*(doc(f"Toner {n}", "Ask the porter.") for n in range(4)))
    best, alike, unlike = (aside(by, to) for by, to in ((40, 1), (120, 1), (120, 2)))
    vectors = VectorFolder(tmp_path / "meaning", "an encoder")
    passages = {1: best, 2: best, 3: alike, 4: unlike}
    vectors.rebuild([{n: [StoredPassage(0, 0, vector)] for n, vector in passages.items()}])
    pipeline = Pipeline(engine, Senses(Asker(), vectors, lost))
    results = pipeline.search(parse("toner"), lambda ids: dict.fromkeys(ids, 1))
    assert [hit.id for hit in results.hits] == [2, 1, 3, 4]


def aside(by: int, to: int) -> bytes:
    """A vector that lies aside of the direction that is asked for, in one of the others."""
    vector = np.zeros(384, np.int8)
    vector[0], vector[to] = 100, by
    return vector.tobytes()


def test_with_a_filter_that_leaves_few_each_of_these_is_compared(filled, doc, tmp_path):
    many = MOST_NEAREST + NEAREST
    engine = filled(
        *(doc(f"Ink {n}", "What to do when it is empty.") for n in range(many)),
        doc("Paper", "Where it is kept.", tags=("stock",)),
    )
    vectors = VectorFolder(tmp_path / "meaning", "an encoder")
    passages = {1 + n: [StoredPassage(0, 0, leaning(0))] for n in range(many)}
    vectors.rebuild([passages | {many + 1: [StoredPassage(0, 0, leaning(90))]}])
    pipeline = Pipeline(engine, Senses(Asker(), vectors, lost))
    results = pipeline.search(parse("toner tag:stock"), lambda ids: dict.fromkeys(ids, 1))
    assert [hit.id for hit in results.hits] == [many + 1]


def test_with_a_filter_that_leaves_half_as_much_is_near_as_without(filled, doc, tmp_path):
    many = 2 * (FEW_LEFT + 1)
    engine = filled(
        *(doc(f"Ink {n}", "What to do.", kind=("howto", "story")[n % 2]) for n in range(many))
    )
    vectors = VectorFolder(tmp_path / "meaning", "an encoder")
    passages = {1 + n: [StoredPassage(0, 0, leaning(n // 2 % 100))] for n in range(many)}
    vectors.rebuild([passages])
    pipeline = Pipeline(engine, Senses(Asker(), vectors, lost))
    results = pipeline.search(parse("toner kind:howto"), lambda ids: dict.fromkeys(ids, 1))
    assert abs(results.total - NEAREST) <= 2  # some are as near as others


def test_where_a_filter_leaves_nothing_the_nearest_of_all_are_offered(filled, doc, tmp_path):
    engine = filled(doc("Ink"), doc("Paper"))
    vectors = VectorFolder(tmp_path / "meaning", "an encoder")
    vectors.rebuild([{1: [StoredPassage(0, 0, leaning(9))], 2: [StoredPassage(0, 0, leaning(0))]}])
    pipeline = Pipeline(engine, Senses(Asker(), vectors, lost))
    results = pipeline.search(parse("toner tag:gone"), lambda ids: dict.fromkeys(ids, 1))
    assert results.total == 0
    assert [hit.id for hit in results.nearest] == [2, 1]


def test_a_word_that_the_model_knows_is_found_by_its_meaning_and_not_corrected(
    filled, doc, tmp_path
):
    engine = filled(doc("Declare your tax"), doc("Claim travel expenses"))
    vectors = VectorFolder(tmp_path / "meaning", "an encoder")
    vectors.rebuild([{2: [StoredPassage(0, 0, leaning(0))]}])
    pipeline = Pipeline(engine, Senses(Asker(), vectors, lost))
    results = pipeline.search(parse("taxi"), lambda ids: dict.fromkeys(ids, 1))
    assert (results.meaning.corrected, results.meaning.unknown) == ("", ("taxi",))
    assert [hit.id for hit in results.hits] == [2]
    by_words = Pipeline(engine).search(parse("taxi"), lambda ids: dict.fromkeys(ids, 1))
    assert by_words.meaning.corrected == "tax"


def test_a_question_in_another_language_is_corrected_as_before(filled, doc, tmp_path):
    engine = filled(doc("Wie erklärt man die Steuer, die Tax?", language="de"))
    vectors = VectorFolder(tmp_path / "meaning", "an encoder")
    vectors.rebuild([{1: [StoredPassage(0, 0, leaning(0))]}])
    pipeline = Pipeline(engine, Senses(Asker(), vectors, lost))
    results = pipeline.search(parse("wie ist die taxi"), lambda ids: dict.fromkeys(ids, 1))
    assert results.meaning.language == "de"
    assert results.meaning.corrected == "wie ist die tax"


@pytest.mark.parametrize("typed", ["F-32", "F32", "how do I fill in F-32"])
def test_what_is_near_to_an_identifier_that_no_article_has_is_not_meant(
    typed, filled, doc, tmp_path
):
    engine = filled(doc("Form F-31"), doc("Paper"))
    vectors = VectorFolder(tmp_path / "meaning", "an encoder")
    vectors.rebuild([{1: [StoredPassage(0, 0, leaning(0))]}])
    pipeline = Pipeline(engine, Senses(Asker(), vectors, lost))
    results = pipeline.search(parse(typed), lambda ids: dict.fromkeys(ids, 1))
    assert [hit.id for hit in results.hits] == [1]
    assert results.is_weak
