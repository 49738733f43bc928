"""Doing everything by keyboard, as somebody does who cannot use a mouse."""

import pytest
from playwright.sync_api import Locator, Page, expect

FARTHEST = 150  # presses of Tab until somebody gives up

_HAS_FOCUS = "element => element === document.activeElement"


def tab_to(target: Locator) -> Locator:
    """Press Tab until the focus is there."""
    expect(target).to_be_visible()
    element = target.element_handle()  # found once, since looking for it costs more than a key
    for _ in range(FARTHEST):
        if element.evaluate(_HAS_FOCUS):
            return target
        target.page.keyboard.press("Tab")
    pytest.fail(f"{FARTHEST} presses of Tab do not lead to {target}")


def press(page: Page, button: str, key: str = "Enter") -> None:
    tab_to(page.get_by_role("button", name=button, exact=True)).press(key)


def follow(page: Page, link: str) -> None:
    tab_to(page.get_by_role("link", name=link).first).press("Enter")


def write(page: Page, field: str, text: str) -> None:
    """Put this text into a field in place of what stands there."""
    tab_to(page.get_by_label(field, exact=True)).press("Control+a")
    page.keyboard.type(text)


def choose(page: Page, field: str, words: str) -> None:
    """Go down a list of choices until the one wanted is chosen."""
    select = tab_to(page.get_by_label(field, exact=True))
    for _ in range(50):
        if select.locator("option:checked").inner_text().strip() == words:
            return
        select.press("ArrowDown")
    pytest.fail(f"{field} has no choice {words}")
