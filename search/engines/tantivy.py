"""The default engine: tantivy, embedded, its index in a folder of this machine."""

import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import tantivy
from tantivy import Filter, Occur, Query, TextAnalyzerBuilder, Tokenizer

from search.documents import BREAK, SCHEMA_VERSION, Entry
from search.engines import (
    FACETS,
    Alternative,
    EngineError,
    Found,
    IndexMissing,
    Selection,
)
from search.engines.folder import IndexFolder
from search.engines.sealing import check, seal
from search.forward import FIELDS

_VERSION = f"tantivy-1.{SCHEMA_VERSION}"
_HEAP = 15_000_000  # the least that tantivy takes; plenty for a batch of articles
_REBUILD_HEAP = 60_000_000
_FIRST = 1e6  # a score that no words reach


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("id", indexed=True, fast=True)
    builder.add_text_field("terms", tokenizer_name="ours", index_option="freq")
    builder.add_text_field("words", tokenizer_name="ours", index_option="position")
    builder.add_text_field("title_words", tokenizer_name="ours", index_option="basic")
    builder.add_text_field("filters", tokenizer_name="raw", index_option="basic")
    for facet in FACETS:
        builder.add_text_field(facet, fast=True, tokenizer_name="raw", index_option="basic")
    for name in ("published", *(f"{field}_length" for field in FIELDS)):
        builder.add_integer_field(name, fast=True)
    builder.add_text_field("title", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("digest", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_bytes_field("record", stored=True)
    return builder.build()


_SCHEMA = _schema()


def _prepared(index: tantivy.Index) -> tantivy.Index:
    # Our words come joined by spaces. BREAK is dropped, but counts as a position.
    analyser = TextAnalyzerBuilder(Tokenizer.whitespace()).filter(Filter.custom_stopword([BREAK]))
    index.register_tokenizer("ours", analyser.build())
    # No watching thread: `searcher` looks for changes itself, at once and safe to fork.
    index.config_reader("manual")
    return index


class TantivyEngine:
    """Readers see a commit with their next search, in this process and in all others."""

    name = "tantivy"

    def __init__(self, path: Path) -> None:
        self._folder = IndexFolder(path, _VERSION)
        self._opening = threading.Lock()
        self._opened: tuple[tuple[int, int], Path, tantivy.Index] | None = None
        self._searcher: TantivySearcher | None = None

    def searcher(self) -> "TantivySearcher":
        pointer = self._folder.stamp()
        opened, searcher = self._opened, self._searcher
        is_open = opened is not None and opened[0] == pointer
        if opened and searcher and is_open and searcher.generation == _generation(opened[1]):
            return searcher
        with self._opening:
            return self._reopen(pointer)

    def _reopen(self, pointer: tuple[int, int]) -> "TantivySearcher":
        with _trouble():
            if self._opened is None or self._opened[0] != pointer:
                path = self._folder.current()
                self._opened = (pointer, path, _prepared(tantivy.Index.open(str(path))))
            _, path, index = self._opened
            # Read before: a commit in between then means one reload too many, not one too few.
            generation = _generation(path)
            index.reload()
            self._searcher = TantivySearcher(index.searcher(), generation, _has_deletions(path))
            return self._searcher

    @contextmanager
    def writer(self, timeout: float = 10) -> Iterator["TantivyWriter"]:
        with self._folder.writing(timeout):
            path = self._folder.current()
            with _trouble():
                raw = _prepared(tantivy.Index.open(str(path))).writer(_HEAP, 1)
            with _committing(raw):
                yield TantivyWriter(raw)
            seal(path, _is_lasting)

    def check(self) -> None:
        check(self._folder.current())

    @contextmanager
    def rebuild(self) -> Iterator["TantivyRebuild"]:
        with self._folder.rebuilding() as path, ExitStack() as held:
            with _trouble():
                raw = _prepared(tantivy.Index(_SCHEMA, str(path), reuse=False)).writer(
                    _REBUILD_HEAP, 1
                )
            with _committing(raw):
                yield TantivyRebuild(raw, self._folder, held)
            seal(path, _is_lasting)
            self._folder.use(path)


class TantivyWriter:
    def __init__(self, raw: tantivy.IndexWriter) -> None:
        self._raw = raw

    def put(self, entry: Entry) -> None:
        self.remove([entry.id])
        self._raw.add_document(_document(entry))

    def remove(self, ids: Iterable[int]) -> None:
        for id_ in ids:
            self._raw.delete_documents_by_term("id", id_)


class TantivyRebuild(TantivyWriter):
    def __init__(self, raw: tantivy.IndexWriter, folder: IndexFolder, held: ExitStack) -> None:
        super().__init__(raw)
        self._folder = folder
        self._held = held

    def hold(self, timeout: float = 60) -> None:
        self._held.enter_context(self._folder.writing(timeout))


@contextmanager
def _committing(raw: tantivy.IndexWriter) -> Iterator[None]:
    """Commit at the end, or leave the index as it was; either way let go of tantivy's lock."""
    try:
        with _trouble():
            raw.garbage_collect_files()  # what a killed process left behind
        yield
        with _trouble():
            raw.commit()
    except BaseException:
        raw.rollback()
        raise
    finally:
        # Without this, merges are cut off each time and small segments pile up.
        with _trouble():
            raw.wait_merging_threads()


def _document(entry: Entry) -> tantivy.Document:
    document = tantivy.Document()
    document.add_integer("id", entry.id)
    document.add_text("terms", entry.terms)
    document.add_text("words", entry.words)
    document.add_text("title_words", entry.title_words)
    for value in entry.filters:
        document.add_text("filters", value)
    for facet in FACETS:
        for value in entry.facets[facet]:
            document.add_text(facet, value)
    document.add_integer("published", entry.published)
    for field, length in zip(FIELDS, entry.lengths, strict=True):
        if length:
            document.add_integer(f"{field}_length", length)
    document.add_text("title", entry.title)
    document.add_text("digest", entry.digest)
    document.add_bytes("record", entry.record)
    return document


class TantivySearcher:
    def __init__(self, raw: tantivy.Searcher, generation: str, has_deletions: bool) -> None:
        self._raw = raw
        self._has_deletions = has_deletions
        self.generation = generation
        self.documents: int = raw.num_docs

    @cached_property
    def average_lengths(self) -> tuple[float, ...]:
        wanted = {field: {"avg": {"field": f"{field}_length"}} for field in FIELDS}
        with _trouble():
            found = self._raw.aggregate(Query.all_query(), wanted)
        return tuple(found[field]["value"] or 0.0 for field in FIELDS)

    def find(self, selection: Selection, limit: int, facets: int = 0) -> Found:
        query = _query(selection)
        order = None if selection.asks and not selection.newest else "published"
        with _trouble():
            result: Any = self._raw.search(query, max(limit, 1), count=True, order_by_field=order)
            hits = [address for _, address in result.hits[:limit]]
            ids: list[Any] = self._raw.fast_field_values("id", hits)
            candidates = [
                TantivyCandidate(id_, self._raw, address)
                for id_, address in zip(ids, hits, strict=True)
            ]
            return Found(candidates, result.count, self._facets(query, facets) if facets else {})

    def _facets(self, query: Query, size: int) -> dict[str, list[tuple[str, int]]]:
        wanted = {facet: {"terms": {"field": facet, "size": size}} for facet in FACETS}
        found = self._raw.aggregate(query, wanted)
        return {
            facet: sorted(
                ((bucket["key"], bucket["doc_count"]) for bucket in found[facet]["buckets"]),
                key=_most_frequent,
            )
            for facet in FACETS
        }

    def frequency(self, term: str) -> int:
        with _trouble():
            frequency = self._raw.doc_freq("terms", term)
            if frequency and self._has_deletions:
                # Until the next merge the plain figure counts articles that are gone.
                found: Any = self._raw.search(_term("terms", term), 1, count=True)
                return int(found.count)
            return frequency

    def words(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        return self._expand("words", prefix, limit)

    def title_words(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        return self._expand("title_words", prefix, limit)

    def _expand(self, field: str, prefix: str, limit: int) -> list[tuple[str, int]]:
        # A filter makes it count living articles only, at some price.
        living = Query.all_query() if self._has_deletions else None
        with _trouble():
            found = self._raw.terms_with_prefix(field, prefix, filter_query=living)
        return sorted(found, key=_most_frequent)[:limit]

    def vocabulary(self) -> list[tuple[str, int]]:
        with _trouble():
            return self._raw.terms_with_prefix("words", "")

    def digests(self) -> Iterator[tuple[int, str]]:
        page = 5000
        for offset in range(0, self.documents, page):
            with _trouble():
                hits = self._raw.search(Query.all_query(), page, count=False, offset=offset).hits
                addresses = [address for _, address in hits]
                ids = self._raw.fast_field_values("id", addresses)
                digests = [self._raw.doc(address).get_first("digest") for address in addresses]
            yield from zip(ids, digests, strict=True)


class TantivyCandidate:
    """Read when it is looked at: of many candidates only the most promising are."""

    __slots__ = ("_address", "_raw", "_read", "id")

    def __init__(self, id_: int, raw: tantivy.Searcher, address: tantivy.DocAddress) -> None:
        self.id = id_
        self._raw = raw
        self._address = address
        self._read: Any = None

    @property
    def title(self) -> str:
        found: str = self._document().get_first("title")
        return found

    @property
    def record(self) -> bytes:
        found: bytes = self._document().get_first("record")
        return found

    def _document(self) -> Any:
        if self._read is None:
            with _trouble():
                self._read = self._raw.doc(self._address)
        return self._read


def _query(selection: Selection) -> Query:
    required: list[Query] = []
    if selection.asks:
        required.append(_asked(selection))
    required += [_unscored(_phrase(words)) for words in selection.phrases]
    required += [_unscored(_any("title_words", group)) for group in selection.title_words]
    required += [_unscored(_any("filters", group)) for group in selection.filters]
    refused = [_term("terms", term) for term in selection.without]
    refused += [_phrase(words) for words in selection.without_phrases]
    refused += [_term("filters", value) for value in selection.without_filters]
    if selection.without_ids:
        refused.append(Query.term_set_query(_SCHEMA, "id", list(selection.without_ids)))
    if not refused and len(required) == 1:
        return required[0]
    clauses = [(Occur.Must, query) for query in required or [Query.all_query()]]
    return Query.boolean_query(clauses + [(Occur.MustNot, query) for query in refused])


def _asked(selection: Selection) -> Query:
    """Any of the terms, of the alternatives, of the ids: these before all others."""
    asked = [_term("terms", term) for term in selection.any_of]
    asked += map(_alternative, selection.alternatives)
    if selection.or_ids:
        ids = Query.term_set_query(_SCHEMA, "id", list(selection.or_ids))
        asked.append(Query.const_score_query(ids, _FIRST))
    if len(asked) == 1:
        return asked[0]
    return Query.boolean_query([(Occur.Should, query) for query in asked])


def _alternative(wanted: Alternative) -> Query:
    query = _phrase(wanted.phrase) if wanted.phrase else _term("terms", wanted.term)
    if not wanted.filter:
        return query
    within = _unscored(_term("filters", wanted.filter))
    return Query.boolean_query([(Occur.Must, query), (Occur.Must, within)])


def _term(field: str, term: str) -> Query:
    return Query.term_query(_SCHEMA, field, term, "freq" if field == "terms" else "basic")


def _any(field: str, terms: tuple[str, ...]) -> Query:
    if len(terms) == 1:
        return _term(field, terms[0])
    return Query.boolean_query([(Occur.Should, _term(field, term)) for term in terms])


def _phrase(words: tuple[str, ...]) -> Query:
    if len(words) == 1:
        return _term("words", words[0])
    return Query.phrase_query(_SCHEMA, "words", list(words))


def _unscored(query: Query) -> Query:
    return Query.const_score_query(query, 0.0)


def _most_frequent(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _generation(path: Path) -> str:
    try:
        found = (path / "meta.json").stat()
    except OSError as error:
        raise IndexMissing(f"the index {path} is gone or damaged: {error}") from error
    return f"{path.name}-{found.st_ino}-{found.st_mtime_ns}"


def _is_lasting(path: Path) -> bool:
    """The files of segments; the list of segments is replaced with each commit."""
    return path.suffix not in (".json", ".lock", ".new")


def _has_deletions(path: Path) -> bool:
    segments: list[dict[str, Any]] = json.loads((path / "meta.json").read_bytes())["segments"]
    return any(segment["deletes"] for segment in segments)


@contextmanager
def _trouble() -> Iterator[None]:
    """Turn what tantivy says about a damaged index into an IndexMissing."""
    try:
        yield
    except EngineError:
        raise
    except (ValueError, OSError, KeyError) as error:
        raise IndexMissing(f"tantivy cannot read its index: {error}") from error
    except BaseException as error:
        # A panic inside the library is no Exception; a truncated file causes it.
        if type(error).__name__ != "PanicException":
            raise
        raise IndexMissing(f"tantivy gave up on its index: {error}") from error
