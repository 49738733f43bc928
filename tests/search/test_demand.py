"""How many people searched in vain for what a text under review would answer."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from core import clock as core_clock
from core import outbox as core_outbox
from core import periodic
from core.db import Database
from core.outbox import Event
from curation import workflow
from kb.models import ArticleDemand
from kb.views import demand_of
from people.models import User
from search.demand import CHANGED, Demand
from search.engines import open_engine
from search.keys import key_of
from search.models import SearchRecord
from search.query import parse
from tests.conftest import Clock, Deliveries
from tests.factories import make_article, make_review, make_user

Wanted = Callable[..., int]


@pytest.fixture
def people(session: Session) -> list[User]:
    return [make_user(session, f"Reader {letter}") for letter in "abcde"]


@pytest.fixture
def demand(database: Database, tmp_path: Path) -> Demand:
    """Without an index: all terms weigh alike."""
    return Demand(database, open_engine("tantivy:", tmp_path / "search"))


@pytest.fixture
def wanted(session: Session, alice: User, demand: Demand) -> Wanted:
    """The number of those who searched for what a new text under review says."""

    def wanted(**text: object) -> int:
        texts = {"title": "Text", "summary": "", "body": "Words."} | text
        review = make_review(session, alice, **texts)
        session.commit()
        demand.refresh()
        return demand_of(session, [review.article_id])[review.article_id]

    return wanted


def searched(
    session: Session,
    by: User,
    query: str,
    *,
    at: timedelta = timedelta(hours=1),
    opened: int | None = None,
    found: int = 0,
) -> SearchRecord:
    record = SearchRecord(
        at=core_clock.now() - at,
        query=query,
        key=key_of(parse(query)),
        found=found,
        user_id=by.id,
        opened_id=opened,
    )
    session.add(record)
    session.flush()
    return record


# Whose searches count


def test_people_count_once_however_often_they_ask(
    session: Session, people: list[User], wanted: Wanted
) -> None:
    for person in people[:3]:
        searched(session, person, "colour printing")
        searched(session, person, "print colours", at=timedelta(hours=2))
    assert wanted(title="Print in colour", summary="On every floor.") == 3


def test_what_found_something_that_nobody_opened_counts_too(
    session: Session, people: list[User], wanted: Wanted
) -> None:
    searched(session, people[0], "colour printing", found=7)
    assert wanted(title="Print in colour", summary="On every floor.") == 1


def test_who_opened_something_searched_not_in_vain(
    session: Session, people: list[User], alice: User, wanted: Wanted
) -> None:
    there = make_article(session, alice, title="Printers")
    for person in people[:3]:
        searched(session, person, "colour printing", opened=there.id)
    searched(session, people[1], "colour printing", at=timedelta(hours=9))  # the first time
    assert wanted(title="Print in colour", summary="On every floor.") == 0


def test_who_was_helped_by_other_words_searched_not_in_vain(
    session: Session, people: list[User], alice: User, wanted: Wanted
) -> None:
    there = make_article(session, alice, title="Printers")
    first = searched(session, people[0], "colour printing")
    second = searched(session, people[0], "colored print")
    first.refined_to, second.refined_to = (
        second,
        searched(session, people[0], "printer", opened=there.id),
    )
    again = searched(session, people[1], "colour printing")
    again.refined_to = searched(session, people[1], "colored print")
    assert wanted(title="Print in colour", summary="On every floor.") == 1


def test_what_was_asked_more_than_a_week_ago_counts_no_more(
    session: Session, people: list[User], wanted: Wanted, clock: Clock
) -> None:
    searched(session, people[0], "colour printing", at=timedelta(days=7, minutes=1))
    searched(session, people[1], "colour printing", at=timedelta(days=6, hours=23))
    assert wanted(title="Print in colour", summary="On every floor.") == 1


def test_that_its_author_looked_for_it_first_is_no_demand(
    session: Session, people: list[User], alice: User, wanted: Wanted
) -> None:
    searched(session, alice, "colour printing")
    searched(session, people[0], "colour printing")
    assert wanted(title="Print in colour", summary="On every floor.") == 1


# What a text answers


@pytest.mark.parametrize(
    ("query", "answered"),
    [
        ("how do I print in colour?", True),
        ("print", True),
        ("print duplex", False),  # half of it
        ("printers every floor", True),  # in title and summary
        ("colour print floor duplex", True),  # most of it
        ("print plotter", True),  # all of it, one word being a tag
        ("plotter poster", False),
        ("toner", False),  # the text alone says it
    ],
)
def test_a_text_answers_what_its_title_tags_summary_and_headings_say(
    session: Session, people: list[User], wanted: Wanted, query: str, answered: bool
) -> None:
    searched(session, people[0], query)
    number = wanted(
        title="Print in colour",
        summary="On every floor there is one printer.",
        tags=["plotter"],
        body="Change the toner first.",
    )
    assert number == (1 if answered else 0)


def test_a_rare_word_weighs_more_than_a_common_one(
    app: Flask,
    session: Session,
    people: list[User],
    alice: User,
    outbox: Deliveries,
    clock: Clock,
    database: Database,
) -> None:
    for number in range(12):
        make_article(session, alice, title=f"Travel guide {number}")
    make_review(session, alice, title="Visa for Brazil", summary="Ask early.")
    searched(session, people[0], "travel visa")
    searched(session, people[1], "travel passport")
    make_review(session, alice, title="Travel by night", summary="Trains only.")
    outbox.drain()
    periodic.run_due(database)
    assert sorted(numbers(session).values()) == [1]


def numbers(session: Session) -> dict[int, int]:
    query = sa.select(ArticleDemand.article_id, ArticleDemand.searchers)
    found = {row.article_id: row.searchers for row in session.execute(query)}
    session.commit()  # so that others can write
    return found


def test_two_proposals_to_one_article_have_the_people_of_both(
    session: Session, people: list[User], alice: User, bob: User, demand: Demand
) -> None:
    article = make_article(session, alice, title="Printers")
    make_review(session, alice, article=article, title="Printers in colour", summary="Now.")
    make_review(session, bob, article=article, title="Printers and plotters", summary="Now.")
    searched(session, people[0], "colour")
    searched(session, people[1], "plotter")
    searched(session, people[1], "colour")
    searched(session, alice, "plotter")  # of hers it is the other text
    session.commit()
    demand.refresh()
    assert numbers(session) == {article.id: 3}


# What is kept, and who is told


def told(session: Session) -> Sequence[int]:
    query = sa.select(Event.subject).where(Event.kind == CHANGED).order_by(Event.id)
    found = session.scalars(query).all()
    session.commit()
    return found


def test_a_change_is_told_once_and_what_was_decided_is_dropped(
    session: Session, people: list[User], alice: User, cora: User, demand: Demand
) -> None:
    review = make_review(session, alice, title="Print in colour")
    searched(session, people[0], "colour")
    session.commit()
    demand.refresh()
    demand.refresh()
    assert told(session) == [review.article_id]
    searched(session, people[1], "colour")
    session.commit()
    demand.refresh()
    assert told(session) == [review.article_id] * 2
    assert numbers(session) == {review.article_id: 2}
    workflow.withdraw(session, review.id, by=alice)
    session.commit()
    demand.refresh()
    assert numbers(session) == {}
    assert len(told(session)) == 2


def test_a_text_nobody_looked_for_is_told_to_nobody(
    session: Session, alice: User, demand: Demand
) -> None:
    make_review(session, alice, title="Print in colour")
    session.commit()
    demand.refresh()
    assert (numbers(session), told(session)) == ({}, [])


def test_when_nobody_asks_any_more_the_number_is_nought(
    session: Session, people: list[User], alice: User, demand: Demand, clock: Clock
) -> None:
    review = make_review(session, alice, title="Print in colour")
    searched(session, people[0], "colour")
    session.commit()
    demand.refresh()
    clock.move(days=8)
    demand.refresh()
    assert numbers(session) == {review.article_id: 0}
    assert len(told(session)) == 2


def test_a_submission_has_its_number_at_once_and_all_of_them_every_five_minutes(
    app: Flask,
    session: Session,
    people: list[User],
    alice: User,
    outbox: Deliveries,
    database: Database,
    clock: Clock,
) -> None:
    session.commit()
    periodic.run_due(database)
    searched(session, people[0], "colour")
    review = make_review(session, alice, title="Print in colour")
    outbox.drain()
    assert numbers(session) == {review.article_id: 1}
    searched(session, people[1], "colour")
    session.commit()
    clock.move(minutes=5)
    periodic.run_due(database)
    assert numbers(session) == {review.article_id: 2}


def test_a_text_that_was_counted_is_not_counted_again_for_the_next_submission(
    session: Session, people: list[User], alice: User, demand: Demand
) -> None:
    first = make_review(session, alice, title="Print in colour")
    session.commit()
    demand.refresh_new()
    searched(session, people[0], "colour")
    second = make_review(session, alice, title="Colour and light")
    session.commit()
    demand.refresh_new()
    assert numbers(session) == {second.article_id: 1}
    demand.refresh()
    assert numbers(session) == {first.article_id: 1, second.article_id: 1}


def test_demand_is_one_of_the_things_that_are_listened_for(app: Flask) -> None:
    assert "review.submitted" in core_outbox.subscribers()["search-demand"].kinds
