"""Engines and sessions: one session for each request or command, closed at its end."""

import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from flask import Flask, g, has_request_context, request
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Database:
    """The application's door to its database.

    SQLite lets one writer in at a time and refuses a reader who turns writer after somebody else
    wrote. So a session says from its first statement which it is: `BEGIN IMMEDIATE` for writing.
    PostgreSQL needs no such thing and gets plain transactions.
    """

    def __init__(self) -> None:
        self._reading: sa.Engine | None = None
        self._writing: sa.Engine | None = None

    def init_app(self, app: Flask, url: str) -> None:
        self.open(url)
        app.teardown_appcontext(self._close)

    def open(self, url: str) -> None:
        """Connect to `url` from now on."""
        self.close()
        self._reading = create_engine(url)
        self._writing = self._reading.execution_options(writing=True)

    def close(self) -> None:
        if self._reading is not None:
            self._reading.dispose()
        self._reading = self._writing = None

    @property
    def engine(self) -> sa.Engine:
        assert self._reading is not None, "the database is not open"
        return self._reading

    @property
    def session(self) -> Session:
        """The session of this request or command: for reading in a GET, else for writing."""
        session: Session | None = g.get("_session")
        if session is None:
            reads_only = has_request_context() and request.method in SAFE_METHODS
            session = g._session = self.new_session(writing=not reads_only)
        return session

    def new_session(self, *, writing: bool) -> Session:
        return Session(self._writing if writing else self.engine, expire_on_commit=False)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A short session of its own that takes no lock, for what comes before a slow step."""
        with self.new_session(writing=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session of its own that may write; the caller commits."""
        with self.new_session(writing=True) as session:
            yield session

    def _close(self, _error: BaseException | None) -> None:
        session: Session | None = g.pop("_session", None)
        if session is not None:
            session.close()


db = Database()


def create_engine(url: str) -> sa.Engine:
    """An engine for `url`, with what SQLite needs to be a dependable database."""
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20)
    # The connection that was used last has the pages in memory that are asked for next.
    engine = sa.create_engine(url, connect_args={"timeout": 15}, pool_use_lifo=True)
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver must not begin transactions by itself: it would begin them too late and too weak.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-4000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def insert(session: Session, table: sa.FromClause) -> postgresql.dml.Insert | sqlite.dml.Insert:
    """An INSERT that can say, by `on_conflict_do_update`, what becomes of a row that is there."""
    assert isinstance(table, sa.Table)
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def beside(session: Session) -> Session:
    """A session of its own that may write, on the same database; the caller commits and closes it."""
    engine = session.get_bind().engine
    return Session(engine.execution_options(writing=True), expire_on_commit=False)


def alone(session: Session, name: str) -> None:
    """From here to the end of the transaction nobody else is past this point with the same name.

    For what no constraint can say, such as "at most three". Whoever writes to SQLite is alone anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        lock = sa.func.pg_advisory_xact_lock(zlib.crc32(name.encode()))
        session.execute(sa.select(lock))


def on_commit(session: Session, action: Callable[[], Any]) -> None:
    """Call `action` once this session's transaction is safely in the database, not if it rolls back."""
    pending: list[Callable[[], Any]] = session.info.setdefault("on_commit", [])
    if action not in pending:
        pending.append(action)


@sa.event.listens_for(Session, "after_commit")
def _run_actions(session: Session) -> None:
    for action in session.info.pop("on_commit", []):
        action()


@sa.event.listens_for(Session, "after_rollback")
def _forget_actions(session: Session) -> None:
    session.info.pop("on_commit", None)
