"""What is found, in which order, and what is made of a query; alike on all engines."""

import pytest
from hypothesis import given

from search.documents import Document, entry
from search.engines import open_engine
from search.pipeline import PAGE_SIZE, Pipeline
from search.query import parse
from search.spelling import Speller
from tests.search.test_query import TYPED


class Everybody:
    """A database in which everything is visible, but for some ids."""

    def __init__(self, *hidden: int) -> None:
        self.hidden = hidden

    def __call__(self, ids):
        return {id_: id_ for id_ in ids if id_ not in self.hidden}


def search(engine, typed, *, hidden=(), **options):
    return Pipeline(engine).search(parse(typed), Everybody(*hidden), **options)


def found(engine, typed, **options):
    return [hit.id for hit in search(engine, typed, **options).hits]


# Order


def test_a_word_in_the_title_beats_one_in_the_text(filled, doc):
    engine = filled(
        doc("Other things", "Somewhere here a badge is named among many words."),
        doc("Replace a badge", "Go to the desk and ask for a new one today."),
    )
    assert found(engine, "badge") == [2, 1]


def test_more_of_the_words_beat_fewer(filled, doc):
    engine = filled(
        doc("x", "printer toner is in the cupboard on the left side"),
        doc("x", "printer jam and toner: open the left side, pull out the paper"),
        doc("x", "printer here is on the left side of the kitchen door"),
    )
    assert found(engine, "printer toner jam") == [2, 1, 3]


def test_any_word_is_enough(filled, doc):
    engine = filled(doc("Reset a badge"), doc("Other"), doc("More"))
    assert found(engine, "how do I reset my parking permit") == [1]


def test_words_that_stand_together_beat_the_same_words_apart(filled, doc):
    filler = "and so on with many more words in between them all "
    engine = filled(
        doc("x", f"print {filler} queue {filler}"),
        doc("x", f"{filler} print queue {filler}"),
        doc("x", f"queue {filler} print {filler}"),
    )
    assert found(engine, "print queue")[0] == 2


def test_headings_tags_and_summary_count_more_than_the_text(filled, doc):
    text = "plain words about something else entirely here"
    engine = filled(
        doc("x", f"{text} visa"),
        doc("x", text, headings=("Visa",)),
        doc("x", text, tags=("visa",)),
        doc("x", text, summary="visa"),
    )
    assert found(engine, "visa")[-1] == 1


def test_articles_are_found_by_their_author(filled, doc):
    engine = filled(doc("x", author="priya", author_names=("Priya Raman",)), doc("y"))
    assert found(engine, "priya raman") == [1]


def test_forms_of_a_word_and_accents_make_no_difference(filled, doc):
    engine = filled(doc("Booking cafés"), doc("Other"))
    for typed in ("book cafe", "booked CAFÉ", "cafe\u0301s", "bookings"):
        assert found(engine, typed) == [1], typed


def test_an_identifier_means_itself_alone(filled, doc):
    engine = filled(
        doc("x", "It says ERR-1042 then."),
        doc("x", "It says ERR-1043 then."),
        doc("x", "There were 1042 people and an err."),
        doc("v2.3 is out"),
        doc("v2.4 is out"),
    )
    assert found(engine, "ERR-1042") == [1]
    assert found(engine, "v2.3") == [4]
    assert found(engine, "err-1042 v2.4") in ([1, 5], [5, 1])


def test_an_unknown_identifier_is_looked_for_by_its_parts(filled, doc):
    engine = filled(doc("x", "ERR 1099 was seen"), doc("y"))
    assert found(engine, "ERR-1099") == [1]
    assert not search(engine, "ERR-1099").is_weak


@pytest.mark.parametrize(
    ("typed", "like"),
    [("F-32", [1]), ("CU-6", [2]), ("ERR-1049", [3]), ("v2.3", []), ("ERR-1049 CU-6", [2, 3])],
)
def test_what_is_like_an_identifier_that_no_article_has_is_nothing_but_near(
    filled, doc, typed, like
):
    engine = filled(
        doc("Fill in form F-31", "This is form F."),
        doc("The room CU-5"),
        doc("Fix ERR-1042"),
        doc("x", "Wait for 32 days."),
        doc("x", "Take part 3. Then v23."),
    )
    results = search(engine, typed)
    assert sorted(hit.id for hit in results.hits) == like
    assert results.is_weak
    assert results.meaning.unknown == tuple(typed.split())
    assert search(engine, f"how do I get {typed}").is_weak


