"""How fast an index is built anew, and how fast passages are embedded, while people search."""

import resource
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event, Thread

import sqlalchemy as sa

from benchmarks.asking import Timed, encoder_of, searches, timed
from benchmarks.client import Client
from benchmarks.content import READER, Content, flask, opened
from benchmarks.server import cpu_seconds
from benchmarks.table import Figure
from core.db import db
from search.models import Passage
from search.semantic.encoder import Encoder

LEFT = 400  # articles that are to be embedded anew
SECONDS = 40.0
PATIENCE = 150.0  # until embedding begins
PAUSE = 0.1  # between two searches


def measure_words(data: Path, content: Content) -> Iterator[Figure]:
    """The whole command, with the start of its process, while somebody searches."""
    with timed(data) as server, _searching(server, content):
        started, used = time.perf_counter(), _used_by_commands()
        flask(data, "search", "rebuild")
        seconds, used = time.perf_counter() - started, _used_by_commands() - used
    count = len(content.slugs)
    beside = f"{count} articles, the whole command; {count / used:,.0f} a second of processor"
    yield Figure("rebuild, by words", count / seconds, "/s", 3000, beside, at_least=True)


def _used_by_commands() -> float:
    """Seconds of processor of all commands that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure_meaning(data: Path, content: Content) -> Iterator[Figure]:
    """What upkeep embeds of its own accord, while somebody searches."""
    _forget(data)
    with timed(data, SEMANTIC="on") as server:
        before = _embedded(data)
        until = time.monotonic() + PATIENCE
        while _embedded(data) == before:
            if time.monotonic() > until:
                raise SystemExit("Nothing was embedded.")
            time.sleep(0.5)
        encoder = encoder_of(data)
        assert encoder, "whoever embeds has an encoder"
        with _searching(server, content):
            first, cpu, started = _embedded(data), cpu_seconds(encoder), time.perf_counter()
            time.sleep(SECONDS)
            count = _embedded(data) - first
            cpu, seconds = cpu_seconds(encoder) - cpu, time.perf_counter() - started
    beside = f"{count / seconds:.0f} a second of the clock, while somebody searched"
    yield Figure(
        "passages embedded, a second of a core", count / cpu, "/s", 20, beside, at_least=True
    )


@contextmanager
def _searching(server: Timed, content: Content) -> Iterator[None]:
    """Meanwhile somebody searches, with a pause after each answer."""
    stop = Event()
    reader = Thread(target=_search, args=(server.server.port, searches(content, 400), stop))
    reader.start()
    try:
        yield
    finally:
        stop.set()
        reader.join()


def _search(port: int, paths: list[str], stop: Event) -> None:
    with closing(Client.signed_in(port, READER)) as client:
        for path in paths * 100:
            if stop.wait(PAUSE):
                return
            client.get(path)


def _forget(data: Path) -> None:
    with opened(data), db.writing() as session:
        session.execute(sa.delete(Passage).where(Passage.article_id <= LEFT))
        session.commit()


def _embedded(data: Path) -> int:
    """Passages of the articles that had none; those of an article count from its first portion on."""
    ours = (Passage.article_id <= LEFT, Passage.encoder == Encoder.name)
    with opened(data), db.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Passage).where(*ours)) or 0
