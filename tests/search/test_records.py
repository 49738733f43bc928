"""What is remembered of searches: what counts as one, what was opened, and what is forgotten."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy.orm import Session

from core import clock as clock_module
from core import periodic, tally
from core.db import Database
from kb import outcomes
from kb.models import Article, Outcome
from people import company
from people.models import User
from search import records
from search.keys import key_of
from search.models import SearchRecord
from search.query import parse
from tests.conftest import Browser, Clock, Deliveries
from tests.factories import make_article, make_topic, said

Kept = Callable[[], list[SearchRecord]]

LATE_HOURS = 4  # that a task may come late, and no name is older than thirty days for that


@pytest.fixture
def article(app: Flask, session: Session, alice: User) -> Article:
    """Published where the index listens."""
    return make_article(session, alice, title="Reset the VPN")


@pytest.fixture
def reader(
    article: Article, bob: User, new_client: Callable[[User], Browser], outbox: Deliveries
) -> Browser:
    """Bob's browser; the article can be found."""
    browser = new_client(bob)
    outbox.drain()
    return browser


@pytest.fixture
def kept(session: Session, database: Database) -> Kept:
    """All records, after what was noted is written down."""

    def kept() -> list[SearchRecord]:
        session.commit()
        tally.flush(database)
        session.expire_all()
        return list(session.scalars(sa.select(SearchRecord).order_by(SearchRecord.at)))

    return kept


def search(browser: Browser, q: str, **more: str) -> None:
    headers = {name.replace("_", "-"): value for name, value in more.items() if name[0].isupper()}
    arguments = {name: value for name, value in more.items() if name[0].islower()}
    response = browser.get("/search", query_string={"q": q, **arguments}, headers=headers)
    assert response.status_code == 200


def open_from(browser: Browser, article: Article, search: str, **headers: str) -> None:
    response = browser.get(
        f"/articles/{article.slug}", headers={"Referer": f"http://localhost{search}", **headers}
    )
    assert response.status_code == 200


def tell_opened(browser: Browser, referrer: str = "", **sent: str) -> None:
    headers = {"Referer": referrer}
    assert browser.post("/search/opened", data=sent, headers=headers).status_code == 204


# The key


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("Resetting the printers", "reset printer"),
        ("how do I reset my VPN?", "reset vpn"),
        ("vpn reset", "vpn reset"),
        ('reset "split tunnels"', "reset split tunnel"),
        ("reset tag:network topic:it -windows", "reset"),
        ("who are you", "who are you"),
        ("how do I log in to the VPN", "log vpn"),
        ("how do I log out of the VPN", "log out vpn"),
        ("is the printer not working?", "printer not work"),
        ("what is not?", "what is not"),
        ("ERR-1042", "err 1042"),
        ("tag:network", ""),
        ("?!", ""),
    ],
)
def test_the_key_is_what_is_asked_for(typed: str, key: str) -> None:
    assert key_of(parse(typed)) == key


# What is a search


def test_a_search_is_kept_with_what_it_found(
    reader: Browser, bob: User, kept: Kept, session: Session
) -> None:
    search(reader, "Resetting the VPN")
    assert session.scalars(sa.select(SearchRecord)).all() == []  # nothing in the request itself
    [record] = kept()
    assert (record.query, record.key, record.found) == ("Resetting the VPN", "reset vpn", 1)
    assert (record.user_id, record.opened_id, record.rank) == (bob.id, None, None)


def test_the_same_words_within_half_an_hour_are_the_same_search(
    reader: Browser, kept: Kept, clock: Clock
) -> None:
    search(reader, "vpn", kind="story")
    clock.move(minutes=10)
    search(reader, "the VPN")
    clock.move(minutes=10)
    search(reader, "vpn", kind="story")
    [record] = kept()
    assert record.found == 1  # without the filter
    clock.move(minutes=11)
    search(reader, "vpn")
    assert len(kept()) == 2


def test_other_words_within_a_minute_refine_the_search(
    reader: Browser, kept: Kept, clock: Clock
) -> None:
    search(reader, "vnp")
    clock.move(seconds=50)
    search(reader, "tunnel")
    clock.move(seconds=70)
    search(reader, "printer")
    first, second, third = kept()
    assert (first.refined_to, second.refined_to, third.refined_to) == (second, None, None)


