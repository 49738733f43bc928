"""Searching while typing: results, keys, addresses, what is remembered, and when no answer comes."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import axe
from tests.browser.conftest import OpenWindow
from tests.browser.people import CURATOR, READER
from tests.browser.scripts import until, visit
from tests.browser.watch import Watch

LIVE = "**/search?*live=1*"
KEPT = f"localStorage.getItem('firsthand.searches.{READER}')"


def asked(page: Page) -> list[str]:
    """The results asked for and what was told of them, as it happens."""
    noted: list[str] = []
    page.on("request", lambda request: noted.append(request.url.split("/", 3)[3]))
    return noted


def recent(page: Page) -> Any:
    return json.loads(page.evaluate(KEPT) or "[]")


def test_results_come_while_typing_and_the_field_keeps_the_cursor(open_window: OpenWindow) -> None:
    page = visit(open_window(READER), "/search?q=&kind=howto")
    noted = asked(page)
    page.locator("#search").focus()
    with page.expect_request("**/search/settled") as settled:
        page.keyboard.type("descale", delay=20)
    assert "q=descale&found=" in str(settled.value.post_data)
    expect(page).to_have_title("Results for descale · Firsthand")
    expect(page).to_have_url("/search?q=descale&kind=howto")
    expect(page.locator("#search")).to_be_focused()
    expect(page.locator("main .item__title a").first).to_contain_text("Descale")
    assert len([url for url in noted if "live=1" in url]) < len("descale")
    expect(page.locator("[data-search-status]")).to_have_text(re.compile(r"\d+ articles?"))
    page.reload()
    expect(page.locator("#search")).to_have_value("descale")


def test_arrow_keys_go_through_the_results_and_back(open_window: OpenWindow) -> None:
    page = visit(open_window(READER), "/search?q=machine")
    page.locator("#search").focus()
    titles = page.locator("main .item__title a")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(titles.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(titles.first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.press("ArrowDown")
    href = titles.first.get_attribute("href")
    page.keyboard.press("Enter")
    expect(page).to_have_url(str(href))


def type_on(page: Page, text: str, address: str, title: str) -> None:
    page.locator("#search").press("End")
    page.keyboard.type(text, delay=20)
    expect(page).to_have_url(address)
    expect(page).to_have_title(f"Results for {title} · Firsthand")


def test_back_brings_what_was_looked_at_before_and_how_far_it_was_read(
    open_window: OpenWindow,
) -> None:
    page = visit(open_window(READER), "/topics")
    visit(page, "/search?q=machine&kind=howto")
    narrowed = page.get_by_role("list", name="Narrowed to")
    type_on(page, " cl", "/search?q=machine+cl&kind=howto", "machine cl")
    type_on(page, "ean", "/search?q=machine+clean&kind=howto", "machine clean")
    page.evaluate("window.scrollTo(0, 300)")
    until(lambda: page.evaluate("scrollY") == 300)
    page.keyboard.press("Enter")  # what was typed already is no entry of its own
    page.go_back()
    expect(page).to_have_title("Results for machine · Firsthand")
    expect(page).to_have_url("/search?q=machine&kind=howto")
    expect(page.locator("#search")).to_have_value("machine")
    expect(narrowed).to_contain_text("How-to")
    page.go_forward()
    expect(page).to_have_title("Results for machine clean · Firsthand")
    until(lambda: page.evaluate("scrollY") == 300)
    page.go_back()
    expect(page.locator("#search")).to_have_value("machine")
    page.go_back()
    expect(page).to_have_url("/topics")


def test_what_was_sent_or_led_to_an_article_stays_an_entry_of_its_own(
    open_window: OpenWindow,
) -> None:
    page = visit(open_window(READER), "/topics")
    visit(page, "/search")
    type_on(page, "boiler", "/search?q=boiler", "boiler")
    page.keyboard.press("Enter")
    type_on(page, "s", "/search?q=boilers", "boilers")
    with page.context.expect_page():
        page.locator("main .item__title a").first.click(modifiers=["Control"])
    type_on(page, " scale", "/search?q=boilers+scale", "boilers scale")
    page.go_back()
    expect(page.locator("#search")).to_have_value("boilers")
    expect(page).to_have_title("Results for boilers · Firsthand")
    page.go_back()
    expect(page).to_have_title("Results for boiler · Firsthand")
    type_on(page, " pressure", "/search?q=boiler+pressure", "boiler pressure")
    page.evaluate(  # as when Back leads here from another page, which the browser had kept
        "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
    )
    type_on(page, " low", "/search?q=boiler+pressure+low", "boiler pressure low")
    page.go_back()
    expect(page).to_have_url("/search?q=boiler+pressure")
    page.go_back()
    expect(page).to_have_url("/search?q=boiler")
    page.go_back()
    expect(page).to_have_url("/topics")  # where nothing was looked for yet, typing began


def test_words_taken_back_do_not_hide_what_was_scrolled_where(open_window: OpenWindow) -> None:
    """Two entries in a row may have the same address."""
    page = visit(open_window(READER), "/search?q=machine")
    type_on(page, " clean", "/search?q=machine+clean", "machine clean")
    page.locator("#search").fill("machine")
    expect(page).to_have_url("/search?q=machine")
    page.go_back()
    until(lambda: page.evaluate("history.state?.place") == 0)
    type_on(page, " grind", "/search?q=machine+grind", "machine grind")
    page.go_back()
    expect(page).to_have_url("/search?q=machine")


def listen(page: Page) -> None:
    """Note what a screen reader says."""
    page.evaluate(
        """() => {
          const status = document.querySelector("[data-search-status]");
          window.said = [];
          new MutationObserver(() => status.textContent && said.push(status.textContent))
            .observe(status, { childList: true, subtree: true, characterData: true });
        }"""
    )


def said(page: Page, typed: str) -> str:
    page.evaluate("said.length = 0")
    page.locator("#search").fill(typed)
    until(lambda: page.evaluate("said.length"))
    sentence: str = page.evaluate("said.at(-1)")
    return sentence


def says_nothing(page: Page, typed: str) -> bool:
    page.evaluate("said.length = 0")
    page.locator("#search").fill(typed)
    page.wait_for_timeout(1500)
    return bool(page.evaluate("said.length === 0"))


def test_what_became_of_a_search_is_said_in_a_sentence(open_window: OpenWindow) -> None:
    page = visit(open_window(READER), "/search?q=descale")
    listen(page)
    assert says_nothing(page, "descale ")
    assert re.fullmatch(r"Showing results for descale: \d+ articles", said(page, "descalle"))
    assert re.fullmatch(r"\d+ articles", said(page, "descale"))
    assert said(page, "zzyzx") == "Nothing found"
    hardly = said(page, "machine zzyzx qwxyz vbnmk")
    assert re.fullmatch(r"Nothing fits well, but perhaps \d+ articles", hardly)


def test_the_same_sentence_is_said_again_of_other_results_only(open_window: OpenWindow) -> None:
    page = visit(open_window(READER), "/search")
    listen(page)

    def answer(route: Route) -> None:
        found = "one" if "q=a&" in route.request.url else "other"
        title = f'<h2 class="item__title"><a href="/articles/{found}">Title</a></h2>'
        body = (
            f'<div id="found" data-live><p data-total="1" data-said="1 article"></p>{title}</div>'
        )
        route.fulfill(body=body, content_type="text/html")

    page.route(LIVE, answer)
    assert said(page, "a") == "1 article"
    assert said(page, "ab") == "1 article"
    assert says_nothing(page, "abc")


def test_a_slow_answer_never_replaces_a_newer_one(open_window: OpenWindow) -> None:
    page = visit(open_window(READER), "/search")
    held: list[Route] = []
    page.route("**/search?q=boiler&live=1", lambda route: held.append(route))
    with page.expect_request("**/search?q=boiler&live=1"):
        page.keyboard.type("boiler")
    page.keyboard.type("s and scale")
    expect(page).to_have_title("Results for boilers and scale · Firsthand")
    held[0].fulfill(
        body="<title>Old</title><div id=found data-live>Old</div>", content_type="text/html"
    )
    page.wait_for_timeout(100)
    expect(page).to_have_title("Results for boilers and scale · Firsthand")


def test_an_unfinished_character_is_not_looked_for(open_window: OpenWindow) -> None:
    page = visit(open_window(READER), "/search")
    noted = asked(page)
    composing = page.context.new_cdp_session(page)
    composing.send(
        "Input.imeSetComposition", {"text": "たい", "selectionStart": 2, "selectionEnd": 2}
    )
    page.wait_for_timeout(400)
    assert noted == []
    composing.send("Input.insertText", {"text": "体"})
    expect(page).to_have_url("/search?q=%E4%BD%93")


@pytest.mark.parametrize("status", [503, 0])
def test_without_an_answer_the_results_stay_and_it_is_tried_again(
    open_window: OpenWindow, watch: Watch, status: int
) -> None:
    watch.expect(503, 0)
    page = visit(open_window(READER), "/search?q=machine")
    page.route(LIVE, lambda route: route.fulfill(status=503) if status else route.abort())
    first = page.locator("main .item__title a").first.inner_text()
    page.locator("#search").fill("descale")
    trouble = page.locator("[data-search-trouble]")
    expect(trouble).to_contain_text("These are still the results for “machine”.")
    assert page.locator("main .item__title a").first.inner_text() == first
    page.unroute(LIVE)
    expect(page).to_have_title("Results for descale · Firsthand")
    expect(trouble).to_be_empty()


def test_searches_that_were_sent_are_offered_again_until_they_are_removed(
    open_window: OpenWindow,
) -> None:
    page = visit(open_window(READER), "/topics")
    page.keyboard.press("/")
    field = page.locator("#site-search")
    expect(field).to_be_focused()
    page.keyboard.type("boiler")
    page.keyboard.press("Enter")
    page.wait_for_url("/search?q=boiler")
    visit(page, "/search?q=boiler")
    page.locator("#search").fill("grinder")
    expect(page).to_have_url("/search?q=grinder")
    assert recent(page) == ["boiler"]  # what is only typed is not kept
    page.locator("#search").press("Enter")
    until(lambda: recent(page) == ["grinder", "boiler"])
    visit(page, "/topics")
    page.keyboard.press("/")
    page.get_by_role("button", name="Remove grinder").click()
    assert recent(page) == ["boiler"]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("/search?q=boiler")
    visit(page, "/topics")
    page.get_by_role("button", name="Sign out").last.click()
    page.wait_for_url("**/signin*")
    assert recent(page) == []


def test_a_slash_is_a_character_where_somebody_writes(open_window: OpenWindow) -> None:
    page = visit(open_window(READER), "/search?q=a")
    page.locator("#search").press("End")
    page.keyboard.type("/b")
    expect(page.locator("#search")).to_have_value("a/b")


def test_axe_finds_nothing_while_recent_searches_and_suggestions_are_shown(
    open_window: OpenWindow,
) -> None:
    page = visit(open_window(CURATOR), "/topics")
    page.evaluate(f"localStorage.setItem('firsthand.searches.{CURATOR}', '[\"boiler\", \"m4\"]')")
    page.keyboard.press("/")
    expect(page.get_by_role("group", name="Recent searches")).to_be_visible()
    assert axe.violations(page) == []
    page.keyboard.type("desc")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#site-search")).to_have_attribute(
        "aria-activedescendant", "site-search-suggestions-0"
    )
    expect(page.get_by_role("group", name="Recent searches")).to_be_hidden()
    assert axe.violations(page) == []


def test_a_search_is_remembered_when_something_that_it_found_is_opened(
    open_window: OpenWindow,
) -> None:
    page = visit(open_window(READER), "/search")
    type_on(page, "grin", "/search?q=grin", "grin")
    type_on(page, "der", "/search?q=grinder", "grinder")
    assert recent(page) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/articles/*")
    assert recent(page) == ["grinder"]  # and none of its beginnings


def test_a_search_is_remembered_when_a_suggestion_is_chosen(open_window: OpenWindow) -> None:
    page = visit(open_window(READER), "/topics")
    page.keyboard.press("/")
    page.keyboard.type("descale")
    page.get_by_role("option").first.click()
    page.wait_for_url("**/articles/*")
    assert recent(page) == ["descale"]
    visit(page, "/archive")
    page.locator("#search").fill("grinder")  # other than in the archive
    page.get_by_role("option").first.click()
    page.wait_for_url("**/articles/*")
    assert recent(page) == ["descale"]
