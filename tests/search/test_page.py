"""What a result shows: the passage that says most, and the heading it stands under."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.queries import PlainText
from search.documents import Document, entry
from search.forward import Record, key
from search.page import best_passage, heading_above
from search.ranking import Ranked
from search.semantic import Near

FILLER = "Many words about nothing in particular."
TEXT = f"{FILLER}\nSteps\n{FILLER} Steps\nFirst.\nIf not\nSecond.\nSteps\nThird.\n"
HEADINGS = [[2, "steps", "Steps"], [3, "if-not", "If not"], [2, "steps-1", "Steps"]]


def above(word: str, text: str = TEXT, headings: list[list[object]] = HEADINGS) -> str | None:
    found = heading_above(PlainText(text, headings, "en"), text.index(word))
    return found.anchor if found else None


@pytest.mark.parametrize(
    ("word", "anchor"),
    [
        ("Many", None),
        ("Steps", "steps"),
        ("First", "steps"),
        ("Second", "if-not"),
        ("Third", "steps-1"),
    ],
)
def test_a_passage_stands_under_the_last_heading_before_it(word, anchor):
    assert above(word) == anchor


def test_a_heading_that_is_no_line_of_the_text_is_passed_over():
    headings = [[2, "gone", "Formerly"], *HEADINGS]
    assert above("Third", headings=headings) == "steps-1"
    assert above("First", headings=[[2, "none", ""], [2, "last", "Third."]]) is None


def test_headings_are_found_in_a_text_with_accents_in_two_ways():
    text = "Cafe\u0301\nOpen."
    found = heading_above(PlainText(text, [[2, "cafe", "Cafe\u0301"]], "fr"), 5)
    assert found is not None
    assert found.anchor == "cafe"


WORDS = f"{FILLER * 20} The toner is low. {FILLER * 20}"
MEANT = "Pull the plug out of the wall."
WHERE = len(WORDS) + 1


@pytest.mark.parametrize(
    ("weights", "near", "expected"),
    [
        ((1.0, 9.0), Near(1, 0.6, WHERE, WHERE + len(MEANT)), "Pull the plug"),
        ((9.0, 1.0), Near(1, 0.6, WHERE, WHERE + len(MEANT)), "The toner"),
        ((1.0, 9.0), Near(1, 0.3, WHERE, WHERE + len(MEANT)), "The toner"),
        ((1.0, 9.0), Near(1, 0.6, 0, 0), "The toner"),
        ((1.0, 9.0), None, "The toner"),
    ],
)
def test_where_words_say_little_the_passage_is_the_nearest_by_its_meaning(weights, near, expected):
    text = f"{WORDS} {MEANT} {FILLER * 20}"
    record = Record(entry(Document(1, "Badge", text)).record)
    ranked = Ranked(1, "Badge", 1.0, record, (record.positions(key("toner")), ()))
    shown = best_passage(PlainText(text, [], ""), {"toner", "badge"}, ranked, weights, near)
    assert "".join(part.text for part in shown.parts).startswith(f"… {expected}")


@given(st.text("ab\n", max_size=60), st.lists(st.text("ab", max_size=3), max_size=4))
def test_any_text_and_headings_are_borne(text, words):
    headings = [[2, str(number), word] for number, word in enumerate(words)]
    for place in range(len(text)):
        found = heading_above(PlainText(text, headings, "en"), place)
        assert found is None or found.words in text[: place + len(found.words)].split("\n")
