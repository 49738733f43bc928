"""Our indexes in a cluster: their names and mappings, which one is in use, and taking its place.

Readers and writers know an alias; the index behind it is whole. A rebuild fills another index and
moves the alias in one step. A commit is marked in a document of the index itself: one look at that
document tells which index is in use, of which version, and whether it changed.
"""

import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from search.documents import BREAK, SCHEMA_VERSION
from search.engines import FACETS, EngineError, IndexMissing
from search.engines.opensearch.connection import Cluster, Json, Refused
from search.forward import FIELDS

COMMIT = "commit"  # the id of the document that each commit writes anew
PATIENCE = 30.0  # of those who write: seconds until a delivery is put off to later
_COPYING = 60  # seconds that we wait for the copies of a new index
_FILLING = {"number_of_replicas": 0, "translog.durability": "async"}
_LONGEST_WORD = 8_000  # characters; the most that fit into a term of Lucene in any script

_WORD = {"type": "keyword", "ignore_above": _LONGEST_WORD}
_KEPT = {"type": "keyword", "index": False}
_NUMBER = {"type": "long", "index": False}
# What hits bring along is in columns: to read it from the stored source takes several times as long,
# since that is compressed in blocks of many documents.
BYTES = {"type": "binary", "doc_values": True}
VERSION = {"type": "keyword", "index": False, "doc_values": False}  # in the stored source alone
SOURCE = {"includes": ["version"]}

WORDS_VERSION = f"opensearch-2.{SCHEMA_VERSION}"
SETTINGS: Json = {
    "refresh_interval": "-1",  # a commit says when its changes appear
    "merge_on_flush.enabled": False,  # else a commit waits for merges, some for half a second
    "max_result_window": 100_000,
}
WORDS_SETTINGS: Json = {
    **SETTINGS,
    "analysis": {
        "tokenizer": {"spaces": {"type": "whitespace", "max_token_length": _LONGEST_WORD}},
        # Our words come joined by spaces. BREAK is dropped, but counts as a position.
        "filter": {"breaks": {"type": "stop", "stopwords": [BREAK]}},
        "analyzer": {"ours": {"type": "custom", "tokenizer": "spaces", "filter": ["breaks"]}},
    },
}
WORDS_MAPPINGS: Json = {
    "dynamic": "strict",
    "_source": SOURCE,
    "properties": {
        "id": {"type": "long"},
        "terms": {"type": "text", "analyzer": "ours", "index_options": "freqs"},
        "words": {"type": "text", "analyzer": "ours", "index_options": "positions", "norms": False},
        "vocabulary": _WORD,  # each word once, for those that begin as typed
        "title_words": _WORD,
        "filters": {**_WORD, "doc_values": False},
        **dict.fromkeys(FACETS, _WORD),
        "published": _NUMBER,
        **{f"{field}_length": _NUMBER for field in FIELDS},
        "title": _KEPT,
        "digest": _KEPT,
        "record": BYTES,
        "version": VERSION,
    },
}


@dataclass(frozen=True, slots=True)
class InUse:
    """The index behind an alias, and a mark that changes with each commit."""

    index: str
    generation: str


