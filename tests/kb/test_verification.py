"""Trust: who checked what and when, how long that is believed, and who is reminded."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.audit import AuditEntry
from core.errors import Conflict, Invalid, NotAllowed
from kb import care_notices, drafts, publishing, reminders, tasks, verification
from kb.models import Article, TopicPolicy, Verification
from kb.verification import Trust, trust
from people.models import Notice, User
from tests.conftest import Clock, Deliveries
from tests.factories import (
    make_article,
    make_draft,
    make_review,
    make_topic,
    make_user,
    rendering_for,
    republish,
    settle,
)


@pytest.fixture
def article(session: Session, alice: User, cora: User, clock: Clock) -> Article:
    """Alice's, approved by Cora, in a topic where a check is believed for 100 days."""
    topic = make_topic(session, "Travel")
    topic_checks(session, topic.id, cora, days=100)
    return make_article(session, alice, approver=cora, topic=topic)


def topic_checks(session: Session, topic_id: int, by: User, *, days: int) -> None:
    session.add(
        TopicPolicy(
            topic_id=topic_id,
            number=1,
            at=sa.func.now(),
            by_id=by.id,
            note="",
            approvals=None,
            publishers=None,
            fast_lane=None,
            fast_after=None,
            fast_words=None,
            target_hours=None,
            verify_every_days=days,
            checklist=None,
            skeletons=None,
        )
    )
    session.flush()


def check(session: Session, article: Article, by: User, note: str = "") -> Verification:
    assert article.live_revision_id is not None
    return verification.verify(session, article, seen=article.live_revision_id, by=by, note=note)


def rows(session: Session) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(Verification)) or 0


# Publication


def test_publication_by_somebody_who_read_it_is_the_first_check(
    article: Article, cora: User, clock: Clock
) -> None:
    assert (article.verified_at, article.verified_by_id) == (clock.now(), cora.id)
    assert article.verify_due_at == clock.now() + timedelta(days=100)
    assert article.verify_every_days is None  # as its topic says


def test_putting_ones_own_text_live_is_no_check(
    session: Session, alice: User, clock: Clock
) -> None:
    article = make_article(session, alice)
    assert article.verified_at is None
    assert trust(article) is Trust.NEW
    assert article.verify_due_at is not None
    assert rows(session) == 0


def test_an_own_change_leaves_the_last_check_as_it_was(
    session: Session, article: Article, alice: User, cora: User, clock: Clock
) -> None:
    before = (article.verified_at, article.verified_by_id, article.verify_due_at)
    clock.move(days=10)
    republish(session, article, alice, body="A comma, here.")
    assert (article.verified_at, article.verified_by_id, article.verify_due_at) == before


def test_an_approved_change_is_a_check_and_is_believed_for_half_as_long(
    session: Session, article: Article, alice: User, cora: User, clock: Clock
) -> None:
    clock.move(days=10)
    republish(session, article, alice, by=cora, body="Another way.")
    assert article.verified_at == clock.now()
    assert article.verify_due_at == clock.now() + timedelta(days=50)


def test_many_changes_shorten_the_interval_to_a_month_at_least(
    session: Session, article: Article, alice: User, cora: User, clock: Clock
) -> None:
    for number in range(4):
        clock.move(days=1)
        republish(session, article, alice, by=cora, body=f"Text {number}.")
    assert article.verify_every_days == verification.SHORTEST_DAYS


def test_a_topic_that_checks_more_often_than_monthly_keeps_its_own_interval(
    session: Session, alice: User, cora: User, clock: Clock
) -> None:
    topic = make_topic(session, "Safety")
    topic_checks(session, topic.id, cora, days=14)
    article = make_article(session, alice, approver=cora, topic=topic)
    republish(session, article, alice, by=cora, body="Another way.")
    assert verification.interval(session, article) == 14


def test_what_is_brought_in_was_checked_by_nobody_until_somebody_does(
    session: Session, alice: User, cora: User, clock: Clock
) -> None:
    draft = make_draft(session, alice)
    revision = drafts.freeze(session, draft, rendering_for(draft), note="", by=alice)
    long_ago = clock.now() - timedelta(days=2000)
    publishing.publish(
        session, revision.article, revision, by=cora, at=long_ago, slug="old", is_check=False
    )
    article = revision.article
    assert (article.verified_at, article.verify_due_at) == (None, None)
    verification.date_unchecked(session)
    settle(session)
    assert article.verify_due_at is not None
    assert article.verify_due_at > clock.now() + timedelta(days=30)
    assert trust(article) is Trust.NEW


# Verifying


def test_a_check_that_changes_nothing_is_believed_for_longer(
    session: Session, article: Article, alice: User, clock: Clock
) -> None:
    clock.move(days=101)
    made = check(session, article, alice, note="Tried it today.")
    assert (made.every_days, made.note) == (150, "Tried it today.")
    assert article.verify_due_at == clock.now() + timedelta(days=150)
    assert article.verified_by_id == alice.id


