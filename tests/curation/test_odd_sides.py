"""What a careless or a sly person tries with a review: it is refused, and tells them nothing."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from core.errors import NotAllowed
from curation import fast_lane, talk, workflow
from curation.models import State
from kb import drafts
from people.models import Notice, Role, User
from tests.conftest import Browser, Deliveries
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
)

NewClient = Callable[[User], Browser]


def test_nobody_asks_others_to_read_what_they_may_not_read_themselves(
    session: Session, alice: User, bob: User, cora: User
) -> None:
    travel = make_topic(session, "Travel")
    make_topic(session, "Visas", curators=[bob])
    review = make_review(session, alice, topic=travel)
    with pytest.raises(NotAllowed):
        workflow.assign(session, review.id, to=cora, by=bob)


def test_a_coauthor_asks_nobody_to_read_their_own_text(
    session: Session, alice: User, cora: User, carl: User
) -> None:
    review = make_review(session, alice, coauthors=[carl])
    with pytest.raises(NotAllowed):
        workflow.assign(session, review.id, to=cora, by=carl)


def test_what_somebody_else_typed_does_not_take_the_lane_under_its_authors_name(
    session: Session, alice: User, bob: User, cora: User, ada: User
) -> None:
    topic = make_topic(session, "Travel")
    article = make_article(session, alice, approver=cora, topic=topic)
    set_policy(session, topic, ada, fast_lane=True, fast_after=1)
    earned = make_review(session, alice, title="Earned", topic=topic)
    workflow.claim(session, earned.id, by=cora)
    workflow.approve(session, earned.id, **reading(earned), by=cora)
    draft = make_draft(session, alice, article=article, coauthors=[bob])
    edit(session, draft, by=bob, body=draft.body.replace("Then", "After that"))
    edit(session, draft, coauthor_ids=())
    revision = drafts.freeze(session, draft, rendering_for(draft), note="", by=alice)
    assert revision.coauthors == []
    assert not fast_lane.takes(session, revision)


def test_who_may_not_read_a_text_any_more_is_told_of_no_comment_on_it(
    app: Flask, session: Session, outbox: Deliveries, alice: User, cora: User, carl: User
) -> None:
    review = make_review(session, alice, state=State.IN_REVIEW, curator=cora)
    thread = talk.comment(
        session,
        review,
        revision_id=review.revision_id,
        first=1,
        last=1,
        text="Which client?",
        suggestion=None,
        key="one",
        by=carl,
    )
    carl.role = Role.EMPLOYEE
    talk.answer(session, thread, text="The blue one.", key="two", by=alice)
    outbox.drain()
    told = sa.select(Notice.user_id).where(Notice.text.contains("The blue one."))
    assert session.scalars(told).all() == [cora.id]


@pytest.mark.parametrize(
    "at",
    ["0001-01-01T00:00", "9999-12-31T23:59", "0001-01-01T00:00+23:59", "9999-12-31T23:59-23:59"],
)
@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles"])
def test_a_moment_that_no_calendar_has_is_refused_in_a_sentence(
    session: Session, new_client: NewClient, alice: User, cora: User, at: str, zone: str
) -> None:
    cora.time_zone = zone
    review = make_review(session, alice, state=State.IN_REVIEW, curator=cora)
    sent = {**reading(review), "at": at, "reason": "Well done."}
    page = new_client(cora).post(f"/reviews/{review.id}/approval", data=sent)
    assert page.status_code == 422
    assert "Well done." in page.text
    assert review.state is State.IN_REVIEW
    article = make_article(session, make_user(session, "Otto"), title="A plan")
    plan = {"at": at[:10], "reason": "Over."}
    page = new_client(cora).post(f"/articles/{article.slug}/plan", data=plan)
    assert page.status_code == 422
    assert "Over." in page.text