def test_with_an_identifier_that_no_article_has_the_other_words_find_what_they_find(filled, doc):
    engine = filled(
        doc("Fill in form F-31"), doc("Printer"), doc("x", "32 f"), doc("Windows 11"), doc("y")
    )
    results = search(engine, "printer F-32")
    assert [hit.id for hit in results.hits] == [2]
    assert results.meaning.unknown == ("F-32",)
    assert not results.is_weak
    assert found(engine, "printer windows-12") == [2, 4]  # a long part is a word of its own
    results = search(engine, "y printer -z F-32 ERR-1 v2.3 CU-6")
    assert results.is_weak  # each counts as much as a word that one article has


@pytest.mark.parametrize("written", ["ERR-1042", "err1042", "Err 1042", "ERR_1042"])
@pytest.mark.parametrize("typed", ["err1042", "ERR-1042", "err_1042", "ERR 1042"])
def test_an_identifier_is_found_however_letters_and_digits_are_joined(filled, doc, typed, written):
    engine = filled(doc(f"Fix {written}"), doc("Fix the err"), doc("Count 1042 people"))
    results = search(engine, typed)
    assert results.hits[0].id == 1
    assert not results.is_weak


def test_an_identifier_with_a_slip_in_its_letters_is_corrected(filled, doc):
    engine = filled(doc("Fix error-1042"), doc("An error"), doc("1042 people"))
    results = search(engine, "fix eror-1042 now")
    assert [hit.id for hit in results.hits] == [1]
    assert results.meaning.corrected == "fix error-1042 now"
    assert results.meaning.unknown == ("now",)


def test_a_number_joined_to_a_word_is_no_identifier(filled, doc):
    engine = filled(doc("Hours of the desk"), doc("Two-factor sign-in"), doc("y"))
    for typed, expected in (("24-hour desk", [1]), ("2-factor", [2])):
        results = search(engine, typed)
        assert [hit.id for hit in results.hits] == expected
        assert not results.meaning.is_only_like


def test_of_equals_the_newer_comes_first(filled, doc):
    engine = filled(doc("Same words"), doc("Same words"), doc("Same words"))
    assert found(engine, "same") == [3, 2, 1]


def test_without_words_the_newest_come_first(filled, doc):
    engine = filled(
        doc("a", published=5, kind="story"), doc("b", published=9), doc("c", published=7)
    )
    assert found(engine, "kind:howto") == [2, 3]


# What is asked


def test_a_phrase_is_strict_and_takes_words_as_written(filled, doc):
    engine = filled(
        doc("x", "restart the print queue now"),
        doc("x", "the queue to print"),
        doc("x", "print queues are long"),
    )
    assert found(engine, '"print queue"') == [1]
    assert sorted(found(engine, "print queue")) == [1, 2, 3]
    assert found(engine, '"queue print"') == []
    assert found(engine, 'restart "queue to"') == [2]


def test_a_minus_excludes_in_every_form_of_the_word(filled, doc):
    engine = filled(doc("badge reader"), doc("badge readers"), doc("badge"))
    assert found(engine, "badge -reader") == [3]
    assert sorted(found(engine, '-"badge reader"')) == [2, 3]


def test_question_words_are_left_out_if_anything_remains(filled, doc):
    engine = filled(
        doc("How do I do this", "how do I do that and how do I do this"),
        doc("Expenses", "hand them in"),
    )
    assert found(engine, "how do I do my expenses") == [2]
    assert found(engine, "how do I") == [1]


def test_a_word_not_typed_to_its_end_is_looked_for_as_a_beginning(filled, doc):
    engine = filled(doc("Kubernetes"), doc("Kubectl"), doc("Other"))
    results = search(engine, "kubern")
    assert [hit.id for hit in results.hits] == [1]
    assert not results.meaning.corrected
    assert sorted(found(engine, "kub")) == [1, 2]


def test_a_misspelled_word_is_corrected_from_the_index(filled, doc):
    engine = filled(doc("Reimbursement of travel"), doc("Printer"), doc("Other"))
    for typed in ("riembursement", "reimbbursement", "Reinbursement", "rembursement"):
        results = search(engine, f"{typed} of travel")
        assert results.hits[0].id == 1
        assert results.meaning.corrected == "reimbursement of travel"


