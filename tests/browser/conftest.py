"""A real server with the demo company in it, a real Chromium, and people who sit in front of it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from core.db import Database
from ops.demo.seeding import PASSWORD
from tests import needs
from tests.browser.people import email
from tests.browser.watch import Watch

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 12.0  # seconds that a page may take on a busy machine
STARTS_WITHIN = 120.0  # seconds, with the demo content to be made
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # People are played here. Without a window it says HeadlessChrome, which is taken for no person.
    "--user-agent=Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/140.0.0.0 Safari/537.36",
]


class Server:
    """The application as `make run` starts it, in a process of its own."""

    def __init__(self, data: Path, database_url: str) -> None:
        self.address = f"127.0.0.1:{_free_port()}"
        self.url = f"http://{self.address}"
        self.log = data / "server.log"
        self.database = Database()
        self._data = data
        self._database_url = database_url
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ops.run"],
                cwd=ROOT,
                env=self._environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait()
        self.database.open(self._database_url)

    def stop(self) -> None:
        self.database.close()
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(30)

    def _environment(self) -> dict[str, str]:
        others = {k: v for k, v in os.environ.items() if not k.startswith("FIRSTHAND_")}
        return others | {
            "FIRSTHAND_DATA": str(self._data),
            "FIRSTHAND_BIND": self.address,
            "FIRSTHAND_BASE_URL": self.url,
            "FIRSTHAND_DATABASE_URL": self._database_url,
            "FIRSTHAND_SEARCH_URL": "tantivy:",
            "FIRSTHAND_SEMANTIC": "off",
            "FIRSTHAND_MAIL_URL": "",
            "PYTHONUNBUFFERED": "1",
        }

    def _wait(self) -> None:
        assert self._process is not None
        end = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < end and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        self._process.kill()
        self._process.wait()
        pytest.fail(f"The server did not start:\n{self.log.read_text()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def server(
    request: pytest.FixtureRequest, chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Started once, with the demo company in it; tests add to it under titles of their own."""
    data = tmp_path_factory.mktemp("server")
    with ExitStack() as stack:
        if request.config.getoption("--database") == "postgresql":
            database_url = stack.enter_context(needs.postgresql_database())
        else:
            company = request.getfixturevalue("demo_company")
            shutil.copytree(company, data, dirs_exist_ok=True)
            database_url = f"sqlite:///{data / 'firsthand.db'}"
        server = Server(data, database_url)
        stack.callback(server.stop)
        server.start()
        yield server
    faults = [line for line in server.log.read_text().splitlines() if "Traceback" in line]
    assert not faults, f"The server met faults:\n{server.log.read_text()}"


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE * 1000)
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


SignIn = Callable[[BrowserContext, str], None]


@pytest.fixture(scope="session")
def sign_in() -> SignIn:
    """`sign_in(context, "mette-dahl")`; nobody's password is asked for twice."""
    cookies: dict[str, Any] = {}

    def sign_in(context: BrowserContext, person: str) -> None:
        if person not in cookies:
            form = {"email": email(person), "password": PASSWORD}
            answer = context.request.post("/signin", form=form)
            assert answer.ok, f"{person} could not sign in: {answer.status}"
            cookies[person] = context.cookies()
        context.clear_cookies()
        context.add_cookies(cookies[person])

    return sign_in


@pytest.fixture
def watch(server: Server) -> Iterator[Watch]:
    """Notes what pages must never do, in all windows of the test; `watch.expect(409)` excuses one."""
    watch = Watch(server.url)
    yield watch
    assert watch.troubles == []


OpenWindow = Callable[..., Page]


@pytest.fixture
def open_window(
    server: Server, browser: Browser, watch: Watch, sign_in: SignIn
) -> Iterator[OpenWindow]:
    """`open_window("mette-dahl", phone=True)` opens a browser of its own with a person signed in."""
    contexts: list[BrowserContext] = []

    def open_window(
        person: str | None = None, *, phone: bool = False, scripts: bool = True, **options: Any
    ) -> Page:
        context = browser.new_context(
            base_url=server.url,
            viewport=PHONE if phone else WIDE,
            java_script_enabled=scripts,
            locale="en-GB",
            **options,
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE * 1000)
        watch.over(context)
        if person:
            sign_in(context, person)
        return context.new_page()

    yield open_window
    for context in contexts:
        context.close()
