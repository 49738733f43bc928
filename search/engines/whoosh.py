"""The engine in pure Python, whoosh 2.7.4, for machines that have no binary of tantivy.

Whoosh keeps the postings, and that is all we ask of it. Which articles match is worked out here with
sets, because its own query machinery is ten times as slow and its facets a hundred times. What that
needs to know of each article (identity, date, length, facets) is read once for each segment.

Two faults of 2.7.4 are worked around: it copied a whole segment into memory each time one was
opened (`_zero_copy`), and `Searcher.refresh` closed readers that were in use (we never call it).
An index holds pickles: never open one from somebody you do not trust.
"""

import io
import json
import pickle
import struct
import threading
import zlib
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from heapq import nlargest
from itertools import chain
from math import log
from pathlib import Path
from typing import Any

from whoosh import columns, fields, formats, index, reading
from whoosh.filedb import structfile
from whoosh.filedb.filestore import FileStorage
from whoosh.writing import IndexingError, LockError, SegmentWriter

from search.documents import BREAK, CANDIDATE_WEIGHTS, SCHEMA_VERSION, Entry
from search.engines import (
    FACETS,
    Candidate,
    EngineError,
    Found,
    IndexBusy,
    IndexMissing,
    Selection,
)
from search.engines.folder import IndexFolder

_VERSION = f"whoosh-1.{SCHEMA_VERSION}"
_K1, _B = 1.2, 0.75
_REBUILD_MEGABYTES = 128
_OPEN_TRIES = 5


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
        places: dict[str, "array[int]"] = {}
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


