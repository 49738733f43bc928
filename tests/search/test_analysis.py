"""Words, stems and identifiers, and where they stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.analysis import (
    LONGEST_WORD,
    composed,
    english,
    fold,
    identifiers,
    stem,
    tokens,
    words,
)
from search.documents import Document, entry
from search.forward import BODY, FIELDS, TITLE, Record, key

SCRIPTS = st.text(
    st.one_of(st.characters(codec="utf-8"), st.sampled_from("aZ09 -_.'\u2019\n\u0301éß東タ½ﷺ“→+#"))
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Reset the VPN", ["reset", "the", "vpn"]),
        ("Café MÜLLER naïve", ["cafe", "muller", "naive"]),
        ("Cafe\u0301", ["cafe"]),
        ("Straße Øresund Łódź", ["strasse", "oresund", "lodz"]),
        ("don't the company's l\u2019heure", ["dont", "the", "company", "lheure"]),
        ("ERR-1042, v2.3", ["err", "1042", "v2", "3"]),
        ("user_id __init__", ["user", "id", "init"]),
        ("東京タワー", ["東", "京", "タ", "ワ", "ー"]),
        ("…!?", []),
    ],
)
def test_words_are_lower_case_without_accents_and_signs(text, expected):
    assert words(composed(text)) == expected


@pytest.mark.parametrize(
    ("one", "other"), [("printing", "printed"), ("batteries", "battery"), ("Resets", "reset")]
)
def test_forms_of_a_word_have_one_stem(one, other):
    assert stem(fold(one)) == stem(fold(other))


@pytest.mark.parametrize("word", ["v2", "1042", "東", "mp3s"])
def test_what_is_no_plain_word_is_not_stemmed(word):
    assert stem(word) == word


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See ERR-1042.", ["err-1042"]),
        ("v2.3 and 10.0.0.1", ["v2.3", "10.0.0.1"]),
        ("user_id in package.json", ["user_id", "package.json"]),
        ("C++ and C# and F#", ["c++", "c#", "f#"]),
        ("follow-up sign-in", []),
        ("the end. Next", []),
        ("é_1", ["e_1"]),
    ],
)
def test_identifiers_are_kept_whole(text, expected):
    assert [identifier for identifier, _, _ in identifiers(composed(text))] == expected


@given(SCRIPTS)
def test_places_are_exact_and_both_ways_to_split_agree(text):
    text = composed(text)
    found = list(tokens(text))
    assert [token.word for token in found] == words(text)
    for token in found:
        assert fold(text[token.start : token.end]) == token.word
        assert 0 < len(token.word) <= LONGEST_WORD
        assert not any(character.isspace() or character == "\0" for character in token.word)
    at_once = english(text)
    assert at_once[0] == words(text)
    assert at_once[1] == [stem(word) for word in words(text)]
    assert at_once[2] == [(name, len(words(text[:at]))) for name, at, _ in identifiers(text)]
    cuts = [place + 1 for place, character in enumerate(text) if character.isspace()]
    assert english(text, cuts)[:3] == at_once[:3]
    assert english(text, cuts)[3] == [len(words(text[:cut])) for cut in cuts]
    for identifier, start, end in identifiers(text):
        assert len(identifier) <= LONGEST_WORD
        assert text[start:end]
        assert not any(character.isspace() or character == "\0" for character in identifier)


@pytest.mark.parametrize("run", ["a-1'", "a.1.."])
def test_a_run_without_spaces_costs_no_more_than_its_length(run):
    """By the square of it, each of these would take an hour."""
    found, stems, named, _ = english(run * 50_000)
    assert len(found) == len(stems) >= 50_000
    assert len(named) >= 50_000


@given(st.lists(SCRIPTS.filter(str.split), min_size=90, max_size=120))
def test_a_place_in_a_long_text_is_found_from_a_mark_shortly_before_it(pieces):
    text = composed(" ".join(pieces))
    record = Record(entry(Document(1, "", text)).record)
    for index, token in enumerate(tokens(text)):
        marked, character = record.place(record.starts[BODY] + index)
        assert marked - record.starts[BODY] == len(words(text[:character]))
        assert character <= token.start
        assert len(text[character : token.start].split()) < 256


@given(SCRIPTS, SCRIPTS, st.lists(SCRIPTS, max_size=3))
def test_the_forward_record_holds_every_word_at_its_place(title, text, headings):
    document = Document(1, title, text, headings=tuple(headings))
    made = entry(document)
    record = Record(made.record)
    title_stems = [token.stem for token in tokens(composed(title))]
    body_stems = [token.stem for token in tokens(composed(text))]
    assert record.lengths == made.lengths
    assert record.lengths[TITLE] == len(title_stems)
    for index, term in enumerate(title_stems):
        assert record.starts[TITLE] + index in record.positions(key(term))
    for index, term in enumerate(body_stems):
        assert record.starts[BODY] + index in record.positions(key(term))
    assert record.positions(key("missing-1")) == ()
    assert set(made.terms.split()) == set(record.terms())


def test_long_texts_have_marks_by_which_a_word_is_found_again():
    text = " ".join(f"word{number}" for number in range(70_000))
    record = Record(entry(Document(1, "x", text)).record)
    for number in (0, 1, 500, 65_535, 69_999):
        (position,) = record.positions(key(f"word{number}"))
        marked, character = record.place(position)
        assert marked <= position
        nearby = [t.word for t in tokens(text, character, character + 2000)]
        assert nearby[position - marked] == f"word{number}"


def test_every_field_begins_after_a_gap():
    record = Record(entry(Document(1, "one two", "body", summary="sum", tags=("tag",))).record)
    assert len(record.starts) == len(FIELDS)
    assert all(b - a >= 10 for a, b in zip(record.starts, record.starts[1:], strict=False))


def test_the_digest_changes_with_whatever_is_indexed():
    document = Document(1, "title", "text")
    others = [
        Document(1, "Title", "text"),
        Document(1, "title", "text."),
        Document(1, "title", "text", summary="x"),
        Document(1, "title", "text", headings=("x",)),
        Document(1, "title", "text", tags=("x",)),
        Document(1, "title", "text", kind="story"),
        Document(1, "title", "text", topics=("x",)),
        Document(1, "title", "text", author="x"),
        Document(1, "title", "text", author_names=("x",)),
        Document(1, "title", "text", published=1),
    ]
    assert len({document.digest(), *(other.digest() for other in others)}) == len(others) + 1
