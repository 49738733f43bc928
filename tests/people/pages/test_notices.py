"""Choosing what one is told, the inbox by day, and leaving by the link in a mail."""

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy.orm import Session

from core.outbox import record
from people import choices, inbox
from people.choices import SORTS, Choice
from people.models import MailChoice, Notice, User
from tests.conftest import Browser, Clock
from tests.factories import PASSWORD

NewClient = Callable[[User], Browser]
OTHER_SITE = {"Sec-Fetch-Site": "cross-site", "Origin": "https://mail.example"}


def words(text: str) -> str:
    return " ".join(BeautifulSoup(text, "html.parser").get_text(" ").split())


def tell(session: Session, user: User, subject: str, **changes: Any) -> Notice:
    event = record(session, "happened", 1)
    session.flush()
    told = inbox.tell(
        session, user.id, event, subject=subject, text="So it is.", path="/people", **changes
    )
    assert told is not None
    return told


# Choosing


def form(**changes: str) -> dict[str, str]:
    """As the page sends it: everything in the inbox, and mail at once."""
    keys = [key for key, sort in SORTS.items() if not sort.fixed]
    sent = {f"inbox-{key}": "1" for key in keys} | {f"mail-{key}": "at_once" for key in keys}
    return {name: value for name, value in (sent | changes).items() if value}


def test_choices_are_saved_together_and_shown_again(
    session: Session, new_client: NewClient, alice: User
) -> None:
    browser = new_client(alice)
    sent = form(**{"inbox-comments": "", "mail-comments": "weekly", "mail-flags": "never"})
    response = browser.post("/settings/notices", data=sent)
    assert response.location == "/settings#notices"
    chosen = choices.chosen(session, alice.id)
    assert chosen["comments"] == Choice(inbox=False, mail=MailChoice.WEEKLY)
    assert chosen["flags"] == Choice(inbox=True, mail=MailChoice.NEVER)
    assert browser.post("/settings/notices", data=sent).status_code == 303  # a second click
    page = BeautifulSoup(browser.get("/settings").text, "html.parser")
    for key, choice in chosen.items():
        if SORTS[key].fixed:
            assert page.find(id=f"mail-{key}") is None
            continue
        box, select = page.find(id=f"inbox-{key}"), page.find(id=f"mail-{key}")
        assert box is not None
        assert select is not None
        assert box.has_attr("checked") is choice.inbox
        assert select.find("option", selected=True)["value"] == choice.mail.value  # type: ignore[index]


@pytest.mark.parametrize("odd", ["hourly", ""])
def test_a_choice_that_is_none_is_refused_and_the_others_kept(
    session: Session, new_client: NewClient, alice: User, odd: str
) -> None:
    sent = form(**{"mail-comments": odd, "mail-flags": "never"})
    response = new_client(alice).post("/settings/notices", data=sent)
    assert response.status_code == 422
    page = BeautifulSoup(response.text, "html.parser")
    flags = page.find(id="mail-flags")
    assert flags is not None
    assert flags.find("option", selected=True)["value"] == "never"  # type: ignore[index]
    assert choices.chosen(session, alice.id)["flags"].mail is MailChoice.AT_ONCE


def test_what_is_always_told_is_said(new_client: NewClient, alice: User) -> None:
    assert "Always in the inbox, and by mail at once" in words(
        new_client(alice).get("/settings").text
    )


def test_a_time_zone_is_chosen_from_the_list(new_client: NewClient, alice: User) -> None:
    browser = new_client(alice)
    path = "/settings/time-zone"
    assert browser.post(path, data={"time_zone": "Asia/Tokyo"}).status_code == 303
    assert alice.time_zone == "Asia/Tokyo"
    response = browser.post(path, data={"time_zone": "Mars/Olympus"})
    assert response.status_code == 422
    assert "Choose a time zone from the list." in words(response.text)
    assert alice.time_zone == "Asia/Tokyo"
    assert browser.post(path, data={}).status_code == 303
    assert alice.time_zone == ""


# The inbox


