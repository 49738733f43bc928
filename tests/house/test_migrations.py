"""The migrations lead to exactly the tables that the models describe, and back again."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.db import create_engine, db
from core.models import Model
from tests.ending import end
from tests.needs import postgresql_database
from wsgi import create_app

Migrate = Callable[..., None]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'migrated.db'}"
    else:
        with postgresql_database() as address:
            yield address


@pytest.fixture
def app(url: str, tmp_path: Path) -> Iterator[Flask]:
    yield create_app(
        {
            "FIRSTHAND_DATA": str(tmp_path),
            "FIRSTHAND_DATABASE_URL": url,
            "FIRSTHAND_SEMANTIC": "off",
        }
    )
    end()


@pytest.fixture
def migrate(app: Flask) -> Migrate:
    def run(*arguments: str) -> None:
        result = app.test_cli_runner().invoke(args=["db", *arguments])
        assert result.exit_code == 0, result.output

    return run


@pytest.fixture
def described(url: str, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """The tables as the models describe them, made in another new database of the same kind."""
    if url.startswith("sqlite"):
        yield tables_made_from_models(f"sqlite:///{tmp_path / 'described.db'}")
    else:
        with postgresql_database() as address:
            yield tables_made_from_models(address)


def test_migrations_make_exactly_the_tables_of_the_models(
    migrate: Migrate, described: dict[str, Any]
) -> None:
    migrate("upgrade")
    made = tables(db.engine)
    assert made.keys() == described.keys()
    if db.engine.dialect.name == "sqlite":
        take_deferred_keys(made, described)
    for table, shape in described.items():
        for part, expected in shape.items():
            assert made[table][part] == expected, f"{part} of {table}"


def test_migrations_lead_back_to_an_empty_database_and_up_again(
    migrate: Migrate, described: dict[str, Any]
) -> None:
    migrate("upgrade")
    migrate("downgrade", "base")
    assert tables(db.engine) == {}
    migrate("upgrade")
    assert tables(db.engine).keys() == described.keys()


def test_migrating_twice_changes_nothing(migrate: Migrate) -> None:
    migrate("upgrade")
    before = tables(db.engine)
    migrate("upgrade")
    assert tables(db.engine) == before


def take_deferred_keys(made: dict[str, Any], described: dict[str, Any]) -> None:
    """Check and remove the keys of tables that name each other.

    From models they are to be added once both tables stand, which SQLite cannot do, so that they
    may be missing there; a migration writes them into the table.
    """
    for table in Model.metadata.tables.values():
        for key in table.foreign_key_constraints:
            if key.use_alter:
                described[table.name]["foreign keys"].pop(key.name, None)
                found = made[table.name]["foreign keys"].pop(key.name)
                assert found["referred_table"] == key.referred_table.name
                assert found["constrained_columns"] == key.column_keys


def tables_made_from_models(url: str) -> dict[str, Any]:
    engine = create_engine(url)
    Model.metadata.create_all(engine)
    try:
        return tables(engine)
    finally:
        engine.dispose()


def tables(engine: sa.Engine) -> dict[str, Any]:
    """Every table with its columns, keys, checks and indexes, as the database itself tells."""
    inspector = sa.inspect(engine)
    return {
        table: {
            "columns": {each["name"]: column(each) for each in inspector.get_columns(table)},
            "primary key": inspector.get_pk_constraint(table),
            "foreign keys": by_name(inspector.get_foreign_keys(table)),
            "unique constraints": by_name(inspector.get_unique_constraints(table)),
            "checks": by_name(inspector.get_check_constraints(table)),
            "indexes": indexes(engine, inspector, table),
            "triggers": triggers(engine, table),
        }
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def column(reflected: Any) -> tuple[str, bool, str | None]:
    return str(reflected["type"]), reflected["nullable"], reflected["default"]


def by_name(constraints: Any) -> dict[str, Any]:
    return {each["name"]: each for each in constraints}


def indexes(engine: sa.Engine, inspector: sa.Inspector, table: str) -> dict[str, Any]:
    if engine.dialect.name != "sqlite":
        return by_name(inspector.get_indexes(table))
    # SQLAlchemy reads neither expressions nor collations of SQLite's indexes; SQLite kept the text.
    query = sa.text(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = :table"
    )
    with engine.connect() as connection:
        return {row.name: row.sql for row in connection.execute(query, {"table": table}) if row.sql}


TRIGGERS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table",
    "postgresql": "SELECT tgname AS name, pg_get_triggerdef(oid) AS sql FROM pg_trigger"
    " WHERE tgrelid = CAST(:table AS regclass) AND NOT tgisinternal",
}


def triggers(engine: sa.Engine, table: str) -> dict[str, Any]:
    query = sa.text(TRIGGERS[engine.dialect.name])
    with engine.connect() as connection:
        return {row.name: row.sql for row in connection.execute(query, {"table": table})}
