"""How gunicorn serves the application; `make run` and any other start read this."""

import ctypes
import gc
from contextlib import suppress
from threading import Thread
from typing import Any

import search
from core import markup, tally
from core.config import load
from core.db import db
from core.outbox import Worker, start_threads

_config = load()

wsgi_app = "wsgi:create_app()"
bind = _config.bind
workers = _config.workers
worker_class = "gthread"
threads = 8
preload_app = False  # every worker opens a database, an index and rendering processes of its own

# An upload over a slow line may take a minute; a hung worker must not take longer.
timeout = 60
graceful_timeout = 20
keepalive = 5

# A search of 500 characters takes up to nine bytes a character in an address.
limit_request_line = 8190
limit_request_fields = 64

accesslog = None  # who reads what is nobody's business; faults are logged by the application
errorlog = "-"
loglevel = "warning"
control_socket_disable = True

_outbox: list[Worker] = []

# Eight threads need no heap each: with glibc's default, memory grew by 10 MB in 5,000 requests.
M_ARENA_MAX = -8
with suppress(OSError, AttributeError):  # another C library has no such thing
    ctypes.CDLL("libc.so.6").mallopt(M_ARENA_MAX, 2)


def when_ready(server: Any) -> None:
    print(f"Firsthand answers on http://{_config.bind} (Ctrl+C stops it).", flush=True)


def post_worker_init(worker: Any) -> None:
    """Each worker delivers what is due; a lock lets one of them at a time be the indexer."""
    global _outbox
    _outbox = start_threads(db, _config.data)
    tally.start_thread(db)
    # The first text should not wait for the rendering processes to start.
    Thread(target=markup.render, args=("Ready.",), daemon=True).start()
    Thread(target=search.warm_up, args=(worker.wsgi,), daemon=True).start()
    # What was imported stays: looking through it again at each full collection took 0.1 s of a request.
    gc.collect()
    gc.freeze()


def worker_exit(server: Any, worker: Any) -> None:
    for lane in _outbox:
        lane.stop()
