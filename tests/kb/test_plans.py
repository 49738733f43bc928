"""Decided on for later: carried out once when the time comes, stopped with a sentence, never forced."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.audit import AuditEntry
from core.db import Database
from core.errors import Conflict, Invalid, NotAllowed
from core.outbox import Event
from kb import lifecycle, lifecycle_notices, plans
from kb.drafts import freeze
from kb.models import Article, Draft, Plan, PlannedAction, Publication, Revision
from kb.publishing import StaleBase
from people.models import Notice, User
from tests.conftest import Clock, Deliveries
from tests.factories import (
    make_article,
    make_draft,
    make_revision,
    rendering_for,
    republish,
    settle,
)

WHY = "The tender is over."


@pytest.fixture
def article(session: Session, alice: User, cora: User, clock: Clock) -> Article:
    return make_article(session, alice, approver=cora, title="The tender")


@pytest.fixture
def waiting(session: Session, article: Article, alice: User, cora: User, clock: Clock) -> Plan:
    """Alice's next text, to be published tomorrow."""
    revision = make_revision(session, article, alice, body="The new rules.")
    return plan(session, article, revision, cora, clock)


def plan(session: Session, article: Article, revision: Revision, by: User, clock: Clock) -> Plan:
    at = clock.now() + timedelta(days=1)
    return plans.plan_publication(session, article, revision, at=at, by=by)


def carry_out(session: Session) -> None:
    settle(session)
    plans.carry_out_due(session)
    settle(session)


def numbers(session: Session, article: Article) -> list[int]:
    mine = sa.select(Publication.number).where(Publication.article_id == article.id)
    return list(session.scalars(mine.order_by(Publication.number)))


def test_a_text_is_published_when_its_time_has_come_and_not_before(
    session: Session, article: Article, waiting: Plan, alice: User, cora: User, clock: Clock
) -> None:
    clock.move(hours=23)
    carry_out(session)
    assert numbers(session, article) == [1]
    clock.move(hours=1)
    carry_out(session)
    assert article.live_revision_id == waiting.revision_id
    assert waiting.done_at == clock.now()
    assert session.scalars(sa.select(Publication.by_id)).all()[-1] == cora.id
    assert session.scalars(sa.select(Draft)).all() == []


def test_it_is_done_once(session: Session, article: Article, waiting: Plan, clock: Clock) -> None:
    clock.move(days=1)
    for _ in range(3):
        carry_out(session)
    assert numbers(session, article) == [1, 2]


def test_a_process_that_died_in_the_middle_has_done_nothing_and_the_next_does_it(
    session: Session, article: Article, waiting: Plan, clock: Clock, database: Database
) -> None:
    clock.move(days=1)
    settle(session)
    with database.writing() as killed:
        plans.carry_out_due(killed)  # and no commit
    session.expire_all()
    assert (numbers(session, article), waiting.done_at) == ([1], None)
    carry_out(session)
    assert numbers(session, article) == [1, 2]


def test_a_new_article_is_published_at_its_time(
    session: Session, alice: User, cora: User, clock: Clock
) -> None:
    draft = make_draft(session, alice, title="From May on")
    revision = freeze(session, draft, rendering_for(draft), note="", by=alice)
    plan(session, revision.article, revision, cora, clock)
    clock.move(days=2)
    carry_out(session)
    assert revision.article.slug == "from-may-on"


def test_a_text_whose_base_is_not_live_any_more_is_stopped_and_its_draft_opened_again(
    session: Session, article: Article, waiting: Plan, bob: User, carl: User, clock: Clock
) -> None:
    republish(session, article, bob, by=carl, body="Bob's text.")
    clock.move(days=1)
    carry_out(session)
    assert article.live_revision is not None
    assert article.live_revision.body == "Bob's text."
    assert (waiting.done_at, waiting.stopped_at) == (None, clock.now())
    assert waiting.outcome == (
        "Carl has published another text of it meanwhile, which this one would undo."
    )
    [draft] = session.scalars(sa.select(Draft))
    assert (draft.body, draft.locked, draft.under_review) == ("The new rules.", False, False)


def test_what_was_decided_otherwise_meanwhile_is_not_undone(
    session: Session, article: Article, waiting: Plan, cora: User, clock: Clock
) -> None:
    lifecycle.unpublish(session, article, number=1, reason=WHY, by=cora)
    clock.move(days=1)
    carry_out(session)
    assert (numbers(session, article), article.live_revision_id) == ([1], None)
    assert waiting.outcome == "The article was taken back meanwhile."


@pytest.mark.parametrize("act", ["archive", "hide"])
def test_nothing_is_published_into_what_was_archived_or_hidden_meanwhile(
    session: Session, article: Article, waiting: Plan, cora: User, clock: Clock, act: str
) -> None:
    if act == "archive":
        lifecycle.archive(session, article, number=1, reason=WHY, by=cora)
    else:
        lifecycle.hide(session, article, reason=WHY, by=cora)
    clock.move(days=1)
    carry_out(session)
    assert numbers(session, article) == [1]
    assert waiting.stopped_at is not None


def test_a_mended_text_of_what_was_taken_back_before_the_plan_is_published(
    session: Session, article: Article, alice: User, cora: User, clock: Clock
) -> None:
    mended = make_revision(session, article, alice, body="Mended.")
    lifecycle.unpublish(session, article, number=1, reason=WHY, by=cora)
    clock.move(hours=1)
    plan(session, article, mended, cora, clock)
    clock.move(days=1)
    carry_out(session)
    assert article.live_revision is mended