def test_a_search_written_down_before_is_refined_too(
    reader: Browser, kept: Kept, clock: Clock
) -> None:
    search(reader, "vnp")
    kept()
    clock.move(seconds=50)
    search(reader, "tunnel")
    first, second = kept()
    assert first.refined_to is second


def searched(session: Session, by: User, *asked: tuple[int, str]) -> dict[str, str | None]:
    """What each of the searches of one process was refined to, after these were written, too."""
    now = clock_module.now()
    noted = [records.Searched(now + timedelta(seconds=s), by.id, query, 1) for s, query in asked]
    records.write_searches(session, dict.fromkeys(noted, 1))
    session.flush()
    session.expire_all()
    all_ = session.scalars(sa.select(SearchRecord).order_by(SearchRecord.at))
    return {each.query: each.refined_to.query if each.refined_to else None for each in all_}


def test_what_refines_what_goes_by_when_it_was_asked_whichever_process_writes_first(
    session: Session, bob: User, clock: Clock
) -> None:
    searched(session, bob, (0, "vpn"), (20, "tunnel"), (90, "hotel"))
    found = searched(session, bob, (10, "gate"), (40, "proxy"))
    assert found == {
        "vpn": "gate",
        "gate": "tunnel",
        "tunnel": "proxy",
        "proxy": "hotel",
        "hotel": None,
    }


def test_the_same_words_are_the_same_search_whichever_process_writes_first(
    session: Session, bob: User, clock: Clock
) -> None:
    searched(session, bob, (0, "tunnel"), (70, "vpn"))
    assert searched(session, bob, (50, "the vpn")) == {"tunnel": "vpn", "vpn": None}


def test_two_people_have_searches_of_their_own(
    reader: Browser, cora: User, new_client: Callable[[User], Browser], kept: Kept
) -> None:
    search(reader, "vpn")
    search(new_client(cora), "vpn")
    first, second = kept()
    assert first.user_id != second.user_id
    assert first.refined_to is None


@pytest.mark.parametrize(
    "more",
    [
        {"Referer": "http://localhost/reviews/7"},
        {"Sec_Purpose": "prefetch"},
        {"User_Agent": "searchbot/1.0"},
    ],
    ids=["from a review", "prefetched", "robot"],
)
def test_what_nobody_asked_for_themselves_is_not_kept(
    reader: Browser, kept: Kept, more: dict[str, str]
) -> None:
    search(reader, "vpn", **more)
    assert kept() == []


CURATORS_SCREENS = [
    "/search/report?period=7d",
    "/search/synonyms/3",
    "/search/pins",
    "/search/gaps/2",
    "/search?q=vpn&explain=1",
    "/search?explain=&q=vpn",
]


@pytest.mark.parametrize("screen", CURATORS_SCREENS)
def test_curators_who_come_from_their_own_screens_try_and_others_search(
    reader: Browser,
    bob: User,
    cora: User,
    new_client: Callable[[User], Browser],
    kept: Kept,
    screen: str,
) -> None:
    curator = new_client(cora)
    for browser in (curator, reader):
        search(browser, "vpn", Referer=f"http://localhost{screen}")
        settle(browser, q="printer", found="1", referrer=f"http://localhost{screen}")
    assert [(record.query, record.user_id) for record in kept()] == [
        ("vpn", bob.id),
        ("printer", bob.id),
    ]


def test_what_the_report_leads_to_is_tried_only(
    reader: Browser,
    bob: User,
    cora: User,
    article: Article,
    new_client: Callable[[User], Browser],
    kept: Kept,
) -> None:
    curator = new_client(cora)
    for browser in (reader, curator):
        search(browser, "vpn")
    kept()
    page = BeautifulSoup(curator.get("/search/report").text, "html.parser")
    [link] = page.select(".asked__title a")
    results = str(link["href"])
    curator.get(results, headers={"Referer": "http://localhost/search/report"})
    open_from(curator, article, results)
    assert [record.opened_id for record in kept()] == [None, None]


def test_a_curator_who_has_the_order_explained_does_not_search_and_for_others_it_means_nothing(
    reader: Browser, cora: User, new_client: Callable[[User], Browser], kept: Kept
) -> None:
    search(new_client(cora), "vpn", explain="1")
    assert kept() == []
    search(reader, "vpn", explain="1")
    assert [record.query for record in kept()] == ["vpn"]