def test_no_interval_grows_beyond_two_years(
    session: Session, article: Article, alice: User, clock: Clock
) -> None:
    for _ in range(8):
        clock.move(days=800)
        check(session, article, alice)
    assert article.verify_every_days == verification.LONGEST_DAYS


def test_a_check_that_comes_early_lengthens_nothing(
    session: Session, article: Article, alice: User, clock: Clock
) -> None:
    clock.move(days=40)
    assert check(session, article, alice).every_days == 100


def test_a_check_of_another_text_than_the_last_lengthens_nothing(
    session: Session, article: Article, alice: User, clock: Clock
) -> None:
    clock.move(days=90)
    republish(session, article, alice, body="A comma, here.")
    assert check(session, article, alice).every_days == 100


def test_only_the_text_that_was_looked_at_is_checked(
    session: Session, article: Article, alice: User, cora: User, clock: Clock
) -> None:
    seen = article.live_revision_id
    assert seen is not None
    republish(session, article, alice, by=cora, body="Another way.")
    before = rows(session)
    with pytest.raises(Conflict, match="changed since you looked"):
        verification.verify(session, article, seen=seen, by=alice)
    assert rows(session) == before


def test_the_second_click_counts_once(
    session: Session, article: Article, alice: User, clock: Clock
) -> None:
    clock.move(days=101)
    first = check(session, article, alice)
    clock.move(minutes=5)
    assert check(session, article, alice) is first
    assert article.verify_every_days == 150


def test_two_people_on_one_day_lengthen_the_interval_once(
    session: Session, article: Article, alice: User, cora: User, clock: Clock
) -> None:
    clock.move(days=101)
    check(session, article, alice)
    second = check(session, article, cora)
    assert (second.every_days, article.verified_by_id) == (150, cora.id)


def test_owner_curators_of_the_topic_and_administrators_may_check_and_nobody_else(
    session: Session, alice: User, bob: User, cora: User, carl: User, ada: User, clock: Clock
) -> None:
    article = make_article(session, alice, topic=make_topic(session, "IT", curators=[carl]))
    may = {
        p.name
        for p in (alice, bob, cora, carl, ada)
        if verification.can_verify(session, p, article)
    }
    assert may == {"Alice", "Carl", "Ada"}
    with pytest.raises(NotAllowed):
        check(session, article, bob)


def test_an_archived_article_is_not_checked(
    session: Session, article: Article, alice: User, clock: Clock
) -> None:
    article.archived_at = clock.now()
    session.flush()
    with pytest.raises(Conflict, match="archived"):
        check(session, article, alice)


# The interval


def test_choosing_an_interval_moves_the_day_and_is_audited(
    session: Session, article: Article, alice: User, clock: Clock
) -> None:
    verification.set_interval(session, article, days=30, by=alice)
    verification.set_interval(session, article, days=30, by=alice)
    assert article.verify_due_at == clock.now() + timedelta(days=30)
    entry = session.scalars(sa.select(AuditEntry)).one()
    assert (entry.action, entry.actor) == ("article.interval_changed", alice.id)
    assert entry.detail == {"before": 100, "after": 30, "from_topic": False}
    verification.set_interval(session, article, days=None, by=alice)
    assert article.verify_due_at == clock.now() + timedelta(days=100)


@pytest.mark.parametrize("days", [0, 6, 731])
def test_an_interval_is_between_a_week_and_two_years(
    session: Session, article: Article, alice: User, days: int
) -> None:
    with pytest.raises(Invalid, match="from 7 to 730"):
        verification.set_interval(session, article, days=days, by=alice)


def test_a_reader_does_not_choose_the_interval(
    session: Session, article: Article, bob: User
) -> None:
    with pytest.raises(NotAllowed):
        verification.set_interval(session, article, days=30, by=bob)


# What is due


def test_an_article_is_on_its_owners_list_from_its_day_on(
    session: Session, article: Article, alice: User, bob: User, clock: Clock
) -> None:
    assert tasks.count(session, alice) == 0
    clock.move(days=100)
    assert [task.id for task in tasks.of_owner(session, alice)] == [article.id]
    assert (tasks.count(session, alice), tasks.count(session, bob)) == (1, 0)
    check(session, article, alice)
    assert tasks.count(session, alice) == 0


@pytest.mark.parametrize("column", ["archived_at", "hidden_at"])
def test_what_readers_do_not_get_is_on_no_list(
    session: Session, article: Article, alice: User, clock: Clock, column: str
) -> None:
    clock.move(days=200)
    setattr(article, column, clock.now())
    session.flush()
    assert tasks.of_owner(session, alice) == []
    assert tasks.count(session, alice) == 0


