"""Notices: one for each event and person, told as the person chose."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from core.outbox import Event, record
from people import choices, inbox, nav
from people.choices import SORTS, Choice
from people.models import MailChoice, Notice, NoticeChoice, User
from tests.conftest import Clock


def happening(session: Session) -> Event:
    event = record(session, "review.approved", 1)
    session.flush()
    return event


def tell(session: Session, user: User, event: Event | None = None, **changes: Any) -> Notice | None:
    told = {"subject": "Published: Mind the gap", "text": "Cora approved it.", "path": "/reviews/7"}
    return inbox.tell(session, user.id, event or happening(session), **(told | changes))


def told(session: Session, user: User, event: Event | None = None, **changes: Any) -> Notice:
    notice = tell(session, user, event, **changes)
    assert notice is not None
    return notice


def test_a_notice_is_put_once_for_each_event_and_person(
    session: Session, alice: User, bob: User
) -> None:
    event = happening(session)
    assert tell(session, alice, event) is not None
    assert tell(session, alice, event) is None
    assert tell(session, bob, event) is not None
    assert tell(session, alice) is not None
    assert (inbox.count(session, alice), inbox.count(session, bob)) == (2, 1)


def test_nobody_is_nobody_to_tell(session: Session) -> None:
    assert inbox.tell(session, 999, happening(session), subject="", text="", path="/") is None


def test_the_inbox_shows_the_newest_first_and_ones_own_only(
    session: Session, alice: User, bob: User
) -> None:
    for number in range(1, 5):
        tell(session, alice, subject=f"Number {number}")
    tell(session, bob)
    page = inbox.notices(session, alice, offset=1, limit=2)
    assert [notice.subject for notice in page] == ["Number 3", "Number 2"]


def test_what_was_not_read_can_be_looked_at_alone(session: Session, alice: User) -> None:
    first, second = told(session, alice), told(session, alice)
    inbox.mark_read(session, alice, first.id)
    assert list(inbox.notices(session, alice, unread=True)) == [second]
    assert (inbox.count(session, alice), inbox.count(session, alice, unread=True)) == (2, 1)


def test_reading_one_or_all_touches_nobody_elses(
    session: Session, alice: User, bob: User, clock: Clock
) -> None:
    first, second, bobs = told(session, alice), told(session, alice), told(session, bob)
    inbox.mark_read(session, alice, bobs.id)
    inbox.mark_read(session, alice, first.id)
    session.expire_all()
    assert (first.read_at, second.read_at, bobs.read_at) == (clock.now(), None, None)
    earlier = clock.now()
    clock.move(hours=1)
    inbox.mark_read(session, alice)
    session.expire_all()
    assert (first.read_at, second.read_at, bobs.read_at) == (earlier, clock.now(), None)


# As the person chose


@pytest.mark.parametrize("sort", SORTS.values(), ids=list(SORTS))
def test_without_a_choice_the_sort_says_how(
    session: Session, alice: User, sort: choices.Sort
) -> None:
    notice = told(session, alice, about=sort.key)
    waits = sort.mail in (MailChoice.DAILY, MailChoice.WEEKLY)
    assert (notice.about, notice.shown) == (sort.key, True)
    assert (notice.digest_due_at is not None) is waits


def test_a_notice_for_mail_alone_is_neither_shown_nor_counted(
    session: Session, alice: User
) -> None:
    choices.choose(session, alice.id, {"comments": Choice(inbox=False, mail=MailChoice.DAILY)})
    notice = told(session, alice, about="comments")
    assert not notice.shown
    assert list(inbox.notices(session, alice)) == []
    assert (inbox.count(session, alice), nav.unread(session, alice)) == (0, 0)
    inbox.mark_read(session, alice)
    session.expire_all()
    assert notice.digest_due_at is not None  # it still waits for its mail


def test_who_wants_to_hear_nothing_of_a_sort_hears_nothing(session: Session, alice: User) -> None:
    choices.choose(session, alice.id, {"comments": Choice(inbox=False, mail=MailChoice.NEVER)})
    assert tell(session, alice, about="comments") is None
    assert tell(session, alice, about="flags") is not None


def test_what_concerns_ones_account_cannot_be_missed(session: Session, alice: User) -> None:
    nothing = NoticeChoice(user_id=alice.id, about="account", inbox=False, mail=MailChoice.NEVER)
    session.add(nothing)
    assert told(session, alice, about="account").shown


def test_a_sort_that_does_not_exist_is_a_fault_that_shows(session: Session, alice: User) -> None:
    with pytest.raises(ValueError, match="gossip"):
        tell(session, alice, about="gossip")


# Old news


def test_a_decision_makes_what_was_said_before_about_the_same_old_news(
    session: Session, alice: User, bob: User, clock: Clock
) -> None:
    about = "comments"
    read_by = told(session, alice, about=about)
    elsewhere = told(session, alice, about=about, path="/reviews/8")
    other_sort = told(session, alice, about="flags")
    bobs = told(session, bob, about=about)
    decided = told(session, alice, about=about, replaces=True)
    session.expire_all()
    assert (read_by.read_at, read_by.digest_due_at) == (clock.now(), None)
    assert [n.read_at for n in (elsewhere, other_sort, bobs, decided)] == [None] * 4
    assert elsewhere.digest_due_at is not None


def test_being_told_again_of_the_same_event_makes_nothing_old_news(
    session: Session, alice: User
) -> None:
    event = happening(session)
    first = told(session, alice, event, about="comments", replaces=True)
    assert tell(session, alice, event, about="comments", replaces=True) is None
    session.expire_all()
    assert first.read_at is None


def test_what_was_read_needs_no_mail(session: Session, alice: User) -> None:
    notice = told(session, alice, about="comments")
    inbox.mark_read(session, alice)
    session.expire_all()
    assert notice.digest_due_at is None
