"""Mail about a notice: one for each, whatever the mail server or the process does."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.config import Config
from core.outbox import LEASE, Delivery
from people import choices, inbox
from people.choices import Choice
from people.models import MailChoice, User
from tests.conftest import Clock, Deliveries
from tests.people.dying import die_while_mailing
from tests.people.smtp import HangUp, MailServer
from tests.people.test_inbox import tell, told

Configured = Callable[[str], Config]


def undone(session: Session) -> Delivery:
    return session.scalars(sa.select(Delivery).where(Delivery.done_at.is_(None))).one()


def test_each_notice_becomes_one_mail_with_a_link_to_our_address(
    session: Session, alice: User, outbox: Deliveries, post: MailServer, configured: Configured
) -> None:
    inbox.init_app(configured(post.url))
    notice = told(session, alice, text="Cora approved “Größe”.", subject="Published: Größe")
    outbox.drain()
    outbox.drain()
    [mail] = post.messages
    assert (mail["To"], mail["From"]) == ("alice@example.com", "Firsthand <kb@example.com>")
    assert mail["Subject"] == "Published: Größe"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"]
    text = mail.get_content()
    assert "Cora approved “Größe”." in text
    assert "\nhttps://kb.example.com/reviews/7\n" in text.replace("\r\n", "\n")
    assert notice.mailed_at is not None


def test_a_title_cannot_add_headers_to_a_mail(
    session: Session, alice: User, outbox: Deliveries, post: MailServer, configured: Configured
) -> None:
    inbox.init_app(configured(post.url))
    tell(session, alice, subject="Hello\r\nBcc: everybody@example.com")
    outbox.drain()
    [mail] = post.messages
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Hello Bcc: everybody@example.com"


def test_nobody_who_cannot_sign_in_gets_mail(
    session: Session, alice: User, outbox: Deliveries, post: MailServer, configured: Configured
) -> None:
    inbox.init_app(configured(post.url))
    alice.active = False
    tell(session, alice)
    outbox.drain()
    assert post.messages == []


@pytest.mark.parametrize("wish", [MailChoice.DAILY, MailChoice.WEEKLY, MailChoice.NEVER])
def test_mail_comes_at_once_only_to_who_wants_it_so(
    session: Session,
    alice: User,
    outbox: Deliveries,
    post: MailServer,
    configured: Configured,
    wish: MailChoice,
) -> None:
    inbox.init_app(configured(post.url))
    choices.choose(session, alice.id, {"flags": Choice(inbox=True, mail=wish)})
    tell(session, alice, about="flags")
    outbox.drain()
    assert post.messages == []


def test_who_says_no_more_gets_not_even_what_was_on_its_way(
    session: Session, alice: User, outbox: Deliveries, post: MailServer, configured: Configured
) -> None:
    inbox.init_app(configured(post.url))
    tell(session, alice, about="flags")
    choices.choose(session, alice.id, {"flags": Choice(inbox=True, mail=MailChoice.NEVER)})
    outbox.drain()
    assert post.messages == []
    assert session.scalars(sa.select(Delivery.done_at)).one() is not None


def test_without_a_mail_server_mail_goes_to_the_log(
    session: Session,
    alice: User,
    outbox: Deliveries,
    configured: Configured,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "firsthand.mail")
    inbox.init_app(configured(""))
    tell(session, alice)
    outbox.drain()
    assert "alice@example.com" in caplog.text
    assert "https://kb.example.com/reviews/7" in caplog.text


# When it does not go well


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "taken"])
def test_a_mail_that_was_not_taken_is_sent_later_and_the_notice_is_there_at_once(
    session: Session,
    alice: User,
    outbox: Deliveries,
    post: MailServer,
    configured: Configured,
    clock: Clock,
    command: str,
) -> None:
    inbox.init_app(configured(post.url))
    post.answers[command] = "451 not now"
    notice = told(session, alice)
    outbox.drain()
    assert inbox.count(session, alice) == 1
    assert notice.mailed_at is None
    assert "451" in (undone(session).error or "")
    post.answers.clear()
    post.messages.clear()
    clock.move(minutes=1)
    outbox.drain()
    outbox.drain()
    assert len(post.messages) == 1
    assert notice.mailed_at is not None


def test_a_second_try_says_that_it_is_the_same_message(
    session: Session,
    alice: User,
    outbox: Deliveries,
    post: MailServer,
    configured: Configured,
    clock: Clock,
) -> None:
    inbox.init_app(configured(post.url))
    post.answers["taken"] = "451 not now"
    tell(session, alice)
    outbox.drain()
    post.answers.clear()
    clock.move(minutes=1)
    outbox.drain()
    tell(session, alice)
    outbox.drain()
    first, again, other = (mail["Message-ID"] for mail in post.messages)
    assert first == again != other


def test_a_mail_server_that_is_down_holds_up_nothing(
    session: Session, alice: User, outbox: Deliveries, configured: Configured
) -> None:
    inbox.init_app(configured("smtp://127.0.0.1:1"))
    notice = told(session, alice)
    outbox.drain()
    assert undone(session).error
    assert inbox.count(session, alice) == 1
    assert notice.mailed_at is None


@pytest.mark.parametrize("command", ["EHLO", "MAIL", "DATA"])
def test_a_server_that_hangs_up_before_the_message_gets_it_again(
    session: Session,
    alice: User,
    outbox: Deliveries,
    post: MailServer,
    configured: Configured,
    clock: Clock,
    command: str,
) -> None:
    inbox.init_app(configured(post.url))
    post.before = hang_up_at(command)
    tell(session, alice)
    outbox.drain()
    assert undone(session).error
    post.before = lambda command: None
    clock.move(minutes=1)
    outbox.drain()
    assert len(post.messages) == 1


def test_a_server_that_hangs_up_after_the_message_does_not_get_it_again(
    session: Session,
    alice: User,
    outbox: Deliveries,
    post: MailServer,
    configured: Configured,
    clock: Clock,
) -> None:
    inbox.init_app(configured(post.url))
    choices.choose(session, alice.id, {"flags": Choice(inbox=False, mail=MailChoice.AT_ONCE)})
    post.before = hang_up_at("taken")
    notice = told(session, alice, about="flags")
    outbox.drain()
    post.before = lambda command: None
    clock.move(hours=1)
    outbox.drain()
    assert len(post.messages) == 1
    assert notice.shown  # it may not have arrived, so it is where it can be found


@pytest.mark.parametrize("answer", ["421 too late", None])
def test_how_a_server_says_good_bye_changes_nothing(
    session: Session,
    alice: User,
    outbox: Deliveries,
    post: MailServer,
    configured: Configured,
    answer: str | None,
) -> None:
    inbox.init_app(configured(post.url))
    if answer:
        post.answers["QUIT"] = answer
    else:
        post.before = hang_up_at("QUIT")
    tell(session, alice)
    outbox.drain()
    assert len(post.messages) == 1
    assert session.scalars(sa.select(Delivery.done_at)).one() is not None


def hang_up_at(command: str) -> Callable[[str], None]:
    def hang_up(said: str) -> None:
        if said == command:
            raise HangUp

    return hang_up


# A process that dies


@pytest.mark.parametrize("moment", ["EHLO", "DATA", "taken", "QUIT"])
def test_a_process_killed_while_it_mails_never_makes_two_of_one(
    session: Session,
    alice: User,
    outbox: Deliveries,
    post: MailServer,
    configured: Configured,
    clock: Clock,
    moment: str,
) -> None:
    inbox.init_app(configured(post.url))
    choices.choose(session, alice.id, {"flags": Choice(inbox=False, mail=MailChoice.AT_ONCE)})
    notice = told(session, alice, about="flags")
    die_while_mailing(session, configured(post.url), post, moment)
    clock.time = datetime.now(UTC) + LEASE * 2  # the other process went by the real time
    outbox.drain()
    assert len(post.messages) == (1 if moment in ("taken", "QUIT") else 0)
    assert session.scalars(sa.select(Delivery.done_at)).one() is not None
    assert notice.shown  # whoever wanted mail alone may have got none
