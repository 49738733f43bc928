"""A text that is imagined in the index is found and ranked as if it stood there."""

import pytest

from search.documents import Document, entry
from search.engines import Engine, Selection
from search.imagined import Imagined
from search.likeness import alike
from search.pipeline import Pipeline
from search.query import parse
from tests.search.conftest import Make

# What is imagined is the same over any engine; that they answer alike is tried elsewhere.
pytestmark = pytest.mark.parametrize("engine_name", ["tantivy"], indirect=True)

EVERYTHING = [
    Document(1, "Reset the VPN", "Open the client and press reset.", tags=("vpn",)),
    Document(2, "Badge reader", "Hold the badge to the reader for a second.", kind="story"),
    Document(3, "Printer toner", "The toner for the printer is in the cupboard by the VPN box."),
    Document(4, "Travel by train", "Book the train early; the reset of the fare is monthly."),
]
QUERIES = [
    "vpn",
    "reset vpn",
    "vpn client",
    '"press reset"',
    "vpn -printer",
    "tag:vpn",
    "kind:story",
    "kind:howto reset",
    "tonr",
    "badg",
    "frobnicate",
    "the reader",
    "-kind:story",
]


def found(engine: Engine, typed: str, imagined: Imagined | None = None) -> list[int]:
    results = Pipeline(engine).search(
        parse(typed), lambda ids: {id_: id_ for id_ in ids}, searcher=imagined
    )
    assert results.total == len(results.hits)
    return [hit.id for hit in results.hits]


@pytest.mark.parametrize("typed", QUERIES)
@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_it_is_found_as_if_it_stood_in_the_index(
    filled: Make, engine: Engine, typed: str, number: int
) -> None:
    text = EVERYTHING[number]
    filled(*(document for document in EVERYTHING if document is not text))
    imagined = found(engine, typed, Imagined(engine.searcher(), entry(text), None))
    filled(text)
    if typed == "tonr" and number == 2:
        assert imagined == []  # spelling knows the words of what is published
        return
    assert set(imagined) == set(found(engine, typed))
    if typed not in ("tag:vpn", "kind:story", "-kind:story"):  # those are in order of time
        assert imagined == found(engine, typed)


@pytest.mark.parametrize("typed", QUERIES)
def test_it_takes_the_place_of_the_text_that_is_live(
    filled: Make, engine: Engine, typed: str
) -> None:
    filled(*EVERYTHING)
    live = EVERYTHING[0]
    new = live._replace(title="Frobnicate the reader", text="Nothing else.", tags=("reader",))
    imagined = found(engine, typed, Imagined(engine.searcher(), entry(new), entry(live)))
    filled(new)
    assert set(imagined) == set(found(engine, typed))


def test_frequencies_are_those_of_the_index_with_it(filled: Make, engine: Engine) -> None:
    filled(*EVERYTHING)
    live = EVERYTHING[0]
    new = live._replace(text="Frobnicate the badge.")
    imagined = Imagined(engine.searcher(), entry(new), entry(live))
    before = engine.searcher()
    assert imagined.documents == before.documents
    assert imagined.frequency("frobnic") == 1
    assert imagined.frequency("badg") == before.frequency("badg") + 1
    assert imagined.frequency("client") == before.frequency("client") - 1
    assert imagined.frequency("vpn") == before.frequency("vpn")
    assert ("frobnicate", 1) in imagined.words("frob", 5)


def test_what_is_left_out_stays_left_out(filled: Make, engine: Engine) -> None:
    filled(*EVERYTHING)
    imagined = Imagined(engine.searcher(), entry(EVERYTHING[0]._replace(id=9)), None)
    assert imagined.find(Selection(any_of=("vpn",)), 10).total == 3
    assert imagined.find(Selection(any_of=("vpn",), without_ids=(9,)), 10).total == 2


def test_nothing_is_written(filled: Make, engine: Engine) -> None:
    filled(*EVERYTHING)
    before = list(engine.searcher().digests())
    imagined = Imagined(engine.searcher(), entry(EVERYTHING[0]._replace(id=9)), None)
    assert found(engine, "vpn", imagined)
    assert list(engine.searcher().digests()) == before


# Texts that are alike


def test_articles_that_say_the_same_are_named_likeliest_first(filled: Make, engine: Engine) -> None:
    filled(*EVERYTHING)
    text = Document(9, "Client of the VPN", "Open it and press reset. Then open the VPN again.")
    assert alike(engine.searcher(), text)[0].id == 1
    assert 2 not in [each.id for each in alike(engine.searcher(), text, limit=2)]


def test_a_text_is_not_like_itself(filled: Make, engine: Engine) -> None:
    filled(*EVERYTHING)
    assert 1 not in [each.id for each in alike(engine.searcher(), EVERYTHING[0])]


@pytest.mark.parametrize("text", ["", "a b c", "frobnicate zyzzyva"])
def test_a_text_of_unknown_words_is_like_nothing(filled: Make, engine: Engine, text: str) -> None:
    filled(*EVERYTHING)
    assert alike(engine.searcher(), Document(9, text, text)) == []
