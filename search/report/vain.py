"""Which searches ended in vain: nothing found, nothing opened, asked again in other words.

A search stands on one list at most, on the first that fits.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from search.models import Gap, GapWording, SearchRecord
from search.report.clusters import MOST
from search.report.period import Period


class Vain(StrEnum):
    """The lists, in the order in which they are asked."""

    NOTHING = "nothing"  # was found
    REFINED = "refined"  # within a minute, and nothing opened before
    UNOPENED = "unopened"  # something was found


_FOUND = SearchRecord.found > 0
_UNOPENED = SearchRecord.opened_id.is_(None)
CONDITIONS: Mapping[Vain, sa.ColumnElement[bool]] = {
    Vain.NOTHING: sa.and_(SearchRecord.found == 0, _UNOPENED),
    Vain.REFINED: sa.and_(_FOUND, _UNOPENED, SearchRecord.refined_to_id.is_not(None)),
    Vain.UNOPENED: sa.and_(_FOUND, _UNOPENED, SearchRecord.refined_to_id.is_(None)),
}


@dataclass(frozen=True)
class Asked:
    """What counts as the same words: how often, by whom, and how it was typed most often."""

    key: str
    searches: int
    unnamed: int  # searches of which nobody knows any more whose they were
    people: frozenset[int]
    wordings: tuple[str, ...]  # the most frequent first


def asked(session: Session, vain: Vain, days: Period) -> list[Asked]:
    """The most frequent words of a list, most frequent first."""
    here = (CONDITIONS[vain], SearchRecord.at >= days.begin, SearchRecord.at < days.end)
    searches, named = sa.func.count(), sa.func.count(SearchRecord.user_id)
    query = (
        sa.select(SearchRecord.key, searches, searches - named)
        .where(*here)
        .group_by(SearchRecord.key)
        .order_by(sa.func.count(SearchRecord.user_id.distinct()).desc(), searches.desc())
        .order_by(SearchRecord.key)
        .limit(MOST)
    )
    rows = session.execute(query).all()
    keys = [row[0] for row in rows]
    people, wordings = _people(session, keys, here), _wordings(session, keys, here)
    return [
        Asked(key, number, unnamed, frozenset(people[key]), tuple(wordings[key]))
        for key, number, unnamed in rows
    ]


def _people(
    session: Session, keys: Sequence[str], here: Sequence[sa.ColumnElement[bool]]
) -> dict[str, set[int]]:
    query = sa.select(SearchRecord.key, SearchRecord.user_id)
    query = query.where(SearchRecord.key.in_(keys), *here)
    found: defaultdict[str, set[int]] = defaultdict(set)
    for key, user_id in session.execute(query.distinct()):
        if user_id is not None:
            found[key].add(user_id)
    return found


def _wordings(
    session: Session, keys: Sequence[str], here: Sequence[sa.ColumnElement[bool]]
) -> dict[str, list[str]]:
    query = (
        sa.select(SearchRecord.key, SearchRecord.query)
        .where(SearchRecord.key.in_(keys), *here)
        .group_by(SearchRecord.key, SearchRecord.query)
        .order_by(sa.func.count().desc(), SearchRecord.query)
    )
    found: defaultdict[str, list[str]] = defaultdict(list)
    for key, query_ in session.execute(query):
        found[key].append(query_)
    return found


def gaps_of(session: Session, keys: Sequence[str]) -> Mapping[str, int]:
    """Which of these words are on a gap card already, and on which."""
    query = sa.select(GapWording.key, Gap.id).join(Gap).where(GapWording.key.in_(keys))
    return {row[0]: row[1] for row in session.execute(query)}
