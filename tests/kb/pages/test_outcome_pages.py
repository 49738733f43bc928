"""Did this work for you: the question below an article, its answers, and who sees them."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup, Tag
from sqlalchemy.orm import Session

from kb import lifecycle, outcomes
from kb.models import Article, Outcome
from people import company
from people.models import User
from tests.conftest import Browser, leads_to_signin
from tests.factories import make_article, republish, said

NewClient = Callable[[User], Browser]
ADDRESS = "/articles/mind-the-gap"


@pytest.fixture
def article(session: Session, alice: User, cora: User) -> Article:
    return make_article(session, alice, approver=cora, title="Mind the gap")


def page(client: Browser, path: str = ADDRESS, **headers: str) -> BeautifulSoup:
    return BeautifulSoup(client.get(path, headers=headers).text, "html.parser")


def asked(client: Browser, **headers: str) -> Tag | None:
    return page(client, **headers).select_one("#outcome")


def words(tag: Tag | None) -> str:
    assert tag is not None
    return " ".join(tag.get_text(" ").split())


def press(client: Browser, label: str, **headers: str) -> str:
    """Press the button, and return what the question says then."""
    shown = asked(client, **headers)
    assert shown is not None
    button = next(each for each in shown.find_all("button") if words(each) == label)
    form = button.find_parent("form")
    assert form is not None
    sent = {str(field["name"]): str(field["value"]) for field in form.find_all("input")}
    if button.get("name"):
        sent[str(button["name"])] = str(button["value"])
    response = client.post(str(form["action"]), data=sent)
    assert (response.status_code, response.location) == (303, f"{ADDRESS}#outcome")
    return words(asked(client))


def buttons(shown: Tag | None) -> list[str]:
    assert shown is not None
    return [words(each) for each in shown.find_all("button")]


def test_a_reader_says_so_changes_their_mind_and_takes_it_back(
    article: Article, bob: User, new_client: NewClient
) -> None:
    client = new_client(bob)
    assert buttons(asked(client)) == ["It worked", "It did not work"]
    said_so = press(client, "It worked")
    assert "You said that it worked." in said_so
    assert "Worked for 1 person." in said_so
    assert buttons(asked(client)) == ["It did not work", "Take it back"]
    changed = press(client, "It did not work")
    assert "You said that it did not work." in changed
    assert "Did not work for 1 person." in changed
    assert "You said" not in press(client, "Take it back")


def test_after_it_did_not_work_the_flag_form_is_one_link_away_and_begun(
    article: Article, bob: User, new_client: NewClient
) -> None:
    client = new_client(bob)
    press(client, "It did not work")
    link = page(client).select_one("#outcome a")
    assert link is not None
    form = page(client, str(link["href"])).select_one("#flag")
    assert form is not None
    assert form.has_attr("open")
    chosen = form.select_one("input[checked]")
    assert chosen is not None
    assert chosen["value"] == "wrong"
    assert "Please look at this again" not in words(form)


def test_everybody_reads_for_how_many_it_worked(
    session: Session, article: Article, bob: User, cora: User, ada: User, new_client: NewClient
) -> None:
    for reader, worked in ((bob, True), (cora, True), (ada, False)):
        said(session, article, reader, worked=worked)
    client = new_client(bob)
    assert "Worked for 2 of 3 people." in words(asked(client))
    assert "Worked for 2 of 3" in words(page(client, "/topics/travel").select_one(".item"))
    assert "Worked for 2 of 3 people" in words(page(client, f"{ADDRESS}/care").main)


def test_owners_find_what_did_not_work_among_what_they_look_after(
    session: Session, article: Article, alice: User, bob: User, new_client: NewClient
) -> None:
    said(session, article, bob, worked=False)
    assert "Did not work for 1 person" in words(page(new_client(alice), "/care").main)
    assert "Did not work" not in words(page(new_client(bob), "/care").main)


def test_what_somebody_said_of_an_earlier_text_is_asked_again(
    session: Session, article: Article, alice: User, bob: User, cora: User, new_client: NewClient
) -> None:
    said(session, article, bob, worked=False)
    republish(session, article, alice, by=cora, body="Another way.")
    shown = asked(new_client(bob))
    assert "You said that it did not work. The text has changed since." in words(shown)
    assert buttons(shown) == ["It worked", "It did not work", "Take it back"]


def test_authors_are_told_why_they_are_not_asked(
    article: Article, alice: User, new_client: NewClient
) -> None:
    client = new_client(alice)
    assert "its other readers are asked" in words(asked(client))
    assert buttons(asked(client)) == []
    sent = {"revision": article.live_revision_id, "worked": "yes"}
    assert client.post(f"{ADDRESS}/outcome", data=sent).status_code == 403


def test_nobody_is_asked_of_what_is_archived(
    session: Session, article: Article, alice: User, bob: User, new_client: NewClient
) -> None:
    said(session, article, bob, worked=False)
    lifecycle.archive(session, article, number=1, reason="Old.", by=alice)
    client = new_client(bob)
    assert asked(client) is None
    sent = {"revision": article.live_revision_id, "worked": "yes"}
    assert client.post(f"{ADDRESS}/outcome", data=sent).status_code == 409


@pytest.mark.parametrize(
    ("sent", "status"),
    [({"worked": "perhaps"}, 422), ({"worked": "yes", "revision": "99"}, 422), ({}, 422)],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(
    article: Article, bob: User, new_client: NewClient, sent: dict[str, str], status: int
) -> None:
    response = new_client(bob).post(f"{ADDRESS}/outcome", data=sent)
    assert response.status_code == status


def test_only_who_is_signed_in_says_anything(article: Article, client: Browser) -> None:
    assert leads_to_signin(client.post(f"{ADDRESS}/outcome", data={"worked": "yes"}))


def test_whoever_came_from_a_search_carries_its_words(
    session: Session, article: Article, bob: User, new_client: NewClient
) -> None:
    came_from = "http://localhost/search?q=mind+the+%22gap%22"
    press(new_client(bob), "It worked", Referer=came_from)
    assert session.scalars(sa.select(Outcome.query)).one() == 'mind the "gap"'


def test_a_company_that_keeps_no_searches_keeps_none_with_what_was_said(
    session: Session, article: Article, ada: User, bob: User, cora: User, new_client: NewClient
) -> None:
    press(new_client(cora), "It worked", Referer="http://localhost/search?q=gap")
    company.keep_searches(session, False, by=ada)
    session.commit()
    press(new_client(bob), "It worked", Referer="http://localhost/search?q=gap")
    assert set(session.scalars(sa.select(Outcome.query))) == {"gap", ""}
    outcomes.forget(session)
    assert set(session.scalars(sa.select(Outcome.query))) == {""}


class TestWithoutRecords:
    @pytest.fixture
    def settings(self, settings: dict[str, str]) -> dict[str, str]:
        return settings | {"FIRSTHAND_SEARCH_RECORDS": "off"}

    def test_no_search_is_kept_with_what_was_said(
        self, session: Session, article: Article, bob: User, new_client: NewClient
    ) -> None:
        press(new_client(bob), "It worked", Referer="http://localhost/search?q=gap")
        assert session.scalars(sa.select(Outcome.query)).one() == ""
