"""Every action in every state: where it leads, what it leaves behind, and what a refusal leaves alone."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.audit import AuditEntry
from core.errors import Conflict
from core.outbox import Event
from curation import talk, workflow
from curation.models import Action, LineComment, Review, ReviewEntry, Sample, State
from curation.workflow import EVENTS, TABLE, WrongState
from curation.workflow.moving import UNNOTICED
from kb.drafts import differs
from kb.models import Article, Draft, Publication, Revision, Topic, Verification
from people.models import User
from tests.conftest import Clock
from tests.factories import (
    bring_to,
    brought_up,
    edit,
    fields,
    make_article,
    make_draft,
    make_review,
    make_topic,
    merged_into,
    reading,
    rendering_for,
    republish,
    set_policy,
    settle,
    submit,
)

# What happens, as design.md section 5 has it; written out here a second time on purpose.
#   locked     refused, because the draft cannot be handed in twice
#   refused    refused, because the action does not fit
#   new        the closed case stays closed, and another one begins
#   queued     handed in like any other text: nothing goes past somebody who asked for changes
#   unchanged  nothing is left to do, which does no harm
GRID = """
                  submitted  in_review          changes_requested  approved   declined   withdrawn
submit            locked     locked             submitted          new        new        new
claim             in_review  refused            refused            refused    refused    refused
release           refused    submitted          refused            refused    refused    refused
take_over         refused    in_review          refused            refused    refused    refused
request_changes   refused    changes_requested  refused            refused    refused    refused
approve           refused    approved           refused            refused    refused    refused
endorse           refused    submitted          refused            refused    refused    refused
edit_and_approve  refused    approved           refused            refused    refused    refused
edit_and_endorse  refused    submitted          refused            refused    refused    refused
decline           refused    declined           refused            refused    refused    refused
merge_into        refused    declined           refused            refused    refused    refused
withdraw          withdrawn  withdrawn          withdrawn          refused    refused    unchanged
bring_up          submitted  in_review          unchanged          unchanged  unchanged  unchanged
accept            submitted  in_review          refused            refused    refused    refused
publish_at_once   locked     locked             queued             new        new        new
assign            submitted  in_review          refused            refused    refused    refused
escalate          submitted  in_review          unchanged          unchanged  unchanged  unchanged
"""


def cases() -> list[tuple[State, Action, str]]:
    head, *rows = [line.split() for line in GRID.strip().splitlines()]
    return [
        (State(state), Action(row[0]), outcome)
        for row in rows
        for state, outcome in zip(head, row[1:], strict=True)
    ]


ALLOWED = [case for case in cases() if case[2] in list(State)]
REFUSED = [case for case in cases() if case[2] in ("refused", "locked")]
UNCHANGED = [case for case in cases() if case[2] == "unchanged"]
AT_ONCE = [case for case in cases() if case[1] is Action.PUBLISH_AT_ONCE]

BODY = "Come in.\n\nSit down.\n\nStay with us."


def test_the_grid_names_every_state_and_every_action_but_expiry() -> None:
    assert {case[:2] for case in cases()} == {
        (state, action) for state in State for action in Action if action is not Action.EXPIRE
    }


def test_the_table_allows_just_what_the_grid_allows() -> None:
    begun = {
        (None, Action.SUBMIT): State.SUBMITTED,
        (None, Action.PUBLISH_AT_ONCE): State.APPROVED,
    }
    allowed = {(state, action): State(outcome) for state, action, outcome in ALLOWED}
    assert begun | allowed == TABLE


Prepare = Callable[[State, Action], Review]
Act = Callable[[Review, Action], Review]


@pytest.fixture
def topic(session: Session) -> Topic:
    return make_topic(session, "Travel")


@pytest.fixture
def case(
    session: Session, alice: User, bob: User, cora: User, ada: User, clock: Clock, topic: Topic
) -> Prepare:
    """A review of Alice's in some state, with all that an action on it needs."""

    def case(state: State, action: Action) -> Review:
        article = None
        if action is Action.BRING_UP:
            article = make_article(session, bob, body=BODY, title="Counting")
        elif action is Action.PUBLISH_AT_ONCE:
            article = make_article(session, bob, body=BODY, title="Counting")
            make_review(session, alice, state=State.APPROVED, curator=cora, title="To earn it")
            set_policy(session, topic, ada, fast_lane=True, fast_after=1, fast_words=4)
        changed = BODY.replace("with us", "as long as you like, for we have a lot of room")
        text = {"article": article, "body": changed} if article else {}
        review = make_review(session, alice, **text)
        if action is Action.ACCEPT:
            suggest(session, review, cora)
        bring_to(session, review, state, cora)
        if action is Action.BRING_UP:
            assert article is not None
            republish(session, article, bob, body=article_body(article).replace("Come in", "Enter"))
        elif action in (Action.ENDORSE, Action.EDIT_AND_ENDORSE):
            set_policy(session, topic, ada, approvals=2)
        elif action is Action.MERGE_INTO:
            make_article(session, bob, title="Had before")
        clock.move(minutes=5)
        settle(session)
        return review

    return case


