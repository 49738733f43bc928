"""The policy as the second wall: should hostile text ever get past the renderer, nothing of it runs."""

import pytest
from playwright.sync_api import Page, Route

from tests.browser.conftest import OpenWindow
from tests.browser.people import READER
from tests.browser.places import ARTICLE
from tests.browser.watch import Watch

HOSTILE = {
    "script": "<script>window.ran = true</script>",
    "script from elsewhere": "<script src='https://evil.example/x.js'></script>",
    "script in an address": "<script src='data:text/javascript,window.ran=true'></script>",
    "handler": "<img src='/nowhere.png' onerror='window.ran = true'>",
    "link": "<a id='trap' href='javascript:window.ran = true'>Read on</a>",
    "frame": "<iframe srcdoc='<script>parent.ran = true</script>'></iframe>",
    "object": "<object data='data:text/html,<script>parent.ran = true</script>'></object>",
    "drawing": "<svg onload='window.ran = true'><rect width='9' height='9'/></svg>",
    "base": "<base href='https://evil.example/'>",
    "style": "<style>body { display: none }</style>",
    "style attribute": "<p style='position: fixed; inset: 0'>Pay here</p>",
    "form": "<form action='https://evil.example/'><button id='trap'>Go</button></form>",
}


def _deliver_with(page: Page, markup: str) -> None:
    """Let the article arrive with something that the renderer would never let through."""

    def alter(route: Route) -> None:
        answer = route.fetch()
        body = answer.text().replace('<div class="prose">', f'<div class="prose">{markup}', 1)
        assert markup in body
        route.fulfill(response=answer, body=body)

    page.route(f"**{ARTICLE}", alter)


@pytest.mark.parametrize("markup", HOSTILE.values(), ids=HOSTILE.keys())
def test_nothing_hostile_runs_or_leads_elsewhere(
    open_window: OpenWindow, watch: Watch, markup: str
) -> None:
    watch.expect(404)  # the image that is nowhere
    page = open_window(READER)
    _deliver_with(page, markup)
    page.goto(ARTICLE)
    if page.locator("#trap").count():
        page.locator("#trap").click(no_wait_after=True)
    page.wait_for_timeout(100)
    assert page.evaluate("window.ran") is None
    assert page.url.endswith(ARTICLE)
    assert page.evaluate("document.baseURI") == page.url
    assert page.evaluate("getComputedStyle(document.body).display") != "none"
    assert page.locator("[style]").evaluate_all("all => all.every(e => !e.style.position)")
    noted = watch.take()
    assert any("Content Security Policy" in trouble for trouble in noted)
    assert not any("asked another host" in trouble for trouble in noted)


def test_the_policy_is_the_same_on_pages_refusals_and_scripts(open_window: OpenWindow) -> None:
    page = open_window(READER)
    addresses = ["/", ARTICLE, "/no-such-page", "/static/js/app.js", "/search/suggest?q=ma"]
    policies = {
        page.context.request.get(address).headers.get("content-security-policy")
        for address in addresses
    }
    assert len(policies) == 1
    policy = policies.pop()
    assert policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
