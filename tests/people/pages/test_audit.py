"""The audit log by its addresses: who may read it, how it is narrowed, and taken along."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from sqlalchemy.orm import Session

from core import audit, clock
from core.audit import AuditEntry
from core.db import db
from people.models import User
from tests.conftest import Browser

NewClient = Callable[[User], Browser]
NOON = datetime(2025, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def browser(new_client: NewClient, ada: User) -> Browser:
    return new_client(ada)


def write(session: Session, name: str, at: datetime = NOON, **facts: object) -> AuditEntry:
    act = {"action": "topic.added", "thing": "topic", "thing_id": 7, "by": 1, "by_name": "Ada"}
    with clock.at(at):
        entry = audit.write(session, name=name, **(act | facts))  # type: ignore[arg-type]
    session.flush()
    return entry


def shown(browser: Browser, query: str = "") -> list[str]:
    """The names of the things in the rows, top down."""
    response = browser.get(f"/admin/audit{query}")
    assert response.status_code == 200
    table = BeautifulSoup(response.text, "html.parser").find("tbody")
    return [str(link.string) for link in table.find_all("a")] if table else []


def rows(browser: Browser, query: str = "") -> list[dict[str, str]]:
    response = browser.get(f"/admin/audit.csv{query}")
    assert response.status_code == 200
    assert response.mimetype == "text/csv"
    assert "attachment" in response.headers["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(response.text)))


@pytest.mark.parametrize("path", ["/admin/audit", "/admin/audit.csv"])
def test_only_administrators_read_it(
    client: Browser, new_client: NewClient, bob: User, cora: User, path: str
) -> None:
    for who in (bob, cora):
        assert new_client(who).get(path).status_code == 403
    assert client.get(path).location.startswith("/signin")


def test_the_newest_comes_first(session: Session, browser: Browser) -> None:
    write(session, "Second", NOON)
    write(session, "Third", NOON)
    write(session, "First", NOON - timedelta(days=1))
    assert shown(browser) == ["Third", "Second", "First"]


def test_an_entry_is_told_in_words(session: Session, browser: Browser) -> None:
    write(
        session,
        "Travel",
        action="policy.changed",
        detail={
            "before": {"target_hours": 16, "fast_lane": False, "note": "as it was"},
            "after": {"target_hours": 8, "fast_lane": True, "note": "as it was"},
            "reason": "",
            "people": ["Cora", "Carl"],
        },
        source="10.0.0.7",
    )
    page = " ".join(
        BeautifulSoup(browser.get("/admin/audit").text, "html.parser").get_text(" ").split()
    )
    for words in (
        "10 March 2025, 12:00",
        "Ada 10.0.0.7",
        "Policy changed: Travel",
        "Target hours: 16 → 8",
        "Fast lane: no → yes",
        "Reason: nothing",
        "People: Cora, Carl",
    ):
        assert words in page
    assert "as it was" not in page


FILTERS = [
    ("?person=car", ["Badges"]),
    ("?person=carl@example.com", ["Badges"]),
    ("?person=%25", []),
    ("?action=topic.merged", ["Badges"]),
    ("?thing=person", ["Bob"]),
    ("?thing=topic&id=8", ["Badges"]),
    ("?name=TRAV", ["Travel"]),
    ("?since=2025-03-11", ["Bob"]),
    ("?until=2025-03-09", ["Travel"]),
    ("?since=2025-03-10&until=2025-03-10", ["Badges"]),
    ("?action=topic.added&name=nowhere", []),
]


@pytest.mark.parametrize(("query", "names"), FILTERS)
def test_the_page_and_the_download_show_what_the_filters_leave(
    session: Session, browser: Browser, carl: User, query: str, names: list[str]
) -> None:
    write(session, "Travel", NOON - timedelta(days=1), thing_id=7)
    write(session, "Badges", action="topic.merged", thing_id=8, by=carl.id, by_name="Carl", at=NOON)
    write(session, "Bob", NOON + timedelta(days=1), action="role.changed", thing="person")
    assert shown(browser, query) == names
    assert [row["name"] for row in rows(browser, query)] == names


def test_days_are_those_of_the_readers_zone(session: Session, browser: Browser, ada: User) -> None:
    ada.time_zone = "Asia/Tokyo"
    write(session, "Late", datetime(2025, 3, 10, 16, tzinfo=UTC))
    assert shown(browser, "?since=2025-03-11") == ["Late"]
    assert "11 March 2025, 01:00" in browser.get("/admin/audit").text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?since=soon&person=Ada", "Give a day as"),
        ("?until=2025-02-30", "Give a day as"),
        ("?since=2025-03-02&until=2025-03-01", "comes before"),
    ],
)
@pytest.mark.parametrize("path", ["/admin/audit", "/admin/audit.csv"])
def test_what_cannot_be_understood_is_said_and_kept(
    browser: Browser, path: str, query: str, sentence: str
) -> None:
    response = browser.get(path + query)
    assert response.status_code == 422
    assert sentence in response.text
    page = BeautifulSoup(response.text, "html.parser")
    typed = {field["name"]: field.get("value") for field in page.find_all("input")}
    for pair in query.removeprefix("?").split("&"):
        name, _, value = pair.partition("=")
        assert typed[name] == value


def test_all_of_a_long_log_can_be_read_page_by_page(session: Session, browser: Browser) -> None:
    for number in range(120):
        write(session, f"Number {number}", NOON + timedelta(minutes=number // 3))
    address: str | None = "/admin/audit?person=ada"
    names: list[str] = []
    pages = 0
    while address:
        page = BeautifulSoup(browser.get(address).text, "html.parser")
        table = page.find("tbody")
        names += [str(link.string) for link in table.find_all("a")] if table else []
        older = page.find("a", rel="next")
        address = str(older["href"]) if older else None
        pages += 1
        write(session, f"Meanwhile {pages}", NOON + timedelta(days=1))  # moves no page
    assert names == [f"Number {number}" for number in reversed(range(120))]
    assert pages == 3


def test_a_download_holds_everything_and_runs_nothing(session: Session, browser: Browser) -> None:
    for number in range(60):
        write(session, f"Number {number}")
    write(session, '=HYPERLINK("http://elsewhere.example")', by_name="@SUM(A1)", source="-1+1")
    found = rows(browser)
    assert len(found) == 61
    assert found[0]["name"] == '\'=HYPERLINK("http://elsewhere.example")'
    assert (found[0]["person"], found[0]["from"]) == ("'@SUM(A1)", "'-1+1")
    assert found[1]["name"] == "Number 59"


def test_reading_the_log_costs_the_same_however_much_it_shows(
    session: Session, browser: Browser
) -> None:
    write(session, "One")
    browser.get("/admin/audit")  # what is asked every few seconds is asked now
    few = queries(browser)
    for number in range(49):
        write(session, f"Number {number}", thing_id=number)
    assert queries(browser) == few


def queries(browser: Browser) -> int:
    asked: list[str] = []

    def note(*args: Any) -> None:
        asked.append(args[2])

    sa.event.listen(db.engine, "before_cursor_execute", note)
    assert browser.get("/admin/audit").status_code == 200
    sa.event.remove(db.engine, "before_cursor_execute", note)
    return len(asked)
