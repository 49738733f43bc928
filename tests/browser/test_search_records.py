"""A result that is followed is told to the server, with where it stood, and without scripts too."""

import time

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page

from kb.models import Article
from search.models import SearchRecord
from tests.browser.conftest import OpenWindow, Server
from tests.browser.people import AUTHOR
from tests.browser.scripts import visit

# No other test searches as this person: for half an hour, the same words again are the same search.
SEARCHER = AUTHOR
KEPT_WITHIN = 20.0  # seconds on a busy machine; what was counted is written every few seconds


def follow_second(page: Page) -> None:
    page.locator("main .item__title a").nth(1).click()
    page.wait_for_url("**/articles/*")


def record(server: Server, query: str, *, ranked: bool) -> SearchRecord:
    """The search, once it is written down with what was opened.

    A browser with scripts says it twice, and the message that has the rank may come second.
    """
    known = SearchRecord.rank.is_not(None) if ranked else SearchRecord.opened_id.is_not(None)
    opened = sa.and_(SearchRecord.query == query, known)
    end = time.monotonic() + KEPT_WITHIN
    while time.monotonic() < end:
        with server.database.reading() as session:
            if found := session.scalar(sa.select(SearchRecord).where(opened)):
                return found
        time.sleep(0.2)
    pytest.fail(f"nothing was kept of {query}")


def test_a_result_that_is_followed_is_kept_with_its_rank(
    open_window: OpenWindow, server: Server
) -> None:
    follow_second(visit(open_window(SEARCHER), "/search?q=machines"))
    assert record(server, "machines", ranked=True).rank == 2


def test_without_scripts_it_is_kept_too(open_window: OpenWindow, server: Server) -> None:
    page = open_window(SEARCHER, scripts=False)
    page.goto("/search?q=machine clean")
    follow_second(page)
    assert record(server, "machine clean", ranked=False).rank is None


def test_a_suggestion_that_is_chosen_is_kept_as_a_search_of_the_typed_words(
    open_window: OpenWindow, server: Server
) -> None:
    page = visit(open_window(SEARCHER), "/topics")
    page.keyboard.press("/")
    with page.expect_response("**/search/suggest?q=first"):
        page.keyboard.type("first")
    second = page.get_by_role("option").nth(1)
    address = str(second.get_attribute("data-url"))
    offered = page.get_by_role("option").count()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{address}")
    kept = record(server, "first", ranked=True)
    assert (kept.rank, kept.found) == (2, offered)
    with server.database.reading() as session:
        assert (
            session.scalar(sa.select(Article.slug).where(Article.id == kept.opened_id))
            == (address.rsplit("/", 1)[-1])
        )