def test_typing_looking_for_similar_and_paging_are_no_searches(
    reader: Browser, session: Session, alice: User, outbox: Deliveries, kept: Kept
) -> None:
    for number in range(11):
        make_article(session, alice, title=f"Reset the printer {number}")
    outbox.drain()
    reader.get("/search/suggest?q=vp")
    reader.get("/search/similar?title=vpn")
    search(reader, "")
    search(reader, "tag:network")
    search(reader, "printer", page="2")
    assert kept() == []


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_whoever_only_asks_what_there_is_does_not_search(
    reader: Browser, kept: Kept, method: str
) -> None:
    reader.open("/search?q=vpn", method=method)
    assert kept() == []


def test_nobody_who_is_not_signed_in_searches(
    app: Flask, client: Browser, reader: Browser, kept: Kept
) -> None:
    client.get("/search?q=vpn")
    assert client.post("/search/settled", data={"q": "vpn", "found": "1"}).status_code == 303
    assert kept() == []


def test_a_search_belongs_where_what_it_found_first_belongs_then_what_was_opened(
    reader: Browser, session: Session, alice: User, article: Article, kept: Kept
) -> None:
    other = make_article(session, alice, title="Hotels", topic=make_topic(session, "Trips"))
    search(reader, "vpn")
    assert [record.topic_id for record in kept()] == [article.topic_id]
    tell_opened(reader, q="vpn", article=other.slug or "", rank="2")
    search(reader, "nothing of the kind")
    assert [record.topic_id for record in kept()] == [other.topic_id, None]


def test_a_search_that_found_nothing_belongs_nowhere_whatever_was_shown_or_opened(
    reader: Browser, session: Session, article: Article, kept: Kept, clock: Clock
) -> None:
    settle(reader, q="tunnel", found="0", topic=article.topic.slug)
    tell_opened(reader, q="tunnel", article=article.slug or "", rank="1")
    [record] = kept()
    assert (record.opened_id, record.topic_id) == (article.id, None)
    clock.move(minutes=1)
    settle(reader, q="tunnel", found="2", topic=article.topic.slug)
    settle(reader, q="tunnel", found="0", topic="")
    assert [record.topic_id for record in kept()] == [article.topic_id]


def test_what_is_shown_where_nothing_fits_tells_no_topic(
    reader: Browser, session: Session, alice: User, outbox: Deliveries, kept: Kept
) -> None:
    make_article(session, alice, title="Plan the staff party")
    outbox.drain()
    page = BeautifulSoup(reader.get("/search?q=coffee+and+party").text, "html.parser")
    assert page.select("main .item__title a")
    counted = page.select_one("[data-total]")
    assert counted is not None
    assert (counted["data-total"], counted["data-topic"]) == ("0", "")
    assert [(record.found, record.topic_id) for record in kept()] == [(0, None)]


# While typing


def settle(browser: Browser, referrer: str = "", **sent: str) -> None:
    headers = {"Referer": referrer}
    assert browser.post("/search/settled", data=sent, headers=headers).status_code == 204


def test_what_rests_while_typing_is_a_search(reader: Browser, article: Article, kept: Kept) -> None:
    settle(reader, q="Resetting the VPN", found="4", topic=article.topic.slug)
    settle(reader, q="resetting the vpn", found="2")
    [record] = kept()
    assert (record.key, record.found, record.topic_id) == ("reset vpn", 4, article.topic_id)


def test_a_suggestion_is_one_search_and_one_opening_however_often_it_is_told(
    reader: Browser, article: Article, kept: Kept
) -> None:
    """A page tells both at once, before it is left; either may come first."""
    tell_opened(reader, q="vp", article=article.slug or "", rank="2")
    settle(reader, q="vp", found="5")
    settle(reader, q="vp", found="5")
    tell_opened(reader, q="vp", article=article.slug or "", rank="2")
    [record] = kept()
    assert (record.query, record.found, record.rank) == ("vp", 5, 2)
    assert (record.opened_id, record.topic_id) == (article.id, article.topic_id)


@pytest.mark.parametrize(
    "sent",
    [{}, {"q": "?!"}, {"q": "tag:vpn", "found": "1"}, {"found": "3"}],
    ids=["nothing", "signs", "filter", "no words"],
)
def test_what_asks_for_nothing_settles_nothing(
    reader: Browser, kept: Kept, sent: dict[str, str]
) -> None:
    settle(reader, **sent)
    assert kept() == []


