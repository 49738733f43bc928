"""A decision names what was read; of two at once one wins, and nothing approved is silently undone."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.errors import Conflict, Invalid
from core.outbox import Event
from curation import workflow
from curation.models import OPEN, Action, Review, State
from curation.workflow import LONGEST_REASON, MovedOn
from kb import drafts
from kb.drafts import BaseMoved
from kb.models import Article, Draft
from kb.picking import Picks
from kb.publishing import PUBLISHED, StaleBase
from people.models import User
from tests.conftest import Clock
from tests.factories import (
    edit,
    make_article,
    make_draft,
    make_review,
    make_revision,
    make_user,
    reading,
    rendering_for,
    republish,
    settle,
    submit,
)

Decide = Callable[[Review, int, int], Review]


@pytest.fixture(params=["approve", "decline", "request_changes"])
def decide(request: pytest.FixtureRequest, session: Session, cora: User) -> Decide:
    """Each of the three decisions in turn, made by cora on a version and a text."""

    def decide(review: Review, version: int, revision: int) -> Review:
        if request.param == "approve":
            return workflow.approve(session, review.id, version=version, revision=revision, by=cora)
        act = getattr(workflow, request.param)
        decided: Review = act(
            session, review.id, version=version, revision=revision, reason="Twice.", by=cora
        )
        return decided

    return decide


@pytest.fixture
def review(session: Session, alice: User, cora: User) -> Review:
    return make_review(session, alice, state=State.IN_REVIEW, curator=cora)


def test_a_decision_on_an_old_version_is_refused(review: Review, decide: Decide) -> None:
    with pytest.raises(MovedOn, match="Cora began reading it"):
        decide(review, review.version - 1, review.revision_id)
    assert review.state is State.IN_REVIEW


def test_a_decision_on_another_text_is_refused(review: Review, decide: Decide) -> None:
    with pytest.raises(MovedOn):
        decide(review, review.version, review.revision_id + 1)
    assert review.state is State.IN_REVIEW


def test_a_decision_on_the_text_of_an_earlier_round_is_refused(
    session: Session, review: Review, cora: User, decide: Decide
) -> None:
    first = review.revision_id
    workflow.request_changes(session, review.id, **reading(review), reason="More.", by=cora)
    draft = session.scalars(sa.select(Draft)).one()
    edit(session, draft, body="More of it.")
    submit(session, draft)
    workflow.claim(session, review.id, by=cora)
    with pytest.raises(MovedOn):
        decide(review, review.version, first)


def test_the_loser_of_two_decisions_is_told_who_decided_what_and_when(
    session: Session, review: Review, cora: User, ada: User, clock: Clock, decide: Decide
) -> None:
    workflow.take_over(session, review.id, version=review.version, by=ada)
    seen = reading(review)
    clock.move(minutes=3)
    workflow.decline(session, review.id, **seen, reason="We have this.", by=ada)
    with pytest.raises(MovedOn) as lost:
        decide(review, seen["version"], seen["revision"])
    assert lost.value.message.startswith("Ada declined it at 09:03 UTC on 10 March.")
    assert lost.value.review is review
    assert lost.value.entry.note == "We have this."
    assert review.state is State.DECLINED


def test_somebody_who_withdrew_meanwhile_is_named(
    session: Session, alice: User, review: Review, decide: Decide
) -> None:
    seen = reading(review)
    workflow.withdraw(session, review.id, by=alice)
    with pytest.raises(MovedOn, match="Alice withdrew it"):
        decide(review, seen["version"], seen["revision"])


# Reasons


@pytest.mark.parametrize("action", [workflow.decline, workflow.request_changes])
@pytest.mark.parametrize("reason", ["", "   \n\t "])
def test_sending_back_and_declining_need_a_reason(
    session: Session, review: Review, cora: User, action: Callable[..., Review], reason: str
) -> None:
    with pytest.raises(Invalid) as refused:
        action(session, review.id, **reading(review), reason=reason, by=cora)
    assert set(refused.value.fields) == {"reason"}
    settle(session)
    assert review.state is State.IN_REVIEW
    assert len(review.entries) == 2


@pytest.mark.parametrize("action", [workflow.decline, workflow.request_changes])
def test_a_reason_is_kept_word_for_word_up_to_its_limit(
    session: Session, alice: User, cora: User, action: Callable[..., Review]
) -> None:
    review = make_review(session, alice, state=State.IN_REVIEW, curator=cora)
    with pytest.raises(Invalid):
        action(session, review.id, **reading(review), reason="x" * 4001, by=cora)
    reason = "<b>First</b>,\n\nthen ".ljust(LONGEST_REASON, "x")
    action(session, review.id, **reading(review), reason=reason, by=cora)
    assert review.entries[-1].note == reason


def test_approving_may_carry_a_note(session: Session, review: Review, cora: User) -> None:
    workflow.approve(session, review.id, **reading(review), by=cora, note=" Very clear. ")
    assert review.entries[-1].note == "Very clear."


def test_a_note_that_is_too_long_does_not_approve(
    session: Session, review: Review, cora: User
) -> None:
    with pytest.raises(Invalid):
        workflow.approve(session, review.id, **reading(review), by=cora, note="x" * 4001)


def test_a_submission_note_has_a_limit(session: Session, alice: User) -> None:
    with pytest.raises(Invalid) as refused:
        make_review(session, alice, note="x" * 1001)
    assert set(refused.value.fields) == {"note"}


# What is approved is what was read


def test_approval_publishes_exactly_the_text_that_was_read(
    session: Session, review: Review, cora: User
) -> None:
    read = review.revision_id
    workflow.approve(session, review.id, **reading(review), by=cora)
    settle(session)
    assert review.article.live_revision_id == read
    [published] = session.scalars(sa.select(Event).where(Event.kind == PUBLISHED))
    assert (published.subject, published.actor) == (review.article_id, cora.id)


def test_the_rendering_must_be_of_the_text_that_is_handed_in(session: Session, alice: User) -> None:
    draft = make_draft(session, alice, body="What was checked.")
    rendering = rendering_for(draft)
    edit(session, draft, body="What would be published.")
    with pytest.raises(Conflict, match="changed"):
        workflow.submit(session, draft, rendering, note="", by=alice)


# One open review for each article and author


def test_the_database_itself_refuses_a_second_open_review(session: Session, review: Review) -> None:
    session.commit()
    for state in OPEN:
        session.add(
            Review(
                article_id=review.article_id,
                author_id=review.author_id,
                revision_id=review.revision_id,
                stored_state=state,
                submitted_at=review.submitted_at,
            )
        )
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()


def test_proposals_of_several_authors_live_side_by_side_and_are_decided_each_on_its_own(
    session: Session, alice: User, bob: User, cora: User
) -> None:
    article = make_article(session, make_user(session))
    first = make_review(session, alice, article=article, body="Alice's way.")
    second = make_review(session, bob, article=article, body="Bob's way.")
    assert first.article_id == second.article_id
    workflow.claim(session, second.id, by=cora)
    workflow.decline(session, second.id, **reading(second), reason="Too long.", by=cora)
    assert first.state is State.SUBMITTED


# Stale bases


@pytest.fixture
def article(session: Session, alice: User, cora: User) -> Article:
    body = "One.\n\nTwo.\n\nThree.\n\nFour."
    return make_article(session, alice, approver=cora, title="Counting", body=body)


def test_submitting_on_a_text_that_is_not_live_any_more_is_refused(
    session: Session, alice: User, bob: User, article: Article
) -> None:
    draft = make_draft(session, bob, article=article, body="Mine.")
    republish(session, article, alice, body="Newer.")
    with pytest.raises(BaseMoved):
        submit(session, draft)
    assert not draft.locked
    assert draft.body == "Mine."


def test_approving_on_a_stale_base_is_refused_and_publishes_nothing(
    session: Session, alice: User, bob: User, cora: User, article: Article
) -> None:
    review = make_review(
        session, bob, article=article, body="Mine.", state=State.IN_REVIEW, curator=cora
    )
    live = republish(session, article, alice, body="Newer.")
    session.commit()
    with pytest.raises(StaleBase):
        workflow.approve(session, review.id, **reading(review), by=cora)
    settle(session)
    assert article.live_revision_id == live.id
    assert review.state is State.IN_REVIEW


def test_a_proposal_overtaken_by_another_authors_is_stale(
    session: Session, alice: User, bob: User, cora: User, article: Article
) -> None:
    first = make_review(session, alice, article=article, body="Alice's.")
    second = make_review(session, bob, article=article, body="Bob's.")
    for review in (first, second):
        workflow.claim(session, review.id, by=cora)
    workflow.approve(session, first.id, **reading(first), by=cora)
    with pytest.raises(StaleBase):
        workflow.approve(session, second.id, **reading(second), by=cora)


def sent_back(session: Session, review: Review, cora: User) -> int:
    return workflow.send_back_to_rebase(session, review.id, **reading(review), by=cora)


def test_sending_back_carries_the_changes_over_to_the_live_text(
    session: Session, alice: User, bob: User, cora: User, article: Article
) -> None:
    review = make_review(
        session,
        bob,
        article=article,
        body="One.\n\nTwo.\n\nThree.\n\nFour, by Bob.",
        state=State.IN_REVIEW,
        curator=cora,
    )
    live = republish(session, article, alice, body="One, by Alice.\n\nTwo.\n\nThree.\n\nFour.")

    assert sent_back(session, review, cora) == 0

    settle(session)
    draft = drafts.of_article(session, bob, article.id)
    assert draft is not None
    assert draft.body == "One, by Alice.\n\nTwo.\n\nThree.\n\nFour, by Bob."
    assert (draft.base_id, draft.locked) == (live.id, False)
    assert review.state is State.CHANGES_REQUESTED
    again = submit(session, draft)
    assert again is review
    workflow.claim(session, review.id, by=cora)
    workflow.approve(session, review.id, **reading(review), by=cora)
    assert article.live_revision_id == review.revision_id


def test_a_conflict_is_the_authors_to_resolve_before_it_can_be_submitted(
    session: Session, alice: User, bob: User, cora: User, article: Article
) -> None:
    review = make_review(
        session, bob, article=article, body="Bob.", state=State.IN_REVIEW, curator=cora
    )
    republish(session, article, alice, body="Alice.")
    assert sent_back(session, review, cora) == 1
    draft = drafts.of_article(session, bob, article.id)
    assert draft is not None
    assert draft.body == "Bob."
    with pytest.raises(BaseMoved):
        submit(session, draft)
    live_id = article.live_revision_id
    assert live_id is not None
    with pytest.raises(Invalid) as refused:
        drafts.pick(session, draft, Picks({}, {}), live_id=live_id, version=draft.version, by=bob)
    assert list(refused.value.fields) == ["part-0"]
    picks = Picks({0: ("edit", "Alice and Bob.")}, {})
    drafts.pick(session, draft, picks, live_id=live_id, version=draft.version, by=bob)
    assert draft.body == "Alice and Bob."
    assert submit(session, draft).round == 2


def test_only_its_holder_sends_a_stale_text_back(
    session: Session, bob: User, cora: User, carl: User, alice: User, article: Article
) -> None:
    review = make_review(
        session, bob, article=article, body="Bob.", state=State.IN_REVIEW, curator=cora
    )
    republish(session, article, alice, body="Alice.")
    with pytest.raises(MovedOn):
        sent_back(session, review, carl)


# Nothing typed is ever lost


@pytest.mark.parametrize("state", [State.CHANGES_REQUESTED, State.DECLINED, State.WITHDRAWN])
def test_after_a_refusal_the_author_has_everything_typed(
    session: Session, alice: User, bob: User, cora: User, state: State
) -> None:
    text = {"title": "Mind the gap", "summary": "How.", "body": "Carefully.", "tags": ["rail"]}
    draft = make_draft(session, alice, coauthors=[bob], **text)  # type: ignore[arg-type]
    make_review(session, alice, draft=draft, state=state, curator=cora)
    settle(session)
    assert {name: getattr(draft, name) for name in text} == text
    assert draft.coauthors == [bob]
    assert not draft.locked
    edit(session, draft, body="Very carefully.")


def test_a_text_that_needs_something_stays_a_draft(session: Session, alice: User) -> None:
    draft = make_draft(session, alice, title="", summary="", body=" \n ")
    draft.topic_id = None
    with pytest.raises(Invalid) as refused:
        submit(session, draft)
    assert set(refused.value.fields) == {"title", "summary", "topic", "body"}
    assert not draft.locked
    assert session.scalar(sa.select(sa.func.count()).select_from(Review)) == 0


def test_a_proposal_that_changes_nothing_is_refused(
    session: Session, bob: User, article: Article
) -> None:
    draft = make_draft(session, bob, article=article)
    with pytest.raises(Invalid, match="Nothing differs"):
        submit(session, draft)


def test_a_revision_waiting_beside_leaves_the_live_text_alone(
    session: Session, alice: User, bob: User, article: Article
) -> None:
    live = article.live_revision_id
    make_revision(session, article, bob, body="Not yet.")
    make_review(session, alice, article=article, body="Nor this.")
    settle(session)
    assert article.live_revision_id == live


def test_every_line_of_the_log_names_the_text_and_the_round(
    session: Session, alice: User, cora: User
) -> None:
    review = make_review(session, alice, state=State.CHANGES_REQUESTED, curator=cora)
    first = review.revision_id
    draft = session.scalars(sa.select(Draft)).one()
    edit(session, draft, body="Again.")
    submit(session, draft)
    assert [(e.action, e.revision_id, e.round) for e in review.entries] == [
        (Action.SUBMIT, first, 1),
        (Action.CLAIM, first, 1),
        (Action.REQUEST_CHANGES, first, 1),
        (Action.SUBMIT, review.revision_id, 2),
    ]


def test_a_draft_cannot_be_deleted_before_its_review_ends(
    session: Session, alice: User, cora: User
) -> None:
    draft = make_draft(session, alice)
    review = make_review(session, alice, draft=draft, state=State.CHANGES_REQUESTED, curator=cora)
    assert not draft.locked
    with pytest.raises(Conflict, match="withdraw it first"):
        drafts.delete(draft, by=alice)
    workflow.withdraw(session, review.id, by=alice)
    drafts.delete(draft, by=alice)
    assert draft.deleted_at is not None


def test_the_same_text_is_not_handed_in_again(session: Session, alice: User, cora: User) -> None:
    draft = make_draft(session, alice)
    make_review(session, alice, draft=draft, state=State.CHANGES_REQUESTED, curator=cora)
    with pytest.raises(Invalid, match="Nothing differs from the round before"):
        submit(session, draft)


def test_a_text_on_the_live_one_is_not_sent_back_to_be_brought_up_to_date(
    session: Session, alice: User, cora: User
) -> None:
    review = make_review(session, alice, state=State.IN_REVIEW, curator=cora)
    with pytest.raises(Conflict, match="has not changed"):
        workflow.send_back_to_rebase(session, review.id, **reading(review), by=cora)
