"""What is similar comes to the end of an article once its reader gets there."""

import pytest
from playwright.sync_api import expect

from tests.browser import axe
from tests.browser.conftest import OpenWindow
from tests.browser.people import READER
from tests.browser.scripts import visit

ARTICLE = "/articles/find-the-cause-of-e04-low-water-flow"


@pytest.mark.parametrize("phone", [False, True])
def test_similar_articles_come_when_the_reader_comes_near_the_end(
    open_window: OpenWindow, phone: bool
) -> None:
    page = open_window(READER, phone=phone)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    visit(page, ARTICLE)
    assert not any(address.endswith("/similar") for address in asked)
    similar = page.locator("#similar")
    similar.scroll_into_view_if_needed()
    found = similar.get_by_role("link", name="Descale an M4 without voiding the warranty")
    expect(found).to_be_visible()
    expect(similar.get_by_role("heading", name="Similar articles", level=2)).to_be_visible()
    assert axe.violations(page, ["heading-order", "link-name", "list", "color-contrast"]) == []
    found.click()
    expect(page).to_have_title("Descale an M4 without voiding the warranty · Firsthand")


def test_who_comes_there_by_keyboard_goes_on_from_there(open_window: OpenWindow) -> None:
    page = visit(open_window(READER), ARTICLE)
    page.locator("#similar").get_by_role("link", name="Similar articles").focus()
    expect(page.locator("#similar .item__title a").first).to_be_focused()


def test_where_nothing_is_similar_nothing_is_shown(open_window: OpenWindow) -> None:
    page = open_window(READER)
    page.route("**/similar", lambda route: route.fulfill(body='<section id="similar"> </section>'))
    visit(page, ARTICLE)
    page.locator("#similar").scroll_into_view_if_needed()
    expect(page.locator("#similar")).to_be_hidden()
