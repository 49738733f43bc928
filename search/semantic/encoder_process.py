"""The encoder's process: one for all who work on a data folder of this machine, and it ends by itself.

It listens on a socket that only this user can reach. A lock in the folder, which the system opens when
the process dies of whatever cause, lets one of them at a time be there.
"""

import fcntl
import itertools
import json
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from queue import PriorityQueue
from typing import TYPE_CHECKING, Any

from search.semantic import encoder_wire as wire
from search.semantic import passages

if TYPE_CHECKING:
    from search.semantic.encoder_model import Model

log = logging.getLogger("encoder")

KEPT_QUERIES = 2_000  # vectors of 1.5 kB
TICK = 0.5  # seconds between two looks at whether to go on
OTHERS_GO_WITHIN = 5.0  # seconds
NICENESS = 10  # of passages: pages and queries come first

# The order in which texts other than queries are embedded.
_PRIORITY = {wire.CUT: 0, wire.MANY: 1, wire.EMBED: 2}


def main(arguments: Sequence[str]) -> None:
    folder, version, idle = Path(arguments[0]), int(arguments[1]), float(arguments[2])
    _detach()
    lock = _locked(folder, version)
    if lock is None:
        return
    os.umask(0o077)
    _write_log(folder)
    for older in range(1, version):
        _send_away(folder, older)
    listening = _listen(wire.socket_path(folder, version))
    server = Server(listening, wire.socket_path(folder, version), idle)
    try:
        server.serve()
        log.info("The encoder ends.")
    except Exception as error:
        log.error("The encoder gives up: %s: %s", type(error).__name__, error)
    finally:
        server.close()
        os._exit(0)  # whoever still waits is told by the closing of their connection


def _detach() -> None:
    """Belong to nobody: neither a signal to whoever started this nor their end concerns it."""
    if os.fork():
        os._exit(0)
    os.setsid()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.chdir("/")


def _locked(folder: Path, version: int) -> int | None:
    """The lock, for as long as this process lives; None if another encoder is there."""
    # Readable for all, so that what an administrator left behind does not lock the owner out.
    lock = os.open(wire.lock_path(folder, version), os.O_RDONLY | os.O_CREAT, 0o644)
    until = time.monotonic() + OTHERS_GO_WITHIN
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until or _answers(folder, version):
                return None
            time.sleep(0.05)  # one that is about to go holds it for a moment longer
        else:
            return lock


def _answers(folder: Path, version: int) -> bool:
    try:
        wire.connect(wire.socket_path(folder, version), time.monotonic() + 1).close()
    except OSError:
        return False
    return True


def _send_away(folder: Path, version: int) -> None:
    try:
        deadline = time.monotonic() + 1
        with wire.connect(wire.socket_path(folder, version), deadline) as older:
            wire.send(older, wire.LEAVE, b"", deadline)
    except OSError:
        pass


def _listen(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)  # whoever left it is dead, or we would not hold the lock
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with wire.address(path) as name:
        listening.bind(name)
    path.chmod(0o600)
    listening.listen(64)
    return listening


