"""Embeds what deliveries have left, in a thread of its own, so that nobody waits for it.

That is all articles of the time before there was an encoder, or of another one's time; each that
was published while it was away; and what is so long that a delivery cannot wait for it.
"""

import logging
import threading
import time
from collections.abc import Collection, Sequence
from itertools import chain, zip_longest
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy.orm import Session

from core import audit
from core.db import Database
from core.outbox import Event
from kb.models import Article, ArticleViews
from search.engines import EngineError, IndexMissing
from search.indexing import Progress
from search.models import Passage
from search.semantic import Vectors, indexing
from search.semantic.encoder import EncoderMissing
from search.semantic.indexing import Encoder

log = logging.getLogger("firsthand.search")

EVERY_SECONDS: Final = 60
PORTION_SECONDS: Final = 1.0  # so much is lost at most when the process is killed
LOOK: Final = 40  # articles, before it is asked again which come first
ROUND_SECONDS: Final = 600.0  # after which those that did not succeed are tried again
START_SECONDS: Final = 30.0  # that an encoder may take to be ready
PAUSE: Final = 10.0


class Upkeep:
    """What this process does for meaning beside its requests; one process at a time does."""

    def __init__(self, database: Database, encoder: Encoder, vectors: Vectors, lock: Path) -> None:
        self._database = database
        self._encoder = encoder
        self._vectors = vectors
        self._lock = lock
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._wanted = self._running = False
        self._not_before = 0.0
        self._is_copy = False  # the store, of what the database had when this process began

    def deliver(self, _session: Session, events: Sequence[Event]) -> None:
        if not indexing.deliver(self._database, self._encoder, self._vectors, events):
            self.start()

    def start(self) -> None:
        """See in a thread to what is missing, the store itself included; returns at once."""
        with self._starting:
            self._wanted = True
            is_running = self._running and self._thread is not None and self._thread.is_alive()
            if is_running or time.monotonic() < self._not_before:
                return
            self._running = True
            self._thread = threading.Thread(target=self._run, name="meaning-upkeep", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        audit.source.set(audit.OUTBOX)
        while self._is_wanted():
            try:
                self._lock.parent.mkdir(parents=True, exist_ok=True)
                with FileLock(self._lock, timeout=0):
                    self._keep_up()
                continue
            except Timeout:
                log.debug("another process embeds what is missing")
            except EncoderMissing as error:
                log.info("nothing can be embedded at present: %s", error)
            except EngineError as error:
                log.warning("the vectors cannot be kept: %s", error)
            except Exception:
                log.exception("what is missing could not be embedded")
            self._not_before = time.monotonic() + PAUSE

    def _is_wanted(self) -> bool:
        with self._starting:
            wanted = self._wanted and time.monotonic() >= self._not_before
            self._running = wanted
            if wanted:
                self._wanted = False
            return wanted

    def _keep_up(self) -> None:
        try:
            self._vectors.searcher()
            # While meaning was switched off, articles were published and nobody told the store.
            self._is_copy = self._is_copy or indexing.is_copy(
                self._database, self._encoder, self._vectors
            )
            if not self._is_copy:
                log.info("the vectors are not those of the database; building them anew")
        except IndexMissing as error:
            self._is_copy = False
            log.warning("the vectors cannot be used: %s; building them anew", error)
        if not self._is_copy:
            indexing.rebuild(self._database, self._encoder, self._vectors)
            self._is_copy = True
        count = 0
        while True:
            until = time.monotonic() + ROUND_SECONDS
            count += catch_up(self._database, self._encoder, self._vectors, seconds=ROUND_SECONDS)
            if time.monotonic() < until:
                break
        if count:
            log.info("%d articles were embedded that had been left", count)


def catch_up(
    database: Database,
    encoder: Encoder,
    vectors: Vectors,
    progress: Progress | None = None,
    *,
    seconds: float = float("inf"),
) -> int:
    """Embed what is published and has no passages; how many articles that were.

    Raises EncoderMissing when it cannot go on; what is done by then is kept.
    """
    until = time.monotonic() + seconds
    tried: set[int] = set()
    passed_over: set[int] = set()  # of them, those that are waiting still
    count = 0
    while time.monotonic() < until:
        with database.reading() as session:
            ids = _next(session, encoder, passed_over)
            total = count + _count(session, encoder) if progress else 0
        if not ids:
            break
        if not encoder.wait(START_SECONDS):
            raise EncoderMissing("it is not ready")
        # Whoever waits again after that, though nothing failed, has to wait for the next round, too.
        passed_over |= tried.intersection(ids)
        tried.update(ids)
        while ids and time.monotonic() < until:
            left = indexing.embed(database, encoder, ids, PORTION_SECONDS)
            done = set(ids).difference(left.waiting, left.failed)
            if done:
                indexing.copy(database, encoder, vectors, done)
            if left.missing:
                raise left.missing
            passed_over.update(left.failed)
            ids, count = left.waiting, count + len(done)
            if progress:
                progress(count, total)
    return count


def _next(session: Session, encoder: Encoder, passed_over: Collection[int]) -> list[int]:
    """Some articles without passages: by turns the newest, and those that are read most."""
    most = LOOK + len(passed_over)  # which are waiting, and may all come first
    views = (
        sa.select(ArticleViews.article_id, sa.func.sum(ArticleViews.views).label("views"))
        .group_by(ArticleViews.article_id)
        .subquery()
    )
    waiting = sa.select(Article.id).where(_is_waiting(encoder))
    newest = waiting.order_by(Article.published_at.desc(), Article.id.desc())
    most_read = waiting.join(views, views.c.article_id == Article.id).order_by(
        views.c.views.desc(), Article.id.desc()
    )
    found = (
        [id_ for id_ in session.scalars(query.limit(most)) if id_ not in passed_over]
        for query in (newest, most_read)
    )
    by_turns = chain.from_iterable(zip_longest(*found))
    return [id_ for id_ in dict.fromkeys(by_turns) if id_ is not None][:LOOK]


def _count(session: Session, encoder: Encoder) -> int:
    query = sa.select(sa.func.count()).select_from(Article).where(_is_waiting(encoder))
    return session.scalar(query) or 0


def _is_waiting(encoder: Encoder) -> sa.ColumnElement[bool]:
    """Published, and without passages of this encoder that are whole."""
    whole = sa.exists().where(
        Passage.article_id == Article.id, Passage.number == 0, Passage.encoder == encoder.name
    )
    return sa.and_(indexing.listed(), ~whole)
