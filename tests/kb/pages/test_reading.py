"""Reading by its addresses: published texts for everybody signed in, and nothing else for anybody."""

from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from sqlalchemy.orm import Session

from people.models import User
from tests.conftest import Browser
from tests.factories import (
    make_article,
    make_draft,
    make_review,
    make_topic,
    republish,
)

NewClient = Callable[[User], Browser]
PLACES = [
    "/",
    "/articles/mind-the-gap",
    "/articles/mind-the-gap/history",
    "/articles/mind-the-gap/revisions/1",
    "/articles/mind-the-gap/compare/1...2",
    "/topics",
    "/topics/travel",
    "/tags",
    "/tags/rail",
    "/people",
    "/people/alice",
    "/feed.atom",
]


@pytest.fixture
def reader(session: Session, new_client: NewClient, alice: User, bob: User, cora: User) -> Browser:
    """Bob, before a knowledge base with one article and much that is not published."""
    travel = make_topic(session, "Travel")
    article = make_article(
        session,
        alice,
        approver=cora,
        title="Mind the gap",
        body="The first text.",
        tags=["rail"],
        topic=travel,
    )
    republish(session, article, alice, by=cora, body="The second text.")
    make_review(session, alice, article=article, title="Secret proposal", tags=["secret"])
    make_review(session, alice, title="Secret review", tags=["secret"], topic=travel)
    make_draft(session, alice, title="Secret draft", tags=["secret"])
    return new_client(bob)


@pytest.mark.parametrize("path", PLACES)
def test_readers_see_what_was_published_and_nothing_else(reader: Browser, path: str) -> None:
    response = reader.get(path)
    assert response.status_code == 200
    assert "secret" not in response.text.lower()


@pytest.mark.parametrize("path", PLACES)
def test_nobody_reads_without_signing_in(reader: Browser, client: Browser, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.location[:7]) == (303, "/signin")


def test_an_article_shows_its_live_text_and_who_stands_behind_it(reader: Browser) -> None:
    page = BeautifulSoup(reader.get("/articles/mind-the-gap").text, "html.parser")
    assert page.h1 is not None
    assert page.h1.get_text(strip=True) == "Mind the gap"
    words = page.get_text(" ")
    assert "The second text." in words
    assert "Alice" in words
    assert "Cora" in words


def test_an_old_revision_is_there_by_its_number(reader: Browser) -> None:
    assert "The first text." in reader.get("/articles/mind-the-gap/revisions/1").text


@pytest.mark.parametrize(
    "path",
    [
        "/articles/secret-review",
        "/articles/secret-proposal",
        "/articles/secret-review/edit",
        "/articles/nowhere/history",
        "/articles/mind-the-gap/revisions/3",
        "/articles/mind-the-gap/revisions/0",
        "/articles/mind-the-gap/revisions/99999999999999999999",
        "/articles/mind-the-gap/compare/1...9",
        "/tags/secret",
        "/people/nobody",
        "/topics/nowhere",
    ],
)
def test_what_is_not_published_is_not_there(reader: Browser, path: str) -> None:
    assert reader.get(path).status_code == 404


def test_a_former_address_leads_to_the_present_one(
    session: Session, new_client: NewClient, alice: User, bob: User
) -> None:
    article = make_article(session, alice, title="Old name")
    republish(session, article, alice, title="New name")
    response = new_client(bob).get("/articles/old-name")
    assert (response.status_code, response.location) == (301, "/articles/new-name")


def test_a_wiki_link_is_resolved_when_its_article_appears(
    session: Session, new_client: NewClient, alice: User, bob: User
) -> None:
    from core.db import db
    from core.outbox import Worker
    from core.web import settings
    from kb import rendering
    from kb.drafts import freeze
    from kb.publishing import publish

    browser = new_client(bob)
    draft = make_draft(session, alice, title="First", body="See [[Second]].")
    with browser.application.test_request_context():
        made = rendering.render(session, draft.body, draft.dialect)
        worker = Worker(db, settings().data)
    revision = freeze(session, draft, made, note="", by=alice)
    publish(session, revision.article, revision, by=alice)
    assert 'href="/articles/second"' not in browser.get("/articles/first").text
    make_article(session, alice, title="Second")
    session.commit()
    worker.drain()
    assert 'href="/articles/second"' in browser.get("/articles/first").text


def test_titles_and_names_cannot_carry_markup(
    session: Session, new_client: NewClient, alice: User, bob: User
) -> None:
    alice.name = "<script>alert(1)</script>"
    hostile = '"><script>alert(2)</script>'
    article = make_article(session, alice, title=hostile, summary=hostile, tags=[hostile.lower()])
    browser = new_client(bob)
    for path in ("/", f"/articles/{article.slug}", "/tags", "/people", "/people/alice"):
        page = BeautifulSoup(browser.get(path).text, "html.parser")
        assert all(script.get("src") for script in page.find_all("script")), path
    assert "<script" not in browser.get("/feed.atom").text
