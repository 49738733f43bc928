"""What every search engine offers, and `open_engine`, which chooses one by its address.

An engine receives tokens (`search.documents.Entry`) and never looks into words itself. It says
which articles match, how many, and what their forward records are; ranking is `search.ranking`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from search.documents import Entry

FACETS = ("kind", "topic", "tag", "author")


class EngineError(Exception):
    """The index cannot be used at present; the message says why, for the log."""


class IndexMissing(EngineError):
    """There is no whole index of this version: none was made yet, or what there is, is damaged."""


class IndexBusy(EngineError):
    """Somebody else is writing to the index, and has been for longer than we would wait."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """A term, or some words in a row; with a filter it counts only in articles that have this key."""

    term: str = ""
    phrase: tuple[str, ...] = ()
    filter: str = ""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which articles are meant. All conditions hold together; an empty selection means all.

    The first three are one condition: whatever fulfils any of them is meant.
    """

    any_of: tuple[str, ...] = ()  # terms, at least one of which occurs
    alternatives: tuple[Alternative, ...] = ()  # or one of these
    or_ids: tuple[int, ...] = ()  # or it is one of these, which are the first candidates
    phrases: tuple[tuple[str, ...], ...] = ()  # words, each list in this order without a gap
    title_words: tuple[tuple[str, ...], ...] = ()  # of each group, one at least is in the title
    without: tuple[str, ...] = ()  # terms, none of which occurs
    without_phrases: tuple[tuple[str, ...], ...] = ()
    filters: tuple[tuple[str, ...], ...] = ()  # filter keys, of each group at least one
    without_filters: tuple[str, ...] = ()
    without_ids: tuple[int, ...] = ()
    newest: bool = False  # the newest first, whatever is asked for

    @property
    def asks(self) -> bool:
        """Whether anything is asked for that can be more or less there; else the newest come first."""
        return bool(self.any_of or self.alternatives or self.or_ids)


class Candidate(Protocol):
    """One matching article; the engine's order is good enough to choose from, not to show."""

    @property
    def id(self) -> int: ...

    @property
    def title(self) -> str: ...

    @property
    def record(self) -> bytes: ...


class WholeCandidate(NamedTuple):
    """One of which all is read already."""

    id: int
    title: str
    record: bytes


@dataclass(frozen=True, slots=True)
class Found:
    """The best candidates, and how many there are in all, exactly."""

    candidates: Sequence[Candidate]
    total: int
    # For each facet its values and how many of all that match have it, most frequent first.
    facets: Mapping[str, list[tuple[str, int]]] = field(default_factory=dict)


class Searcher(Protocol):
    """The index as it was at one moment; several questions to one searcher agree."""

    generation: str  # another one after each change
    documents: int

    @property
    def average_lengths(self) -> tuple[float, ...]:
        """Words in each of forward.FIELDS, of the articles that have any there."""
        ...

    def find(self, selection: Selection, limit: int, facets: int = 0) -> Found:
        """The best `limit` articles by their terms, or the newest; the top `facets` values."""
        ...

    def frequency(self, term: str) -> int:
        """In how many articles a term (a stem or an identifier) occurs."""
        ...

    def words(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        """Words (not stems) that begin so, with the number of articles, most frequent first."""
        ...

    def title_words(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        """The same for words in titles."""
        ...

    def vocabulary(self) -> list[tuple[str, int]]:
        """All words, for the speller; some may occur in articles only that were removed."""
        ...

    def digests(self) -> Iterator[tuple[int, str]]:
        """Each article in the index with the digest of what was indexed."""
        ...


class Writer(Protocol):
    """Takes changes, all of which appear at once when its context ends without an error."""

    def put(self, entry: Entry) -> None:
        """Add an article, in place of what the index held of it."""
        ...

    def remove(self, ids: Iterable[int]) -> None: ...


class Rebuild(Writer, Protocol):
    """Fills a new index beside the present one, which is in use until the context ends."""

    def hold(self, timeout: float = 60) -> None:
        """Keep all other writers away from here until the new index has taken its place."""
        ...


class Engine(Protocol):
    name: str

    def searcher(self) -> Searcher:
        """The index as of now; raises IndexMissing when there is none that can be read."""
        ...

    def writer(self, timeout: float = 10) -> AbstractContextManager[Writer]:
        """Change the index; raises IndexBusy after `timeout` seconds, IndexMissing without one."""
        ...

    def check(self) -> None:
        """Read all of the index; raises IndexMissing if something of it is not as it was written."""
        ...

    def rebuild(self) -> AbstractContextManager[Rebuild]:
        """Make a new index and put it in place of the old; IndexBusy if somebody is at it."""
        ...


def open_engine(url: str, folder: Path) -> Engine:
    """The engine of an address such as `tantivy:` or `whoosh:`, with its index below a folder."""
    scheme = url.partition(":")[0]
    # Imported when chosen: a machine without tantivy's binary can still run whoosh.
    if scheme == "tantivy":
        from search.engines.tantivy import TantivyEngine

        return TantivyEngine(folder / scheme)
    if scheme == "whoosh":
        from search.engines.whoosh import WhooshEngine

        return WhooshEngine(folder / scheme)
    if scheme in ("http", "https"):
        from search.engines.opensearch import OpenSearchEngine

        return OpenSearchEngine(url)
    raise ValueError(
        f"there is no search engine {url!r}; use tantivy:, whoosh: or OpenSearch's https://host:9200"
    )
