"""Several items at once: listed once more, then each a decision of its own."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup, Tag
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from curation import workflow
from curation.models import Review, ReviewEntry, State
from people.models import User
from tests.conftest import Browser, leads_to_signin
from tests.factories import make_article, make_review, make_topic, make_user, republish

NewClient = Callable[[User], Browser]


def page(response: TestResponse) -> Tag:
    main = BeautifulSoup(response.text, "html.parser").find("main")
    assert isinstance(main, Tag)
    return main


def words(tag: Tag) -> str:
    return " ".join(tag.get_text(" ").split())


def small_change(session: Session, author: User, title: str) -> Review:
    live = make_article(session, make_user(session), title=title, body="One two three.")
    return make_review(session, author, article=live, body="One two four.")


def items(response: TestResponse) -> list[str]:
    return [str(field["value"]) for field in page(response).select('input[name="item"]')]


def results(response: TestResponse) -> dict[str, str]:
    rows = page(response).select(".outcome")
    return {words(row.select("h2")[0]): words(row.select("p")[0]) for row in rows}


def choose(browser: Browser, action: str, *reviews: Review) -> TestResponse:
    ids = [str(review.id) for review in reviews]
    return browser.post("/reviews/bulk", data={"action": action, "id": ids}, follow_redirects=True)


def test_what_would_happen_is_listed_before_anything_does(
    session: Session, new_client: NewClient, alice: User, cora: User
) -> None:
    small = small_change(session, alice, "Small")
    new = make_review(session, alice, title="New")
    response = choose(new_client(cora), "approve", small, new)
    assert items(response) == [f"{small.id}:{small.version}:{small.revision_id}"]
    text = words(page(response))
    assert "Will be published at once" in text
    assert "This is a new article. Open it and read it." in text
    assert {mark.get_text() for mark in page(response).select("ins")} == {"four"}
    assert session.get_one(Review, small.id).state is State.SUBMITTED


def test_each_is_approved_by_a_decision_of_its_own(
    session: Session, new_client: NewClient, alice: User, cora: User
) -> None:
    both = [small_change(session, alice, title) for title in ("One", "Two")]
    browser = new_client(cora)
    sent = items(choose(browser, "approve", *both))
    response = browser.post("/reviews/bulk/approval", data={"item": sent})
    assert results(response) == dict.fromkeys(("One", "Two"), "Approved and published.")
    for review in both:
        session.refresh(review)
        assert review.state is State.APPROVED
        assert review.article.live_revision_id == review.revision_id
        done = [entry.action for entry in review.entries if entry.actor_id == cora.id]
        assert done == ["claim", "approve"]


def test_of_two_changes_to_one_article_the_first_alone_is_offered(
    session: Session, new_client: NewClient, alice: User, bob: User, cora: User
) -> None:
    first = small_change(session, alice, "One")
    second = make_review(session, bob, article=first.article, body="One two five.")
    response = choose(new_client(cora), "approve", second, first)
    assert len(items(response)) == 1
    assert "Another of these changes the same article." in words(page(response))


def test_one_that_is_refused_keeps_no_other_back(
    session: Session, new_client: NewClient, alice: User, cora: User, carl: User
) -> None:
    taken, free, stale, again = (
        small_change(session, alice, title) for title in ("Taken", "Free", "Stale", "Again")
    )
    browser = new_client(cora)
    sent = items(choose(browser, "approve", taken, free, stale, again))
    workflow.claim(session, taken.id, by=carl)
    republish(session, stale.article, carl, body="One two three, and more.")
    workflow.withdraw(session, again.id, by=alice)
    response = browser.post("/reviews/bulk/approval", data={"item": sent})
    said = results(response)
    assert said["Free"] == "Approved and published."
    assert said["Taken"].startswith("Refused. Carl began reading it")
    assert said["Stale"].startswith("Refused. The live text has changed")
    assert said["Again"].startswith("Refused. Alice withdrew it")
    for review in (taken, stale):
        session.refresh(review)
    assert (taken.state, stale.state) == (State.IN_REVIEW, State.SUBMITTED)
    assert not session.scalars(
        sa.select(ReviewEntry).where(
            ReviewEntry.review_id == stale.id, ReviewEntry.actor_id == cora.id
        )
    ).all()


def test_sending_the_approvals_twice_does_no_harm(
    session: Session, new_client: NewClient, alice: User, cora: User
) -> None:
    review = small_change(session, alice, "One")
    browser = new_client(cora)
    sent = items(choose(browser, "approve", review))
    browser.post("/reviews/bulk/approval", data={"item": sent})
    again = browser.post("/reviews/bulk/approval", data={"item": sent})
    assert again.status_code == 409
    assert results(again)["One"].startswith("Refused. Cora approved it")


@pytest.mark.parametrize("what", ["new", "large", "own"])
def test_only_small_changes_of_others_are_approved_whatever_is_sent(
    session: Session, new_client: NewClient, alice: User, cora: User, what: str
) -> None:
    live = make_article(session, alice, body="One two three.")
    review = {
        "new": lambda: make_review(session, alice, title="New"),
        "large": lambda: make_review(session, alice, article=live, body="word " * 200),
        "own": lambda: make_review(session, cora, article=live, body="One two four."),
    }[what]()
    item = f"{review.id}:{review.version}:{review.revision_id}"
    response = new_client(cora).post("/reviews/bulk/approval", data={"item": [item]})
    assert response.status_code == 409
    session.refresh(review)
    assert review.state is State.SUBMITTED


def test_a_text_that_changed_since_it_was_listed_is_not_approved(
    session: Session, new_client: NewClient, alice: User, cora: User
) -> None:
    review = small_change(session, alice, "One")
    item = f"{review.id}:{review.version}:{review.revision_id - 1}"
    response = new_client(cora).post("/reviews/bulk/approval", data={"item": [item]})
    assert not results(response)["One"].startswith("Approved")
    session.refresh(review)
    assert review.state is State.SUBMITTED


def test_several_are_assigned_to_one_who_decides_in_all_their_topics(
    session: Session, new_client: NewClient, alice: User, bob: User, cora: User, carl: User
) -> None:
    first = make_review(session, alice, title="A", topic=make_topic(session, "Travel"))
    second = make_review(session, alice, title="B", topic=make_topic(session, "Sales"))
    elsewhere = make_review(
        session, alice, title="C", topic=make_topic(session, "Pay", curators=[bob])
    )
    browser = new_client(cora)
    response = choose(browser, "assign", first, second)
    people = [words(option) for option in page(response).select("select#to option")]
    assert people == ["Choose somebody", "Carl", "Cora"]
    assert "Nobody decides in all" in words(page(choose(browser, "assign", first, elsewhere)))
    done = browser.post("/reviews/bulk/assignment", data={"item": items(response), "to": carl.id})
    assert set(results(done).values()) == {"Assigned to Carl, who is told."}
    for review in (first, second):
        session.refresh(review)
        assert review.assignee_id == carl.id


def test_assigning_to_nobody_asks_again(
    session: Session, new_client: NewClient, alice: User, cora: User
) -> None:
    review = make_review(session, alice)
    item = f"{review.id}:{review.version}:{review.revision_id}"
    response = new_client(cora).post("/reviews/bulk/assignment", data={"item": [item], "to": ""})
    assert response.status_code == 422
    assert "Choose who is to read them." in words(page(response))
    assert items(response) == [item]


@pytest.mark.parametrize("data", [{}, {"action": "approve"}, {"action": "burn", "id": "1"}])
def test_nothing_chosen_leads_back_to_the_queue(
    new_client: NewClient, cora: User, data: dict[str, str]
) -> None:
    response = new_client(cora).post("/reviews/bulk", data=data | {"query": "mine=1"})
    assert (response.status_code, response.location) == (303, "/reviews?mine=1")


@pytest.mark.parametrize("address", ["", "/approval", "/assignment"])
def test_this_is_for_curators(
    client: Browser, new_client: NewClient, alice: User, address: str
) -> None:
    assert leads_to_signin(client.post(f"/reviews/bulk{address}"))
    assert new_client(alice).post(f"/reviews/bulk{address}").status_code == 403
    for method in ("get", "post"):
        assert getattr(new_client(alice), method)("/reviews/bulk").status_code == 403
