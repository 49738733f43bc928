"""Minor edits of those who have earned it go live at once, and are looked at afterwards."""

import pytest
from sqlalchemy.orm import Session

from core.errors import Conflict, Invalid, NotAllowed
from curation import fast_lane, samples, workflow
from curation.models import Action, Review, Sample, State
from kb import drafts
from kb.models import Article, Flag, FlagReason, FlagState, Topic
from people.models import User
from tests.conftest import Clock
from tests.factories import (
    make_article,
    make_draft,
    make_review,
    make_topic,
    reading,
    set_policy,
    submit,
)

BODY = (
    "Open the settigns and choose Network. It takes 5 minutes. See https://intranet/vpn and `ping`."
)


@pytest.fixture
def topic(session: Session, ada: User) -> Topic:
    topic = make_topic(session, "Network")
    set_policy(session, topic, ada, fast_lane=True, fast_after=2, fast_words=4)
    return topic


@pytest.fixture
def article(session: Session, ada: User, topic: Topic) -> Article:
    return make_article(session, ada, topic=topic, body=BODY, title="Settings")


@pytest.fixture
def earned(session: Session, alice: User, cora: User, clock: Clock, topic: Topic) -> None:
    for number in range(2):
        clock.move(hours=1)
        make_review(
            session,
            alice,
            state=State.APPROVED,
            curator=cora,
            topic=topic,
            title=f"Text {number}",
        )


def change(session: Session, by: User, article: Article, body: str, **text: str) -> Review:
    return submit(session, make_draft(session, by, article=article, body=body, **text))


@pytest.mark.usefixtures("earned")
def test_a_minor_edit_of_somebody_who_earned_it_goes_live_at_once(
    session: Session, alice: User, article: Article
) -> None:
    review = change(session, alice, article, BODY.replace("settigns", "settings"))
    assert (review.state, review.sample) == (State.APPROVED, Sample.WAITING)
    assert review.entries[-1].action is Action.PUBLISH_AT_ONCE
    assert article.live_revision_id == review.revision_id
    assert review.policy_id is not None


def test_nobody_takes_the_lane_without_having_earned_it(
    session: Session, alice: User, article: Article
) -> None:
    review = change(session, alice, article, BODY.replace("settigns", "settings"))
    assert review.state is State.SUBMITTED


@pytest.mark.usefixtures("earned")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("5 minutes", "6 minutes"),
        ("`ping`", "`pong`"),
        ("intranet/vpn", "intranet/vnp"),
        ("Open the settigns and choose Network.", "Go to the network pages and look around there."),
    ],
)
def test_a_number_a_command_a_link_or_many_words_wait_for_a_curator(
    session: Session, alice: User, article: Article, before: str, after: str
) -> None:
    review = change(session, alice, article, BODY.replace(before, after))
    assert review.state is State.SUBMITTED


@pytest.mark.usefixtures("earned")
def test_another_title_waits_for_a_curator(session: Session, alice: User, article: Article) -> None:
    assert change(session, alice, article, BODY, title="Setings").state is State.SUBMITTED


@pytest.mark.usefixtures("earned")
def test_a_topic_without_the_lane_or_with_two_approvals_has_no_way_past_the_queue(
    session: Session, alice: User, ada: User, article: Article, topic: Topic
) -> None:
    set_policy(session, topic, ada, approvals=2)
    review = change(session, alice, article, BODY.replace("settigns", "settings"))
    assert review.state is State.SUBMITTED


@pytest.mark.usefixtures("earned")
def test_a_text_written_together_waits_for_a_curator(
    session: Session, alice: User, bob: User, article: Article
) -> None:
    fixed = BODY.replace("settigns", "settings")
    draft = make_draft(session, alice, article=article, body=fixed, coauthors=[bob])
    assert submit(session, draft).state is State.SUBMITTED


def test_approvals_after_changes_were_requested_or_with_an_edit_do_not_count(
    session: Session, alice: User, cora: User, topic: Topic
) -> None:
    make_review(session, alice, state=State.DECLINED, curator=cora, topic=topic)
    assert fast_lane.earned(session, alice.id, topic.id) == 0


@pytest.mark.usefixtures("earned")
def test_an_upheld_flag_ends_the_privilege_until_it_is_earned_again(
    session: Session,
    alice: User,
    bob: User,
    cora: User,
    clock: Clock,
    article: Article,
    topic: Topic,
) -> None:
    mine = make_article(session, alice, topic=topic, title="Mine")
    clock.move(hours=1)
    flag = Flag(
        article_id=mine.id,
        revision_id=mine.live_revision_id,
        by_id=bob.id,
        reason=FlagReason.WRONG,
        text="No",
        state=FlagState.UPHELD,
        handler_id=alice.id,
        opened_at=clock.now(),
        closed_at=clock.now(),
        closed_by_id=cora.id,
    )
    session.add(flag)
    session.flush()
    assert fast_lane.earned(session, alice.id, topic.id) == 0
    review = change(session, alice, article, BODY.replace("settigns", "settings"))
    assert review.state is State.SUBMITTED


@pytest.fixture
def sampled(session: Session, alice: User, article: Article, earned: None) -> Review:
    return change(session, alice, article, BODY.replace("settigns", "settings"))


def test_a_curator_finds_it_fine_once(session: Session, cora: User, sampled: Review) -> None:
    samples.find_fine(session, sampled.id, by=cora)
    samples.find_fine(session, sampled.id, by=cora)
    assert sampled.sample is Sample.FINE


def test_undoing_brings_back_what_was_live_and_closes_the_lane(
    session: Session, alice: User, cora: User, article: Article, sampled: Review, topic: Topic
) -> None:
    with pytest.raises(Invalid):
        samples.undo(session, sampled.id, reason="", by=cora)
    samples.undo(session, sampled.id, reason="It was right.", by=cora)
    samples.undo(session, sampled.id, reason="It was right.", by=cora)
    assert article.live_revision is not None
    assert article.live_revision.body == BODY
    assert sampled.sample is Sample.UNDONE
    assert fast_lane.earned(session, alice.id, topic.id) == 0
    with pytest.raises(Conflict):
        samples.find_fine(session, sampled.id, by=cora)


def test_its_author_does_not_look_at_it_for_others(
    session: Session, alice: User, bob: User, sampled: Review
) -> None:
    for person in (alice, bob):
        with pytest.raises(NotAllowed):
            samples.find_fine(session, sampled.id, by=person)


def test_an_edit_that_somebody_built_on_is_not_undone_blindly(
    session: Session, ada: User, bob: User, cora: User, article: Article, sampled: Review
) -> None:
    review = make_review(
        session, bob, article=article, body="Other.", state=State.IN_REVIEW, curator=cora
    )
    workflow.approve(session, review.id, **reading(review), by=cora)
    with pytest.raises(Conflict):
        samples.undo(session, sampled.id, reason="No", by=cora)


def test_many_small_edits_in_a_row_are_not_a_large_one_that_nobody_reads(
    session: Session, alice: User, cora: User, article: Article, sampled: Review
) -> None:
    again = change(session, alice, article, sampled.revision.body.replace("choose", "take"))
    assert again.state is State.SUBMITTED
    workflow.withdraw(session, again.id, by=alice)
    samples.find_fine(session, sampled.id, by=cora)
    draft = drafts.of_article(session, alice, article.id)
    assert draft is not None
    assert submit(session, draft).state is State.APPROVED
