"""The clock of a review: runs in working time, stands while the author has it, decides nothing."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import periodic
from core.db import Database
from core.outbox import Event
from curation import clock as review_clock
from curation import escalation, notices, workflow
from curation.models import Action, Review, ReviewEntry, State
from kb import drafts, policy
from kb.models import Draft, Publication, Topic
from kb.policy import Policies
from people import company
from people.models import Notice, User
from tests.conftest import Clock, Deliveries
from tests.factories import bring_to, edit, make_review, make_topic, make_user, submit

HOUR = 3600


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2025-03-{text}").replace(tzinfo=UTC)


def aim(session: Session, topic: Topic, hours: int, by: User) -> None:
    policies = Policies(session)
    rules = replace(policies.rules(topic.id), target_hours=hours)
    number = policies.number(topic.id)
    policy.change(session, topic, rules, expected_number=number, note="", by=by)


@pytest.fixture
def topic(session: Session, ada: User, clock: Clock) -> Topic:
    """Its texts should be decided within a working day. The clock says Monday 10 March, 9:00."""
    topic = make_topic(session, "Sales")
    aim(session, topic, 8, ada)
    return topic


def submitted(
    session: Session, author: User, topic: Topic, title: str = "Quote in a day"
) -> Review:
    review = make_review(session, author, topic=topic, title=title)
    review_clock.start(session, review)
    return review


# Running and standing


def test_the_target_runs_in_working_time(
    session: Session, alice: User, topic: Topic, clock: Clock
) -> None:
    assert submitted(session, alice, topic, "One").due_at == at("10 17:00")
    clock.time = at("14 16:00")  # Friday
    assert submitted(session, alice, topic, "Two").due_at == at("17 16:00")


def test_the_clock_stands_while_the_author_has_the_text(
    session: Session, alice: User, topic: Topic, clock: Clock
) -> None:
    review = submitted(session, alice, topic)
    clock.time = at("10 12:00")
    review_clock.pause(session, review)
    assert (review.due_at, review.seconds_left) == (None, 5 * HOUR)
    clock.time = at("20 09:00")  # ten days with the author
    review_clock.resume(session, review)
    assert (review.due_at, review.seconds_left) == (at("20 14:00"), None)


def test_a_further_round_gets_at_least_a_quarter_of_the_target(
    session: Session, alice: User, topic: Topic, clock: Clock
) -> None:
    review = submitted(session, alice, topic)
    clock.time = at("12 09:00")  # long overdue
    review_clock.pause(session, review)
    assert review.seconds_left == 0
    review_clock.resume(session, review)
    assert review.due_at == at("12 11:00")


def test_a_review_from_before_there_were_clocks_gets_the_whole_target(
    session: Session, alice: User, topic: Topic
) -> None:
    review = submitted(session, alice, topic)
    review.due_at = None
    review_clock.pause(session, review)
    review_clock.resume(session, review)
    assert review.due_at == at("10 17:00")


def test_a_new_target_leaves_clocks_that_run_alone(
    session: Session, alice: User, ada: User, topic: Topic
) -> None:
    review = submitted(session, alice, topic)
    aim(session, topic, 1, ada)
    assert review.due_at == at("10 17:00")


def test_overdue_is_what_curators_should_have_decided(
    session: Session, alice: User, cora: User, topic: Topic, clock: Clock
) -> None:
    review = submitted(session, alice, topic)
    clock.time = at("10 16:59")
    assert not review_clock.is_overdue(review)
    clock.time = at("10 17:00")
    assert review_clock.is_overdue(review)
    bring_to(session, review, State.APPROVED, cora)
    assert not review_clock.is_overdue(review)


# In words


def test_without_enough_decisions_the_target_speaks(
    session: Session, alice: User, topic: Topic
) -> None:
    review = submitted(session, alice, topic)
    assert review_clock.pace(session, topic.id) is None
    words = review_clock.standing_words(session, review, 3)
    assert words == "Position 3; should be decided within a day"


def test_what_is_usual_comes_from_the_answers_of_the_last_months(
    session: Session, alice: User, cora: User, topic: Topic, clock: Clock
) -> None:
    for day, hours in enumerate([1, 2, 3, 20, 4], start=10):
        clock.time = at(f"{day} 09:00")
        review = make_review(session, alice, topic=topic, title=f"Text {day}")
        clock.time = company.calendar(session).add(clock.time, hours * HOUR)
        bring_to(session, review, State.APPROVED if hours % 2 else State.CHANGES_REQUESTED, cora)
    found = review_clock.pace(session, topic.id)
    assert found is not None
    assert (found.median, found.p75, found.answers) == (3 * HOUR, 4 * HOUR, 5)
    assert review_clock.usually(session, topic.id) == "usually decided within 4 hours"
    clock.move(days=100)
    assert review_clock.pace(session, topic.id) is None


def test_the_authors_own_time_does_not_count(
    session: Session, alice: User, cora: User, topic: Topic, clock: Clock
) -> None:
    for n in range(3):
        clock.time = at("10 09:00")
        review = make_review(session, alice, topic=topic, title=f"Text {n}")
        clock.move(hours=1)
        bring_to(session, review, State.CHANGES_REQUESTED, cora)
        clock.move(days=2)
        draft = edit(session, _draft(session, review), body=f"For whom, {n}.")
        submit(session, draft)
        clock.move(hours=1)
        bring_to(session, review, State.DECLINED, cora)
    found = review_clock.pace(session, topic.id)
    assert found is not None
    assert (found.answers, found.p75) == (6, HOUR)


def test_what_is_usual_is_worked_out_again_after_a_while(
    session: Session, alice: User, ada: User, topic: Topic, clock: Clock
) -> None:
    assert review_clock.usually(session, topic.id) == "should be decided within a day"
    aim(session, topic, 16, ada)
    assert review_clock.usually(session, topic.id) == "should be decided within a day"
    clock.move(minutes=6)
    assert review_clock.usually(session, topic.id) == "should be decided within 2 working days"


def test_an_author_reads_that_the_clock_stands(
    session: Session, alice: User, cora: User, topic: Topic, clock: Clock
) -> None:
    review = submitted(session, alice, topic)
    clock.time = at("10 12:30")
    bring_to(session, review, State.CHANGES_REQUESTED, cora)
    review.due_at, review.seconds_left = None, 4 * HOUR
    words = review_clock.standing_words(session, review, None)
    assert words == (
        "The clock stands still; once you submit again, it should be decided within 4 hours"
    )


def test_an_author_reads_who_was_told_that_it_takes_long(
    session: Session, alice: User, topic: Topic, clock: Clock
) -> None:
    review = submitted(session, alice, topic)
    clock.time, review.escalated = at("11 09:00"), 1
    words = review_clock.standing_words(session, review, 1)
    assert words.endswith("; it takes longer than it should, the backup has been told")


def test_a_decided_review_stands_nowhere(
    session: Session, alice: User, cora: User, topic: Topic
) -> None:
    review = submitted(session, alice, topic)
    bring_to(session, review, State.DECLINED, cora)
    assert review_clock.standing_words(session, review, None) == ""


# When it takes too long


def told(session: Session, review: Review) -> list[tuple[int, str]]:
    """Who was told that the review is overdue, in order."""
    query = sa.select(ReviewEntry).where(
        ReviewEntry.review_id == review.id, ReviewEntry.action == Action.ESCALATE
    )
    return [(e.detail["level"], e.actor.name) for e in session.scalars(query.order_by("id"))]


def coordinate(session: Session, person: User, by: User) -> None:
    now = company.times(session)
    company.change(session, replace(now, coordinator_id=person.id), former=now.mark, by=by)


def test_the_backup_is_told_and_then_the_coordinator_each_once(
    session: Session,
    alice: User,
    bob: User,
    cora: User,
    carl: User,
    ada: User,
    topic: Topic,
    clock: Clock,
) -> None:
    topic.curators, topic.backup = [cora], bob
    coordinate(session, carl, ada)
    review = submitted(session, alice, topic)
    steps = [
        ("10 16:59", []),
        ("10 17:00", [(1, "Bob")]),
        ("11 09:00", [(1, "Bob")]),
        ("11 10:59", [(1, "Bob")]),
        ("11 11:00", [(1, "Bob"), (2, "Carl")]),  # a quarter of the target later
        ("20 11:00", [(1, "Bob"), (2, "Carl")]),
    ]
    for moment, expected in steps:
        clock.time = at(moment)
        escalation.escalate_due(session)
        assert told(session, review) == expected
    kinds = session.scalars(sa.select(Event.kind).where(Event.kind == "review.escalated")).all()
    assert len(kinds) == 2


def test_the_outbox_tells_the_backup_by_a_notice(
    session: Session,
    alice: User,
    bob: User,
    cora: User,
    topic: Topic,
    clock: Clock,
    database: Database,
    outbox: Deliveries,
) -> None:
    topic.curators, topic.backup = [cora], bob
    submitted(session, alice, topic)
    clock.time = at("10 17:00")
    escalation.init_app()
    notices.init_app()
    session.commit()
    for _ in range(3):
        periodic.run_due(database)
        outbox.drain()
        clock.move(minutes=2)
    subjects = session.scalars(sa.select(Notice.subject).where(Notice.user_id == bob.id)).all()
    assert list(subjects) == ["Overdue: Quote in a day"]


def test_the_coordinator_is_told_at_once_where_there_is_no_backup(
    session: Session, alice: User, carl: User, ada: User, topic: Topic, clock: Clock
) -> None:
    coordinate(session, carl, ada)
    review = submitted(session, alice, topic)
    clock.time = at("10 17:00")
    escalation.escalate_due(session)
    assert told(session, review) == [(2, "Carl")]


def test_a_backup_who_may_not_decide_on_it_is_passed_over(
    session: Session, alice: User, cora: User, carl: User, ada: User, topic: Topic, clock: Clock
) -> None:
    topic.curators, topic.backup = [cora], alice  # it is alice's own text
    coordinate(session, carl, ada)
    review = submitted(session, alice, topic)
    clock.time = at("10 17:00")
    escalation.escalate_due(session)
    assert told(session, review) == [(2, "Carl")]


def test_the_backup_of_a_topic_above_is_told(
    session: Session, alice: User, bob: User, cora: User, topic: Topic, clock: Clock
) -> None:
    topic.curators, topic.backup = [cora], bob
    below = make_topic(session, "Quotes", parent=topic)
    review = submitted(session, alice, below)
    clock.time = at("10 17:00")
    escalation.escalate_due(session)
    assert told(session, review) == [(1, "Bob")]


def test_nobody_is_told_where_nobody_is_named_until_somebody_is(
    session: Session, alice: User, bob: User, cora: User, topic: Topic, clock: Clock
) -> None:
    review = submitted(session, alice, topic)
    clock.time = at("12 17:00")
    escalation.escalate_due(session)
    assert told(session, review) == []
    topic.curators, topic.backup = [cora], bob
    session.flush()
    escalation.escalate_due(session)
    assert told(session, review) == [(1, "Bob")]


def test_nobody_is_told_while_the_author_has_it(
    session: Session, alice: User, bob: User, cora: User, topic: Topic, clock: Clock
) -> None:
    topic.curators, topic.backup = [cora], bob
    review = submitted(session, alice, topic)
    bring_to(session, review, State.CHANGES_REQUESTED, cora)
    review_clock.pause(session, review)
    clock.move(days=30)
    escalation.escalate_due(session)
    assert told(session, review) == []


def test_being_told_takes_nothing_from_whoever_reads_it(
    session: Session, alice: User, bob: User, cora: User, topic: Topic, clock: Clock
) -> None:
    topic.curators, topic.backup = [cora], bob
    review = submitted(session, alice, topic)
    clock.time = at("10 16:50")
    bring_to(session, review, State.IN_REVIEW, cora)
    read = {"version": review.version, "revision": review.revision_id}
    clock.time = at("10 17:00")
    escalation.escalate_due(session)
    assert told(session, review) == [(1, "Bob")]
    assert review.state is State.IN_REVIEW
    workflow.approve(session, review.id, **read, by=cora)
    assert review.state is State.APPROVED


def test_nothing_is_ever_published_because_time_passed(
    session: Session,
    alice: User,
    bob: User,
    cora: User,
    carl: User,
    ada: User,
    topic: Topic,
    clock: Clock,
) -> None:
    topic.curators, topic.backup = [cora], bob
    coordinate(session, carl, ada)
    review = submitted(session, alice, topic)
    held = submitted(session, make_user(session, "Holly"), topic, "Another")
    bring_to(session, held, State.IN_REVIEW, cora)
    for _ in range(80):  # ten months and more
        clock.move(days=4, hours=5)
        escalation.escalate_due(session)
    assert session.scalar(sa.select(sa.func.count(Publication.id))) == 0
    assert {review.state, held.state} == {State.SUBMITTED}
    assert review.article.live_revision_id is None
    assert (review.escalated, held.escalated) == (2, 2)


def _draft(session: Session, review: Review) -> Draft:
    draft = drafts.of_article(session, review.author, review.article_id)
    assert draft is not None
    return draft
