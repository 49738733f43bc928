"""The page of the queue: its rows, its filters, the filters somebody keeps, its feed."""

from collections.abc import Callable
from xml.etree import ElementTree

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup, Tag
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from core.db import db
from curation.models import SavedFilter, State
from people import accounts
from people.models import User
from tests.conftest import Browser, Clock, leads_to_signin
from tests.factories import make_article, make_review, make_topic, make_user

NewClient = Callable[[User], Browser]
TITLE = "{http://www.w3.org/2005/Atom}entry/{http://www.w3.org/2005/Atom}title"


def page(response: TestResponse) -> Tag:
    main = BeautifulSoup(response.text, "html.parser").find("main")
    assert isinstance(main, Tag)
    return main


def words(tag: Tag) -> str:
    return " ".join(tag.get_text(" ").split())


def titles(response: TestResponse) -> list[str]:
    return [title.get_text(strip=True) for title in page(response).select(".queue .item__title")]


def chosen(response: TestResponse) -> list[str]:
    return [
        words(chip).removesuffix(" Take this back")
        for chip in page(response).select(".queue-chosen a")
    ]


def buttons(row: Tag) -> list[str]:
    return [words(button) for button in row.select("button, a.button")]


# The list


def test_the_queue_shows_the_most_useful_first_and_why(
    session: Session, new_client: NewClient, clock: Clock, alice: User, bob: User, cora: User
) -> None:
    make_review(session, alice, title="The older one")
    clock.move(days=1)
    make_review(session, bob, title="The newer one", note="Is the topic right?")
    response = new_client(cora).get("/reviews")
    assert titles(response) == ["The older one", "The newer one"]
    assert "waits 24 hours; topic Travel" in words(page(response)).replace("Waits", "waits")
    assert "Is the topic right?" in words(page(response))
    chosen_order = page(response).select_one('[aria-label="Order"] [aria-current]')
    assert chosen_order is not None
    assert words(chosen_order) == "Most useful first"


def test_the_queue_says_who_is_reading_since_when_and_lets_others_take_over(
    session: Session, new_client: NewClient, alice: User, cora: User, carl: User
) -> None:
    review = make_review(session, alice, state=State.IN_REVIEW, curator=cora)
    row = page(new_client(carl).get("/reviews")).select_one(".queue__row")
    assert row is not None
    assert "Being read by Cora since" in words(row)
    assert buttons(row) == ["Take over"]
    own = page(new_client(cora).get("/reviews")).select_one(".queue__row")
    assert own is not None
    assert buttons(own) == ["Go on"]
    answer = new_client(carl).post(
        f"/reviews/{review.id}/takeover", data={"version": review.version}
    )
    assert answer.status_code == 303


def test_one_claims_from_the_list_what_is_not_ones_own(
    session: Session, new_client: NewClient, alice: User, cora: User
) -> None:
    make_review(session, alice, title="Theirs")
    make_review(session, cora, title="Mine")
    rows = page(new_client(cora).get("/reviews")).select(".queue__row")
    offered = {words(row.select(".item__title")[0]): buttons(row) for row in rows}
    assert offered == {"Theirs": ["Claim", "Assign"], "Mine": []}


def test_the_filters_of_the_queue_live_in_its_address(
    session: Session, new_client: NewClient, alice: User, bob: User, cora: User
) -> None:
    sales = make_topic(session, "Sales", slug="sales")
    make_review(session, alice, title="About sales", topic=sales)
    make_review(session, bob, title="About travel", topic=make_topic(session, "Travel"))
    response = new_client(cora).get("/reviews?topic=sales&first=1&kind=poem")
    assert titles(response) == ["About sales"]
    assert chosen(response) == ["Topic: Sales", "First-time authors", "Show everything that waits"]
    option = page(response).select_one("select[name=topic] option[selected]")
    assert option is not None
    assert (option["value"], words(option)) == ("sales", "Sales (1)")
    chip = page(response).select_one(".queue-chosen a")
    assert chip is not None
    assert chip["href"] == "/reviews?first=1"


