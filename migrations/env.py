"""Runs migrations against the application's own database."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import context

import wsgi  # noqa: F401  (imports every room, so that all tables are known)
from core.models import Model, RenderedHtml, UTCDateTime


def render_item(kind: str, item: object, _context: object) -> str | bool:
    """Migrations import nothing of ours: a later change of a type must not change them."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, RenderedHtml):
        return "sa.Text()"
    return False


def run(connection: sa.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Model.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=False,
        render_item=render_item,
    )
    with context.begin_transaction():
        context.run_migrations()


@contextmanager
def keys_asleep(connection: sa.Connection) -> Iterator[None]:
    """SQLite changes a table by copying it and dropping the old one.

    With its keys awake, that would drop every row elsewhere that goes along with those of the old
    table. The setting can only be changed outside a transaction, so the driver is asked directly.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.dbapi_connection
    assert driver is not None
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
        broken = driver.execute("PRAGMA foreign_key_check").fetchall()
        assert not broken, f"rows that name what is not there: {broken[:5]}"
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


engine: sa.Engine = context.config.attributes["engine"]
with engine.connect() as connection, keys_asleep(connection):
    run(connection)
    connection.commit()
