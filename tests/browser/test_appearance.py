"""Times in the reader's zone, the dark scheme, paper, and the keyboard's own ways."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenWindow
from tests.browser.keyboard import press, tab_to
from tests.browser.people import AUTHOR, READER, make_draft
from tests.browser.places import ARTICLE
from tests.browser.scripts import visit

_LIGHTNESS = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d");
  const lightness = (colour) => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data;
    return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
  };
  const {backgroundColor, color} = getComputedStyle(document.body);
  const root = getComputedStyle(document.documentElement).backgroundColor;
  const page = backgroundColor === "rgba(0, 0, 0, 0)" ? root : backgroundColor;
  return {page: lightness(page), text: lightness(color)};
}"""


def is_dark(page: Page) -> bool:
    seen = page.evaluate(_LIGHTNESS)
    return bool(seen["page"] < 0.2 and seen["text"] > 0.6)


def is_light(page: Page) -> bool:
    seen = page.evaluate(_LIGHTNESS)
    return bool(seen["page"] > 0.8 and seen["text"] < 0.3)


# Times


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles", "UTC"])
def test_times_are_those_of_the_readers_zone(open_window: OpenWindow, zone: str) -> None:
    page = visit(open_window(READER, timezone_id=zone), ARTICLE)
    time = page.locator(".trust time")
    moment = time.get_attribute("datetime")
    shown = page.evaluate(
        """([moment, zone]) => {
          const show = (how) => new Date(moment).toLocaleString("en-GB", {...how, timeZone: zone});
          return [show({dateStyle: "long"}), show({timeStyle: "short"})];
        }""",
        [moment, zone],
    )
    expect(time).to_have_text(shown[0])
    expect(time).to_have_attribute("title", re.compile(shown[1]))


def test_a_save_is_told_in_the_writers_zone(open_window: OpenWindow) -> None:
    page = open_window(AUTHOR, timezone_id="Asia/Kathmandu")
    visit(page, make_draft(page, "Look at a clock")["url"])
    page.get_by_label("Text", exact=True).fill("Tick.")
    page.get_by_label("Text", exact=True).press("Control+s")
    status = page.locator("[data-save-status]")
    expect(status).to_have_text(re.compile(r"Saved at \d\d:\d\d"))
    now = page.evaluate("new Intl.DateTimeFormat('en-GB', {timeStyle: 'short'}).format(new Date())")
    saved = status.inner_text().removeprefix("Saved at ")
    assert _minutes(now) - _minutes(saved) in (0, 1, -1439)


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


# Light, dark, paper


@pytest.mark.parametrize("address", ["/", ARTICLE, "/write/howto"])
def test_the_dark_scheme_is_dark_and_the_light_one_light(
    open_window: OpenWindow, address: str
) -> None:
    page = open_window(READER, color_scheme="dark")
    page.goto(address)
    assert is_dark(page)
    page.emulate_media(color_scheme="light")
    assert is_light(page)


def test_the_choice_of_a_scheme_is_kept(open_window: OpenWindow) -> None:
    page = visit(open_window(READER, color_scheme="light"), "/")
    tab_to(page.locator("summary", has_text="Rasmus Thygesen")).press("Enter")
    press(page, "Dark")
    assert is_dark(page)
    page.goto("/topics")
    assert is_dark(page)
    tab_to(page.locator("summary", has_text="Rasmus Thygesen")).press("Enter")
    press(page, "System")
    assert is_light(page)


def test_an_article_on_paper_has_no_navigation(open_window: OpenWindow) -> None:
    page = open_window(READER)
    page.goto(ARTICLE)
    page.emulate_media(media="print")
    for part in [".site-header", ".site-footer", ".main__aside", ".article-head__links"]:
        expect(page.locator(part)).to_be_hidden()
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator(".prose")).to_be_visible()
    expect(page.locator(".paper-only")).to_contain_text(ARTICLE)


# The keyboard


def test_a_slash_goes_to_the_search_field(open_window: OpenWindow) -> None:
    page = visit(open_window(READER), ARTICLE)
    field = page.get_by_label("Search", exact=True)
    page.keyboard.press("/")
    expect(field).to_be_focused()
    page.keyboard.type("a/b")
    expect(field).to_have_value("a/b")


def test_suggestions_are_chosen_by_arrow(open_window: OpenWindow) -> None:
    page = visit(open_window(READER), "/")
    page.keyboard.type("desca")
    option = page.get_by_role("option", name="Descale an M4 without voiding the warranty")
    expect(option).to_be_visible()
    for _ in range(10):
        page.keyboard.press("ArrowDown")
        if option.get_attribute("aria-selected") == "true":
            break
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{ARTICLE}")


def test_escape_closes_the_suggestions_and_enter_searches(open_window: OpenWindow) -> None:
    page = visit(open_window(READER), "/")
    page.keyboard.type("desca")
    expect(page.get_by_role("listbox")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=desca")


def test_the_first_tab_leads_past_the_navigation(open_window: OpenWindow) -> None:
    page = visit(open_window(READER), ARTICLE)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the text")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


_STOPS = """() => {
  window.stops = new Set();
  window.unseen = [];
  const mark = (element) => {
    const {outlineStyle, outlineWidth, boxShadow} = getComputedStyle(element);
    return `${outlineStyle !== "none" && parseFloat(outlineWidth) >= 2} ${boxShadow}`;
  };
  document.addEventListener("focusin", ({target}) => {
    window.stops.add(target);
    const [outlined, shadow] = mark(target).split(/ (.*)/);
    if (outlined !== "true" && shadow === "none") window.unseen.push(target.outerHTML.slice(0, 120));
  });
}"""

_MISSED = """() =>
  [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
  .filter((element) => element.tabIndex >= 0 && !element.disabled && element.type !== "hidden")
  .filter((element) => element.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true}))
  .filter((element) => !window.stops.has(element))
  .map((element) => element.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize(
    ("person", "address"),
    [
        (READER, ARTICLE),
        (READER, "/search?q=machine"),
        (AUTHOR, "/write/howto"),
        (AUTHOR, "/drafts"),
        ("mette-dahl", "/reviews"),
        ("oluwaseun-adeyemi", "/admin/people"),
    ],
)
def test_everything_is_reached_by_tab_and_the_focus_is_seen(
    open_window: OpenWindow, person: str, address: str
) -> None:
    page = visit(open_window(person, reduced_motion="reduce"), address)
    if address == ARTICLE:  # what comes at its end is to be there when we count
        page.locator("#similar").scroll_into_view_if_needed()
        expect(page.locator("#similar .item").first).to_be_visible()
        page.evaluate("scrollTo(0, 0)")
    page.evaluate("document.activeElement.blur()")
    page.evaluate(_STOPS)
    for _ in range(page.locator("a, button, input, select, textarea, summary").count() + 5):
        page.keyboard.press("Tab")
    assert page.evaluate(_MISSED) == []
    assert page.evaluate("window.unseen") == []
