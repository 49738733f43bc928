"""`flask search`: build the index anew, check it, try a query."""

import gc
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import sqlalchemy as sa
from flask import Flask
from flask.cli import AppGroup

from core.db import db
from core.web import settings
from kb import queries
from kb.queries import ResultRow
from people.models import User
from search import Meanings, evaluation, indexing, search_of_app
from search.asking import ask
from search.engines import EngineError
from search.indexing import Progress
from search.page import Shown, shown
from search.query import parse
from search.semantic.encoder import Encoder
from search.semantic.indexing import PassageDifferences
from search.semantic.indexing import rebuild as rebuild_meaning
from search.semantic.indexing import verify as verify_meaning

search_cli = AppGroup("search", help="Build the search index, check it, try it.")


def init_app(app: Flask) -> None:
    app.cli.add_command(search_cli)


@search_cli.command("rebuild")
def rebuild() -> None:
    """Build the index anew, beside the old one, which answers meanwhile.

    Example: flask search rebuild
    """
    room = search_of_app()
    engine = room.engine
    # Nearly all that is made is let go of at once; looking through it for circles takes a while.
    gc.freeze()
    gc.set_threshold(100_000)
    try:
        with _progress() as progress:
            count = indexing.rebuild(db, engine, progress)
        if room.meaning:
            rebuild_meaning(db, room.meaning.encoder, room.meaning.vectors)
    except EngineError as error:
        raise click.ClickException(f"{error}.") from None
    click.echo(f"{count} {'article is' if count == 1 else 'articles are'} in the index.")


@search_cli.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(as_json: bool) -> None:
    """Compare the index with the database; exit status 1 if they differ.

    Example: flask search verify --json
    """
    room = search_of_app()
    try:
        found = indexing.verify(db.session, room.engine)
        meant = _verify_meaning(room.meaning) if room.meaning else None
    except EngineError as error:
        raise click.ClickException(f"{error}. Run: flask search rebuild") from None
    if as_json:
        told = _differences(found)
        if meant is not None:
            told["meaning"] = {**_differences(meant), "waiting": meant.waiting}
        click.echo(json.dumps(told))
    else:
        click.echo(_in_words(found, "The index"))
        if meant is not None:
            click.echo(_in_words(meant, "What is kept of meaning"))
            if meant.waiting:
                click.echo(f"Of {meant.waiting} articles the meaning is still to be worked out.")
    if found or meant:
        raise SystemExit(1)


def _verify_meaning(meaning: Meanings) -> PassageDifferences:
    return verify_meaning(db.session, meaning.encoder, meaning.vectors)


def _differences(found: indexing.Differences) -> dict[str, Any]:
    return {
        "articles": found.articles,
        "missing": found.missing,
        "extra": found.extra,
        "different": found.different,
    }


def _in_words(found: indexing.Differences, copy: str) -> str:
    if not found:
        return f"{copy} agrees with the database: {found.articles} articles."
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


@search_cli.command("eval")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--lexical", is_flag=True, help="By words alone.")
@click.option("--typos", is_flag=True, help="Mistype one word of each query.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def measure(folder: Path, lexical: bool, typos: bool, as_json: bool) -> None:
    """Measure search on a collection of docs.jsonl, queries.jsonl and qrels.tsv.

    Builds an index of its own in a temporary folder and touches nothing else.

    Example: flask search eval collections/cranfield --lexical
    """
    try:
        collection = evaluation.read(folder)
        with TemporaryDirectory() as scratch, _encoder(lexical) as encoder, _progress() as progress:
            found = evaluation.evaluate(
                collection, Path(scratch), encoder=encoder, typos=typos, progress=progress
            )
    except evaluation.EvaluationImpossible as error:
        raise click.ClickException(f"{error}.") from None
    if as_json:
        click.echo(json.dumps(found.as_json()))
        return
    for name, value in found.as_json().items():
        click.echo(f"{name:12}{value}")


@contextmanager
def _encoder(lexical: bool) -> Iterator[Encoder | None]:
    meaning = search_of_app().meaning
    if lexical or meaning is None:
        if not lexical:
            click.echo("Search by meaning is not installed: by words alone.", err=True)
        yield None
        return
    try:
        if not meaning.encoder.wait():
            raise click.ClickException("The encoder does not start; see the log.")
        yield meaning.encoder
    finally:
        meaning.encoder.close()


@contextmanager
def _progress() -> Iterator[Progress]:
    """Shows how far it is on a terminal, and stays quiet in a pipe."""
    bar = click.progressbar(
        length=1, label="Indexing", hidden=not sys.stderr.isatty(), file=sys.stderr
    )

    def progress(done: int, total: int) -> None:
        bar.length = total
        bar.update(done - bar.pos)

    with bar:
        yield progress


@search_cli.command("query")
@click.argument("text")
@click.option("--as", "email", help="Search as this person sees it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def query(text: str, email: str | None, as_json: bool) -> None:
    """Search as the page does, and print the first ten results.

    Example: flask search query "reset vpn" --as anna@example.com
    """
    reader = _reader(email)
    meaning = search_of_app().meaning
    if meaning:
        meaning.encoder.wait()

    def visible(ids: Sequence[int]) -> dict[int, ResultRow]:
        return queries.result_rows(db.session, reader, ids)

    try:
        results = ask(db.session, search_of_app().pipeline, parse(text), visible)
    except EngineError as error:
        raise click.ClickException(f"{error}. Run: flask search rebuild") from None
    texts = queries.texts(db.session, reader, [hit.id for hit in results.hits])
    lines = shown(results, texts)
    scores = [round(hit.scored.score, 3) for hit in results.hits]
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
