"""The checklist: ticked by who reads the text, told to its authors, gone on with in the next round."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import Conflict, Invalid, NotAllowed, NotFound
from curation import checklist, notices, workflow
from curation.checklist import Lines, Verdict
from curation.models import ChecklistVerdict, Review, State
from curation.workflow import MovedOn, WrongState
from kb import drafts, policy
from kb.models import Topic
from kb.policy import Item, Policies
from people.models import Notice, User
from tests.conftest import Clock, Deliveries
from tests.factories import bring_to, edit, make_review, make_topic, submit

ITEMS = (
    Item("who", "It says who needs it."),
    Item("steps", "It has steps."),
    Item("safe", "No names."),
)
BODY = "For whom?\n\nDo this.\n\nThen that."


def set_checklist(session: Session, topic: Topic, items: tuple[Item, ...], by: User) -> None:
    policies = Policies(session)
    rules = replace(policies.rules(topic.id), checklist=items)
    number = policies.number(topic.id)
    policy.change(session, topic, rules, expected_number=number, note="", by=by)


@pytest.fixture
def topic(session: Session, ada: User, clock: Clock) -> Topic:
    topic = make_topic(session, "Sales")
    set_checklist(session, topic, ITEMS, ada)
    return topic


@pytest.fixture
def review(session: Session, alice: User, cora: User, topic: Topic) -> Review:
    """Read by cora."""
    return make_review(session, alice, state=State.IN_REVIEW, curator=cora, topic=topic, body=BODY)


def say(session: Session, review: Review, by: User, *verdicts: Verdict) -> None:
    checklist.record(session, review.id, verdicts, version=review.version, by=by)


def no(item: str, reason: str = "", lines: Lines | None = None) -> Verdict:
    return Verdict(item, False, reason, lines)


def shown(session: Session, review: Review) -> list[tuple[str, bool | None]]:
    """Each item with what is said to it now."""
    return [
        (line.item.key, line.verdict.fulfilled if line.verdict else None)
        for line in checklist.board(session, review)
    ]


def next_round(session: Session, review: Review, cora: User, body: str) -> None:
    read = {"version": review.version, "revision": review.revision_id}
    workflow.request_changes(session, review.id, **read, reason="See the list.", by=cora)
    draft = drafts.of_article(session, review.author, review.article_id)
    assert draft is not None
    submit(session, edit(session, draft, body=body))


# Ticking


def test_items_are_open_until_the_reader_ticks_them(
    session: Session, review: Review, cora: User
) -> None:
    assert shown(session, review) == [("who", None), ("steps", None), ("safe", None)]
    say(session, review, cora, Verdict("who", True), no("safe", "Line 3 names one.", Lines(3, 3)))
    assert shown(session, review) == [("who", True), ("steps", None), ("safe", False)]
    say(session, review, cora, Verdict("who", None))
    assert shown(session, review) == [("who", None), ("steps", None), ("safe", False)]


def test_ticking_twice_is_ticking_once(
    session: Session, review: Review, cora: User, clock: Clock
) -> None:
    say(session, review, cora, no("safe", "Line 3.", Lines(3, 3)), Verdict("who", True))
    rows = session.scalars(sa.select(ChecklistVerdict).order_by(ChecklistVerdict.id)).all()
    before = [(row.id, row.at) for row in rows]
    clock.move(minutes=1)
    say(session, review, cora, no("safe", " Line 3.\r\n", Lines(3, 3)), Verdict("who", True))
    session.expire_all()
    rows = session.scalars(sa.select(ChecklistVerdict).order_by(ChecklistVerdict.id)).all()
    assert [(row.id, row.at) for row in rows] == before


def test_ticking_leaves_the_version_alone_and_keeps_the_claim(
    session: Session, review: Review, cora: User, clock: Clock
) -> None:
    version = review.version
    clock.move(minutes=20)
    say(session, review, cora, Verdict("who", True))
    assert review.version == version
    clock.move(minutes=20)
    assert review.state is State.IN_REVIEW


def test_a_yes_carries_no_words_and_no_lines(session: Session, review: Review, cora: User) -> None:
    say(session, review, cora, no("safe", "Line 3.", Lines(3, 3)))
    say(session, review, cora, Verdict("safe", True, "Line 3.", Lines(3, 3)))
    row = session.scalars(sa.select(ChecklistVerdict)).one()
    assert (row.fulfilled, row.reason, row.first_line, row.last_line) == (True, "", None, None)


def test_only_who_reads_it_ticks(
    session: Session, review: Review, alice: User, bob: User, carl: User
) -> None:
    for somebody in (alice, bob):
        with pytest.raises(NotAllowed):
            say(session, review, somebody, Verdict("who", True))
    with pytest.raises(MovedOn):
        say(session, review, carl, Verdict("who", True))


def test_nothing_is_ticked_once_it_is_decided(session: Session, review: Review, cora: User) -> None:
    bring = {"version": review.version, "revision": review.revision_id}
    workflow.decline(session, review.id, **bring, reason="We have it.", by=cora)
    with pytest.raises(WrongState):
        say(session, review, cora, Verdict("who", True))


def test_a_claim_that_ran_out_goes_on_with_a_tick_unless_somebody_took_it(
    session: Session, review: Review, cora: User, carl: User, clock: Clock
) -> None:
    clock.move(minutes=31)
    say(session, review, cora, Verdict("who", True))
    assert review.holder_id == cora.id
    clock.move(minutes=31)
    workflow.claim(session, review.id, by=carl)
    with pytest.raises(MovedOn):
        checklist.record(
            session, review.id, [Verdict("who", True)], version=review.version, by=cora
        )


def test_ticks_for_an_earlier_version_are_refused(
    session: Session, review: Review, cora: User
) -> None:
    with pytest.raises(MovedOn):
        checklist.record(
            session, review.id, [Verdict("who", True)], version=review.version - 1, by=cora
        )


@pytest.mark.parametrize(
    ("verdict", "field"),
    [
        (no("gone"), "checklist"),
        (no("who", "x" * 1001), "verdict-who"),
        (no("who", "", Lines(0, 1)), "verdict-who"),
        (no("who", "", Lines(3, 2)), "verdict-who"),
        (no("who", "", Lines(5, 6)), "verdict-who"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    session: Session, review: Review, cora: User, verdict: Verdict, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        say(session, review, cora, verdict)
    assert list(refused.value.fields) == [field]


# The list changes while somebody reads


def test_a_verdict_keeps_the_words_it_was_given_to(
    session: Session, review: Review, cora: User, ada: User, topic: Topic
) -> None:
    say(session, review, cora, no("who"))
    set_checklist(session, topic, (Item("who", "For whom is it?"),), ada)
    row = session.scalars(sa.select(ChecklistVerdict)).one()
    assert row.text == "It says who needs it."
    assert shown(session, review) == [("who", False)]


def test_an_item_taken_off_the_list_stays_where_it_was_ticked(
    session: Session, review: Review, cora: User, ada: User, topic: Topic
) -> None:
    say(session, review, cora, no("safe"))
    set_checklist(session, topic, ITEMS[:2], ada)
    assert shown(session, review) == [("who", None), ("steps", None), ("safe", False)]
    say(session, review, cora, Verdict("safe", True))
    assert shown(session, review)[-1] == ("safe", True)


def test_a_decided_review_keeps_the_list_that_it_was_decided_by(
    session: Session, review: Review, cora: User, ada: User, topic: Topic
) -> None:
    say(session, review, cora, Verdict("who", True))
    read = {"version": review.version, "revision": review.revision_id}
    workflow.approve(session, review.id, **read, by=cora)
    set_checklist(session, topic, (Item("new", "Something new."),), ada)
    assert shown(session, review) == [("who", True)]


# What the author is told


def test_authors_learn_of_a_no_when_it_is_decided(
    session: Session, review: Review, cora: User
) -> None:
    say(session, review, cora, no("steps", "Number them."), Verdict("who", True))
    assert checklist.tasks(session, review) == []
    read = {"version": review.version, "revision": review.revision_id}
    workflow.request_changes(session, review.id, **read, reason="See the list.", by=cora)
    assert [task.item for task in checklist.tasks(session, review)] == ["steps"]


def test_a_no_alone_is_reason_enough_to_ask_for_changes(
    session: Session, review: Review, cora: User
) -> None:
    read = {"version": review.version, "revision": review.revision_id}
    with pytest.raises(Invalid):
        workflow.request_changes(session, review.id, **read, reason="", by=cora)
    say(session, review, cora, no("steps"))
    workflow.request_changes(session, review.id, **read, reason="", by=cora)
    assert review.state is State.CHANGES_REQUESTED


def test_the_message_says_what_is_missing_and_where(
    session: Session, review: Review, cora: User
) -> None:
    assert checklist.words(session, review) == ""
    say(
        session,
        review,
        cora,
        Verdict("who", True),
        no("steps", "Number\nthem.", Lines(3, 5)),
        no("safe", lines=Lines(1, 1)),
    )
    assert checklist.words(session, review) == (
        "From the checklist:\n"
        "- Not yet: It has steps. Number them. (lines 3 to 5)\n"
        "- Not yet: No names. (line 1)"
    )


def test_the_authors_notice_carries_what_is_missing(
    session: Session, review: Review, alice: User, cora: User, outbox: Deliveries
) -> None:
    notices.init_app()
    say(session, review, cora, no("steps", "Number them."))
    bring = {"version": review.version, "revision": review.revision_id}
    workflow.request_changes(session, review.id, **bring, reason="", by=cora)
    outbox.drain()
    notice = session.scalars(sa.select(Notice).where(Notice.user_id == alice.id)).all()[-1]
    assert notice.text.endswith("From the checklist:\n- Not yet: It has steps. Number them.")


def test_authors_tick_off_what_they_have_done(
    session: Session, review: Review, alice: User, cora: User, clock: Clock
) -> None:
    say(session, review, cora, no("steps"), Verdict("who", True))
    bring = {"version": review.version, "revision": review.revision_id}
    workflow.request_changes(session, review.id, **bring, reason="", by=cora)
    (task,) = checklist.tasks(session, review)
    checklist.tick(session, review.id, task.id, done=True, by=alice)
    done_at = task.done_at
    assert done_at == clock.now()
    clock.move(minutes=1)
    checklist.tick(session, review.id, task.id, done=True, by=alice)  # the second click
    assert task.done_at == done_at
    checklist.tick(session, review.id, task.id, done=False, by=alice)
    assert task.done_at is None


def test_only_authors_tick_off_and_only_what_is_a_task_of_theirs(
    session: Session, review: Review, alice: User, bob: User, cora: User
) -> None:
    say(session, review, cora, no("steps"), Verdict("who", True))
    steps, who = session.scalars(
        sa.select(ChecklistVerdict).order_by(ChecklistVerdict.fulfilled)
    ).all()
    with pytest.raises(Conflict):  # nobody has told them yet
        checklist.tick(session, review.id, steps.id, done=True, by=alice)
    read = {"version": review.version, "revision": review.revision_id}
    workflow.request_changes(session, review.id, **read, reason="", by=cora)
    for somebody in (bob, cora):
        with pytest.raises(NotAllowed):
            checklist.tick(session, review.id, steps.id, done=True, by=somebody)
    for wrong in (who.id, 999):
        with pytest.raises(NotFound):
            checklist.tick(session, review.id, wrong, done=True, by=alice)
    other = make_review(session, alice, title="Another")
    with pytest.raises(NotFound):
        checklist.tick(session, other.id, steps.id, done=True, by=alice)


# The next round


def test_the_next_round_begins_with_what_was_missing(
    session: Session, review: Review, alice: User, cora: User
) -> None:
    say(session, review, cora, Verdict("who", True), no("safe", "Line 3.", Lines(3, 3)))
    next_round(session, review, cora, "A line before.\n\n" + BODY)
    bring_to(session, review, State.IN_REVIEW, cora)
    assert shown(session, review) == [("safe", None), ("who", None), ("steps", None)]
    first, second, third = checklist.board(session, review)
    assert (first.was_missing, second.was_missing, third.former) == (True, False, None)
    assert [verdict.item for verdict in checklist.former(session, review)] == ["safe", "who"]
    assert [task.item for task in checklist.tasks(session, review)] == ["safe"]
    assert first.former is not None
    assert checklist.places(review, [first.former]) == {first.former.id: Lines(5, 5)}


def test_lines_that_changed_since_stand_nowhere(
    session: Session, review: Review, cora: User
) -> None:
    say(session, review, cora, no("safe", "Line 3.", Lines(3, 3)))
    next_round(session, review, cora, BODY.replace("Do this.", "Do that."))
    found = checklist.former(session, review)
    assert checklist.places(review, found) == {}


def test_a_round_without_ticks_does_not_hide_the_one_before(
    session: Session, review: Review, cora: User
) -> None:
    say(session, review, cora, no("steps"))
    next_round(session, review, cora, "Second text.")
    bring_to(session, review, State.IN_REVIEW, cora)
    next_round(session, review, cora, "Third text.")
    assert review.round == 3
    assert [verdict.item for verdict in checklist.former(session, review)] == ["steps"]
