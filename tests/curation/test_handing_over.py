"""Somebody who leaves hands over what they read and were asked to read."""

from sqlalchemy.orm import Session

from curation import handing_over, workflow
from curation.models import State
from kb.handover import Receivers
from people.models import User
from tests.factories import make_review


def test_what_they_read_and_were_asked_to_read_goes_to_whoever_may_decide(
    session: Session, alice: User, carl: User, cora: User, ada: User
) -> None:
    held = make_review(session, alice, state=State.IN_REVIEW, curator=cora)
    asked = make_review(session, alice, title="Other")
    workflow.assign(session, asked.id, to=cora, by=ada)
    assert handing_over.count(session, cora) == {held.topic_id: 2}
    given = handing_over.give(session, cora, Receivers(carl), by=ada)
    assert given == {carl.id: 2}
    assert (held.state, held.assignee_id) == (State.SUBMITTED, carl.id)
    assert asked.assignee_id == carl.id
    assert handing_over.count(session, cora) == {}


def test_nobody_is_asked_to_decide_on_their_own_text(
    session: Session, carl: User, cora: User, ada: User
) -> None:
    review = make_review(session, carl, state=State.IN_REVIEW, curator=cora)
    assert handing_over.give(session, cora, Receivers(carl), by=ada) == {}
    assert (review.state, review.assignee_id) == (State.SUBMITTED, None)
