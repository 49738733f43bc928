"""Which searches ended in vain: nothing found, nothing opened, asked again in other words.

A search stands on one list at most, on the first that fits.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
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


MOST_LOOKED_AT = 200_000  # searches; where there are more, the last ones

_FOUND = SearchRecord.found > 0
# Asked whether they are NULL, SQLite would go through all that ever were, not through these days.
_UNOPENED = sa.func.coalesce(SearchRecord.opened_id, 0) == 0
_NOT_REFINED = sa.func.coalesce(SearchRecord.refined_to_id, 0) == 0
CONDITIONS: Mapping[Vain, sa.ColumnElement[bool]] = {
    Vain.NOTHING: sa.and_(SearchRecord.found == 0, _UNOPENED),
    Vain.REFINED: sa.and_(_FOUND, _UNOPENED, SearchRecord.refined_to_id.is_not(None)),
    Vain.UNOPENED: sa.and_(_FOUND, _UNOPENED, _NOT_REFINED),
}


@dataclass(frozen=True)
class Asked:
    """What counts as the same words: how often, by whom, and how it was typed most often."""

    key: str
    searches: int
    unnamed: int  # searches of which nobody knows any more whose they were
    people: frozenset[int]
    wording: str
    search_id: int  # the record of one search in this wording


def looked_at(session: Session, days: Period) -> Period:
    """The whole days of a period whose searches are looked through for the lists: mostly all."""
    too_early = (
        sa.select(SearchRecord.at)
        .where(SearchRecord.at >= days.begin, SearchRecord.at < days.end)
        .order_by(SearchRecord.at.desc())
        .offset(MOST_LOOKED_AT)
        .limit(1)
    )
    at = session.scalar(too_early)
    return days if at is None else days.after(at)


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
    people: defaultdict[str, set[int]] = defaultdict(set)
    typed: defaultdict[str, Counter[str]] = defaultdict(Counter)
    ids: dict[tuple[str, str], int] = {}
    for key, wording, user_id, times, id_ in _each(session, [row[0] for row in rows], here):
        typed[key][wording] += times
        ids[key, wording] = id_
        if user_id is not None:
            people[key].add(user_id)
    return [
        Asked(key, number, unnamed, frozenset(people[key]), wording, ids[key, wording])
        for key, number, unnamed in rows
        for wording in [_most_frequent(typed[key])]
    ]


def _each(
    session: Session, keys: Sequence[str], here: Sequence[sa.ColumnElement[bool]]
) -> Iterable[sa.Row[str, str, int | None, int, int]]:
    """How often each person put these words in each way, and the record of the last time."""
    each = (SearchRecord.key, SearchRecord.query, SearchRecord.user_id)
    numbers = sa.func.count(), sa.func.max(SearchRecord.id)
    query = sa.select(*each, *numbers).where(SearchRecord.key.in_(keys), *here)
    return session.execute(query.group_by(*each))


def _most_frequent(typed: Counter[str]) -> str:
    return min(typed, key=lambda wording: (-typed[wording], wording))


def gaps_of(session: Session, keys: Sequence[str]) -> Mapping[str, Gap]:
    """Which of these words are on a gap card already, and on which."""
    query = sa.select(GapWording.key, Gap).join(Gap).where(GapWording.key.in_(keys))
    return {row[0]: row[1] for row in session.execute(query)}
