"""Questions to the index of words as it was at one moment."""

import re
from collections.abc import Iterator
from typing import Any

from search.engines import FACETS, Found, Selection, WholeCandidate
from search.engines.opensearch.asking import ARTICLES, bringing, brought, bytes_of, query
from search.engines.opensearch.connection import Json
from search.engines.opensearch.index import InUse
from search.engines.opensearch.moments import Moment, Moments
from search.forward import FIELDS

_EXACT = 10_000  # values of a facet that each shard counts; with fewer of them, counts are exact
_PAGE = 5_000
_WORDS_PART = 20_000

_LENGTHS: Json = {f"{field}_length": {"avg": {"field": f"{field}_length"}} for field in FIELDS}


class OpenSearchSearcher:
    def __init__(self, moments: Moments, name: str, in_use: InUse) -> None:
        self.generation = in_use.generation
        self._moment = Moment(moments, name, in_use.index)
        self._frequencies: dict[str, int] = {}
        answer = self._moment.search({"query": ARTICLES, "size": 0, "aggs": _LENGTHS})
        self.documents = int(answer["hits"]["total"]["value"])
        self.average_lengths: tuple[float, ...] = tuple(
            answer["aggregations"][f"{field}_length"]["value"] or 0.0 for field in FIELDS
        )

    def find(self, selection: Selection, limit: int, facets: int = 0) -> Found:
        body = {"query": query(selection), "size": limit, **bringing("id", "title", "record")}
        if selection.newest or not selection.asks:
            body["sort"] = [{"published": "desc"}, {"id": "desc"}]
        if facets:
            body["aggs"] = {facet: _values(facet, facets) for facet in FACETS}
        answer = self._moment.search(body)
        counted = answer.get("aggregations", {})
        return Found(
            [_candidate(fields) for fields in brought(answer)],
            answer["hits"]["total"]["value"],
            {facet: _counts(counted[facet]) for facet in FACETS} if facets else {},
        )

    def frequency(self, term: str) -> int:
        if term not in self._frequencies:
            answer = self._moment.search({"query": {"term": {"terms": term}}, "size": 0})
            self._frequencies[term] = int(answer["hits"]["total"]["value"])
        return self._frequencies[term]

    def words(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        return self._expand("vocabulary", prefix, limit)

    def title_words(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        return self._expand("title_words", prefix, limit)

    def _expand(self, field: str, prefix: str, limit: int) -> list[tuple[str, int]]:
        wanted = _values(field, limit)
        # Not written as `prefix.*`: up to 2.19.3 that is an error where no word begins so (their
        # issue 19636).
        wanted["terms"]["include"] = re.sub(r"(\W)", r"\\\1", prefix) + "(.*)"
        body = {"query": {"prefix": {field: prefix}}, "size": 0, "aggs": {"words": wanted}}
        return _counts(self._moment.search(body)["aggregations"]["words"])

    def vocabulary(self) -> list[tuple[str, int]]:
        # In parts by the hash of a word. In their order (`composite`) each part takes as long as all.
        distinct = self._counted({"cardinality": {"field": "vocabulary"}})["value"]
        parts = 1 + distinct // (_WORDS_PART // 2)
        words: list[tuple[str, int]] = []
        for part in range(parts):
            wanted = _values("vocabulary", _WORDS_PART)
            wanted["terms"]["include"] = {"partition": part, "num_partitions": parts}
            words += _counts(self._counted(wanted))
        return words

    def _counted(self, wanted: Json) -> Json:
        found: Json = self._moment.search({"size": 0, "aggs": {"words": wanted}})
        counted: Json = found["aggregations"]["words"]
        return counted

    def digests(self) -> Iterator[tuple[int, str]]:
        body: Json = {"query": ARTICLES, "size": _PAGE, "sort": [{"id": "asc"}]}
        body |= bringing("id", "digest")
        while (answer := self._moment.search(body))["hits"]["hits"]:
            for fields in brought(answer):
                yield fields["id"], fields["digest"]
            body["search_after"] = answer["hits"]["hits"][-1]["sort"]


def _values(field: str, size: int) -> Json:
    return {"terms": {"field": field, "size": size, "shard_size": max(size, _EXACT)}}


def _counts(found: Any) -> list[tuple[str, int]]:
    return [(bucket["key"], bucket["doc_count"]) for bucket in found["buckets"]]


def _candidate(fields: Json) -> WholeCandidate:
    return WholeCandidate(fields["id"], fields["title"], bytes_of(fields["record"]))
