"""Commands about articles."""

import click
import sqlalchemy as sa
from flask import Flask
from flask.cli import AppGroup

from core import markup
from core.db import db
from kb import rendering
from kb.models import Revision

kb_cli = AppGroup("kb", help="Bring content in and out; render it anew.")


def init_app(app: Flask) -> None:
    app.cli.add_command(kb_cli)


@kb_cli.command("rerender")
@click.option("--all", "everything", is_flag=True, help="Also what the present rules rendered.")
def rerender(everything: bool) -> None:
    """Render revisions again after the rendering rules changed. Example: flask kb rerender"""
    query = sa.select(Revision.id).order_by(Revision.id)
    if not everything:
        query = query.where(Revision.rules != markup.RULES)
    with db.reading() as session:
        ids = list(session.scalars(query))
    chunks = [ids[start : start + 50] for start in range(0, len(ids), 50)]
    with click.progressbar(chunks, label="Rendering", item_show_func=None) as bar:
        refused = sum(rendering.rerender(db, chunk) for chunk in bar)
    click.echo(f"{len(ids) - refused} revisions rendered, {refused} could not be.")