def test_of_what_a_script_says_settled_nothing_is_trusted(reader: Browser, kept: Kept) -> None:
    settle(reader, q="vpn", found="-7", topic="no-such-topic")
    settle(reader, q="printer", found="9" * 40, topic="x" * 9000)
    settle(reader, q="hotel", found="999999999")
    assert [(record.found, record.topic_id) for record in kept()] == [
        (0, None),
        (0, None),
        (records.MOST_FOUND, None),
    ]


def test_another_site_settles_nothing(reader: Browser, kept: Kept) -> None:
    sent = reader.post(
        "/search/settled", data={"q": "vpn"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert sent.status_code == 403
    assert kept() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Referer": "http://localhost/reviews/7"},
        {"User-Agent": "python-requests/2.32.5"},
        {"Sec-Purpose": "prefetch;prerender"},
    ],
    ids=["a preview", "a program", "a page fetched ahead"],
)
def test_previews_and_programs_settle_and_open_nothing(
    reader: Browser, article: Article, kept: Kept, headers: dict[str, str]
) -> None:
    reader.post("/search/settled", data={"q": "vpn"}, headers=headers)
    assert kept() == []
    search(reader, "vpn")
    reader.post("/search/opened", data={"q": "vpn", "article": article.slug}, headers=headers)
    assert kept()[0].opened_id is None


# What was opened


def test_without_scripts_the_browser_says_from_which_search_it_comes(
    reader: Browser, article: Article, kept: Kept
) -> None:
    search(reader, "vpn reset")
    open_from(reader, article, "/search?q=vpn+reset&kind=howto&page=2")
    [record] = kept()
    assert (record.opened_id, record.rank) == (article.id, None)


def test_a_script_says_where_it_stood_and_both_are_one_opening(
    reader: Browser, article: Article, kept: Kept
) -> None:
    search(reader, "vpn")
    tell_opened(reader, q="vpn", article=article.slug or "", rank="3")
    open_from(reader, article, "/search?q=vpn")
    [record] = kept()
    assert (record.opened_id, record.rank) == (article.id, 3)


def test_of_several_that_were_opened_the_last_is_kept(
    reader: Browser,
    session: Session,
    alice: User,
    article: Article,
    kept: Kept,
    clock: Clock,
) -> None:
    other = make_article(session, alice, title="The VPN at home")
    search(reader, "vpn")
    tell_opened(reader, q="vpn", article=article.slug or "", rank="1")
    kept()
    clock.move(minutes=1)
    open_from(reader, other, "/search?q=vpn")
    [record] = kept()
    assert (record.opened_id, record.rank) == (other.id, None)


def test_what_was_opened_waits_for_a_search_that_another_process_still_holds(
    reader: Browser, article: Article, kept: Kept, clock: Clock
) -> None:
    tell_opened(reader, q="vpn", article=article.slug or "", rank="1")
    kept()
    search(reader, "vpn")
    kept()
    assert [record.opened_id for record in kept()] == [article.id]
    tell_opened(reader, q="printer", article=article.slug or "", rank="1")
    kept()
    clock.move(seconds=10)
    kept()
    search(reader, "printer")
    kept()
    assert [record.opened_id for record in kept()] == [article.id, None]


def test_what_was_said_of_one_result_is_not_said_of_the_next(
    reader: Browser,
    session: Session,
    alice: User,
    bob: User,
    article: Article,
    outbox: Deliveries,
    kept: Kept,
    clock: Clock,
) -> None:
    other = make_article(session, alice, title="The VPN at home")
    search(reader, "vpn")
    tell_opened(reader, q="vpn", article=article.slug or "", rank="1")
    kept()
    said(session, article, bob, worked=False, query="vpn")
    outbox.drain()
    assert [record.worked for record in kept()] == [False]
    clock.move(minutes=1)
    tell_opened(reader, q="vpn", article=other.slug or "", rank="2")
    assert [record.worked for record in kept()] == [None]


