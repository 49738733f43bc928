"""Counts nobody would miss: cheap to add, written together, lost without harm."""

import os
import subprocess
import sys
import threading
from collections.abc import Mapping

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, tally
from core.config import ROOT
from core.db import Database
from core.outbox import Event


def keep(session: Session, counts: Mapping[str, int]) -> None:
    """What is counted becomes events, whose subject is the amount."""
    for kind, amount in counts.items():
        session.add(Event(kind=kind, subject=amount, actor=None, data={}, at=clock.now()))


def kept(database: Database) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    with database.reading() as session:
        for event in session.scalars(sa.select(Event).order_by(Event.id)):
            found.setdefault(event.kind, []).append(event.subject)
    return found


def test_amounts_of_one_key_are_written_together(database: Database) -> None:
    tally.register("views", keep)
    tally.add("views", "a")
    tally.add("views", "b", 5)
    tally.add("views", "a", 2)
    assert kept(database) == {}
    tally.flush(database)
    tally.flush(database)
    assert kept(database) == {"a": [3], "b": [5]}


def test_a_counter_that_nobody_registered_counts_nothing(database: Database) -> None:
    tally.add("views", "a")
    tally.register("views", keep)
    tally.flush(database)
    assert kept(database) == {}


def test_what_is_too_much_is_dropped_and_known_keys_go_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tally, "MOST_KEYS", 2)
    tally.register("views", keep)
    for key in ("a", "b", "c", "a"):
        tally.add("views", key)
    tally.flush(database)
    assert kept(database) == {"a": [2], "b": [1]}
    tally.add("views", "c")
    tally.flush(database)
    assert kept(database)["c"] == [1]


def test_a_counter_that_cannot_be_written_is_lost_alone(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(session: Session, counts: Mapping[str, int]) -> None:
        keep(session, counts)
        session.flush()
        raise OSError("no room")

    tally.register("broken", fails)
    tally.register("views", keep)
    tally.add("broken", "lost")
    tally.add("views", "a")
    tally.flush(database)
    tally.flush(database)
    assert kept(database) == {"a": [1]}
    assert "1 counts of broken were lost" in caplog.text


def test_what_many_threads_add_meanwhile_is_all_counted(database: Database) -> None:
    tally.register("views", keep)

    def count() -> None:
        for _ in range(2000):
            tally.add("views", "a")

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        tally.flush(database)
    for thread in threads:
        thread.join()
    tally.flush(database)
    assert sum(kept(database)["a"]) == 8000


def test_adding_does_not_wait_for_what_is_being_written(database: Database) -> None:
    writing, go_on = threading.Event(), threading.Event()

    def slow(_session: Session, _counts: Mapping[str, int]) -> None:
        writing.set()
        assert go_on.wait(10)

    tally.register("views", slow)
    tally.add("views", "a")
    flushing = threading.Thread(target=tally.flush, args=(database,))
    flushing.start()
    assert writing.wait(10)
    tally.add("views", "b")  # would never come back, were it to wait
    go_on.set()
    flushing.join(10)
    assert list(tally._counts["views"]) == ["b"]


ENDS = """
import sys
import curation.models
from core import tally
from core.db import Database
from tests.core.test_tally import keep

database = Database()
database.open(sys.argv[1])
tally.register("views", keep)
tally.FLUSH_SECONDS = float(sys.argv[2])
thread = tally.start_thread(database)
tally.add("views", "a")
if sys.argv[3] == "wait":
    while tally._counts["views"]:
        thread.join(0.01)
    tally.add("views", "b")
"""


@pytest.mark.parametrize(
    ("seconds", "then", "expected"),
    [("60", "end", {"a": [1]}), ("0.05", "wait", {"a": [1], "b": [1]})],
    ids=["at its end", "every few seconds"],
)
def test_a_process_writes_what_it_counted(
    database: Database, database_url: str, seconds: str, then: str, expected: dict[str, list[int]]
) -> None:
    subprocess.run(
        [sys.executable, "-c", ENDS, database_url, seconds, then],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        timeout=60,
        check=True,
    )
    assert kept(database) == expected
