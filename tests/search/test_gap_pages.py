"""The pages of wanted articles and of the report, and the whole way from a search in vain to its answer."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup, Tag
from flask import Flask
from sqlalchemy.orm import Session

from core import clock as core_clock
from core import tally
from core.db import Database
from curation import workflow
from kb import lifecycle
from kb.models import Article, Draft
from people.models import Notice, User
from search.keys import key_of
from search.models import Gap, GapState, SearchRecord
from search.query import parse
from search.report import vain
from tests.conftest import Browser, Clock, Deliveries
from tests.factories import edit, make_article, make_topic, reading, submit
from tests.writers import writers_at

NewClient = Callable[[User], Browser]


def shown(browser: Browser, address: str, status: int = 200) -> BeautifulSoup:
    response = browser.get(address)
    assert response.status_code == status, response.text
    return BeautifulSoup(response.text, "html.parser")


def words(page: BeautifulSoup) -> str:
    main = page.find("main")
    assert main is not None
    return words_of(main)


def words_of(tag: Tag) -> str:
    return re.sub(r"\s+", " ", tag.get_text(" ", strip=True))


def post(browser: Browser, address: str, status: int = 303, **sent: object) -> str:
    response = browser.post(address, data=sent)
    assert response.status_code == status, response.text
    return response.location if status == 303 else response.text


def only_gap(session: Session) -> Gap:
    return session.scalars(sa.select(Gap)).one()


def test_from_a_search_in_vain_to_the_article_that_answers_it(
    app: Flask,
    database: Database,
    session: Session,
    outbox: Deliveries,
    new_client: NewClient,
    alice: User,
    bob: User,
    cora: User,
) -> None:
    """Bob asks, Alice writes, Cora approves: Bob is told, and finds it first."""
    make_article(session, alice, title="Order beans", body="By telephone.")
    topic = make_topic(session, "Machines")
    outbox.drain()
    reader, writer, curator = (new_client(person) for person in (bob, alice, cora))

    shown(reader, "/search?q=clean+the+grinder")
    tally.flush(database)
    card = post(reader, "/search/gaps", q="clean the grinder", note="A K30.", tell="1")
    assert "clean the grinder" in words(shown(curator, "/search/report"))
    assert "See its card" in words(shown(curator, "/search/report"))

    assert "1 person looks for it" in words(shown(writer, "/search/gaps"))
    post(writer, f"{card}/claim")
    address = post(writer, f"{card}/writing", kind="howto")
    assert post(writer, f"{card}/writing", kind="howto") == address
    editor = words(shown(writer, address))
    assert "Answers a gap: 1 person looked for “clean the grinder”" in editor

    draft = session.scalars(sa.select(Draft)).one()
    assert draft.title == "Clean the grinder"
    edit(session, draft, summary="In a minute.", body="Brush the burrs.", topic_id=topic.id)
    review = submit(session, draft)
    assert "Answers a gap" in words(shown(curator, f"/reviews/{review.id}"))
    workflow.claim(session, review.id, by=cora)
    workflow.approve(session, review.id, **reading(review), by=cora)
    with writers_at("FROM synonyms") as seen:  # read for each search
        outbox.drain()
    assert seen
    assert not any(seen)

    gap = only_gap(session)
    assert (gap.state, gap.rank) == (GapState.ANSWERED, 1)
    told = {n.user_id: n for n in session.scalars(sa.select(Notice).where(Notice.about == "gaps"))}
    assert told[bob.id].path == "/articles/clean-the-grinder"
    assert "now first" in told[alice.id].text
    assert "Clean the grinder" in words(shown(reader, card))


def test_a_low_rank_offers_a_pin_and_a_synonym_to_curators_only(
    app: Flask, session: Session, new_client: NewClient, alice: User, cora: User
) -> None:
    article = make_article(session, alice, title="Burr care")
    card = post(new_client(alice), "/search/gaps", q="grinder dirt")
    gap = only_gap(session)
    gap.state, gap.article_id, gap.closed_at = GapState.ANSWERED, article.id, gap.at
    session.commit()
    assert "Pin it" in words(shown(new_client(cora), card))
    assert "Pin it" not in words(shown(new_client(alice), card))


def test_a_curator_names_the_article_that_answers_it_and_nobody_waits_to_write_meanwhile(
    app: Flask,
    session: Session,
    outbox: Deliveries,
    new_client: NewClient,
    alice: User,
    cora: User,
) -> None:
    make_article(session, alice, title="Grinder care")
    card = post(new_client(alice), "/search/gaps", q="grinder")
    outbox.drain()
    with writers_at("FROM synonyms") as seen:  # read for each search
        post(new_client(cora), f"{card}/answer", article="/articles/grinder-care", version="1")
    assert seen
    assert not any(seen)
    gap = only_gap(session)
    assert (gap.state, gap.rank) == (GapState.ANSWERED, 1)


def test_the_title_of_a_hidden_article_shows_on_no_card(
    app: Flask, session: Session, new_client: NewClient, alice: User, cora: User
) -> None:
    article = make_article(session, alice, title="Canary salaries", approver=cora)
    card = post(new_client(alice), "/search/gaps", q="pay")
    gap = only_gap(session)
    gap.state, gap.article_id, gap.closed_at = GapState.ANSWERED, article.id, gap.at
    lifecycle.hide(session, article, reason="Names.", by=cora)
    session.commit()
    for person in (alice, cora):
        for address in (card, "/search/gaps?state=answered"):
            assert "Canary" not in words(shown(new_client(person), address))


def test_what_a_curator_typed_comes_back_when_somebody_was_first(
    app: Flask, session: Session, new_client: NewClient, bob: User, cora: User, carl: User
) -> None:
    card = post(new_client(bob), "/search/gaps", q="grinder")
    post(new_client(carl), f"{card}/change", q="grinder", note="New.", topic="", version="1")
    page = post(new_client(cora), f"{card}/dismissal", 409, reason="Bought none.", version="1")
    assert "Somebody changed this card" in page
    assert "Bought none." in page
    page = post(new_client(cora), f"{card}/dismissal", 422, reason=" ", version="2")
    assert "Say why" in page


def test_what_was_closed_is_seen_by_curators_and_by_who_asked(
    app: Flask, session: Session, new_client: NewClient, alice: User, bob: User, cora: User
) -> None:
    card = post(new_client(bob), "/search/gaps", q="grinder")
    post(new_client(cora), f"{card}/dismissal", reason="No machine has one.", version="1")
    assert "No machine has one." in words(shown(new_client(bob), card))
    shown(new_client(alice), card, 404)
    assert "Closed" not in words(shown(new_client(alice), "/search/gaps"))
    asking = new_client(alice)
    assert post(asking, "/search/gaps", q="grinders") == "/search/gaps"
    assert "No machine has one." in asking.get("/search/gaps").text


def test_all_who_asked_hear_why_a_card_was_closed_and_can_read_it(
    app: Flask,
    session: Session,
    outbox: Deliveries,
    new_client: NewClient,
    alice: User,
    bob: User,
    cora: User,
) -> None:
    card = post(new_client(bob), "/search/gaps", q="grinder", tell="1")
    second = new_client(alice)
    post(second, "/search/gaps", q="grinders", tell="1")
    post(new_client(cora), f"{card}/dismissal", reason="No machine has one.", version="1")
    outbox.drain()
    told = session.scalars(sa.select(Notice).where(Notice.about == "gaps")).all()
    assert {notice.user_id for notice in told} == {alice.id, bob.id}
    assert all("No machine has one." in notice.text for notice in told)
    assert "No machine has one." in words(shown(second, told[0].path))


def test_who_meets_a_card_whose_article_is_gone_asks_again_without_saying_why(
    app: Flask, session: Session, new_client: NewClient, alice: User, bob: User, cora: User
) -> None:
    article = make_article(session, alice, title="Grinder care", approver=cora)
    card = post(new_client(alice), "/search/gaps", q="grinder dirt")
    gap = only_gap(session)
    gap.state, gap.article_id, gap.closed_at = GapState.ANSWERED, article.id, gap.at
    session.commit()
    reader = new_client(bob)
    assert post(reader, "/search/gaps", q="grinder dirt", tell="1") == card
    session.expire_all()
    assert only_gap(session).state is GapState.ANSWERED  # the article is there to be read
    lifecycle.archive(session, article, number=1, reason="It is gone.", by=cora)
    session.commit()
    page = shown(reader, card)
    assert "not there at present" in words(page)
    form = page.select_one("main form[action='/search/gaps']")
    assert form is not None
    assert form.select("[required]") == []
    sent: dict[str, Any] = {
        str(each["name"]): each.get("value", "") for each in form.select("input")
    }
    assert post(reader, "/search/gaps", **sent) == card
    assert "grinder dirt" in words(shown(reader, "/search/gaps"))
    assert "Do not tell me" in words(shown(reader, card))


def looked_for(session: Session, query: str, by: User) -> int:
    """The record of a search that found nothing."""
    record = SearchRecord(
        at=core_clock.now(), query=query, key=key_of(parse(query)), found=0, user_id=by.id
    )
    session.add(record)
    session.commit()
    return record.id


def test_only_curators_make_a_card_of_what_was_searched_for(
    app: Flask, session: Session, new_client: NewClient, alice: User, cora: User
) -> None:
    searches = [looked_for(session, query, alice) for query in ("tender", "bids")]
    post(new_client(alice), "/search/gaps", q="tender", search=searches)
    assert [each.query for each in only_gap(session).wordings] == ["tender"]
    post(new_client(cora), "/search/gaps", q="tender", search=[*searches, 10**9 - 1, "x"])
    assert [each.query for each in only_gap(session).wordings] == ["tender", "bids"]


def test_who_asks_in_another_order_reads_that_it_was_asked_for_before(
    app: Flask, session: Session, new_client: NewClient, alice: User, bob: User
) -> None:
    card = post(new_client(alice), "/search/gaps", q="install unicorn saddle", tell="1")
    second = new_client(bob)
    assert post(second, "/search/gaps", q="unicorn saddle install?", tell="1") == card
    page = second.get(card).text
    assert "It was asked for before, as “install unicorn saddle”" in page
    assert "2 people look for it" in words(shown(second, card))


def test_what_is_asked_without_words_is_asked_again(
    app: Flask, new_client: NewClient, alice: User
) -> None:
    page = post(new_client(alice), "/search/gaps", 422, q="?!", note="Please help.")
    assert "Say in a few words" in page
    assert "Please help." in page


# The report


def test_the_report_offers_a_card_as_what_it_is(
    app: Flask,
    session: Session,
    clock: Clock,
    new_client: NewClient,
    alice: User,
    bob: User,
    cora: User,
) -> None:
    """Those that are closed for nothing, or whose article is gone, are opened again from there."""
    article = make_article(session, alice, title="Grinder care", approver=cora)
    reader, curator = new_client(bob), new_client(cora)
    for query in ("open", "answered", "away", "closed"):
        facts = {"query": query, "key": key_of(parse(query)), "found": 0, "user_id": bob.id}
        session.add(SearchRecord(at=clock.now() - timedelta(days=1), **facts))
        post(reader, "/search/gaps", q=query)
    gaps = {gap.query: gap for gap in session.scalars(sa.select(Gap))}
    for query in ("answered", "away"):
        gaps[query].state, gaps[query].closed_at = GapState.ANSWERED, clock.now()
    gaps["answered"].article_id = article.id
    session.commit()
    post(curator, f"/search/gaps/{gaps['closed'].id}/dismissal", reason="No need.", version="1")

    rows = {
        row.h3.get_text(): row
        for row in shown(curator, "/search/report").select(".asked")
        if row.h3
    }
    assert "See its card" in words_of(rows["open"])
    assert "Answered by Grinder care" in words_of(rows["answered"])
    assert "The article that answered it is not there" in words_of(rows["away"])
    assert "Closed without an article: No need." in words_of(rows["closed"])
    for query, again in (("open", 0), ("answered", 0), ("away", 1), ("closed", 1)):
        assert len(rows[query].select("form[action$='/reopening']")) == again
    for query in ("away", "closed"):
        form = rows[query].form
        assert form is not None
        post(curator, str(form["action"]), version=str(form.input["value"]) if form.input else "")
        session.expire_all()
        assert gaps[query].state is GapState.OPEN


@pytest.fixture
def searched(session: Session, clock: Clock, bob: User, alice: User) -> Article:
    """Bob searched four times; his name is Bob Canary, and so is one of his words."""
    article = make_article(session, alice, title="The VPN")
    bob.name = "Bob Canary"
    for query, found, opened in (
        ("vpn", 1, article.id),
        ("printer", 2, None),
        ("bob@example.com", 0, None),
        ("=1+1 grinder", 0, None),
    ):
        session.add(
            SearchRecord(
                at=clock.now(),
                query=query,
                key=query,
                found=found,
                user_id=bob.id,
                opened_id=opened,
                topic_id=article.topic_id if found else None,
            )
        )
    session.commit()
    return article


def test_the_report_says_what_and_never_who(
    app: Flask, searched: Article, new_client: NewClient, cora: User
) -> None:
    page = words(shown(new_client(cora), "/search/report"))
    assert "After 25% of 4 searches something was opened" in page
    assert "printer 1 person, 1 search" in page
    assert "Canary" not in page
    assert "bob@example.com" not in page


def test_a_card_of_words_that_are_hidden_in_part_counts_who_looked_for_them_and_shows_none(
    app: Flask, session: Session, new_client: NewClient, bob: User, cora: User
) -> None:
    looked_for(session, "call 079 123 45 67 zzzx", bob)
    curator = new_client(cora)
    report = shown(curator, "/search/report")
    form = report.select_one(".asked form")
    assert form is not None
    sent: dict[str, Any] = {str(i["name"]): i.get("value", "") for i in form.select("input")}
    assert sent["q"] == "call […] zzzx"
    card = post(curator, "/search/gaps", **sent)
    pages = [shown(curator, address) for address in ("/search/report", card)]
    assert "See its card" in words(pages[0])
    assert "1 person looks for it" in words(pages[1])
    for page in (report, *pages):
        assert "123" not in str(page.main)


def test_no_card_is_offered_of_what_is_hidden_altogether(
    app: Flask, session: Session, new_client: NewClient, bob: User, cora: User
) -> None:
    looked_for(session, "bob@example.com", bob)
    page = shown(new_client(cora), "/search/report")
    assert page.select(".asked form") == []
    assert "No card can be made of what is hidden" in words(page)


def test_each_part_of_the_report_can_be_taken_along(
    app: Flask, searched: Article, new_client: NewClient, cora: User
) -> None:
    curator = new_client(cora)
    success = curator.get("/search/report/success.csv?period=30d&topic=travel")
    assert success.mimetype == "text/csv"
    assert success.text.splitlines()[-1].endswith("2,1,50,0,0")
    assert "Travel,2,1,50,0,0" in curator.get("/search/report/topics.csv").text
    assert "'=1+1 grinder" in curator.get("/search/report/searches.csv").text
    assert curator.get("/search/report/people.csv").status_code == 404


def test_of_very_many_searches_the_lists_are_about_the_last_days(
    app: Flask,
    searched: Article,
    session: Session,
    new_client: NewClient,
    cora: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for query, days in (("old", 3), ("hotel", 1)):
        at = core_clock.now() - timedelta(days=days)
        session.add(SearchRecord(at=at, query=query, key=query, found=0, user_id=None))
    curator = new_client(cora)
    whole = words(shown(curator, "/search/report"))
    assert "old 1 search" in whole
    assert "There are very many" not in whole
    monkeypatch.setattr(vain, "MOST_LOOKED_AT", 5)
    page = words(shown(curator, "/search/report?period=90d"))
    assert "old 1 search" not in page
    assert "hotel 1 search" in page
    assert "the last of them, since 8 March 2025 ." in page
    csv = curator.get("/search/report/searches.csv?period=90d")
    assert "searches-2025-03-08-to-2025-03-10.csv" in csv.headers["Content-Disposition"]


def test_the_report_is_for_curators(
    app: Flask, session: Session, new_client: NewClient, alice: User, bob: User, ada: User
) -> None:
    shown(new_client(alice), "/search/report", 403)
    shown(new_client(alice), "/search/report/searches.csv", 403)
    shown(new_client(ada), "/search/report")
    make_topic(session, "Machines", curators=[bob])
    shown(new_client(bob), "/search/report?period=nonsense&topic=nowhere")


def test_what_a_card_leads_to_is_explained_to_curators_who_only_try_it(
    app: Flask, new_client: NewClient, alice: User, cora: User
) -> None:
    card = post(new_client(alice), "/search/gaps", q="grinder burrs")
    assert 'href="/search?q=grinder+burrs"' in new_client(alice).get(card).text
    assert 'href="/search?explain=1&amp;q=grinder+burrs"' in new_client(cora).get(card).text
