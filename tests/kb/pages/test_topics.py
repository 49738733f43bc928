"""Topics by their addresses: administrators change them, everybody reads them, old addresses lead on."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from sqlalchemy.orm import Session

from kb.models import Topic
from people.models import User
from tests.conftest import Browser
from tests.factories import make_article, make_topic

NewClient = Callable[[User], Browser]


@pytest.fixture
def travel(session: Session) -> Topic:
    return make_topic(session, "Travel")


@pytest.fixture
def browser(new_client: NewClient, ada: User) -> Browser:
    return new_client(ada)


def change(topic: Topic, **changes: str) -> dict[str, str]:
    form = {"name": topic.name, "description": topic.description, "parent": "", "curators": ""}
    return {**form, "backup": "", **changes}


def test_an_administrator_adds_a_topic(session: Session, browser: Browser, travel: Topic) -> None:
    form = {"name": "Rail", "description": "By train.", "parent": "travel"}
    assert browser.post("/admin/topics", data=form).status_code == 303
    made = session.scalars(sa.select(Topic).where(Topic.slug == "rail")).one()
    assert made.parent is travel


def test_a_topic_without_a_name_is_refused(session: Session, browser: Browser) -> None:
    response = browser.post("/admin/topics", data={"name": " ", "description": "Kept text"})
    assert response.status_code == 422
    assert "Kept text" in response.text
    assert session.scalars(sa.select(Topic)).all() == []


def test_renaming_keeps_the_old_address_working(
    browser: Browser, new_client: NewClient, bob: User, travel: Topic
) -> None:
    path = f"/admin/topics/{travel.id}"
    assert browser.post(path, data=change(travel, name="Trips")).status_code == 303
    reader = new_client(bob)
    moved = reader.get("/topics/travel")
    assert (moved.status_code, moved.location) == (301, "/topics/trips")
    assert reader.get("/topics/trips").status_code == 200


def test_naming_curators(session: Session, browser: Browser, bob: User, travel: Topic) -> None:
    path = f"/admin/topics/{travel.id}"
    assert browser.post(path, data=change(travel, curators="bob")).status_code == 303
    assert travel.curators == [bob]
    response = browser.post(path, data=change(travel, curators="nobody"))
    assert response.status_code == 422
    assert travel.curators == [bob]


def test_merging_leads_readers_to_the_other_topic(
    session: Session, browser: Browser, alice: User, travel: Topic
) -> None:
    trips = make_topic(session, "Trips")
    make_article(session, alice, topic=trips)
    path = f"/admin/topics/{trips.id}/merge"
    assert browser.post(path, data={"into": "travel"}).status_code == 303
    assert browser.get("/topics/trips").location == "/topics/travel"


def test_a_topic_with_articles_is_not_removed(
    session: Session, browser: Browser, alice: User, travel: Topic
) -> None:
    article = make_article(session, alice, topic=travel)
    assert browser.post(f"/admin/topics/{travel.id}/removal").status_code == 409
    assert article.topic is travel


@pytest.mark.parametrize("place", ["", "/{}", "/{}/merge", "/{}/removal"])
def test_only_administrators_change_topics(
    session: Session, client: Browser, new_client: NewClient, bob: User, cora: User, travel: Topic,
    place: str,
) -> None:  # fmt: skip
    path = "/admin/topics" + place.format(travel.id)
    form = change(travel, name="Mine", into="travel")
    for who in (bob, cora):
        assert new_client(who).post(path, data=form).status_code == 403
    assert client.post(path, data=form).location.startswith("/signin")
    assert list(session.scalars(sa.select(Topic.name))) == ["Travel"]


@pytest.mark.parametrize("place", ["", "/merge", "/removal"])
def test_a_topic_that_is_not_there_is_not_found(browser: Browser, place: str) -> None:
    assert browser.post(f"/admin/topics/999{place}").status_code == 404
    assert browser.get("/topics/nowhere").status_code == 404


def test_names_cannot_carry_markup(browser: Browser) -> None:
    browser.post("/admin/topics", data={"name": "<script>alert(1)</script>"})
    for path in ("/topics", "/admin/topics", "/write/howto"):
        scripts = BeautifulSoup(browser.get(path).text, "html.parser").find_all("script")
        assert all(script.get("src") for script in scripts)
