"""Did it work: each reader's last word is counted, of the text it was said of, and nobody's own."""

from collections.abc import Callable
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from core import periodic
from core.db import Database
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.outbox import Event
from kb import lifecycle, outcomes
from kb.models import Article, Outcome
from people.models import User
from tests.conftest import Clock
from tests.factories import make_article, make_user, republish, said, settle


@pytest.fixture
def article(session: Session, alice: User, cora: User) -> Article:
    return make_article(session, alice, approver=cora)


def counted(article: Article) -> tuple[int, int]:
    return article.worked, article.failed


def words(session: Session) -> list[str]:
    return list(session.scalars(sa.select(Outcome.query)))


def events(session: Session) -> list[tuple[int, int | None]]:
    query = sa.select(Event.subject, Event.actor).where(Event.kind == outcomes.SAID)
    return [(row.subject, row.actor) for row in session.execute(query)]


def test_each_reader_counts_once_and_by_their_last_word(
    session: Session, article: Article, bob: User, cora: User
) -> None:
    said(session, article, bob, worked=True)
    said(session, article, cora, worked=False)
    assert counted(article) == (1, 1)
    said(session, article, bob, worked=False)
    assert counted(article) == (0, 2)


def test_the_second_click_says_nothing_new(session: Session, article: Article, bob: User) -> None:
    for _ in range(2):
        said(session, article, bob, worked=True)
    assert counted(article) == (1, 0)
    assert events(session) == [(article.id, bob.id)]


def test_what_was_said_can_be_taken_back_and_once_is_enough(
    session: Session, article: Article, bob: User
) -> None:
    said(session, article, bob, worked=False)
    for _ in range(2):
        outcomes.take_back(session, article, by=bob)
    assert counted(article) == (0, 0)
    assert len(events(session)) == 2


def test_another_text_forgets_what_did_not_work_and_keeps_what_did(
    session: Session, article: Article, alice: User, bob: User, cora: User
) -> None:
    said(session, article, bob, worked=True)
    said(session, article, cora, worked=False)
    republish(session, article, alice, by=cora, body="Another way.")
    assert counted(article) == (1, 0)


def test_the_same_text_by_another_title_keeps_what_was_said_of_it(
    session: Session, article: Article, bob: User, ada: User
) -> None:
    said(session, article, bob, worked=False)
    topic = article.topic
    lifecycle.place(
        session, article, title="Reset it", topic=topic, number=1, reason="Shorter.", by=ada
    )
    assert counted(article) == (0, 1)


def test_an_earlier_text_comes_back_with_what_was_said_of_it(
    session: Session, article: Article, alice: User, bob: User, ada: User
) -> None:
    said(session, article, bob, worked=False)
    republish(session, article, alice, by=ada, body="Another way.")
    lifecycle.roll_back(session, article, to=1, number=2, reason="Worse.", by=ada)
    assert counted(article) == (0, 1)


def test_a_word_about_an_earlier_text_does_not_count_against_the_live_one(
    session: Session, article: Article, alice: User, bob: User, cora: User
) -> None:
    seen = article.live_revision_id or 0
    republish(session, article, alice, by=cora, body="Another way.")
    is_live = outcomes.say(session, article, revision_id=seen, worked=False, by=bob)
    assert not is_live
    assert counted(article) == (0, 0)
    assert said(session, article, bob, worked=False)
    assert counted(article) == (0, 1)


def test_authors_of_any_published_text_do_not_count(
    session: Session, article: Article, alice: User, bob: User, cora: User
) -> None:
    with pytest.raises(NotAllowed, match="have written in this article"):
        said(session, article, alice)
    said(session, article, bob)
    republish(session, article, bob, by=cora, body="Another way.")
    assert counted(article) == (0, 0)  # Bob is one of them now
    with pytest.raises(NotAllowed):
        said(session, article, bob)


def test_authors_of_one_article_count_for_another_and_others_for_theirs(
    session: Session, article: Article, alice: User, bob: User, cora: User
) -> None:
    together = make_article(session, alice, title="Together", coauthors=[bob])
    said(session, article, bob)
    said(session, together, cora)
    with pytest.raises(NotAllowed):
        said(session, together, bob)
    assert (counted(article), counted(together)) == ((1, 0), (1, 0))