def article_body(article: Article) -> str:
    assert article.live_revision is not None
    return article.live_revision.body


def suggest(session: Session, review: Review, by: User) -> LineComment:
    return talk.comment(
        session,
        review,
        revision_id=review.revision_id,
        first=1,
        last=1,
        text="Shorter.",
        suggestion="Restart it.",
        key="page 1",
        by=by,
    )


@pytest.fixture
def act(session: Session, alice: User, cora: User, carl: User, ada: User, topic: Topic) -> Act:
    """Do an action as the person whose it is: alice wrote the text, cora holds it, carl may too."""

    def act(review: Review, action: Action) -> Review:
        read = reading(review)
        match action:
            case Action.SUBMIT:
                draft = draft_of(session, review)
                if not draft.locked:
                    edit(session, draft, summary="Said better.")
                return submit(session, draft, by=alice)
            case Action.PUBLISH_AT_ONCE:
                draft = draft_of(session, review)
                if not draft.locked:
                    edit(session, draft, body=article_body(review.article).replace("Sit", "Settle"))
                return submit(session, draft, by=alice)
            case Action.CLAIM:
                return workflow.claim(session, review.id, by=carl)
            case Action.RELEASE:
                return workflow.release(session, review.id, by=cora)
            case Action.TAKE_OVER:
                return workflow.take_over(session, review.id, version=review.version, by=carl)
            case Action.APPROVE | Action.ENDORSE:
                return workflow.approve(session, review.id, **read, by=cora)
            case Action.EDIT_AND_APPROVE | Action.EDIT_AND_ENDORSE:
                text = fields(session, title="Said better", topic=topic)
                return workflow.edit_and_approve(
                    session, review.id, **read, text=text, rendering=rendering_for(text), by=cora
                )
            case Action.REQUEST_CHANGES:
                return workflow.request_changes(
                    session, review.id, **read, reason="Shorter", by=cora
                )
            case Action.DECLINE:
                return workflow.decline(session, review.id, **read, reason="Twice", by=cora)
            case Action.MERGE_INTO:
                return merged_into(session, review, had_before(session), by=cora)
            case Action.BRING_UP:
                brought_up(session, review, by=cora)
            case Action.ACCEPT:
                comment = session.scalars(sa.select(LineComment)).one()
                taken = workflow.with_suggestion(comment, review.revision)
                return workflow.accept(session, comment, taken, rendering_for(taken), by=alice)
            case Action.ASSIGN:
                return workflow.assign(session, review.id, to=carl, by=cora)
            case Action.ESCALATE:
                workflow.escalate(session, review, to=ada, level=1)
            case _:
                return workflow.withdraw(session, review.id, by=alice)
        return review

    return act


