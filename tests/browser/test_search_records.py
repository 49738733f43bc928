"""A result that is followed is told to the server, with where it stood, and without scripts too."""

import time

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page

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
