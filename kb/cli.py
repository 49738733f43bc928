"""Commands about articles."""

import contextvars
import json
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import click
import sqlalchemy as sa
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from core import markup
from core.db import db
from core.errors import DomainError
from core.web import settings
from kb import exporting, rendering, topics
from kb.exporting import Exported, Target
from kb.importing import batches, plan, writing
from kb.importing.plan import Mode, Order, Plan, Report
from kb.importing.writing import Submit
from kb.models import Revision
from people import accounts

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


@kb_cli.command("import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--author", required=True, metavar="EMAIL", help="Who brings the texts in.")
@click.option("--publish", "mode", flag_value="publish", help="Publish at once, without review.")
@click.option("--submit", "mode", flag_value="submit", help="Hand each text to review.")
@click.option(
    "--topic", metavar="SLUG", help="Put everything here, whatever files and folders say."
)
@click.option("--dialect", type=click.Choice(markup.DIALECTS), help="Of texts that do not say.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def import_folder(
    folder: Path,
    author: str,
    mode: str | None,
    topic: str | None,
    dialect: str | None,
    as_json: bool,
) -> None:
    """Bring in a folder of Markdown; without --publish or --submit, as drafts of the author.

    Example: flask kb import handbook --author anna@example.com --publish

    Importing the same folder again changes what has changed and nothing else. Whoever runs this
    command acts with an administrator's power: folders become topics where there are none yet.
    """
    report = Report()
    submit: Submit | None = current_app.extensions.get("submit_revision")
    order = _order(folder, author, Mode(mode or "draft"), topic, dialect)
    if order.mode is Mode.SUBMIT and submit is None:
        raise click.ClickException("Nobody reviews here. Import drafts instead, or publish.")
    with current_app.test_request_context():  # articles link to one another by their addresses
        _import(_look(order, report), report, submit)
    click.echo(json.dumps(_as_json(report), ensure_ascii=False) if as_json else _as_text(report))


def _order(folder: Path, author: str, mode: Mode, topic: str | None, dialect: str | None) -> Order:
    with db.reading() as session:
        person = accounts.find_by_email(session, author)
        if person is None or not person.active:
            raise click.ClickException(f"Nobody here has the address {author}.")
        place = None
        if topic is not None:
            place = topics.find(session, topic) or topics.find_moved(session, topic)
            if place is None:
                raise click.ClickException(
                    f"There is no topic {topic}. See /topics for their names."
                )
        return Order(
            folder=folder.resolve(),
            author_id=person.id,
            mode=mode,
            topic_id=place.id if place else None,
            dialect=dialect or settings().dialect,
        )


def _look(order: Order, report: Report) -> Plan:
    with db.reading() as session:
        found = plan.look(session, order, report)
    if found.former:
        with db.writing() as session:
            plan.rename(session, found)
            session.commit()
    return found


def _import(found: Plan, report: Report, submit: Submit | None) -> None:
    reader = batches.Reader(found, settings(), report)
    with click.progressbar(
        length=len(found.paths),
        label="Importing",
        file=sys.stderr,
        hidden=not sys.stderr.isatty(),
    ) as bar:
        for paths, ready in _prepared(reader):
            if ready:
                with db.writing() as session:
                    writing.write(session, found, ready, report, submit)
                    session.commit()
            bar.update(len(paths))


def _prepared(reader: batches.Reader) -> Iterator[tuple[list[str], list[batches.Item]]]:
    """Each batch, ready to be written; while one is, the next is laid out in worker processes."""
    context = contextvars.copy_context()
    with ThreadPoolExecutor(1) as pool:
        before: tuple[list[str], Future[list[batches.Item]]] | None = None
        for paths in reader.plan.batches():
            portion = pool.submit(context.run, _prepare, reader, paths)
            if before:
                yield before[0], before[1].result()
            before = paths, portion
        if before:
            yield before[0], before[1].result()


def _prepare(reader: batches.Reader, paths: list[str]) -> list[batches.Item]:
    with db.reading() as session:
        items = reader.read(session, paths)
    if any(item.images for item in items):
        with db.writing() as session:
            reader.keep_images(session, items)
            session.commit()
    with db.reading() as session:
        return reader.lay_out(session, items)


def _as_json(report: Report) -> dict[str, object]:
    return {
        "created": report.created,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "skipped": [{"path": path, "reason": reason} for path, reason in report.skipped],
        "notes": [{"path": path, "note": note} for path, note in report.notes],
    }


def _as_text(report: Report) -> str:
    lines = [
        f"{report.created} new, {report.changed} changed, {report.unchanged} unchanged, "
        f"{len(report.skipped)} skipped."
    ]
    if report.topics:
        lines.append(f"New topics: {', '.join(report.topics)}.")
    lines += [f"Skipped {path}: {reason}" for path, reason in report.skipped]
    lines += [f"{path}: {note}" for path, note in report.notes]
    return "\n".join(lines)


@kb_cli.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def export_folder(folder: Path) -> None:
    """Write every published article as Markdown with front matter, images beside it.

    Example: flask kb export backup-of-articles

    The folder is new, empty, or of an earlier export, which is brought up to date.
    """
    with db.reading() as session:
        try:
            done = _export(session, folder)
        except DomainError as error:
            raise click.ClickException(error.message) from None
        except OSError as error:
            raise click.ClickException(f"{error.filename or folder}: {error.strerror}.") from None
    click.echo(f"{done.articles} articles and {done.images} images are in {folder}.")
    for path, problem in done.problems:
        click.echo(f"{path}: {problem}")


def _export(session: Session, folder: Path) -> Exported:
    target = Target(folder)
    with click.progressbar(
        exporting.export(session, settings(), target),
        length=exporting.count(session) + 1,
        label="Exporting",
        file=sys.stderr,
        hidden=not sys.stderr.isatty(),
    ) as bar:
        return list(bar)[-1]
