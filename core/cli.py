"""Commands that concern the whole application: the outbox and the database's schema."""

import json
import threading

import click
from alembic import command
from alembic.config import Config as AlembicConfig
from flask import Flask, current_app
from flask.cli import AppGroup

from core import outbox
from core.config import ROOT
from core.db import db
from core.web import settings

outbox_cli = AppGroup(
    "outbox", help="Deliver what was recorded: to the index, to inboxes, by mail."
)
db_cli = AppGroup("db", help="Bring the database's tables up to date.")


def init_app(app: Flask) -> None:
    app.cli.add_command(outbox_cli)
    app.cli.add_command(db_cli)


@outbox_cli.command("work")
@click.option("--once", is_flag=True, help="Deliver what is due now, then stop.")
def work(once: bool) -> None:
    """Deliver until stopped. Example: flask outbox work"""
    if once:
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
    if as_json:
        oldest = found.oldest.isoformat() if found.oldest else None
        click.echo(json.dumps({"waiting": found.waiting, "failed": found.failed, "oldest": oldest}))
    else:
        click.echo(f"{found.waiting} waiting, {found.failed} failed.")
    if found.failed:
        raise SystemExit(1)


@db_cli.command("upgrade")
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Bring the tables up to date. Example: flask db upgrade"""
    command.upgrade(_alembic(), revision)


@db_cli.command("downgrade")
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Take the tables back to an earlier revision. Example: flask db downgrade -1"""
    command.downgrade(_alembic(), revision)


@db_cli.command("revision")
@click.option("-m", "--message", required=True)
def revision(message: str) -> None:
    """Write a new migration from what the models say. Example: flask db revision -m add_votes"""
    command.revision(_alembic(), message, autogenerate=True)


def _alembic() -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("file_template", "%%(year)d%%(month).2d%%(day).2d_%%(slug)s")
    config.attributes["engine"] = db.new_session(writing=True).get_bind()
    current_app.logger.debug("migrating")
    return config
