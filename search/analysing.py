"""Analyses many documents in processes of their own, while this one reads and writes.

Nothing depends on these processes: what one of them leaves undone is analysed here.
"""

import logging
import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from core.config import environment_of_others
from search.documents import Document, Entry, entry

log = logging.getLogger("firsthand.search")

MOST = 3  # then reading and writing take longest
FEWEST = 2_000  # documents; fewer are done before a process is worth its start
_PROGRAM = Path(__file__).with_name("analysing_start.py")


def processes_for(documents: int) -> int:
    """How many processes are worth while beside this one."""
    processors = os.cpu_count() or 1
    return min(processors, MOST) if processors > 1 and documents >= FEWEST else 0


def entries(
    portions: Iterable[Sequence[Document]], processes: int
) -> Generator[list[Entry], None, None]:
    """The entries of each portion, in order; each process has one portion at a time."""
    with ExitStack() as ending:
        idle = deque(_Analyst() for _ in range(processes))
        for analyst in idle:
            ending.callback(analyst.end)
        busy: deque[_Analyst] = deque()
        for portion in portions:
            if not processes:
                yield [entry(document) for document in portion]
            elif idle:
                busy.append(idle.popleft().given(portion))
            else:
                analyst = busy.popleft()
                done = analyst.done()
                busy.append(analyst.given(portion))
                yield done
        while busy:
            yield busy.popleft().done()


class _Analyst:
    """A process that analyses; once it is lost, this one does its work."""

    def __init__(self) -> None:
        self._portion: Sequence[Document] = ()
        self._process: subprocess.Popen[bytes] | None = None
        with self._noticing_loss():
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(_PROGRAM)],
                env=environment_of_others(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                pipesize=1 << 20,
                stderr=subprocess.DEVNULL,
            )

    def given(self, portion: Sequence[Document]) -> "_Analyst":
        self._portion = portion
        if self._process and self._process.stdin:
            with self._noticing_loss():
                pickle.dump(portion, self._process.stdin, pickle.HIGHEST_PROTOCOL)
                self._process.stdin.flush()
        return self

    def done(self) -> list[Entry]:
        """The entries of what was given."""
        if self._process and self._process.stdout:
            with self._noticing_loss():
                found: list[Entry] = pickle.load(self._process.stdout)
                return found
        return [entry(document) for document in self._portion]

    def end(self) -> None:
        process, self._process = self._process, None
        if process:
            process.kill()
            with suppress(OSError), process:  # what it was not told any more is not missed
                pass

    @contextmanager
    def _noticing_loss(self) -> Iterator[None]:
        try:
            yield
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            log.warning("a process that analyses articles is lost (%r); going on without", error)
            self.end()
