"""The distributed engine: an OpenSearch cluster, for those who outgrow one machine."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from search.engines.opensearch import address
from search.engines.opensearch.bulk import Bulk
from search.engines.opensearch.connection import Cluster
from search.engines.opensearch.index import WORDS_MAPPINGS, WORDS_SETTINGS, WORDS_VERSION, Alias
from search.engines.opensearch.locks import Held, Locks
from search.engines.opensearch.moments import Moments
from search.engines.opensearch.reading import OpenSearchSearcher
from search.engines.opensearch.writing import OpenSearchRebuild, OpenSearchWriter

if TYPE_CHECKING:
    from search.engines.opensearch.vectors import OpenSearchVectors

_WRITING = "words-writer", "somebody else is writing to the search index"
_REBUILDING = "words-rebuild", "the search index is being rebuilt already"


class OpenSearchEngine:
    """Readers see a commit with their next search: each looks first whether there was one."""

    name = "opensearch"

    def __init__(self, url: str) -> None:
        self.cluster = Cluster(address.read(url))
        self._alias = Alias(self.cluster, "words", WORDS_VERSION, WORDS_SETTINGS, WORDS_MAPPINGS)
        self._locks = Locks(self.cluster)
        self._moments = Moments(self.cluster)
        self._opening = threading.Lock()
        self._searcher: OpenSearchSearcher | None = None

    def vectors(self, encoder: str) -> "OpenSearchVectors":
        """The vectors of the encoder of this name, in an index of their own."""
        # Only where there is an encoder are the packages that this takes.
        from search.engines.opensearch.vectors import OpenSearchVectors

        return OpenSearchVectors(self.cluster, self._locks, self._moments, encoder)

    def searcher(self) -> OpenSearchSearcher:
        in_use = self._alias.in_use()
        searcher = self._searcher
        if searcher is not None and searcher.generation == in_use.generation:
            return searcher
        with self._opening:
            in_use = self._alias.in_use()  # another thread may have opened a newer one meanwhile
            if self._searcher is None or self._searcher.generation != in_use.generation:
                self._searcher = OpenSearchSearcher(self._moments, self._alias.name, in_use)
            return self._searcher

    def check(self) -> None:
        """The cluster itself keeps checksums, and copies of what is damaged: only that it answers."""
        self._alias.in_use()

    @contextmanager
    def writer(self, timeout: float = 10) -> Iterator[OpenSearchWriter]:
        self._alias.in_use()  # that there is one
        with self._locks.held(_WRITING[0], timeout, _WRITING[1]) as lock:
            bulk = Bulk(self.cluster, self._alias.name)
            yield OpenSearchWriter(bulk)
            lock.keep()
            bulk.send()
            self._alias.commit()

    @contextmanager
    def rebuild(self) -> Iterator[OpenSearchRebuild]:
        with ExitStack() as held, self._locks.held(_REBUILDING[0], 0, _REBUILDING[1]) as lock:

            def hold(timeout: float) -> Held:
                return held.enter_context(self._locks.held(_WRITING[0], timeout, _WRITING[1]))

            with self._alias.another() as fresh:
                rebuild = OpenSearchRebuild(Bulk(self.cluster, fresh.name), fresh, lock, hold)
                yield rebuild
                rebuild.finish()
