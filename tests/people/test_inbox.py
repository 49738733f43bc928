"""Notices: one for each event and person, and one mail for each notice."""

import logging
import socketserver
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import config
from core.config import Config
from core.outbox import Delivery, Event, record
from people import inbox
from people.models import Notice, User
from tests.conftest import Clock, Deliveries


def happening(session: Session) -> Event:
    event = record(session, "review.approved", 1)
    session.flush()
    return event


def tell(session: Session, user: User, event: Event | None = None, **changes: str) -> Notice | None:
    told = {"subject": "Published: Mind the gap", "text": "Cora approved it.", "path": "/reviews/7"}
    return inbox.tell(session, user.id, event or happening(session), **(told | changes))


def settings(tmp_path: Path, mail_url: str = "") -> Config:
    return config.load(
        {
            "FIRSTHAND_DATA": str(tmp_path),
            "FIRSTHAND_BASE_URL": "https://kb.example.com/",
            "FIRSTHAND_MAIL_URL": mail_url,
            "FIRSTHAND_MAIL_FROM": "Firsthand <kb@example.com>",
        }
    )


def test_a_notice_is_put_once_for_each_event_and_person(
    session: Session, alice: User, bob: User
) -> None:
    event = happening(session)
    assert tell(session, alice, event) is not None
    assert tell(session, alice, event) is None
    assert tell(session, bob, event) is not None
    assert tell(session, alice) is not None
    assert (inbox.count(session, alice), inbox.count(session, bob)) == (2, 1)


def test_the_inbox_shows_the_newest_first_and_ones_own_only(
    session: Session, alice: User, bob: User
) -> None:
    for number in range(1, 5):
        tell(session, alice, subject=f"Number {number}")
    tell(session, bob)
    page = inbox.notices(session, alice, offset=1, limit=2)
    assert [notice.subject for notice in page] == ["Number 3", "Number 2"]


def test_reading_one_or_all_touches_nobody_elses(
    session: Session, alice: User, bob: User, clock: Clock
) -> None:
    first, second, bobs = tell(session, alice), tell(session, alice), tell(session, bob)
    assert first
    assert second
    assert bobs
    inbox.mark_read(session, alice, bobs.id)
    inbox.mark_read(session, alice, first.id)
    session.expire_all()
    assert (first.read_at, second.read_at, bobs.read_at) == (clock.now(), None, None)
    earlier = clock.now()
    clock.move(hours=1)
    inbox.mark_read(session, alice)
    session.expire_all()
    assert (first.read_at, second.read_at, bobs.read_at) == (earlier, clock.now(), None)


# Mail


class MailServer(socketserver.ThreadingTCPServer):
    """Speaks just enough SMTP to take messages; says what it is told to say to a recipient."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.messages: list[EmailMessage] = []
        self.answer = "250 fine"

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.say("220 ready")
        while line := self.rfile.readline().strip().upper():
            if line.startswith(b"RCPT"):
                self.say(self.server.answer)
            elif line == b"DATA":
                self.say("354 go on")
                self.take()
            elif line == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 fine")

    def take(self) -> None:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line)
        message = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.server.messages.append(message)
        self.say("250 taken")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@pytest.fixture
def post() -> Iterator[MailServer]:
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_each_notice_becomes_one_mail_with_a_link_to_our_address(
    session: Session, alice: User, outbox: Deliveries, post: MailServer, tmp_path: Path
) -> None:
    inbox.init_app(settings(tmp_path, post.url))
    tell(session, alice, text="Cora approved “Größe”.", subject="Published: Größe")
    outbox.drain()
    outbox.drain()
    [mail] = post.messages
    assert (mail["To"], mail["From"]) == ("alice@example.com", "Firsthand <kb@example.com>")
    assert mail["Subject"] == "Published: Größe"
    assert mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_content()
    assert "Cora approved “Größe”." in text
    assert "\nhttps://kb.example.com/reviews/7\n" in text.replace("\r\n", "\n")


def test_a_title_cannot_add_headers_to_a_mail(
    session: Session, alice: User, outbox: Deliveries, post: MailServer, tmp_path: Path
) -> None:
    inbox.init_app(settings(tmp_path, post.url))
    tell(session, alice, subject="Hello\r\nBcc: everybody@example.com")
    outbox.drain()
    [mail] = post.messages
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Hello Bcc: everybody@example.com"


def test_nobody_who_cannot_sign_in_gets_mail(
    session: Session, alice: User, outbox: Deliveries, post: MailServer, tmp_path: Path
) -> None:
    inbox.init_app(settings(tmp_path, post.url))
    alice.active = False
    tell(session, alice)
    outbox.drain()
    assert post.messages == []


def test_a_mail_that_was_not_taken_is_sent_later_and_the_notice_is_there_at_once(
    session: Session,
    alice: User,
    outbox: Deliveries,
    post: MailServer,
    tmp_path: Path,
    clock: Clock,
) -> None:
    inbox.init_app(settings(tmp_path, post.url))
    post.answer = "451 not now"
    tell(session, alice)
    outbox.drain()
    assert post.messages == []
    assert inbox.count(session, alice) == 1
    [delivery] = session.scalars(sa.select(Delivery))
    assert "451" in (delivery.error or "")
    post.answer = "250 fine"
    clock.move(minutes=1)
    outbox.drain()
    assert len(post.messages) == 1


def test_a_mail_server_that_is_down_holds_up_nothing(
    session: Session, alice: User, outbox: Deliveries, tmp_path: Path
) -> None:
    inbox.init_app(settings(tmp_path, "smtp://127.0.0.1:1"))
    tell(session, alice)
    outbox.drain()
    assert session.scalars(sa.select(Delivery.done_at)).one() is None
    assert inbox.count(session, alice) == 1


def test_without_a_mail_server_mail_goes_to_the_log(
    session: Session,
    alice: User,
    outbox: Deliveries,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "firsthand.mail")
    inbox.init_app(settings(tmp_path))
    tell(session, alice)
    outbox.drain()
    assert "alice@example.com" in caplog.text
    assert "https://kb.example.com/reviews/7" in caplog.text
