"""Flags: a reader's word becomes somebody's task, and the reader is told what came of it."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.audit import AuditEntry
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.outbox import Event
from kb import care_notices, flags, tasks
from kb.models import Article, Flag, FlagReason, FlagState, Topic
from people.models import Notice, User
from tests.conftest import Clock, Deliveries
from tests.factories import make_article, make_topic, make_user, republish, settle


@pytest.fixture
def topic(session: Session, carl: User) -> Topic:
    return make_topic(session, "IT", curators=[carl])


@pytest.fixture
def article(session: Session, alice: User, carl: User, topic: Topic) -> Article:
    return make_article(session, alice, approver=carl, topic=topic)


def flag(
    session: Session,
    article: Article,
    by: User,
    text: str = "The menu is called Tools now.",
    reason: str = "out_of_date",
) -> Flag:
    assert article.live_revision_id is not None
    return flags.open_flag(
        session, article, revision_id=article.live_revision_id, reason=reason, text=text, by=by
    )


def close(session: Session, flag: Flag, by: User, state: str = "upheld", **changes: Any) -> Flag:
    values = {"version": flag.version, "outcome": "It says Tools now.", **changes}
    return flags.close(session, flag.id, state=state, by=by, **values)


def notices(session: Session, outbox: Deliveries) -> list[Notice]:
    outbox.drain()
    return list(session.scalars(sa.select(Notice).order_by(Notice.id)))


# Flagging


def test_a_flag_names_the_text_that_was_read_and_is_the_owners_task(
    session: Session, article: Article, alice: User, bob: User, clock: Clock
) -> None:
    made = flag(session, article, bob)
    assert (made.revision_id, made.handler_id) == (article.live_revision_id, alice.id)
    assert (made.state, made.opened_at) == (FlagState.OPEN, clock.now())
    assert tasks.count(session, alice) == 1
    event = session.scalars(sa.select(Event).where(Event.kind == "flag.opened")).one()
    assert (event.subject, event.actor) == (made.id, bob.id)
    assert event.data == {
        "state": "open",
        "reason": "out_of_date",
        "article": article.id,
        "revision": made.revision_id,
        "handler": alice.id,
    }


def test_a_text_that_was_live_when_it_was_read_can_still_be_flagged(
    session: Session, article: Article, alice: User, bob: User, carl: User
) -> None:
    seen = article.live_revision_id
    assert seen is not None
    republish(session, article, alice, by=carl, body="Another way.")
    made = flags.open_flag(session, article, revision_id=seen, reason="wrong", text="No.", by=bob)
    assert made.revision_id == seen


def test_what_was_never_published_in_this_article_cannot_be_flagged(
    session: Session, article: Article, bob: User, alice: User
) -> None:
    other = make_article(session, alice, title="Another")
    with pytest.raises(Invalid, match="Open the article again"):
        flags.open_flag(
            session,
            article,
            revision_id=other.live_revision_id or 0,
            reason="wrong",
            text="No.",
            by=bob,
        )


def test_nobody_flags_what_they_cannot_read(
    session: Session, article: Article, bob: User, clock: Clock
) -> None:
    article.hidden_at = clock.now()
    session.flush()
    with pytest.raises(NotFound):
        flag(session, article, bob)


@pytest.mark.parametrize(
    ("reason", "text", "field"),
    [("rude", "No.", "reason"), ("wrong", "  ", "text"), ("wrong", "x" * 1001, "text")],
)
def test_a_flag_needs_a_reason_and_a_sentence(
    session: Session, article: Article, bob: User, reason: str, text: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        flag(session, article, bob, text=text, reason=reason)
    assert list(refused.value.fields) == [field]


def test_the_second_click_makes_no_second_flag(
    session: Session, article: Article, bob: User
) -> None:
    first = flag(session, article, bob)
    assert flag(session, article, bob) is first
    assert first.version == 1
    assert len(session.scalars(sa.select(Flag)).all()) == 1


def test_a_readers_second_word_joins_the_first_and_has_to_be_read_before_a_decision(
    session: Session, article: Article, alice: User, bob: User
) -> None:
    made = flag(session, article, bob)
    read = made.version
    flag(session, article, bob, "Step 3 is gone, too.")
    assert made.text == "The menu is called Tools now.\nStep 3 is gone, too."
    with pytest.raises(Conflict, match="moved on"):
        close(session, made, alice, version=read)


def test_another_reason_or_another_reader_is_another_flag(
    session: Session, article: Article, bob: User, cora: User
) -> None:
    found = {
        flag(session, article, bob).id,
        flag(session, article, bob, reason="wrong").id,
        flag(session, article, cora).id,
    }
    assert len(found) == 3


# Who handles it


def test_what_is_sensitive_goes_to_somebody_who_decides_in_the_topic(
    session: Session, article: Article, bob: User, carl: User
) -> None:
    assert flag(session, article, bob, reason="sensitive").handler_id == carl.id


@pytest.mark.parametrize("gone", [True, False])
def test_an_owner_who_is_gone_or_flagged_it_does_not_handle_it(
    session: Session, article: Article, alice: User, bob: User, carl: User, gone: bool
) -> None:
    alice.active = not gone
    assert flag(session, article, bob if gone else alice).handler_id == carl.id


def test_of_several_who_decide_the_least_busy_one_handles_it(
    session: Session, alice: User, bob: User, carl: User, cora: User
) -> None:
    article = make_article(session, alice, topic=make_topic(session, "HR", curators=[carl, cora]))
    first = flag(session, article, bob, reason="sensitive")
    second = flag(session, article, make_user(session, "Dora"), reason="sensitive")
    assert {first.handler_id, second.handler_id} == {carl.id, cora.id}


def test_where_nobody_decides_an_administrator_handles_it(
    session: Session, alice: User, bob: User, ada: User
) -> None:
    assert flag(session, make_article(session, alice), bob, reason="sensitive").handler_id == ada.id


# Deciding


@pytest.mark.parametrize("state", ["upheld", "rejected", "duplicate"])
def test_a_decision_is_written_down_with_its_sentence(
    session: Session, article: Article, alice: User, bob: User, clock: Clock, state: str
) -> None:
    made = close(session, flag(session, article, bob), alice, state)
    assert (made.state, made.outcome) == (FlagState(state), "It says Tools now.")
    assert (made.closed_at, made.closed_by_id) == (clock.now(), alice.id)
    event = session.scalars(sa.select(Event).where(Event.kind == "flag.closed")).one()
    assert event.data["state"] == state
    assert (event.data["article"], event.data["revision"]) == (article.id, made.revision_id)
    entry = session.scalars(sa.select(AuditEntry)).one()
    assert (entry.action, entry.thing_id, entry.detail["state"]) == ("flag.closed", made.id, state)
    assert tasks.count(session, alice) == 0


def test_the_second_decision_is_told_of_the_first(
    session: Session, article: Article, alice: User, bob: User, carl: User
) -> None:
    made = flag(session, article, bob)
    version = made.version
    close(session, made, alice)
    with pytest.raises(Conflict, match="Alice has closed this flag already: It says Tools now"):
        close(session, made, carl, "rejected", version=version, outcome="No.")
    assert made.state is FlagState.UPHELD


def test_the_second_click_on_a_decision_changes_nothing(
    session: Session, article: Article, alice: User, bob: User
) -> None:
    made = flag(session, article, bob)
    version = made.version
    close(session, made, alice)
    close(session, made, alice, version=version)
    assert len(session.scalars(sa.select(Event).where(Event.kind == "flag.closed")).all()) == 1


@pytest.mark.parametrize(
    ("state", "outcome", "field"),
    [("open", "x", "state"), ("", "x", "state"), ("upheld", " ", "outcome")],
)
def test_a_decision_needs_an_outcome_in_a_sentence(
    session: Session, article: Article, alice: User, bob: User, state: str, outcome: str, field: str
) -> None:
    made = flag(session, article, bob)
    with pytest.raises(Invalid) as refused:
        close(session, made, alice, state, outcome=outcome)
    assert list(refused.value.fields) == [field]


def test_handler_curators_of_the_topic_and_administrators_decide_and_nobody_else(
    session: Session, article: Article, alice: User, bob: User, carl: User, cora: User, ada: User
) -> None:
    made = flag(session, article, bob)
    people = (alice, bob, carl, cora, ada)
    assert {p.name for p in people if flags.can_handle(session, p, made)} == {
        "Alice",
        "Carl",
        "Ada",
    }
    assert {p.name for p in people if flags.can_see(session, p, made)} == {
        "Alice",
        "Bob",
        "Carl",
        "Ada",
    }
    with pytest.raises(NotAllowed):
        close(session, made, bob)


def test_the_owner_does_not_see_what_is_sensitive(
    session: Session, article: Article, alice: User, bob: User, carl: User
) -> None:
    made = flag(session, article, bob, reason="sensitive")
    assert not flags.can_see(session, alice, made)
    assert flags.can_see(session, carl, made)


# Passing on, taking up again


def test_a_flag_can_be_passed_on_and_the_receiver_decides(
    session: Session, article: Article, alice: User, bob: User
) -> None:
    dora = make_user(session, "Dora")
    made = flag(session, article, bob)
    version = made.version
    flags.pass_on(session, made.id, version=version, to=dora, by=alice)
    flags.pass_on(session, made.id, version=version, to=dora, by=alice)  # the second click
    assert made.handler_id == dora.id
    assert not flags.can_handle(session, alice, made)


def test_a_flag_is_not_passed_to_its_reader_nor_to_somebody_who_is_gone(
    session: Session, article: Article, alice: User, bob: User
) -> None:
    gone = make_user(session, "Gone", active=False)
    made = flag(session, article, bob)
    for person in (bob, gone):
        with pytest.raises(Invalid):
            flags.pass_on(session, made.id, version=made.version, to=person, by=alice)


def test_what_an_owner_rejects_is_shown_to_those_who_decide_who_may_take_it_up_again(
    session: Session,
    article: Article,
    alice: User,
    bob: User,
    carl: User,
    topic: Topic,
    clock: Clock,
) -> None:
    made = close(session, flag(session, article, bob), alice, "rejected", outcome="No.")
    assert list(flags.rejected_by_owners(session, [topic.id])) == [made]
    with pytest.raises(NotAllowed):
        flags.reopen(session, made.id, version=made.version, by=alice)
    flags.reopen(session, made.id, version=made.version, by=carl)
    assert (made.state, made.handler_id, made.closed_by_id) == (FlagState.OPEN, carl.id, None)
    assert flags.rejected_by_owners(session, [topic.id]) == []
    kinds = session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert kinds == ["flag.closed", "flag.reopened"]


def test_what_others_reject_is_not_on_that_list_nor_what_is_long_past(
    session: Session,
    article: Article,
    alice: User,
    bob: User,
    carl: User,
    topic: Topic,
    clock: Clock,
) -> None:
    close(session, flag(session, article, bob), carl, "rejected")
    assert flags.rejected_by_owners(session, [topic.id]) == []
    close(session, flag(session, article, bob), alice, "rejected")
    clock.move(days=31)
    assert flags.rejected_by_owners(session, [topic.id]) == []


def test_a_flag_is_not_taken_up_again_beside_an_open_one_of_the_same_reader(
    session: Session, article: Article, alice: User, bob: User, carl: User
) -> None:
    first = close(session, flag(session, article, bob), alice, "rejected")
    flag(session, article, bob, "Really.")
    with pytest.raises(Conflict, match="flagged the same again"):
        flags.reopen(session, first.id, version=first.version, by=carl)


def test_sensitive_flags_are_on_top_of_the_list(
    session: Session, article: Article, bob: User, carl: User, clock: Clock
) -> None:
    old = flag(session, article, bob)
    clock.move(days=1)
    urgent = flag(session, article, bob, reason="sensitive")
    found = flags.in_topics(session, [article.topic_id])
    assert [each.id for each in found] == [urgent.id, old.id]


# Notices


def test_the_handler_is_told_and_later_the_reader_what_came_of_it(
    session: Session, article: Article, alice: User, bob: User, outbox: Deliveries
) -> None:
    care_notices.init_app()
    made = flag(session, article, bob)
    (first,) = notices(session, outbox)
    assert (first.user_id, first.path) == (alice.id, f"/flags/{made.id}")
    assert "Bob finds “Reset the VPN” out of date.\n\nThe menu" in first.text
    close(session, made, alice)
    settle(session)
    _, second = notices(session, outbox)
    assert second.user_id == bob.id
    assert second.subject == "You were right: Reset the VPN"
    assert second.text == "Alice has looked at what you flagged: It says Tools now."


def test_everybody_who_decides_is_told_at_once_of_something_sensitive(
    session: Session, alice: User, bob: User, carl: User, cora: User, outbox: Deliveries
) -> None:
    care_notices.init_app()
    article = make_article(session, alice, topic=make_topic(session, "HR", curators=[carl, cora]))
    flag(session, article, bob, reason="sensitive")
    found = notices(session, outbox)
    assert {notice.user_id for notice in found} == {carl.id, cora.id}
    assert all(notice.subject.startswith("Urgent: ") for notice in found)


def test_whoever_gets_a_flag_passed_on_is_told(
    session: Session, article: Article, alice: User, bob: User, outbox: Deliveries
) -> None:
    care_notices.init_app()
    dora = make_user(session, "Dora")
    made = flag(session, article, bob)
    flags.pass_on(session, made.id, version=made.version, to=dora, by=alice)
    told = [notice for notice in notices(session, outbox) if notice.user_id == dora.id]
    assert [notice.text.split("\n")[0] for notice in told] == [
        "Alice asks you to handle this flag. A reader finds it out of date."
    ]


def test_every_reason_and_every_outcome_has_its_words() -> None:
    assert set(care_notices.REASONS) == set(FlagReason)
    assert set(care_notices.RESULTS) == set(flags.OUTCOMES)
