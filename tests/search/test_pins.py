"""Pins: who puts which article first for which search, until when, and what ends it."""

from threading import Barrier, Thread
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.audit import AuditEntry
from core.db import Database
from core.errors import Invalid, NotAllowed
from kb import lifecycle
from kb.models import Article
from people.models import Notice, User
from search import pin_log, pins
from search.keys import key_of
from search.models import Pin
from search.query import parse
from tests.conftest import Clock, Deliveries
from tests.factories import make_article, make_topic


def pin(
    session: Session,
    by: User,
    article: Article,
    query: str = "vpn hotel",
    *,
    because: str = "They call it gate.",
    days: int = 90,
) -> Pin:
    return pins.pin(session, query, article, because=because, days=days, by=by)


def first(session: Session, query: str) -> list[int]:
    return pins.pinned(session, key_of(parse(query)))


def test_a_pin_holds_for_the_search_however_it_is_put(
    session: Session, clock: Clock, alice: User, cora: User
) -> None:
    article = make_article(session, alice)
    made = pin(session, cora, article, "How do I have the VPN in hotels?")
    assert first(session, "vpn hotel") == [article.id]
    assert first(session, "kind:howto VPN hotels") == [article.id]
    assert first(session, "hotel vpn") == first(session, "vpn") == first(session, "") == []
    clock.move(days=89)
    assert first(session, "vpn hotel") == [article.id]
    clock.move(days=1)
    assert first(session, "vpn hotel") == []
    assert [each.id for each in pin_log.over(session, cora)] == [made.id]


def test_a_pin_holds_for_no_search_that_asks_for_the_opposite(
    session: Session, alice: User, cora: User
) -> None:
    article = make_article(session, alice)
    pin(session, cora, article, "clock in")
    assert first(session, "how do I clock in") == [article.id]
    assert first(session, "clock out") == first(session, "cannot clock in") == []


def test_at_most_three_are_pinned_for_one_search_in_the_order_of_pinning(
    session: Session, clock: Clock, alice: User, cora: User
) -> None:
    articles = [make_article(session, alice, title=f"Number {n}") for n in range(4)]
    for article in articles[2::-1]:
        pin(session, cora, article, days=7)
    assert first(session, "vpn hotel") == [articles[n].id for n in (2, 1, 0)]
    with pytest.raises(Invalid, match="3 articles are pinned"):
        pin(session, cora, articles[3])
    clock.move(days=8)
    pin(session, cora, articles[3])
    pin(session, cora, articles[0])  # whose first pin has run out
    assert first(session, "vpn hotel") == [articles[3].id, articles[0].id]


def test_pinned_again_it_is_prolonged_and_sent_twice_nothing_happens(
    session: Session, clock: Clock, alice: User, cora: User, carl: User
) -> None:
    article = make_article(session, alice)
    made = pin(session, cora, article, days=10)
    assert pin(session, cora, article, days=10) is made
    clock.move(days=5)
    assert pin(session, carl, article, days=10) is made
    clock.move(days=9)
    assert first(session, "vpn hotel") == [article.id]
    acts = session.execute(sa.select(AuditEntry.action, AuditEntry.actor_name))
    assert [tuple(act) for act in acts] == [("pin.added", "Cora"), ("pin.prolonged", "Carl")]


def test_what_does_not_fit_is_refused(session: Session, alice: User, cora: User) -> None:
    article = make_article(session, alice)
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("query", {"query": "topic:travel"}),
        ("query", {"query": "x" * 600}),
        ("because", {"because": " "}),
        ("because", {"because": "x" * 301}),
        ("days", {"days": 0}),
        ("days", {"days": 366}),
    ]
    for field, sent in wrong:
        with pytest.raises(Invalid) as refusal:
            pin(session, cora, article, **sent)
        assert set(refusal.value.fields) == {field}


def test_only_what_readers_find_is_pinned(session: Session, alice: User, cora: User) -> None:
    article = make_article(session, alice)
    lifecycle.archive(session, article, number=1, reason="Old.", by=cora)
    with pytest.raises(Invalid, match="cannot find this article"):
        pin(session, cora, article)