def test_the_queue_counts_each_state_for_the_other_filters(
    session: Session, new_client: NewClient, alice: User, bob: User, cora: User
) -> None:
    make_review(session, alice)
    make_review(session, bob, state=State.CHANGES_REQUESTED, curator=cora)
    response = new_client(cora).get("/reviews?state=changes_requested")
    shown = [words(state) for state in page(response).select(".queue-states__state")]
    assert shown == [
        "All that wait 1",
        "Waiting for review 1",
        "Being read 0",
        "Changes requested 1",
    ]


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("/reviews", "Nothing waits for review"),
        ("/reviews?mine=1", "You have claimed nothing"),
        ("/reviews?overdue=1", "Nothing is overdue"),
        ("/reviews?kind=story", "Take a filter back"),
    ],
)
def test_an_empty_queue_says_why(
    new_client: NewClient, cora: User, address: str, sentence: str
) -> None:
    assert sentence in words(page(new_client(cora).get(address)))


def test_the_queue_is_not_for_everybody(
    client: Browser, new_client: NewClient, alice: User
) -> None:
    assert leads_to_signin(client.get("/reviews"))
    assert new_client(alice).get("/reviews").status_code == 403


@pytest.mark.parametrize("number", [3, 45])
def test_the_page_costs_as_many_queries_whatever_waits(
    app: Flask, session: Session, new_client: NewClient, alice: User, cora: User, number: int
) -> None:
    for place in range(number):
        make_review(session, alice, title=f"Text {place}")
    browser = new_client(cora)
    browser.get("/reviews")  # what is asked once in a while is asked now
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    assert len(titles(browser.get("/reviews"))) == min(number, 20)
    sa.event.remove(db.engine, "before_cursor_execute", note)
    asked = [statement for statement in statements if statement.startswith("SELECT")]
    assert len(asked) <= 18, "\n".join(asked)
    assert not any("revision.body" in statement for statement in asked)


# The filters that somebody keeps


def test_a_filter_is_kept_shown_with_its_count_renamed_and_deleted(
    session: Session, new_client: NewClient, alice: User, cora: User, carl: User
) -> None:
    make_review(session, alice)
    browser = new_client(cora)
    answer = browser.post(
        "/reviews/filters", data={"first": "1", "order": "age", "name": "New people"}
    )
    assert answer.location == "/reviews?first=1&order=age"
    link = page(browser.get("/reviews")).select_one(".queue-saved a")
    assert link is not None
    assert (words(link), link["href"]) == ("New people 1", "/reviews?first=1&order=age")
    kept = session.scalars(sa.select(SavedFilter.id)).one()
    assert (
        new_client(carl).post(f"/reviews/filters/{kept}/name", data={"name": "Mine"}).status_code
        == 404
    )
    browser.post(f"/reviews/filters/{kept}/name", data={"name": "Newcomers"})
    assert "Newcomers" in words(page(browser.get("/reviews/filters")))
    new_client(carl).post(f"/reviews/filters/{kept}/deletion")
    assert "Newcomers" in words(page(browser.get("/reviews")))
    for _ in range(2):
        assert browser.post(f"/reviews/filters/{kept}/deletion").status_code == 303
    assert "Newcomers" not in words(page(browser.get("/reviews")))


@pytest.mark.parametrize(
    ("sent", "status", "sentence"),
    [
        ({"overdue": "1", "name": " "}, 422, "Give the filter a name"),
        ({"overdue": "1", "name": "LATE"}, 422, "You have a filter named Late already"),
        ({"name": "Everything"}, 422, "Choose a filter first"),
    ],
)
def test_a_filter_that_cannot_be_kept_says_why_and_keeps_the_name(
    new_client: NewClient, cora: User, sent: dict[str, str], status: int, sentence: str
) -> None:
    browser = new_client(cora)
    browser.post("/reviews/filters", data={"mine": "1", "name": "Late"})
    answer = browser.post("/reviews/filters", data=sent)
    assert answer.status_code == status
    assert sentence in answer.text
    field = page(answer).select_one("input#name")
    if "overdue" in sent:
        assert field is not None
        assert field["value"] == sent["name"]