def test_the_correction_is_put_into_the_query_where_the_word_stood(filled, doc):
    engine = filled(doc("Printer colour"), doc("Printer"))
    results = search(engine, 'prnter -grey tag:x "a b" coluor')
    assert results.meaning.corrected == 'printer -grey tag:x "a b" colour'


def test_as_typed_means_without_correction(filled, doc):
    engine = filled(doc("Printer"), doc("Other"))
    assert found(engine, "prinetr") == [1]
    results = search(engine, "prinetr", spell=False)
    assert results.hits == []
    assert results.total == 0
    assert results.meaning.unknown == ("prinetr",)


def test_words_that_are_gone_are_not_offered_as_corrections(filled, doc):
    engine = filled(doc("Canary"), doc("Other"), doc("More"))
    pipeline = Pipeline(engine)
    assert pipeline.search(parse("canray"), Everybody()).meaning.corrected == "canary"
    with engine.writer() as writer:
        writer.remove([1])
    results = pipeline.search(parse("canray"), Everybody())
    assert results.meaning.corrected == ""
    assert results.total == 0


def test_words_that_nobody_wrote_do_not_stand_in_the_way(filled, doc):
    engine = filled(doc("Badge"), doc("Other"))
    results = search(engine, "badge xqzzt")
    assert [hit.id for hit in results.hits] == [1]
    assert results.meaning.unknown == ("xqzzt",)
    assert search(engine, "xqzzt").total == 0


def test_filters_of_one_kind_are_alternatives_and_tags_add_up(filled, doc):
    engine = filled(
        doc("x", tags=("vpn", "linux")),
        doc("x", tags=("vpn",)),
        doc("x", tags=("vpn",), kind="story"),
    )
    assert found(engine, "tag:vpn tag:linux") == [1]
    assert len(found(engine, "tag:vpn kind:howto kind:story")) == 3


def test_an_author_is_meant_by_handle_or_by_any_part_of_the_name(filled, doc):
    engine = filled(
        doc("x", author="twieczorek", author_names=("Tomasz Wieczorek",)),
        doc("x", author="tomasz", author_names=("Tomasz Novák", "Priya Raman")),
        doc("priya"),
    )
    assert found(engine, "author:wieczorek") == found(engine, 'author:"Tomasz Wieczorek"') == [1]
    assert found(engine, "author:Priya") == found(engine, "author:novak") == [2]
    assert found(engine, "author:tomasz") == [2]  # whose handle it is
    assert found(engine, "x -author:wieczorek") == [2]
    assert sorted(found(engine, "author:wieczorek author:raman")) == [1, 2]
    assert found(engine, "author:toma") == found(engine, "author:x") == []


# Pages and counts


def test_pages_follow_each_other_without_a_gap_or_a_repetition(filled, doc):
    engine = filled(*(doc(f"same {'word ' * (number % 7)}", "text") for number in range(37)))
    pages = [search(engine, "same", page=page) for page in range(1, 5)]
    assert {page.total for page in pages} == {37}
    assert {page.pages for page in pages} == {4}
    ids = [hit.id for page in pages for hit in page.hits]
    assert len(ids) == len(set(ids)) == 37
    assert [len(page.hits) for page in pages] == [PAGE_SIZE] * 3 + [7]


def test_a_page_beyond_the_last_is_the_last(filled, doc):
    engine = filled(*(doc("same") for _ in range(12)))
    results = search(engine, "same", page=99)
    assert results.page == 2
    assert len(results.hits) == 2
    assert search(engine, "same", page=-3).page == 1


def test_whoever_pages_far_still_gets_every_article_once(filled, doc):
    engine = filled(*(doc("same", f"number{n}") for n in range(230)))
    ids = [hit.id for page in range(1, 24) for hit in search(engine, "same", page=page).hits]
    assert sorted(ids) == list(range(1, 231))


def test_what_the_database_hides_is_in_no_hit_and_no_count(filled, doc):
    engine = filled(*(doc("same", tags=("hidden",) if n > 10 else ("shown",)) for n in range(14)))
    results = search(engine, "same", hidden=(12, 13, 14))
    assert len(results.hits) == PAGE_SIZE
    assert results.total == 11
    assert results.facets["tag"] == [("shown", 11)]
    results = search(engine, "tag:hidden", hidden=(12, 13, 14))
    assert results.hits == []
    assert results.total == 0
    assert all(values == [] for values in results.facets.values())


# While typing


