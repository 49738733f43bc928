"""The engine in pure Python, whoosh 2.7.4, for machines that have no binary of tantivy."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from whoosh import index, reading
from whoosh.writing import SegmentWriter

from search.documents import SCHEMA_VERSION, Entry
from search.engines.folder import IndexFolder
from search.engines.sealing import check, seal
from search.engines.whoosh_reading import Segment, WhooshSearcher, postings
from search.engines.whoosh_storage import SCHEMA, Storage, document, trouble

_VERSION = f"whoosh-1.{SCHEMA_VERSION}"
_REBUILD_MEGABYTES = 128
_OPEN_TRIES = 5


class WhooshEngine:
    """Readers see a commit with their next search, in this process and in all others."""

    name = "whoosh"

    def __init__(self, path: Path) -> None:
        self._folder = IndexFolder(path, _VERSION)
        # Whoosh's files have one reading position each, so one thread at a time reads them.
        self._lock = threading.RLock()
        self._opened: tuple[tuple[int, int], Path] | None = None
        self._segments: dict[str, Segment] = {}
        self._searcher: WhooshSearcher | None = None

    def searcher(self) -> "WhooshSearcher":
        with self._lock, trouble():
            pointer = self._folder.stamp()
            if self._opened is None or self._opened[0] != pointer:
                self._opened = (pointer, self._folder.current())
                self._segments, self._searcher = {}, None
            path = self._opened[1]
            if self._searcher is None or self._searcher.generation != _generation(path):
                self._searcher = self._open(path)
            return self._searcher

    def _open(self, path: Path) -> "WhooshSearcher":
        """Open what changed; a commit meanwhile may remove what we were about to open."""
        for attempt in range(_OPEN_TRIES):
            generation = _generation(path)
            storage = Storage(path)
            try:
                with storage.reading():
                    found = index.FileIndex(storage, schema=SCHEMA)._segments()
                    segments = {
                        segment.segment_id(): self._segments.get(segment.segment_id())
                        or Segment(storage, segment)
                        for segment in found
                    }
            except FileNotFoundError:
                if attempt + 1 == _OPEN_TRIES:
                    raise
                continue
            self._segments = segments
            deleted = [frozenset(segment.deleted_docs()) for segment in found]
            living = list(zip(segments.values(), deleted, strict=True))
            return WhooshSearcher(living, generation, self._lock)
        raise AssertionError

    @contextmanager
    def writer(self, timeout: float = 10) -> Iterator["WhooshWriter"]:
        with self._folder.writing(timeout):
            path = self._folder.current()
            writer = WhooshWriter()
            yield writer
            writer.apply(path)
            seal(path, _is_lasting)

    def check(self) -> None:
        check(self._folder.current())

    @contextmanager
    def rebuild(self) -> Iterator["WhooshRebuild"]:
        with self._folder.rebuilding() as path, ExitStack() as held:
            with trouble():
                index.FileIndex.create(Storage(path), SCHEMA)
            rebuild = WhooshRebuild(path, self._folder, held)
            try:
                yield rebuild
                rebuild.finish()
            except BaseException:
                rebuild.cancel()
                raise
            seal(path, _is_lasting)
            self._folder.use(path)


class WhooshWriter:
    """Collects changes; of several to one article the last counts."""

    def __init__(self) -> None:
        self._changes: dict[int, Entry | None] = {}

    def put(self, entry: Entry) -> None:
        self._changes[entry.id] = entry

    def remove(self, ids: Iterable[int]) -> None:
        self._changes.update(dict.fromkeys(ids))

    def apply(self, path: Path) -> None:
        if not self._changes:
            return
        with trouble():
            raw = _raw_writer(path)
            try:
                for number in _numbers(raw, self._changes):
                    raw.delete_document(number)
                for entry in filter(None, self._changes.values()):
                    raw.add_document(**document(entry))
            except BaseException:
                raw.cancel()
                raise
            raw.commit()
            self._changes.clear()


class WhooshRebuild(WhooshWriter):
    """Writes straight through while everything is new, and collects changes from `hold` on."""

    def __init__(self, path: Path, folder: IndexFolder, held: ExitStack) -> None:
        super().__init__()
        self._path, self._folder, self._held = path, folder, held
        self._raw: SegmentWriter | None = _raw_writer(path)

    def put(self, entry: Entry) -> None:
        if self._raw is None:
            super().put(entry)
        else:
            self._raw.add_document(**document(entry))

    def hold(self, timeout: float = 60) -> None:
        self._held.enter_context(self._folder.writing(timeout))
        self._commit()

    def finish(self) -> None:
        self._commit()
        self.apply(self._path)

    def cancel(self) -> None:
        if self._raw is not None and not self._raw.is_closed:
            self._raw.cancel()

    def _commit(self) -> None:
        if self._raw is not None:
            with trouble():
                self._raw.commit()
            self._raw = None


def _raw_writer(path: Path) -> SegmentWriter:
    opened = index.FileIndex(Storage(path), schema=SCHEMA)
    return SegmentWriter(opened, timeout=5, limitmb=_REBUILD_MEGABYTES)


def _numbers(raw: SegmentWriter, ids: Iterable[int]) -> Iterator[int]:
    """Where these articles stand in the index now."""
    base = 0
    for segment in raw.segments:
        reader = reading.SegmentReader(raw.storage, SCHEMA, segment)
        deleted = frozenset(segment.deleted_docs())
        for id_ in ids:
            found, _ = postings(reader, "id", str(id_))
            yield from (base + number for number in found if number not in deleted)
        base += segment.doc_count_all()


def _is_lasting(path: Path) -> bool:
    return path.suffix in (".seg", ".toc")


def _generation(path: Path) -> str:
    return f"{path.name}-{index.TOC._latest_generation(Storage(path), 'MAIN')}"
