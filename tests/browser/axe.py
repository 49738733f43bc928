"""Asks axe-core what somebody with a disability would stumble over on a page."""

from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Page

_AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
# What differs with the scheme and the width; the rest needs asking once a page.
LOOKS = ["color-contrast", "scrollable-region-focusable", "target-size", "link-in-text-block"]

# A colour on its way to another has no contrast to measure, so every transition that the new look
# began is brought to its end. Asking for the animations brings the styles up to date and so begins
# them; waiting for them instead would wait for ever in a page that nothing is drawn of.
_SETTLE = """async () => {
  const moves = ({effect, playState}) =>
    playState !== "finished" && effect?.getComputedTiming().endTime !== Infinity;
  for (let round = 0; round < 20; round += 1) {
    const moving = document.getAnimations().filter(moves);
    if (!moving.length) return;
    for (const animation of moving) animation.finish();
    await new Promise((done) => setTimeout(done));
  }
}"""

_RUN = """rules => axe.run({
  resultTypes: ["violations"], preload: false, ...(rules && {runOnly: rules})
}).then(({violations}) => violations.flatMap(({id, nodes}) => nodes.map(({html}) => `${id}: ${html}`)))"""


@cache
def _source() -> str:
    if not _AXE.is_file():
        pytest.skip("axe-core is not here: make node_modules/.ready")
    return _AXE.read_text()


def violations(page: Page, rules: list[str] | None = None) -> list[str]:
    """The rule broken and the element that breaks it; all rules but for a choice of them."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_source())  # by the tool's own door, which the page's policy does not close
    page.evaluate(_SETTLE)
    found: list[str] = page.evaluate(_RUN, rules)
    return found
