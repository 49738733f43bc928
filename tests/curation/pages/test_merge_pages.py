"""Choosing between a text and the live one, place by place: for its author, and for who reads it."""

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from curation import workflow
from curation.models import Review, State
from kb import drafts
from kb.models import Article, Draft
from people.models import User
from tests.conftest import Browser, leads_to_signin
from tests.factories import (
    edit,
    make_article,
    make_draft,
    make_review,
    make_user,
    reading,
    republish,
)

NewClient = Callable[[User], Browser]
OLD = "Intro.\n\nHold it 5 seconds.\n\nLast."
MINE = "Intro, mine.\n\nHold it 6 seconds.\n\nLast."
LIVE = "Intro.\n\nHold it 7 seconds.\n\nLast, live."
JOINED = "Intro, mine.\n\nHold it {} seconds.\n\nLast, live."


@pytest.fixture
def article(session: Session, bob: User) -> Article:
    return make_article(session, bob, title="Hold it", body=OLD)


@pytest.fixture
def review(session: Session, alice: User, bob: User, cora: User, article: Article) -> Review:
    """Being read by Cora; the live text has changed in the same place."""
    found = make_review(
        session, alice, article=article, body=MINE, state=State.IN_REVIEW, curator=cora
    )
    republish(session, article, bob, body=LIVE)
    return found


@pytest.fixture
def draft(session: Session, alice: User, bob: User, article: Article) -> Draft:
    made = make_draft(session, alice, article=article, body=MINE)
    republish(session, article, bob, body=LIVE)
    return made


def main(response: TestResponse) -> Tag:
    found = BeautifulSoup(response.text, "html.parser").main
    assert found is not None
    return found


def words(response: TestResponse) -> str:
    return " ".join(main(response).get_text(" ").split())


def place(response: TestResponse) -> str:
    """The name of the one place where both changed something."""
    found = main(response).select_one("fieldset[id^=part-]")
    assert found is not None
    return str(found["id"])


def choose(response: TestResponse, what: str, text: str = "") -> dict[str, Any]:
    """What the form sends with one choice made."""
    name = place(response)
    hidden = main(response).select("form.merge input[type=hidden]")
    sent = {str(each["name"]): str(each["value"]) for each in hidden}
    own = f"text-{name.removeprefix('part-')}"
    offered = main(response).select_one(f"#{own}")
    assert offered is not None
    return sent | {name: what, own: text or offered.get_text()}


# Who reads it


@pytest.mark.parametrize(
    ("choice", "body"),
    [
        ("mine", JOINED.format(6)),
        ("live", JOINED.format(7)),
        ("both", JOINED.format("7 seconds.\nHold it 6")),
        ("edit", JOINED.format(8)),
    ],
)
def test_who_reads_it_chooses_and_approves_what_comes_of_it(
    session: Session, new_client: NewClient, cora: User, review: Review, choice: str, body: str
) -> None:
    browser = new_client(cora)
    path = f"/reviews/{review.id}/merge"
    chosen = browser.post(path, data=choose(browser.get(path), choice, "Hold it 8 seconds."))
    assert chosen.status_code == 200
    text = main(chosen).select_one("#body")
    assert text is not None
    assert text.get_text().strip() == body
    assert review.state is State.IN_REVIEW
    hidden = main(chosen).select("form.editor input[type=hidden]")
    sent = {str(each["name"]): str(each["value"]) for each in hidden} | {
        "title": "Hold it",
        "summary": review.revision.summary,
        "topic": review.revision.topic.slug,
        "body": body,
    }
    done = browser.post(f"/reviews/{review.id}/edit-and-approval", data=sent)
    assert done.status_code == 303
    live = session.get_one(Article, review.article_id).live_revision
    assert live is not None
    assert live.body == body


def test_a_place_left_open_is_named_and_the_others_are_kept(
    session: Session, new_client: NewClient, alice: User, bob: User, cora: User
) -> None:
    article = make_article(session, bob, body="A 1.\n\nMiddle.\n\nB 1.")
    review = make_review(
        session,
        alice,
        article=article,
        body="A 2.\n\nMiddle.\n\nB 2.",
        state=State.IN_REVIEW,
        curator=cora,
    )
    republish(session, article, bob, body="A 3.\n\nMiddle.\n\nB 3.")
    browser = new_client(cora)
    path = f"/reviews/{review.id}/merge"
    page = browser.get(path)
    first, second = (str(each["id"]) for each in main(page).select("fieldset[id^=part-]"))
    sent = {
        "live": str(review.article.live_revision_id),
        first: "edit",
        f"text-{first[5:]}": "A 4.",
    }
    response = browser.post(path, data=sent)
    assert response.status_code == 422
    assert main(response).select(f'[role="alert"] a[href="#{second}"]')
    assert main(response).select(f"#{first}-edit[checked]")
    kept = main(response).select_one(f"#text-{first[5:]}")
    assert kept is not None
    assert kept.get_text().strip() == "A 4."
    labels = [
        label.get_text(" ", strip=True) for label in main(response).select(".merge__edit label")
    ]
    assert len(set(labels)) == 2


