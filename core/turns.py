"""One slow task at a time for each person, and a rest after a very slow one: nobody starves the others."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import TooMany

REST = 4.0  # a person rests this many times as long as a slow task took
PATIENCE = 3.0  # seconds that the next task waits for the one before


class Turns:
    """Who is having something made, and who has to rest after a task of more than `slow` seconds."""

    def __init__(self, *, slow: float) -> None:
        self._slow = slow
        self._lock = threading.Condition()
        self._busy: set[int] = set()
        self._waiting: set[int] = set()
        self._rested_at: dict[int, float] = {}

    @contextmanager
    def take(self, person_id: int) -> Iterator[None]:
        """Hold this person's turn; raises TooMany while they rest, or if two tasks wait already."""
        self._begin(person_id)
        started = time.monotonic()
        try:
            yield
        finally:
            self._end(person_id, time.monotonic() - started)

    def _begin(self, person_id: int) -> None:
        with self._lock:
            rest = self._rested_at.get(person_id, 0.0) - time.monotonic()
            if rest > 0:
                seconds = int(rest) + 1
                raise TooMany(
                    f"Your last text or image took very long. Please wait {seconds} seconds.",
                    seconds,
                )
            if person_id in self._busy:
                if person_id in self._waiting:
                    raise TooMany("Your last text or image is still being worked on.", 2)
                self._waiting.add(person_id)
                try:
                    free = self._lock.wait_for(lambda: person_id not in self._busy, PATIENCE)
                finally:
                    self._waiting.discard(person_id)
                if not free:
                    raise TooMany("Your last text or image is still being worked on.", 2)
            self._busy.add(person_id)

    def _end(self, person_id: int, took: float) -> None:
        with self._lock:
            self._busy.discard(person_id)
            if took > self._slow:
                self._rested_at[person_id] = time.monotonic() + took * REST
            else:
                self._rested_at.pop(person_id, None)
            self._lock.notify_all()


# An honest text takes a few hundredths of a second; at two, by the processor, it is refused.
texts = Turns(slow=1.8)
images = Turns(slow=6.0)  # a photograph of 25 million pixels takes up to four
