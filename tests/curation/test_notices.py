"""Who is told what about a review, once each, and who is not."""

from collections.abc import Sequence

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from curation import notices, workflow
from curation.models import Review, State
from people.models import Notice, User
from tests.conftest import Deliveries
from tests.factories import (
    edit,
    make_draft,
    make_review,
    make_topic,
    make_user,
    reading,
    submit,
)


@pytest.fixture(autouse=True)
def _notices_are_sent() -> None:
    notices.init_app()


@pytest.fixture
def told(session: Session, outbox: Deliveries) -> "Told":
    return Told(session, outbox)


class Told:
    """What arrived in inboxes since it was last asked."""

    def __init__(self, session: Session, outbox: Deliveries) -> None:
        self.session, self.outbox = session, outbox
        self.seen = 0

    def now(self) -> dict[str, str]:
        """Name of each person told -> the subject."""
        rows = self._new()
        assert len({row.name for row in rows}) == len(rows), "somebody was told twice"
        return {row.name: row.Notice.subject for row in rows}

    def before(self) -> None:
        """What came until now is not what the test is about."""
        self._new()

    def _new(self) -> Sequence[sa.Row[str, Notice]]:
        self.outbox.drain()
        query = sa.select(User.name, Notice).join(User, User.id == Notice.user_id)
        rows = self.session.execute(query.where(Notice.id > self.seen).order_by(Notice.id)).all()
        self.seen = max([self.seen, *(row.Notice.id for row in rows)])
        return rows


def last_notice(session: Session) -> Notice:
    return session.scalars(sa.select(Notice).order_by(Notice.id.desc()).limit(1)).one()


def test_a_submission_is_told_to_whoever_may_decide_it_and_to_nobody_else(
    session: Session, told: Told, alice: User, bob: User, cora: User, carl: User, ada: User
) -> None:
    make_user(session, "Gone", role=cora.role, active=False)
    make_review(session, alice, title="Mind the gap", note="It is short.")
    assert told.now() == dict.fromkeys(("Carl", "Cora"), "To review: Mind the gap")
    assert "It is short." in last_notice(session).text
    assert "Alice has submitted" in last_notice(session).text


def test_a_submission_in_a_topic_with_curators_goes_to_those_and_the_backup(
    session: Session, told: Told, alice: User, bob: User, cora: User, carl: User
) -> None:
    topic = make_topic(session, "Payroll", curators=[bob], backup=carl)
    make_review(session, alice, topic=topic)
    assert set(told.now()) == {"Bob", "Carl"}


def test_nobody_is_asked_to_review_what_they_wrote(
    session: Session, told: Told, cora: User, carl: User, bob: User
) -> None:
    make_review(session, cora, title="A", coauthors=[carl])
    assert told.now() == {}
    make_review(session, bob, title="B", coauthors=[carl])
    assert set(told.now()) == {"Cora"}


@pytest.mark.parametrize(
    ("state", "subject"),
    [
        (State.CHANGES_REQUESTED, "Changes requested: Mind the gap"),
        (State.APPROVED, "Published: Mind the gap"),
        (State.DECLINED, "Declined: Mind the gap"),
    ],
)
def test_authors_and_coauthors_are_told_of_each_decision_with_its_reason(
    session: Session, told: Told, alice: User, bob: User, cora: User, state: State, subject: str
) -> None:
    review = make_review(
        session,
        alice,
        title="Mind the gap",
        coauthors=[bob],
        state=State.IN_REVIEW,
        curator=cora,
    )
    assert told.now() == {
        "Cora": "To review: Mind the gap",
        "Alice": "Being read: Mind the gap",
        "Bob": "Being read: Mind the gap",
    }
    decide(session, review, state, cora)
    assert told.now() == {"Alice": subject, "Bob": subject}
    notice = last_notice(session)
    assert "For newcomers it is too short." in notice.text
    assert notice.text.startswith("Cora ")
    assert notice.path == f"/reviews/{review.id}"


