"""Curators' say in search by its addresses: synonyms with a look ahead, and pins."""

from collections.abc import Callable

import sqlalchemy as sa
from bs4 import BeautifulSoup
from sqlalchemy.orm import Session

from core import clock
from core.web import day
from kb import lifecycle
from people.models import User
from search import pins, synonyms
from search.models import Pin, SearchRecord, Synonyms
from tests.conftest import Browser, Deliveries, leads_to_signin
from tests.factories import make_article, make_topic
from tests.writers import writers_at

NewClient = Callable[[User], Browser]
PAGE, PINS = "/search/synonyms", "/search/pins"
FORM = {"words": "PR, purchase request", "topic": "", "action": "save"}


def text_of(page: str) -> str:
    return " ".join(BeautifulSoup(page, "html.parser").get_text(" ").split())


def value_of(page: str, name: str) -> str:
    field = BeautifulSoup(page, "html.parser").select_one(f".synonyms-form [name={name}]")
    assert field is not None
    return str(field["value"])


def titles(page: str) -> list[str]:
    return [a.get_text() for a in BeautifulSoup(page, "html.parser").select("main .item__title a")]


def search_for(session: Session, query: str, *, times: int = 1) -> None:
    """Somebody looked for this lately."""
    for _ in range(times):
        session.add(
            SearchRecord(at=clock.now(), query=query, key=query, found=0, user_id=None, rank=None)
        )


# Synonyms


def test_a_curator_adds_changes_removes_and_brings_back(
    session: Session, new_client: NewClient, cora: User
) -> None:
    make_topic(session, "Finance")
    browser = new_client(cora)
    assert "No synonyms yet" in browser.get(PAGE).text
    assert browser.post(PAGE, data=FORM).status_code == 303
    made = session.scalars(sa.select(Synonyms)).one()
    path = f"{PAGE}/{made.id}"
    sent = {
        "words": "PR, requisition",
        "topic": "finance",
        "version": value_of(browser.get(path).text, "version"),
    }
    assert browser.post(path, data=sent).status_code == 303
    assert made.words == ["PR", "requisition"]
    assert "Finance" in text_of(browser.get(f"{PAGE}?find=requi").text)
    assert "No group has" in browser.get(f"{PAGE}?find=laptop").text
    assert browser.post(f"{path}/removal").status_code == 303
    assert browser.get(path).status_code == 303
    assert "Bring back" in browser.get(PAGE).text
    assert browser.post(f"{path}/return").status_code == 303
    assert made.removed_at is None


def test_what_does_not_fit_comes_back_with_everything_typed(
    session: Session, new_client: NewClient, cora: User
) -> None:
    made = synonyms.add(session, "laptop, notebook", topic=None, by=cora)
    browser = new_client(cora)
    for wrong, why in (
        ({"words": "PR"}, "Give 2 to 12 words"),
        ({"topic": "gone"}, "is not there any more"),
    ):
        for path, action in ((PAGE, "save"), (PAGE, "preview"), (f"{PAGE}/{made.id}", "save")):
            sent = FORM | wrong | {"action": action, "version": "1"}
            response = browser.post(path, data=sent)
            assert response.status_code == 422
            assert why in response.text
            assert value_of(response.text, "words") == sent["words"]


def test_words_changed_meanwhile_are_shown_beside_what_was_typed(
    session: Session, new_client: NewClient, cora: User, carl: User
) -> None:
    made = synonyms.add(session, "laptop, notebook", topic=None, by=cora)
    synonyms.change(session, made, "laptop, portable", topic=None, version=1, by=carl)
    browser, sent = new_client(cora), FORM | {"version": "1"}
    response = browser.post(f"{PAGE}/{made.id}", data=sent)
    assert response.status_code == 409
    assert "Carl has changed" in response.text
    assert "laptop, portable" in response.text
    assert value_of(response.text, "words") == FORM["words"]
    again = sent | {"version": value_of(response.text, "version")}
    assert browser.post(f"{PAGE}/{made.id}", data=again).status_code == 303
    synonyms.remove(session, made, by=carl)
    response = browser.post(f"{PAGE}/{made.id}", data=sent | {"words": "laptop, computer"})
    assert response.status_code == 409
    assert value_of(response.text, "words") == "laptop, computer"


def test_others_can_write_while_it_is_looked_at_what_changes(
    session: Session, new_client: NewClient, outbox: Deliveries, cora: User
) -> None:
    session.commit()
    browser = new_client(cora)
    outbox.drain()
    with writers_at("FROM search_record") as seen:
        browser.post(PAGE, data=FORM | {"action": "preview"})
    assert seen
    assert not any(seen)


