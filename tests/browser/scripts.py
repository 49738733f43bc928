"""Waits until the scripts of a page are at work, which comes a moment after the page itself."""

from collections.abc import Callable
from time import monotonic

import pytest
from playwright.sync_api import Page

# Importing a module again waits for the first import, and runs after what waited for that.
_START = """() => {
  const app = document.querySelector('script[src*="/js/app."]').src;
  const names = [...document.querySelectorAll("[data-behavior]")]
    .flatMap((element) => element.dataset.behavior.split(/ +/).filter(Boolean));
  return Promise.all(names.map((name) => import(new URL(`behaviors/${name}.js`, app))));
}"""


def visit(page: Page, address: str) -> Page:
    """Open a page and let its behaviours start."""
    page.goto(address)
    page.evaluate(_START)
    return page


def until(condition: Callable[[], object], seconds: float = 15.0) -> None:
    """Wait for what no locator can tell."""
    end = monotonic() + seconds
    while not condition():
        if monotonic() > end:
            pytest.fail("It did not come about in time.")
