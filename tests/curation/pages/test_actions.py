"""Each action on a review by its address: it works for whom it is, and says no to everybody else."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from curation import workflow
from curation.models import Review, State
from kb.models import Article, Draft
from people.models import User
from tests.conftest import Browser, Clock, leads_to_signin
from tests.factories import (
    make_article,
    make_draft,
    make_review,
    make_topic,
    reading,
    republish,
)

NewClient = Callable[[User], Browser]

# address -> the state it fits, and where it leads
ACTIONS = {
    "claim": (State.SUBMITTED, State.IN_REVIEW),
    "release": (State.IN_REVIEW, State.SUBMITTED),
    "takeover": (State.IN_REVIEW, State.IN_REVIEW),
    "approval": (State.IN_REVIEW, State.APPROVED),
    "change-request": (State.IN_REVIEW, State.CHANGES_REQUESTED),
    "decline": (State.IN_REVIEW, State.DECLINED),
    "withdrawal": (State.SUBMITTED, State.WITHDRAWN),
}
every_action = pytest.mark.parametrize("action", ACTIONS)
DECISIONS = ("approval", "change-request", "decline")


def words(response: TestResponse) -> str:
    return " ".join(BeautifulSoup(response.text, "html.parser").get_text(" ").split())


def sent(review: Review, action: str) -> dict[str, str]:
    """What the form of this action carries."""
    reason = {"reason": "Because of <this>."} if action in DECISIONS else {}
    return {name: str(value) for name, value in reading(review).items()} | reason


@pytest.fixture
def send(new_client: NewClient, alice: User, cora: User, carl: User) -> Callable[..., TestResponse]:
    """Send an action's form, as the person who does it unless told otherwise."""

    def send(
        review: Review, action: str, by: User | None = None, form: dict[str, str] | None = None
    ) -> TestResponse:
        who = by or {"withdrawal": alice, "takeover": carl}.get(action, cora)
        path = f"/reviews/{review.id}/{action}"
        return new_client(who).post(path, data=sent(review, action) if form is None else form)

    return send


@pytest.fixture
def ready(session: Session, alice: User, cora: User) -> Callable[[str], Review]:
    """A review on which the action can be done."""
    return lambda action: make_review(
        session, alice, title="Mind the gap", state=ACTIONS[action][0], curator=cora
    )


@every_action
def test_it_works_for_whom_it_is(
    send: Callable[..., TestResponse], ready: Callable[[str], Review], action: str
) -> None:
    review = ready(action)
    response = send(review, action)
    assert response.status_code == 303
    assert review.state is ACTIONS[action][1]


@every_action
def test_nobody_does_it_without_signing_in(
    client: Browser, ready: Callable[[str], Review], action: str
) -> None:
    review = ready(action)
    response = client.post(f"/reviews/{review.id}/{action}", data=sent(review, action))
    assert leads_to_signin(response)
    assert review.state is ACTIONS[action][0]


@every_action
def test_a_stranger_learns_nothing_of_it(
    send: Callable[..., TestResponse], ready: Callable[[str], Review], bob: User, action: str
) -> None:
    review = ready(action)
    response = send(review, action, by=bob)
    assert response.status_code == 404
    assert "Mind the gap" not in response.text
    assert review.state is ACTIONS[action][0]


@every_action
def test_who_may_see_it_but_not_do_it_is_told_so(
    send: Callable[..., TestResponse],
    ready: Callable[[str], Review],
    alice: User,
    ada: User,
    action: str,
) -> None:
    """The author does not decide, and an administrator does not withdraw."""
    review = ready(action)
    response = send(review, action, by=ada if action == "withdrawal" else alice)
    assert response.status_code == (409 if action == "release" else 403)
    assert review.state is ACTIONS[action][0]


@every_action
def test_it_is_refused_where_it_does_not_fit(
    session: Session, send: Callable[..., TestResponse], alice: User, cora: User, action: str
) -> None:
    review = make_review(session, alice, state=State.DECLINED, curator=cora)
    response = send(review, action)
    assert response.status_code == 409
    assert "Cora declined it" in words(response)
    assert review.state is State.DECLINED


@every_action
def test_it_is_no_link(new_client: NewClient, cora: User, action: str) -> None:
    assert new_client(cora).get(f"/reviews/1/{action}").status_code == 405


@every_action
def test_a_review_that_is_not_there_is_not_found(
    new_client: NewClient, cora: User, action: str
) -> None:
    form = {"version": "1", "revision": "1", "reason": "x"}
    for number in ("999", "99999999999999999999", "one"):
        response = new_client(cora).post(f"/reviews/{number}/{action}", data=form)
        assert response.status_code == 404, number


