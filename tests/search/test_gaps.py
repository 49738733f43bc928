"""Gap cards: asked for, joined, claimed, carried by a draft, answered, and what curators decide."""

import logging
from datetime import timedelta
from itertools import permutations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock as core_clock
from core.db import Database
from core.errors import Conflict, Invalid, NotAllowed
from core.outbox import Event, record, subscribe
from curation import workflow
from curation.models import State
from kb import drafts, lifecycle
from kb.models import Draft, Kind
from kb.rendering import article_path
from people.models import User
from people.telling import Message
from search.gaps import answering, cards, listing, searched, telling, writing
from search.gaps.answering import NotInIndexYet
from search.keys import key_of
from search.models import Gap, GapAsker, GapState, SearchRecord
from search.query import parse
from tests.conftest import Clock, Deliveries
from tests.factories import edit, make_article, make_review, make_topic, make_user, submit


@pytest.fixture
def gap(session: Session, bob: User) -> Gap:
    """Bob asked for it, and wants to be told."""
    return cards.ask(session, "clean the grinder", note="Ours is a K30.", tell=True, by=bob)


@pytest.fixture
def follow() -> None:
    """As the application does when it starts."""
    drafts.follow("search-gaps", writing.note_article)


def state_of(gap: Gap) -> GapState:
    return gap.state


def askers(session: Session, gap: Gap) -> set[int]:
    return set(session.scalars(sa.select(GapAsker.user_id).where(GapAsker.gap_id == gap.id)))


class Indexed:
    """An index in which searches find at a rank, once it has the article."""

    def __init__(self, rank: int | None, *, has: bool = True) -> None:
        self.rank, self.has = rank, has

    def __call__(self, session: Session, query: str, article_id: int) -> int | None:
        return self.rank

    def holds(self, session: Session, article_id: int) -> bool:
        return self.has


# Asking


def test_who_asks_for_the_same_joins_the_card(session: Session, gap: Gap, alice: User) -> None:
    second = cards.ask(session, "Cleaning a grinder?", note="And the hopper.", tell=True, by=alice)
    again = cards.ask(session, "cleaning the grinder", note="And the hopper.", by=alice)
    assert second is gap
    assert again is gap
    assert gap.note == "Ours is a K30.\n\nAnd the hopper."
    assert askers(session, gap) == {alice.id, gap.by_id}


def test_who_does_not_want_to_be_told_is_not_noted(session: Session, bob: User) -> None:
    assert askers(session, cards.ask(session, "grinder", by=bob)) == set()


@pytest.mark.parametrize(
    "query", ["", "?!", "tag:vpn", "x" * 501], ids=["empty", "signs", "filter", "long"]
)
def test_a_card_needs_words_to_search_for(session: Session, bob: User, query: str) -> None:
    with pytest.raises(Invalid) as refused:
        cards.ask(session, query, by=bob)
    assert "q" in refused.value.fields


def test_curators_make_a_card_of_several_wordings_and_others_join_by_each(
    session: Session, gap: Gap, cora: User, alice: User
) -> None:
    made = cards.make(
        session, ["tender", "answer a tender", "grinder cleaning", "clean the grinder"], by=cora
    )
    assert [each.query for each in made.wordings] == [
        "tender",
        "answer a tender",
        "grinder cleaning",
    ]
    assert cards.ask(session, "answering tenders", by=alice) is made
    with pytest.raises(NotAllowed):
        cards.make(session, ["a", "b"], by=alice)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("install unicorn saddle", "unicorn saddle install?"),
        ("How do I install a unicorn saddle", "unicorn saddle, how to install"),
        ("convert csv to pdf", "csv convert to pdf"),
        ("windows 10 office 11", "office 11 windows 10"),
        ("switch off the alarm", "how to switch the alarm off"),
    ],
)
def test_the_same_words_in_another_order_are_the_same_card(
    session: Session, alice: User, bob: User, first: str, second: str
) -> None:
    gap = cards.ask(session, first, by=bob)
    assert cards.ask(session, second, tell=True, by=alice) is gap
    assert [wording.query for wording in gap.wordings] == [first, second]
    assert askers(session, gap) == {alice.id}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("convert csv to pdf", "convert pdf to csv"),
        ("csv nach pdf", "pdf nach csv"),
        ("travel before approval", "approval before travel"),
        ("travel before approval", "travel after approval"),
        ("switch off the alarm", "switch on the alarm"),
        ("printer is not working", "printer is working"),
        ("windows 10 office 11", "windows 11 office 10"),
        ("upgrade 2.3", "upgrade 3.2"),
        ("北京到上海", "上海到北京"),
        ('"time out" page', '"out time" page'),
        ("where is it", "it is where"),
        ("install saddle", "install saddle saddle"),
    ],
)
def test_words_whose_order_says_what_is_meant_are_two_cards(
    session: Session, alice: User, bob: User, first: str, second: str
) -> None:
    assert cards.ask(session, second, by=alice) is not cards.ask(session, first, by=bob)