def decide(session: Session, review: Review, state: State, by: User) -> None:
    read, reason = reading(review), "For newcomers it is too short."
    if state is State.APPROVED:
        workflow.approve(session, review.id, **read, note=reason, by=by)
    elif state is State.DECLINED:
        workflow.decline(session, review.id, **read, reason=reason, by=by)
    else:
        workflow.request_changes(session, review.id, **read, reason=reason, by=by)


def test_a_later_round_goes_to_the_same_curator_first(
    session: Session, told: Told, alice: User, cora: User, carl: User
) -> None:
    draft = make_draft(session, alice, title="Mind the gap")
    make_review(session, alice, draft=draft, state=State.CHANGES_REQUESTED, curator=cora)
    told.before()
    edit(session, draft, body="Longer now.")
    submit(session, draft)
    assert told.now() == {"Cora": "To review again: Mind the gap"}


def test_a_later_round_goes_to_all_when_its_curator_decides_no_more(
    session: Session, told: Told, alice: User, cora: User, carl: User
) -> None:
    draft = make_draft(session, alice)
    make_review(session, alice, draft=draft, state=State.CHANGES_REQUESTED, curator=cora)
    told.before()
    cora.active = False
    edit(session, draft, body="Longer now.")
    submit(session, draft)
    assert set(told.now()) == {"Carl"}


def test_a_curator_who_became_an_author_is_not_asked_for_the_next_round(
    session: Session, told: Told, alice: User, cora: User, carl: User
) -> None:
    draft = make_draft(session, alice)
    make_review(session, alice, draft=draft, state=State.CHANGES_REQUESTED, curator=cora)
    told.before()
    edit(session, draft, coauthor_ids=(cora.id,), body="Written together.")
    submit(session, draft)
    assert set(told.now()) == {"Carl"}


def test_who_lost_a_review_to_somebody_else_is_told(
    session: Session, told: Told, alice: User, cora: User, carl: User
) -> None:
    review = make_review(session, alice, title="A", state=State.IN_REVIEW, curator=cora)
    told.before()
    workflow.take_over(session, review.id, version=review.version, by=carl)
    assert told.now() == {"Cora": "Taken over: A"}
    assert "Carl has taken over" in last_notice(session).text


def test_who_was_reading_is_told_of_a_withdrawal(
    session: Session, told: Told, alice: User, cora: User, carl: User
) -> None:
    review = make_review(session, alice, title="A", state=State.IN_REVIEW, curator=cora)
    told.before()
    workflow.withdraw(session, review.id, by=alice)
    assert told.now() == {"Cora": "Withdrawn: A"}


def test_who_had_put_it_back_is_not_told_of_a_withdrawal(
    session: Session, told: Told, alice: User, cora: User
) -> None:
    review = make_review(session, alice, title="A", state=State.IN_REVIEW, curator=cora)
    workflow.release(session, review.id, by=cora)
    told.before()
    workflow.withdraw(session, review.id, by=alice)
    assert told.now() == {}


def test_nobody_is_told_of_what_they_did_themselves(
    session: Session, told: Told, alice: User, bob: User, cora: User
) -> None:
    draft = make_draft(session, alice, coauthors=[bob])
    submit(session, draft, by=bob)
    assert set(told.now()) == {"Cora"}


def test_delivering_an_event_again_tells_nobody_twice(
    session: Session, told: Told, alice: User, cora: User
) -> None:
    from core.outbox import Delivery, Event

    make_review(session, alice)
    told.before()
    events = session.scalars(sa.select(Event).where(Event.kind == "review.submitted")).all()
    notices.tell(session, events)
    session.execute(sa.update(Delivery).values(due_at=events[0].at, done_at=None))
    assert told.now() == {}


def test_a_decision_that_was_rolled_back_is_told_to_nobody(
    session: Session, told: Told, alice: User, cora: User
) -> None:
    review = make_review(session, alice, state=State.IN_REVIEW, curator=cora)
    told.before()
    workflow.decline(session, review.id, **reading(review), reason="Twice.", by=cora)
    session.rollback()
    assert told.now() == {}
    assert review.state is State.IN_REVIEW
