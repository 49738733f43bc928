"""The small grammar of queries."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from search.query import (
    LONGEST_QUERY,
    parse,
    plain,
    without_exclusions,
    without_filters,
    without_quotes,
)

TYPED = st.one_of(
    st.text(max_size=700),
    st.lists(
        st.sampled_from(
            ['"', "-", ":", "tag:", "KIND:", "topic:", "author:", "a", "reset", " ", "\0", "\ud800",
             "🙂", "\u202e", "“", "”", "*", "(", ")", "AND", "err-1042", '-"', "--", "é", "\n", "/"]
        ),
        max_size=60,
    ).map("".join),
)  # fmt: skip


def texts(query):
    return [word.text for word in query.words]


def test_words_stay_in_their_order_with_their_places():
    query = parse("  Reset the  badge ")
    assert query.text == "Reset the  badge"
    assert texts(query) == ["Reset", "the", "badge"]
    assert [query.text[w.start : w.end] for w in query.words] == texts(query)


@pytest.mark.parametrize("typed", ['reset "print queue" now', "reset “print queue” now"])
def test_quotes_of_any_kind_make_a_phrase(typed):
    query = parse(typed)
    assert texts(query) == ["reset", "now"]
    assert query.phrases == (("print", "queue"),)


def test_a_quote_that_never_closes_reaches_to_the_end():
    assert parse('reset "print queue').phrases == (("print", "queue"),)


def test_a_minus_before_a_word_or_phrase_excludes_it():
    query = parse('printer -colour -"paper jam" -sign-in')
    assert texts(query) == ["printer"]
    assert query.without == ("colour",)
    assert query.without_phrases == (("paper", "jam"), ("sign", "in"))


@pytest.mark.parametrize("typed", ["git push --force", "follow-up", "tar -x", "a - b", "2 -"])
def test_other_hyphens_exclude_nothing(typed):
    query = parse(typed)
    assert query.without == query.without_phrases == ()


def test_fields_are_filters_with_quoted_values_too():
    query = parse('vpn tag:linux kind:story topic:"Office IT" AUTHOR:priya -tag:old')
    assert texts(query) == ["vpn"]
    assert [f.key for f in query.filters] == [
        "tag=linux", "kind=story", "topic=office-it", "author=priya"
    ]  # fmt: skip
    assert [f.key for f in query.without_filters] == ["tag=old"]


@pytest.mark.parametrize("written", ["howto", "how-to", "How-To", '"how to"', "guide"])
def test_kinds_are_known_by_several_names(written):
    assert [f.key for f in parse(f"kind:{written}").filters] == ["kind=howto"]


@pytest.mark.parametrize("typed", ["tag:", "tag: linux", "what kind: is", "http://host", "foo:bar"])
def test_a_colon_elsewhere_means_nothing(typed):
    assert parse(typed).filters == ()
    assert parse(typed).words


def test_filters_beside_the_query_are_added_once():
    query = parse("vpn tag:linux").narrowed({"tag": "linux", "kind": "howto", "other": "x"})
    assert [f.key for f in query.filters] == ["tag=linux", "kind=howto"]


@pytest.mark.parametrize("typed", ["", "   ", '""', "-", ":", "…", '"" - "', "\0"])
def test_nothing_asked_is_known_as_that(typed):
    assert parse(typed).is_empty


def test_long_queries_are_cut_and_say_so():
    query = parse("word " * 200)
    assert query.was_cut
    assert len(query.text) <= LONGEST_QUERY
    assert not parse("x" * LONGEST_QUERY).was_cut


def test_ways_to_take_meaning_out_of_signs():
    assert parse(plain('Fix: "tag:x" -y')).filters == ()
    assert parse(plain('Fix: "tag:x" -y')).without == ()
    assert parse(without_quotes("“a b” c")).phrases == ()


def test_conditions_can_be_taken_out_of_what_was_typed():
    typed = 'vpn topic:“Office IT” -tag:old "at home" -network -"to do" sign-in'
    assert without_filters(typed) == 'vpn "at home" -network -"to do" sign-in'
    assert without_exclusions(typed) == 'vpn topic:"Office IT" -tag:old "at home" sign-in'


@given(TYPED)
@example("x" * 10_000)
def test_any_text_is_a_query(typed):
    query = parse(typed)
    assert len(query.text) <= LONGEST_QUERY
    assert query.is_empty or query.words or query.phrases or query.filters or (
        query.without or query.without_phrases or query.without_filters
    )  # fmt: skip
    for word in query.words:
        assert query.text.translate({0x201C: '"', 0x201D: '"'})[word.start : word.end] == word.text
    assert parse(query.text) == parse(parse(query.text).text)
    assert not parse(without_filters(query.text)).filters
    assert not parse(without_exclusions(query.text)).without
