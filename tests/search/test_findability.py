"""Where a text under review would stand in search, and what it would push down."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from core import clock
from core.db import db
from kb.models import Article, Revision
from people.models import User
from search import Search, indexing
from search.findability import Findability, findability
from search.models import SearchRecord
from tests.conftest import Clock
from tests.factories import make_article, make_draft, make_review, make_revision

Look = Callable[..., Findability]


@pytest.fixture
def look(app: Flask, session: Session, cora: User) -> Look:
    """What the review page would say of a revision, with everything published in the index."""
    room: Search = app.extensions["search"]

    def look(revision: Revision, reader: User | None = None) -> Findability:
        session.commit()
        with app.app_context():
            indexing.rebuild(db, room.engine)
        searcher = room.engine.searcher()
        return findability(session, room.pipeline, searcher, revision, reader or cora)

    return look


def looked_for(session: Session, query: str, *, times: int = 1, found: int = 0) -> None:
    for _ in range(times):
        session.add(SearchRecord(at=clock.now(), query=query, key=query, found=found))


def titles(places: object) -> list[str]:
    return [place.title for place in places]  # type: ignore[attr-defined]


def test_a_new_text_has_a_rank_for_the_words_of_its_title(
    session: Session, alice: User, bob: User, look: Look
) -> None:
    make_article(session, bob, title="Printer", body="The VPN box stands beside the printer.")
    make_article(session, bob, title="Badge", body="Nothing about it.")
    revision = make_review(session, alice, title="Reset the VPN").revision
    standing = look(revision).title
    assert standing.rank == 1
    assert standing.rank_now is None
    assert titles(standing.below) == ["Printer"]
    assert titles(standing.pushed) == ["Printer"]
    assert standing.above == ()


def test_what_stands_above_is_named(session: Session, alice: User, bob: User, look: Look) -> None:
    make_article(session, bob, title="VPN", summary="VPN", tags=["vpn"], body="VPN, VPN, VPN.")
    revision = make_review(session, alice, title="A VPN and much else besides it").revision
    standing = look(revision).title
    assert standing.rank in (1, 2)
    assert titles((*standing.above, *standing.below)) == ["VPN"]


def test_a_change_is_compared_with_the_live_text(
    session: Session, alice: User, bob: User, look: Look
) -> None:
    article = make_article(session, alice, title="Badges", body="Also of the VPN.")
    make_article(session, bob, title="VPN", body="VPN")
    revision = make_revision(session, article, alice, title="VPN: reset the VPN", tags=["vpn"])
    standing = look(revision).title
    assert standing.rank_now == 2
    assert standing.rank == 1
    assert titles(standing.pushed) == ["VPN"]


def test_a_text_that_would_not_be_on_the_first_page_has_no_rank(
    session: Session, alice: User, bob: User, look: Look
) -> None:
    for number in range(12):
        make_article(session, bob, title=f"VPN {number}", summary="VPN", body="VPN VPN")
    revision = make_review(session, alice, title="Other", body="A VPN. " + "word " * 400).revision
    looked_for(session, "vpn")
    assert look(revision).searches == ()


def test_searches_that_found_nothing_and_would_find_it_are_told_with_their_number(
    session: Session, alice: User, look: Look
) -> None:
    looked_for(session, "frobnic")
    looked_for(session, "vpn", times=3)
    looked_for(session, "travel", times=5)
    looked_for(session, "client", found=2)
    revision = make_review(session, alice, title="Reset the VPN", body="Frobnicate the client.")
    told = look(revision.revision).searches
    assert [(each.query, each.times, each.rank) for each in told] == [
        ("vpn", 3, 1),
        ("frobnic", 1, 1),
    ]


def test_searches_of_long_ago_are_not_told(
    session: Session, alice: User, look: Look, clock: Clock
) -> None:
    looked_for(session, "vpn")
    clock.move(days=31)
    revision = make_review(session, alice, title="Reset the VPN").revision
    assert look(revision).searches == ()


def test_no_more_than_five_searches_are_told(session: Session, alice: User, look: Look) -> None:
    words = ["one", "two", "three", "four", "five", "six", "seven"]
    for word in words:
        looked_for(session, word)
    revision = make_review(session, alice, title="Numbers", body=" ".join(words)).revision
    assert len(look(revision).searches) == 5


@pytest.mark.parametrize("taken", ["hidden_at", "archived_at"])
def test_what_the_reader_may_not_find_is_not_named(
    session: Session, alice: User, bob: User, look: Look, taken: str
) -> None:
    other = make_article(session, bob, title="VPN secrets", body="VPN")
    setattr(other, taken, clock.now())
    revision = make_review(session, alice, title="Reset the VPN").revision
    standing = look(revision).title
    assert (standing.above, standing.below, standing.pushed) == ((), (), ())


def test_looking_writes_nothing(session: Session, alice: User, app: Flask, look: Look) -> None:
    revision = make_review(session, alice, title="Reset the VPN").revision
    look(revision)
    assert not session.new
    assert not session.dirty
    room: Search = app.extensions["search"]
    assert room.engine.searcher().documents == 0


# The page


def test_the_page_can_be_read_by_who_may_read_the_review(
    session: Session, alice: User, bob: User, cora: User, new_client: Callable[[User], object]
) -> None:
    make_article(session, bob, title="Printer", body="The VPN box stands beside it.")
    review = make_review(session, alice, draft=make_draft(session, alice, title="Reset the VPN"))
    address = f"/reviews/{review.id}/findability"
    for reader in (alice, cora):
        response = new_client(reader).get(address)  # type: ignore[attr-defined]
        assert response.status_code == 200
        assert "Reset the VPN" in response.text
    assert new_client(bob).get(address).status_code == 404  # type: ignore[attr-defined]


def test_without_an_index_the_page_says_so(
    session: Session,
    alice: User,
    app: Flask,
    new_client: Callable[[User], object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    review = make_review(session, alice)
    client = new_client(alice)
    room: Search = app.extensions["search"]
    room.repairer._not_before = float("inf")
    response = client.get(f"/reviews/{review.id}/findability")  # type: ignore[attr-defined]
    assert response.status_code == 200
    assert "cannot be asked at present" in response.text


def test_published_texts_that_say_the_same_are_named_to_the_checks(
    session: Session, alice: User, bob: User, app: Flask, look: Look
) -> None:
    body = "Open the client of the VPN, choose the second profile, press reset and wait."
    other: Article = make_article(session, bob, title="Back online", body=body)
    revision = make_review(session, alice, title="VPN", body=body).revision
    look(revision)
    with app.app_context():
        assert app.extensions["similar_published"](session, alice, revision) == [other.id]