def _write_log(folder: Path) -> None:
    """What is to be said goes into a file; who started this may long be gone."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    file = os.open(wire.log_path(folder), flags, 0o600)
    os.dup2(file, sys.stderr.fileno())
    os.close(file)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")


class Server:
    """Answers until nobody has been connected for `idle` seconds, or until it is told to leave."""

    def __init__(self, listening: socket.socket, path: Path, idle: float) -> None:
        self._listening = listening
        self._path = path
        self._inode = path.stat().st_ino
        self._idle = idle
        self._lock = threading.Lock()
        self._connected = 0
        self._alone_since = time.monotonic()
        self._leaving = False

    def serve(self) -> None:
        # Whoever connects meanwhile waits: that the greeting is answered says that it is loaded.
        self._desk = Desk(_loaded())
        self._alone_since = time.monotonic()
        self._listening.settimeout(min(TICK, self._idle / 4))
        while self._goes_on():
            try:
                connection, _ = self._listening.accept()
            except TimeoutError:
                continue
            with self._lock:
                self._connected += 1
            threading.Thread(target=self._attend, args=(connection,), daemon=True).start()

    def close(self) -> None:
        self._listening.close()
        if self._is_ours():
            self._path.unlink()

    def _goes_on(self) -> bool:
        with self._lock:
            alone = not self._connected and time.monotonic() - self._alone_since > self._idle
        return not self._leaving and not alone and self._is_ours()

    def _is_ours(self) -> bool:
        """Nobody finds a process whose socket is gone, so it makes room for another."""
        try:
            return self._path.stat().st_ino == self._inode
        except OSError:
            return False

    def _attend(self, connection: socket.socket) -> None:
        try:
            with connection:
                while True:
                    kind, body = wire.receive(connection)
                    if kind == wire.LEAVE:
                        self._leaving = True
                        return
                    answer = self._desk.answer(kind, body)
                    wire.send(connection, *answer, time.monotonic() + 60)
        except OSError:
            pass  # they hung up, and may come again
        finally:
            with self._lock:
                self._connected -= 1
                self._alone_since = time.monotonic()


def _loaded() -> "Model":
    started = time.monotonic()
    from search.semantic.encoder_model import Model  # here, when it is clear that it is needed

    model = Model()
    model.vector("Ready.")
    log.info("%s is loaded, in %.1f s.", wire.NAME, time.monotonic() - started)
    return model


class Desk:
    """Does what messages ask for: queries at once, one at a time, the rest on a thread of its own."""

    def __init__(self, model: "Model") -> None:
        self._model = model
        self._known: OrderedDict[str, bytes] = OrderedDict()
        self._known_lock = threading.Lock()
        self._querying = threading.Lock()
        self._others: PriorityQueue[_Task] = PriorityQueue()
        self._numbers = itertools.count()
        threading.Thread(target=_work, args=(self._others.get,), daemon=True).start()

    def answer(self, kind: int, body: bytes) -> tuple[int, bytes]:
        """The kind and the body of what is said in return."""
        try:
            if kind == wire.GREET:
                return wire.ANSWER, wire.NAME.encode()
            texts = wire.unpacked(body)
            if kind == wire.QUERY:
                return wire.ANSWER, self._query(texts[0])
            if kind in (wire.MANY, wire.EMBED):
                return wire.ANSWER, self._vectors(kind, texts)
            if kind == wire.CUT:
                title, text = texts
                return wire.ANSWER, self._later(kind, self._cut, title, text).result()
            return wire.REFUSAL, b"nobody knows this kind of message"
        except Exception as error:
            log.exception("A message of kind %d could not be answered.", kind)
            return wire.REFUSAL, f"{type(error).__name__}: {error}".encode()

    def _query(self, text: str) -> bytes:
        with self._known_lock:
            if text in self._known:
                self._known.move_to_end(text)
                return self._known[text]
        with self._querying:  # one core is all that it takes
            vector = self._vector(text)
        with self._known_lock:
            self._known[text] = vector
            if len(self._known) > KEPT_QUERIES:
                self._known.popitem(last=False)
        return vector

    def _vectors(self, kind: int, texts: Sequence[str]) -> bytes:
        """A task each, so that something more urgent can come in between."""
        waiting = [self._later(kind, self._vector, text) for text in texts]
        return b"".join(each.result() for each in waiting)

    def _later(self, kind: int, work: Callable[..., bytes], *given: str) -> "Future[bytes]":
        task = _Task(_PRIORITY[kind], next(self._numbers), work, given)
        self._others.put(task)
        return task.future

    def _vector(self, text: str) -> bytes:
        return self._model.vector(text).tobytes()

    def _cut(self, title: str, text: str) -> bytes:
        spans = self._model.spans
        end = passages.title_end(title, spans)
        return json.dumps([end, passages.cut(title, text, spans)]).encode()


class _Task:
    """Something to be done, the more urgent before the less, then in the order of asking."""

    def __init__(
        self, priority: int, number: int, work: Callable[..., bytes], given: tuple[str, ...]
    ) -> None:
        self._turn = (priority, number)
        self._work = work
        self._given = given
        self.future: Future[bytes] = Future()

    def __lt__(self, other: "_Task") -> bool:
        return self._turn < other._turn

    def do(self) -> None:
        try:
            self.future.set_result(self._work(*self._given))
        except Exception as error:
            self.future.set_exception(error)


def _work(take: Callable[[], Any]) -> None:
    if sys.platform == "linux":  # where a thread has a priority of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
    while True:
        take().do()