def test_a_card_takes_only_so_many_orders_of_its_words(session: Session, bob: User) -> None:
    terms = ("burr", "motor", "dial", "hopper", "lid")
    orders = [" ".join(order) for order in permutations(terms)]
    gap = cards.ask(session, orders[0], by=bob)
    assert {cards.ask(session, order, by=bob).id for order in orders[:50]} == {gap.id}
    assert len(gap.wordings) == cards.MOST_WORDINGS


# Writing


def test_one_person_at_a_time_writes_it(session: Session, gap: Gap, alice: User, bob: User) -> None:
    writing.claim(session, gap.id, by=alice)
    assert writing.claim(session, gap.id, by=alice).writer_id == alice.id
    with pytest.raises(Conflict, match="Alice writes this already"):
        writing.claim(session, gap.id, by=bob)
    with pytest.raises(NotAllowed):
        writing.give_back(session, gap.id, by=bob)
    writing.give_back(session, gap.id, by=alice)
    assert writing.claim(session, gap.id, by=bob).writer_id == bob.id


def test_the_draft_begins_with_what_the_card_knows_and_is_made_once(
    session: Session, gap: Gap, alice: User, cora: User
) -> None:
    topic = make_topic(session, "Machines")
    cards.change(session, gap.id, query=gap.query, note="", topic=topic.slug, version=1, by=cora)
    draft = writing.begin(session, gap.id, Kind.HOWTO, dialect="commonmark", by=alice)
    again = writing.begin(session, gap.id, Kind.STORY, dialect="commonmark", by=alice)
    assert again is draft
    assert (draft.title, draft.topic_id, draft.kind) == ("Clean the grinder", topic.id, Kind.HOWTO)
    assert (gap.state, gap.writer_id, gap.draft_id) == (GapState.CLAIMED, alice.id, draft.id)
    assert writing.of_draft(session, draft.id) is gap


def written(session: Session, gap: Gap, by: User) -> Draft:
    draft = writing.begin(session, gap.id, Kind.HOWTO, dialect="commonmark", by=by)
    topic = make_topic(session)
    return edit(session, draft, summary="Clean in a minute.", body="Brush it.", topic_id=topic.id)


def test_a_draft_that_is_deleted_gives_the_card_back_and_its_writer_hears(
    session: Session, gap: Gap, alice: User
) -> None:
    draft = written(session, gap, alice)
    writing.open_abandoned(session)
    assert state_of(gap) is GapState.CLAIMED
    drafts.delete(draft, by=alice)
    session.flush()
    writing.open_abandoned(session)
    assert (gap.state, gap.writer_id, gap.draft_id) == (GapState.OPEN, None, None)
    event = session.scalars(sa.select(Event).where(Event.kind == writing.RELEASED)).one()
    [message] = telling._released(session, event)
    assert message.user_id == alice.id


def test_whoever_begins_anew_after_deleting_the_draft_is_not_told_to_hurry(
    session: Session, gap: Gap, alice: User
) -> None:
    first = written(session, gap, alice)
    drafts.delete(first, by=alice)
    second = written(session, gap, alice)
    assert second.id != first.id
    assert (gap.state, gap.draft_id) == (GapState.CLAIMED, second.id)
    assert session.scalars(sa.select(Event).where(Event.kind == writing.RELEASED)).all() == []


def test_what_nobody_begins_in_two_weeks_is_open_again(
    session: Session, gap: Gap, alice: User, clock: Clock
) -> None:
    writing.claim(session, gap.id, by=alice)
    clock.move(days=13)
    writing.open_abandoned(session)
    assert state_of(gap) is GapState.CLAIMED
    clock.move(days=2)
    writing.open_abandoned(session)
    assert state_of(gap) is GapState.OPEN


