"""Slows down guessing of passwords, for each account and for each source, without locking anybody out."""

import threading
import time

from core.errors import TooMany

FREE_TRIES = 5
FREE_TRIES_OF_A_SOURCE = 30  # a whole office may share one address
LONGEST_WAIT = 60.0  # seconds; a victim of somebody else's guessing never waits longer
FORGOTTEN_AFTER = 15 * 60.0
MOST_KEYS = 10_000


class Throttle:
    """Counts wrong tries by key; after five, each further one doubles the wait: 2 s, 4 s ... 60 s."""

    def __init__(self) -> None:
        self._tries: dict[str, tuple[int, float]] = {}
        self._lock = threading.Lock()

    def check(self, *keys: str) -> None:
        """Raise TooMany while any of the keys has to wait."""
        now = time.monotonic()
        with self._lock:
            wait = max((self._wait(key, now) for key in keys), default=0.0)
        if wait > 0:
            seconds = int(wait) + 1
            raise TooMany(
                f"Too many wrong tries. Please wait {seconds} seconds, then try again.", seconds
            )

    def failed(self, *keys: str) -> None:
        now = time.monotonic()
        with self._lock:
            if len(self._tries) > MOST_KEYS:
                self._tries = {k: v for k, v in self._tries.items() if now - v[1] < FORGOTTEN_AFTER}
            for key in keys:
                count, last = self._tries.get(key, (0, now))
                self._tries[key] = (1 if now - last > FORGOTTEN_AFTER else count + 1, now)

    def succeeded(self, *keys: str) -> None:
        with self._lock:
            for key in keys:
                self._tries.pop(key, None)

    def _wait(self, key: str, now: float) -> float:
        count, last = self._tries.get(key, (0, 0.0))
        free = FREE_TRIES_OF_A_SOURCE if key.startswith("source:") else FREE_TRIES
        if count < free:
            return 0.0
        return last + min(2.0 ** (count - free + 1), LONGEST_WAIT) - now
