"""Marks and passages: exact, and never markup."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.documents import Document, entry
from search.forward import Record, key
from search.highlight import Part, marked, passage, passage_at
from search.ranking import Ranked


def bracketed(parts: list[Part]) -> str:
    return "".join(f"[{part.text}]" if part.is_match else part.text for part in parts)


def ranked(text: str, *terms: str) -> Ranked:
    made = entry(Document(1, "Title", text))
    record = Record(made.record)
    return Ranked(1, "Title", 1.0, record, tuple(record.positions(key(term)) for term in terms))


def best(text: str, *terms: str, weights: tuple[float, ...] = ()) -> str:
    found = ranked(text, *terms)
    return bracketed(passage(text, set(terms), found, weights or (1.0,) * len(terms)).parts)


@pytest.mark.parametrize(
    ("text", "terms", "expected"),
    [
        ("Printing in colour", {"print"}, "[Printing] in colour"),
        ("CAFÉS and Müller's", {"cafe", "muller"}, "[CAFÉS] and [Müller's]"),
        ("See ERR-1042, not 1042", {"err-1042"}, "See [ERR-1042], not 1042"),
        ("ERR-1042", {"err-1042", "err"}, "[ERR-1042]"),
        ("C++ or C", {"c++"}, "[C++] or C"),
        ("nothing here", {"else"}, "nothing here"),
        ("", {"x"}, ""),
    ],
)
def test_exactly_the_words_that_match_are_marked(text, terms, expected):
    assert bracketed(marked(text, terms)) == expected


def test_the_passage_is_the_one_with_the_most_and_rarest_words():
    filler = "Here are many words about nothing in particular at all. " * 20
    text = f"{filler}The printer hums. {filler}When the printer jams, pull the toner. {filler}"
    assert "[printer] [jams], pull the [toner]" in best(text, "printer", "jam", "toner")
    rare = f"printer printer printer. {filler} the toner alone. {filler}"
    assert "[toner]" in best(rare, "printer", "toner", weights=(0.5, 5.0))


def test_a_passage_begins_with_its_sentence_and_says_that_the_text_goes_on():
    filler = "Here are many words about nothing in particular at all. " * 20
    shown = best(f"{filler}Pull the toner out. {filler}", "toner")
    assert shown.startswith("… Pull the [toner] out. Here")
    assert shown.endswith(" …")
    assert len(shown) < 350


def test_a_short_text_is_shown_whole():
    assert best("Pull  the\ttoner out.", "toner") == "Pull the [toner] out."


def test_without_a_match_in_the_text_it_begins_at_the_beginning():
    assert best("Pull the toner out.", "badge") == "Pull the toner out."


def test_a_text_that_is_newer_than_the_index_is_looked_through():
    old = ranked("toner " + "old words " * 300, "toner")
    text = "New words stand here now. " * 40 + "And the toner too."
    assert "[toner]" in bracketed(passage(text, {"toner"}, old, (1.0,)).parts)
    assert bracketed(passage("", {"toner"}, old, (1.0,)).parts) == ""


def test_a_match_far_into_a_long_text_is_shown():
    text = "Many words of no use here. " * 9000 + "The toner is last."
    assert "[toner]" in best(text, "toner")


FILLER = "Here are many words about nothing in particular at all. " * 20


def test_a_passage_says_how_much_of_what_was_asked_it_holds():
    text = f"{FILLER}The printer hums. {FILLER}The toner is low. {FILLER}"
    found = ranked(text, "printer", "toner", "badge")
    shown = passage(text, {"printer", "toner", "badge"}, found, (1.0, 2.0, 5.0))
    assert "[toner]" in bracketed(shown.parts)
    assert shown.share == pytest.approx(2 / 8)
    assert text[shown.start :].startswith("toner")
    assert passage(text, {"badge"}, ranked(text, "badge"), (5.0,)).share == 0


def test_a_passage_can_be_taken_from_where_the_meaning_is():
    answer = "is odd. Wait an hour. Then pull the plug out of the wall. It starts anew."
    text = f"{FILLER}This {answer} {FILLER}"
    start, end = text.index(answer), text.index(answer) + len(answer)
    first = passage_at(text, start, end, set())
    assert bracketed(first.parts).startswith("… Wait an hour. Then pull")
    assert text[first.start :].startswith("Wait")
    better = bracketed(passage_at(text, start, end, {"plug", "wall"}).parts)
    assert better.startswith("… Then pull the [plug] out of the [wall]. It starts")
    assert better.endswith(" …")


@pytest.mark.parametrize(("start", "end"), [(0, 0), (0, 10_000), (5_000, 6_000), (3, 4)])
def test_a_range_that_fits_the_text_no_more_shows_some_of_it_or_nothing(start, end):
    text = "Café is open. " * 100
    whole = "".join(part.text for part in passage_at(text, start, end, {"cafe"}).parts)
    assert whole.strip("… ") in text


@pytest.mark.parametrize(
    "hostile",
    ["<img src=x onerror=alert(1)> toner", "<mark onclick=alert(1)>toner</mark>", "toner <script>"],
)
def test_markup_in_a_text_stays_text(hostile):
    parts = passage(hostile, {"toner"}).parts
    assert "".join(part.text for part in parts) == hostile
    assert [part.text for part in parts if part.is_match] == ["toner"]


@given(
    st.text(max_size=400), st.sets(st.sampled_from(["a", "b", "é", "1", "a-1", "the"]), max_size=3)
)
def test_parts_put_together_are_the_text(text, terms):
    parts = marked(text, terms)
    whole = "".join(part.text for part in parts)
    import re
    import unicodedata

    blanks = re.compile(r"[\s·]+")  # a point stands where a line ended
    assert blanks.sub(" ", whole) == blanks.sub(" ", unicodedata.normalize("NFC", text))
    passage(text, terms, ranked(text, *terms), (1.0,) * len(terms))


def test_a_heading_keeps_apart_from_the_text_below_it():
    text = "Steps\n\nTalk to me.\nThen go  on\n"
    assert bracketed(marked(text, {"talk"})) == "Steps · [Talk] to me. Then go on "