def test_what_a_curator_opens_of_explained_results_is_not_kept_and_what_others_open_is(
    reader: Browser,
    bob: User,
    cora: User,
    article: Article,
    new_client: Callable[[User], Browser],
    kept: Kept,
) -> None:
    curator, explained = new_client(cora), "/search?q=vpn&explain=1"
    for browser in (curator, reader):
        search(browser, "vpn")
        search(browser, "vpn", explain="1")
        open_from(browser, article, explained)
    opened = {record.user_id: record.opened_id for record in kept()}
    assert opened == {cora.id: None, bob.id: article.id}
    for browser in (curator, reader):
        told = {"article": article.slug or "", "rank": "1"}
        tell_opened(browser, f"http://localhost{explained}", q="vpn", **told)
    assert {record.user_id: record.rank for record in kept()} == {cora.id: None, bob.id: 1}
    open_from(curator, article, "/search?q=vpn")
    assert {record.opened_id for record in kept()} == {article.id}


@pytest.mark.parametrize(
    "came_from",
    ["http://localhost/topics", "http://elsewhere.example/search?q=vpn", "http://localhost/search"],
)
def test_coming_from_elsewhere_opens_no_result(
    reader: Browser, article: Article, kept: Kept, came_from: str
) -> None:
    search(reader, "vpn")
    reader.get(f"/articles/{article.slug}", headers={"Referer": came_from})
    assert kept()[0].opened_id is None


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"q": "vpn", "article": "no-such-article", "rank": "1"},
        {"q": "\ud800\x01" * 400, "article": "a" * 9000, "rank": "first"},
        {"q": "printer", "article": "reset-the-vpn", "rank": "1"},
    ],
    ids=["nothing", "no article", "noise", "no such search"],
)
def test_a_script_may_say_anything(reader: Browser, kept: Kept, sent: dict[str, str]) -> None:
    search(reader, "vpn")
    assert reader.post("/search/opened", json=sent).status_code == 204
    assert kept()[0].opened_id is None


@pytest.mark.parametrize("rank", ["0", "501", "x"])
def test_a_rank_that_no_result_has_is_none(
    reader: Browser, article: Article, kept: Kept, rank: str
) -> None:
    search(reader, "vpn")
    tell_opened(reader, q="vpn", article=article.slug or "", rank=rank)
    [record] = kept()
    assert (record.opened_id, record.rank) == (article.id, None)


def test_what_somebody_else_opened_is_not_this_persons(
    reader: Browser,
    cora: User,
    article: Article,
    new_client: Callable[[User], Browser],
    kept: Kept,
) -> None:
    search(reader, "vpn")
    tell_opened(new_client(cora), q="vpn", article=article.slug or "", rank="1")
    assert kept()[0].opened_id is None


def test_the_results_name_the_search_for_the_script(reader: Browser) -> None:
    page = reader.get("/search?q=vpn+reset").text
    assert 'data-behavior="opened" data-query="vpn reset"' in page


# What people said of it


def test_whether_it_worked_is_noted_in_the_search_by_which_it_was_found(
    reader: Browser,
    bob: User,
    session: Session,
    article: Article,
    outbox: Deliveries,
    kept: Kept,
    clock: Clock,
) -> None:
    search(reader, "vpn")
    tell_opened(reader, q="vpn", article=article.slug or "", rank="1")
    clock.move(minutes=5)
    search(reader, "printer")
    kept()
    clock.move(hours=23)
    said(session, article, bob, query="the VPN")
    outbox.drain()
    assert [record.worked for record in kept()] == [True, None]
    outcomes.take_back(session, article, by=bob)
    outbox.drain()
    assert [record.worked for record in kept()] == [None, None]


def test_who_changes_their_mind_days_later_changes_what_is_noted(
    session: Session, bob: User, article: Article, outbox: Deliveries, clock: Clock
) -> None:
    searched(session, bob, (0, "vpn"))
    said(session, article, bob, query="vpn")
    outbox.drain()
    clock.move(days=3)
    said(session, article, bob, worked=False)
    outbox.drain()
    assert session.scalars(sa.select(SearchRecord.worked)).all() == [False]


def test_what_is_said_of_one_result_is_not_noted_of_another_opened_since(
    session: Session, alice: User, bob: User, article: Article, outbox: Deliveries, clock: Clock
) -> None:
    searched(session, bob, (0, "vpn"))
    said(session, article, bob, query="vpn")
    other = make_article(session, alice, title="The VPN at home")
    session.execute(sa.update(SearchRecord).values(opened_id=other.id))
    outbox.drain()
    assert session.scalars(sa.select(SearchRecord.worked)).all() == [None]