def test_only_a_text_that_readers_had_is_spoken_of(
    session: Session, article: Article, alice: User, bob: User
) -> None:
    other = make_article(session, alice, title="Another")
    with pytest.raises(Invalid, match="Open the article again"):
        outcomes.say(session, article, revision_id=other.live_revision_id or 0, worked=True, by=bob)


@pytest.mark.parametrize(
    ("withhold", "error"),
    [
        (lambda article, now: setattr(article, "archived_at", now), Conflict),
        (lambda article, now: setattr(article, "hidden_at", now), NotFound),
    ],
)
def test_nobody_is_asked_about_what_is_withheld(
    session: Session,
    article: Article,
    bob: User,
    clock: Clock,
    withhold: Callable[..., None],
    error: type[Exception],
) -> None:
    withhold(article, clock.now())
    session.flush()
    with pytest.raises(error):
        said(session, article, bob)
    with pytest.raises(error):
        outcomes.take_back(session, article, by=bob)


def test_two_readers_at_the_same_moment_are_both_counted(
    database: Database, session: Session, article: Article
) -> None:
    readers = [make_user(session, name).id for name in ("One", "Two", "Three")]
    session.commit()
    together = Barrier(len(readers) * 2)

    def speak(reader: int) -> None:
        together.wait()
        with database.writing() as own:
            present = own.get_one(Article, article.id)
            said(own, present, own.get_one(User, reader))
            own.commit()

    threads = [Thread(target=speak, args=(reader,)) for reader in readers * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    settle(session)
    assert counted(session.get_one(Article, article.id)) == (3, 0)
    assert len(events(session)) == 3


def test_a_change_of_mind_keeps_the_words_by_which_it_was_found(
    session: Session, article: Article, bob: User
) -> None:
    said(session, article, bob, worked=True, query=" vpn\nhotel ")
    said(session, article, bob, worked=False)
    assert words(session) == ["vpn hotel"]


def test_the_words_are_forgotten_after_thirty_days(
    session: Session, article: Article, bob: User, cora: User, clock: Clock
) -> None:
    said(session, article, bob, query="vpn hotel")
    clock.move(days=29)
    said(session, article, cora, query="reset")
    clock.move(days=2)
    outcomes.forget(session)
    assert sorted(words(session)) == ["", "reset"]
    assert counted(article) == (2, 0)


def test_no_words_are_left_after_thirty_days_though_the_mind_was_changed_meanwhile(
    app: Flask, database: Database, session: Session, article: Article, bob: User, clock: Clock
) -> None:
    session.commit()
    periodic.run_due(database)
    said(session, article, bob, query="vpn hotel")
    clock.move(days=29)
    said(session, article, bob, worked=False)
    session.commit()
    periodic.run_due(database)
    assert words(session) == ["vpn hotel"]
    session.commit()
    for _ in range(20):
        clock.move(hours=1)
        periodic.run_due(database)
    session.expire_all()
    assert words(session) == [""]
    assert counted(session.get_one(Article, article.id)) == (0, 1)


def test_who_finds_it_anew_is_remembered_by_the_words_of_then(
    session: Session, article: Article, bob: User, clock: Clock
) -> None:
    said(session, article, bob, query="vpn hotel")
    clock.move(days=29)
    said(session, article, bob, worked=False, query="tunnel")
    clock.move(days=29)
    outcomes.forget(session)
    assert words(session) == ["tunnel"]


def test_owners_see_what_did_not_work_by_how_many(
    session: Session, article: Article, alice: User, bob: User, cora: User
) -> None:
    other = make_article(session, alice, title="Another")
    make_article(session, alice, title="A third")
    said(session, article, bob, worked=False)
    for reader in (bob, cora):
        said(session, other, reader, worked=False)
    found = [(row.title, row.failed) for row in outcomes.failing(session, alice)]
    assert found == [("Another", 2), ("Reset the VPN", 1)]
    assert outcomes.failing(session, bob) == []
