"""Counts nobody would miss: kept in memory, written every few seconds outside any request.

Adding never fails and never waits for the database. What a killed process still held is lost, and
so is what comes when a counter is full.
"""

import atexit
import logging
import threading
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from core.db import Database

log = logging.getLogger("firsthand.tally")

FLUSH_SECONDS = 3.0
MOST_KEYS = 10_000  # of one counter, between two flushes

# Adds what was counted to what the database holds, by key, in the order the keys came.
Write = Callable[[Session, Mapping[Any, int]], None]

_writers: dict[str, Write] = {}
_counts: dict[str, dict[Hashable, int]] = {}
_lock = threading.Lock()
_flushing = threading.Lock()  # one at a time, so that what came first is written first


def register(counter: str, write: Write) -> None:
    """Let `write(session, {key: amount})` keep what is added to a counter."""
    with _lock:
        _writers[counter] = write
        _counts.setdefault(counter, {})


def add(counter: str, key: Hashable, amount: int = 1) -> None:
    """Count something; a counter that nobody registered counts nothing."""
    with _lock:
        counts = _counts.get(counter)
        if counts is None:
            return
        known = counts.get(key)
        if known is not None:
            counts[key] = known + amount
        elif len(counts) < MOST_KEYS:
            counts[key] = amount


def flush(database: Database) -> None:
    """Write what was counted, each counter in a transaction of its own, in order of registration."""
    with _flushing:
        for counter, write in list(_writers.items()):
            if counts := _take(counter):
                _write(database, counter, write, counts)


def _take(counter: str) -> dict[Hashable, int]:
    with _lock:
        counts, _counts[counter] = _counts[counter], {}
    return counts


def _write(database: Database, counter: str, write: Write, counts: Mapping[Hashable, int]) -> None:
    try:
        with database.writing() as session:
            write(session, counts)
            session.commit()
    except Exception:
        log.warning("%d counts of %s were lost", len(counts), counter, exc_info=True)


def start_thread(database: Database) -> threading.Thread:
    """Flush every few seconds, and once more when this process ends."""
    thread = threading.Thread(target=_keep_flushing, args=(database,), name="tally", daemon=True)
    thread.start()
    atexit.register(flush, database)
    return thread


def _keep_flushing(database: Database) -> None:
    pause = threading.Event()
    while not pause.wait(FLUSH_SECONDS):
        flush(database)