@every_action
def test_another_site_cannot_make_a_browser_do_it(
    new_client: NewClient, ready: Callable[[str], Review], cora: User, alice: User, action: str
) -> None:
    review = ready(action)
    browser = new_client(alice if action == "withdrawal" else cora)
    path = f"/reviews/{review.id}/{action}"
    response = browser.post(
        path, data=sent(review, action), headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert response.status_code == 403
    assert review.state is ACTIONS[action][0]


@pytest.mark.parametrize("action", DECISIONS)
def test_what_was_typed_survives_a_lost_race(
    session: Session,
    send: Callable[..., TestResponse],
    ready: Callable[[str], Review],
    cora: User,
    carl: User,
    action: str,
) -> None:
    review = ready(action)
    seen = sent(review, action)
    workflow.take_over(session, review.id, version=review.version, by=carl)
    response = send(review, action, form=seen)
    assert response.status_code == 409
    assert "Carl took it over" in words(response)
    page = BeautifulSoup(response.text, "html.parser")
    assert "Because of <this>." in [area.get_text().strip() for area in page.find_all("textarea")]


@pytest.mark.parametrize("action", ["change-request", "decline"])
def test_a_missing_reason_is_asked_for(
    send: Callable[..., TestResponse], ready: Callable[[str], Review], action: str
) -> None:
    review = ready(action)
    response = send(review, action, form={**sent(review, action), "reason": "  "})
    assert response.status_code == 422
    assert "Write a reason" in words(response)
    assert review.state is State.IN_REVIEW


@pytest.mark.parametrize("action", DECISIONS)
@pytest.mark.parametrize("missing", ["version", "revision"])
def test_a_decision_without_what_was_read_is_refused(
    send: Callable[..., TestResponse], ready: Callable[[str], Review], action: str, missing: str
) -> None:
    review = ready(action)
    form = {name: value for name, value in sent(review, action).items() if name != missing}
    assert send(review, action, form=form).status_code == 409
    assert review.state is State.IN_REVIEW


def test_a_program_that_asks_for_json_is_refused_in_json(
    new_client: NewClient, ready: Callable[[str], Review], cora: User
) -> None:
    review = ready("approval")
    json = {**reading(review), "version": 0}
    response = new_client(cora).post(f"/reviews/{review.id}/approval", json=json)
    assert response.status_code == 409
    assert "Cora began reading it" in response.get_json()["message"]


def test_an_expired_session_answers_a_program_with_the_way_to_sign_in(
    client: Browser, ready: Callable[[str], Review]
) -> None:
    review = ready("claim")
    response = client.post(f"/reviews/{review.id}/claim", json={})
    assert response.status_code == 401
    assert response.get_json()["signin"].startswith("/signin")


def test_claiming_again_by_script_slides_the_claim(
    new_client: NewClient, ready: Callable[[str], Review], cora: User, clock: Clock
) -> None:
    review = ready("release")
    clock.move(minutes=20)
    response = new_client(cora).post(f"/reviews/{review.id}/claim", json={})
    until = (clock.now() + workflow.CLAIM).isoformat()
    assert response.get_json() == {"claimed_until": until, "version": review.version}


# Handing in


@pytest.fixture
def draft(session: Session, alice: User) -> Draft:
    return make_draft(session, alice, title="Mind the gap")


def form_of(draft: Draft, **changes: str) -> dict[str, str]:
    topic = draft.topic.slug if draft.topic else ""
    text = {"title": draft.title, "summary": draft.summary, "topic": topic, "body": draft.body}
    return {**text, "tags": "", "coauthors": "", "version": str(draft.version), **changes}


def test_the_editor_hands_in_what_it_shows(
    session: Session, new_client: NewClient, alice: User, draft: Draft
) -> None:
    form = form_of(draft, body="**Typed** just now.", note="Please be quick.")
    response = new_client(alice).post(f"/drafts/{draft.id}/submission", data=form)
    review = session.scalars(sa.select(Review)).one()
    assert response.status_code == 303
    assert response.location == f"/reviews/{review.id}"
    assert review.revision.body == "**Typed** just now."
    assert "<strong>Typed</strong>" in review.revision.html
    assert review.entries[0].note == "Please be quick."


def test_handing_in_is_for_who_writes_it(
    client: Browser, new_client: NewClient, session: Session, bob: User, cora: User, draft: Draft
) -> None:
    path = f"/drafts/{draft.id}/submission"
    assert client.post(path).location.startswith("/signin")
    for stranger in (bob, cora):
        assert new_client(stranger).post(path).status_code == 404
    assert new_client(bob).post("/drafts/999/submission").status_code == 404
    assert new_client(bob).get(path).status_code == 405
    assert session.scalars(sa.select(Review)).all() == []


def test_what_is_missing_is_named_and_what_was_typed_is_kept(
    session: Session, new_client: NewClient, alice: User, draft: Draft
) -> None:
    form = form_of(draft, summary="", body="Typed & kept.")
    response = new_client(alice).post(f"/drafts/{draft.id}/submission", data=form)
    assert response.status_code == 422
    assert "Say in one line what a reader gets" in words(response)
    page = BeautifulSoup(response.text, "html.parser")
    assert "Typed & kept." in [area.get_text().strip() for area in page.find_all("textarea")]
    assert draft.body == "Typed & kept."


def test_an_old_page_cannot_hand_in_over_a_newer_text(
    session: Session, new_client: NewClient, alice: User, draft: Draft
) -> None:
    form = form_of(draft, body="From the old page.", version="0")
    response = new_client(alice).post(f"/drafts/{draft.id}/submission", data=form)
    assert response.status_code == 409
    assert "From the old page." in response.text
    assert draft.body in response.text
    assert session.scalars(sa.select(Review)).all() == []


def test_a_text_under_review_is_not_handed_in_twice(
    session: Session, new_client: NewClient, alice: User
) -> None:
    draft = make_draft(session, alice)
    make_review(session, alice, draft=draft)
    form = form_of(draft)
    response = new_client(alice).post(f"/drafts/{draft.id}/submission", data=form)
    assert response.status_code == 409


# A stale base


@pytest.fixture
def stale(session: Session, alice: User, bob: User, cora: User) -> Review:
    article = make_article(session, alice, body="One.\n\nTwo.\n\nThree.")
    review = make_review(
        session,
        bob,
        article=article,
        body="One.\n\nTwo.\n\nThree, by Bob.",
        state=State.IN_REVIEW,
        curator=cora,
    )
    republish(session, article, alice, body="One, by Alice.\n\nTwo.\n\nThree.")
    return review


def test_approving_a_stale_text_shows_both_differences_and_publishes_nothing(
    session: Session, send: Callable[..., TestResponse], stale: Review
) -> None:
    response = send(stale, "approval")
    assert response.status_code == 409
    assert "by Alice" in words(response)
    assert "by Bob" in words(response)
    live = session.get_one(Article, stale.article_id).live_revision
    assert live is not None
    assert live.body.startswith("One, by Alice.")


def test_one_button_gives_the_author_a_draft_on_the_new_base(
    session: Session, send: Callable[..., TestResponse], stale: Review
) -> None:
    assert send(stale, "rebase").status_code == 303
    assert stale.state is State.CHANGES_REQUESTED
    draft = session.scalars(sa.select(Draft)).one()
    assert draft.body == "One, by Alice.\n\nTwo.\n\nThree, by Bob."


# Pages


def test_hostile_text_comes_out_harmless(
    session: Session, new_client: NewClient, alice: User, cora: User, draft: Draft
) -> None:
    hostile = "<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)>"
    form = form_of(draft, title="<script>alert(2)</script>", body=hostile, note="<script>3")
    browser = new_client(alice)
    path = browser.post(f"/drafts/{draft.id}/submission", data=form).location
    for response in (
        browser.get(path),
        new_client(cora).get(path),
        new_client(cora).get("/reviews"),
    ):
        page = BeautifulSoup(response.text, "html.parser")
        assert response.status_code == 200
        assert all(script.get("src") for script in page.find_all("script"))
        assert not page.select('a[href^="javascript"]')
        attributes = {str(name) for tag in page.find_all(True) for name in tag.attrs}
        assert not [name for name in attributes if name.startswith("on")]


def test_the_queue_is_not_for_everybody(new_client: NewClient, client: Browser, bob: User) -> None:
    assert new_client(bob).get("/reviews").status_code == 403
    assert client.get("/reviews").location.startswith("/signin")


def test_a_review_is_a_page_for_its_people_only(
    session: Session, new_client: NewClient, alice: User, bob: User, cora: User
) -> None:
    review = make_review(session, alice, topic=make_topic(session, "Travel"))
    path = f"/reviews/{review.id}"
    codes = [new_client(who).get(path).status_code for who in (alice, cora, bob)]
    assert codes == [200, 200, 404]