def test_suggestions_are_titles_with_words_that_begin_so(filled, doc):
    engine = filled(
        doc("Reset a password"),
        doc("How to reset"),
        doc("Password resets", "reset"),
        doc("Other", "reset"),
    )
    suggest = Pipeline(engine).suggest
    assert suggest("res", Everybody()) == [1, 3, 2]
    assert suggest("reset pa", Everybody()) == [1, 3]
    assert suggest("pass re", Everybody()) == [3, 1]
    assert suggest("reset zzz", Everybody()) == []
    assert suggest("  ", Everybody()) == []


def test_suggestions_forgive_a_slip(filled, doc):
    engine = filled(doc("Reset a password"), doc("Other"))
    assert Pipeline(engine).suggest("pasword", Everybody()) == [1]


def test_suggestions_hold_nothing_that_is_hidden(filled, doc):
    engine = filled(*(doc(f"Reset {n}") for n in range(20)))
    shown = Pipeline(engine).suggest("reset", Everybody(*range(1, 15)))
    assert sorted(shown) == [15, 16, 17, 18, 19, 20]


def test_similar_articles_share_most_of_a_title(filled, doc):
    engine = filled(
        doc("Reset a forgotten password", "text"),
        doc("Book a meeting room", "password in passing"),
        doc("Forgotten things", "text"),
    )
    similar = Pipeline(engine).similar
    assert similar('Resetting: "passwords" you -forgot or forgotten', Everybody()) == [1]
    assert similar("how to", Everybody()) == []
    assert similar("", Everybody()) == []


# Anything at all


@pytest.fixture(scope="module")
def small_index(tmp_path_factory):
    engine = open_engine("tantivy:", tmp_path_factory.mktemp("small"))
    with engine.rebuild() as fresh:
        for number, text in enumerate(("reset é a badge", "err-1042 AND tag", "東京 (x) author:y")):
            fresh.put(entry(Document(number, text, text, tags=("a",), author="y")))
    return engine


@given(TYPED)
def test_any_text_can_be_searched_for(small_index, typed):
    pipeline = Pipeline(small_index)
    results = pipeline.search(parse(typed), Everybody())
    assert results.total >= len(results.hits)
    pipeline.suggest(typed, Everybody())
    pipeline.similar(typed, Everybody())


# The speller by itself


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("pritner", "printer"),
        ("printr", "printer"),
        ("printeer", "printer"),
        ("ptinter", "printer"),
        ("authentification", "authentication"),
        ("xuthentication", "authentication"),
    ],
)
def test_the_speller_finds_what_was_meant(typed, meant):
    speller = Speller([("printer", 9), ("printed", 3), ("authentication", 5), ("painter", 1)])
    assert speller.suggestions(typed)[0] == meant


@pytest.mark.parametrize("typed", ["pri", "pr1nter", "xyzzy", "prntr", ""])
def test_the_speller_leaves_the_rest_alone(typed):
    assert Speller([("printer", 9), ("pro", 1)]).suggestions(typed) == []


@pytest.mark.parametrize(
    ("typed", "meant", "commoner"),
    [("lonk", "link", "lock"), ("opne", "open", "one"), ("rolll", "roll", "rolls")],
)
def test_a_slip_of_the_finger_is_likelier_than_another_mistake(typed, meant, commoner):
    assert Speller([(meant, 4), (commoner, 9)]).suggestions(typed)[0] == meant


def test_another_form_of_a_word_is_known_by_its_stem():
    assert Speller([("rearranging", 2), ("range", 9)]).suggestions("reaarrange") == ["rearranging"]


@pytest.mark.parametrize(("typed", "meant"), [("rte", "rate"), ("vew", "view"), ("lck", "lock")])
def test_of_three_letters_one_inside_may_be_missing(typed, meant):
    assert Speller([(meant, 3)]).suggestions(typed) == [meant]


@pytest.mark.parametrize("abbreviation", ["vpn", "sso", "pto", "kpi"])
def test_of_three_letters_nothing_else_is_a_mistake(abbreviation):
    vocabulary = ["van", "so", "also", "photo", "pot", "port", "kip", "pin", "spin"]
    assert Speller([(word, 9) for word in vocabulary]).suggestions(abbreviation) == []


@pytest.mark.parametrize(("word", "other"), [("lecture", "lectern"), ("flowers", "folders")])
def test_two_mistakes_are_forgiven_in_long_words_only(word, other):
    assert Speller([(other, 50)]).suggestions(word) == []
