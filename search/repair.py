"""Builds a lost or damaged index anew, in a thread of the process that noticed."""

import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from core.db import Database
from search import indexing
from search.engines import Engine, EngineError, IndexBusy, IndexMissing

log = logging.getLogger("firsthand.search")

PATIENCE = 1.5  # how long a reader waits for a small index to come back
PAUSE = 10.0  # before another attempt after one that failed
# An index made by ourselves that cannot answer is no better for being made again at once.
LONG_PAUSE = 600.0

Answer = TypeVar("Answer")


class Repairer:
    def __init__(self, database: Database, engine: Engine) -> None:
        self._database = database
        self._engine = engine
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._not_before = 0.0
        self._made: tuple[str, float] = ("", 0.0)

    def asking(self, question: Callable[[], Answer]) -> Answer:
        """The answer to a question to the index; one that is lost is rebuilt, with a short wait."""
        try:
            return question()
        except IndexMissing as error:
            self._start(error)
            if self._thread is not None:
                self._thread.join(PATIENCE)
            return question()

    def check(self) -> None:
        """Read the whole index; one that is damaged is built anew beside it, which answers meanwhile."""
        try:
            self._engine.check()
        except IndexMissing as error:
            self._start(error)

    @property
    def is_repairing(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def wait(self) -> None:
        """Until an index that is being built anew is in use."""
        if self._thread is not None:
            self._thread.join()

    def _start(self, reason: EngineError) -> None:
        with self._starting:
            if self.is_repairing or time.monotonic() < self._not_before or self._was_just_made():
                return
            log.warning("the search index cannot be used: %s; building it anew", reason)
            self._thread = threading.Thread(target=self._rebuild, name="search-repair", daemon=True)
            self._thread.start()

    def _was_just_made(self) -> bool:
        generation, at = self._made
        try:
            is_made = self._engine.searcher().generation == generation
        except EngineError:
            return False
        return is_made and time.monotonic() < at + LONG_PAUSE

    def _rebuild(self) -> None:
        try:
            indexing.rebuild(self._database, self._engine)
            self._made = (self._engine.searcher().generation, time.monotonic())
        except IndexBusy:
            log.info("another process is building the search index anew")
        except Exception:
            self._not_before = time.monotonic() + PAUSE
            log.exception("the search index could not be built anew")
