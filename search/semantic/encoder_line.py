"""One process's line to the encoder: its connections, and how the encoder is started and found again."""

import importlib
import logging
import os
import subprocess
import sys
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.config import environment_of_others
from search.semantic import encoder_wire as wire

if TYPE_CHECKING:
    import socket

log = logging.getLogger("firsthand.search")

START = 30.0  # seconds that an encoder may take to be ready
AGAIN = 6.0  # seconds after which another one is started, if none can be reached
REST = 5.0  # seconds before another try after one that failed; doubled with each
LONGEST_REST = 300.0
SLOW_IN_A_ROW = 3  # queries too late, after which nobody asks until it answers again
KEPT_QUERIES = 256

_PROGRAM = Path(__file__).with_name("encoder_start.py")
# What it is not told: secrets. What it is told: no threads but its own two, and no heap for each.
_SETTINGS = {"MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class EncoderMissing(Exception):
    """There is no encoder, for the reason it says."""


class Line:
    """Connections are kept: as many as threads were ever asking at the same moment."""

    def __init__(self, folder: Path, idle: float) -> None:
        self.process = os.getpid()
        self._folder = folder
        self._idle = idle
        self._free: deque[socket.socket] = deque()
        self._known: OrderedDict[str, bytes] = OrderedDict()
        self._ready = threading.Event()
        self._lock = threading.Lock()
        self.has_ended = False
        self._beginning = False
        self._rest = REST
        self._not_before = 0.0
        self._slow = 0
        self._trouble = ""

    @property
    def is_ready(self) -> bool:
        return self._ready.is_set()

    def answer_soon(self, kind: int, texts: Sequence[str], deadline: float) -> bytes | None:
        """The answer, if it is there before the deadline."""
        known = self._recall(texts[0]) if kind == wire.QUERY else None
        if known is not None:
            return known
        if not self._ready.is_set():
            self._begin()
            return None
        try:
            body = self._ask(kind, texts, deadline)
        except TimeoutError:
            if kind == wire.QUERY:
                self._was_slow()
            return None
        except OSError:
            self._lost()
            return None
        except EncoderMissing as error:
            log.warning("The encoder cannot answer: %s", error)
            return None
        if kind == wire.QUERY:
            self._slow = 0
            self._keep(texts[0], body)
        return body

    def answer(self, kind: int, texts: Sequence[str], patience: float) -> bytes:
        """The answer, however long it takes; from another encoder if the one at work is lost."""
        for _ in range(3):
            if not self.wait(START):
                break
            try:
                return self._ask(kind, texts, time.monotonic() + patience)
            except OSError as error:
                self._trouble = f"it was lost: {error}"
                self._lost()
        raise EncoderMissing(f"The encoder does not answer: {self._trouble or 'not ready in time'}")

    def wait(self, timeout: float) -> bool:
        if not self._ready.is_set() and self._begin():
            until = time.monotonic() + timeout
            while not self._ready.wait(0.05) and self._beginning and time.monotonic() < until:
                pass
        return self._ready.is_set()

    def end(self) -> None:
        """Hang up, and for good."""
        self.has_ended = True
        self._hang_up()

    def _hang_up(self) -> None:
        self._ready.clear()
        while self._free:
            self._free.pop().close()

    # One question

    def _ask(self, kind: int, texts: Sequence[str], deadline: float) -> bytes:
        connection = self._connection(deadline)
        try:
            wire.send(connection, kind, wire.packed(texts), deadline)
            said, body = wire.receive(connection, deadline)
        except BaseException:
            connection.close()
            raise
        if self._ready.is_set():
            self._free.append(connection)
        else:
            connection.close()
        if said != wire.ANSWER:
            raise EncoderMissing(body.decode(errors="replace"))
        return body

    def _connection(self, deadline: float) -> "socket.socket":
        try:
            return self._free.pop()
        except IndexError:
            return wire.connect(wire.socket_path(self._folder), deadline)

    def _recall(self, text: str) -> bytes | None:
        with self._lock:
            if text in self._known:
                self._known.move_to_end(text)
            return self._known.get(text)

    def _keep(self, text: str, vector: bytes) -> None:
        with self._lock:
            self._known[text] = vector
            if len(self._known) > KEPT_QUERIES:
                self._known.popitem(last=False)

    def _was_slow(self) -> None:
        self._slow += 1
        if self._slow >= SLOW_IN_A_ROW:
            self._lost()

    def _lost(self) -> None:
        """Nobody asks any more until it has answered a greeting."""
        self._hang_up()
        self._slow = 0
        self._begin()

    # Getting it ready

    def _begin(self) -> bool:
        """Have a thread look for the encoder, and start one if there is none; not too often."""
        with self._lock:
            if self._beginning or self._ready.is_set():
                return True
            if time.monotonic() < self._not_before:
                return False
            self._beginning = True
        try:
            threading.Thread(target=self._bring, name="encoder", daemon=True).start()
        except RuntimeError:  # the process is about to end
            self._beginning = False
        return self._beginning

    def _bring(self) -> None:
        started = time.monotonic()
        try:
            importlib.import_module(
                "numpy"
            )  # a tenth of a second, which no request should wait for
            name = self._greeted(started + START)
        except (OSError, ImportError, subprocess.SubprocessError) as error:
            self._failed(error)
        else:
            log.info("Search by meaning: %s, ready in %.1f s.", name, time.monotonic() - started)
            self._trouble, self._rest = "", REST
            self._ready.set()
            if self.has_ended:
                self._hang_up()
        finally:
            self._beginning = False

    def _failed(self, error: Exception) -> None:
        said = self._last_words()
        self._not_before = time.monotonic() + self._rest
        if self._rest == REST:  # the first of a row
            log.warning("Search goes by words alone: no encoder (%s). %s", error, said)
        self._trouble = f"{error} {said}".strip()
        self._rest = min(self._rest * 2, LONGEST_REST)

    def _greeted(self, deadline: float) -> str:
        """The name of an encoder that is loaded, started if there is none."""
        begun, lost = -AGAIN, 0
        while True:
            try:
                return self._greet(deadline)
            except (FileNotFoundError, ConnectionRefusedError):
                if time.monotonic() - begun > AGAIN:
                    begun = time.monotonic()
                    self._start()
            except ConnectionError:
                lost += 1  # once: it was just about to end
                if lost > 1:
                    raise
            time.sleep(0.02)

    def _greet(self, deadline: float) -> str:
        """Its name, which it says when it is loaded; leaves a connection to it."""
        connection = wire.connect(wire.socket_path(self._folder), deadline)
        try:
            wire.send(connection, wire.GREET, b"", deadline)
            _, name = wire.receive(connection, deadline)
        except BaseException:
            connection.close()
            raise
        self._free.append(connection)
        return name.decode()

    def _start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-P", str(_PROGRAM), str(self._folder)]
        subprocess.run(
            [*command, str(wire.VERSION), str(self._idle)],
            env=environment_of_others() | _SETTINGS,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=START,
            check=True,
        )

    def _last_words(self) -> str:
        try:
            return wire.log_path(self._folder).read_text()[-2_000:].strip().rsplit("\n", 1)[-1]
        except OSError:
            return ""