def test_curators_and_those_who_decide_in_its_topic_pin_an_article(
    session: Session, alice: User, bob: User, cora: User
) -> None:
    travel = make_topic(session, "Travel", curators=[bob])
    article, elsewhere = (
        make_article(session, alice, topic=topic) for topic in (travel, make_topic(session))
    )
    made = pin(session, bob, article)
    pin(session, cora, elsewhere)
    for refused in (
        lambda: pin(session, bob, elsewhere),
        lambda: pin(session, alice, article),
        lambda: pins.remove(session, made, by=alice),
    ):
        with pytest.raises(NotAllowed):
            refused()
    assert pins.pinnable(session, bob, [article.id, elsewhere.id]) == {article.id}


def test_taken_away_by_hand_it_stays_in_the_log_with_who_did_it(
    session: Session, clock: Clock, alice: User, cora: User, carl: User
) -> None:
    made = pin(session, cora, make_article(session, alice))
    clock.move(days=1)
    pins.remove(session, made, by=carl)
    clock.move(days=1)
    pins.remove(session, made, by=cora)  # the second click
    assert first(session, "vpn hotel") == []
    [logged] = pin_log.over(session, cora)
    assert (logged.by, logged.removed_by, logged.because) == ("Cora", "Carl", made.because)
    assert logged.removed_at == clock.now() - (clock.now() - made.at) / 2
    assert pin_log.holding(session, cora) == []


def test_with_its_article_a_pin_goes_and_its_title_is_not_told(
    session: Session, outbox: Deliveries, alice: User, cora: User
) -> None:
    pins.init()
    article = make_article(session, alice)
    made = pin(session, cora, article)
    lifecycle.hide(session, article, reason="Sensitive.", by=cora)
    assert [each.title for each in pin_log.holding(session, cora)] == [None]
    lifecycle.unpublish(session, article, number=1, reason="Wrong.", by=cora)
    outbox.drain()
    assert made.removed_at is not None
    [logged] = pin_log.over(session, cora)
    assert (logged.title, logged.removed_by) == (None, None)


def test_whoever_pinned_is_told_once_a_week_before_it_ends(
    session: Session, outbox: Deliveries, clock: Clock, alice: User, cora: User
) -> None:
    pins.init()
    made = pin(session, cora, make_article(session, alice), days=20)
    pin(session, cora, make_article(session, alice, title="Short"), days=5)

    def told() -> list[str]:
        pins.note_expiring(session)
        outbox.drain()
        return list(session.scalars(sa.select(Notice.subject).where(Notice.user_id == cora.id)))

    clock.move(days=12)
    assert told() == []
    clock.move(days=2)
    assert told() == told() == ["A pin ends soon: vpn hotel"]
    pins.pin(
        session,
        made.query,
        session.get_one(Article, made.article_id),
        because="Still.",
        days=30,
        by=cora,
    )
    clock.move(days=24)
    assert len(told()) == 2


def test_prolonged_it_is_told_before_the_new_end_and_of_the_old_one_no_more(
    session: Session, outbox: Deliveries, clock: Clock, alice: User, cora: User
) -> None:
    pins.init()
    article = make_article(session, alice)
    pin(session, cora, article, days=20)

    def told() -> list[str]:
        outbox.drain()
        return list(session.scalars(sa.select(Notice.text).where(Notice.user_id == cora.id)))

    clock.move(days=14)
    pins.note_expiring(session)
    pin(session, cora, article, days=9)  # before it was delivered
    assert told() == []
    for _ in range(9 * 24):
        clock.move(hours=1)
        pins.note_expiring(session)
    [text] = told()
    assert "On 2 April 2025" in text


def test_of_two_who_pin_the_same_at_once_the_second_one_prolongs(
    session: Session, database: Database, alice: User, cora: User, carl: User
) -> None:
    article = make_article(session, alice)
    session.commit()
    together = Barrier(2)
    made: list[int] = []

    def act(person: User) -> None:
        with database.writing() as own:
            by, found = own.get_one(User, person.id), own.get_one(Article, article.id)
            own.rollback()
            together.wait()
            made.append(pin(own, by, found, because=f"{person.name} says so.").id)
            own.commit()

    threads = [Thread(target=act, args=(person,)) for person in (cora, carl)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    [only] = session.scalars(sa.select(Pin))
    assert made == [only.id] * 2