def test_saving_twice_keeps_one_and_twenty_are_enough(
    session: Session, new_client: NewClient, cora: User
) -> None:
    browser = new_client(cora)
    for name in ["Late", "Late", *(f"Filter {number}" for number in range(19))]:
        browser.post("/reviews/filters", data={"overdue": "1", "name": name})
    answer = browser.post("/reviews/filters", data={"overdue": "1", "name": "One more"})
    assert answer.status_code == 409
    assert "You have 20 saved filters" in answer.text
    assert session.scalar(sa.select(sa.func.count()).select_from(SavedFilter)) == 20


# The feed


def feed_address(browser: Browser, address: str = "/reviews") -> str:
    field = page(browser.get(address)).select_one("input#feed")
    assert field is not None
    return str(field["value"]).removeprefix("http://kb.example.com")


def entries(answer: TestResponse) -> list[str | None]:
    assert answer.status_code == 200
    return [title.text for title in ElementTree.fromstring(answer.text).iterfind(TITLE)]


def test_the_feed_needs_no_sign_in_and_follows_the_filter(
    session: Session,
    client: Browser,
    new_client: NewClient,
    clock: Clock,
    alice: User,
    bob: User,
    cora: User,
) -> None:
    sales = make_topic(session, "Sales", slug="sales")
    make_review(session, alice, title="About <sales>", topic=sales)
    clock.move(days=1)
    make_review(session, bob, title="About travel", topic=make_topic(session, "Travel"))
    browser = new_client(cora)
    everything = client.get(feed_address(browser))
    assert everything.mimetype == "application/atom+xml"
    assert entries(everything) == ["About travel", "About <sales>"]
    assert entries(client.get(feed_address(browser, "/reviews?topic=sales"))) == ["About <sales>"]


def test_the_feed_shows_what_its_reader_may_see_and_decide(
    session: Session, client: Browser, new_client: NewClient, alice: User, bob: User
) -> None:
    named_for = make_topic(session, "Payroll", curators=[bob])
    make_review(session, alice, title="For Bob", topic=named_for)
    make_review(session, alice, title="Not for Bob", topic=make_topic(session, "Travel"))
    make_review(session, bob, title="By Bob", topic=named_for)
    browser = new_client(bob)
    assert set(entries(client.get(feed_address(browser)))) == {"For Bob", "By Bob"}
    assert entries(client.get(feed_address(browser, "/reviews?yours=1"))) == ["For Bob"]


def test_an_address_of_the_feed_ends_with_the_sessions_of_its_reader(
    session: Session, client: Browser, new_client: NewClient, cora: User
) -> None:
    address = feed_address(new_client(cora))
    assert client.get(address).status_code == 200
    accounts.set_password(cora, "another quiet morning")
    session.flush()
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("key", ["", "1", "1.", "1.forged", "99.x", "²", "a" * 5000])
def test_a_forged_key_opens_no_feed(client: Browser, cora: User, key: str) -> None:
    assert client.get("/reviews.atom", query_string={"key": key}).status_code == 404


def test_the_key_of_one_person_opens_nothing_for_another(
    session: Session, client: Browser, new_client: NewClient, alice: User, cora: User
) -> None:
    key = feed_address(new_client(cora)).partition("key=")[2]
    forged = f"{alice.id}.{key.partition('.')[2]}"
    assert client.get(f"/reviews.atom?key={forged}").status_code == 404
    accounts_gone = make_user(session, "Gone", active=False)
    assert client.get(f"/reviews.atom?key={accounts_gone.id}.x").status_code == 404


def test_a_change_to_a_live_article_is_told_apart(
    session: Session, new_client: NewClient, alice: User, bob: User, cora: User
) -> None:
    live = make_article(session, alice, title="Live", body="One two three.")
    make_review(session, bob, article=live, body="One two four.")
    response = new_client(cora).get("/reviews?article=live&size=small")
    assert titles(response) == ["Live"]
    assert "small change: 1 word" in words(page(response))
