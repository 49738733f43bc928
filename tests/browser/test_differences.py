"""Comparisons: looked at in another way without leaving, and read change by change from the keyboard."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenWindow
from tests.browser.people import READER
from tests.browser.places import ARTICLE
from tests.browser.scripts import visit

ADDRESS = f"{ARTICLE}/compare/1...2"


@pytest.fixture
def page(open_window: OpenWindow) -> Page:
    return visit(open_window(READER), ADDRESS)


def test_keys_lead_from_change_to_change_and_tell_which_it_is(page: Page) -> None:
    count = page.locator(".difference__count")
    expect(count).to_have_text(re.compile(r"^\d+ changes?$"))
    number = len(page.locator("[data-change]").all())
    page.keyboard.press("n")
    expect(count).to_have_text(f"Change 1 of {number}")
    expect(page.locator("[data-change]").first).to_be_focused()
    page.keyboard.press("p")
    expect(count).to_have_text(f"Change {number} of {number}")


def test_a_choice_changes_the_page_in_place_and_holds_for_the_next_one(page: Page) -> None:
    difference = page.locator("#difference")
    page.get_by_role("link", name="Inline").click()
    expect(difference).to_have_attribute("data-view", "inline")
    assert page.url.endswith(f"{ADDRESS}?view=inline")
    page.get_by_role("link", name="As it was typed").click()
    expect(difference).to_have_attribute("data-on", "source")
    assert "on=source" in page.url
    assert "view=inline" in page.url
    expect(page.get_by_role("link", name="As it was typed")).to_be_focused()
    visit(page, ADDRESS)
    expect(difference).to_have_attribute("data-view", "inline")
    expect(difference).to_have_attribute("data-on", "source")


def test_what_the_address_says_comes_before_what_was_chosen_earlier(page: Page) -> None:
    page.get_by_role("link", name="As it was typed").click()
    expect(page.locator("#difference")).to_have_attribute("data-on", "source")
    visit(page, f"{ADDRESS}?on=text")
    expect(page.locator("#difference")).to_have_attribute("data-on", "text")


def test_without_scripts_the_choices_are_links(open_window: OpenWindow) -> None:
    page = open_window(READER, scripts=False)
    page.goto(ADDRESS)
    page.get_by_role("link", name="As it was typed").click()
    expect(page.locator(".diff--source")).to_be_visible()
    expect(page.locator(".difference__steps")).to_be_hidden()


def test_there_are_two_columns_where_there_is_room_and_one_on_a_phone(
    open_window: OpenWindow,
) -> None:
    for phone in (False, True):
        page = open_window(READER, phone=phone)
        visit(page, f"{ADDRESS}?on=source")
        heads = page.locator(".diff--source > .diff__heads")
        expect(heads).to_be_visible(visible=not phone)
