"""The files of the store of vectors: three that only grow, and a commit that says how far they count.

Passages are written in the order in which they come; an article's lie side by side and are a run.
The last run of an article counts, those before it are dead, and an empty one says that it is gone.
What was appended without a commit counts for nobody, and the next writer cuts it off.
"""

import json
import mmap
import os
import struct
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from io import BufferedRandom
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from search.engines import EngineError, IndexMissing
from search.semantic import StoredPassage

SIZE: Final = 384
FILES: Final = ("vectors", "passages", "runs", "graph")
VECTORS, PASSAGES, RUNS, GRAPH = FILES
GROWING: Final = FILES[:3]
COMMIT: Final = "commit"

# Nothing in the folder is read by another machine: little-endian, as all that run this are.
_PASSAGE = np.dtype([("article", "<i8"), ("start", "<i4"), ("end", "<i4")])
_RUN = np.dtype([("article", "<i8"), ("first", "<i4"), ("count", "<i4")])
_pack_passage = struct.Struct("<qii").pack
_pack_run = _pack_passage


class Extent(NamedTuple):
    """How much of a file counts, and the checksum of that."""

    size: int = 0
    crc: int = 0

    def grown(self, data: bytes) -> "Extent":
        return Extent(self.size + len(data), zlib.crc32(data, self.crc))


NOTHING: Final = Extent()


@dataclass(frozen=True)
class Commit:
    number: int = 0
    vectors: Extent = NOTHING
    passages: Extent = NOTHING
    runs: Extent = NOTHING
    graph: Extent = NOTHING  # an approximate index of the first passages; empty: there is none
    in_graph: int = 0  # how many these are

    @property
    def rows(self) -> int:
        return self.vectors.size // SIZE

    def encoded(self) -> bytes:
        body = json.dumps(asdict(self)).encode()
        return b"%08x %s" % (zlib.crc32(body), body)

    @classmethod
    def decoded(cls, data: bytes) -> "Commit":
        try:
            if int(data[:8], 16) != zlib.crc32(data[9:]):
                raise ValueError("its checksum is another")
            facts = json.loads(data[9:])
            facts |= {name: Extent(*facts[name]) for name in FILES}
            return cls(**facts)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise IndexMissing(f"the commit of the vectors cannot be read: {error}") from error


def read_commit(folder: Path) -> bytes:
    try:
        return (folder / COMMIT).read_bytes()
    except OSError as error:
        raise IndexMissing(f"the vectors in {folder} have no commit: {error}") from error


def write_commit(folder: Path, commit: Commit) -> None:
    """Make it the one that counts, in one step."""
    new = folder / f"{COMMIT}.new"
    with new.open("wb") as file:
        file.write(commit.encoded())
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / COMMIT)
    sync(folder)


def sync(path: Path) -> None:
    """Let a file, or the names in a folder, outlive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Opened:
    """All that one commit counts, checked, and mapped rather than read."""

    def __init__(self, folder: Path, written: bytes, before: "Opened | None" = None) -> None:
        self.folder = folder
        self.written = written
        self.commit = commit = Commit.decoded(written)
        # What grew since the last look is all that has to be checked: nothing else was to change.
        known = before.commit if before is not None and before.folder == folder else Commit()
        self.stamp = stamp(folder, commit)
        try:
            mapped = {name: _mapped(folder, commit, known, name) for name in GROWING}
            _mapped(folder, commit, known, GRAPH)
            self.vectors: NDArray[np.int8] = np.frombuffer(mapped[VECTORS], np.int8)
            self.vectors = self.vectors.reshape(-1, SIZE)
            self.passages: NDArray[Any] = np.frombuffer(mapped[PASSAGES], _PASSAGE)
            self.history: NDArray[Any] = np.frombuffer(mapped[RUNS], _RUN)
        except (OSError, ValueError) as error:
            raise IndexMissing(f"the vectors in {folder} are damaged: {error}") from error
        if len(self.vectors) != len(self.passages):
            raise IndexMissing(f"the vectors in {folder} are damaged: their number is wrong")
        runs = self.history
        if before is not None and known is before.commit:
            runs = np.concatenate([before.runs, runs[len(before.history) :]])
        # Sorted by article; the only part that is not mapped: 16 bytes for each article.
        self.runs: NDArray[Any] = _last_of_each(runs)
        self.articles: NDArray[np.int64] = np.ascontiguousarray(self.runs["article"])
        self.live = int(self.runs["count"].sum())

    @property
    def dead(self) -> int:
        return self.commit.rows - self.live

    @property
    def tail(self) -> int:
        """How many passages came after those in the approximate index."""
        return self.commit.rows - self.commit.in_graph

    def run(self, article_id: int) -> slice:
        """Where an article's passages are; an empty slice if there are none."""
        place = int(np.searchsorted(self.articles, article_id))
        if place == len(self.articles) or self.articles[place] != article_id:
            return slice(0, 0)
        _, first, count = self.runs[place].item()
        return slice(first, first + count)

    def passages_of(self, article_id: int) -> list[StoredPassage]:
        run = self.run(article_id)
        facts, vectors = self.passages[run].tolist(), self.vectors[run]
        return [
            StoredPassage(start, end, vector.tobytes())
            for (_, start, end), vector in zip(facts, vectors, strict=True)
        ]