@pytest.mark.usefixtures("follow")
@pytest.mark.parametrize("end", [State.DECLINED, State.WITHDRAWN])
def test_a_text_that_comes_back_keeps_the_card_until_its_draft_goes(
    session: Session, gap: Gap, alice: User, cora: User, end: State
) -> None:
    draft = written(session, gap, alice)
    review = submit(session, draft)
    assert gap.article_id == review.article_id
    with pytest.raises(Conflict, match="under review"):
        writing.give_back(session, gap.id, by=alice)
    if end is State.WITHDRAWN:
        workflow.withdraw(session, review.id, by=alice)
    else:
        workflow.claim(session, review.id, by=cora)
        workflow.decline(
            session,
            review.id,
            version=review.version,
            revision=review.revision_id,
            reason="No.",
            by=cora,
        )
    session.flush()
    writing.open_abandoned(session)
    assert state_of(gap) is GapState.CLAIMED
    drafts.delete(draft, by=alice)
    session.flush()
    writing.open_abandoned(session)
    assert state_of(gap) is GapState.OPEN


@pytest.mark.usefixtures("follow")
def test_an_approved_text_answers_the_card_once_the_index_has_it(
    session: Session, database: Database, gap: Gap, alice: User, cora: User
) -> None:
    review = make_review(
        session, alice, state=State.APPROVED, curator=cora, draft=written(session, gap, alice)
    )
    session.flush()
    session.expire_all()
    writing.open_abandoned(session)  # its draft is gone, and that is no reason
    assert (gap.state, gap.draft_id) == (GapState.CLAIMED, None)
    published = Event(
        kind="article.published", subject=review.article_id, data={}, at=core_clock.now()
    )
    session.commit()
    with database.reading() as reading, pytest.raises(NotInIndexYet):
        answering.follow(reading, [published], Indexed(1, has=False))
    for rank in (3, 7):  # delivered twice, it is answered once
        with database.reading() as reading:
            answering.follow(reading, [published], Indexed(rank))
    session.expire_all()
    assert (gap.state, gap.rank, gap.article_id) == (GapState.ANSWERED, 3, review.article_id)
    event = session.scalars(sa.select(Event).where(Event.kind == answering.ANSWERED)).one()
    told = {message.user_id: message for message in telling._answered(session, event)}
    assert set(told) == {alice.id, gap.by_id}
    assert told[gap.by_id].path.startswith("/articles/")
    assert "now third" in told[alice.id].text


