"""Differences: what is shown of each side is that side, and what is marked is what changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import diff
from core.diff import CONTEXT, Piece, Row, compare, words

texts = st.lists(st.text(st.sampled_from("ab c.\t"), max_size=6), max_size=15).map("\n".join)


def rows(old: str, new: str) -> list[Row]:
    return [row for stretch in compare(old, new) for row in stretch.rows]


def joined(pieces: tuple[Piece, ...]) -> str:
    return "".join(piece.text for piece in pieces)


@given(texts, texts)
def test_each_side_is_shown_whole_and_in_order(old: str, new: str) -> None:
    shown = rows(old, new)
    assert [joined(row.old) for row in shown if row.old is not None] == old.split("\n")
    assert [joined(row.new) for row in shown if row.new is not None] == new.split("\n")


@given(texts, texts)
def test_what_is_not_marked_is_the_same_on_both_sides(old: str, new: str) -> None:
    for row in rows(old, new):
        if row.old is not None and row.new is not None:
            kept = [joined(tuple(p for p in side if not p.changed)) for side in (row.old, row.new)]
            assert kept[0] == kept[1]


@given(texts)
def test_equal_texts_show_no_change(text: str) -> None:
    assert {row.kind for row in rows(text, text)} == {"same"}


@given(texts, texts)
def test_different_texts_show_a_change(old: str, new: str) -> None:
    changed = any(row.kind != "same" for row in rows(old, new))
    assert changed == (old != new)


@given(texts, texts)
def test_nothing_changed_is_folded_away(old: str, new: str) -> None:
    for stretch in compare(old, new):
        if stretch.folded:
            assert {row.kind for row in stretch.rows} == {"same"}


def test_only_the_words_that_changed_are_marked() -> None:
    row = words("Restart the old client", "Restart the new client now")
    assert row.kind == "changed"
    assert row.old == (
        Piece("Restart the ", False),
        Piece("old", True),
        Piece(" client", False),
    )
    assert row.new == (
        Piece("Restart the ", False),
        Piece("new", True),
        Piece(" client", False),
        Piece(" now", True),
    )


@pytest.mark.parametrize(
    ("old", "new", "kinds"),
    [
        ("a\nb", "a\nb\nc", ["same", "same", "added"]),
        ("a\nb\nc", "a\nc", ["same", "removed", "same"]),
        ("a\nb\nc", "a\nx y\nc", ["same", "changed", "same"]),
    ],
)
def test_lines_are_named_by_what_happened_to_them(old: str, new: str, kinds: list[str]) -> None:
    assert [row.kind for row in rows(old, new)] == kinds


def test_long_unchanged_stretches_are_folded_but_for_a_few_lines_around_a_change() -> None:
    old = [f"line {n}" for n in range(30)]
    new = [*old[:15], "changed", *old[16:]]
    folds = [
        (stretch.folded, len(stretch.rows)) for stretch in compare("\n".join(old), "\n".join(new))
    ]
    assert folds == [(True, 15 - CONTEXT), (False, 2 * CONTEXT + 1), (True, 14 - CONTEXT)]


def test_a_stretch_of_two_lines_is_not_worth_folding() -> None:
    old = "\n".join(f"line {n}" for n in range(CONTEXT + 3))
    assert [stretch.folded for stretch in compare(old, "changed" + old[6:])] == [False, False]


def test_texts_too_long_to_align_are_shown_one_after_the_other() -> None:
    old, new = "\n".join(["a"] * 9000), "\n".join(["b"] * 9000)
    assert {row.kind for row in rows(old, new)} == {"changed"}


def test_texts_too_long_to_align_are_still_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diff, "MOST_CELLS", 0)
    rows = [row for stretch in diff.compare("a\n\nb", "a\n\nc") for row in stretch.rows]
    assert [row.kind for row in rows] == ["same", "same", "changed"]
    assert all(row.new for row in rows)
