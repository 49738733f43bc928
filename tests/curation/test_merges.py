"""Several proposals to one article: each decided on its own, carried over to what is live meanwhile."""

import pytest
from sqlalchemy.orm import Session

from curation import approvals, workflow
from curation.models import Action, Review, State
from curation.workflow import MovedOn
from kb import drafts, lifecycle, reverts
from kb.models import Article
from kb.publishing import StaleBase
from people.models import User
from tests.factories import (
    make_article,
    make_review,
    make_topic,
    reading,
    rendering_for,
    republish,
    set_policy,
)

BASE = "One.\n\nTwo.\n\nThree.\n\nFour."


@pytest.fixture
def article(session: Session, ada: User) -> Article:
    return make_article(session, ada, title="Counting", body=BASE)


def proposal(session: Session, by: User, curator: User, article: Article, body: str) -> Review:
    return make_review(
        session, by, article=article, body=body, state=State.IN_REVIEW, curator=curator
    )


def brought_up(session: Session, review: Review, by: User) -> bool:
    merge = workflow.merge_with_live(review)
    assert merge is not None
    text = merge.text

    class Merged:
        body, dialect = text.body, review.revision.dialect

    return workflow.bring_up(session, review.id, merge, rendering_for(Merged()), by=by)  # type: ignore[arg-type]


def test_a_clean_merge_takes_the_place_of_the_proposal_and_says_so(
    session: Session, alice: User, bob: User, cora: User, article: Article
) -> None:
    review = proposal(session, bob, cora, article, BASE.replace("Four", "4"))
    typed = review.revision
    live = republish(session, article, alice, body=BASE.replace("One", "1"))
    assert workflow.is_stale(review)
    assert brought_up(session, review, alice)
    assert review.revision.body == "1.\n\nTwo.\n\nThree.\n\n4."
    assert review.revision.base_id == live.id
    assert typed.body == BASE.replace("Four", "4")
    entry = review.entries[-1]
    assert (entry.action, review.state) == (Action.BRING_UP, State.IN_REVIEW)
    assert entry.detail == {"from": typed.id, "live": live.id, "same": True}


def test_a_decision_on_what_was_read_before_the_merge_is_refused(
    session: Session, alice: User, bob: User, cora: User, article: Article
) -> None:
    review = proposal(session, bob, cora, article, BASE.replace("Four", "4"))
    seen = reading(review)
    republish(session, article, alice, body=BASE.replace("One", "1"))
    with pytest.raises(StaleBase):
        workflow.approve(session, review.id, **seen, by=cora)
    brought_up(session, review, alice)
    with pytest.raises(MovedOn):
        workflow.approve(session, review.id, **seen, by=cora)
    workflow.approve(session, review.id, **reading(review), by=cora)
    assert article.live_revision is not None
    assert article.live_revision.body == "1.\n\nTwo.\n\nThree.\n\n4."


def test_a_merge_that_was_overtaken_is_dropped(
    session: Session, alice: User, bob: User, cora: User, article: Article
) -> None:
    review = proposal(session, bob, cora, article, BASE.replace("Four", "4"))
    republish(session, article, alice, body=BASE.replace("One", "1"))
    merge = workflow.merge_with_live(review)
    assert merge is not None
    republish(session, article, alice, body=BASE.replace("One", "I"))

    class Merged:
        body, dialect = merge.text.body, "commonmark"  # type: ignore[union-attr]

    rendering = rendering_for(Merged())  # type: ignore[arg-type]
    assert not workflow.bring_up(session, review.id, merge, rendering, by=alice)
    assert review.entries[-1].action is Action.CLAIM


def test_a_conflict_is_never_merged_by_itself(
    session: Session, alice: User, bob: User, cora: User, article: Article
) -> None:
    review = proposal(session, bob, cora, article, BASE.replace("One", "Uno"))
    republish(session, article, alice, body=BASE.replace("One", "1"))
    assert not brought_up(session, review, alice)
    assert review.revision.body == BASE.replace("One", "Uno")


