"""Work that is due every so often, done by one process at a time and caught up with after a stop.

`every()` registers a task; the outbox's thread runs what is due. A task's handler works in the
transaction that also moves its next time, so that it takes effect exactly once: killed in the
middle, it runs again from the beginning.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import clock
from core.db import Database
from core.models import Model

log = logging.getLogger("firsthand.periodic")

LONGEST_WAIT = timedelta(hours=1)
MOST_FAILURES = 20  # that are counted
# The index waits while a handler runs and, for one that writes, everybody else who writes.
SLOW_SECONDS = 2.0


class PeriodicTask(Model):
    """When a task is due next, and how it went the last time."""

    __tablename__ = "periodic_task"

    name: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime]
    last_ran_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)  # since it last went well
    error: Mapped[str | None]


Handler = Callable[[Session], None]


@dataclass(frozen=True)
class Task:
    """What is done every `interval`; `inside` says whether in the transaction of the claim."""

    name: str
    interval: timedelta
    handler: Handler
    inside: bool


_tasks: dict[str, Task] = {}


def every(name: str, seconds: float, handler: Handler, *, inside: bool = True) -> None:
    """Let `handler(session)` be called every so many seconds, under a name that stays for ever.

    An inside handler writes to the database only, never commits, and is short: take a portion of
    the work and leave the rest to the next time. One that has to read or compute for longer is
    registered with `inside=False`: its session reads, it writes in a short transaction of its own,
    and if the process is killed meanwhile it is called again only when its next time has come.
    """
    _tasks[name] = Task(name, timedelta(seconds=seconds), handler, inside)


def run_due(database: Database) -> int:
    """Run each task whose time has come, unless another process does; returns how many were tried."""
    return sum(_run(database, task) for task in _due(database))


def _due(database: Database) -> list[Task]:
    now = clock.now()
    with database.reading() as session:
        rows = session.execute(sa.select(PeriodicTask.name, PeriodicTask.due_at))
        due_at = {row.name: row.due_at for row in rows}
    missing = [name for name in _tasks if name not in due_at]
    if missing:
        _plan(database, missing, now)
    return [task for name, task in _tasks.items() if due_at.get(name, now) <= now]


def _plan(database: Database, names: Sequence[str], moment: datetime) -> None:
    """Write down tasks that this database has never seen: they are due at once."""
    with database.writing() as session:
        known = set(session.scalars(sa.select(PeriodicTask.name).with_for_update()))
        session.add_all(PeriodicTask(name=n, due_at=moment) for n in names if n not in known)
        try:
            session.commit()
        except sa.exc.IntegrityError:
            log.debug("another process has planned the same tasks")


def _run(database: Database, task: Task) -> bool:
    """Run a task if it can be claimed."""
    began = time.monotonic()
    ran = _run_inside(database, task) if task.inside else _run_outside(database, task)
    if (took := time.monotonic() - began) > SLOW_SECONDS:
        log.warning("the periodic task %s took %.1f s", task.name, took)
    return ran


def _run_inside(database: Database, task: Task) -> bool:
    """One transaction for all of it; the task's row stays locked meanwhile."""
    was_due: datetime | None = None
    try:
        with database.writing() as session:
            was_due = _claim(session, task)
            if was_due is None:
                return False
            _move_on(session, task, _next(was_due, task.interval))
            _went_well(session, task)
            task.handler(session)
            session.commit()
    except Exception as error:
        if was_due is None:
            raise  # it is the database that fails
        _put_back(database, task, was_due, error)
    return True


def _run_outside(database: Database, task: Task) -> bool:
    """Claim it first, by moving its next time; then let it take as long as it needs."""
    with database.writing() as session:
        was_due = _claim(session, task)
        if was_due is None:
            return False
        next_due = _next(was_due, task.interval)
        _move_on(session, task, next_due)
        session.commit()
    try:
        with database.reading() as session:
            task.handler(session)
        with database.writing() as session:
            _went_well(session, task)
            session.commit()
    except Exception as error:
        _put_back(database, task, next_due, error)
    return True


def _claim(session: Session, task: Task) -> datetime | None:
    """When the task was due, if it is and no other process has it in hand."""
    query = sa.select(PeriodicTask.due_at).where(
        PeriodicTask.name == task.name, PeriodicTask.due_at <= clock.now()
    )
    # SQLite has no such lock and needs none: whoever writes is alone from the first statement.
    return session.scalar(query.with_for_update(skip_locked=True))


def _next(was_due: datetime, interval: timedelta) -> datetime:
    """The first moment of the rhythm that is still to come: what was missed is not made up for."""
    missed = (clock.now() - was_due) // interval
    return was_due + interval * (missed + 1)


def _move_on(session: Session, task: Task, next_due: datetime) -> None:
    _note(session, task, due_at=next_due)


def _went_well(session: Session, task: Task) -> None:
    _note(session, task, last_ran_at=clock.now(), failures=0, error=None)


def _note(session: Session, task: Task, **values: Any) -> None:
    session.execute(sa.update(PeriodicTask).where(PeriodicTask.name == task.name).values(**values))


def _put_back(database: Database, task: Task, holds: datetime, error: Exception) -> None:
    """Due again after a while that doubles with each failure, unless it has gone on meanwhile."""
    log.warning("the periodic task %s failed: %s", task.name, error, exc_info=error)
    with database.writing() as session:
        query = sa.select(PeriodicTask).where(
            PeriodicTask.name == task.name, PeriodicTask.due_at == holds
        )
        if row := session.scalar(query.with_for_update()):
            row.due_at = clock.now() + min(timedelta(seconds=2.0**row.failures), LONGEST_WAIT)
            row.failures = min(row.failures + 1, MOST_FAILURES)
            row.error = f"{type(error).__name__}: {error}"[:500]
        session.commit()


def status(session: Session) -> Sequence[PeriodicTask]:
    """How each task stands, by name."""
    return session.scalars(sa.select(PeriodicTask).order_by(PeriodicTask.name)).all()
