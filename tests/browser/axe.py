"""Asks axe-core what somebody with a disability would stumble over on a page."""

from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Page

_AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
# What differs with the scheme and the width; the rest needs asking once a page.
LOOKS = ["color-contrast", "scrollable-region-focusable", "target-size", "link-in-text-block"]

_RUN = """rules => axe.run({resultTypes: ["violations"], ...(rules && {runOnly: rules})}).then(
  ({violations}) => violations.flatMap(({id, nodes}) => nodes.map(({html}) => `${id}: ${html}`)))"""


@cache
def _source() -> str:
    if not _AXE.is_file():
        pytest.skip("axe-core is not here: make node_modules/.ready")
    return _AXE.read_text()


def violations(page: Page, rules: list[str] | None = None) -> list[str]:
    """The rule broken and the element that breaks it; all rules but for a choice of them."""
    page.evaluate(_source())  # the tool's own door, which the page's policy does not close
    found: list[str] = page.evaluate(_RUN, rules)
    return found
