"""One item after the other: what is shown, what each button does, where it goes on."""

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from curation import workflow
from curation.models import Review, State
from people.models import User
from tests.conftest import Browser, Clock, leads_to_signin
from tests.factories import make_article, make_review, make_topic

NewClient = Callable[[User], Browser]


def whole(response: TestResponse) -> BeautifulSoup:
    return BeautifulSoup(response.text, "html.parser")


def heading(response: TestResponse) -> str:
    h1 = whole(response).find("h1")
    assert isinstance(h1, Tag)
    return h1.get_text(strip=True)


def words(response: TestResponse) -> str:
    return " ".join(whole(response).get_text(" ").split())


def decision(review: Review, pressed: str, reason: str = "") -> dict[str, Any]:
    return {
        "review": review.id,
        "version": review.version,
        "revision": review.revision_id,
        "decision": pressed,
        "reason": reason,
    }


@pytest.fixture
def three(session: Session, alice: User, clock: Clock) -> list[Review]:
    made = []
    for title in ("First", "Second", "Third"):
        made.append(make_review(session, alice, title=title))
        clock.move(hours=1)
    return made


def test_the_item_is_shown_whole_with_the_ways_on(
    new_client: NewClient, cora: User, three: list[Review]
) -> None:
    response = new_client(cora).get("/reviews/triage")
    assert heading(response) == "First"
    assert "Restart the client." in words(response)
    assert "3 left" in words(response)
    follow = whole(response).select_one('a[rel="next"]')
    assert follow is not None
    assert follow["href"] == f"/reviews/triage?at={three[1].id}"
    assert heading(new_client(cora).get(str(follow["href"]))) == "Second"
    assert not whole(response).select('a[rel="prev"]')


def test_every_control_says_its_key(new_client: NewClient, cora: User, three: list[Review]) -> None:
    page = whole(new_client(cora).get(f"/reviews/triage?at={three[1].id}"))
    keys = {str(tag["data-key"]) for tag in page.select("[data-key]")}
    assert keys == {"j", "k", "c", "a", "r", "d", "s", "?"}
    listed = {tag.get_text().lower() for tag in page.select("dialog kbd")}
    assert keys < listed


def test_a_change_shows_what_differs_from_the_live_text(
    session: Session, new_client: NewClient, alice: User, bob: User, cora: User
) -> None:
    live = make_article(session, alice, body="One two three.")
    make_review(session, bob, article=live, body="One two four.")
    page = whole(new_client(cora).get("/reviews/triage"))
    assert {mark.get_text() for mark in page.select("#changes ins")} == {"four"}


def test_approving_claims_publishes_and_goes_on(
    session: Session, new_client: NewClient, cora: User, three: list[Review]
) -> None:
    browser = new_client(cora)
    answer = browser.post("/reviews/triage?topic=travel", data=decision(three[0], "approve"))
    assert answer.location == f"/reviews/triage?topic=travel&after={three[0].id}"
    after = browser.get(answer.location)
    assert heading(after) == "Second"
    assert "Approved First. Undo is not possible; 2 left." in words(after)
    session.refresh(three[0])
    assert three[0].state is State.APPROVED
    assert [entry.action for entry in three[0].entries][-2:] == ["claim", "approve"]


@pytest.mark.parametrize(
    ("pressed", "state", "said"),
    [
        ("request", State.CHANGES_REQUESTED, "Sent First back to Alice; 2 left."),
        ("decline", State.DECLINED, "Declined First; 2 left."),
    ],
)
def test_the_other_decisions_need_a_reason_and_go_on(
    session: Session,
    new_client: NewClient,
    cora: User,
    three: list[Review],
    pressed: str,
    state: State,
    said: str,
) -> None:
    browser = new_client(cora)
    refused = browser.post("/reviews/triage", data=decision(three[0], pressed))
    assert refused.status_code == 422
    assert heading(refused) == "First"
    assert "Write a reason that the author can use." in words(refused)
    session.refresh(three[0])
    assert three[0].state is State.SUBMITTED
    done = browser.post(
        "/reviews/triage", data=decision(three[0], pressed, "Say for whom."), follow_redirects=True
    )
    assert heading(done) == "Second"
    assert said in words(done)
    session.refresh(three[0])
    assert three[0].state is state


