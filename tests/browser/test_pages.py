"""Opens every page in its main states, wide and on a phone, light and dark, and looks it over."""

import os
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import axe
from tests.browser.conftest import PHONE, WIDE, Server, SignIn
from tests.browser.places import Place, places
from tests.browser.watch import Watch

SMALLEST_TARGET = 44  # CSS pixels, on a phone

_TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll("body *")]
    .filter(element => element.getBoundingClientRect().right > innerWidth + 1)
    .map(element => element.outerHTML.slice(0, 100))"""

_TOO_LOW = """smallest => 
  [...document.querySelectorAll("button, input, select, textarea, summary, .button")]
  .filter(element => !element.disabled && element.checkVisibility({visibilityProperty: true}))
  .map(element => element.matches("[type=checkbox], [type=radio]") && element.closest("label") || element)
  .filter(element => element.getBoundingClientRect().height < smallest - 0.5)
  .map(element => `${element.getBoundingClientRect().height} px: ${element.outerHTML.slice(0, 120)}`)"""

_HEADINGS = "() => [...document.querySelectorAll('h1')].map(heading => heading.innerText.trim())"


@dataclass
class Tour:
    """What was found on all pages, by what was looked for."""

    found: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    seen: set[tuple[str, str | None]] = field(default_factory=set)

    def is_new_look(self, place: Place) -> bool:
        """Whether no page of this kind, for this person, was asked for barriers before.

        The rest is made by the same templates and costs minutes: FIRSTHAND_TEST_ALL=1 asks all of it.
        """
        room, *rest = place.address.partition("?")[0].strip("/").split("/")
        if room in ("articles", "drafts", "people", "reviews", "tags", "topics"):
            rest = rest[:1] and ["*", *rest[1:]]  # whichever it is
        look = ("/".join((room, *rest)), place.person)
        is_new = look not in self.seen
        self.seen.add(look)
        return is_new or bool(os.environ.get("FIRSTHAND_TEST_ALL"))

    def note(self, kind: str, place: Place, findings: list[str]) -> None:
        person = place.person or "nobody"
        self.found[kind] += [f"{place.name} ({place.address}, {person}): {x}" for x in findings]


@pytest.fixture(scope="module")
def tour(server: Server, browser: Browser, sign_in: SignIn) -> Tour:
    """Each page is opened once, then looked at wide and light, and on a phone and dark."""
    with server.database.reading() as session:
        found = list(places(session))
    tour, watch, windows = Tour(), Watch(server.url), _Windows(browser, server, sign_in)
    for place in found:
        page = windows.of(place.person, watch)
        watch.expect(place.status)
        _look_at(tour, place, page)
        tour.note("troubles", place, watch.take())
    windows.close()
    return tour


class _Windows:
    """One browser window for each person."""

    def __init__(self, browser: Browser, server: Server, sign_in: SignIn) -> None:
        self._browser, self._server, self._sign_in = browser, server, sign_in
        self._pages: dict[str | None, Page] = {}

    def of(self, person: str | None, watch: Watch) -> Page:
        if person not in self._pages:
            context = self._browser.new_context(
                base_url=self._server.url, viewport=WIDE, reduced_motion="reduce"
            )
            if person:
                self._sign_in(context, person)
            watch.over(context)
            self._pages[person] = context.new_page()
        return self._pages[person]

    def close(self) -> None:
        for page in self._pages.values():
            page.context.close()


def _look_at(tour: Tour, place: Place, page: Page) -> None:
    answer = page.goto(place.address)
    status = answer.status if answer else 0
    tour.note("status", place, [] if status == place.status else [f"status {status}"])
    headings: list[str] = page.evaluate(_HEADINGS)
    fits = len(headings) == 1 and page.title().startswith(headings[0])
    tour.note("headings", place, [] if fits else [f"{headings} under {page.title()!r}"])
    is_new = tour.is_new_look(place)
    if is_new:
        tour.note("barriers", place, axe.violations(page))
    _picture(page, place, "wide-light")
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    tour.note("too wide", place, page.evaluate(_TOO_WIDE))
    tour.note("too low", place, page.evaluate(_TOO_LOW, SMALLEST_TARGET))
    if is_new:
        looks = axe.violations(page, axe.LOOKS)
        tour.note("barriers", place, [f"phone, dark: {x}" for x in looks])
    _picture(page, place, "phone-dark")
    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="light")


def _picture(page: Page, place: Place, name: str) -> None:
    """For people to look at: FIRSTHAND_TEST_PICTURES names the folder."""
    folder = os.environ.get("FIRSTHAND_TEST_PICTURES")
    if folder:
        path = Path(folder) / f"{place.name} {name}.png".replace(" ", "-")
        page.screenshot(path=path, full_page=True)


def test_every_page_answers_as_it_should(tour: Tour) -> None:
    assert tour.found["status"] == []


def test_axe_finds_nothing_on_any_page(tour: Tour) -> None:
    assert tour.found["barriers"] == []


def test_no_page_reports_an_error_breaks_the_policy_or_asks_another_host(tour: Tour) -> None:
    assert tour.found["troubles"] == []


def test_no_page_scrolls_sideways_on_a_phone(tour: Tour) -> None:
    assert tour.found["too wide"] == []


def test_every_control_is_high_enough_for_a_thumb_on_a_phone(tour: Tour) -> None:
    assert tour.found["too low"] == []


def test_every_page_has_one_heading_with_which_its_title_begins(tour: Tour) -> None:
    assert tour.found["headings"] == []
