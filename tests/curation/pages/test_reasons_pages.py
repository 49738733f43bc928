"""Canned reasons by their addresses: kept by those who decide, put behind what was typed."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from sqlalchemy.orm import Session

from curation import reasons
from curation.models import CannedReason, ReasonUse, State
from people.models import User
from tests.conftest import Browser, leads_to_signin
from tests.factories import make_review, make_topic

NewClient = Callable[[User], Browser]
PAGE = "/reviews/reasons"
FORM = {"title": "For whom?", "use": "request", "topic": "", "text": "Say for whom, {author}."}


def add(session: Session, by: User, **changes: str) -> CannedReason:
    words = FORM | changes
    return reasons.add(
        session,
        topic=None,
        use=ReasonUse(words["use"]),
        title=words["title"],
        text=words["text"],
        by=by,
    )


def test_a_curator_adds_changes_and_retires_a_reason(
    session: Session, new_client: NewClient, cora: User
) -> None:
    make_topic(session, "Sales")
    browser = new_client(cora)
    assert browser.post(PAGE, data=FORM).status_code == 303
    made = session.scalars(sa.select(CannedReason)).one()
    path = f"{PAGE}/{made.id}"
    page = BeautifulSoup(browser.get(path).text, "html.parser")
    seen = page.select_one("[name=seen]")
    assert seen is not None
    changed = FORM | {
        "topic": "sales",
        "use": "decline",
        "text": "We have it.",
        "seen": seen["value"],
    }
    assert browser.post(path, data=changed).status_code == 303
    assert (made.text, made.use) == ("We have it.", ReasonUse.DECLINE)
    assert made.topic is not None
    assert "For whom?" in browser.get(PAGE).text
    assert browser.post(f"{path}/retirement").status_code == 303
    assert made.retired_at is not None
    assert "Offer it again" in browser.get(PAGE).text
    assert browser.post(f"{path}/return").status_code == 303
    assert made.retired_at is None


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"title": " "}, "Give it a title"),
        ({"use": "praise"}, "Choose what it is for."),
        ({"topic": "gone"}, "That topic is not there any more."),
        ({"text": "Dear {name}"}, "There is no placeholder {name}."),
    ],
)
def test_what_does_not_fit_comes_back_with_everything_typed(
    session: Session, new_client: NewClient, cora: User, wrong: dict[str, str], why: str
) -> None:
    browser, sent = new_client(cora), FORM | {"text": "What I typed."} | wrong
    for path in (PAGE, f"{PAGE}/{add(session, cora).id}"):
        response = browser.post(path, data=sent)
        assert response.status_code == 422
        assert why in response.text
        assert sent["text"] in response.text


def test_words_changed_meanwhile_are_not_overwritten_unseen(
    session: Session, new_client: NewClient, cora: User
) -> None:
    made = add(session, cora)
    sent = FORM | {"text": "Cora's words.", "seen": "2001-01-01T00:00:00+00:00"}
    response = new_client(cora).post(f"{PAGE}/{made.id}", data=sent)
    assert response.status_code == 409
    assert "Say for whom" in response.text
    assert "Cora&#39;s words." in response.text
    assert made.text == FORM["text"]


def test_those_named_for_a_topic_keep_reasons_there_alone(
    session: Session, new_client: NewClient, alice: User, cora: User
) -> None:
    make_topic(session, "Sales", curators=[alice])
    browser, for_all = new_client(alice), add(session, cora)
    assert browser.post(PAGE, data=FORM | {"topic": "sales"}).status_code == 303
    assert browser.post(PAGE, data=FORM | {"title": "Another"}).status_code == 403
    page = browser.get(f"{PAGE}/{for_all.id}")
    assert page.status_code == 200
    assert "Retire" not in page.text
    assert new_client(cora).post(PAGE, data=FORM | {"topic": "sales"}).status_code == 403


def test_employees_do_not_see_them(
    session: Session, new_client: NewClient, client: Browser, bob: User, cora: User
) -> None:
    made = add(session, cora)
    assert leads_to_signin(client.get(PAGE))
    browser = new_client(bob)
    for path in (PAGE, f"{PAGE}/{made.id}"):
        assert browser.get(path).status_code == 403
        assert browser.post(path, data=FORM).status_code == 403
    for action in ("retirement", "return"):
        assert browser.post(f"{PAGE}/{made.id}/{action}").status_code == 403
        assert browser.post(f"{PAGE}/999/{action}").status_code == 404


def test_a_reason_is_put_behind_what_was_typed_and_decides_nothing(
    session: Session, new_client: NewClient, alice: User, bob: User, cora: User
) -> None:
    topic = make_topic(session)
    review = make_review(session, alice, state=State.IN_REVIEW, curator=cora, topic=topic)
    made, version = add(session, cora), review.version
    sent = {"canned": str(made.id), "reason": "Well begun."}
    path = f"/reviews/{review.id}/canned"
    response = new_client(cora).post(path, data=sent)
    assert response.status_code == 200
    field = BeautifulSoup(response.text, "html.parser").select_one("textarea[name=reason]")
    assert field is not None
    assert field.get_text().strip() == "Well begun.\n\nSay for whom, Alice."
    assert (review.state, review.version) == (State.IN_REVIEW, version)
    assert new_client(bob).post(path, data=sent).status_code == 404