def test_before_saving_it_is_shown_what_changes_in_recent_searches(
    session: Session, new_client: NewClient, outbox: Deliveries, alice: User, cora: User
) -> None:
    browser = new_client(cora)
    make_article(session, alice, title="Fill in a requisition", body="In Tally.")
    make_article(session, alice, title="Order paper", body="A PR is not needed.")
    outbox.drain()
    search_for(session, "late pr", times=3)
    search_for(session, "paper")
    page = text_of(
        browser.post(PAGE, data=FORM | {"words": "PR, requisition", "action": "preview"}).text
    )
    assert "1 of 1 search of the last 30 days would find something else" in page
    assert "late pr , searched 3 times: finds 2 articles instead of 1." in page
    assert "“Fill in a requisition” comes in at" in page
    assert session.scalars(sa.select(Synonyms)).all() == []
    assert session.scalar(sa.select(sa.func.count(SearchRecord.id))) == 4
    page = browser.post(PAGE, data=FORM | {"words": "fax, telefax", "action": "preview"}).text
    assert "Nobody has searched for these words" in page


def test_those_named_for_a_topic_keep_its_synonyms_alone(
    session: Session, new_client: NewClient, alice: User, cora: User
) -> None:
    make_topic(session, "Finance", curators=[alice])
    everywhere = synonyms.add(session, "laptop, notebook", topic=None, by=cora)
    browser = new_client(alice)
    assert browser.post(PAGE, data=FORM | {"topic": "finance"}).status_code == 303
    for action in ("save", "preview"):
        sent = FORM | {"words": "VAT, tax", "action": action}
        assert browser.post(PAGE, data=sent).status_code == 403
        assert new_client(cora).post(PAGE, data=sent | {"topic": "finance"}).status_code == 403
    page = browser.get(f"{PAGE}/{everywhere.id}")
    assert page.status_code == 200
    assert BeautifulSoup(page.text, "html.parser").select_one(".synonyms-form") is None
    assert browser.post(f"{PAGE}/{everywhere.id}/removal").status_code == 403


def test_employees_have_no_say(
    session: Session, new_client: NewClient, client: Browser, alice: User, bob: User, cora: User
) -> None:
    made = synonyms.add(session, "laptop, notebook", topic=None, by=cora)
    article = make_article(session, alice)
    pin = pins.pin(session, "vpn", article, because="So.", days=9, by=cora)
    browser = new_client(bob)
    for path in (PAGE, f"{PAGE}/{made.id}", PINS):
        assert leads_to_signin(client.get(path))
        assert browser.get(path).status_code == 403
    for path in (
        PAGE,
        f"{PAGE}/{made.id}",
        f"{PAGE}/{made.id}/removal",
        f"{PAGE}/{made.id}/return",
    ):
        assert browser.post(path, data=FORM).status_code == 403
    sent = {"query": "vpn", "article": str(article.slug), "because": "So.", "days": "9"}
    assert browser.post(PINS, data=sent).status_code == 403
    assert browser.post(f"{PINS}/{pin.id}/removal").status_code == 403
    assert browser.post(f"{PINS}/999/removal").status_code == 404
    assert browser.post(f"{PAGE}/999/removal").status_code == 404


# Pins


def test_a_curator_pins_an_article_by_its_address_and_takes_the_pin_away(
    session: Session, new_client: NewClient, alice: User, cora: User
) -> None:
    article = make_article(session, alice, title="Reset the VPN")
    browser = new_client(cora)
    assert "Nothing is pinned" in browser.get(PINS).text
    sent = {
        "query": "no internet",
        "article": f"http://kb.example.com/articles/{article.slug}#then",
        "because": "They do not know the word.",
    }
    assert browser.post(PINS, data=sent).status_code == 303
    made = session.scalars(sa.select(Pin)).one()
    assert (made.article_id, (made.until - made.at).days) == (article.id, pins.USUAL_DAYS)
    assert "They do not know the word. Until" in text_of(browser.get(PINS).text)
    assert browser.post(f"{PINS}/{made.id}/removal").status_code == 303
    assert "Taken away by Cora" in text_of(browser.get(PINS).text)


def test_a_pin_that_does_not_fit_comes_back_with_everything_typed(
    session: Session, new_client: NewClient, alice: User, cora: User
) -> None:
    browser, article = new_client(cora), make_article(session, alice)
    sent = {"query": "vpn", "article": str(article.slug), "because": "So it is.", "days": "9"}
    for wrong, why in (
        ({"article": "/articles/gone"}, "There is no article with this address."),
        ({"article": ""}, "There is no article with this address."),
        ({"days": "999"}, "A pin holds for 1 to 365 days."),
        ({"days": "soon"}, "A pin holds for 1 to 365 days."),
        ({"because": ""}, "Say why"),
        ({"query": "topic:travel"}, "Give the words that people search for"),
    ):
        response = browser.post(PINS, data=sent | wrong)
        assert response.status_code == 422
        assert why in response.text
        form = BeautifulSoup(response.text, "html.parser").select_one("#add form")
        assert form is not None
        typed = {name: form.select_one(f"[name={name}]") for name in sent}
        assert {name: str(field["value"]) for name, field in typed.items() if field} == sent | wrong


