"""The search page and what is offered while typing, as a reader meets them."""

import json
import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from core import tally
from kb import topics
from search import search_of_app, synonyms
from search.models import SearchRecord
from tests.factories import make_article, make_topic, make_user, republish, said


@pytest.fixture
def reader(client, sign_in, bob, outbox):
    """A signed-in browser; before each request the index is brought up to date."""
    sign_in(client, bob)

    def get(path, status=200, **arguments):
        outbox.drain()
        response = client.get(path, query_string=arguments or None)
        assert response.status_code == status, response.text
        return response

    return get


def page(response):
    return BeautifulSoup(response.text, "html.parser")


def titles(response):
    return [link.get_text() for link in page(response).select("main .item__title a")]


def told(response):
    """What a script has read out of it."""
    return page(response).select_one("[data-said]")["data-said"]


def links(response):
    return {
        " ".join(link.get_text().split()): link["href"]
        for link in page(response).select("main a, aside a")
    }


def taken_back(response, filter_):
    """Where the link leads that takes this filter back."""
    return next(href for words, href in links(response).items() if words.startswith(filter_))


# Who, and what is asked


@pytest.mark.parametrize("path", ["/search?q=x", "/search/suggest?q=x", "/search/similar?title=x"])
def test_strangers_are_sent_to_sign_in(client, path):
    response = client.get(path)
    assert response.status_code == 303
    assert response.location.startswith("/signin?")


