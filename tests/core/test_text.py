"""Names for addresses, and text of one line or many."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import fold, one_line, slugify, unfold_lines

anything = st.text(st.characters())


@given(anything)
def test_a_slug_is_letters_and_digits_joined_by_single_hyphens(text: str) -> None:
    slug = slugify(text)
    assert re.fullmatch(r"[^\W_]+(-[^\W_]+)*", slug), ascii(slug)
    assert len(slug) <= 80
    assert slug == slug.lower()


@given(anything)
def test_a_slug_is_its_own_slug(text: str) -> None:
    assert slugify(slugify(text)) == slugify(text)


@given(anything, st.integers(1, 30))
def test_a_slug_is_no_longer_than_asked(text: str, longest: int) -> None:
    assert 1 <= len(slugify(text, longest=longest, default="x")) <= longest


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("How we cut build times", "how-we-cut-build-times"),
        ("C++ & C#: a comparison", "c-c-a-comparison"),
        ("  Größe  von Straßen ", "grosse-von-strassen"),
        ("Ærøskøbing", "aeroskobing"),
        ("snake_case", "snake-case"),
        ("ПРИВЕТ мир", "привет-мир"),
        ("…", "untitled"),
        ("a" * 90, "a" * 80),
        ("word " * 20, "word-" * 15 + "word"),
    ],
)
def test_slugs_that_people_expect(text: str, slug: str) -> None:
    assert slugify(text) == slug


@given(anything)
def test_folding_ignores_case_and_accents(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert not any(unicodedata.combining(c) for c in unicodedata.normalize("NFD", fold(text)))


@given(anything)
def test_one_line_has_no_breaks_controls_or_runs_of_blanks(text: str) -> None:
    line = one_line(text)
    assert line == line.strip()
    assert "  " not in line
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in line)
    assert one_line(line) == line


def test_one_line_takes_out_what_turns_text_around() -> None:
    assert one_line("invoice\u202egnp.exe\r\nBcc: all\u200b") == "invoice gnp.exe Bcc: all"


@given(anything)
def test_many_lines_end_alike_and_can_be_kept_by_any_database(text: str) -> None:
    unified = unfold_lines(text)
    assert "\r" not in unified
    assert "\0" not in unified
    assert unified.encode().decode() == unified
    assert unfold_lines(unified) == unified


@given(st.text(st.sampled_from("ab \t\n"), max_size=50))
def test_ordinary_text_is_kept_as_it_is(text: str) -> None:
    assert unfold_lines(text) == text
    assert unfold_lines(text.replace("\n", "\r\n")) == text