def test_claiming_stays_at_the_item_and_keeps_it(
    session: Session, new_client: NewClient, cora: User, three: list[Review]
) -> None:
    browser = new_client(cora)
    answer = browser.post("/reviews/triage", data=decision(three[1], "claim"))
    assert answer.location == f"/reviews/triage?at={three[1].id}"
    page = browser.get(answer.location)
    assert "You are reading this until" in words(page)
    assert not whole(page).select('[data-key="c"]')
    session.refresh(three[1])
    assert three[1].holder_id == cora.id


def test_skipping_leaves_it_to_others_and_is_remembered(
    session: Session, new_client: NewClient, cora: User, three: list[Review]
) -> None:
    browser = new_client(cora)
    browser.post("/reviews/triage", data=decision(three[0], "claim"))
    session.refresh(three[0])
    after = browser.post("/reviews/triage", data=decision(three[0], "skip"), follow_redirects=True)
    assert heading(after) == "Second"
    assert "2 left" in words(after)
    session.refresh(three[0])
    assert three[0].state is State.SUBMITTED
    last = browser.get(f"/reviews/triage?after={three[2].id}")
    assert "You skipped 3; they still wait." in words(last)
    assert whole(last).select('a[href="/reviews/triage"]')


def test_what_one_may_not_decide_is_not_offered(
    session: Session,
    new_client: NewClient,
    alice: User,
    cora: User,
    carl: User,
    three: list[Review],
) -> None:
    workflow.claim(session, three[0].id, by=carl)
    make_review(session, cora, title="Own")
    make_review(
        session, alice, title="Elsewhere", topic=make_topic(session, "Pay", curators=[carl])
    )
    assert heading(new_client(cora).get("/reviews/triage")) == "Second"
    assert heading(new_client(cora).get(f"/reviews/triage?at={three[0].id}")) == "Second"


def test_who_was_overtaken_keeps_the_reason(
    session: Session, new_client: NewClient, cora: User, carl: User, three: list[Review]
) -> None:
    read = decision(three[0], "decline", "We have this already.")
    workflow.claim(session, three[0].id, by=carl)
    answer = new_client(cora).post("/reviews/triage", data=read)
    assert answer.status_code == 409
    assert "Carl began reading it" in words(answer)
    typed = whole(answer).select_one("textarea[readonly]")
    assert typed is not None
    assert typed.get_text().strip() == "We have this already."
    onward = whole(answer).select_one("main a.button--primary")
    assert onward is not None
    assert onward["href"] == f"/reviews/triage?after={three[0].id}"


def test_the_text_of_another_version_is_not_decided(
    session: Session, new_client: NewClient, cora: User, three: list[Review]
) -> None:
    for stale in ({"version": three[0].version + 1}, {"revision": three[0].revision_id + 1}):
        data = decision(three[0], "approve") | stale
        assert new_client(cora).post("/reviews/triage", data=data).status_code == 409
        session.refresh(three[0])
        assert three[0].state is State.SUBMITTED


def test_nothing_left_says_so(new_client: NewClient, cora: User) -> None:
    assert "Nothing is left that you may decide" in words(new_client(cora).get("/reviews/triage"))
    narrowed = new_client(cora).get("/reviews/triage?kind=story")
    assert "With these filters, that is." in words(narrowed)


@pytest.mark.parametrize("query", ["at=0", "at=x", "after=999999999", "after=-1", "kind=poem&at=7"])
def test_odd_addresses_begin_at_the_beginning(
    new_client: NewClient, cora: User, three: list[Review], query: str
) -> None:
    assert heading(new_client(cora).get(f"/reviews/triage?{query}")) == "First"


@pytest.mark.parametrize("data", [{}, {"decision": "burn"}, {"review": "x", "decision": "approve"}])
def test_odd_decisions_are_refused_with_a_sentence(
    new_client: NewClient, cora: User, data: dict[str, str]
) -> None:
    assert new_client(cora).post("/reviews/triage", data=data).status_code in (404, 422)


def test_triage_is_for_curators(client: Browser, new_client: NewClient, alice: User) -> None:
    assert leads_to_signin(client.get("/reviews/triage"))
    assert new_client(alice).get("/reviews/triage").status_code == 403
    assert new_client(alice).post("/reviews/triage").status_code == 403
