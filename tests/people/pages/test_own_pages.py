"""One's own pages: the password, the sessions, the inbox."""

from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from core.outbox import record
from people import accounts, inbox
from people.models import Notice, User
from tests.conftest import Browser
from tests.factories import PASSWORD

NewClient = Callable[[User], Browser]
NEW = "seven green lamps"


def words(text: str) -> str:
    return BeautifulSoup(text, "html.parser").get_text(" ")


def change(browser: Browser, **changes: str) -> TestResponse:
    form = {"current": PASSWORD, "new": NEW, "again": NEW}
    return browser.post("/settings/password", data=form | changes)


def test_changing_the_password_keeps_this_browser_and_ends_the_others(
    new_client: NewClient, alice: User
) -> None:
    here, there = new_client(alice), new_client(alice)
    assert change(here).status_code == 303
    assert accounts.check_password(alice, NEW)
    assert here.get("/settings").status_code == 200
    assert there.get("/settings").status_code == 303


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"current": "wrong"}, "not your present password"),
        ({"again": "another one entirely"}, "differs"),
        ({"new": "short", "again": "short"}, "at least 10 characters"),
    ],
)
def test_a_password_that_does_not_fit_is_refused_in_words(
    new_client: NewClient, alice: User, changes: dict[str, str], sentence: str
) -> None:
    response = change(new_client(alice), **changes)
    assert response.status_code == 422
    assert sentence in words(response.text)
    assert accounts.check_password(alice, PASSWORD)


def test_guessing_the_present_password_slows_down(new_client: NewClient, alice: User) -> None:
    browser = new_client(alice)
    codes = [change(browser, current="wrong").status_code for _ in range(6)]
    assert codes == [422] * 5 + [429]


def test_the_right_present_password_forgives_wrong_ones(new_client: NewClient, alice: User) -> None:
    browser = new_client(alice)
    codes = [change(browser, current="wrong").status_code for _ in range(4)]
    codes += [change(browser, new="short", again="short").status_code for _ in range(4)]
    assert codes == [422] * 8
    assert change(browser).status_code == 303


@pytest.mark.parametrize("path", ["/settings/password", "/settings/sessions"])
@pytest.mark.parametrize("remember", ["", "1"])
def test_who_is_remembered_here_stays_so(
    client: Browser, alice: User, path: str, remember: str
) -> None:
    client.post("/signin", data={"email": alice.email, "password": PASSWORD, "remember": remember})
    form = {"current": PASSWORD, "new": NEW, "again": NEW}
    assert client.post(path, data=form).status_code == 303
    client.delete_cookie("firsthand")
    assert client.get("/settings").status_code == (200 if remember else 303)


def test_signing_out_everywhere_else(new_client: NewClient, alice: User) -> None:
    here, there = new_client(alice), new_client(alice)
    assert here.post("/settings/sessions").status_code == 303
    assert here.get("/settings").status_code == 200
    assert there.get("/settings").status_code == 303


@pytest.fixture
def notice(session: Session, alice: User) -> Notice:
    event = record(session, "review.approved", 1)
    session.flush()
    told = inbox.tell(
        session,
        alice.id,
        event,
        subject="<b>Published</b>",
        text="Cora approved it.",
        path="/people",
    )
    assert told is not None
    return told


def test_the_inbox_is_ones_own(
    new_client: NewClient, alice: User, bob: User, notice: Notice
) -> None:
    assert "<b>Published</b>" in words(new_client(alice).get("/inbox").text)
    assert "Published" not in words(new_client(bob).get("/inbox").text)


def test_opening_the_inbox_reads_nothing(
    new_client: NewClient, alice: User, notice: Notice
) -> None:
    new_client(alice).get("/inbox")
    assert notice.read_at is None


def test_a_notice_leads_to_what_it_is_about(
    new_client: NewClient, alice: User, bob: User, notice: Notice
) -> None:
    path = f"/inbox/{notice.id}/reading"
    assert new_client(bob).post(path).status_code == 404
    assert notice.read_at is None
    assert new_client(alice).post(path).location == "/people"
    assert notice.read_at is not None
    assert new_client(alice).post("/inbox/999/reading").status_code == 404


def test_all_can_be_marked_as_read(new_client: NewClient, alice: User, notice: Notice) -> None:
    assert new_client(alice).post("/inbox/reading").status_code == 303
    assert notice.read_at is not None
