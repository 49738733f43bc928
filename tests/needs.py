"""What some tests need beside Python: where it is, or a skip that says how to bring it."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import pytest
import sqlalchemy as sa


def chromium() -> str:
    """The path of a Chromium for tests that drive a real browser."""
    found = os.environ.get("FIRSTHAND_TEST_CHROMIUM") or shutil.which("chromium")
    return found or _missing("Chromium", "apt install chromium")


def postgresql() -> sa.URL:
    """The address of a PostgreSQL server in which tests may make databases of their own."""
    found = os.environ.get("FIRSTHAND_TEST_POSTGRESQL")
    if not found:
        _missing("PostgreSQL", "apt install postgresql, then scripts/with-postgresql make test")
    return sa.make_url(found).set(drivername="postgresql+psycopg")


@contextmanager
def postgresql_database() -> Iterator[str]:
    """The address of a new, empty database, gone afterwards."""
    server, name = postgresql(), f"test_{uuid.uuid4().hex}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        yield server.set(database=name).render_as_string(hide_password=False)
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        engine.dispose()


def _missing(what: str, command: str) -> NoReturn:
    reason = f"{what} is not here: {command}"
    if os.environ.get("FIRSTHAND_TEST_NO_SKIPS"):
        pytest.fail(reason)
    pytest.skip(reason)
