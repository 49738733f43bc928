"""Differences of texts as typed: each side is shown whole, and what is marked is what changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.diff import (
    CONTEXT,
    MOST_ROWS,
    Lines,
    Piece,
    Row,
    compare,
    compare_lines,
    spelling,
    whole,
    words,
    words_that_differ,
)

texts = st.lists(st.text(st.sampled_from("ab c.\t"), max_size=6), max_size=15).map("\n".join)
lines = st.sampled_from(
    [
        "",
        "# Before you go",
        "Ask the travel office for the form and send it back the same day.",
        "Ask the travel office for the new form and send it back the same week.",
        "- pack a charger",
        "- pack an adapter",
        "Whoever comes home late may start later on the next working day.",
        "```",
        "make test",
    ]
)
articles = st.lists(lines, max_size=20).map("\n".join)


def rows(old: str, new: str) -> list[Row]:
    return [row for stretch in compare(old, new) for row in stretch.rows]


def joined(pieces: tuple[Piece, ...]) -> str:
    return "".join(piece.text for piece in pieces)


def kinds(old: str, new: str) -> list[str]:
    return [row.kind for row in rows(old, new)]


@given(texts | articles, texts | articles)
def test_each_side_is_shown_whole_and_in_order(old: str, new: str) -> None:
    shown = rows(old, new)
    assert [joined(row.old) for row in shown if row.old is not None] == old.split("\n")
    assert [joined(row.new) for row in shown if row.new is not None] == new.split("\n")


@given(texts | articles, texts | articles)
def test_lines_carry_their_numbers(old: str, new: str) -> None:
    shown = rows(old, new)
    before, after = old.split("\n"), new.split("\n")
    for row in shown:
        assert (row.old_line is None) == (row.old is None)
        assert (row.new_line is None) == (row.new is None)
        if row.old is not None and row.old_line is not None:
            assert joined(row.old) == before[row.old_line - 1]
        if row.new is not None and row.new_line is not None:
            assert joined(row.new) == after[row.new_line - 1]


@given(texts | articles, texts | articles)
def test_what_is_not_marked_is_the_same_on_both_sides(old: str, new: str) -> None:
    for row in rows(old, new):
        if row.old is not None and row.new is not None:
            kept = [joined(tuple(p for p in side if not p.changed)) for side in (row.old, row.new)]
            assert kept[0] == kept[1]


@given(texts | articles)
def test_equal_texts_show_no_change(text: str) -> None:
    assert set(kinds(text, text)) == {"same"}
    assert compare_lines(text, text).changes == 0


@given(texts | articles, texts | articles)
def test_different_texts_show_a_change(old: str, new: str) -> None:
    compared = compare_lines(old, new)
    assert any(row.kind != "same" for row in rows(old, new)) == (old != new)
    assert (compared.changes > 0) == (old != new)


@given(texts | articles, texts | articles)
def test_nothing_changed_is_folded_away_or_kept_quiet(old: str, new: str) -> None:
    for stretch in compare(old, new):
        if stretch.folded:
            assert {row.kind for row in stretch.rows} == {"same"}
    loud = [row for row in rows(old, new) if row.kind != "same" and not row.is_quiet]
    assert bool(loud) == (old != new)


@given(articles, articles)
def test_a_moved_line_stands_at_both_of_its_places(old: str, new: str) -> None:
    moved = [row for row in rows(old, new) if row.kind == "moved"]
    went = {(row.old_line, row.other_line) for row in moved if row.old is not None}
    came = {(row.other_line, row.new_line) for row in moved if row.new is not None}
    assert went == came
    assert len(went) * 2 == len(moved)


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


def test_words_exchanged_side_by_side_are_marked_as_one() -> None:
    row = words("Call the help desk", "Call your team lead")
    assert row.old == (Piece("Call ", False), Piece("the help desk", True))
    assert row.new == (Piece("Call ", False), Piece("your team lead", True))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("a\nb", "a\nb\nc", ["same", "same", "added"]),
        ("a\nb\nc", "a\nc", ["same", "removed", "same"]),
        ("a\nb\nc", "a\nx y\nc", ["same", "changed", "same"]),
        ("a\nb\nc", "a\nx\ny\nc", ["same", "removed", "added", "added", "same"]),
    ],
)
def test_lines_are_named_by_what_happened_to_them(old: str, new: str, expected: list[str]) -> None:
    assert kinds(old, new) == expected


def test_an_edited_line_stands_beside_its_own_new_form_not_beside_the_first_new_one() -> None:
    old = "Start.\nAsk the travel office for the blue form.\nEnd."
    new = "Start.\nTell your lead first.\nBook nothing yet.\nAsk the travel office for the red form.\nEnd."
    assert kinds(old, new) == ["same", "added", "added", "changed", "same"]
    changed = rows(old, new)[3]
    assert (changed.old_line, changed.new_line) == (2, 4)


def test_an_empty_line_or_a_fence_does_not_tear_an_edited_passage_apart() -> None:
    old = "One paragraph about the old laptop order.\n\nAnother about badges and keys."
    new = (
        "Something wholly new here.\n\nOne paragraph about the new laptop order.\n\n"
        "Another about badges or keys."
    )
    changed = [(row.old_line, row.new_line) for row in rows(old, new) if row.kind == "changed"]
    assert changed == [(1, 3), (3, 5)]


# Moved


PARAGRAPHS = [
    "Order the laptop ten days ahead through the hardware form.",
    "Ask the office manager for a desk near the team.",
    "Run the script and wait for it to finish without a warning.",
    "Send the welcome mail with the temporary password to the team.",
    "Arrange a lunch on the first day and a call in the first week.",
]


def test_a_paragraph_put_elsewhere_is_shown_as_moved() -> None:
    old = "\n\n".join(PARAGRAPHS)
    new = "\n\n".join([*PARAGRAPHS[1:], PARAGRAPHS[0]])
    moved = [row for row in rows(old, new) if row.kind == "moved" and not row.is_quiet]
    assert [(row.old_line, row.new_line, row.other_line) for row in moved] == [
        (1, None, 9),
        (None, 9, 1),
    ]
    tally = compare_lines(old, new).tally
    assert (tally.added, tally.removed, tally.moved) == (0, 0, 1)


def test_words_changed_in_a_moved_paragraph_are_marked_at_both_places() -> None:
    old = "\n\n".join(PARAGRAPHS)
    new = "\n\n".join([*PARAGRAPHS[1:], PARAGRAPHS[0].replace("ten", "twelve")])
    went, came = [row for row in rows(old, new) if row.kind == "moved" and not row.is_quiet]
    assert went.old is not None
    assert came.new is not None
    assert [piece.text for piece in went.old if piece.changed] == ["ten"]
    assert [piece.text for piece in came.new if piece.changed] == ["twelve"]
    tally = compare_lines(old, new).tally
    assert (tally.added, tally.removed, tally.moved) == (1, 1, 1)


def test_a_run_of_short_lines_moves_as_one_block() -> None:
    steps = ["- open", "- press", "- wait"]
    old = "\n".join([*steps, *PARAGRAPHS])
    new = "\n".join([*PARAGRAPHS, *steps])
    assert compare_lines(old, new).tally.moved == 1
    assert kinds(old, new).count("moved") == 6


@pytest.mark.parametrize("line", ["- open it", "}", "---", "One two three four five"])
def test_a_single_short_line_is_not_called_moved(line: str) -> None:
    old = "\n".join([line, *PARAGRAPHS])
    new = "\n".join([*PARAGRAPHS, line])
    assert "moved" not in kinds(old, new)


def test_lines_without_words_are_not_called_moved() -> None:
    old = "\n".join(["}", "}", *PARAGRAPHS])
    new = "\n".join([*PARAGRAPHS, "}", "}"])
    assert compare_lines(old, new).tally.added == 0


# Folding, and texts that are too much


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


def test_of_texts_with_little_in_common_the_beginning_is_shown_and_the_rest_counted() -> None:
    old = "\n".join(f"alpha {n} and some more" for n in range(1000))
    new = "\n".join(f"beta {n} or something else" for n in range(1000))
    compared = compare_lines(old, new, most=MOST_ROWS)
    shown = sum(len(stretch.rows) for stretch in compared.stretches)
    assert shown == MOST_ROWS
    everything = compare_lines(old, new)
    assert everything.left_out == 0
    assert shown + compared.left_out == sum(len(s.rows) for s in everything.stretches)
    assert compared.tally == everything.tally


def test_nothing_is_left_out_where_little_changed() -> None:
    old = "\n".join(f"line {n}" for n in range(2 * MOST_ROWS))
    assert compare_lines(old, old + "\nmore", most=MOST_ROWS).left_out == 0


def test_texts_too_long_to_align_are_shown_one_after_the_other() -> None:
    old, new = "\n".join(["a"] * 9000), "\n".join(["b"] * 9000)
    assert kinds(old, new) == ["removed"] * 9000 + ["added"] * 9000


def test_what_texts_too_long_to_align_begin_and_end_with_is_still_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(spelling, "MOST_CELLS", 0)
    assert kinds("a\n\nb\nz", "a\n\nc\nz") == ["same", "same", "changed", "same"]


def test_of_two_long_texts_that_share_nothing_a_part_is_shown() -> None:
    old = "\n".join(f"alpha {n} a line of the first text" for n in range(7600))
    new = "\n".join(f"beta {n} one of quite another one" for n in range(7600))
    compared = compare_lines(old, new, most=MOST_ROWS)
    assert compared.left_out > 0
    assert sum(len(stretch.rows) for stretch in compared.stretches) <= MOST_ROWS + 10


def test_many_lines_changed_in_the_same_way_stand_beside_one_another() -> None:
    old = "\n".join(f"{n} is kept by the old office in the city" for n in range(2000))
    assert set(kinds(old, old.replace("old", "new"))) == {"changed"}


# Counting


@pytest.mark.parametrize(
    ("old", "new", "number"),
    [
        ("", "", 0),
        ("Press the key.", "Press the key!", 0),
        ("Press the key.", "Press the red key.", 1),
        ("Press the red key.", "Press the key.", 1),
        ("Press the red key.", "Press the blue key.", 1),
        ("one two three", "four five six seven", 4),
    ],
)
def test_a_word_put_for_another_counts_once(old: str, new: str, number: int) -> None:
    assert words_that_differ(old, new) == number


@given(articles)
def test_a_text_with_nothing_to_compare_it_with_is_shown_unmarked(text: str) -> None:
    shown: Lines = whole(text)
    numbered = [row for stretch in shown.stretches for row in stretch.rows]
    assert [joined(row.new or ()) for row in numbered] == text.split("\n")
    assert [row.new_line for row in numbered] == list(range(1, len(numbered) + 1))
    assert not any(piece.changed for row in numbered for piece in row.new or ())
