"""What is offered where nothing fits: wider searches, the nearest articles, topics and people to ask."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kb import queries
from kb.queries import Filter, ResultRow
from kb.topics import Node, Tree, tree
from people.models import User
from search.analysis import stem, words
from search.asking import ask
from search.languages import QUESTION_WORDS
from search.pipeline import Pipeline, Results, Rows
from search.query import Query, parse, without_exclusions, without_filters, without_quotes

_ARTICLES = 5
_PEOPLE = 4
_TOPICS = 3


@dataclass(frozen=True)
class Elsewhere:
    """A wider search that finds something when this one finds nothing, or nothing that fits."""

    words: str
    total: int
    arguments: Mapping[str, str]  # of its address
    rows: Sequence[ResultRow] = ()  # its first results


@dataclass(frozen=True)
class Colleague:
    handle: str
    name: str
    team: str


@dataclass(frozen=True)
class Offers:
    """Ways on for somebody who has not found what they looked for."""

    elsewhere: Sequence[Elsewhere] = ()
    articles: Sequence[ResultRow] = ()
    topics: Sequence[Node] = ()
    people: Sequence[Colleague] = ()


def offers(
    session: Session,
    results: Results[ResultRow],
    elsewhere: Sequence[Elsewhere],
    *,
    by: User,
) -> Offers:
    """What is nearest to a query that finds nothing, or nothing that fits."""
    all_topics = tree(session)
    named = named_topics(results.query, all_topics)
    in_topics = _newest(session, named, all_topics, by=by)
    close = [hit.row for hit in (*results.hits, *results.nearest)]
    wider = [row for way in elsewhere for row in way.rows]
    articles = list({row.id: row for row in [*close, *wider, *in_topics]}.values())
    return Offers(
        elsewhere,
        articles[:_ARTICLES],
        named,
        _colleagues(session, articles, by=by),
    )


def wider(
    session: Session,
    pipeline: Pipeline,
    typed: Query,
    filters: Mapping[str, str],
    rows: Rows[ResultRow],
    found: Results[ResultRow],
) -> list[Elsewhere]:
    """What the same words find with fewer conditions, where with all of them nothing fits."""

    def elsewhere(way: _Way) -> Iterator[Elsewhere]:
        query = parse(way.text).narrowed(way.filters)
        if query.is_empty:
            return
        results = ask(session, pipeline, query, rows)
        if results.total and not (found.total and results.is_weak):
            first = [hit.row for hit in results.hits[:_ARTICLES]]
            yield Elsewhere(way.words, results.total, {"q": way.text, **way.filters}, first)

    ways = list(_ways(typed, filters))
    offered = [better for way in ways for better in elsewhere(way)]
    if not offered and len(ways) > 1:
        alone = without_quotes(without_exclusions(without_filters(typed.text)))
        offered = list(elsewhere(_Way("for the words alone", alone, {})))
    return offered


class _Way(NamedTuple):
    """A search with fewer conditions."""

    words: str
    text: str
    filters: Mapping[str, str]


def _ways(typed: Query, filters: Mapping[str, str]) -> Iterator[_Way]:
    """Leaving out one sort of condition each, however it was given."""
    if filters or typed.filters or typed.without_filters:
        yield _Way("everywhere", without_filters(typed.text), {})
    if typed.phrases:
        yield _Way("without the quotes", without_quotes(typed.text), filters)
    if typed.without or typed.without_phrases:
        yield _Way("without leaving anything out", without_exclusions(typed.text), filters)


def named_topics(query: Query, topics: Tree) -> list[Node]:
    """The topics whose names share most with a query, filters and all, their best first."""
    asked = _terms(word for typed in query.words for word in words(typed.text))
    asked |= _terms(word for phrase in query.phrases for word in phrase)
    asked |= _terms(w for each in query.filters if each.field == "topic" for w in words(each.value))
    shares: list[tuple[float, Node]] = []
    for node in topics.by_id.values():
        name = _terms(words(node.name))
        if common := len(name & asked):
            shares.append((common / len(name), node))
    shares.sort(key=lambda pair: -pair[0])
    return [node for _, node in shares[:_TOPICS]]


def _terms(found: Iterable[str]) -> set[str]:
    return {stem(word) for word in found if word not in QUESTION_WORDS}


def _newest(
    session: Session, named: Sequence[Node], topics: Tree, *, by: User
) -> Sequence[ResultRow]:
    ids = [id_ for node in named for id_ in topics.below(node.id)]
    return queries.rows(session, by, Filter(topic_ids=ids), limit=_ARTICLES) if ids else []


def _colleagues(session: Session, rows: Sequence[ResultRow], *, by: User) -> list[Colleague]:
    """Who wrote these articles, the author of the nearest first; whoever left cannot be asked."""
    wrote = list(dict.fromkeys(row.author for row in rows if not row.byline))
    if not wrote:
        return []
    here = {
        row.handle: Colleague(*row)
        for row in session.execute(_PEOPLE_BY_HANDLE, {"wanted": wrote, "reader": by.id})
    }
    return [here[handle] for handle in wrote if handle in here][:_PEOPLE]


_PEOPLE_BY_HANDLE = sa.select(User.handle, User.name, User.team).where(
    User.handle.in_(sa.bindparam("wanted", expanding=True)),
    User.id != sa.bindparam("reader"),
    User.active,
)
