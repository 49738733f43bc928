"""What some tests need beside Python: where it is, or a skip that says how to bring it."""

import functools
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

import pytest
import sqlalchemy as sa

from search.engines import EngineError
from search.engines.opensearch import address
from search.engines.opensearch.connection import Cluster
from search.semantic.encoder import missing_packages


def chromium() -> str:
    """The path of a Chromium for tests that drive a real browser."""
    found = os.environ.get("FIRSTHAND_TEST_CHROMIUM") or next(
        filter(None, map(shutil.which, ("chromium-headless-shell", "chromium"))), None
    )
    return found or _missing("Chromium", "apt install chromium-headless-shell")


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


def opensearch() -> str:
    """The address of an OpenSearch cluster in which tests may make indexes of their own."""
    found = os.environ.get("FIRSTHAND_TEST_OPENSEARCH")
    if not found:
        _missing("OpenSearch", "scripts/with-opensearch make test, which needs Java and Maven")
    wait_for_nodes(found)
    return found


@functools.cache
def wait_for_nodes(server: str) -> None:
    """It may still be starting when tests begin."""
    nodes = len(server.split(","))
    Cluster(address.read(server)).ask(
        "GET", "/_cluster/health", patience=90, timeout=10, parameters={"wait_for_nodes": nodes}
    )


@contextmanager
def opensearch_index(shards: int = 1, replicas: int = 0) -> Iterator[str]:
    """The address of an engine with names of its own in the cluster, all gone afterwards."""
    name = f"test-{uuid.uuid4().hex}"
    server = f"{opensearch()}?index={name}"
    try:
        yield f"{server}&shards={shards}&replicas={replicas}"
    finally:
        cluster = Cluster(address.read(server))
        cluster.ask("DELETE", f"/{name}-*", timeout=30)
        with suppress(EngineError):  # then there was none
            cluster.ask("DELETE", f"/_index_template/{name}-*", timeout=30)


def encoder() -> None:
    """The packages for search by meaning."""
    if lacking := missing_packages():
        _missing(", ".join(lacking), "make .venv/.semantic, where these are ready-made")


def _missing(what: str, command: str) -> NoReturn:
    reason = f"{what} is not here: {command}"
    if os.environ.get("FIRSTHAND_TEST_NO_SKIPS"):
        pytest.fail(reason)
    pytest.skip(reason)