@pytest.mark.parametrize(
    ("hours", "query"),
    [(25, "vpn"), (1, "tunnel"), (1, "")],
    ids=["late", "other words", "no search"],
)
def test_what_was_found_otherwise_is_noted_in_no_search(
    reader: Browser,
    bob: User,
    session: Session,
    article: Article,
    outbox: Deliveries,
    kept: Kept,
    clock: Clock,
    hours: int,
    query: str,
) -> None:
    search(reader, "vpn")
    kept()
    clock.move(hours=hours)
    said(session, article, bob, worked=False, query=query)
    outbox.drain()
    assert kept()[0].worked is None


# Forgetting, and keeping nothing


def test_names_go_after_thirty_days_and_all_of_it_after_four_hundred(
    session: Session, database: Database, bob: User, clock: Clock
) -> None:
    for days in (29, 31, 399, 401):
        session.add(
            SearchRecord(
                at=clock.now() - timedelta(days=days),
                query=str(days),
                key="vpn",
                found=0,
                user_id=bob.id,
            )
        )
    session.commit()
    with database.reading() as reading:
        records.forget(reading)
    session.expire_all()
    left = session.scalars(sa.select(SearchRecord).order_by(SearchRecord.at.desc()))
    assert [(record.query, record.user_id) for record in left] == [
        ("29", bob.id),
        ("31", None),
        ("399", None),
    ]


@pytest.mark.parametrize("minutes", [0, 1, 30, 59])
def test_no_name_is_left_after_thirty_days_whenever_the_task_runs(
    app: Flask, database: Database, session: Session, bob: User, clock: Clock, minutes: int
) -> None:
    def is_named(*, hours: int) -> bool:
        """Whether it is known so many hours later whose search it was, if tasks ran each hour."""
        session.commit()
        for _ in range(hours):
            clock.move(hours=1)
            periodic.run_due(database)
        session.expire_all()
        return session.scalars(sa.select(SearchRecord.user_id)).one() is not None

    session.commit()
    periodic.run_due(database)
    clock.move(minutes=minutes)
    session.add(SearchRecord(at=clock.now(), query="vpn", key="vpn", found=0, user_id=bob.id))
    clock.move(days=29)
    assert is_named(hours=2)
    assert not is_named(hours=22 - LATE_HOURS)


def test_switched_off_nothing_is_kept(
    settings: dict[str, str], request: pytest.FixtureRequest, tmp_path: Path, kept: Kept
) -> None:
    settings["FIRSTHAND_SEARCH_RECORDS"] = "off"
    reader: Browser = request.getfixturevalue("reader")
    article: Article = request.getfixturevalue("article")
    search(reader, "vpn")
    settle(reader, q="vp", found="1")
    tell_opened(reader, q="vpn", article=article.slug or "", rank="1")
    assert kept() == []


def test_a_company_that_keeps_nothing_keeps_nothing_and_forgets_names_at_once(
    reader: Browser,
    article: Article,
    session: Session,
    ada: User,
    bob: User,
    outbox: Deliveries,
    kept: Kept,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(records, "PORTION", 1)
    search(reader, "printer")
    search(reader, "hotel")
    said(session, article, bob, query="hotel")
    assert [record.user_id for record in kept()] == [bob.id, bob.id]
    company.keep_searches(session, False, by=ada)
    search(reader, "vpn")
    settle(reader, q="train", found="1")
    outbox.drain()
    assert [(record.query, record.user_id) for record in kept()] == [
        ("printer", None),
        ("hotel", None),
    ]
    assert session.scalars(sa.select(Outcome.query)).all() == [""]


def test_where_the_server_keeps_nothing_names_that_are_there_go(
    settings: dict[str, str], request: pytest.FixtureRequest, session: Session, database: Database
) -> None:
    settings["FIRSTHAND_SEARCH_RECORDS"] = "off"
    request.getfixturevalue("app")
    bob = request.getfixturevalue("bob")
    session.add(
        SearchRecord(at=clock_module.now(), query="vpn", key="vpn", found=0, user_id=bob.id)
    )
    session.commit()
    periodic.run_due(database)
    session.expire_all()
    assert session.scalars(sa.select(SearchRecord.user_id)).all() == [None]