@pytest.mark.usefixtures("follow")
def test_that_the_index_has_not_got_a_text_yet_is_tried_again_without_alarm(
    session: Session,
    outbox: Deliveries,
    gap: Gap,
    alice: User,
    cora: User,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    index = Indexed(1, has=False)
    subscribe("cards", ["published"], lambda session, e: answering.follow(session, e, index))
    draft = written(session, gap, alice)
    review = make_review(session, alice, state=State.APPROVED, curator=cora, draft=draft)
    record(session, "published", review.article_id)
    outbox.drain()
    assert state_of(gap) is GapState.CLAIMED
    assert [log for log in caplog.records if log.levelno >= logging.WARNING] == []
    index.has = True
    clock.move(minutes=1)
    outbox.drain()
    assert state_of(gap) is GapState.ANSWERED


@pytest.mark.usefixtures("follow")
def test_of_an_article_hidden_meanwhile_nobody_is_told(
    session: Session, gap: Gap, alice: User, bob: User, cora: User
) -> None:
    article = make_article(session, alice, title="Clean the grinder", approver=cora)
    answering.answer_with(session, gap.id, article.slug or "", None, version=1, by=cora)
    lifecycle.hide(session, article, reason="A name is in it.", by=cora)
    session.flush()
    event = session.scalars(sa.select(Event).where(Event.kind == answering.ANSWERED)).one()
    assert list(telling._answered(session, event)) == []
    [card] = listing.seen(session, bob, [gap])
    assert card.article is None
    other = cards.ask(session, "grinder of steel", by=bob)
    with pytest.raises(Invalid):
        answering.answer_with(session, other.id, article.slug or "", 1, version=1, by=cora)


def test_who_says_what_an_answer_lacks_opens_the_card_again(
    session: Session, gap: Gap, alice: User, bob: User, cora: User
) -> None:
    article = make_article(session, alice, title="Clean the grinder", approver=cora)
    answering.answer_with(session, gap.id, article.slug or "", 1, version=1, by=cora)
    cards.ask(session, "clean the grinder", by=alice)
    assert state_of(gap) is GapState.ANSWERED
    cards.ask(session, "clean the grinder", note="Not for the K40.", tell=True, by=bob)
    assert (state_of(gap), gap.article_id, gap.rank) == (GapState.OPEN, None, None)
    assert gap.note.endswith("Not for the K40.")


@pytest.mark.parametrize("end", ["", "/", "#steps", "?q=grinder#steps", "/?q=grinder"])
def test_an_article_is_named_by_its_address_as_it_is_copied(
    session: Session, gap: Gap, alice: User, cora: User, end: str
) -> None:
    article = make_article(session, alice, title="研磨機 cleaning")
    address = f"https://kb.example.com{article_path(article.slug or '')}{end}"
    answering.answer_with(session, gap.id, address, 1, version=1, by=cora)
    assert gap.article_id == article.id


@pytest.mark.parametrize("way", ["archived", "hidden", "deleted"])
@pytest.mark.parametrize("note", ["", "It was of use."])
def test_whoever_asks_for_what_an_article_answered_that_is_gone_opens_the_card_again(
    session: Session, gap: Gap, alice: User, cora: User, way: str, note: str
) -> None:
    article = make_article(session, alice, title="Clean the grinder", approver=cora)
    answering.answer_with(session, gap.id, article.slug or "", 1, version=1, by=cora)
    if way == "archived":
        lifecycle.archive(session, article, number=1, reason="The grinder is gone.", by=cora)
    elif way == "hidden":
        lifecycle.hide(session, article, reason="A name is in it.", by=cora)
    else:
        gap.article_id = None
    session.flush()
    asked = cards.ask(session, "clean the grinder", note=note, tell=True, by=alice)
    assert asked is gap
    assert (state_of(gap), gap.article_id, gap.closed_at) == (GapState.OPEN, None, None)
    assert askers(session, gap) == {alice.id, gap.by_id}
    assert listing.is_asker(session, gap, alice)


def test_a_curator_who_makes_a_card_whose_article_is_gone_opens_it_again(
    session: Session, gap: Gap, alice: User, cora: User
) -> None:
    article = make_article(session, alice, title="Clean the grinder", approver=cora)
    answering.answer_with(session, gap.id, article.slug or "", 1, version=1, by=cora)
    assert cards.make(session, [gap.query], by=cora).state is GapState.ANSWERED
    lifecycle.archive(session, article, number=1, reason="The grinder is gone.", by=cora)
    session.flush()
    assert cards.make(session, [gap.query], by=cora).state is GapState.OPEN


# What curators decide


def test_of_two_who_decide_on_the_same_card_one_wins(
    session: Session, gap: Gap, cora: User, carl: User
) -> None:
    cards.dismiss(session, gap.id, reason="The maker says it.", version=1, by=cora)
    cards.dismiss(session, gap.id, reason="The maker says it.", version=1, by=cora)
    with pytest.raises(Conflict, match="Somebody changed this card"):
        cards.dismiss(session, gap.id, reason="No machine has one.", version=1, by=carl)
    assert gap.closed_because == "The maker says it."
    assert cards.reopen(session, gap.id, version=2, by=carl).state is GapState.OPEN
    assert cards.reopen(session, gap.id, version=2, by=carl).state is GapState.OPEN


@pytest.mark.parametrize("action", ["dismiss", "reopen", "change", "merge", "answer"])
def test_only_curators_decide(session: Session, gap: Gap, alice: User, action: str) -> None:
    other = cards.ask(session, "tender", by=alice)
    acts = {
        "dismiss": lambda: cards.dismiss(session, gap.id, reason="No.", version=1, by=alice),
        "reopen": lambda: cards.reopen(session, gap.id, version=1, by=alice),
        "change": lambda: cards.change(
            session, gap.id, query="x", note="", topic="", version=1, by=alice
        ),
        "merge": lambda: cards.merge(session, gap.id, into=other.id, version=1, by=alice),
        "answer": lambda: answering.answer_with(session, gap.id, "x", 1, version=1, by=alice),
    }
    with pytest.raises(NotAllowed):
        acts[action]()


def told_of_closing(session: Session) -> dict[int, Message]:
    """What is composed for each closing so far; who was told is noted."""
    events = session.scalars(sa.select(Event).where(Event.kind == cards.DISMISSED)).all()
    return {m.user_id: m for event in events for m in telling._dismissed(session, event)}


def test_who_asked_is_told_once_why_a_card_was_closed_without_an_article(
    session: Session, gap: Gap, alice: User, bob: User, cora: User
) -> None:
    cards.ask(session, "clean the grinder", tell=True, by=alice)
    cards.ask(session, "clean the grinder", by=make_user(session))
    cards.dismiss(session, gap.id, reason="The maker does it.", version=1, by=cora)
    told = told_of_closing(session)
    assert set(told) == {alice.id, bob.id}
    assert "The maker does it." in told[alice.id].text
    assert told[alice.id].path == f"/search/gaps/{gap.id}"
    assert told_of_closing(session) == {}


def test_who_was_told_of_the_closing_waits_again_once_the_card_is_open_again(
    session: Session, gap: Gap, bob: User, alice: User, cora: User, clock: Clock
) -> None:
    cards.dismiss(session, gap.id, reason="No.", version=1, by=cora)
    clock.move(minutes=1)
    told_of_closing(session)
    assert not listing.is_asker(session, gap, bob)
    cards.reopen(session, gap.id, version=gap.version, by=cora)
    session.expire_all()
    assert told_of_closing(session) == {}  # delivered late, it is no news any more
    assert listing.is_asker(session, gap, bob)


def test_who_was_told_of_an_answer_before_does_not_wait_again_after_a_closing(
    session: Session, gap: Gap, bob: User, alice: User, cora: User, clock: Clock
) -> None:
    session.get_one(GapAsker, (gap.id, bob.id)).told_at = core_clock.now()
    clock.move(minutes=1)
    cards.dismiss(session, gap.id, reason="No.", version=1, by=cora)
    cards.reopen(session, gap.id, version=gap.version, by=cora)
    session.expire_all()
    assert not listing.is_asker(session, gap, bob)


def test_of_a_card_that_was_joined_to_another_nobody_hears_that_it_was_closed(
    session: Session, gap: Gap, alice: User, cora: User
) -> None:
    other = cards.ask(session, "grinder maintenance", tell=True, by=alice)
    cards.merge(session, gap.id, into=other.id, version=1, by=cora)
    assert told_of_closing(session) == {}


def test_joined_cards_share_wordings_and_who_asked(
    session: Session, gap: Gap, cora: User, alice: User
) -> None:
    other = cards.ask(session, "grinder maintenance", tell=True, by=alice)
    cards.want_to_know(session, other, by=session.get_one(User, gap.by_id))
    merged = cards.merge(session, gap.id, into=other.id, version=1, by=cora)
    assert cards.merge(session, gap.id, into=other.id, version=1, by=cora) is merged
    assert {each.query for each in merged.wordings} == {"clean the grinder", "grinder maintenance"}
    assert askers(session, merged) == {alice.id, gap.by_id}
    assert state_of(gap) is GapState.DISMISSED
    assert cards.ask(session, "clean the grinder", by=alice) is merged
    with pytest.raises(Conflict, match="on another card"):
        cards.reopen(session, gap.id, version=gap.version, by=cora)


def test_what_a_card_hides_of_a_search_goes_with_the_last_record_of_it(
    session: Session, alice: User, cora: User
) -> None:
    records = [
        SearchRecord(at=core_clock.now(), query=query, key=key_of(parse(query)), found=0)
        for query in ("call 079 123 45 67", "call me")
    ]
    session.add_all(records)
    session.flush()
    gap = cards.make(session, ["call […]"], searches=[each.id for each in records], by=cora)
    hidden = [key_of(parse("call 079 123 45 67"))]
    kept = ["call"]
    assert [each.key for each in gap.wordings] == kept + hidden
    assert {each.query for each in gap.wordings} == {"call […]"}
    searched.forget_hidden(session)
    session.expire_all()
    assert [each.key for each in gap.wordings] == kept + hidden
    session.execute(sa.delete(SearchRecord))
    searched.forget_hidden(session)
    session.expire_all()
    assert [each.key for each in gap.wordings] == kept


def test_a_card_counts_each_who_looked_for_any_of_its_wordings_or_asked(
    session: Session, gap: Gap, alice: User, cora: User, clock: Clock
) -> None:
    cards.make(session, ["clean the grinder", "dirty grinder"], by=cora)
    for person, key, days in (
        (alice, "clean grinder", 1),
        (alice, "dirti grinder", 2),
        (make_user(session), "dirti grinder", 3),
        (make_user(session), "dirti grinder", 40),
        (make_user(session), "tender", 1),
    ):
        at = clock.now() - timedelta(days=days)
        session.add(SearchRecord(at=at, query=key, key=key, found=0, user_id=person.id))
    session.flush()
    assert listing.searchers(session, [gap.id]) == {gap.id: 3}  # with Bob, who asked