class WhooshEngine:
    """Readers see a commit with their next search, in this process and in all others."""

    name = "whoosh"

    def __init__(self, path: Path) -> None:
        self._folder = IndexFolder(path, _VERSION)
        # Whoosh's files have one reading position each, so one thread at a time reads them.
        self._lock = threading.RLock()
        self._opened: tuple[tuple[int, int], Path] | None = None
        self._segments: dict[str, _Segment] = {}
        self._searcher: WhooshSearcher | None = None

    def searcher(self) -> "WhooshSearcher":
        with self._lock, _trouble():
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
            opened = index.FileIndex(FileStorage(str(path)), schema=_SCHEMA)
            found = opened._segments()
            try:
                segments = {
                    segment.segment_id(): self._segments.get(segment.segment_id())
                    or _Segment(opened.storage, segment)
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

    @contextmanager
    def rebuild(self) -> Iterator["WhooshRebuild"]:
        with self._folder.rebuilding() as path, ExitStack() as held:
            with _trouble():
                index.FileIndex.create(FileStorage(str(path)), _SCHEMA)
            rebuild = WhooshRebuild(path, self._folder, held)
            yield rebuild
            rebuild.finish()
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
        with _trouble():
            raw = _raw_writer(path)
            try:
                for number in _numbers(raw, self._changes):
                    raw.delete_document(number)
                for entry in filter(None, self._changes.values()):
                    raw.add_document(**_document(entry))
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
            self._raw.add_document(**_document(entry))

    def hold(self, timeout: float = 60) -> None:
        self._held.enter_context(self._folder.writing(timeout))
        self._commit()

    def finish(self) -> None:
        self._commit()
        self.apply(self._path)

    def _commit(self) -> None:
        if self._raw is not None:
            with _trouble():
                self._raw.commit()
            self._raw = None


def _raw_writer(path: Path) -> SegmentWriter:
    opened = index.FileIndex(FileStorage(str(path)), schema=_SCHEMA)
    return SegmentWriter(opened, timeout=5, limitmb=_REBUILD_MEGABYTES)


def _numbers(raw: SegmentWriter, ids: Iterable[int]) -> Iterator[int]:
    """Where these articles stand in the index now."""
    base = 0
    for segment in raw.segments:
        reader = reading.SegmentReader(raw.storage, _SCHEMA, segment)
        deleted = frozenset(segment.deleted_docs())
        for id_ in ids:
            found, _ = _postings(reader, "id", str(id_))
            yield from (base + number for number in found if number not in deleted)
        base += segment.doc_count_all()


def _document(entry: Entry) -> dict[str, Any]:
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
    return b"".join((struct.pack("<IB", len(encoded), len(digest)), encoded, digest.encode(), record))


def _unpack(stored: bytes) -> tuple[str, str, bytes]:
    title, digest = struct.unpack_from("<IB", stored)
    start = 5 + title
    return stored[5:start].decode(), stored[start : start + digest].decode(), stored[start + digest :]


class _Segment:
    """One immutable part of the index, with what matching needs to know of each article in it."""

    def __init__(self, storage: FileStorage, segment: Any) -> None:
        self.reader = reading.SegmentReader(storage, _SCHEMA, segment)
        self.count: int = segment.doc_count_all()
        self._stored = self.reader.column_reader("stored", translate=False)
        self.ids = array("q")
        self.published = array("q")
        self.lengths: list[tuple[int, ...]] = []
        self.facets: dict[str, list[tuple[str, ...]]] = {facet: [] for facet in FACETS}
        shared: dict[tuple[str, ...], tuple[str, ...]] = {}
        for facts in self.reader.column_reader("facts", translate=False):
            id_, published, lengths, values = json.loads(facts)
            self.ids.append(id_)
            self.published.append(published)
            self.lengths.append(tuple(lengths))
            for facet, found in zip(FACETS, map(tuple, values), strict=True):
                self.facets[facet].append(shared.setdefault(found, found))
        self.sizes = [
            sum(weight * length for weight, length in zip(CANDIDATE_WEIGHTS, lengths, strict=True))
            for lengths in self.lengths
        ]

    def stored(self, number: int) -> tuple[str, str, bytes]:
        return _unpack(self._stored[number])

    def postings(self, field: str, term: str) -> tuple[Sequence[int], Sequence[float]]:
        return _postings(self.reader, field, term)

    def positions(self, word: str, wanted: set[int]) -> dict[int, "array[int]"]:
        """Where a word stands in each of the articles that are wanted and have it."""
        found: dict[int, "array[int]"] = {}
        for block in _blocks(self.reader, "words", word):
            for number, value in zip(block.ids, block.values(), strict=True):
                if number in wanted:
                    found[number] = array("I")
                    found[number].frombytes(value)
        return found


class _Block:
    """Some postings of a term, as whoosh keeps them."""

    def __init__(self, matcher: Any) -> None:
        matcher.id(), matcher.weight()
        self._matcher = matcher
        self.ids: Sequence[int] = matcher._ids
        self.weights: Sequence[float] = matcher._weights

    def values(self) -> Sequence[bytes]:
        self._matcher.value()
        values: Sequence[bytes] = self._matcher._values
        return values


def _blocks(reader: Any, field: str, term: str) -> Iterator[_Block]:
    """All postings of a term, block by block: one by one would cost five times as much."""
    try:
        matcher = reader._terms.matcher(field, term.encode(), _SCHEMA[field].format)
    except reading.TermNotFound:
        return
    if not hasattr(matcher, "_next_block"):  # a term of a single article is kept with the term
        yield _Block(matcher)
        return
    while matcher.is_active():
        yield _Block(matcher)
        matcher._next_block()


def _postings(reader: Any, field: str, term: str) -> tuple[Sequence[int], Sequence[float]]:
    ids: list[int] = []
    weights: list[float] = []
    for block in _blocks(reader, field, term):
        ids += block.ids
        weights += block.weights
    return ids, weights


class WhooshSearcher:
    def __init__(
        self,
        segments: list[tuple[_Segment, frozenset[int]]],
        generation: str,
        lock: threading.RLock,
    ) -> None:
        self._segments = segments
        self._lock = lock
        self.generation = generation
        self.documents = sum(segment.count - len(deleted) for segment, deleted in segments)

    @cached_property
    def average_lengths(self) -> tuple[float, ...]:
        totals = [0] * len(CANDIDATE_WEIGHTS)
        for segment, deleted in self._segments:
            for number, lengths in enumerate(segment.lengths):
                if number not in deleted:
                    totals = [a + b for a, b in zip(totals, lengths, strict=True)]
        return tuple(total / max(self.documents, 1) for total in totals)

    @cached_property
    def _average_size(self) -> float:
        pairs = zip(CANDIDATE_WEIGHTS, self.average_lengths, strict=True)
        return sum(weight * length for weight, length in pairs) or 1.0

    def find(self, selection: Selection, limit: int, facets: int = 0) -> Found:
        with self._lock, _trouble():
            matching = [
                (segment, _matching(segment, selection) - deleted)
                for segment, deleted in self._segments
            ]
            scored = self._scored(matching, selection.any_of)
            best = nlargest(limit, scored, key=lambda item: (item[0], item[1].ids[item[2]]))
            return Found(
                [_candidate(segment, number) for _, segment, number in best],
                sum(len(numbers) for _, numbers in matching),
                {facet: _counts(matching, facet, facets) for facet in FACETS} if facets else {},
            )

    def _scored(
        self, matching: list[tuple[_Segment, set[int]]], terms: tuple[str, ...]
    ) -> Iterator[tuple[float, _Segment, int]]:
        """Each matching article with its score: BM25 of the terms, or else the date."""
        if not terms:
            for segment, numbers in matching:
                yield from ((float(segment.published[n]), segment, n) for n in numbers)
            return
        postings = [[segment.postings("terms", term) for term in terms] for segment, _ in matching]
        frequencies = [sum(len(found[i][0]) for found in postings) for i in range(len(terms))]
        for (segment, numbers), found in zip(matching, postings, strict=True):
            scores = dict.fromkeys(numbers, 0.0)
            factor = _K1 * _B / self._average_size
            for (ids, weights), frequency in zip(found, frequencies, strict=True):
                rarity = log(1 + max(self.documents - frequency + 0.5, 0.5) / (frequency + 0.5))
                for number, weight in zip(ids, weights, strict=True):
                    if number in scores:
                        norm = _K1 * (1 - _B) + factor * segment.sizes[number]
                        scores[number] += rarity * weight / (weight + norm)
            yield from ((score, segment, number) for number, score in scores.items())

    def frequency(self, term: str) -> int:
        with self._lock, _trouble():
            return self._living("terms", term)

    def _living(self, field: str, term: str) -> int:
        total = 0
        for segment, deleted in self._segments:
            if deleted:
                total += len(set(segment.postings(field, term)[0]) - deleted)
            else:
                total += segment.reader.doc_frequency(field, term.encode())
        return total

    def words(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        return self._expand("words", prefix, limit)

    def title_words(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        return self._expand("title_words", prefix, limit)

    def vocabulary(self) -> list[tuple[str, int]]:
        with self._lock, _trouble():
            return sorted(self._beginning("words", "").items())

    def _expand(self, field: str, prefix: str, limit: int) -> list[tuple[str, int]]:
        with self._lock, _trouble():
            approximate = sorted(self._beginning(field, prefix).items(), key=_most_frequent)
            living: list[tuple[str, int]] = []
            for word, _ in approximate:
                if len(living) == limit:
                    break
                if count := self._living(field, word):
                    living.append((word, count))
            return sorted(living, key=_most_frequent)

    def _beginning(self, field: str, prefix: str) -> Counter[str]:
        """Words that begin so, with the number of articles, those removed included."""
        counts: Counter[str] = Counter()
        wanted = prefix.encode()
        for segment, _ in self._segments:
            for (name, word), info in segment.reader._terms.items_from(field, wanted):
                if name != field or not word.startswith(wanted):
                    break
                counts[word.decode()] += info.doc_frequency()
        return counts

    def digests(self) -> Iterator[tuple[int, str]]:
        for segment, deleted in self._segments:
            for number in range(segment.count):
                if number not in deleted:
                    with self._lock, _trouble():
                        digest = segment.stored(number)[1]
                    yield segment.ids[number], digest


def _matching(segment: _Segment, selection: Selection) -> set[int]:
    found = _union(segment, "terms", selection.any_of) if selection.any_of else set(range(segment.count))
    for group in selection.title_words:
        found &= _union(segment, "title_words", group)
    for group in selection.filters:
        found &= _union(segment, "filters", group)
    for words in selection.phrases:
        found &= _with_phrase(segment, words, found)
    found -= _union(segment, "terms", selection.without)
    found -= _union(segment, "filters", selection.without_filters)
    found -= _union(segment, "id", map(str, selection.without_ids))
    for words in selection.without_phrases:
        found -= _with_phrase(segment, words, found)
    return found


def _union(segment: _Segment, field: str, terms: Iterable[str]) -> set[int]:
    return set(chain.from_iterable(segment.postings(field, term)[0] for term in terms))


def _with_phrase(segment: _Segment, words: tuple[str, ...], among: set[int]) -> set[int]:
    """Those of the articles in which the words stand in this order without a gap."""
    starts: dict[int, set[int]] = {}
    for offset, word in enumerate(words):
        places = segment.positions(word, among)
        if offset == 0:
            starts = {number: set(found) for number, found in places.items()}
        else:
            starts = {
                number: left
                for number, found in places.items()
                if (left := starts[number] & {place - offset for place in found})
            }
        among = set(starts)
    return among


def _candidate(segment: _Segment, number: int) -> Candidate:
    title, _, record = segment.stored(number)
    return Candidate(segment.ids[number], title, record)


def _counts(
    matching: list[tuple[_Segment, set[int]]], facet: str, size: int
) -> list[tuple[str, int]]:
    counts: Counter[str] = Counter()
    for segment, numbers in matching:
        counts.update(chain.from_iterable(map(segment.facets[facet].__getitem__, numbers)))
    return sorted(counts.items(), key=_most_frequent)[:size]


def _most_frequent(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _generation(path: Path) -> str:
    return f"{path.name}-{index.TOC._latest_generation(FileStorage(str(path)), 'MAIN')}"


@contextmanager
def _trouble() -> Iterator[None]:
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
_SCHEMA = _schema()