def test_an_earlier_approval_stands_while_the_authors_own_change_reads_as_before(
    session: Session, alice: User, bob: User, cora: User, ada: User, article: Article
) -> None:
    set_policy(session, article.topic, ada, approvals=2)
    review = proposal(session, bob, cora, article, BASE.replace("Four", "4"))
    workflow.approve(session, review.id, **reading(review), by=cora)
    republish(session, article, alice, body=BASE.replace("One", "1"))
    brought_up(session, review, alice)
    assert approvals.standing(review) == {cora.id}


def test_a_changed_hunk_of_the_author_voids_an_approval_in_progress(
    session: Session, alice: User, bob: User, cora: User, ada: User, article: Article
) -> None:
    set_policy(session, article.topic, ada, approvals=2)
    both = BASE.replace("One", "1").replace("Four", "4")
    review = proposal(session, bob, cora, article, both)
    workflow.approve(session, review.id, **reading(review), by=cora)
    republish(session, article, alice, body=BASE.replace("One", "1"))  # half of it, live already
    brought_up(session, review, alice)
    assert approvals.standing(review) == set()


def test_after_a_merge_the_author_gets_the_merged_text_back(
    session: Session, alice: User, bob: User, cora: User, article: Article
) -> None:
    review = proposal(session, bob, cora, article, BASE.replace("Four", "4"))
    live = republish(session, article, alice, body=BASE.replace("One", "1"))
    brought_up(session, review, alice)
    workflow.request_changes(session, review.id, **reading(review), reason="Why?", by=cora)
    draft = drafts.of_article(session, bob, article.id)
    assert draft is not None
    assert (draft.body, draft.base_id) == ("1.\n\nTwo.\n\nThree.\n\n4.", live.id)


def test_title_and_topic_changed_on_both_sides_are_a_conflict(
    session: Session, alice: User, bob: User, cora: User, article: Article
) -> None:
    review = make_review(
        session, bob, article=article, title="Numbers", state=State.IN_REVIEW, curator=cora
    )
    republish(session, article, alice, title="Figures")
    assert not brought_up(session, review, alice)


def test_a_proposal_of_somebody_else_is_decided_on_its_own(
    session: Session, alice: User, bob: User, cora: User, article: Article
) -> None:
    first = proposal(session, alice, cora, article, BASE.replace("One", "1"))
    second = proposal(session, bob, cora, article, BASE.replace("Four", "4"))
    workflow.decline(session, first.id, **reading(first), reason="No", by=cora)
    workflow.approve(session, second.id, **reading(second), by=cora)
    assert (first.state, second.state) == (State.DECLINED, State.APPROVED)


def test_undoing_what_was_approved_is_named_with_whose_approval_it_undoes(
    session: Session, alice: User, bob: User, cora: User, article: Article
) -> None:
    republish(
        session, article, alice, by=cora, body=BASE.replace("Two.", "Two, not three hundred.")
    )
    assert article.live_revision is not None
    found = reverts.found_in(session, article.id, article.live_revision, BASE)
    assert [(r.publication.by.id, r.lines, r.gone) for r in found] == [
        (cora.id, "Two.", "Two, not three hundred.")
    ]
    other = article.live_revision.body.replace("Four.", "Four, at least.")
    assert reverts.found_in(session, article.id, article.live_revision, other) == []


def test_a_topic_that_is_merged_takes_its_reviews_along(
    session: Session, alice: User, ada: User, cora: User
) -> None:
    from kb import topics

    old, new = make_topic(session, "Trips"), make_topic(session, "Journeys")
    review = make_review(session, alice, topic=old)
    topics.merge(session, old, new, by=ada)
    assert review.topic_id == new.id


def test_a_text_that_was_taken_back_can_be_mended_and_approved_again(
    session: Session, alice: User, bob: User, cora: User, article: Article
) -> None:
    lifecycle.unpublish(session, article, number=1, reason="Wrong figures.", by=cora)
    review = proposal(session, article.owner, cora, article, BASE.replace("One", "1"))
    assert not workflow.is_stale(review)
    workflow.approve(session, review.id, **reading(review), by=cora)
    assert article.live_revision_id == review.revision_id
