"""A duplicate as a decision: what it adds goes on as a proposal, credit kept, title words kept."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import Conflict, Invalid, NotAllowed
from curation import workflow
from curation.models import Action, Review, State
from curation.permissions import can_decide
from kb import drafts
from kb.models import Article
from people.models import User
from tests.factories import (
    make_article,
    make_draft,
    make_review,
    make_topic,
    reading,
    rendering_for,
)


@pytest.fixture
def target(session: Session, ada: User) -> Article:
    return make_article(session, ada, title="Reset the VPN", body="Restart it.")


@pytest.fixture
def review(session: Session, alice: User, cora: User, target: Article) -> Review:
    return make_review(
        session,
        alice,
        title="Tunnel keeps dropping",
        body="Unplug the dock.",
        state=State.IN_REVIEW,
        curator=cora,
    )


def join(
    session: Session, review: Review, target: Article, by: User, *, body: str | None = None
) -> Review:
    text = None
    if body is not None:
        text = make_draft(session, by, title="Reset the VPN", body=body, topic=target.topic)
    return workflow.merge_into(
        session,
        review.id,
        **reading(review),
        target=target,
        text=text,
        rendering=rendering_for(text) if text else None,
        reason="",
        by=by,
    )


def test_what_it_adds_becomes_a_proposal_in_its_authors_name_with_both_credited(
    session: Session, alice: User, cora: User, review: Review, target: Article
) -> None:
    join(session, review, target, cora, body="Restart it.\n\nUnplug the dock.")
    assert review.state is State.DECLINED
    assert review.entries[-1].action is Action.MERGE_INTO
    proposal = session.get_one(Review, review.merged_into_id)
    assert (proposal.article_id, proposal.author_id) == (target.id, alice.id)
    assert proposal.revision.author_id == alice.id
    assert [person.id for person in proposal.revision.coauthors] == [cora.id]
    assert proposal.state is State.SUBMITTED


def test_who_put_it_together_does_not_decide_on_it(
    session: Session, cora: User, carl: User, review: Review, target: Article
) -> None:
    join(session, review, target, cora, body="Restart it.\n\nUnplug the dock.")
    proposal = session.get_one(Review, review.merged_into_id)
    assert not can_decide(session, cora, proposal)
    assert can_decide(session, carl, proposal)


def test_the_words_of_its_title_find_the_article_once_the_proposal_is_approved(
    session: Session, cora: User, carl: User, review: Review, target: Article
) -> None:
    join(session, review, target, cora, body="Restart it.\n\nUnplug the dock.")
    assert target.keywords == []
    proposal = session.get_one(Review, review.merged_into_id)
    workflow.claim(session, proposal.id, by=carl)
    workflow.approve(session, proposal.id, **reading(proposal), by=carl)
    assert target.keywords == ["tunnel", "keeps", "dropping"]


def test_with_nothing_to_add_it_is_closed_and_its_title_words_are_kept_at_once(
    session: Session, alice: User, cora: User, review: Review, target: Article
) -> None:
    join(session, review, target, cora)
    assert review.merged_into_id is None
    assert target.keywords == ["tunnel", "keeps", "dropping"]
    draft = drafts.of_article(session, alice, review.article_id)
    assert draft is not None
    assert not draft.locked
    assert draft.body == "Unplug the dock."


def test_only_those_who_decide_there_add_words_to_an_article(
    session: Session, alice: User, bob: User, cora: User, review: Review, ada: User
) -> None:
    payroll = make_topic(session, "Payroll", curators=[bob])
    other = make_article(session, ada, title="Payslips", topic=payroll)
    with pytest.raises(NotAllowed):
        join(session, review, other, cora)
    assert review.state is State.IN_REVIEW


def test_an_author_who_is_changing_that_article_already_is_not_overrun(
    session: Session, alice: User, cora: User, review: Review, target: Article
) -> None:
    make_draft(session, alice, article=target, body="Mine.")
    with pytest.raises(Conflict, match="Alice is working on a change"):
        join(session, review, target, cora, body="Both.")


def test_neither_itself_nor_an_unpublished_article_is_a_target(
    session: Session, alice: User, bob: User, cora: User, review: Review
) -> None:
    hidden = make_article(session, bob, published=False)
    for wrong in (review.article, hidden):
        with pytest.raises(Invalid):
            join(session, review, wrong, cora)


def test_a_change_of_a_published_article_is_no_duplicate(
    session: Session, bob: User, cora: User, target: Article, ada: User
) -> None:
    other = make_article(session, ada, title="Other")
    change = make_review(
        session, bob, article=other, body="B.", state=State.IN_REVIEW, curator=cora
    )
    with pytest.raises(Conflict):
        join(session, change, target, cora)
    assert session.scalar(sa.select(Review.merged_into_id).where(Review.id == change.id)) is None