def stamp(folder: Path, commit: Commit) -> tuple[int, ...]:
    """Changes when anybody writes to the files; raises IndexMissing if they lack what counts."""
    times = []
    for name in FILES:
        if wanted := getattr(commit, name).size:
            try:
                found = (folder / name).stat()
            except OSError as error:
                raise IndexMissing(f"the vectors in {folder} are damaged: {error}") from error
            if found.st_size < wanted:
                raise IndexMissing(f"the vectors in {folder} are damaged: {name} was cut")
            times.append(found.st_mtime_ns)
    return tuple(times)


def _mapped(folder: Path, commit: Commit, known: Commit, name: str) -> memoryview:
    """The part of a file that counts, read-only, after a look whether it is what was written."""
    wanted: Extent = getattr(commit, name)
    checked: Extent = getattr(known, name)
    if not wanted.size:
        return memoryview(b"")
    if checked.size > wanted.size or (name == GRAPH and checked != wanted):
        checked = NOTHING
    with (folder / name).open("rb") as file:
        view = memoryview(mmap.mmap(file.fileno(), wanted.size, prot=mmap.PROT_READ))
    if zlib.crc32(view[checked.size :], checked.crc) != wanted.crc:
        raise ValueError(f"the checksum of {name} is wrong")
    return view


def _last_of_each(runs: NDArray[Any]) -> NDArray[Any]:
    """The last run of each article that has one, by article."""
    _, places = np.unique(runs["article"][::-1], return_index=True)
    last = runs[::-1][places]
    return last[last["count"] > 0]


class Appender:
    """Adds to the files of a folder; it counts once `commit` is called, and not before."""

    def __init__(self, folder: Path, commit: Commit) -> None:
        self._folder = folder
        self._commit = commit
        self._extents: dict[str, Extent] = {name: getattr(commit, name) for name in GROWING}
        self._files: dict[str, BufferedRandom] = {}

    def __enter__(self) -> "Appender":
        for name, extent in self._extents.items():
            path = self._folder / name
            path.touch()
            file = self._files[name] = path.open("r+b")
            file.truncate(extent.size)  # what somebody left who did not come to his commit
            file.seek(extent.size)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        for file in self._files.values():
            file.close()

    @property
    def rows(self) -> int:
        return self._extents[VECTORS].size // SIZE

    def put(self, article_id: int, passages: Sequence[StoredPassage]) -> None:
        """Let these be all the passages of an article."""
        if any(len(passage.vector) != SIZE for passage in passages):
            raise EngineError(f"a vector of article {article_id} does not have {SIZE} bytes")
        first = self.rows
        facts = (_pack_passage(article_id, passage.start, passage.end) for passage in passages)
        self._append(VECTORS, b"".join(passage.vector for passage in passages))
        self._append(PASSAGES, b"".join(facts))
        self._append(RUNS, _pack_run(article_id, first, len(passages)))

    def take_over(self, opened: Opened, article_id: int) -> None:
        """Let an article have the passages that it has there."""
        run, first = opened.run(article_id), self.rows
        self._append(VECTORS, opened.vectors[run].tobytes())
        self._append(PASSAGES, opened.passages[run].tobytes())
        self._append(RUNS, _pack_run(article_id, first, run.stop - run.start))

    def flush(self) -> None:
        """Let others read what was added up to here."""
        for file in self._files.values():
            file.flush()

    def commit(self, graph: Extent | None = None, in_graph: int = 0) -> None:
        for file in self._files.values():
            file.flush()
            os.fsync(file.fileno())
        commit = Commit(
            number=self._commit.number + 1,
            **self._extents,
            graph=self._commit.graph if graph is None else graph,
            in_graph=self._commit.in_graph if graph is None else in_graph,
        )
        write_commit(self._folder, commit)

    def _append(self, name: str, data: bytes) -> None:
        self._files[name].write(data)
        self._extents[name] = self._extents[name].grown(data)
