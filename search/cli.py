"""`flask search`: build the index anew, check it, try a query."""

import json
import sys
from collections.abc import Sequence

import click
import sqlalchemy as sa
from flask import Flask
from flask.cli import AppGroup

from core.db import db
from core.web import settings
from kb import queries
from kb.queries import ResultRow
from people.models import User
from search import indexing, search_of_app
from search.engines import EngineError
from search.page import Shown, shown
from search.query import parse

search_cli = AppGroup("search", help="Build the search index, check it, try it.")


def init_app(app: Flask) -> None:
    app.cli.add_command(search_cli)


@search_cli.command("rebuild")
def rebuild() -> None:
    """Build the index anew, beside the old one, which answers meanwhile.

    Example: flask search rebuild
    """
    engine = search_of_app().engine
    bar = click.progressbar(
        length=1, label="Indexing", hidden=not sys.stderr.isatty(), file=sys.stderr
    )

    def progress(done: int, total: int) -> None:
        bar.length = total
        bar.update(done - bar.pos)

    try:
        with bar:
            count = indexing.rebuild(db, engine, progress)
    except EngineError as error:
        raise click.ClickException(f"{error}.") from None
    click.echo(f"{count} {'article is' if count == 1 else 'articles are'} in the index.")


@search_cli.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(as_json: bool) -> None:
    """Compare the index with the database; exit status 1 if they differ.

    Example: flask search verify --json
    """
    try:
        found = indexing.verify(db.session, search_of_app().engine)
    except EngineError as error:
        raise click.ClickException(f"{error}. Run: flask search rebuild") from None
    if as_json:
        click.echo(
            json.dumps(
                {
                    "articles": found.articles,
                    "missing": found.missing,
                    "extra": found.extra,
                    "different": found.different,
                }
            )
        )
    else:
        click.echo(_in_words(found))
    if found:
        raise SystemExit(1)


def _in_words(found: indexing.Differences) -> str:
    if not found:
        return f"The index agrees with the database: {found.articles} articles."
    lines = [
        f"{words}: {', '.join(map(str, ids[:20]))}{' ...' if len(ids) > 20 else ''}"
        for words, ids in (
            ("Missing in the index", found.missing),
            ("Only in the index", found.extra),
            ("Different in the index", found.different),
        )
        if ids
    ]
    return "\n".join([*lines, "Run: flask search rebuild"])


@search_cli.command("query")
@click.argument("text")
@click.option("--as", "email", help="Search as this person sees it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def query(text: str, email: str | None, as_json: bool) -> None:
    """Search as the page does, and print the first ten results.

    Example: flask search query "reset vpn" --as anna@example.com
    """
    reader = _reader(email)

    def visible(ids: Sequence[int]) -> dict[int, ResultRow]:
        return queries.result_rows(db.session, reader, ids)

    try:
        results = search_of_app().pipeline.search(parse(text), visible)
    except EngineError as error:
        raise click.ClickException(f"{error}. Run: flask search rebuild") from None
    texts = queries.texts(db.session, reader, [hit.id for hit in results.hits])
    lines = shown(results, texts)
    scores = [round(hit.ranked.score, 3) for hit in results.hits]
    if as_json:
        found = [_as_json(line, score) for line, score in zip(lines, scores, strict=True)]
        click.echo(
            json.dumps(
                {
                    "query": results.query.text,
                    "corrected": results.meaning.corrected or None,
                    "total": results.total,
                    "results": found,
                }
            )
        )
        return
    if results.meaning.corrected:
        click.echo(f"Showing results for {results.meaning.corrected}.")
    click.echo(f"{results.total} found.")
    for rank, (line, score) in enumerate(zip(lines, scores, strict=True), 1):
        click.echo(f"{rank:3}. {line.row.title}  ({score:.2f})\n     {_url(line)}")


def _as_json(line: Shown, score: float) -> dict[str, object]:
    return {
        "id": line.row.id,
        "title": line.row.title,
        "url": _url(line),
        "kind": line.row.kind.value,
        "topic": line.row.topic,
        "author": line.row.author,
        "passage": "".join(part.text for part in line.passage),
        "score": score,
    }


def _url(line: Shown) -> str:
    return f"{settings().base_url}/articles/{line.row.slug}"


def _reader(email: str | None) -> User:
    """The person named; else somebody who may see what every employee may."""
    if email is None:
        return User(active=True)
    user = db.session.scalar(sa.select(User).where(User.email == email.strip().lower()))
    if user is None:
        raise click.ClickException(f"Nobody has the address {email}.")
    return user
