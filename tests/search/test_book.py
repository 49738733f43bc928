"""The book of synonyms: which words of a query are an entry, and what else is looked for then."""

from collections.abc import Iterator
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from search.book import Book, Group, Match, entry
from search.engines import Alternative


def book(*groups: tuple[str, str]) -> Book:
    """Of groups, each as its filter and what stands between commas."""
    return Book(
        Group(number, filter_, tuple(entry(part.strip()) for part in typed.split(",")))
        for number, (filter_, typed) in enumerate(groups, 1)
    )


def read(made: Book, query: str) -> dict[str, list[str]]:
    """What else is looked for, by the words of the query for which it is."""
    asked = query.split()
    stems = [entry(word).stems[0] for word in asked]
    return {
        " ".join(asked[match.start : match.end]): [each.written for each in match.alternatives]
        for match in made.read(stems)
    }


def test_a_word_of_a_group_brings_the_others_with_it() -> None:
    made = book(("", "PR, purchase request, Bestellanforderung"))
    assert read(made, "open pr") == {"pr": ["purchase request", "Bestellanforderung"]}
    assert read(made, "purchase requests late") == {
        "purchase requests": ["PR", "Bestellanforderung"]
    }
    assert read(made, "request a purchase") == {}


def test_words_of_one_group_do_not_lead_on_into_another() -> None:
    made = book(("", "laptop, notebook"), ("topic=writing", "notebook, jotter"))
    assert read(made, "laptop") == {"laptop": ["notebook"]}
    assert read(made, "notebook") == {"notebook": ["laptop", "jotter"]}


def test_what_holds_in_a_topic_says_so_unless_it_holds_everywhere_as_well() -> None:
    made = book(("topic=finance", "pr, purchase request"), ("topic=software", "pr, pull request"))
    [match] = made.read(["pr"])
    assert [each.wanted for each in match.alternatives] == [
        Alternative(phrase=("purchase", "request"), filter="topic=finance"),
        Alternative(phrase=("pull", "request"), filter="topic=software"),
    ]
    made = book(("topic=finance", "pr, requests"), ("", "pr, request"))
    [match] = made.read(["pr"])
    assert [each.wanted for each in match.alternatives] == [Alternative(term="request")]


def test_the_longest_entry_is_taken_where_several_begin() -> None:
    made = book(("", "out of office, away"), ("", "office, bureau"), ("", "office chair, seat"))
    assert read(made, "out of office chair") == {"out of office": ["away"]}
    assert read(made, "an office chair in the office") == {
        "office chair": ["seat"],
        "office": ["bureau"],
    }


def test_a_group_can_be_imagined_in_place_of_the_one_there_is() -> None:
    made = book(("", "laptop, notebook"))
    changed = made.with_group(Group(1, "", (entry("laptop"), entry("portable"))))
    assert read(changed, "laptop") == {"laptop": ["portable"]}
    assert read(made, "laptop") == {"laptop": ["notebook"]}


WORDS = st.sampled_from(["a", "b", "c", "d"])
ENTRIES = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)
GROUPS = st.lists(
    st.tuples(st.sampled_from(["", "topic=x"]), st.lists(ENTRIES, min_size=2, max_size=4)),
    max_size=5,
)


@given(GROUPS, st.lists(WORDS, max_size=12))
def test_whatever_is_asked_the_entries_found_never_overlap_and_none_longer_is_missed(
    groups: list[tuple[str, list[str]]], query: list[str]
) -> None:
    made = book(*((filter_, ",".join(entries)) for filter_, entries in groups))
    found = made.read(query)
    places = [(match.start, match.end) for match in found]
    assert places == sorted(places)
    assert all(end <= start for (_, end), (start, _) in pairwise(places))
    for match in found:
        assert_means_the_same(made, match, tuple(query[match.start : match.end]))
    for start, end in entries_in(made, query):
        nearby = [b - a for a, b in places if a < end and start < b]
        assert nearby, f"{query[start:end]} is an entry and was passed over"
        assert max(nearby) >= end - start


def entries_in(made: Book, query: list[str]) -> Iterator[tuple[int, int]]:
    """Every stretch of the query that is an entry and has another beside it."""
    known = {
        each.stems
        for group in made.groups
        for each in group.entries
        if any(other.stems != each.stems for other in group.entries)
    }
    for start in range(len(query)):
        for end in range(start + 1, len(query) + 1):
            if tuple(query[start:end]) in known:
                yield start, end


def assert_means_the_same(made: Book, match: Match, asked: tuple[str, ...]) -> None:
    for other in match.alternatives:
        assert other.stems != asked
        assert any(
            {asked, other.stems} <= {each.stems for each in group.entries}
            and group.filter == other.filter
            for group in made.groups
        )
