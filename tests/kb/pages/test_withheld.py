"""A text that is withheld from readers does not reach them by way of their own drafts and proposals."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from core.errors import Conflict, Invalid
from curation import workflow
from curation.models import State
from kb import drafts, lifecycle
from kb.models import Article, Draft
from people.models import User
from tests.conftest import Browser, Deliveries
from tests.factories import (
    make_article,
    make_draft,
    make_review,
    make_topic,
    make_user,
    merged_into,
    reading,
    republish,
)

NewClient = Callable[[User], Browser]

BODY = "One.\n\nTwo.\n\nThree.\n\nFour."
SECRET = BODY.replace("Two.", "Two, by Quentin.")


@pytest.fixture
def article(session: Session, alice: User) -> Article:
    return make_article(session, alice, title="Book a train", body=BODY)


def hide(session: Session, article: Article, cora: User) -> None:
    """Something sensitive was published, and is hidden now."""
    republish(session, article, article.owner, title="About Quentin", body=SECRET, by=cora)
    lifecycle.hide(session, article, reason="A name.", by=cora)


def test_a_proposal_is_compared_with_what_it_was_written_on_while_the_live_text_is_hidden(
    session: Session, new_client: NewClient, article: Article, bob: User, cora: User
) -> None:
    review = make_review(session, bob, article=article, body=BODY.replace("Four", "Five"))
    hide(session, article, cora)
    address = f"/reviews/{review.id}"
    assert "Quentin" in new_client(cora).get(address).text
    for view in ("", "?on=text", "?all=1", "?layout=inline"):
        page = new_client(bob).get(address + view)
        assert page.status_code == 200
        assert "quentin" not in page.text.lower()
        assert "Five" in page.text


def test_nobody_brings_a_draft_up_to_date_with_a_hidden_text(
    session: Session, new_client: NewClient, article: Article, bob: User, cora: User
) -> None:
    draft = make_draft(session, bob, article=article, body=BODY.replace("Two", "Twelve"))
    hide(session, article, cora)
    browser, address = new_client(bob), f"/drafts/{draft.id}"
    answers = [
        browser.get(address),
        browser.get(f"{address}/merge"),
        browser.post(f"{address}/merge", data={"part-1": "live", "version": "1"}),
        browser.post(f"{address}/rebase"),
        browser.post(f"{address}/submission"),
        browser.get(address),
    ]
    assert [answer.status_code for answer in answers] == [200, 409, 409, 409, 409, 200]
    assert not any("quentin" in answer.text.lower() for answer in answers)
    assert "Twelve" in answers[-1].text
    with pytest.raises(Conflict):
        drafts.carry_over(draft, by=cora)


def test_a_curator_who_sends_a_proposal_back_gives_its_author_no_hidden_text(
    session: Session, article: Article, bob: User, cora: User
) -> None:
    review = make_review(session, bob, article=article, body=BODY.replace("Four", "Five"))
    hide(session, article, cora)
    workflow.claim(session, review.id, by=cora)
    workflow.send_back_to_rebase(session, review.id, **reading(review), by=cora)
    draft = drafts.of_article(session, bob, article.id)
    assert draft is not None
    assert "Quentin" not in draft.body + draft.title
    assert "Five" in draft.body


def test_a_hidden_text_is_merged_into_no_proposal_until_it_is_shown(
    app: Flask, session: Session, outbox: Deliveries, article: Article, bob: User, cora: User
) -> None:
    review = make_review(session, bob, article=article, body=BODY.replace("Four", "Five"))
    lifecycle.hide(session, article, reason="A name.", by=cora)
    republish(session, article, article.owner, body=SECRET, by=cora)
    outbox.drain()
    assert "Quentin" not in review.revision.body
    lifecycle.show(session, article, number=2, reason="It is fine.", by=cora)
    outbox.drain()
    assert "Quentin" in review.revision.body


def test_no_draft_is_begun_from_a_text_that_was_taken_back(
    session: Session, new_client: NewClient, article: Article, alice: User, bob: User, cora: User
) -> None:
    republish(session, article, alice, body=SECRET, by=cora)
    taken_back = article.live_revision_id
    lifecycle.unpublish(session, article, number=2, reason="A name.", by=cora)
    lifecycle.roll_back(session, article, to=1, number=2, reason="Without it.", by=cora)
    sent = {
        "kind": "howto",
        "article": "book-a-train",
        "title": "Book a train",
        "summary": "S",
        "topic": article.topic.slug,
        "body": "Mine.",
        "base": str(taken_back),
    }
    browser = new_client(bob)
    address = browser.post("/drafts", data=sent | {"key": "k"}).location
    browser.post(f"{address}/rebase")
    assert "Quentin" not in browser.get(f"{address}/merge").text + browser.get(address).text
    # Whoever may read it goes on from it: nothing that was put right comes back unnoticed.
    owner = new_client(alice).post("/drafts", data=sent | {"key": "k"})
    draft = session.get_one(Draft, int(owner.location.rsplit("/", 1)[1]))
    assert draft.base_id == taken_back


def test_what_was_chosen_for_an_article_that_is_taken_back_is_taken(
    session: Session, new_client: NewClient, article: Article, alice: User, cora: User
) -> None:
    draft = make_draft(session, alice, article=article, body=BODY.replace("Two", "Twelve"))
    other = make_user(session, "Otto")
    republish(session, article, other, body=SECRET, by=cora)
    lifecycle.unpublish(session, article, number=2, reason="A name.", by=cora)
    browser, address = new_client(alice), f"/drafts/{draft.id}/merge"
    page = browser.get(address).text
    live = page.partition('name="live" value="')[2].partition('"')[0]
    sent = {"live": live, "version": str(draft.version), "part-1": "mine"}
    assert browser.post(address, data=sent).status_code == 303
    assert "Twelve" in session.get_one(Draft, draft.id).body


def test_nothing_is_closed_as_a_duplicate_of_a_hidden_article(
    session: Session, article: Article, bob: User, cora: User
) -> None:
    lifecycle.hide(session, article, reason="A name.", by=cora)
    review = make_review(session, bob, title="Trains", state=State.IN_REVIEW, curator=cora)
    with pytest.raises(Invalid, match="Choose another"):
        merged_into(session, review, article, cora)


def test_what_was_typed_about_an_article_that_is_hidden_meanwhile_comes_back(
    session: Session, new_client: NewClient, article: Article, bob: User, cora: User
) -> None:
    lifecycle.hide(session, article, reason="A name.", by=cora)
    sent = {
        "kind": "howto",
        "article": "book-a-train",
        "title": "Mine",
        "summary": "Also mine",
        "body": "A long text of mine.",
        "key": "k",
    }
    browser = new_client(bob)
    for address, status in (("/drafts", 409), ("/preview", 200)):
        page = browser.post(address, data=sent)
        assert page.status_code == status, address
        assert "A long text of mine." in page.text
        assert "Also mine" in page.text
        assert "not there any more" in page.text


def test_several_decisions_at_once_tell_nothing_of_what_is_not_theirs_to_read(
    session: Session, new_client: NewClient, bob: User, alice: User, cora: User
) -> None:
    elsewhere = make_topic(session, "Travel")
    make_topic(session, "Visas", curators=[bob])
    review = make_review(session, alice, title="A secret plan", topic=elsewhere)
    read = reading(review)
    item = f"{review.id}:{read['version']}:{read['revision']}"
    for act in ("approval", "assignment"):
        sent = {"item": [item], "to": str(cora.id)}
        page = new_client(bob).post(f"/reviews/bulk/{act}", data=sent)
        assert "secret" not in page.text
    assert review.assignee_id is None
    assert session.scalar(sa.select(sa.func.count()).select_from(Article)) == 1
