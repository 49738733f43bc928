"""Runs migrations against the application's own database."""

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


engine: sa.Engine = context.config.attributes["engine"]
with engine.connect() as connection:
    run(connection)
    connection.commit()
