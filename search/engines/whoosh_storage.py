"""How whoosh keeps our tokens: its schema, what is stored of an article, and two repairs.

The repairs are for faults of 2.7.4: it copied a whole segment into memory each time one was opened
(`_zero_copy`), and what it says of a damaged index may be any exception at all (`trouble`).
An index holds pickles: never open one from somebody you do not trust.
"""

import io
import json
import pickle
import struct
import zlib
from array import array
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from whoosh import columns, fields, formats, index, reading
from whoosh.filedb import structfile
from whoosh.filedb.filestore import FileStorage
from whoosh.writing import IndexingError, LockError

from search.documents import BREAK, Entry
from search.engines import FACETS, EngineError, IndexBusy, IndexMissing


class _Terms(fields.FieldType):  # type: ignore[misc]
    """Tokens joined by spaces, with how often each occurs as its weight."""

    def __init__(self) -> None:
        self.format = formats.Existence()
        self.column_type = self.analyzer = self.vector = None
        self.scorable = self.stored = self.unique = False
        self.spelling = False

    def index(self, value: str, **_: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        for term, count in Counter(value.split()).items():
            yield term.encode(), count, float(count), b""


class _Positions(_Terms):
    """Tokens joined by spaces, with the place of each."""

    def __init__(self) -> None:
        super().__init__()
        self.format = formats.Positions()

    def index(self, value: str, **_: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        places: dict[str, array[int]] = {}
        for place, word in enumerate(value.split()):
            if word != BREAK:
                places.setdefault(word, array("I")).append(place)
        for word, found in places.items():
            yield word.encode(), len(found), 1.0, found.tobytes()


def _schema() -> fields.Schema:
    return fields.Schema(
        id=_Terms(),
        terms=_Terms(),
        words=_Positions(),
        title_words=_Terms(),
        filters=_Terms(),
        facts=fields.COLUMN(columns.VarBytesColumn()),
        stored=fields.COLUMN(columns.VarBytesColumn()),
    )


SCHEMA = _schema()


def document(entry: Entry) -> dict[str, Any]:
    facts = (entry.id, entry.published, entry.lengths, [entry.facets[facet] for facet in FACETS])
    return {
        "id": str(entry.id),
        "terms": entry.terms,
        "words": entry.words,
        "title_words": entry.title_words,
        "filters": " ".join(entry.filters),
        "facts": json.dumps(facts).encode(),
        "stored": _pack(entry.title, entry.digest, entry.record),
    }


def _pack(title: str, digest: str, record: bytes) -> bytes:
    encoded = title.encode("utf-8", "replace")
    return b"".join(
        (struct.pack("<IB", len(encoded), len(digest)), encoded, digest.encode(), record)
    )


def unpack(stored: bytes) -> tuple[str, str, bytes]:
    title, digest = struct.unpack_from("<IB", stored)
    start = 5 + title
    return (
        stored[5:start].decode(),
        stored[start : start + digest].decode(),
        stored[start + digest :],
    )


@contextmanager
def trouble() -> Iterator[None]:
    """Turn what whoosh says about a damaged or locked index into our own errors."""
    try:
        yield
    except EngineError:
        raise
    except LockError as error:
        raise IndexBusy("somebody else is writing to the whoosh index") from error
    except (
        OSError,
        ValueError,
        LookupError,
        TypeError,
        EOFError,
        AssertionError,
        AttributeError,
        NameError,
        struct.error,
        zlib.error,
        pickle.UnpicklingError,
        index.IndexError,
        reading.ReaderClosed,
        IndexingError,
    ) as error:
        raise IndexMissing(f"whoosh cannot read its index: {error!r}") from error


class Storage(FileStorage):  # type: ignore[misc]
    """The folder of an index; closes what whoosh leaves open when it cannot read a file."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self._files: list[Any] = []

    def open_file(self, name: str, **options: Any) -> Any:
        file = super().open_file(name, **options)
        self._files.append(file)
        return file

    @contextmanager
    def reading(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            for file in self._files:
                if not file.is_closed:
                    file.close()
            raise
        finally:
            self._files.clear()


class _View(io.RawIOBase):
    """A file over memory that is mapped, not copied."""

    def __init__(self, buffer: memoryview) -> None:
        self._buffer = buffer
        self._at = 0

    def read(self, size: int | None = -1) -> bytes:
        end = len(self._buffer) if size is None or size < 0 else self._at + size
        found = bytes(self._buffer[self._at : end])
        self._at += len(found)
        return found

    def readline(self, size: int | None = -1) -> bytes:
        rest = bytes(self._buffer[self._at : self._at + 4096])
        line = rest[: rest.index(b"\n") + 1] if b"\n" in rest else rest
        self._at += len(line)
        return line

    def readinto(self, target: Any) -> int:
        found = self.read(len(target))
        target[: len(found)] = found
        return len(found)

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, len(self._buffer))[whence]
        return self._at

    def tell(self) -> int:
        return self._at


def _zero_copy(self: Any, buf: Any, name: str | None = None, onclose: Any = None) -> None:
    self._buf = buf
    self._name = name
    self.file = _View(buf if isinstance(buf, memoryview) else memoryview(buf))
    self.onclose = onclose
    self.is_real = False
    self.is_closed = False


structfile.BufferFile.__init__ = _zero_copy