def test_the_inbox_is_grouped_by_the_readers_days(
    session: Session, new_client: NewClient, alice: User, clock: Clock
) -> None:
    alice.time_zone = "Asia/Tokyo"  # nine hours ahead: there it is Monday evening
    tell(session, alice, "Old")
    clock.move(days=2, hours=5)
    tell(session, alice, "Before midnight")
    clock.move(hours=2)
    tell(session, alice, "After midnight")
    page = BeautifulSoup(new_client(alice).get("/inbox").text, "html.parser")
    days = [
        (str(day.h2.string), [button.get_text() for button in day.find_all("button")])
        for day in page.find_all("section")
        if day.h2
    ]
    assert days == [
        ("Today", ["After midnight"]),
        ("Yesterday", ["Before midnight"]),
        ("Monday, 10 March", ["Old"]),
    ]


def test_the_unread_can_be_shown_alone(
    session: Session, new_client: NewClient, alice: User
) -> None:
    read = tell(session, alice, "Read")
    tell(session, alice, "Unread")
    inbox.mark_read(session, alice, read.id)
    browser = new_client(alice)
    assert "Read So it is." in words(browser.get("/inbox").text)
    page = words(browser.get("/inbox?show=unread").text)
    assert "Unread So it is." in page
    assert "Read So it is." not in page.replace("Unread So it is.", "")
    assert browser.post("/inbox/reading").status_code == 303
    assert "You have read everything" in words(browser.get("/inbox?show=unread").text)


def test_older_notices_are_on_further_pages(
    session: Session, new_client: NewClient, alice: User
) -> None:
    for number in range(25):
        tell(session, alice, f"Number {number}")
    page = BeautifulSoup(new_client(alice).get("/inbox?show=unread").text, "html.parser")
    older = page.find("a", rel="next")
    assert older is not None
    further = words(new_client(alice).get("/inbox" + str(older["href"])).text)
    assert "Number 4 " in further
    assert "Number 5 " not in further


# Leaving by the link in a mail


@pytest.fixture
def address(app: Flask, session: Session, alice: User) -> str:
    way_out = choices.way_out(app.config["FIRSTHAND"], alice.id, ["comments"])
    return way_out.removeprefix("http://kb.example.com")


def wants_comments(session: Session, alice: User) -> bool:
    return choices.chosen(session, alice.id)["comments"].mail is not MailChoice.NEVER


def test_opening_the_link_only_asks(
    session: Session, client: Browser, alice: User, address: str
) -> None:
    response = client.get(address)
    assert response.status_code == 200
    assert "Comments" in words(response.text)
    assert alice.name not in response.text  # whoever was sent the mail on
    assert client.head(address).status_code == 200
    assert wants_comments(session, alice)


@pytest.mark.parametrize("headers", [{}, OTHER_SITE], ids=["a program", "another site"])
def test_posting_to_it_ends_the_mail_without_signing_in(
    session: Session, client: Browser, alice: User, address: str, headers: dict[str, str]
) -> None:
    for _again in range(2):
        sent = {"List-Unsubscribe": "One-Click"}
        response = client.post(address, data=sent, headers=headers)
        assert response.status_code == 200  # mail programs follow no redirect
        assert "turn it on again" in words(response.text)
    assert not wants_comments(session, alice)


def test_a_link_that_was_changed_is_refused_in_a_sentence(
    session: Session, client: Browser, alice: User, address: str
) -> None:
    for method in ("GET", "POST"):
        response = client.open(address[:-2], method=method)
        assert response.status_code == 404
        assert "This link does not work" in words(response.text)
    assert wants_comments(session, alice)


# What was done to one's account


def test_people_are_told_what_was_done_to_their_accounts(
    session: Session, new_client: NewClient, outbox: Any, ada: User, alice: User, bob: User
) -> None:
    new = {"current": PASSWORD, "new": "seven green lamps", "again": "seven green lamps"}
    new_client(alice).post("/settings/password", data=new)
    admin = new_client(ada)
    admin.post(f"/admin/people/{bob.id}/password")
    admin.post(f"/admin/people/{bob.id}/role", data={"role": "admin"})
    admin.post(f"/admin/people/{bob.id}/role", data={"role": "admin"})
    outbox.drain()
    assert [n.subject for n in inbox.notices(session, alice)] == ["Your password was changed"]
    assert [(n.subject, n.about) for n in inbox.notices(session, bob)] == [
        ("You are now an administrator", "account"),
        ("You have a new password", "account"),
    ]