def test_the_lists_need_as_many_queries_for_many_as_for_one(
    session: Session, article: Article, alice: User, clock: Clock
) -> None:
    for number in range(5):
        make_article(session, alice, title=f"Article {number}", topic=article.topic)
    clock.move(days=800)
    session.flush()
    statements: list[str] = []
    sa.event.listen(session.get_bind(), "before_cursor_execute", lambda *a: statements.append(a[2]))
    assert len(tasks.of_owner(session, alice)) == 6
    assert len([each for each in statements if each.startswith("SELECT")]) == 1


# Reminders


@pytest.fixture
def reminded(session: Session, outbox: Deliveries) -> None:
    care_notices.init_app()


def remind(session: Session, outbox: Deliveries) -> list[Notice]:
    """The clock strikes; every notice there is."""
    reminders.remind(session)
    outbox.drain()
    return list(session.scalars(sa.select(Notice).order_by(Notice.id)))


@pytest.mark.usefixtures("reminded")
def test_an_owner_gets_one_list_of_all_that_is_due_once(
    session: Session, article: Article, alice: User, cora: User, clock: Clock, outbox: Deliveries
) -> None:
    make_article(session, alice, approver=cora, title="Book a room", topic=article.topic)
    assert remind(session, outbox) == []
    clock.move(days=100)
    (notice,) = remind(session, outbox)
    assert (notice.user_id, notice.path, notice.subject) == (
        alice.id,
        "/care",
        "To check: 2 articles",
    )
    assert "Reset the VPN: Not checked since 10 March 2025; due." in notice.text
    assert "Book a room" in notice.text
    clock.move(days=1)
    assert len(remind(session, outbox)) == 1


@pytest.mark.usefixtures("reminded")
def test_a_check_in_time_makes_no_notice_and_the_next_day_makes_a_new_one(
    session: Session, article: Article, alice: User, clock: Clock, outbox: Deliveries
) -> None:
    clock.move(days=100)
    remind(session, outbox)
    check(session, article, alice)
    clock.move(days=149)
    assert len(remind(session, outbox)) == 1
    clock.move(days=1)
    assert len(remind(session, outbox)) == 2


@pytest.mark.usefixtures("reminded")
def test_after_two_weeks_those_who_decide_in_the_topic_are_told_once(
    session: Session, article: Article, alice: User, cora: User, clock: Clock, outbox: Deliveries
) -> None:
    clock.move(days=100)
    remind(session, outbox)
    clock.move(days=13)
    assert len(remind(session, outbox)) == 1
    clock.move(days=1)
    owner, topic = remind(session, outbox)
    assert (owner.user_id, topic.user_id) == (alice.id, cora.id)
    assert topic.subject == "Nobody has checked: Reset the VPN"
    clock.move(days=30)
    assert len(remind(session, outbox)) == 2


@pytest.mark.usefixtures("reminded")
def test_where_the_owner_is_gone_the_topic_is_told_at_once(
    session: Session, article: Article, alice: User, cora: User, clock: Clock, outbox: Deliveries
) -> None:
    alice.active = False
    clock.move(days=100)
    (notice,) = remind(session, outbox)
    assert notice.user_id == cora.id


@pytest.mark.usefixtures("reminded")
def test_where_nobody_decides_administrators_are_told(
    session: Session, alice: User, ada: User, clock: Clock, outbox: Deliveries
) -> None:
    make_article(session, alice)
    alice.active = False
    clock.move(days=800)
    (notice,) = remind(session, outbox)
    assert notice.user_id == ada.id


@pytest.mark.usefixtures("reminded")
def test_what_was_checked_before_the_notice_is_written_is_not_in_it(
    session: Session, article: Article, alice: User, clock: Clock, outbox: Deliveries
) -> None:
    clock.move(days=100)
    reminders.remind(session)
    check(session, article, alice)
    outbox.drain()
    assert session.scalars(sa.select(Notice)).all() == []


@pytest.mark.usefixtures("reminded")
def test_undated_articles_get_a_day_when_the_clock_strikes(
    session: Session, article: Article, clock: Clock, outbox: Deliveries
) -> None:
    article.verify_due_at = None
    session.flush()
    remind(session, outbox)
    assert article.verify_due_at == clock.now() + timedelta(days=100)


def test_a_submission_that_is_approved_makes_its_curator_the_first_to_have_checked(
    session: Session, alice: User, cora: User, clock: Clock
) -> None:
    from curation.models import State

    review = make_review(session, alice, state=State.APPROVED, curator=cora)
    article = session.get_one(Article, review.article_id)
    assert article.verified_by_id == cora.id


def test_nobody_is_reminded_twice_when_the_owner_changes(
    session: Session, article: Article, alice: User, clock: Clock, outbox: Deliveries
) -> None:
    care_notices.init_app()
    clock.move(days=100)
    remind(session, outbox)
    article.owner_id = make_user(session, "Dora").id
    assert len(remind(session, outbox)) == 1
