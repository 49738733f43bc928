"""The audit log: from where it says a thing was done, and how it comes out."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from core import audit, audit_log
from core.audit import AuditEntry
from core.db import Database
from core.outbox import Event, Worker, record, subscribe
from core.tables import csv_lines
from people.models import User
from tests.conftest import Browser, Clock
from tests.factories import settle


def write(session: Session, name: str = "Travel", **facts: Any) -> AuditEntry:
    entry = audit.write(session, "topic.added", "topic", 7, name=name, by=None, **facts)
    session.flush()
    return entry


# From where


def test_what_a_command_does_comes_from_the_command_line(session: Session) -> None:
    assert write(session).source == "command line"


def test_what_is_said_to_come_from_elsewhere_does(session: Session) -> None:
    assert write(session, source="the old wiki").source == "the old wiki"


def test_what_a_request_does_comes_from_its_address(
    session: Session, new_client: Callable[[User], Browser], ada: User, bob: User
) -> None:
    browser = new_client(ada)
    browser.environ_base["REMOTE_ADDR"] = "10.0.0.7"
    assert browser.post(f"/admin/people/{bob.id}/deactivation").status_code == 303
    [entry] = audit_log.part(session, audit_log.Filter()).entries
    assert (entry.action, entry.source, entry.actor_name) == ("access.ended", "10.0.0.7", "Ada")
    assert write(session).source == "command line"  # nothing of the request stays behind


def test_what_a_delivery_does_comes_from_the_outbox(
    session: Session, database: Database, tmp_path: Path
) -> None:
    def notes(session: Session, events: Sequence[Event]) -> None:
        write(session)

    subscribe("notes", ["happened"], notes, inside=True)
    record(session, "happened", 1)
    session.commit()
    worker = Worker(database, tmp_path)
    thread = worker.start_thread()
    for _try in range(200):
        if source := session.scalar(sa.select(AuditEntry.source)):
            break
        session.rollback()
        thread.join(0.05)
    worker.stop()
    thread.join()
    assert source == "outbox"


# In words


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ({}, []),
        ({"reason": "Too old"}, [("Reason", "Too old")]),
        ({"before": 90, "after": None}, [("Before", "90"), ("After", "nothing")]),
        (
            {"before": {"a_b": 1, "c": [1, 2]}, "after": {"a_b": 1, "c": []}},
            [("C", "1, 2 → nothing")],
        ),
        ({"before": {}, "after": {"new": True}}, [("New", "nothing → yes")]),
        ({"who": {"name": "Ada", "ids": [1, 2]}}, [("Who", "Name: Ada; Ids: 1, 2")]),
    ],
)
def test_details_are_told_in_words(
    session: Session, detail: dict[str, Any], words: list[tuple[str, str]]
) -> None:
    assert audit_log.detail(write(session, detail=detail)) == words


def test_keys_become_words() -> None:
    assert audit_log.in_words("article.interval_changed") == "Article interval changed"


# As a table


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", '=cmd|"/c calc"!A1']
)
def test_no_cell_begins_a_formula(text: str) -> None:
    [_head, line] = csv.reader(io.StringIO("".join(csv_lines(["name"], [[text]])), newline=""))
    assert line == [f"'{text}"]


def test_other_cells_stay_as_they_are() -> None:
    row = ["a=b", "", -3, 'say "no"', "two\nlines"]
    lines = "".join(csv_lines(["a", "b", "c", "d", "e"], [row]))
    assert list(csv.reader(io.StringIO(lines, newline="")))[1] == [str(cell) for cell in row]


# flask audit export


@pytest.fixture
def export(app: Flask, session: Session) -> Callable[..., str]:
    def export(*options: str) -> str:
        settle(session)
        result = app.test_cli_runner().invoke(args=["audit", "export", *options])
        assert result.exit_code == 0, result.output
        return result.output

    return export


Export = Callable[..., str]


def test_the_log_can_be_printed_as_a_table(session: Session, export: Export) -> None:
    write(session, "Travel")
    write(session, "=1+1", detail={"reason": "Double"})
    newest, oldest = csv.DictReader(io.StringIO(export()))
    assert (newest["name"], newest["detail"]) == ("'=1+1", "Reason: Double")
    assert (oldest["name"], oldest["thing"], oldest["thing id"]) == ("Travel", "topic", "7")


def test_the_log_can_be_printed_as_json_lines(session: Session, export: Export) -> None:
    write(session, "=1+1", detail={"reason": "Double"})
    [line] = export("--format", "jsonl").splitlines()
    entry = json.loads(line)
    assert (entry["thing_name"], entry["detail"]) == ("=1+1", {"reason": "Double"})
    assert datetime.fromisoformat(entry["at"]).tzinfo is not None


def test_what_came_before_can_be_left_out(session: Session, export: Export, clock: Clock) -> None:
    write(session, "Old")
    clock.time = datetime(2025, 4, 1, tzinfo=UTC)
    write(session, "New")
    assert [
        row["name"] for row in csv.DictReader(io.StringIO(export("--since", "2025-04-01")))
    ] == ["New"]
    assert export("--since", "2025-04-02", "--format", "jsonl") == ""


def test_a_day_that_is_none_is_wrong_usage(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["audit", "export", "--since", "soon"])
    assert result.exit_code == 2
