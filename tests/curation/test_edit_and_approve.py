"""A curator changes a text lightly and approves it: two revisions, both credited."""

import pytest
from sqlalchemy.orm import Session

from core.errors import Invalid, NotAllowed
from curation import workflow
from curation.models import Action, Review, State
from kb import drafts
from kb.models import Draft, Revision
from kb.publishing import StaleBase
from people.models import User
from tests.factories import (
    make_article,
    make_draft,
    make_review,
    make_topic,
    reading,
    rendering_for,
    republish,
)


def edited(
    session: Session, review: Review, by: User, *, on_live: bool = False, **text: str
) -> Review:
    wanted = make_draft(session, by, topic=review.topic, **text)
    return workflow.edit_and_approve(
        session,
        review.id,
        **reading(review),
        text=wanted,
        rendering=rendering_for(wanted),
        by=by,
        on_live=on_live,
    )


@pytest.fixture
def review(session: Session, alice: User, cora: User) -> Review:
    return make_review(
        session, alice, body="Restart teh client.", state=State.IN_REVIEW, curator=cora
    )


def test_the_edit_is_a_revision_of_its_own_and_what_is_published(
    session: Session, cora: User, review: Review
) -> None:
    typed = review.revision
    edited(session, review, cora, body="Restart the client.")
    assert review.state is State.APPROVED
    assert typed.body == "Restart teh client."
    live = review.article.live_revision
    assert live is not None
    assert (live.id, live.body) == (review.revision_id, "Restart the client.")
    assert review.entries[-1].action is Action.EDIT_AND_APPROVE
    assert review.entries[-1].detail["edited_from"] == typed.id


def test_both_are_credited_and_the_author_stays_the_author(
    session: Session, alice: User, cora: User, review: Review
) -> None:
    edited(session, review, cora, body="Restart the client.")
    live = review.revision
    assert live.author_id == alice.id
    assert [person.id for person in live.coauthors] == [cora.id]
    assert review.article.owner_id == alice.id


def test_without_a_change_it_is_a_plain_approval(
    session: Session, cora: User, review: Review
) -> None:
    now = review.revision
    workflow.edit_and_approve(
        session,
        review.id,
        **reading(review),
        text=now,
        rendering=rendering_for(now),
        by=cora,
    )
    assert review.entries[-1].action is Action.APPROVE
    assert review.revision.coauthors == []


def test_what_is_missing_is_named_and_nothing_is_decided(
    session: Session, cora: User, review: Review
) -> None:
    with pytest.raises(Invalid) as refused:
        edited(session, review, cora, title="")
    assert "title" in refused.value.fields
    assert review.state is State.IN_REVIEW


def test_nobody_approves_into_a_topic_where_they_do_not_decide(
    session: Session, bob: User, cora: User, review: Review
) -> None:
    other = make_topic(session, "Payroll", curators=[bob])
    wanted = make_draft(session, cora, topic=other)
    with pytest.raises(NotAllowed):
        workflow.edit_and_approve(
            session,
            review.id,
            **reading(review),
            text=wanted,
            rendering=rendering_for(wanted),
            by=cora,
        )


def test_the_draft_behind_it_is_gone_and_nothing_hangs(
    session: Session, alice: User, cora: User, review: Review
) -> None:
    edited(session, review, cora, body="Restart the client.")
    assert drafts.of_article(session, alice, review.article_id) is None
    assert session.query(Draft).filter(Draft.author_id == alice.id).count() == 0


def test_an_edit_on_an_old_base_is_refused_unless_it_was_put_together_on_the_live_text(
    session: Session, alice: User, bob: User, cora: User
) -> None:
    article = make_article(session, alice, body="One.\nTwo.")
    review = make_review(
        session, bob, article=article, body="Bob.\nTwo.", state=State.IN_REVIEW, curator=cora
    )
    republish(session, article, alice, body="Alice.\nTwo.")
    with pytest.raises(StaleBase):
        edited(session, review, cora, body="Bob.\nTwo!")
    edited(session, review, cora, body="Alice and Bob.\nTwo.", on_live=True)
    assert article.live_revision is not None
    assert article.live_revision.body == "Alice and Bob.\nTwo."


def test_a_declined_text_comes_back_as_the_author_typed_it(
    session: Session, alice: User, cora: User, review: Review
) -> None:
    workflow.decline(session, review.id, **reading(review), reason="Twice", by=cora)
    draft = drafts.of_article(session, alice, review.article_id)
    assert draft is not None
    assert draft.body == "Restart teh client."
    assert isinstance(review.revision, Revision)
