"""A claim lasts 30 minutes from the last sign of life, then counts as if it were not there."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import Conflict
from core.outbox import Event
from curation import queries, workflow
from curation.filters import QueueFilter
from curation.models import Action, Review, State
from curation.queue import look
from curation.workflow import MovedOn
from people.models import User
from tests.conftest import Clock
from tests.factories import make_review, reading, settle


@pytest.fixture
def review(session: Session, alice: User, cora: User, clock: Clock) -> Review:
    """Claimed by cora a moment ago."""
    return make_review(session, alice, state=State.IN_REVIEW, curator=cora)


def states_in_sql(session: Session) -> list[State]:
    session.flush()
    return list(session.scalars(sa.select(Review.state)))


def actions(review: Review) -> list[Action]:
    return [entry.action for entry in review.entries]


def test_a_claim_holds_for_half_an_hour(
    session: Session, cora: User, review: Review, clock: Clock
) -> None:
    clock.move(minutes=29, seconds=59)
    assert review.state is State.IN_REVIEW
    assert states_in_sql(session) == [State.IN_REVIEW]
    assert review.holder_id == cora.id


def test_a_claim_that_ran_out_counts_as_submitted_in_python_and_in_sql(
    session: Session, review: Review, clock: Clock
) -> None:
    clock.move(minutes=30)
    assert review.state is State.SUBMITTED
    assert states_in_sql(session) == [State.SUBMITTED]
    assert review.holder_id is None
    assert review.stored_state is State.IN_REVIEW  # nobody has acted, so nothing is written yet


def test_a_claim_that_ran_out_waits_in_the_queue_and_its_counts(
    session: Session, carl: User, review: Review, clock: Clock
) -> None:
    assert look(session, carl, QueueFilter(state="submitted")).lines() == []
    assert queries.waiting_for(session, carl) == 0

    clock.move(minutes=30)

    waiting = look(session, carl, QueueFilter(state="submitted"))
    assert [line.id for line in waiting.lines()] == [review.id]
    assert waiting.counts("state") == {"submitted": 1}
    assert queries.waiting_for(session, carl) == 1


def test_claiming_again_slides_the_claim_without_a_line_in_the_log(
    session: Session, cora: User, review: Review, clock: Clock
) -> None:
    version, entries = review.version, len(review.entries)
    clock.move(minutes=20)
    workflow.claim(session, review.id, by=cora)
    clock.move(minutes=20)
    assert review.state is State.IN_REVIEW
    assert (review.version, len(review.entries)) == (version, entries)


def test_the_next_action_writes_the_expiry_into_the_log_before_its_own_line(
    session: Session, cora: User, carl: User, review: Review, clock: Clock
) -> None:
    clock.move(hours=2)
    workflow.claim(session, review.id, by=carl)
    assert actions(review) == [Action.SUBMIT, Action.CLAIM, Action.EXPIRE, Action.CLAIM]
    expiry, claim = review.entries[-2:]
    assert (expiry.actor, expiry.old, expiry.new) == (cora, State.IN_REVIEW, State.SUBMITTED)
    assert (claim.actor, claim.old, claim.new) == (carl, State.SUBMITTED, State.IN_REVIEW)
    assert review.holder_id == carl.id


def test_ones_own_expired_claim_can_be_claimed_again(
    session: Session, cora: User, review: Review, clock: Clock
) -> None:
    clock.move(hours=2)
    workflow.claim(session, review.id, by=cora)
    assert review.state is State.IN_REVIEW
    assert actions(review)[-2:] == [Action.EXPIRE, Action.CLAIM]


@pytest.mark.parametrize("decision", ["approve", "decline", "request_changes"])
def test_deciding_on_ones_own_expired_claim_goes_through_silently(
    session: Session, cora: User, review: Review, clock: Clock, decision: str
) -> None:
    read = reading(review)
    clock.move(hours=3)
    if decision == "approve":
        workflow.approve(session, review.id, **read, by=cora)
    elif decision == "decline":
        workflow.decline(session, review.id, **read, reason="Twice.", by=cora)
    else:
        workflow.request_changes(session, review.id, **read, reason="Shorter.", by=cora)
    assert Action.EXPIRE not in actions(review)
    assert len(review.entries) == 3


def test_deciding_on_an_expired_claim_that_somebody_took_names_them(
    session: Session, cora: User, carl: User, review: Review, clock: Clock
) -> None:
    read = reading(review)
    clock.move(minutes=31)
    workflow.claim(session, review.id, by=carl)

    with pytest.raises(MovedOn) as refused:
        workflow.approve(session, review.id, **read, by=cora)

    assert "Carl began reading it at 09:31" in refused.value.message
    assert "still here" in refused.value.message
    assert review.holder_id == carl.id


def test_a_live_claim_keeps_others_out(session: Session, carl: User, review: Review) -> None:
    with pytest.raises(MovedOn) as refused:
        workflow.claim(session, review.id, by=carl)
    assert "Cora began reading it" in refused.value.message


@pytest.mark.parametrize("decision", ["approve", "decline", "request_changes", "release"])
def test_only_the_holder_decides_or_releases(
    session: Session, carl: User, review: Review, decision: str
) -> None:
    act = getattr(workflow, decision)
    sent = {} if decision == "release" else dict(reading(review))
    reason = {"reason": "Twice."} if decision in ("decline", "request_changes") else {}
    with pytest.raises(Conflict, match="Cora began reading it"):
        act(session, review.id, **sent, **reason, by=carl)


def test_taking_over_makes_the_new_one_the_holder_and_names_the_former(
    session: Session, cora: User, carl: User, review: Review, clock: Clock
) -> None:
    clock.move(minutes=10)
    workflow.take_over(session, review.id, version=review.version, by=carl)
    settle(session)
    assert review.holder_id == carl.id
    assert review.claimed_until == clock.now() + workflow.CLAIM
    event = session.scalars(sa.select(Event).where(Event.kind == "review.taken_over")).one()
    assert (event.actor, event.data) == (carl.id, {"former": cora.id})


def test_taking_over_on_an_old_page_is_refused(
    session: Session, cora: User, carl: User, ada: User, review: Review
) -> None:
    seen = review.version
    workflow.take_over(session, review.id, version=seen, by=carl)
    with pytest.raises(MovedOn, match="Carl took it over"):
        workflow.take_over(session, review.id, version=seen, by=ada)


def test_there_is_nothing_to_take_over_once_the_claim_ran_out(
    session: Session, carl: User, review: Review, clock: Clock
) -> None:
    clock.move(minutes=30)
    with pytest.raises(MovedOn) as refused:
        workflow.take_over(session, review.id, version=review.version, by=carl)
    assert "Claim it first" in refused.value.message


def test_releasing_an_expired_claim_of_ones_own_does_no_harm(
    session: Session, cora: User, review: Review, clock: Clock
) -> None:
    clock.move(minutes=30)
    workflow.release(session, review.id, by=cora)
    assert review.state is State.SUBMITTED


def test_withdrawing_after_expiry_logs_both(
    session: Session, alice: User, review: Review, clock: Clock
) -> None:
    clock.move(minutes=30)
    workflow.withdraw(session, review.id, by=alice)
    assert actions(review)[-2:] == [Action.EXPIRE, Action.WITHDRAW]
    assert review.entries[-1].old is State.SUBMITTED
