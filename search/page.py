"""What the search page shows of results: marked titles and passages, and other ways on."""

from collections.abc import Mapping
from dataclasses import dataclass

from kb.queries import ResultRow
from search.highlight import Part, marked, passage
from search.pipeline import Pipeline, Results, Rows
from search.query import Query, parse, without_quotes


@dataclass(frozen=True)
class Shown:
    """One result as the page shows it."""

    row: ResultRow
    title: list[Part]
    passage: list[Part]


@dataclass(frozen=True)
class Elsewhere:
    """A wider search that finds something when this one finds nothing."""

    words: str
    total: int
    arguments: Mapping[str, str]  # of its address


def shown(results: Results[ResultRow], texts: Mapping[int, str]) -> list[Shown]:
    """The results with what matches marked."""
    terms = results.meaning.terms
    return [
        Shown(
            hit.row,
            marked(hit.row.title, terms),
            passage(texts.get(hit.id, ""), terms, hit.ranked, results.weights)
            or marked(hit.row.summary, terms),
        )
        for hit in results.hits
    ]


def wider(
    pipeline: Pipeline, typed: Query, filters: Mapping[str, str], rows: Rows[ResultRow]
) -> list[Elsewhere]:
    """What the same words find without filters, or without quotes, when with them is nothing."""
    ways: list[tuple[str, str, Mapping[str, str]]] = []
    if filters:
        ways.append(("everywhere", typed.text, {}))
    if typed.phrases:
        ways.append(("without the quotes", without_quotes(typed.text), filters))
    found = []
    for words, text, narrowed in ways:
        total = pipeline.search(parse(text).narrowed(narrowed), rows).total
        if total:
            found.append(Elsewhere(words, total, {"q": text, **narrowed}))
    return found
