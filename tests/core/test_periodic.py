"""What is done every so often: once, by one process, in time, whatever fails beside it."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from core import periodic
from core.config import ROOT
from core.db import Database
from core.outbox import Event, Worker, others, own
from core.periodic import PeriodicTask, every, run_due
from tests.conftest import Clock


def leaves_a_mark(number: int = 1) -> Callable[[Session], None]:
    """A handler of which the database shows how often it took effect."""

    def handler(session: Session) -> None:
        session.add(
            Event(kind="mark", subject=number, actor=None, data={}, at=periodic.clock.now())
        )
        session.flush()

    return handler


def marks(database: Database, number: int = 1) -> int:
    query = sa.select(sa.func.count(Event.id)).where(Event.kind == "mark", Event.subject == number)
    with database.reading() as session:
        return session.scalar(query) or 0


def task(database: Database, name: str = "digest") -> PeriodicTask:
    with database.reading() as session:
        return session.get_one(PeriodicTask, name)


def fails(_session: Session) -> None:
    raise OSError("no such thing")


# In time


def test_a_new_task_runs_at_once_and_then_every_so_often(database: Database, clock: Clock) -> None:
    every("digest", 600, leaves_a_mark())
    assert run_due(database) == 1
    clock.move(minutes=9, seconds=59)
    assert run_due(database) == 0
    clock.move(seconds=1)
    assert run_due(database) == 1
    assert marks(database) == 2


def test_after_a_stop_it_catches_up_once_and_keeps_its_rhythm(
    database: Database, clock: Clock
) -> None:
    every("digest", 600, leaves_a_mark())
    run_due(database)
    began = clock.now()
    clock.move(hours=5, minutes=3)
    assert [run_due(database), run_due(database)] == [1, 0]
    assert marks(database) == 2
    assert task(database).due_at == began + timedelta(hours=5, minutes=10)


def test_a_task_that_this_version_does_not_know_is_left_alone(
    database: Database, clock: Clock
) -> None:
    every("digest", 600, leaves_a_mark())
    run_due(database)
    periodic._tasks.clear()
    clock.move(hours=1)
    assert run_due(database) == 0


# Failing


def test_a_failing_task_leaves_nothing_and_stops_no_other(
    database: Database, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    def writes_then_fails(session: Session) -> None:
        leaves_a_mark(7)(session)
        fails(session)

    every("digest", 600, writes_then_fails)
    every("other", 600, leaves_a_mark())
    assert run_due(database) == 2
    assert (marks(database, 7), marks(database)) == (0, 1)
    assert "the periodic task digest failed: no such thing" in caplog.text
    assert task(database).error == "OSError: no such thing"
    assert task(database).last_ran_at is None


@pytest.mark.parametrize("inside", [True, False], ids=["inside", "outside"])
def test_a_failing_task_waits_longer_each_time_and_at_most_an_hour(
    database: Database, clock: Clock, inside: bool
) -> None:
    every("digest", 86_400, fails, inside=inside)
    waits = []
    for _ in range(15):
        assert run_due(database) == 1
        waits.append((task(database).due_at - clock.now()).total_seconds())
        clock.time = task(database).due_at
    assert waits[:4] == [1, 2, 4, 8]
    assert waits[11:] == [2048, 3600, 3600, 3600]


@pytest.mark.parametrize("inside", [True, False], ids=["inside", "outside"])
def test_once_it_goes_well_the_failures_are_forgotten(
    database: Database, clock: Clock, inside: bool
) -> None:
    every("digest", 600, fails, inside=inside)
    run_due(database)
    clock.move(seconds=1)
    every("digest", 600, lambda _session: None, inside=inside)
    assert run_due(database) == 1
    now = task(database)
    assert (now.failures, now.error, now.last_ran_at) == (0, None, clock.now())
    assert now.due_at == clock.now() + timedelta(minutes=10)


def test_a_slow_task_is_named_in_the_log(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(periodic, "SLOW_SECONDS", -1.0)
    every("digest", 600, leaves_a_mark())
    with caplog.at_level(logging.WARNING):
        run_due(database)
    assert "the periodic task digest took" in caplog.text


# Outside: what takes longer than others can wait


def test_an_outside_task_reads_while_others_write(database: Database) -> None:
    def computes(_session: Session) -> None:
        with database.writing() as session:  # would wait for ever, were the claim still open
            leaves_a_mark()(session)
            session.commit()

    every("demand", 600, computes, inside=False)
    run_due(database)
    assert marks(database) == 1


def test_an_outside_task_is_claimed_before_it_works(database: Database) -> None:
    tried: list[int] = []

    def computes(_session: Session) -> None:
        tried.append(run_due(database))

    every("demand", 600, computes, inside=False)
    run_due(database)
    assert tried == [0]


# Many processes


def test_many_workers_at_once_run_it_once(database: Database) -> None:
    every("digest", 600, leaves_a_mark())
    run_due(database)
    with database.writing() as session:
        session.execute(sa.update(PeriodicTask).values(due_at=PeriodicTask.last_ran_at))
        session.commit()
    starts = threading.Barrier(4)

    def run() -> None:
        starts.wait()
        run_due(database)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert marks(database) == 2


DIES = """
import os, signal, sys
import curation.models
from core.db import Database
from core.periodic import every, run_due
from tests.core.test_periodic import leaves_a_mark

def dies(session):
    leaves_a_mark()(session)
    os.kill(os.getpid(), signal.SIGKILL)

database = Database()
database.open(sys.argv[1])
every("digest", 600, dies)
run_due(database)
"""


def test_killed_in_the_middle_it_runs_again_from_the_beginning(
    database: Database, database_url: str
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", DIES, database_url],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        timeout=60,
    )
    assert ended.returncode == -signal.SIGKILL
    assert marks(database) == 0
    every("digest", 600, leaves_a_mark())
    assert run_due(database) == 1
    assert marks(database) == 1


# Where it runs


def test_the_outbox_runs_it_in_the_lane_where_nothing_waits_for_strangers(
    database: Database, tmp_path: Path
) -> None:
    ran: list[str] = []
    done = threading.Event()

    def tells(_session: Session) -> None:
        ran.append(threading.current_thread().name)
        done.set()

    every("digest", 600, tells)
    strangers, ours = Worker(database, tmp_path, others), Worker(database, tmp_path, own)
    strangers._run_periodic()
    assert ran == []
    thread = ours.start_thread()
    try:
        assert done.wait(10)
    finally:
        ours.stop()
        thread.join(10)
    assert ran == ["outbox"]


def test_the_command_runs_it_and_says_how_it_stands(app: Flask, database: Database) -> None:
    every("digest", 600, leaves_a_mark())
    every("broken", 600, fails)
    runner = app.test_cli_runner()
    assert runner.invoke(args=["outbox", "work", "--once"]).exit_code == 0
    assert marks(database) == 1
    said = runner.invoke(args=["outbox", "status"])
    assert "digest: ran " in said.output
    assert "broken: has not run yet, due " in said.output
    assert "failed 1 times since: OSError: no such thing" in said.output
    assert said.exit_code == 1
    answer = json.loads(runner.invoke(args=["outbox", "status", "--json"]).output)
    broken, digest = (t for t in answer["periodic"] if t["name"] in ("broken", "digest"))
    assert (broken["error"], digest["error"]) == ("OSError: no such thing", None)
