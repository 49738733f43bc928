"""Notes what a page must never do: report errors, break the policy, ask other hosts, meet a fault."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

_REFUSED = re.compile(r"Failed to load resource: the server responded with a status of (\d+)")
_UNREACHABLE = "Failed to load resource: net::ERR_"


class Watch:
    def __init__(self, url: str) -> None:
        self.host = urlsplit(url).netloc
        self.troubles: list[str] = []
        self._expected: set[int] = set()

    def expect(self, *statuses: int) -> None:
        """Refusals that the test provokes; 0 stands for a server that cannot be reached."""
        self._expected |= set(statuses)

    def over(self, context: BrowserContext) -> None:
        context.on("console", self._said)
        context.on("weberror", self._threw)
        context.on("requestfinished", self._asked)
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)

    def take(self) -> list[str]:
        """What was noted since the last time."""
        noted, self.troubles = self.troubles, []
        return noted

    def _said(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        refused = _REFUSED.match(message.text)
        if refused and int(refused[1]) in self._expected:
            return
        if refused and refused[1] == "429" and message.location["url"].endswith("/preview"):
            return  # a busy machine asks a person to wait between two previews; the page tries again
        if message.text.startswith(_UNREACHABLE) and 0 in self._expected:
            return
        self.troubles.append(f"console: {message.text} ({message.location['url']})")

    def _threw(self, error: WebError) -> None:
        self.troubles.append(f"error: {error.error}")

    def _asked(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("blob", "data") and address.netloc != self.host:
            self.troubles.append(f"asked another host: {request.url}")

    def _failed(self, request: Request) -> None:
        if "csp" not in (request.failure or "").lower():  # what the policy stops is never sent
            self._asked(request)

    def _answered(self, response: Response) -> None:
        if response.status >= 500 and response.status not in self._expected:
            self.troubles.append(f"status {response.status}: {response.url}")
