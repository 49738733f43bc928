"""A selection in OpenSearch's language, and what hits bring along."""

from base64 import b64decode
from collections.abc import Iterator

from search.engines import Alternative, Selection
from search.engines.opensearch.connection import Json

_FIRST = 1e6  # a score that no words reach
# Lucene takes 1,024 clauses; no query of ours scores by more terms than that.
_CLAUSES = 1000

ARTICLES: Json = {"exists": {"field": "id"}}  # all but the mark of the last commit


def bringing(*fields: str) -> Json:
    """The part of a question that asks for the values of these fields, one for each hit."""
    return {"stored_fields": "_none_", "docvalue_fields": list(fields)}


def brought(answer: Json) -> Iterator[Json]:
    """The fields of each hit."""
    for hit in answer["hits"]["hits"]:
        yield {field: values[0] for field, values in hit["fields"].items()}


def bytes_of(value: str) -> bytes:
    """A binary field's, which columns write without the signs that fill up the end of Base64."""
    return b64decode(value + "==")


def query(selection: Selection) -> Json:
    required: list[Json] = [_phrase(words) for words in selection.phrases]
    required += [{"terms": {"title_words": list(group)}} for group in selection.title_words]
    required += [{"terms": {"filters": list(group)}} for group in selection.filters]
    refused: list[Json] = [{"term": {"terms": term}} for term in selection.without]
    refused += [_phrase(words) for words in selection.without_phrases]
    if selection.without_filters:
        refused.append({"terms": {"filters": list(selection.without_filters)}})
    if selection.without_ids:
        refused.append({"terms": {"id": list(selection.without_ids)}})
    asked = _asked(selection)
    if not asked and not required:
        required = [ARTICLES]
    minimum = {"should": asked, "minimum_should_match": 1} if asked else {}
    return {"bool": {"filter": required, "must_not": refused, **minimum}}


def _asked(selection: Selection) -> list[Json]:
    """Any of the terms, of the alternatives, of the ids: these before all others."""
    asked: list[Json] = [{"term": {"terms": term}} for term in selection.any_of[:_CLAUSES]]
    if rest := selection.any_of[_CLAUSES:]:
        asked.append({"terms": {"terms": list(rest)}})
    asked += map(_alternative, selection.alternatives)
    if selection.or_ids:
        ids = {"terms": {"id": list(selection.or_ids)}}
        asked.append({"constant_score": {"filter": ids, "boost": _FIRST}})
    return asked


def _alternative(wanted: Alternative) -> Json:
    found = _phrase(wanted.phrase) if wanted.phrase else {"term": {"terms": wanted.term}}
    if not wanted.filter:
        return found
    return {"bool": {"must": [found], "filter": [{"term": {"filters": wanted.filter}}]}}


def _phrase(words: tuple[str, ...]) -> Json:
    if len(words) == 1:
        return {"term": {"words": words[0]}}
    return {"match_phrase": {"words": " ".join(words)}}
