"""What curators have at hand beside the text: a colleague to ask, a later moment, the checklist, samples."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup, Tag
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from curation import workflow
from curation.models import ChecklistVerdict, Review, Sample, State
from kb.models import Draft, Plan, Topic
from people.models import User
from tests.conftest import Browser, Clock, leads_to_signin
from tests.factories import (
    make_article,
    make_draft,
    make_review,
    make_topic,
    reading,
    set_policy,
)

NewClient = Callable[[User], Browser]


@pytest.fixture
def review(session: Session, alice: User, cora: User) -> Review:
    return make_review(session, alice, title="Mind the gap", state=State.IN_REVIEW, curator=cora)


def main(response: TestResponse) -> Tag:
    found = BeautifulSoup(response.text, "html.parser").main
    assert found is not None
    return found


def words(response: TestResponse) -> str:
    return " ".join(main(response).get_text(" ").split())


def typed(response: TestResponse, selector: str) -> str:
    field = main(response).select_one(selector)
    assert field is not None, selector
    return str(field.get("value") or "") if field.name == "input" else field.get_text().strip()


# Asking a colleague


def test_a_colleague_is_asked_and_told_so_on_the_page(
    new_client: NewClient, cora: User, carl: User, review: Review
) -> None:
    browser = new_client(cora)
    page = main(browser.get(f"/reviews/{review.id}"))
    offered = [str(each["value"]) for each in page.select("#assignee option")]
    assert offered == ["", "carl"]
    for _ in range(2):
        response = browser.post(f"/reviews/{review.id}/assignment", data={"assignee": "carl"})
        assert response.status_code == 303
    assert review.assignee_id == carl.id
    assert [entry.action.value for entry in review.entries].count("assign") == 1
    assert "You are asked to read it." in words(new_client(carl).get(f"/reviews/{review.id}"))


@pytest.mark.parametrize("named", ["", "nobody", "alice", "bob"])
def test_who_cannot_decide_is_not_asked(
    new_client: NewClient, bob: User, cora: User, review: Review, named: str
) -> None:
    response = new_client(cora).post(f"/reviews/{review.id}/assignment", data={"assignee": named})
    assert response.status_code == 422
    assert review.assignee_id is None


def test_asking_is_for_curators(
    client: Browser, new_client: NewClient, alice: User, bob: User, carl: User, review: Review
) -> None:
    path = f"/reviews/{review.id}/assignment"
    form = {"assignee": carl.handle}
    assert leads_to_signin(client.post(path, data=form))
    assert new_client(bob).post(path, data=form).status_code == 404
    assert new_client(alice).post(path, data=form).status_code == 403
    assert new_client(carl).get(path).status_code == 405


def test_nobody_is_asked_to_read_what_is_decided(
    session: Session, new_client: NewClient, cora: User, carl: User, review: Review
) -> None:
    workflow.decline(session, review.id, **reading(review), reason="No.", by=cora)
    response = new_client(cora).post(f"/reviews/{review.id}/assignment", data={"assignee": "carl"})
    assert response.status_code == 409
    assert "Cora declined it" in words(response)


# Publishing later


def test_an_approval_can_name_a_later_moment_in_ones_own_time(
    session: Session, new_client: NewClient, cora: User, review: Review, clock: Clock
) -> None:
    cora.time_zone = "Europe/Oslo"
    form = {**reading(review), "at": "2025-03-12T08:00"}
    browser = new_client(cora)
    assert browser.post(f"/reviews/{review.id}/approval", data=form).status_code == 303
    plan = session.scalars(sa.select(Plan)).one()
    assert plan.at == datetime(2025, 3, 12, 7, 0, tzinfo=UTC)
    page = browser.get(f"/reviews/{review.id}")
    assert "It will be published on" in words(page)
    cancel = f"/plans/{plan.id}/cancellation"
    assert main(page).select(f'form[action="{cancel}"]')
    browser.post(cancel)
    assert "It was not published: Cora cancelled it." in words(browser.get(f"/reviews/{review.id}"))


@pytest.mark.parametrize("at", ["soon", "2025-03-01T08:00"])
def test_a_moment_that_cannot_be_is_asked_for_again(
    new_client: NewClient, cora: User, review: Review, clock: Clock, at: str
) -> None:
    form = {**reading(review), "at": at, "reason": "Well done."}
    response = new_client(cora).post(f"/reviews/{review.id}/approval", data=form)
    assert response.status_code == 422
    assert main(response).select("#at[aria-invalid]")
    assert (typed(response, "#at"), typed(response, "#reason")) == (at, "Well done.")
    assert review.state is State.IN_REVIEW


# The checklist goes along


@pytest.mark.parametrize("action", ["change-request", "decline"])
def test_answers_to_the_checklist_go_along_with_the_decision(
    session: Session, new_client: NewClient, cora: User, review: Review, action: str
) -> None:
    answers = {"verdict-when": "no", "missing-when": "Say for whom.", "verdict-follow": "yes"}
    form = {**reading(review), "reason": "See the list.", **answers}
    response = new_client(cora).post(f"/reviews/{review.id}/{action}", data=form)
    assert response.status_code == 303
    kept = {v.item: (v.fulfilled, v.reason) for v in session.scalars(sa.select(ChecklistVerdict))}
    assert kept == {"when": (False, "Say for whom."), "follow": (True, "")}


def test_a_no_on_the_checklist_will_do_as_a_reason(
    new_client: NewClient, cora: User, review: Review
) -> None:
    form = {**reading(review), "reason": "", "verdict-when": "no", "missing-when": "Say for whom."}
    response = new_client(cora).post(f"/reviews/{review.id}/change-request", data=form)
    assert response.status_code == 303
    assert review.state is State.CHANGES_REQUESTED


def test_an_answer_that_cannot_be_read_comes_back_with_the_reason(
    session: Session, new_client: NewClient, cora: User, review: Review
) -> None:
    answers = {"verdict-when": "no", "missing-when": "Say for whom.", "lines-when": "99"}
    form = {**reading(review), "reason": "See the list.", **answers}
    response = new_client(cora).post(f"/reviews/{review.id}/change-request", data=form)
    assert response.status_code == 422
    assert typed(response, "#reason") == "See the list."
    assert typed(response, '[name="missing-when"]') == "Say for whom."
    assert typed(response, '[name="lines-when"]') == "99"
    assert session.scalars(sa.select(ChecklistVerdict)).all() == []
    assert review.state is State.IN_REVIEW


# Edits that went live at once


@pytest.fixture
def yard(session: Session, ada: User) -> Topic:
    topic = make_topic(session, "Yard", slug="yard")
    set_policy(session, topic, ada, fast_lane=True, fast_after=1, fast_words=10)
    return topic


@pytest.fixture
def edit_of_hers(session: Session, alice: User, cora: User, yard: Topic) -> Draft:
    """A draft of an article that Alice, whose texts are approved as they are, has written there."""
    text = "Open the gate with the large key.\n\nThen close it."
    first = make_review(session, alice, title="The gate", body=text, topic=yard)
    workflow.claim(session, first.id, by=cora)
    workflow.approve(session, first.id, **reading(first), by=cora)
    return make_draft(session, alice, article=first.article, body=text + "\n\nWell done.")


def hand_in(browser: Browser, draft: Draft) -> TestResponse:
    form = {
        "title": draft.title,
        "summary": draft.summary,
        "topic": "yard",
        "body": draft.body,
        "version": str(draft.version),
    }
    return browser.post(f"/drafts/{draft.id}/submission", data=form)


def test_before_handing_in_the_author_is_told_whether_it_waits(
    session: Session, new_client: NewClient, alice: User, edit_of_hers: Draft
) -> None:
    browser = new_client(alice)
    path = f"/drafts/{edit_of_hers.id}"
    page = browser.get(path)
    assert "This edit goes live at once" in words(page)
    assert main(page).select('a[href="/topics/yard/policy"]')
    edit_of_hers.body += " In 7 steps."
    assert "This edit waits for a curator." in words(browser.get(path))


def test_who_has_not_earned_it_is_told_nothing_of_it(
    session: Session, new_client: NewClient, bob: User, alice: User, yard: Topic
) -> None:
    article = make_article(session, alice, topic=yard)
    draft = make_draft(session, bob, article=article, body="Shorter.")
    response = new_client(bob).get(f"/drafts/{draft.id}")
    assert "at once" not in words(response)


def test_the_author_is_told_that_it_went_live_and_why(
    session: Session, new_client: NewClient, alice: User, edit_of_hers: Draft
) -> None:
    browser = new_client(alice)
    address = hand_in(browser, edit_of_hers).location
    response = browser.get(address)
    assert "Published: small edits of yours need not wait here." in response.text
    assert "Published at once" in words(response)
    assert main(response).select('a[href="/topics/yard/policy"]')


@pytest.fixture
def sample(session: Session, new_client: NewClient, alice: User, edit_of_hers: Draft) -> Review:
    address = hand_in(new_client(alice), edit_of_hers).location
    return session.get_one(Review, int(address.rsplit("/", 1)[1]))


def test_a_curator_finds_it_fine(new_client: NewClient, cora: User, sample: Review) -> None:
    browser = new_client(cora)
    assert "Is it fine?" in words(browser.get(f"/reviews/{sample.id}"))
    for _ in range(2):
        response = browser.post(f"/reviews/{sample.id}/sample", data={"outcome": "fine"})
        assert response.status_code == 303
    assert sample.sample is Sample.FINE


def test_a_curator_undoes_it_with_a_reason(
    new_client: NewClient, alice: User, cora: User, sample: Review
) -> None:
    browser = new_client(cora)
    path = f"/reviews/{sample.id}/sample"
    bare = browser.post(path, data={"outcome": "undo", "reason": " "})
    assert bare.status_code == 422
    assert main(bare).select("#reason[aria-invalid]")
    assert browser.post(path, data={"outcome": "undo", "reason": "Not so."}).status_code == 303
    assert sample.sample is Sample.UNDONE
    assert "It was undone afterwards" in words(new_client(alice).get(f"/reviews/{sample.id}"))
    assert browser.post(path, data={"outcome": "fine"}).status_code == 409


def test_a_reason_that_comes_too_late_is_kept(
    session: Session, new_client: NewClient, cora: User, carl: User, sample: Review
) -> None:
    path = f"/reviews/{sample.id}/sample"
    new_client(carl).post(path, data={"outcome": "undo", "reason": "Not so."})
    response = new_client(cora).post(path, data={"outcome": "fine", "reason": "It is fine."})
    assert response.status_code == 409
    assert typed(response, "textarea#reason") == "It is fine."


def test_samples_are_looked_at_by_those_who_decide(
    client: Browser, new_client: NewClient, alice: User, bob: User, sample: Review
) -> None:
    path = f"/reviews/{sample.id}/sample"
    assert leads_to_signin(client.post(path, data={"outcome": "fine"}))
    assert new_client(bob).post(path, data={"outcome": "fine"}).status_code == 404
    assert new_client(alice).post(path, data={"outcome": "fine"}).status_code == 403
    assert new_client(alice).get(path).status_code == 405
    assert sample.sample is Sample.WAITING


# The clock and the approvals


def test_a_text_that_waits_too_long_says_so(
    session: Session, new_client: NewClient, alice: User, cora: User, clock: Clock
) -> None:
    review = make_review(session, alice)
    clock.move(days=30)
    for person in (alice, cora):
        response = new_client(person).get(f"/reviews/{review.id}")
        assert main(response).select(".review-head__pace--late")
        assert "it takes longer than it should" in words(response)


def test_where_two_approve_each_is_told_what_their_approval_does(
    session: Session, new_client: NewClient, alice: User, cora: User, carl: User, ada: User
) -> None:
    topic = make_topic(session, "Sales")
    set_policy(session, topic, ada, approvals=2)
    review = make_review(session, alice, topic=topic, state=State.IN_REVIEW, curator=cora)
    first, second = new_client(cora), new_client(carl)
    address = f"/reviews/{review.id}"
    assert "it is published once somebody else approves it too" in words(first.get(address))
    first.post(f"{address}/approval", data=reading(review))
    assert "You have approved it." in words(first.get(address))
    assert "Cora has approved it. Here it needs one more." in words(second.get(address))
    second.post(f"{address}/claim")
    assert "Cora has approved it already; yours publishes it." in words(second.get(address))
    second.post(f"{address}/approval", data=reading(review))
    assert review.state is State.APPROVED
