"""Tables whose rows the database itself refuses to change, or to remove."""

import sqlalchemy as sa

from core.models import Model

DIALECTS = ("sqlite", "postgresql")


def append_only(model: type[Model], *, allow_delete: bool = False) -> None:
    """Make the database refuse every UPDATE of this table and, unless allowed, every DELETE.

    Whoever may alter tables can take the triggers away; nothing that runs as the application does.
    """
    table = model.__table__
    assert isinstance(table, sa.Table)
    for dialect in DIALECTS:
        for statement in statements(dialect, table.name, allow_delete=allow_delete):
            ddl = sa.DDL(statement)  # type: ignore[no-untyped-call]
            sa.event.listen(table, "after_create", ddl.execute_if(dialect=dialect))


def statements(dialect: str, table: str, *, allow_delete: bool = False) -> list[str]:
    """What makes `table` so, after it was made; a migration spells out the same."""
    if dialect == "sqlite":
        return _for_sqlite(table, allow_delete)
    return _for_postgresql(table, allow_delete)


def _for_sqlite(table: str, allow_delete: bool) -> list[str]:
    refused = {
        "changed": ("UPDATE", ""),
        # INSERT OR REPLACE removes the row in its way without asking a DELETE trigger.
        "replaced": ("INSERT", f" WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)"),
    }
    if not allow_delete:
        refused["removed"] = ("DELETE", "")
    return [
        f"CREATE TRIGGER {table}_not_{done} BEFORE {command} ON {table}{condition}"
        f" BEGIN SELECT RAISE(ABORT, '{table} is append-only: rows are not {done}'); END"
        for done, (command, condition) in refused.items()
    ]


def _for_postgresql(table: str, allow_delete: bool) -> list[str]:
    commands = "UPDATE" if allow_delete else "UPDATE OR DELETE"
    made = [
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE EXCEPTION USING ERRCODE = 'restrict_violation',"
        " MESSAGE = TG_TABLE_NAME || ' is append-only: ' || TG_OP || ' is refused'; END $$",
        f"CREATE TRIGGER {table}_append_only BEFORE {commands} ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    ]
    if not allow_delete:
        made.append(
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    return made