def test_a_choice_made_on_an_older_live_text_is_shown_again(
    session: Session, new_client: NewClient, bob: User, cora: User, review: Review, article: Article
) -> None:
    browser = new_client(cora)
    path = f"/reviews/{review.id}/merge"
    sent = choose(browser.get(path), "edit", "Hold it 8 seconds.")
    republish(session, article, bob, body=LIVE.replace("7", "9"))
    response = browser.post(path, data=sent)
    assert response.status_code == 409
    assert "The live text has changed again." in words(response)
    assert "Hold it 8 seconds." in response.text


def test_the_choice_is_for_who_holds_the_text(
    client: Browser, new_client: NewClient, alice: User, cora: User, carl: User, review: Review
) -> None:
    path = f"/reviews/{review.id}/merge"
    sent = choose(new_client(cora).get(path), "mine")
    assert leads_to_signin(client.get(path))
    assert new_client(alice).get(path).status_code == 403
    assert new_client(alice).post(path, data=sent).status_code == 403
    for response in (new_client(carl).get(path), new_client(carl).post(path, data=sent)):
        assert response.status_code == 409
        assert "Cora began reading it" in words(response)


def test_a_stranger_learns_nothing_of_it(
    session: Session, new_client: NewClient, review: Review, article: Article
) -> None:
    stranger = make_user(session, "Stranger")
    for response in (
        new_client(stranger).get(f"/reviews/{review.id}/merge"),
        new_client(stranger).post(f"/reviews/{review.id}/merge"),
    ):
        assert response.status_code == 404
        assert "6 seconds" not in response.text


def test_where_there_is_nothing_to_choose_one_is_sent_back(
    session: Session, new_client: NewClient, alice: User, cora: User
) -> None:
    review = make_review(session, alice, state=State.IN_REVIEW, curator=cora)
    browser = new_client(cora)
    for response in (
        browser.get(f"/reviews/{review.id}/merge"),
        browser.post(f"/reviews/{review.id}/merge"),
    ):
        assert response.status_code == 303
        assert response.location == f"/reviews/{review.id}"


def test_the_review_names_the_conflict_and_offers_both_ways(
    new_client: NewClient, cora: User, review: Review
) -> None:
    page = main(new_client(cora).get(f"/reviews/{review.id}"))
    assert page.select(f'a[href="/reviews/{review.id}/merge"]')
    assert page.select(f'form[action="/reviews/{review.id}/rebase"]')
    assert not page.select('[formaction$="/approval"]')


# Its author


@pytest.mark.parametrize(("choice", "seconds"), [("mine", 6), ("live", 7), ("edit", 8)])
def test_an_author_chooses_for_their_draft(
    session: Session, new_client: NewClient, alice: User, draft: Draft, choice: str, seconds: int
) -> None:
    browser = new_client(alice)
    path = f"/drafts/{draft.id}/merge"
    sent = choose(browser.get(path), choice, "Hold it 8 seconds.")
    for _ in range(2):
        response = browser.post(path, data=sent)
        assert response.status_code == 303
        assert response.location == f"/drafts/{draft.id}"
    assert draft.body == JOINED.format(seconds)
    assert not drafts.base_moved(draft)


def test_a_draft_saved_meanwhile_is_not_overwritten(
    session: Session, new_client: NewClient, alice: User, draft: Draft
) -> None:
    browser = new_client(alice)
    path = f"/drafts/{draft.id}/merge"
    sent = choose(browser.get(path), "edit", "Hold it 8 seconds.")
    edit(session, draft, body=MINE + "\n\nMore.")
    response = browser.post(path, data=sent)
    assert response.status_code == 409
    assert "A text changed while you were choosing." in words(response)
    assert draft.body == MINE + "\n\nMore."


def test_a_draft_is_its_authors_to_choose_in(
    client: Browser, new_client: NewClient, bob: User, cora: User, draft: Draft
) -> None:
    path = f"/drafts/{draft.id}/merge"
    assert leads_to_signin(client.get(path))
    for other in (bob, cora):
        assert new_client(other).get(path).status_code == 404
        assert new_client(other).post(path).status_code == 404


def test_an_open_place_of_a_draft_is_named(
    new_client: NewClient, alice: User, draft: Draft
) -> None:
    browser = new_client(alice)
    path = f"/drafts/{draft.id}/merge"
    page = browser.get(path)
    sent = choose(page, "mine")
    del sent[place(page)]
    response = browser.post(path, data=sent)
    assert response.status_code == 422
    assert "Choose what should stand here." in words(response)
    assert draft.body == MINE


def test_asking_the_author_gives_them_the_choice(
    session: Session,
    new_client: NewClient,
    alice: User,
    cora: User,
    review: Review,
    article: Article,
) -> None:
    new_client(cora).post(f"/reviews/{review.id}/rebase", data=reading(review))
    assert review.state is State.CHANGES_REQUESTED
    draft = drafts.of_article(session, alice, article.id)
    assert draft is not None
    assert new_client(alice).get(f"/drafts/{draft.id}/merge").status_code == 200
    assert workflow.is_stale(review)
