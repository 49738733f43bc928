"""Every action in every state: where it leads, what it leaves behind, and what a refusal leaves alone."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import Conflict
from core.outbox import Event
from curation import workflow
from curation.models import Action, Review, ReviewEntry, State
from curation.workflow import EVENTS, TABLE, WrongState
from kb.models import Article, Draft, Publication
from people.models import User
from tests.conftest import Clock
from tests.factories import edit, make_draft, make_review, reading, settle, submit

# What happens, as design.md section 5 has it; written out here a second time on purpose.
#   locked     refused, because the draft cannot be handed in twice
#   refused    refused, because the action does not fit
#   new        the closed case stays closed, and another one begins
#   unchanged  done already, so doing it again does no harm
GRID = """
                  submit    claim     release   take_over request_changes   approve  decline  withdraw
submitted         locked    in_review refused   refused   refused           refused  refused  withdrawn
in_review         locked    refused   submitted in_review changes_requested approved declined withdrawn
changes_requested submitted refused   refused   refused   refused           refused  refused  withdrawn
approved          new       refused   refused   refused   refused           refused  refused  refused
declined          new       refused   refused   refused   refused           refused  refused  refused
withdrawn         new       refused   refused   refused   refused           refused  refused  unchanged
"""


def cases() -> list[tuple[State, Action, str]]:
    head, *rows = [line.split() for line in GRID.strip().splitlines()]
    return [
        (State(row[0]), Action(action), outcome)
        for row in rows
        for action, outcome in zip(head, row[1:], strict=True)
    ]


ALLOWED = [case for case in cases() if case[2] in list(State)]
REFUSED = [case for case in cases() if case[2] in ("refused", "locked")]


def test_the_grid_names_every_state_and_every_action_but_expiry() -> None:
    assert {case[:2] for case in cases()} == {
        (state, action) for state in State for action in Action if action is not Action.EXPIRE
    }


def test_the_table_allows_just_what_the_grid_allows() -> None:
    allowed = {(state, action): State(outcome) for state, action, outcome in ALLOWED}
    assert {(None, Action.SUBMIT): State.SUBMITTED} | allowed == TABLE


@pytest.fixture
def act(
    session: Session, alice: User, cora: User, carl: User
) -> Callable[[Review, Action], Review]:
    """Do an action as the person whose it is: alice wrote the text, cora holds it, carl may too."""

    def act(review: Review, action: Action) -> Review:
        read = reading(review)
        match action:
            case Action.SUBMIT:
                draft = draft_of(session, review)
                if not draft.locked:
                    edit(session, draft, summary="Said better.")
                return submit(session, draft, by=alice)
            case Action.CLAIM:
                return workflow.claim(session, review.id, by=carl)
            case Action.RELEASE:
                return workflow.release(session, review.id, by=cora)
            case Action.TAKE_OVER:
                return workflow.take_over(session, review.id, version=review.version, by=carl)
            case Action.APPROVE:
                return workflow.approve(session, review.id, **read, by=cora)
            case Action.REQUEST_CHANGES:
                return workflow.request_changes(
                    session, review.id, **read, reason="Shorter", by=cora
                )
            case Action.DECLINE:
                return workflow.decline(session, review.id, **read, reason="Twice", by=cora)
        return workflow.withdraw(session, review.id, by=alice)

    return act


def draft_of(session: Session, review: Review) -> Draft:
    """The author's draft of what is under review, or a new one where approval removed it."""
    found = session.scalar(sa.select(Draft).where(Draft.article_id == review.article_id))
    if found is not None:
        return found
    return make_draft(session, review.author, article=review.article, body="And more.")


def everything(session: Session) -> dict[str, list[Any]]:
    """Every row that an action could touch, as the database has it."""
    session.flush()
    tables = (Review, ReviewEntry, Draft, Article, Publication, Event)
    return {
        table.__tablename__: [
            tuple(row) for row in session.execute(sa.select(table.__table__).order_by("id"))
        ]
        for table in tables
    }


@pytest.mark.parametrize(("state", "action", "outcome"), ALLOWED)
def test_an_allowed_action_leads_to_its_state_and_is_written_down(
    session: Session,
    alice: User,
    cora: User,
    clock: Clock,
    act: Callable[[Review, Action], Review],
    state: State,
    action: Action,
    outcome: str,
) -> None:
    review = make_review(session, alice, state=state, curator=cora)
    version, entries, text = review.version, len(review.entries), review.revision.body
    clock.move(minutes=5)

    assert act(review, action) is review

    settle(session)
    assert review.state is State(outcome)
    assert review.version == version + 1
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
    check_draft_and_publication(session, review, text)


def check_draft_and_publication(session: Session, review: Review, text: str) -> None:
    draft = session.scalar(sa.select(Draft).where(Draft.article_id == review.article_id))
    published = session.scalars(sa.select(Publication)).all()
    if review.state is State.APPROVED:
        assert draft is None
        assert [p.revision_id for p in published] == [review.revision_id]
        assert review.article.live_revision_id == review.revision_id
        return
    assert published == []
    assert review.article.live_revision_id is None
    assert draft is not None
    assert draft.body == text
    assert draft.locked == (review.state in (State.SUBMITTED, State.IN_REVIEW))


@pytest.mark.parametrize(("state", "action", "outcome"), REFUSED)
def test_a_refused_action_changes_nothing(
    session: Session,
    alice: User,
    cora: User,
    act: Callable[[Review, Action], Review],
    state: State,
    action: Action,
    outcome: str,
) -> None:
    review = make_review(session, alice, state=state, curator=cora)
    before = everything(session)

    with pytest.raises(Conflict if outcome == "locked" else WrongState):
        act(review, action)

    assert everything(session) == before


@pytest.mark.parametrize("state", [State.APPROVED, State.DECLINED, State.WITHDRAWN])
def test_submitting_after_the_end_opens_a_case_of_its_own(
    session: Session,
    alice: User,
    cora: User,
    act: Callable[[Review, Action], Review],
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