def had_before(session: Session) -> Article:
    query = sa.select(Article).join(Revision, Revision.id == Article.live_revision_id)
    return session.scalars(query.where(Revision.title == "Had before")).one()


def draft_of(session: Session, review: Review) -> Draft:
    """The author's draft of what is under review, or a new one where approval removed it."""
    found = session.scalar(sa.select(Draft).where(Draft.article_id == review.article_id))
    if found is not None:
        return found
    return make_draft(session, review.author, article=review.article, body="And more.")


def everything(session: Session) -> dict[str, list[Any]]:
    """Every row that an action could touch, as the database has it."""
    session.flush()
    tables = (
        Review,
        ReviewEntry,
        LineComment,
        Draft,
        Revision,
        Article,
        Publication,
        Verification,
        Event,
        AuditEntry,
    )
    return {
        table.__tablename__: [
            tuple(row) for row in session.execute(sa.select(table.__table__).order_by("id"))
        ]
        for table in tables
    }


@pytest.mark.parametrize(("state", "action", "outcome"), ALLOWED)
def test_an_allowed_action_leads_to_its_state_and_is_written_down(
    session: Session,
    clock: Clock,
    case: Prepare,
    act: Act,
    state: State,
    action: Action,
    outcome: str,
) -> None:
    review = case(state, action)
    version, entries, text = review.version, len(review.entries), review.revision.body
    published = publications(session)

    assert act(review, action) is review

    settle(session)
    assert review.state is State(outcome)
    assert review.version == version + (action not in UNNOTICED)
    entry = review.entries[-1]
    assert len(review.entries) == entries + 1
    assert (entry.action, entry.old, entry.new) == (action, state, State(outcome))
    assert (entry.at, entry.revision_id, entry.round) == (
        clock.now(),
        review.revision_id,
        review.round,
    )
    event = session.scalars(sa.select(Event).where(Event.kind.startswith("review."))).all()[-1]
    assert (event.kind, event.subject, event.actor) == (EVENTS[action], entry.id, entry.actor_id)
    assert (review.decided_at is None) == review.is_open
    assert (review.claimed_until is None) == (review.state is not State.IN_REVIEW)
    approved = [review.revision_id] if review.state is State.APPROVED else []
    assert publications(session)[len(published) :] == approved
    check_draft(session, review, text)


def publications(session: Session) -> list[int]:
    return list(session.scalars(sa.select(Publication.revision_id).order_by(Publication.id)))


def check_draft(session: Session, review: Review, text: str) -> None:
    draft = session.scalar(sa.select(Draft).where(Draft.article_id == review.article_id))
    if review.state is State.APPROVED:
        assert draft is None
        assert review.article.live_revision_id == review.revision_id
        return
    assert review.article.live_revision_id == review.revision.base_id
    assert draft is not None
    assert draft.body == text
    assert draft.locked == (review.state in (State.SUBMITTED, State.IN_REVIEW))
    assert not draft.locked or draft.frozen_id == review.revision_id


@pytest.mark.parametrize(("state", "action", "outcome"), REFUSED)
def test_a_refused_action_changes_nothing(
    session: Session,
    case: Prepare,
    act: Act,
    state: State,
    action: Action,
    outcome: str,
) -> None:
    review = case(state, action)
    before = everything(session)

    with pytest.raises(Conflict if outcome == "locked" else WrongState) as refused:
        act(review, action)

    assert refused.value.message
    assert everything(session) == before


@pytest.mark.parametrize(("state", "action", "outcome"), UNCHANGED)
def test_what_is_left_alone_leaves_no_trace(
    session: Session, case: Prepare, act: Act, state: State, action: Action, outcome: str
) -> None:
    review = case(state, action)
    before = everything(session)
    act(review, action)
    assert everything(session) == before