class Building:
    """An index that is being filled: one copy, and it need not outlive a loss of power."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self.name = name
        self._cluster = cluster
        self._is_settled = False

    def settle(self) -> None:
        """When all but the latest is there: as safe as any index, with copies on other nodes."""
        if self._is_settled:
            return
        settled = {"translog.durability": "request"}
        settled["number_of_replicas"] = str(self._cluster.address.replicas)
        self._cluster.ask(
            "PUT",
            f"/{self.name}/_settings",
            {"index": settled},
            patience=PATIENCE,
            timeout=PATIENCE,
        )
        with suppress(EngineError):  # then they take longer; readers have one copy meanwhile
            self._cluster.ask(
                "GET",
                f"/_cluster/health/{self.name}",
                timeout=_COPYING + PATIENCE,
                parameters={"wait_for_no_initializing_shards": "true", "timeout": f"{_COPYING}s"},
            )
        self._is_settled = True


class Alias:
    """One of our indexes under the name that stays."""

    def __init__(
        self, cluster: Cluster, room: str, version: str, settings: Json, mappings: Json
    ) -> None:
        self.name = f"{cluster.address.index}-{room}"
        self._cluster = cluster
        self._version = version
        self._settings = settings
        self._mappings = mappings
        self.building = f"{self.name}-building"

    def in_use(self) -> InUse:
        """One cheap question; raises IndexMissing without a whole index of this version."""
        try:
            found = self._cluster.ask("GET", f"/{self.name}/_doc/{COMMIT}")
        except Refused as error:
            if error.status == 404:
                raise IndexMissing(f"the index {self.name} was never finished") from error
            if error.status == 400:  # several indexes behind one alias, or none of ours
                raise IndexMissing(f"the index {self.name} is not ours: {error}") from error
            raise self._lost_or(error) from error
        version = found["_source"].get("version")
        if version != self._version:
            raise IndexMissing(f"the index has version {version}, wanted is {self._version}")
        mark = f"{found['_primary_term']}-{found['_seq_no']}"
        return InUse(found["_index"], f"{found['_index']}-{mark}")

    def _lost_or(self, error: EngineError) -> EngineError:
        """An index whose only copies are damaged will not come back; one on a lost node may."""
        try:
            shards = self._cluster.ask(
                "GET",
                f"/_cat/shards/{self.name}",
                patience=0,
                parameters={"format": "json", "h": "ur,prirep"},
            )["rows"]
        except (EngineError, KeyError):
            return error
        damaged = any(
            shard["ur"] == "ALLOCATION_FAILED" for shard in shards if shard["prirep"] == "p"
        )
        return IndexMissing(f"the index {self.name} is damaged: {error}") if damaged else error

    def is_built(self) -> bool:
        """Whether somebody fills another index just now, under the name `building`."""
        try:
            return bool(self._cluster.ask("GET", f"/_alias/{self.building}"))
        except Refused as error:
            if error.status != 404:
                raise
            return False

    def commit(self) -> None:
        """Let the changes so far appear, and say that they did."""
        self._commit(self.name)

    def _commit(self, name: str) -> None:
        # First the changes, then the mark: a reader in between looks once too often, not too little.
        self._cluster.ask("POST", f"/{name}/_refresh", patience=PATIENCE, timeout=PATIENCE)
        self._cluster.ask(
            "PUT",
            f"/{name}/_doc/{COMMIT}",
            {"version": self._version},
            patience=PATIENCE,
            parameters={"require_alias": "true"},
        )

    @contextmanager
    def another(self) -> Iterator["Building"]:
        """A new, empty index, to be filled; in use after a good end."""
        self._remove_all_but(self._behind())
        self._put_template()
        index = f"{self.name}-{secrets.token_hex(4)}"
        self._cluster.ask(
            "PUT",
            f"/{index}",
            {"aliases": {self.building: {}}, "settings": {"index": _FILLING}},
            patience=PATIENCE,
            timeout=PATIENCE,
        )
        fresh = Building(self._cluster, self.building)
        yield fresh
        fresh.settle()
        self._commit(self.building)
        self._use(index)

    def _put_template(self) -> None:
        address = self._cluster.address
        layout = {"number_of_shards": address.shards, "number_of_replicas": address.replicas}
        template = {
            "index_patterns": [f"{self.name}-*"],
            "priority": 500,
            "template": {
                "settings": {"index": {**self._settings, **layout}},
                "mappings": self._mappings,
            },
        }
        self._cluster.ask(
            "PUT", f"/_index_template/{self.name}", template, patience=PATIENCE, timeout=PATIENCE
        )

    def _use(self, index: str) -> None:
        previous = self._behind()
        actions: list[Any] = [
            {"remove": {"index": old, "alias": self.name, "must_exist": False}} for old in previous
        ]
        actions.append({"add": {"index": index, "alias": self.name, "is_write_index": True}})
        actions.append({"remove": {"index": index, "alias": self.building, "must_exist": False}})
        self._cluster.ask(
            "POST", "/_aliases", {"actions": actions}, patience=PATIENCE, timeout=PATIENCE
        )
        # Who searches the previous one just now must be able to finish that.
        self._remove_all_but({index, *previous})

    def _behind(self) -> set[str]:
        """The indexes that the alias means: one, or none."""
        found = self._indexes()
        return {index for index, facts in found.items() if self.name in facts["aliases"]}

    def _indexes(self) -> Json:
        return self._cluster.ask(
            "GET",
            f"/{self.name}-*/_alias",
            patience=PATIENCE,
            parameters={"expand_wildcards": "all"},
        )

    def _remove_all_but(self, kept: Collection[str]) -> None:
        for index in set(self._indexes()) - set(kept):
            self._cluster.ask(
                "DELETE",
                f"/{index}",
                patience=PATIENCE,
                timeout=PATIENCE,
                parameters={"ignore_unavailable": "true"},
            )
