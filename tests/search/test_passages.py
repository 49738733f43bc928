"""Passages: together they are the whole text, each is short enough, and they end where sentences do."""

import re
from collections.abc import Iterator
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from search.semantic.encoder import Encoder
from search.semantic.passages import (
    MOST_CHARACTERS,
    MOST_PASSAGES,
    OVERLAP,
    PASSAGE_TOKENS,
    Span,
    cut,
    title_end,
)


def words(text: str) -> Iterator[Span]:
    """Stands for the tokenizer where its kind of tokens does not matter."""
    yield from (match.span() for match in re.finditer(r"[a-zA-Z]+|[^\sa-zA-Z]", text))


def pieces(text: str, title: str = "") -> list[str]:
    return [text[start:end] for start, end in cut(title, text, words)]


ODD = st.lists(
    st.sampled_from(
        ["word", " ", "\n", "\n\n", ". ", "印刷", "。", "😀", "é", "\0", "x" * 150, "\u202e"]
    ),
    max_size=400,
).map("".join)


@settings(max_examples=150)
@given(text=ODD, title=st.sampled_from(["", "Title", "A long title " * 20]))
def test_nothing_is_lost_between_passages(text: str, title: str) -> None:
    taken = len(list(words(title[: title_end(title, words)])))
    covered = 0
    for start, end in cut(title, text, words):
        assert not text[covered:start].strip()  # only what is no token may lie between
        assert end > covered
        assert end - start <= max(MOST_CHARACTERS, 150)
        assert taken + len(list(words(text[start:end]))) + 2 <= PASSAGE_TOKENS
        covered = end
    assert not text[covered:].strip()


def test_a_short_text_is_one_passage() -> None:
    assert pieces("Press reset.\n\nThen wait.\n") == ["Press reset.\n\nThen wait."]
    assert pieces("") == pieces(" \n ") == []


def test_passages_end_at_paragraphs_or_else_at_lines_or_sentences() -> None:
    paragraph = "One two three four five six seven eight nine ten. " * 8
    for gap in ("\n\n", "\n", " "):
        found = pieces(gap.join([paragraph.strip()] * 5))
        assert len(found) > 3
        assert all(piece.endswith("ten.") for piece in found)
        assert all(piece.startswith("One ") for piece in found)


def test_neighbours_share_some_words() -> None:
    text = " ".join("word" + "s" * (number % 7) for number in range(1000))
    spans = cut("", text, words)
    for (_, end), (start, _) in pairwise(spans):
        assert len(text[start:end].split()) == OVERLAP


def test_a_huge_text_is_cut_for_as_long_as_passages_are_left() -> None:
    looked_at = 0

    def counted(text: str) -> Iterator[Span]:
        nonlocal looked_at
        looked_at += len(text)
        return words(text)

    text = "A sentence of seven words is this. " * 60_000
    spans = cut("Title", text, counted)
    assert len(spans) == MOST_PASSAGES
    assert looked_at < 80_000 < len(text)


def test_the_title_is_the_first_passage_and_begins_all_others(encoder: Encoder) -> None:
    text = "The toner is empty.\n\n" + "Open the door and take the old one out. " * 40
    first, second, *others = encoder.cut(" Change the toner ", text)
    assert first == (0, 0, "Change the toner")
    assert second.text == f"Change the toner\n{text[: second.end]}"
    for each in others:
        assert each.text == f"Change the toner\n{text[each.start : each.end]}"
    assert others[-1].end == len(text.rstrip())
    assert [each[:2] for each in encoder.cut("", "Only text.")] == [(0, 10)]
    assert encoder.cut("", "") == []


@settings(max_examples=40)
@given(text=st.one_of(ODD, st.text(max_size=300)))
def test_the_models_own_tokens_lose_nothing_either(encoder: Encoder, text: str) -> None:
    covered = 0
    for start, end, embedded in encoder.cut("Title", text)[1:]:
        assert embedded.endswith(text[start:end].encode("utf-8", "replace").decode().strip())
        lost = text[covered:start]
        assert not re.search(r"\w", lost)
        covered = end
    assert not re.search(r"[a-z印刷é]", text[covered:])
