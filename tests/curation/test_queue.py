"""The queue: who waits longest, what each filter shows, and what each person may see of it."""

import pytest
from sqlalchemy.orm import Session

from curation import queries
from curation.models import Review, State
from curation.queries import QueueFilter
from kb.models import Kind
from people.models import Role, User
from tests.conftest import Clock
from tests.factories import make_article, make_review, make_topic, make_user

pytestmark = pytest.mark.usefixtures("clock")


def shown(session: Session, user: User, **chosen: object) -> list[Review]:
    total, reviews = queries.queue(session, user, QueueFilter(**chosen))  # type: ignore[arg-type]
    assert total == len(reviews)
    return list(reviews)


def test_those_waiting_longest_come_first(
    session: Session, alice: User, cora: User, clock: Clock
) -> None:
    waiting = []
    for title in ("One", "Two", "Three"):
        waiting.append(make_review(session, alice, title=title))
        clock.move(hours=1)
    assert shown(session, cora) == waiting
    assert [queries.position(session, review) for review in waiting] == [1, 2, 3]


def test_the_queue_shows_what_waits_or_is_being_read_unless_asked_otherwise(
    session: Session, alice: User, cora: User
) -> None:
    reviews = {
        state: make_review(session, alice, title=state.value, state=state, curator=cora)
        for state in State
    }
    assert set(shown(session, cora)) == {reviews[State.SUBMITTED], reviews[State.IN_REVIEW]}
    for state in (State.SUBMITTED, State.IN_REVIEW, State.CHANGES_REQUESTED):
        assert shown(session, cora, state=state.value) == [reviews[state]]
    assert set(shown(session, cora, state="approved")) == set(shown(session, cora))


def test_the_filters_narrow_together(session: Session, alice: User, cora: User) -> None:
    people = make_topic(session, "People")
    pay, travel = make_topic(session, "Pay", parent=people), make_topic(session, "Travel")
    howto = make_review(session, alice, title="A", topic=pay)
    story = make_review(session, alice, title="B", topic=pay, kind=Kind.STORY)
    other = make_review(
        session, alice, title="C", topic=travel, state=State.IN_REVIEW, curator=cora
    )
    assert set(shown(session, cora, topic="people")) == {howto, story}
    assert shown(session, cora, topic="people", kind="story") == [story]
    assert shown(session, cora, mine=True) == [other]
    assert shown(session, cora, topic="pay", mine=True) == []
    assert shown(session, cora, topic="no-such-topic") == []
    assert len(shown(session, cora, kind="no-such-kind")) == 3


def test_the_counts_follow_the_other_filters(session: Session, alice: User, cora: User) -> None:
    travel = make_topic(session, "Travel")
    for title in ("A", "B"):
        make_review(session, alice, title=title, topic=travel)
    make_review(session, alice, title="C", state=State.CHANGES_REQUESTED, curator=cora)
    make_review(
        session,
        alice,
        title="D",
        topic=make_topic(session, "Pay"),
        state=State.APPROVED,
        curator=cora,
    )
    assert queries.counts_by_state(session, cora, QueueFilter(state="submitted")) == {
        State.SUBMITTED: 2,
        State.CHANGES_REQUESTED: 1,
    }
    assert queries.counts_by_state(session, cora, QueueFilter(topic="pay")) == {}


def test_paging_keeps_the_total(session: Session, alice: User, cora: User) -> None:
    for number in range(5):
        make_review(session, alice, title=f"Text {number}")
    total, page = queries.queue(session, cora, QueueFilter(), offset=4, limit=2)
    assert (total, len(page)) == (5, 1)


def test_who_is_named_for_one_topic_sees_that_one_only(
    session: Session, alice: User, bob: User, ada: User
) -> None:
    payroll = make_topic(session, "Payroll", curators=[bob])
    below = make_topic(session, "Bonus", parent=payroll)
    theirs = {
        make_review(session, alice, title="A", topic=payroll),
        make_review(session, alice, title="B", topic=below),
    }
    make_review(session, alice, title="C", topic=make_topic(session, "Travel"))
    assert set(shown(session, bob)) == theirs
    assert queries.counts_by_state(session, bob, QueueFilter()) == {State.SUBMITTED: 2}
    assert len(shown(session, ada)) == 3
    assert shown(session, alice) == []


def test_the_number_in_the_navigation_leaves_out_ones_own_and_what_others_decide(
    session: Session, alice: User, bob: User, cora: User
) -> None:
    payroll = make_topic(session, "Payroll", curators=[bob])
    travel = make_topic(session, "Travel")
    make_review(session, alice, title="A", topic=travel)
    make_review(session, alice, title="B", topic=payroll)
    make_review(session, cora, title="C", topic=travel)
    make_review(session, alice, title="D", topic=travel, coauthors=[cora])
    assert queries.waiting_for(session, cora) == 1
    assert queries.waiting_for(session, bob) == 1
    assert queries.waiting_for(session, alice) is None


def test_ones_submissions_show_the_open_ones_first(
    session: Session, alice: User, bob: User, cora: User, clock: Clock
) -> None:
    old = make_review(session, alice, title="Old")
    clock.move(days=1)
    done = make_review(session, alice, title="Done", state=State.APPROVED, curator=cora)
    clock.move(days=1)
    new = make_review(session, alice, title="New", coauthors=[bob])
    assert list(queries.submissions_of(session, alice)) == [new, old, done]
    assert list(queries.submissions_of(session, bob)) == [new]


def test_reviews_of_an_article_are_for_its_authors_and_curators(
    session: Session, alice: User, bob: User, cora: User
) -> None:
    article = make_article(session, make_user(session))
    mine = make_review(session, alice, article=article, body="Mine.")
    theirs = make_review(session, bob, article=article, body="Theirs.")
    assert list(queries.of_article(session, cora, article.id)) == [theirs, mine]
    assert list(queries.of_article(session, alice, article.id)) == [mine]
    assert list(queries.of_article(session, make_user(session), article.id)) == []


def test_yours_are_those_that_one_may_decide_now(
    session: Session, alice: User, cora: User, carl: User
) -> None:
    anything, sales = make_topic(session, "Any"), make_topic(session, "Sales", curators=[carl])
    open_one = make_review(session, alice, title="A", topic=anything)
    held = make_review(
        session, alice, title="B", topic=anything, state=State.IN_REVIEW, curator=cora
    )
    make_review(session, alice, title="C", topic=sales)
    own = make_review(session, cora, title="D", topic=anything)
    assert shown(session, cora, yours=True) == [open_one, held]
    assert own not in shown(session, cora, yours=True)
    elsewhere = make_user(session, "Dora", role=Role.CURATOR)
    assert set(shown(session, elsewhere, yours=True)) == {open_one, own}
