"""Carrying somebody's changes over to a newer text: nothing of either side is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.merging import LIVE, MIDDLE, MINE, has_conflict_marks, merge

lines = st.lists(st.sampled_from(["a", "b", "c", "", "- d", "e f"]), max_size=12)
texts = lines.map("\n".join)


@given(texts, texts)
def test_where_the_live_text_did_not_move_mine_stays(base: str, mine: str) -> None:
    assert merge(base, mine, base) == merge_without_conflict(mine)


@given(texts, texts)
def test_where_i_changed_nothing_the_live_text_comes(base: str, live: str) -> None:
    assert merge(base, base, live) == merge_without_conflict(live)


@given(texts, texts)
def test_the_same_change_on_both_sides_is_one_change(base: str, both: str) -> None:
    assert merge(base, both, both) == merge_without_conflict(both)


def merge_without_conflict(text: str) -> object:
    return merge(text, text, text)


@given(texts, texts, texts)
def test_both_sides_agree_on_how_many_places_conflict(base: str, mine: str, live: str) -> None:
    assert merge(base, mine, live).conflicts == merge(base, live, mine).conflicts


@given(texts, texts, texts)
def test_no_line_that_either_side_wrote_is_lost(base: str, mine: str, live: str) -> None:
    merged = set(merge(base, mine, live).text.split("\n"))
    before = set(base.split("\n"))
    assert (set(mine.split("\n")) | set(live.split("\n"))) - before <= merged


@given(texts, texts, texts)
def test_marks_stand_just_where_something_conflicts(base: str, mine: str, live: str) -> None:
    merged = merge(base, mine, live)
    assert merged.text.split("\n").count(MINE) == merged.conflicts
    assert merged.text.split("\n").count(LIVE) == merged.conflicts
    assert has_conflict_marks(merged.text) == (merged.conflicts > 0)


NUMBERED = [f"line {n}" for n in range(12)]


@given(
    st.integers(0, 11),
    st.integers(0, 11),
    st.lists(st.sampled_from(["x", "y"]), max_size=3),
    st.lists(st.sampled_from(["v", "w"]), max_size=3),
)
def test_edits_apart_from_each_other_both_survive(
    here: int, there: int, mine: list[str], live: list[str]
) -> None:
    if abs(here - there) < 2:
        return
    my_text = [*NUMBERED[:here], *mine, *NUMBERED[here + 1 :]]
    live_text = [*NUMBERED[:there], *live, *NUMBERED[there + 1 :]]
    merged = merge("\n".join(NUMBERED), "\n".join(my_text), "\n".join(live_text))
    expected = list(NUMBERED)
    for at, lines in sorted([(here, mine), (there, live)], reverse=True):
        expected[at : at + 1] = lines
    assert merged.conflicts == 0
    assert merged.text == "\n".join(expected)


def test_two_changes_of_one_line_are_shown_one_above_the_other() -> None:
    merged = merge("one\ntwo\nthree", "one\nMINE\nthree", "one\nTHEIRS\nthree")
    expected = ["one", MINE, "MINE", MIDDLE, "THEIRS", LIVE, "three"]
    assert merged.text.split("\n") == expected
    assert merged.conflicts == 1


def test_both_adding_at_one_place_is_for_the_author_to_order() -> None:
    assert merge("one\ntwo", "one\nmine\ntwo", "one\ntheirs\ntwo").conflicts == 1


def test_one_side_deleting_what_the_other_changed_is_a_conflict() -> None:
    merged = merge("one\ntwo\nthree", "one\nthree", "one\nTWO\nthree")
    assert merged.conflicts == 1
    assert "TWO" in merged.text


@pytest.mark.parametrize("text", [MINE, f"a\n{LIVE}\nb", f"a\r\n{MINE}\r\nb"])
def test_a_mark_on_a_line_of_its_own_is_noticed(text: str) -> None:
    assert has_conflict_marks(text)


@pytest.mark.parametrize("text", ["", "see <<<<<<< your text", "    =======", "=======\n"])
def test_other_texts_have_no_marks(text: str) -> None:
    assert not has_conflict_marks(text)


def test_very_long_texts_are_merged_as_wholes_instead_of_exhausting_memory() -> None:
    base = "\n".join(str(n) for n in range(9000))
    merged = merge(base, base + "\nmine", "theirs\n" + base)
    assert merged.conflicts == 1
    assert "\nmine\n" in merged.text
    assert "\ntheirs\n" in merged.text
