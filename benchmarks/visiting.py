"""What a browser fetches for a first visit to an article, with nothing in its cache."""

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from benchmarks.client import Client
from benchmarks.content import READER, Content
from benchmarks.server import Server
from benchmarks.table import Figure, percentile

VISITS = 9


def measure(server: Server, content: Content) -> Iterator[Figure]:
    chromium = shutil.which("chromium")
    if chromium is None:
        print("first visit: not measured, Chromium is not here (apt install chromium)")
        return
    slugs = random.Random(5).sample(content.slugs, k=VISITS)
    cookies = Client.signed_in(server.port, READER).cookies
    site = f"http://127.0.0.1:{server.port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        visits = [_visit(browser, f"{site}/articles/{slug}", cookies) for slug in slugs]
        browser.close()
    yield _figure(
        "HTML, CSS, script", [_kb(v, "Document", "Stylesheet", "Script") for v in visits], 40
    )
    fonts = [_kb(visit, "Document", "Stylesheet", "Script", "Font") for visit in visits]
    yield _figure("with fonts", fonts, 100)


def _figure(what: str, sizes: list[float], limit: float) -> Figure:
    beside = f"median of {len(sizes)} articles; largest {max(sizes):.1f}"
    return Figure(f"first visit to an article: {what}", percentile(sizes, 0.5), "kB", limit, beside)


def _visit(browser: Browser, address: str, cookies: dict[str, str]) -> Counter[str]:
    """Bytes on the wire by kind of resource, as Chromium counted them."""
    context = browser.new_context()
    context.add_cookies([{"name": n, "value": v, "url": address} for n, v in cookies.items()])
    page = context.new_page()
    protocol = context.new_cdp_session(page)
    kinds: dict[str, str] = {}
    sizes: Counter[str] = Counter()

    def began(event: dict[str, Any]) -> None:
        kinds[event["requestId"]] = event["type"]

    def ended(event: dict[str, Any]) -> None:
        sizes[kinds.get(event["requestId"], "Other")] += int(event["encodedDataLength"])

    protocol.on("Network.responseReceived", began)
    protocol.on("Network.loadingFinished", ended)
    protocol.send("Network.enable")
    page.goto(address, wait_until="networkidle")
    context.close()
    return sizes


def _kb(visit: Counter[str], *kinds: str) -> float:
    return sum(visit[kind] for kind in kinds) / 1000
