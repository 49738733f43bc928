"""Commands that concern the whole application: the outbox and the database's schema."""

import json
import sys
import threading
from datetime import UTC, datetime
from types import ModuleType
from typing import TYPE_CHECKING

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from core import audit_log, outbox, periodic
from core.audit_log import Filter
from core.config import ROOT
from core.db import db
from core.periodic import PeriodicTask
from core.tables import csv_lines
from core.web import settings

if TYPE_CHECKING:
    from alembic.config import Config

outbox_cli = AppGroup(
    "outbox", help="Deliver what was recorded: to the index, to inboxes, by mail."
)
audit_cli = AppGroup("audit", help="Read the log of who did what.")
db_cli = AppGroup("db", help="Bring the database's tables up to date.")


def init_app(app: Flask) -> None:
    app.cli.add_command(outbox_cli)
    app.cli.add_command(db_cli)
    app.cli.add_command(audit_cli)


@outbox_cli.command("work")
@click.option("--once", is_flag=True, help="Deliver what is due now, then stop.")
def work(once: bool) -> None:
    """Deliver until stopped. Example: flask outbox work"""
    if once:
        periodic.run_due(db)
        click.echo(f"{outbox.Worker(db, settings().data).drain()} deliveries tried.")
        return
    outbox.start_threads(db, settings().data)
    threading.Event().wait()


@outbox_cli.command("retry")
def retry() -> None:
    """Make failed deliveries due again. Example: flask outbox retry"""
    count = outbox.retry(db.session)
    db.session.commit()
    click.echo(f"{count} deliveries are due again.")


@outbox_cli.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(as_json: bool) -> None:
    """Say what waits and what failed; exit status 1 if anything failed. Example: flask outbox status"""
    found = outbox.status(db.session)
    tasks = periodic.status(db.session)
    if as_json:
        oldest = found.oldest.isoformat() if found.oldest else None
        answer = {"waiting": found.waiting, "failed": found.failed, "oldest": oldest}
        click.echo(json.dumps(answer | {"periodic": [_as_json(task) for task in tasks]}))
    else:
        click.echo(f"{found.waiting} waiting, {found.failed} failed.")
        for task in tasks:
            click.echo(_in_words(task))
    if found.failed or any(task.error for task in tasks):
        raise SystemExit(1)


def _as_json(task: PeriodicTask) -> dict[str, str | None]:
    ran = task.last_ran_at.isoformat() if task.last_ran_at else None
    return {"name": task.name, "due": task.due_at.isoformat(), "ran": ran, "error": task.error}


def _in_words(task: PeriodicTask) -> str:
    ran = f"ran {task.last_ran_at:%Y-%m-%d %H:%M} UTC" if task.last_ran_at else "has not run yet"
    failure = f", failed {task.failures} times since: {task.error}" if task.error else ""
    return f"{task.name}: {ran}, due {task.due_at:%Y-%m-%d %H:%M} UTC{failure}"


@audit_cli.command("export")
@click.option(
    "--since", type=click.DateTime(), help="Leave out what came before this moment (UTC)."
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["csv", "jsonl"]),
    default="csv",
    show_default=True,
    help="A table, or one JSON object a line.",
)
def export(since: datetime | None, format_: str) -> None:
    """Print the audit log, newest first.

    Example: flask audit export --since 2026-03-01 --format jsonl > audit.jsonl
    """
    filter = Filter(since=since.replace(tzinfo=UTC) if since else None)
    with db.reading() as session:
        entries = audit_log.stream(session, filter)
        if format_ == "csv":
            sys.stdout.writelines(csv_lines(audit_log.COLUMNS, map(audit_log.row, entries)))
        else:
            for entry in entries:
                click.echo(json.dumps(audit_log.as_json(entry)))


@db_cli.command("upgrade")
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Bring the tables up to date. Example: flask db upgrade"""
    alembic, config = _alembic()
    alembic.upgrade(config, revision)


@db_cli.command("downgrade")
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Take the tables back to an earlier revision. Example: flask db downgrade -1"""
    alembic, config = _alembic()
    alembic.downgrade(config, revision)


@db_cli.command("revision")
@click.option("-m", "--message", required=True)
def revision(message: str) -> None:
    """Write a new migration from what the models say. Example: flask db revision -m add_votes"""
    alembic, config = _alembic()
    alembic.revision(config, message, autogenerate=True)


def _alembic() -> tuple[ModuleType, "Config"]:
    from alembic import command  # a tenth of a second at each start, for these commands only
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("file_template", "%%(year)d%%(month).2d%%(day).2d_%%(slug)s")
    config.attributes["engine"] = db.new_session(writing=True).get_bind()
    current_app.logger.debug("migrating")
    return command, config
