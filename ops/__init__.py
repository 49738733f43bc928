"""What concerns the application as a whole: demo content, and the start of a server."""

import click
from flask import Flask

from core.db import db
from core.web import settings


def init_app(app: Flask) -> None:
    app.cli.add_command(demo_command)


@click.command("demo")
@click.option("--remove", "take_away", is_flag=True, help="Take the demo content away.")
def demo_command(take_away: bool) -> None:
    """Fill an empty database with demo content, or take that away. Example: flask demo --remove"""
    from ops import demo

    if take_away:
        removed = demo.remove(db.session)
        db.session.commit()
        click.echo(
            f"Removed {removed.articles} articles, {removed.people} people, {removed.topics} topics."
        )
        if removed.kept_articles or removed.kept_people:
            click.echo(
                f"Kept {removed.kept_articles} articles that others worked on,"
                f" and {removed.kept_people} names in them; those people cannot sign in."
            )
        return
    if not settings().is_loopback:
        raise click.ClickException(
            "Demo people have a public password: only where FIRSTHAND_BIND is loopback."
        )
    try:
        demo.fill(db, settings())
    except demo.NotEmpty as error:
        raise click.ClickException(error.message) from None
    click.echo(demo.sign_in_line(db.session))
