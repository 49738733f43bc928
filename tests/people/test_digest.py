"""The digest: what waited comes in one mail in the morning, and comes once."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import periodic
from core.config import Config
from core.db import Database
from core.outbox import LEASE, Delivery, Event
from core.worktime import Calendar
from people import choices, digest, inbox
from people.choices import Choice
from people.models import Company, MailChoice, Notice, User
from tests.conftest import Clock, Deliveries
from tests.people.dying import die_while_mailing
from tests.people.smtp import HangUp, MailServer
from tests.people.test_inbox import told

Configured = Callable[[str], Config]
DAILY, WEEKLY = MailChoice.DAILY, MailChoice.WEEKLY
OFFICE = Calendar("Europe/Berlin", dict.fromkeys(range(5), ("09:00", "17:00")))


def at(text: str, zone: str = "Europe/Berlin") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


# When

# 10 March 2025 is a Monday; clocks in Berlin change on the 30th.
MORNINGS = [
    ("2025-03-11 07:59", DAILY, "2025-03-11 08:00"),
    ("2025-03-11 08:00", DAILY, "2025-03-12 08:00"),
    ("2025-03-14 12:00", DAILY, "2025-03-17 08:00"),
    ("2025-03-15 06:00", DAILY, "2025-03-17 08:00"),
    ("2025-03-28 09:00", DAILY, "2025-03-31 08:00"),
    ("2025-03-10 07:00", WEEKLY, "2025-03-10 08:00"),
    ("2025-03-10 08:00", WEEKLY, "2025-03-17 08:00"),
    ("2025-03-16 23:00", WEEKLY, "2025-03-17 08:00"),
]


@pytest.mark.parametrize(("now", "choice", "due"), MORNINGS)
def test_a_digest_is_due_in_the_next_working_morning_or_on_monday(
    clock: Clock, now: str, choice: MailChoice, due: str
) -> None:
    clock.time = at(now).astimezone(UTC)
    assert digest.due_at(choice, OFFICE, ZoneInfo("Europe/Berlin")) == at(due)


def test_nobody_is_sent_a_digest_on_a_holiday(clock: Clock) -> None:
    holidays = {at("2025-03-11 00:00").date(), at("2025-03-17 00:00").date()}
    calendar = Calendar("Europe/Berlin", OFFICE.hours, holidays)
    clock.time = at("2025-03-10 12:00").astimezone(UTC)
    berlin = ZoneInfo("Europe/Berlin")
    assert digest.due_at(DAILY, calendar, berlin) == at("2025-03-12 08:00")
    assert digest.due_at(WEEKLY, calendar, berlin) == at("2025-03-18 08:00")


def test_it_is_the_persons_own_morning(session: Session, alice: User, bob: User) -> None:
    hours = {str(day): ["09:00", "17:00"] for day in range(5)}
    session.add(Company(id=1, time_zone="Europe/Berlin", hours=hours, country="", days_off=[]))
    alice.time_zone = "Asia/Tokyo"
    session.flush()
    for who, zone in ((alice, "Asia/Tokyo"), (bob, "Europe/Berlin")):
        due = told(session, who, about="comments").digest_due_at
        assert due is not None
        assert due.astimezone(ZoneInfo(zone)).hour == 8


# The mail


@pytest.fixture
def morning(session: Session, outbox: Deliveries, clock: Clock) -> Callable[[], None]:
    """`morning()`: a week later, what is due every so often is done, and then delivered."""

    def morning() -> None:
        clock.move(days=7)
        digest.note_due(session)
        outbox.drain()

    return morning


Morning = Callable[[], None]


def test_what_waited_comes_in_one_mail_by_sort_with_addresses(
    session: Session, alice: User, post: MailServer, configured: Configured, morning: Morning
) -> None:
    inbox.init_app(configured(post.url))
    told(session, alice, about="care", subject="Check: Travel", text="It is due.", path="/a")
    told(session, alice, about="comments", subject="On: VPN", text="Cora asks\nwhy.", path="/b")
    told(session, alice, about="comments", subject="On: Badge", text="Carl asks.", path="/c")
    morning()
    [mail] = post.messages
    assert mail["Subject"] == "3 things for you in Firsthand"
    assert mail["To"] == "alice@example.com"
    text = mail.get_content().replace("\r\n", "\n")
    wanted = [
        "Hello Alice",
        "COMMENTS",
        "* On: VPN\n  Cora asks\n  why.\n  https://kb.example.com/b\n",
        "* On: Badge\n  Carl asks.\n  https://kb.example.com/c\n",
        "ARTICLES FOR YOU TO CHECK",
        "* Check: Travel\n  It is due.\n  https://kb.example.com/a\n",
        "https://kb.example.com/settings#notices",
        "https://kb.example.com/unsubscribe/",
    ]
    places = [text.index(part) for part in wanted]
    assert places == sorted(places)


def test_it_comes_once(
    session: Session, alice: User, post: MailServer, configured: Configured, morning: Morning
) -> None:
    inbox.init_app(configured(post.url))
    notice = told(session, alice, about="comments")
    morning()
    morning()
    assert len(post.messages) == 1
    assert (notice.mailed_at is not None, notice.digest_due_at) == (True, None)


def test_nothing_comes_before_its_time(
    session: Session, alice: User, post: MailServer, configured: Configured, outbox: Deliveries
) -> None:
    inbox.init_app(configured(post.url))
    told(session, alice, about="comments")
    digest.note_due(session)
    outbox.drain()
    assert post.messages == []


def test_each_person_gets_their_own(
    session: Session,
    alice: User,
    bob: User,
    cora: User,
    post: MailServer,
    configured: Configured,
    morning: Morning,
) -> None:
    inbox.init_app(configured(post.url))
    told(session, alice, about="comments", subject="For Alice")
    told(session, bob, about="comments", subject="For Bob")
    told(session, cora, about="comments", subject="For Cora")
    cora.active = False
    morning()
    found = {mail["To"]: mail.get_content() for mail in post.messages}
    assert set(found) == {"alice@example.com", "bob@example.com"}
    assert "For Bob" not in found["alice@example.com"]
    assert session.scalars(sa.select(Notice.digest_due_at)).all() == [None] * 3


def test_what_was_read_meanwhile_is_left_out(
    session: Session, alice: User, post: MailServer, configured: Configured, morning: Morning
) -> None:
    inbox.init_app(configured(post.url))
    read = told(session, alice, about="comments", subject="Read")
    told(session, alice, about="comments", subject="Unread")
    inbox.mark_read(session, alice, read.id)
    morning()
    [mail] = post.messages
    assert mail["Subject"] == "1 thing for you in Firsthand"
    assert "* Unread" in mail.get_content()


def test_mail_alone_is_mailed_though_the_inbox_does_not_show_it(
    session: Session, alice: User, post: MailServer, configured: Configured, morning: Morning
) -> None:
    inbox.init_app(configured(post.url))
    choices.choose(session, alice.id, {"flags": Choice(inbox=False, mail=DAILY)})
    notice = told(session, alice, about="flags")
    inbox.mark_read(session, alice)
    morning()
    assert len(post.messages) == 1
    assert not notice.shown


# When it does not go well


def test_a_digest_that_was_not_taken_comes_later_with_what_is_due_then(
    session: Session,
    alice: User,
    post: MailServer,
    configured: Configured,
    morning: Morning,
    outbox: Deliveries,
    clock: Clock,
) -> None:
    inbox.init_app(configured(post.url))
    told(session, alice, about="comments")
    post.answers["RCPT"] = "451 not now"
    morning()
    clock.move(minutes=5)
    digest.note_due(session)  # while one is on the way, no second is begun
    assert session.scalar(sa.select(sa.func.count()).where(Event.kind == digest.DUE)) == 1
    post.answers.clear()
    outbox.drain()
    assert len(post.messages) == 1


def test_after_a_long_outage_one_digest_comes(
    session: Session,
    alice: User,
    post: MailServer,
    configured: Configured,
    outbox: Deliveries,
    clock: Clock,
) -> None:
    inbox.init_app(configured(post.url))
    told(session, alice, about="comments")
    post.answers["MAIL"] = "451 not now"
    clock.move(days=7)
    for _hour in range(48):
        digest.note_due(session)
        outbox.drain()
        clock.move(hours=1)
    begun = session.scalars(sa.select(Event.id).where(Event.kind == digest.DUE)).all()
    assert 1 < len(begun) <= 5
    post.answers.clear()
    for _hour in range(24):
        digest.note_due(session)
        outbox.drain()
        clock.move(hours=1)
    assert len(post.messages) == 1


def test_a_digest_of_which_nobody_knows_whether_it_arrived_is_not_sent_again(
    session: Session,
    alice: User,
    post: MailServer,
    configured: Configured,
    morning: Morning,
) -> None:
    inbox.init_app(configured(post.url))
    choices.choose(session, alice.id, {"flags": Choice(inbox=False, mail=DAILY)})
    notice = told(session, alice, about="flags")

    def hang_up(said: str) -> None:
        if said == "taken":
            raise HangUp

    post.before = hang_up
    morning()
    post.before = lambda said: None
    morning()
    assert len(post.messages) == 1
    assert notice.shown


@pytest.mark.parametrize("moment", ["RCPT", "taken"])
def test_a_process_killed_while_it_sends_a_digest_never_makes_two_of_one(
    session: Session,
    alice: User,
    post: MailServer,
    configured: Configured,
    outbox: Deliveries,
    clock: Clock,
    moment: str,
) -> None:
    inbox.init_app(configured(post.url))
    choices.choose(session, alice.id, {"flags": Choice(inbox=False, mail=DAILY)})
    notice = told(session, alice, about="flags")
    clock.move(days=7)
    digest.note_due(session)
    die_while_mailing(session, configured(post.url), post, moment)
    clock.time = datetime.now(UTC) + LEASE * 2  # the other process went by the real time
    digest.note_due(session)
    outbox.drain()
    assert len(post.messages) == (1 if moment == "taken" else 0)
    assert session.scalars(sa.select(Delivery.done_at)).one() is not None
    assert (notice.shown, notice.digest_due_at) == (True, None)


def test_digests_are_looked_for_every_few_minutes(
    session: Session,
    alice: User,
    post: MailServer,
    configured: Configured,
    database: Database,
    outbox: Deliveries,
    clock: Clock,
) -> None:
    inbox.init_app(configured(post.url))
    told(session, alice, about="comments")
    session.commit()
    periodic.run_due(database)
    clock.move(days=7)
    periodic.run_due(database)
    outbox.drain()
    assert len(post.messages) == 1
