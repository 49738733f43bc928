"""Slows down guessing of passwords, for each account and for each source, without locking anybody out."""

import threading
import time
from dataclasses import dataclass

from core.errors import TooMany

FREE_TRIES = 5
FREE_TRIES_OF_A_SOURCE = 30  # a whole office may share one address
LONGEST_WAIT = 60.0  # seconds between tries, however many went wrong
FORGOTTEN_AFTER = 15 * 60.0
MOST_KEYS = 10_000


@dataclass(frozen=True)
class Try:
    """A try that counts as wrong until it is taken back."""

    at: float
    last: dict[str, float]  # when each key was tried before


class Throttle:
    """Counts wrong tries by key; after five, each further one doubles the wait: 2 s, 4 s ... 60 s."""

    def __init__(self) -> None:
        self._tries: dict[str, tuple[int, float]] = {}
        self._lock = threading.Lock()

    def check(self, *keys: str) -> Try:
        """Count a try as wrong before it is made; raise TooMany while any of the keys has to wait.

        Counted up front, because checking takes a while: tries sent all at once would all get in.
        """
        now = time.monotonic()
        with self._lock:
            wait = max((self._wait(key, now) for key in keys), default=0.0)
            if wait <= 0:
                return self._count(keys, now)
        seconds = int(wait) + 1
        raise TooMany(
            f"Too many wrong tries. Please wait {seconds} seconds, then try again.", seconds
        )

    def take_back(self, made: Try) -> None:
        """The try was right. What went wrong before it still counts."""
        with self._lock:
            for key, before in made.last.items():
                count, last = self._tries.get(key, (0, 0.0))
                if count > 1:
                    self._tries[key] = (count - 1, before if last == made.at else last)
                else:
                    self._tries.pop(key, None)

    def forget(self, key: str) -> None:
        """Whoever owns this key has shown it: what went wrong before counts no more."""
        with self._lock:
            self._tries.pop(key, None)

    def _count(self, keys: tuple[str, ...], now: float) -> Try:
        if len(self._tries) > MOST_KEYS:
            self._tries = {k: v for k, v in self._tries.items() if now - v[1] < FORGOTTEN_AFTER}
        before: dict[str, float] = {}
        for key in keys:
            count, last = self._tries.get(key, (0, now))
            before[key] = last
            self._tries[key] = (1 if now - last > FORGOTTEN_AFTER else count + 1, now)
        return Try(now, before)

    def _wait(self, key: str, now: float) -> float:
        count, last = self._tries.get(key, (0, 0.0))
        free = FREE_TRIES_OF_A_SOURCE if key.startswith("source:") else FREE_TRIES
        if count < free:
            return 0.0
        return last + min(2.0 ** (count - free + 1), LONGEST_WAIT) - now
