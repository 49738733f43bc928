"""What opens on a page, and what a page says when something fails, is open to everybody too."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import axe
from tests.browser.conftest import OpenWindow
from tests.browser.people import AUTHOR, CURATOR, READER, make_draft, submit_draft
from tests.browser.scripts import visit
from tests.browser.watch import Watch

Opened = Callable[[OpenWindow], Page]
CALM = {"reduced_motion": "reduce"}


def menu_on_a_phone(open_window: OpenWindow) -> Page:
    page = visit(open_window(CURATOR, phone=True, **CALM), "/topics")
    page.get_by_role("button", name="Menu").click()
    page.locator("summary", has_text="Mette Dahl").click()
    expect(page.get_by_role("link", name="Settings")).to_be_visible()
    return page


def suggestions(open_window: OpenWindow) -> Page:
    page = visit(open_window(READER, **CALM), "/")
    page.get_by_label("Search", exact=True).press_sequentially("machi")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    return page


def question(open_window: OpenWindow) -> Page:
    page = open_window(AUTHOR, **CALM)
    visit(page, make_draft(page, "Ask before throwing away")["url"])
    page.get_by_role("button", name="Delete draft").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    return page


def similar_articles(open_window: OpenWindow) -> Page:
    page = visit(open_window(AUTHOR, **CALM), "/write/howto?title=Descaling+an+M4")
    page.get_by_label("Title", exact=True).press_sequentially(" s")
    expect(page.locator("[data-similar]")).to_be_visible()
    page.get_by_label("Title", exact=True).press("Control+s")
    expect(page.locator("[data-save-status]")).to_contain_text("Saved at")
    return page


def failed_save(open_window: OpenWindow) -> Page:
    page = open_window(AUTHOR, **CALM)
    visit(page, make_draft(page, "Pull the plug")["url"])
    page.route("**/drafts/*", lambda route: route.abort())
    page.get_by_label("Text", exact=True).fill("Gone.")
    page.get_by_label("Text", exact=True).press("Control+s")
    expect(page.get_by_role("button", name="Try now")).to_be_visible()
    return page


def conflict(open_window: OpenWindow) -> Page:
    page = open_window(AUTHOR, **CALM)
    draft = make_draft(page, "Write in two windows")
    visit(page, draft["url"])
    other = {"title": "Write in one window", "version": draft["version"]}
    assert page.context.request.post(draft["url"], data=other).ok
    page.get_by_label("Text", exact=True).fill("Mine.")
    page.get_by_label("Text", exact=True).press("Control+s")
    expect(page.locator("[data-panel]")).to_be_visible()
    return page


def incomplete_submission(open_window: OpenWindow) -> Page:
    page = open_window(AUTHOR, **CALM)
    page.goto(make_draft(page, "", summary="", topic="", body="")["url"])
    page.get_by_role("button", name="Submit for review").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    return page


def decision_without_reason(open_window: OpenWindow) -> Page:
    page = open_window(CURATOR, **CALM)
    page.goto(submit_draft(author := open_window(AUTHOR), make_draft(author, "Give a reason")))
    page.get_by_role("button", name="Claim").click()
    page.get_by_role("button", name="Decline").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    return page


def wrong_password(open_window: OpenWindow) -> Page:
    page = open_window(**CALM)
    page.goto("/signin")
    page.get_by_label("E-mail", exact=True).fill("nobody@morlund.example")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    return page


@pytest.mark.parametrize(
    "opened",
    [
        menu_on_a_phone,
        suggestions,
        question,
        similar_articles,
        failed_save,
        conflict,
        incomplete_submission,
        decision_without_reason,
        wrong_password,
    ],
)
def test_axe_finds_nothing_where_something_opened_or_failed(
    open_window: OpenWindow, watch: Watch, opened: Opened
) -> None:
    watch.expect(0, 401, 409, 422)
    page = opened(open_window)
    assert axe.violations(page) == []
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert axe.violations(page, axe.LOOKS) == []
