"""What titles in the database are offered while there is no index."""

import pytest
from sqlalchemy.orm import Session

from kb.models import Kind
from people.models import User
from search.query import parse
from search.titles import titled
from tests.factories import make_article, make_topic, make_user

TALLY, TRAIN, EXPENSES, PARTY = (
    "Claim travel expenses in Tally",
    "Claim expenses of a train",
    "Expenses: how do I begin?",
    "A party, and what we do with all the expenses of it",
)


@pytest.fixture
def articles(session: Session, alice: User) -> None:
    office = make_topic(session, "Office")
    finance = make_topic(session, "Finance", parent=office)
    tomasz = make_user(session, "Tomasz Wieczorek")
    make_article(session, alice, title=TALLY, topic=finance, tags=("money",))
    make_article(session, tomasz, title=TRAIN, topic=finance)
    make_article(session, alice, title=EXPENSES, topic=office, tags=("money",))
    make_article(session, alice, title=PARTY, topic=make_topic(session, "Fun"), kind=Kind.STORY)
    make_article(session, alice, title="Expenses of nobody", published=False)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("claim expenses", [TRAIN, TALLY]),
        ("How do I claim travel expenses?", [TALLY]),
        ("how do I", [EXPENSES]),
        ('"expenses"', [PARTY, EXPENSES, TRAIN, TALLY]),
        ('"travel expenses"', [TALLY]),
        ('claim "expenses travel"', []),
        ("claim expenses -tally", [TRAIN]),
        ("claim expenses -trains", [TALLY]),
        ('claim -"travel expenses"', [TRAIN]),
        ("expenses topic:finance", [TRAIN, TALLY]),
        ("expenses topic:office -topic:finance", [EXPENSES]),
        ("expenses kind:story", [PARTY]),
        ("expenses kind:story kind:guide tag:money", [EXPENSES, TALLY]),
        ("expenses author:tomasz", [TRAIN]),
        ("expenses -author:alice", [TRAIN]),
        ("expenses tag:none", []),
        ("topic:finance", []),
        ("-tally", []),
        ("", []),
    ],
)
def test_titles_with_the_words_are_offered_if_they_fulfil_the_conditions(
    session: Session, articles: None, bob: User, typed: str, offered: list[str]
) -> None:
    rows = titled(session, parse(typed), by=bob, limit=10)
    assert [row.title for row in rows] == offered


def test_conditions_beside_the_query_count_too_and_so_does_the_limit(
    session: Session, articles: None, bob: User
) -> None:
    query = parse("expenses").narrowed({"topic": "office", "kind": "howto"})
    assert [row.title for row in titled(session, query, by=bob, limit=10)] == [
        EXPENSES,
        TRAIN,
        TALLY,
    ]
    assert len(titled(session, query, by=bob, limit=2)) == 2


def test_who_left_is_offered_nothing(session: Session, articles: None) -> None:
    gone = make_user(session, "Gone", active=False)
    assert titled(session, parse("expenses"), by=gone, limit=10) == []