def test_one_plan_that_fails_keeps_no_other_from_being_done(
    session: Session, article: Article, waiting: Plan, alice: User, cora: User, clock: Clock
) -> None:
    other = make_article(session, alice, title="Another")
    revision = make_revision(session, other, alice, body="New.")
    plan(session, other, revision, cora, clock)
    waiting.revision_id = None  # as no code of ours leaves it
    clock.move(days=1)
    carry_out(session)
    assert other.live_revision is revision
    assert (waiting.done_at, waiting.stopped_at) == (None, None)


# Planning


def test_a_text_on_an_old_base_is_not_even_planned(
    session: Session, article: Article, alice: User, bob: User, cora: User, clock: Clock
) -> None:
    revision = make_revision(session, article, alice, body="Alice's.")
    republish(session, article, bob, by=cora, body="Bob's.")
    with pytest.raises(StaleBase):
        plan(session, article, revision, cora, clock)


@pytest.mark.parametrize("days", [-1, 0, 731])
def test_the_moment_is_to_come_and_within_two_years(
    session: Session, article: Article, alice: User, clock: Clock, days: int
) -> None:
    at = clock.now() + timedelta(days=days)
    with pytest.raises(Invalid) as refused:
        plans.plan_retirement(session, article, at=at, reason=WHY, by=alice)
    assert set(refused.value.fields) == {"at"}


def test_the_same_plan_twice_is_one_and_another_one_waits_for_its_end(
    session: Session, article: Article, waiting: Plan, cora: User, carl: User, clock: Clock
) -> None:
    revision = waiting.revision
    assert revision is not None
    assert plan(session, article, revision, cora, clock) is waiting
    clock.move(minutes=1)
    with pytest.raises(Conflict, match="Cora has planned this for 11 March 2025"):
        plan(session, article, revision, carl, clock)
    plans.cancel(session, waiting.id, by=carl)
    assert plan(session, article, revision, carl, clock) is not waiting


# Retirement


def test_an_article_is_archived_when_its_time_has_come(
    session: Session, article: Article, alice: User, bob: User, clock: Clock
) -> None:
    at = clock.now() + timedelta(days=30)
    plans.plan_retirement(session, article, at=at, reason=WHY, by=alice)
    clock.move(days=31)
    for _ in range(2):
        carry_out(session)
    assert (article.archived_at, article.archived_because) == (clock.now(), WHY)
    actions = session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["plan.made", "article.archived", "plan.done"]


def test_what_is_archived_already_when_its_time_comes_stays_as_it_is(
    session: Session, article: Article, alice: User, clock: Clock
) -> None:
    at = clock.now() + timedelta(days=30)
    made = plans.plan_retirement(session, article, at=at, reason=WHY, by=alice)
    lifecycle.archive(session, article, number=1, reason="Now.", by=alice)
    clock.move(days=31)
    carry_out(session)
    assert article.archived_because == "Now."
    assert made.done_at is not None


def test_readers_plan_nothing(session: Session, article: Article, bob: User, clock: Clock) -> None:
    at = clock.now() + timedelta(days=30)
    with pytest.raises(NotAllowed):
        plans.plan_retirement(session, article, at=at, reason=WHY, by=bob)


# Cancelling


def test_a_plan_is_cancelled_by_who_made_it_or_who_decides_and_nobody_else(
    session: Session, article: Article, waiting: Plan, alice: User, bob: User, carl: User
) -> None:
    for person in (alice, bob):
        with pytest.raises(NotAllowed):
            plans.cancel(session, waiting.id, by=person)
    for _ in range(2):
        plans.cancel(session, waiting.id, by=carl)
    assert waiting.outcome == "Carl cancelled it."
    events = session.scalars(sa.select(Event.kind).where(Event.kind == plans.CANCELLED)).all()
    assert len(events) == 1
    assert plans.waiting(session, article.id) == []


def test_what_is_done_cannot_be_cancelled(
    session: Session, waiting: Plan, cora: User, clock: Clock
) -> None:
    clock.move(days=1)
    carry_out(session)
    with pytest.raises(Conflict, match="done already"):
        plans.cancel(session, waiting.id, by=cora)


# Who is told


def test_author_and_planner_are_told_why_a_plan_was_stopped(
    session: Session,
    article: Article,
    waiting: Plan,
    alice: User,
    bob: User,
    cora: User,
    carl: User,
    clock: Clock,
    outbox: Deliveries,
) -> None:
    republish(session, article, bob, by=carl, body="Bob's text.")
    lifecycle_notices.init_app()
    clock.move(days=1)
    carry_out(session)
    outbox.drain()
    notices = session.scalars(sa.select(Notice)).all()
    assert {notice.user_id for notice in notices} == {alice.id, cora.id}
    assert all("Carl has published another text" in notice.text for notice in notices)


def test_the_owner_is_told_of_a_retirement_that_somebody_else_plans(
    session: Session, article: Article, alice: User, cora: User, clock: Clock, outbox: Deliveries
) -> None:
    lifecycle_notices.init_app()
    at = clock.now() + timedelta(days=30)
    plans.plan_retirement(session, article, at=at, reason=WHY, by=cora)
    outbox.drain()
    [notice] = session.scalars(sa.select(Notice))
    assert notice.user_id == alice.id
    assert notice.subject == "To be archived: The tender"


def test_a_retirement_is_seen_on_the_page_until_it_is_over(
    session: Session, article: Article, alice: User, bob: User, clock: Clock
) -> None:
    from kb.queries import article_page

    at = clock.now() + timedelta(days=30)
    made = plans.plan_retirement(session, article, at=at, reason=WHY, by=alice)
    assert made.action is PlannedAction.RETIRE
    page = article_page(session, bob, "the-tender")
    assert page is not None
    assert page.retires_at == at
    plans.cancel(session, made.id, by=alice)
    page = article_page(session, bob, "the-tender")
    assert page is not None
    assert page.retires_at is None