def test_readers_find_what_is_pinned_first_and_curators_see_until_when(
    session: Session,
    new_client: NewClient,
    outbox: Deliveries,
    alice: User,
    bob: User,
    cora: User,
) -> None:
    reader, curator = new_client(bob), new_client(cora)
    make_article(session, alice, title="Internet at home", body="No internet at home.")
    vpn = make_article(session, alice, title="Reset the VPN", body="It is down.")
    outbox.drain()
    assert titles(reader.get("/search?q=no+internet").text) == ["Internet at home"]
    made = pins.pin(session, "no internet", vpn, because="So.", days=9, by=cora)
    page = reader.get("/search?q=no+internet").text
    assert titles(page) == ["Reset the VPN", "Internet at home"]
    assert "Recommended" in page
    assert "Pinned by" not in page
    page = curator.get("/search?q=no+internet&explain=1").text
    assert f"Pinned by a curator until {day(made.until)}" in page
    assert f'action="{PINS}/{made.id}/removal"' in page
    assert "Pin first for this search : Internet at home" in text_of(page)
    lifecycle.hide(session, vpn, reason="Sensitive.", by=cora)
    assert titles(reader.get("/search?q=no+internet").text) == ["Internet at home"]


def test_a_pin_counts_for_what_a_search_was_corrected_to(
    session: Session, new_client: NewClient, outbox: Deliveries, alice: User, cora: User
) -> None:
    curator = new_client(cora)
    make_article(session, alice, title="Claim expenses")
    pinned = make_article(session, alice, title="Open the Tally")
    outbox.drain()
    right = pins.pin(session, "claim expenses", pinned, because="So.", days=9, by=cora)
    page = curator.get("/search?q=claim+expences&explain=1").text
    assert "Showing results for claim expenses" in text_of(page)
    assert titles(page) == ["Open the Tally", "Claim expenses"]
    assert f'action="{PINS}/{right.id}/removal"' in page
    assert 'name="query" value="claim expenses"' in page
    assert titles(curator.get("/search?q=claim+expences&sort=newest").text)
    assert "Open the Tally" not in curator.get("/search?q=claim+expences&exact=1").text
    pins.remove(session, right, by=cora)
    wrong = pins.pin(session, "claim expences", pinned, because="So.", days=9, by=cora)
    page = curator.get("/search?q=claim+expences&explain=1").text
    assert titles(page) == ["Open the Tally", "Claim expenses"]  # for what was typed, as before
    assert f'action="{PINS}/{wrong.id}/removal"' in page


def test_what_was_opened_after_a_search_counts_for_what_is_corrected_to_it(
    session: Session, new_client: NewClient, outbox: Deliveries, alice: User, cora: User
) -> None:
    article = make_article(session, alice, title="Claim expenses")
    outbox.drain()
    searched = SearchRecord(query="claim expenses", key="claim expens", found=1, at=clock.now())
    searched.user_id, searched.opened_id = alice.id, article.id
    session.add(searched)
    session.commit()
    curator = new_client(cora)
    opened = "Opened after 1 search for the same words"
    assert opened in text_of(curator.get("/search?q=claim+expences&explain=1").text)
    assert opened not in text_of(curator.get("/search?q=claim+expences&exact=1&explain=1").text)


def test_a_search_reads_pins_once_and_again_only_if_one_is_among_what_it_finds(
    session: Session, new_client: NewClient, outbox: Deliveries, alice: User, cora: User
) -> None:
    session.commit()
    reader = new_client(alice)
    pinned = make_article(session, alice, title="Reset the gate")
    outbox.drain()
    pins.pin(session, "gate", pinned, because="They call it so.", days=30, by=cora)
    for query, times in (("reset", 1), ("gate", 2)):
        with writers_at("FROM search_pin") as read:
            reader.get(f"/search?q={query}")
        assert len(read) == times


def test_from_the_results_a_pin_leads_back_to_them(
    session: Session, new_client: NewClient, alice: User, cora: User
) -> None:
    article = make_article(session, alice)
    sent = {"query": "vpn", "article": str(article.slug), "because": "So.", "from": "results"}
    response = new_client(cora).post(PINS, data=sent)
    assert response.status_code == 303
    assert response.location.endswith("/search?q=vpn&explain=1")
