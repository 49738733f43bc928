"""Looks through the titles in the database, for while there is no index to ask."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from kb import queries
from kb.queries import Filter, ResultRow
from people.models import User
from search.analysis import composed, stem, tokens, words
from search.documents import filter_keys
from search.indexing import document
from search.languages import QUESTION_WORDS
from search.query import Query, alternatives

_LOOKED_THROUGH = 200  # of the titles that have the words, the newest


def titled(session: Session, query: Query, *, by: User, limit: int) -> list[ResultRow]:
    """The newest articles with all words in their titles that fulfil the conditions, too."""
    wanted = _words(query)
    if not wanted:
        return []
    titles = Filter(title_words=" ".join(wanted))
    rows = queries.rows(session, by, titles, limit=_LOOKED_THROUGH)
    rows = [row for row in rows if _fits(row.title, query)]
    if query.filters or query.without_filters:
        meant = _meant(session, [row.id for row in rows], query)
        rows = [row for row in rows if row.id in meant]
    return rows[:limit]


def _words(query: Query) -> list[str]:
    """As they were typed, but for those that only frame a question."""
    typed = [word.text[t.start : t.end] for word in query.words for t in tokens(word.text)]
    phrases = [word for phrase in query.phrases for word in phrase]
    asked = [word for word in typed if not QUESTION_WORDS.issuperset(words(word))]
    return [*asked, *phrases] or typed


def _fits(title: str, query: Query) -> bool:
    """Whether the phrases are in a title, and nothing is that was to be left out."""
    written = words(composed(title))
    if not set(map(stem, written)).isdisjoint(map(stem, query.without)):
        return False
    return all(_in_a_row(phrase, written) for phrase in query.phrases) and not any(
        _in_a_row(phrase, written) for phrase in query.without_phrases
    )


def _in_a_row(phrase: Sequence[str], written: Sequence[str]) -> bool:
    starts = range(len(written) - len(phrase) + 1)
    return any(tuple(written[at : at + len(phrase)]) == tuple(phrase) for at in starts)


def _meant(session: Session, ids: Sequence[int], query: Query) -> set[int]:
    """Those of the articles that have what the filters ask for, by the keys that an index holds."""
    keys = {each.id: set(filter_keys(document(each))) for each in queries.searchable(session, ids)}
    there = {key for of_one in keys.values() for key in of_one}
    wanted = list(alternatives(f.key_among(there.__contains__) for f in query.filters))
    unwanted = {f.key_among(there.__contains__) for f in query.without_filters}
    return {
        id_
        for id_, has in keys.items()
        if not has & unwanted and all(has.intersection(group) for group in wanted)
    }
