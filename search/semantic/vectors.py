"""The local store of vectors: a folder that all processes map, with one writer at a time.

Readers see a commit with their next `searcher()`. What is damaged raises IndexMissing; `rebuild`
makes it anew from what the database holds.
"""

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from search.engines import EngineError, IndexBusy, IndexMissing
from search.engines.folder import IndexFolder
from search.semantic import StoredPassage
from search.semantic.digests import digest
from search.semantic.vectors_files import Appender, Commit, Extent, Opened, read_commit, stamp
from search.semantic.vectors_graph import Graph, built
from search.semantic.vectors_searching import FolderSearcher

log = logging.getLogger("firsthand.search")

FORMAT: Final = "vectors-1"
# Passages that are all looked at in each search; of more there is an index: for so many
# both take 2 ms.
EXACT = 75_000
# A store is tidied when this share of it, and so many passages, are dead or not in its index.
MOST_DEAD, LEAST_DEAD = 0.1, 2_000
MOST_TAIL, LEAST_TAIL = 0.25, 10_000
PAUSE: Final = 60.0  # between two times of tidying
LONG_PAUSE: Final = 3600.0  # after one that failed: it may have taken minutes
CHECKING: Final = 0.01  # share of the time that looking at the same files again may take


class VectorFolder:
    """`encoder` is the name of the encoder whose vectors these are: others are never among them."""

    def __init__(self, path: Path, encoder: str) -> None:
        self._folder = IndexFolder(path, f"{FORMAT} {encoder}")
        self._opening = threading.Lock()
        self._opened: tuple[Opened, FolderSearcher] | None = None
        self._broken: tuple[Path, bytes, str] | None = None
        self._check_from = 0.0
        self._tidying: threading.Thread | None = None
        self._tidy_from = 0.0

    def searcher(self) -> FolderSearcher:
        known = self._opened
        current = self._current()
        if current is not known:
            self._tidy_if_due()  # whoever made it so may have ended since
        return current[1]

    def put(self, changes: Mapping[int, Sequence[StoredPassage]]) -> None:
        with _writing_trouble(), self._folder.writing(timeout=10):
            opened, _ = self._current()
            new = {id_: list(passages) for id_, passages in changes.items()}
            changed = [id_ for id_ in new if opened.passages_of(id_) != new[id_]]
            if changed:
                with Appender(opened.folder, opened.commit) as appender:
                    for id_ in changed:
                        appender.put(id_, new[id_])
                    appender.commit()
        if changed:
            self._tidy_if_due()

    def rebuild(self, portions: Iterable[Mapping[int, Sequence[StoredPassage]]]) -> None:
        """Other processes may put meanwhile: that goes into the old store and is carried over."""
        with _writing_trouble(), self._folder.rebuilding() as path:
            before = self._whatever_is_there()
            with Appender(path, Commit()) as appender:
                for portion in portions:
                    for id_, passages in portion.items():
                        appender.put(id_, passages)
                self._take_over(path, appender, before)
        self._tidy_if_due()

    def digests(self) -> Iterator[tuple[int, bytes]]:
        opened, _ = self._current()
        for id_ in opened.articles.tolist():
            yield id_, digest(opened.passages_of(id_))

    def tidy(self) -> None:
        """Leave out what is dead, and index what are many; beside the store, which answers meanwhile."""
        with _writing_trouble(), self._folder.rebuilding() as path:
            before, _ = self._current()
            with Appender(path, Commit()) as appender:
                for id_ in before.articles.tolist():
                    appender.take_over(before, id_)
                appender.flush()
                # What was damaged while we copied must not get a checksum that fits.
                Opened(before.folder, before.written)
                rows = appender.rows if appender.rows > EXACT else 0
                graph = built(path, rows) if rows else Extent()
                self._take_over(path, appender, before, graph, rows)

    # Reading

    def _current(self) -> tuple[Opened, FolderSearcher]:
        """What the last commit counts; looks at four small files and at no vector if it is known."""
        opened = self._opened
        if opened and self._is_same(opened[0], *self._written()):
            return opened
        with self._opening:
            return self._reopened(*self._written())

    def _written(self) -> tuple[Path, bytes]:
        """The folder in use and its commit."""
        path = self._folder.current()
        try:
            return path, read_commit(path)
        except IndexMissing:
            if self._folder.current() == path:
                raise
        return self._written()  # another was put in use just then

    def _is_same(self, opened: Opened, path: Path, written: bytes) -> bool:
        if opened.folder != path or opened.written != written:
            return False
        is_untouched = stamp(path, opened.commit) == opened.stamp
        return is_untouched or time.monotonic() < self._check_from

    def _reopened(self, path: Path, written: bytes) -> tuple[Opened, FolderSearcher]:
        if self._broken and self._broken[:2] == (path, written):
            raise IndexMissing(self._broken[2])
        before = self._opened
        if before and self._is_same(before[0], path, written):
            return before  # another thread has done it meanwhile
        began = time.monotonic()
        # The same commit with other files is looked at from the beginning.
        known = before[0] if before and before[0].written != written else None
        try:
            opened = Opened(path, written, known)
            graph = Graph(path) if opened.commit.in_graph else None
        except IndexMissing as error:
            self._broken = path, written, str(error)
            raise
        now = time.monotonic()
        self._check_from = now + (now - began) / CHECKING
        self._opened = opened, FolderSearcher(opened, graph)
        return self._opened

    def _whatever_is_there(self) -> Opened | None:
        try:
            return self._current()[0]
        except IndexMissing:
            return None

    # Changing stores

    def _take_over(
        self,
        path: Path,
        appender: Appender,
        before: Opened | None,
        graph: Extent | None = None,
        in_graph: int = 0,
    ) -> None:
        """Put a new store in use, with what has come into the old one since we read it."""
        with self._folder.writing(timeout=60):
            after = self._whatever_is_there()
            if before and after and before.folder == after.folder:
                changed = after.history["article"][len(before.history) :]
                for id_ in dict.fromkeys(changed.tolist()):
                    appender.take_over(after, id_)
            appender.commit(graph, in_graph)
            self._folder.use(path)

    def _tidy_if_due(self) -> None:
        is_running = self._tidying is not None and self._tidying.is_alive()
        if is_running or time.monotonic() < self._tidy_from or not self.is_untidy():
            return
        self._tidying = threading.Thread(target=self._tidy, name="vectors-tidying", daemon=True)
        self._tidying.start()

    def is_untidy(self) -> bool:
        opened = self._whatever_is_there()
        if opened is None:
            return False
        rows = opened.commit.rows
        is_dead = opened.dead > max(LEAST_DEAD, rows * MOST_DEAD)
        return is_dead or (opened.live > EXACT and opened.tail > max(LEAST_TAIL, rows * MOST_TAIL))

    def _tidy(self) -> None:
        began, pause = time.monotonic(), PAUSE
        try:
            self.tidy()
            log.info("the vectors were tidied in %.1f s", time.monotonic() - began)
        except IndexBusy:
            log.debug("another process makes the vectors anew")
        except Exception:
            pause = LONG_PAUSE
            log.exception("the vectors could not be tidied")
        self._tidy_from = time.monotonic() + pause


@contextmanager
def _writing_trouble() -> Iterator[None]:
    """A full disk and the like are told as what they mean to a search."""
    try:
        yield
    except OSError as error:
        raise EngineError(f"the vectors could not be written: {error}") from error