@pytest.mark.parametrize("path", ["/search", "/search/suggest", "/search/similar"])
def test_searching_changes_nothing_and_cannot_be_posted(client, sign_in, bob, path):
    sign_in(client, bob)
    assert client.post(path, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 405


@pytest.mark.parametrize("typed", ["", "   ", '""', "-"])
def test_an_empty_query_explains_how_to_ask(reader, typed):
    found = page(reader("/search", q=typed))
    assert found.h1.get_text() == "Search"
    assert found.select_one("main input[type=search]")["name"] == "q"
    assert found.select_one('label[for="search"]').get_text() == "Search"


def test_a_new_knowledge_base_answers_that_nothing_is_found(reader):
    assert "Nothing found" in page(reader("/search", q="anything")).main.get_text()


# Results


def test_a_result_shows_what_matches_and_where_it_belongs(reader, session, alice):
    topic = make_topic(session, "Office IT")
    make_article(
        session,
        alice,
        title="Reset a badge",
        body="Some words first.\n\nHold the badges to the reader.",
        topic=topic,
    )
    item = page(reader("/search", q="badge reader")).select_one("main .item")
    assert item.select_one(".item__title a")["href"] == "/articles/reset-a-badge"
    assert [mark.get_text() for mark in item.select(".item__title mark")] == ["badge"]
    assert [mark.get_text() for mark in item.select(".item__summary mark")] == ["badges", "reader"]
    words = item.select_one(".meta").get_text(" ", strip=True)
    assert "How-to" in words
    assert "Alice" in words
    assert "Office IT" in words
    assert "Updated in" in words


@pytest.mark.parametrize(
    "hostile",
    [
        "<img src=x onerror=alert(1)>",
        "<mark onclick=alert(1)>badge</mark>",
        "</a></h2><script>alert(1)</script>",
    ],
)
def test_markup_in_articles_and_queries_stays_text(reader, session, alice, hostile):
    make_article(session, alice, title=f"Badge {hostile}", summary=hostile, body=f"badge {hostile}")
    response = reader("/search", q=f"badge {hostile}")
    found = page(response)
    assert found.select("main img, main script, [onclick], [onerror]") == []
    assert all(mark.attrs == {} for mark in found.select("main mark"))
    assert hostile in found.select_one(".item__title").get_text()
    assert found.select_one("main input[type=search]")["value"] == f"badge {hostile}"


def test_a_misspelled_query_is_corrected_and_can_be_taken_back(reader, session, alice):
    make_article(session, alice, title="Reset a badge")
    response = reader("/search", q="reset bagde")
    assert titles(response) == ["Reset a badge"]
    assert "Showing results for reset badge" in page(response).main.get_text()
    assert told(response) == "Showing results for reset badge: 1 article"
    as_typed = links(response)["Search instead for reset bagde"]
    again = reader(as_typed)
    assert "Showing results for" not in page(again).main.get_text()
    assert "No article has bagde" in page(again).main.get_text()


def test_what_is_only_like_an_identifier_is_shown_as_such_and_recorded_as_nothing(
    reader, session, database, alice
):
    make_article(session, alice, title="Fill in form F-31")
    make_article(session, alice, title="Printer")
    response = reader("/search", q="F-32")
    assert titles(response) == ["Fill in form F-31"]
    words = page(response).main.get_text()
    assert "No article has F-32; these are at most like it." in words
    assert "Nothing fits well. Perhaps one of these" in words
    words = page(reader("/search", q="v2.3")).main.get_text()
    assert "No article has v2.3." in words
    assert "Nothing found" in words
    response = reader("/search", q="printer F-32")
    assert titles(response) == ["Printer"]
    assert "No article has F-32; these have the other words." in page(response).main.get_text()
    tally.flush(database)
    found = session.execute(sa.select(SearchRecord.query, SearchRecord.found))
    assert dict(map(tuple, found)) == {"F-32": 0, "v2.3": 0, "printer F-32": 1}


def test_only_what_is_published_is_found_in_any_way(reader, session, alice):
    make_article(
        session,
        alice,
        title="Canary hidden",
        body="canarytext",
        tags=("canarytag",),
        published=False,
    )
    make_article(session, alice, title="Shown", body="text")
    for typed in ("canary", "canarytext", "canray", "tag:canarytag", "hidden", "canar"):
        text = page(reader("/search", q=typed)).main.get_text()
        assert "Nothing found" in text, typed
        assert "Canary hidden" not in text
        assert "Showing results for" not in text
    assert reader("/search/suggest", q="can").json == {"suggestions": []}
    assert reader("/search/similar", title="Canary hidden").json == {"articles": []}


def test_what_the_index_still_has_and_the_database_hides_is_not_shown(
    client, reader, session, alice, outbox
):
    article = make_article(session, alice, title="Canary", tags=("canarytag",))
    make_article(session, alice, title="Shown")
    assert titles(reader("/search", q="canary")) == ["Canary"]
    article.live_revision_id = None  # and nobody has told the index
    response = client.get("/search?q=canary")
    assert "Canary" not in page(response).main.get_text()
    assert "0 articles" in page(response).main.get_text()
    assert "canarytag" not in response.text
    assert client.get("/search/suggest?q=can").json == {"suggestions": []}
    assert client.get("/search/similar?title=canary").json == {"articles": []}


def test_the_next_search_finds_what_was_just_changed(reader, session, alice):
    article = make_article(session, alice, title="Reset a badge")
    assert titles(reader("/search", q="badge")) == ["Reset a badge"]
    republish(session, article, alice, title="Replace a badge")
    assert titles(reader("/search", q="badge")) == ["Replace a badge"]


def test_long_queries_are_cut_and_the_page_says_so(reader, session, alice):
    make_article(session, alice, title="Reset a badge")
    text = page(reader("/search", q="badge " + "x" * 600)).main.get_text()
    assert "first 500 characters" in text


@pytest.mark.parametrize("number", ["0", "-1", "99", "x", "9" * 30, ""])
def test_any_page_number_is_answered(reader, session, alice, number):
    make_article(session, alice, title="Reset a badge")
    assert titles(reader("/search", q="badge", page=number)) == ["Reset a badge"]


def test_results_come_in_pages_of_ten_that_keep_the_query(reader, session, alice):
    for number in range(12):
        make_article(session, alice, title=f"Badge {number}", tags=("x",))
    first = reader("/search", q="badge é", tag="x")
    assert len(titles(first)) == 10
    assert "12 articles" in page(first).main.get_text()
    second = reader("/search" + links(first)["Next"])
    assert len(titles(second)) == 2
    assert page(second).select_one("main ol")["start"] == "11"
    assert not set(titles(first)) & set(titles(second))


# Narrowing


def test_filters_show_counts_narrow_and_can_be_taken_back(reader, session, alice, bob):
    root = make_topic(session, "Office")
    leaf = make_topic(session, "Printers", parent=root)
    make_article(session, alice, title="Badge one", topic=root, tags=("desk",))
    make_article(session, alice, title="Badge two", topic=leaf, tags=("desk",))
    make_article(session, bob, title="Badge three", topic=leaf)
    response = reader("/search", q="badge")
    assert {"Office 3", "Printers 2", "desk 2", "Alice 2", "Bob 1"} <= set(links(response))
    narrowed = reader(links(response)["Printers 2"])
    assert sorted(titles(narrowed)) == ["Badge three", "Badge two"]
    both = reader(links(narrowed)["Alice 1"])
    assert titles(both) == ["Badge two"]
    back = reader(taken_back(both, "Topic Printers"))
    assert sorted(titles(back)) == ["Badge one", "Badge two"]
    assert titles(reader(taken_back(both, "Author Alice"))) == titles(narrowed)


def test_a_topic_includes_what_lies_below_it_by_its_former_address_too(
    reader, session, alice, ada, outbox
):
    root = make_topic(session, "Office")
    leaf = make_topic(session, "Printers", parent=root)
    make_article(session, alice, title="Badge", topic=leaf)
    assert titles(reader("/search", q="", topic="office")) == ["Badge"]
    assert titles(reader("/search", q="topic:office")) == ["Badge"]
    topics.change(session, root, name="Workplace", description="", by=ada)
    outbox.drain()
    assert titles(reader("/search", q="badge", topic="office")) == ["Badge"]
    assert titles(reader("/search", q="topic:workplace")) == ["Badge"]


def test_filters_in_the_query_and_beside_it_mean_the_same(reader, session, alice):
    make_article(session, alice, title="One", tags=("vpn",))
    make_article(session, alice, title="Two")
    assert titles(reader("/search", q="tag:vpn")) == ["One"]
    assert titles(reader("/search", q="", tag="VPN")) == ["One"]
    assert titles(reader("/search", q="author:alice -tag:vpn")) == ["Two"]
    assert titles(reader("/search", q="kind:how-to", author="alice")) == ["Two", "One"]


def test_wider_searches_know_the_synonyms_too(reader, session, alice, cora):
    make_article(session, alice, title="Fill in a requisition")
    synonyms.add(session, "purchase, requisition", topic=None, by=cora)
    elsewhere = links(reader("/search", q="purchase", kind="story"))["Search everywhere"]
    assert titles(reader(elsewhere)) == ["Fill in a requisition"]


def test_nothing_found_leads_on(reader, session, alice):
    make_article(session, alice, title="Reset a badge", tags=("desk",))
    response = reader("/search", q='"badge reset"', tag="desk")
    assert "Nothing found" in page(response).main.get_text()
    assert offered(response, "Perhaps one of these") == ["Reset a badge"]
    ways = links(response)
    assert titles(reader(ways["Search without the quotes"])) == ["Reset a badge"]
    elsewhere = reader("/search", q="badge", kind="story")
    assert titles(reader(links(elsewhere)["Search everywhere"])) == ["Reset a badge"]
    assert ways["Write it"] == "/write?title=%22badge+reset%22"
    assert ways["the topics"] == "/topics"


@pytest.mark.parametrize(
    ("typed", "way", "found"),
    [
        ("badge topic:travel", "Search everywhere", ["Reset a badge"]),
        ("badge kind:story", "Search everywhere", ["Reset a badge"]),
        ("badge tag:train", "Search everywhere", ["Reset a badge"]),
        ("badge author:bob", "Search everywhere", ["Reset a badge"]),
        ("badge -topic:office", "Search everywhere", ["Reset a badge"]),
        ("badge -desk", "Search without leaving anything out", ["Reset a badge"]),
        ('badge -"the desk"', "Search without leaving anything out", ["Reset a badge"]),
        ('"badge reset" -desk kind:story', "Search for the words alone", ["Reset a badge"]),
    ],
)
def test_conditions_typed_into_the_query_can_be_left_out_as_well(
    reader, session, alice, bob, typed, way, found
):
    office, travel = make_topic(session, "Office"), make_topic(session, "Travel")
    make_article(session, alice, title="Reset a badge", body="At the desk.", topic=office)
    make_article(session, bob, title="Book a plane", tags=("train",), topic=travel)
    response = reader("/search", q=typed)
    assert "Nothing found" in page(response).main.get_text()
    assert titles(reader(links(response)[way])) == found
    assert found[0] in offered(response, "Perhaps one of these")
    assert "Alice" in offered(response, "These people wrote about something like it")


def test_where_nothing_is_asked_but_conditions_no_wider_search_is_offered(reader, session, alice):
    make_article(session, alice, title="Reset a badge")
    for asked in ({"q": "kind:story"}, {"q": "", "kind": "story"}, {"q": "kind:story tag:x"}):
        response = reader("/search", **asked)
        assert "Nothing found" in page(response).main.get_text()
        assert not [words for words in links(response) if words.startswith("Search ")]


def test_a_topic_that_was_named_as_a_condition_is_linked(reader, session, alice):
    make_article(session, alice, title="Book a plane", topic=make_topic(session, "Travel and cars"))
    response = reader("/search", q="zzyzx topic:travel-and-cars")
    assert links(response)["Travel and cars"] == "/topics/travel-and-cars"
    assert offered(response, "Perhaps one of these") == ["Book a plane"]


def test_what_hardly_fits_within_conditions_leads_to_what_fits_without(reader, session, alice):
    make_article(session, alice, title="Reset a parking badge")
    for number in range(5):
        make_article(session, alice, title=f"Badge {number}", tags=("desk",))
    weak = "Nothing fits well. Perhaps one of these"
    response = reader("/search", q="parking reset badge tag:desk")
    assert weak in page(response).main.get_text()
    everywhere = reader(links(response)["Search everywhere"])
    assert titles(everywhere)[0] == "Reset a parking badge"
    response = reader("/search", q="badge zzyzx qwxyz vbnmk tag:desk")
    assert weak in page(response).main.get_text()
    assert "Search everywhere" not in links(response)  # where nothing fits better


def offered(response, heading):
    """What is linked under this heading of the page."""
    section = next(h.find_parent("section") for h in page(response)("h2") if h.text == heading)
    return [link.get_text() for link in section.select(".item__title a, .person")]


def test_nothing_found_names_articles_of_a_topic_that_was_named_and_whom_to_ask(
    reader, session, alice, bob
):
    travel = make_topic(session, "Business travel")
    gone = make_user(session, "Gone")
    make_article(session, alice, title="Book a train", topic=travel)
    make_article(session, gone, title="Book a plane", topic=travel)
    make_article(session, bob, title="Book a car", topic=travel)
    make_article(session, alice, title="Canary", topic=travel, published=False)
    make_article(session, alice, title="Reset a badge", topic=make_topic(session, "Office"))
    gone.active = False
    response = reader("/search", q="travelling zzyzx", kind="story")
    assert offered(response, "Perhaps one of these") == [
        "Book a car",
        "Book a plane",
        "Book a train",
    ]
    assert offered(response, "These people wrote about something like it") == ["Alice"]
    assert links(response)["Business travel"] == "/topics/business-travel"


def test_what_hardly_fits_is_shown_as_such_with_whom_to_ask(reader, session, alice):
    make_article(session, alice, title="Reset a badge")
    response = reader("/search", q="badge zzyzx qwxyz vbnmk")
    assert titles(response) == ["Reset a badge"]
    assert "Nothing fits well. Perhaps one of these" in page(response).main.get_text()
    assert told(response) == "Nothing fits well, but perhaps 1 article"
    assert offered(response, "These people wrote about something like it") == ["Alice"]
    assert page(response).select_one('form[action="/search/gaps"] [name="q"]')
    assert not page(reader("/search", q="badge")).select("h2.empty__title")


def test_what_found_nothing_can_be_asked_of_colleagues(reader):
    form = page(reader("/search", q="zzyzx <b>")).select_one('form[action="/search/gaps"]')
    assert form["method"] == "post"
    assert form.select_one('[name="q"]')["value"] == "zzyzx <b>"
    assert form.select_one('[name="note"]').get_text().strip() == ""
    assert form.select_one('[name="tell"]').has_attr("checked")


def test_what_found_something_else_can_be_asked_too(reader, session, alice):
    make_article(session, alice, title="Reset a badge")
    more = page(reader("/search", q="badge")).select_one("main details")
    assert more.summary.get_text() == "Not what you were looking for? Ask your colleagues"
    assert more.select_one('form[action="/search/gaps"] [name="q"]')["value"] == "badge"
    assert not page(reader("/search", q="", kind="howto")).select('form[action="/search/gaps"]')


# Where a passage stands


def test_a_result_leads_to_the_heading_its_passage_is_under(reader, session, alice):
    article = make_article(session, alice, title="Open a door", body="Steps\nHold the badge there.")
    article.live_revision.headings = [[2, "h-steps", "Steps"]]
    make_article(session, alice, title="Badge", body="No heading here.")
    bare, item = page(reader("/search", q="badge")).select("main .item")
    assert bare.select_one(".item__place") is None
    assert item.select_one(".item__title a")["href"] == "/articles/open-a-door"
    assert item.select_one(".item__place").get_text() == "in: Steps"
    assert item.select_one(".item__place")["href"] == "/articles/open-a-door#h-steps"


def test_a_result_says_when_it_was_updated(reader, session, alice, clock):
    make_article(session, alice, title="Reset a badge")
    month, year = f"{clock.now():%B}", clock.now().year
    assert f"Updated in {month} ·" in meta(reader("/search", q="badge"))
    clock.move(days=400)
    assert f"Updated in {month} {year} ·" in meta(reader("/search", q="badge"))


def meta(response):
    return " · ".join(li.get_text(strip=True) for li in page(response).select("main .meta li"))


# In which order, and why


def test_the_order_can_be_changed_and_stays_with_filters_and_pages(reader, session, alice):
    for number in range(12):
        make_article(session, alice, title=f"Badge {number}", tags=("x",) * (number % 2))
    response = reader(links(reader("/search", q="badge"))["Newest first"])
    assert links(response)["Best first"] == "/search?q=badge"
    assert links(response)["x 6"] == "/search?q=badge&tag=x&sort=newest"
    assert "sort=newest" in links(response)["Next"]
    kept = page(response).select_one('form[role="search"] input[name="sort"]')
    assert kept["value"] == "newest"


def test_curators_can_have_the_order_explained_and_others_cannot(
    client, reader, sign_in, session, alice, cora
):
    make_article(session, alice, title="Reset a badge")
    plain = page(reader("/search", q="badge", explain="1"))
    assert not plain.select(".explained")
    assert "Explain" not in plain.main.get_text()
    sign_in(client, cora)
    explained = reader(links(reader("/search", q="badge"))["Explain the order"])
    (why,) = page(explained).select(".item .explained__table")
    assert "badge" in why.select_one("th").get_text()
    assert float(why.select_one("td").get_text()) > 0
    assert links(explained)["Without the explanations"] == "/search?q=badge"


# While typing


def test_a_script_gets_the_same_results_without_the_frame(reader, session, alice):
    make_article(session, alice, title="Reset a badge")
    whole, part = reader("/search", q="badge"), reader("/search", q="badge", live="1")
    for id_ in ("found", "found-aside", "search-title"):
        assert page(part).find(id=id_) == page(whole).find(id=id_)
    assert page(part).title.get_text().split() == page(whole).title.get_text().split()
    assert page(part).select("header, footer, script, link") == []


def test_what_is_asked_while_typing_is_no_search(reader, session, database, alice):
    make_article(session, alice, title="Reset a badge")
    reader("/search", q="badg", live="1")
    reader("/search", q="badge")
    tally.flush(database)
    assert session.scalars(sa.select(SearchRecord.query)).all() == ["badge"]


def test_suggestions_say_what_the_list_shows(reader, session, alice):
    topic = make_topic(session, "Office IT")
    make_article(session, alice, title="Reset a badge", topic=topic)
    assert reader("/search/suggest", q="res").json == {
        "suggestions": [
            {
                "title": "Reset a badge",
                "url": "/articles/reset-a-badge",
                "kind": "howto",
                "topic": "Office IT",
            }
        ]
    }
    assert reader("/search/suggest").json == {"suggestions": []}


def test_similar_articles_say_what_the_editor_shows(reader, session, alice):
    make_article(session, alice, title="Reset a badge", summary="In a minute.")
    assert reader("/search/similar", title="Resetting badges").json == {
        "articles": [
            {
                "title": "Reset a badge",
                "url": "/articles/reset-a-badge",
                "summary": "In a minute.",
                "kind": "howto",
            }
        ]
    }
    assert reader("/search/similar").json == {"articles": []}


def test_browsers_can_add_us_to_their_search_field(client):
    response = client.get("/opensearch.xml")
    assert response.status_code == 200
    assert response.mimetype == "application/opensearchdescription+xml"
    assert "http://kb.example.com/search?q={searchTerms}" in response.text


# When the index is lost


def lose(folder: Path) -> None:
    for pointer in folder.glob("search/*/current.json"):
        pointer.unlink()


def test_a_lost_index_comes_back_by_itself(client, reader, session, alice, tmp_path, caplog):
    make_article(session, alice, title="Reset a badge")
    assert titles(reader("/search", q="badge")) == ["Reset a badge"]
    lose(tmp_path)
    response = client.get("/search?q=badge")
    assert response.status_code == 200
    assert titles(response) == ["Reset a badge"]
    assert "cannot be used" in caplog.text


def test_while_there_is_no_index_titles_are_offered(
    app, client, reader, session, alice, tmp_path, caplog
):
    make_article(session, alice, title="Reset a badge")
    make_article(session, alice, title="Canary badge", published=False)
    reader("/search", q="badge")
    lose(tmp_path)
    with app.app_context():
        engine = search_of_app().engine
    with engine.rebuild():  # somebody else is at it, and not done
        response = client.get("/search?q=badge")
        assert response.status_code == 503
        assert titles(response) == ["Reset a badge"]
        assert titles(client.get("/search?q=how+do+I+reset+a+badge")) == ["Reset a badge"]
        assert titles(client.get("/search?q=badge&kind=story")) == []
        assert "Search is not available" in page(response).h1.get_text()
        assert client.get("/search/suggest?q=bad").json == {"suggestions": []}
        assert client.get("/search/similar?title=badge").json == {"articles": []}
    assert client.get("/search?q=badge").status_code == 200


def test_readiness_tells_of_the_index_and_brings_it_back(client, reader, tmp_path):
    assert client.get("/readyz").json["parts"]["index"] == "ok"
    lose(tmp_path)
    assert client.get("/readyz").json["parts"]["index"] == "ok"


def test_an_index_of_another_version_is_made_anew(client, reader, session, alice, tmp_path):
    make_article(session, alice, title="Reset a badge")
    reader("/search", q="badge")
    (pointer,) = tmp_path.glob("search/*/current.json")
    pointer.write_text(json.dumps({**json.loads(pointer.read_text()), "version": "0"}))
    assert titles(client.get("/search?q=badge")) == ["Reset a badge"]


def test_author_names_are_shown_not_handles(reader, session):
    priya = make_user(session, "Priya Raman")
    make_article(session, priya, title="Reset a badge")
    make_article(session, make_user(session, "Bo"), title="Another badge")
    response = reader("/search", q="badge")
    assert titles(reader("/search", q="author:priya-raman")) == ["Reset a badge"]
    assert any(re.match(r"Priya Raman \d", words) for words in links(response))


def test_a_result_says_for_how_many_it_worked(reader, session, alice, bob, cora):
    article = make_article(session, alice, title="Reset a badge")
    said(session, article, bob, worked=True)
    said(session, article, cora, worked=False)
    make_article(session, alice, title="Make a badge")
    shown = page(reader("/search", q="badge")).select("main .list .item")
    by_title = {each.select_one(".item__title").get_text(): each.get_text() for each in shown}
    assert "Worked for 1 of 2" in by_title["Reset a badge"]
    assert "orked" not in by_title["Make a badge"]


def test_a_page_of_what_was_found_by_its_meaning_alone_says_so(
    app, reader, session, alice, tmp_path, monkeypatch
):
    pytest.importorskip("usearch", reason="the extra semantic is not installed")
    from search.semantic import StoredPassage
    from search.semantic.sense import Senses
    from search.semantic.vectors import VectorFolder
    from tests.search.test_sense import Asker, leaning, lost

    article = make_article(session, alice, title="Claim travel expenses")
    vectors = VectorFolder(tmp_path / "meanings", "an encoder")
    vectors.rebuild([{article.id: [StoredPassage(0, 0, leaning(0))]}])
    with app.app_context():
        pipeline = search_of_app().pipeline
    monkeypatch.setattr(pipeline, "_senses", Senses(Asker(), vectors, lost))
    note = "No article has taxi; these come near to what that means."
    assert note in page(reader("/search", q="taxi")).get_text()
    note = "No article has taxi; these have the other words."
    assert note in page(reader("/search", q="travel taxi")).get_text()


def test_where_conditions_leave_only_what_is_hardly_near_more_is_offered_without_them(
    app, reader, session, alice, tmp_path, monkeypatch
):
    pytest.importorskip("usearch", reason="the extra semantic is not installed")
    import numpy as np

    from search.semantic import StoredPassage
    from search.semantic.sense import Senses
    from search.semantic.vectors import VectorFolder
    from tests.search.test_sense import Asker, lost

    make_article(session, alice, title="Reset the VPN", topic=make_topic(session, "Office"))
    finance = make_topic(session, "Finance")
    article = make_article(session, alice, title="Pay by card", body="Type it.", topic=finance)
    hardly_near = np.zeros(384, np.int8)
    hardly_near[:2] = 40, 110
    vectors = VectorFolder(tmp_path / "meanings", "an encoder")
    vectors.rebuild([{article.id: [StoredPassage(0, 0, hardly_near.tobytes())]}])
    with app.app_context():
        pipeline = search_of_app().pipeline
    monkeypatch.setattr(pipeline, "_senses", Senses(Asker(), vectors, lost))
    for asked in ({"q": "vpn topic:finance"}, {"q": "vpn", "topic": "finance"}):
        response = reader("/search", **asked)
        assert titles(response) == ["Pay by card"]
        assert "Reset the VPN" in titles(reader(links(response)["Search everywhere"]))
