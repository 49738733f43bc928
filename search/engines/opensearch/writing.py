"""Changes to the index: gathered and made with one commit, or streamed into a new one."""

from base64 import b64encode
from collections.abc import Callable, Iterable
from typing import Any

from search.documents import BREAK, Entry
from search.engines import FACETS
from search.engines.opensearch.bulk import Bulk
from search.engines.opensearch.index import Building
from search.engines.opensearch.locks import Held
from search.forward import FIELDS


class OpenSearchWriter:
    """Nothing is sent before the end, for what the cluster has taken cannot be taken back."""

    def __init__(self, bulk: Bulk) -> None:
        self._bulk = bulk

    def put(self, entry: Entry) -> None:
        self._bulk.put(entry.id, _source(entry))

    def remove(self, ids: Iterable[int]) -> None:
        for id_ in ids:
            self._bulk.remove(id_)


class OpenSearchRebuild(OpenSearchWriter):
    """Sends each full portion at once: nobody looks into an index that is being filled."""

    def __init__(
        self, bulk: Bulk, fresh: Building, lock: Held, hold: Callable[[float], Held]
    ) -> None:
        super().__init__(bulk)
        self._fresh = fresh
        self._locks = [lock]
        self._hold = hold

    def put(self, entry: Entry) -> None:
        super().put(entry)
        self._go_on()

    def remove(self, ids: Iterable[int]) -> None:
        super().remove(ids)
        self._go_on()

    def _go_on(self) -> None:
        if self._bulk.is_full:
            self._bulk.send()
        for lock in self._locks:
            lock.keep()

    def hold(self, timeout: float = 60) -> None:
        self._bulk.send()
        self._fresh.settle()  # which takes a while, in which others may still write
        self._locks.append(self._hold(timeout))

    def finish(self) -> None:
        self._bulk.send()
        for lock in self._locks:
            lock.keep()


def _source(entry: Entry) -> dict[str, Any]:
    words = entry.words
    return {
        "id": entry.id,
        "terms": entry.terms,
        "words": words,
        "vocabulary": sorted({*words.split()} - {BREAK}),
        "title_words": sorted({*entry.title_words.split()}),
        "filters": entry.filters,
        **{facet: entry.facets[facet] for facet in FACETS},
        "published": entry.published,
        **{
            f"{field}_length": length
            for field, length in zip(FIELDS, entry.lengths, strict=True)
            if length
        },
        "title": entry.title,
        "digest": entry.digest,
        "record": b64encode(entry.record).decode(),
    }
