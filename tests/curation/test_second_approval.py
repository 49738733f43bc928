"""Where a topic asks for two approvals, or names who may publish."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from core import clock
from core.errors import Conflict, Invalid, NotAllowed
from curation import approvals, workflow
from curation.models import Action, Review, State
from curation.permissions import can_decide
from kb import drafts
from kb.models import Topic
from people.models import Role, User
from tests.factories import (
    edit,
    make_article,
    make_draft,
    make_review,
    make_topic,
    make_user,
    reading,
    rendering_for,
    set_policy,
    submit,
)


@pytest.fixture
def careful(session: Session, ada: User) -> Topic:
    topic = make_topic(session, "Safety")
    set_policy(session, topic, ada, approvals=2)
    return topic


@pytest.fixture
def review(session: Session, alice: User, cora: User, careful: Topic) -> Review:
    return make_review(session, alice, state=State.IN_REVIEW, curator=cora, topic=careful)


def endorse(session: Session, review: Review, by: User) -> Review:
    if review.state is State.SUBMITTED:
        workflow.claim(session, review.id, by=by)
    return workflow.approve(session, review.id, **reading(review), by=by)


def test_a_first_approval_publishes_nothing_and_puts_it_back_for_a_second(
    session: Session, cora: User, review: Review
) -> None:
    endorse(session, review, cora)
    assert review.state is State.SUBMITTED
    assert review.entries[-1].action is Action.ENDORSE
    assert review.article.live_revision is None
    assert approvals.standing(review) == {cora.id}


def test_nobody_approves_twice(session: Session, cora: User, review: Review) -> None:
    endorse(session, review, cora)
    assert not can_decide(session, cora, review)
    with pytest.raises(NotAllowed):
        workflow.claim(session, review.id, by=cora)


def test_the_second_approval_by_somebody_else_publishes(
    session: Session, cora: User, carl: User, review: Review
) -> None:
    endorse(session, review, cora)
    endorse(session, review, carl)
    assert review.state is State.APPROVED
    assert review.article.live_revision_id == review.revision_id
    assert review.entries[-1].detail["approvers"] == sorted([cora.id, carl.id])


def test_a_new_round_needs_both_approvals_again(
    session: Session, cora: User, carl: User, review: Review
) -> None:
    endorse(session, review, cora)
    workflow.claim(session, review.id, by=carl)
    workflow.request_changes(session, review.id, **reading(review), reason="Shorter", by=carl)
    draft = drafts.of_article(session, review.author, review.article_id)
    assert draft is not None
    edit(session, draft, body="Shorter.")
    submit(session, draft)
    assert approvals.standing(review) == set()
    endorse(session, review, cora)
    assert review.state is State.SUBMITTED


def test_an_edit_by_the_second_person_asks_for_another_approval_of_the_edit(
    session: Session, cora: User, carl: User, ada: User, review: Review
) -> None:
    endorse(session, review, cora)
    workflow.claim(session, review.id, by=carl)
    text = make_draft(session, carl, body="Put better.", topic=review.topic)
    workflow.edit_and_approve(
        session,
        review.id,
        **reading(review),
        text=text,
        rendering=rendering_for(text),
        by=carl,
    )
    assert review.state is State.SUBMITTED
    assert approvals.standing(review) == {carl.id}
    endorse(session, review, cora)  # she approved another text than this one
    assert review.state is State.APPROVED
    assert review.article.live_revision is not None
    assert review.article.live_revision.body == "Put better."


def test_where_publishers_are_named_one_of_them_has_to_approve(
    session: Session, alice: User, bob: User, cora: User, carl: User, ada: User
) -> None:
    topic = make_topic(session, "Law")
    set_policy(session, topic, ada, publishers=(carl.id,))
    review = make_review(session, alice, state=State.IN_REVIEW, curator=cora, topic=topic)
    endorse(session, review, cora)
    assert review.state is State.SUBMITTED
    endorse(session, review, carl)
    assert review.state is State.APPROVED


def test_a_changed_policy_does_not_touch_what_was_decided(
    session: Session, alice: User, cora: User, ada: User, careful: Topic
) -> None:
    set_policy(session, careful, ada, approvals=1)
    done = make_review(session, alice, state=State.APPROVED, curator=cora, topic=careful)
    under = done.policy_id
    set_policy(session, careful, ada, approvals=2)
    session.flush()
    assert done.state is State.APPROVED
    assert done.policy_id == under


def test_the_rules_of_the_moment_of_the_decision_count(
    session: Session, cora: User, ada: User, review: Review, careful: Topic
) -> None:
    set_policy(session, careful, ada, approvals=1)
    endorse(session, review, cora)
    assert review.state is State.APPROVED


def test_assigning_asks_somebody_who_may_decide_and_nobody_else(
    session: Session, bob: User, cora: User, carl: User, review: Review
) -> None:
    workflow.release(session, review.id, by=cora)
    version = review.version
    workflow.assign(session, review.id, to=carl, by=cora)
    workflow.assign(session, review.id, to=carl, by=cora)
    assert review.assignee_id == carl.id
    assert review.version == version  # who reads it now need not look again
    assert [e.action for e in review.entries].count(Action.ASSIGN) == 1
    with pytest.raises(Invalid, match="cannot decide"):
        workflow.assign(session, review.id, to=bob, by=cora)


def test_an_escalation_does_not_void_a_decision_that_is_being_made(
    session: Session, cora: User, carl: User, alice: User
) -> None:
    review = make_review(session, alice, state=State.IN_REVIEW, curator=cora)
    seen = reading(review)
    workflow.escalate(session, review, to=carl, level=1)
    workflow.escalate(session, review, to=carl, level=1)
    assert [e.action for e in review.entries].count(Action.ESCALATE) == 1
    workflow.approve(session, review.id, **seen, by=cora)
    assert review.state is State.APPROVED


def test_a_refusal_names_who_acted(
    session: Session, cora: User, carl: User, review: Review
) -> None:
    seen = reading(review)
    workflow.take_over(session, review.id, version=review.version, by=carl)
    with pytest.raises(Conflict, match="Carl took it over"):
        workflow.approve(session, review.id, **seen, by=cora)


def test_a_live_article_leaves_its_topic_only_with_the_say_of_those_who_decide_there(
    session: Session, alice: User, bob: User, carl: User, ada: User
) -> None:
    pay, kitchen = make_topic(session, "Pay", curators=[carl]), make_topic(session, "Kitchen")
    set_policy(session, pay, ada, publishers=(carl.id,))
    cook = make_user(session, "Cook", role=Role.CURATOR)
    article = make_article(session, bob, topic=pay, approver=carl)
    review = make_review(
        session,
        alice,
        article=article,
        body="Mine.",
        topic=kitchen,
        state=State.IN_REVIEW,
        curator=cook,
    )
    endorse(session, review, cook)
    assert review.state is State.SUBMITTED
    assert article.topic_id == pay.id
    endorse(session, review, carl)
    assert review.state is State.APPROVED
    assert article.topic_id == kitchen.id


def test_an_approval_by_somebody_who_decides_no_longer_does_not_count(
    session: Session, cora: User, carl: User, ada: User, review: Review
) -> None:
    endorse(session, review, cora)
    cora.active = False
    endorse(session, review, carl)
    assert review.state is State.SUBMITTED
    endorse(session, review, ada)
    assert review.state is State.APPROVED


def test_only_the_last_approval_says_when_to_publish(
    session: Session, cora: User, review: Review
) -> None:
    with pytest.raises(Invalid) as refused:
        workflow.approve(
            session,
            review.id,
            **reading(review),
            by=cora,
            at=clock.now() + timedelta(days=1),
        )
    assert list(refused.value.fields) == ["at"]