@pytest.mark.parametrize(
    "state", [state for state, _, outcome in AT_ONCE if outcome in ("new", "queued")]
)
def test_a_minor_edit_goes_live_at_once_unless_somebody_asked_for_changes(
    session: Session, case: Prepare, act: Act, state: State
) -> None:
    review = case(state, Action.PUBLISH_AT_ONCE)
    published = publications(session)

    after = act(review, Action.PUBLISH_AT_ONCE)

    settle(session)
    if state is State.CHANGES_REQUESTED:
        assert (after, after.state, after.sample) == (review, State.SUBMITTED, None)
        assert publications(session) == published
        return
    assert after is not review
    assert (after.state, after.sample) == (State.APPROVED, Sample.WAITING)
    [entry] = after.entries
    assert (entry.action, entry.old, entry.new) == (
        Action.PUBLISH_AT_ONCE,
        None,
        State.APPROVED,
    )
    assert publications(session) == [*published, after.revision_id]
    assert review.state is state


def test_an_edit_by_the_curator_is_a_text_of_its_own(
    session: Session, case: Prepare, act: Act
) -> None:
    review = case(State.IN_REVIEW, Action.EDIT_AND_APPROVE)
    typed = review.revision
    act(review, Action.EDIT_AND_APPROVE)
    assert review.revision is not typed
    assert differs(review.revision, typed)
    assert session.get_one(Revision, typed.id).title == "Reset the VPN"


@pytest.mark.parametrize("state", [State.APPROVED, State.DECLINED, State.WITHDRAWN])
def test_submitting_after_the_end_opens_a_case_of_its_own(
    session: Session,
    alice: User,
    cora: User,
    act: Act,
    state: State,
) -> None:
    closed = make_review(session, alice, state=state, curator=cora)
    entries = len(closed.entries)

    opened = act(closed, Action.SUBMIT)

    assert opened.id != closed.id
    assert (opened.state, opened.round, len(opened.entries)) == (State.SUBMITTED, 1, 1)
    assert opened.article_id == closed.article_id
    settle(session)
    assert (closed.state, len(closed.entries)) == (state, entries)


def test_withdrawing_twice_does_no_harm(session: Session, alice: User) -> None:
    review = make_review(session, alice, state=State.WITHDRAWN)
    before = everything(session)
    workflow.withdraw(session, review.id, by=alice)
    assert everything(session) == before


def test_releasing_twice_does_no_harm(session: Session, alice: User, cora: User) -> None:
    review = make_review(session, alice, state=State.IN_REVIEW, curator=cora)
    workflow.release(session, review.id, by=cora)
    before = everything(session)
    workflow.release(session, review.id, by=cora)
    assert everything(session) == before


def test_taking_over_from_oneself_does_no_harm(session: Session, alice: User, cora: User) -> None:
    review = make_review(session, alice, state=State.IN_REVIEW, curator=cora)
    before = everything(session)
    workflow.take_over(session, review.id, version=review.version, by=cora)
    assert everything(session) == before


def test_a_resubmission_keeps_the_thread_and_the_round_grows(
    session: Session, alice: User, cora: User, clock: Clock
) -> None:
    review = make_review(session, alice, state=State.CHANGES_REQUESTED, curator=cora)
    first = review.revision
    clock.move(days=1)
    edit(session, draft_of(session, review), body="Now for newcomers.")

    again = submit(session, draft_of(session, review), note="Done as you asked.")

    assert again is review
    assert (review.round, review.state) == (2, State.SUBMITTED)
    assert review.submitted_at == clock.now()
    assert review.curator == cora
    assert review.revision.body == "Now for newcomers."
    assert first.body != "Now for newcomers."
    assert [entry.action for entry in review.entries] == [
        Action.SUBMIT,
        Action.CLAIM,
        Action.REQUEST_CHANGES,
        Action.SUBMIT,
    ]
    assert review.entries[-1].note == "Done as you asked."


def test_the_log_cannot_be_changed_afterwards(session: Session, alice: User) -> None:
    review = make_review(session, alice, note="Please look.")
    review.entries[0].note = "I never said that."
    with pytest.raises(RuntimeError, match="append-only"):
        session.flush()
