"""How often people find: the share of searches after which something was opened, and worked.

A search that was put in other words within a minute succeeds with what was opened of those, three
times over: nobody is known to try more often and go on finding.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from kb.topics import Node, Tree
from search.models import SearchRecord
from search.report.keeping import Kept, latest_of_few
from search.report.period import Period

REFININGS = 3


@dataclass(frozen=True)
class Rate:
    """Searches, how many of them led somewhere, and what people said of where they led."""

    searches: int = 0
    opened: int = 0
    worked: int = 0
    failed: int = 0

    def __add__(self, other: "Rate") -> "Rate":
        return Rate(
            self.searches + other.searches,
            self.opened + other.opened,
            self.worked + other.worked,
            self.failed + other.failed,
        )

    @property
    def share(self) -> float | None:
        return self.opened / self.searches if self.searches else None

    @property
    def worked_share(self) -> float | None:
        """Of those who said whether it worked."""
        said = self.worked + self.failed
        return self.worked / said if said else None


@dataclass(frozen=True)
class Success:
    """The rates of a period: of each week or day, and of each topic in which something was found."""

    spans: list[Rate]
    topics: list[tuple[Node, Rate]]  # with all below them, the topmost and the chosen one's own
    nothing: Rate  # of searches that found nothing, which belong to no topic

    @property
    def total(self) -> Rate:
        return sum(self.spans, Rate())


Counted = dict[tuple[int, int | None], Rate]  # by the number of the span, and the place
NOTHING = 0  # found: a place beside the topics, by whose ids the others are called


class Successes:
    """Counted when somebody looks."""

    def __init__(self) -> None:
        self._kept: Kept[Counted] = Kept()

    def of(self, session: Session, days: Period, tree: Tree, topic: Node | None) -> Success:
        """Of all searches, or of those whose results belong to a topic and what is below it."""
        key = (days, latest_of_few(session))
        return _success(
            self._kept.get(key, lambda: (_counted(session, days), True)), days, tree, topic
        )


def _success(counted: Counted, days: Period, tree: Tree, topic: Node | None) -> Success:
    inside = set(tree.below(topic.id)) if topic else None
    spans = [Rate() for _ in days.spans]
    by_place: defaultdict[int | None, Rate] = defaultdict(Rate)
    for (span, place), rate in counted.items():
        by_place[place] += rate
        if inside is None or place in inside:
            spans[span] += rate
    shown = [
        node for node in tree.by_id.values() if node.parent_id == (topic.id if topic else None)
    ]
    rated = [(node, _sum(by_place, tree.below(node.id))) for node in shown]
    if topic:
        rated.insert(0, (topic, by_place[topic.id]))
    return Success(
        spans,
        sorted((each for each in rated if each[1].searches), key=lambda each: -each[1].searches),
        by_place[NOTHING],
    )


def _sum(rates: defaultdict[int | None, Rate], ids: list[int]) -> Rate:
    return sum((rates[id_] for id_ in ids if id_ in rates), Rate())


def _counted(session: Session, days: Period) -> Counted:
    """Counted by the database, for there may be a million: by spans, since small groups fit its memory."""
    counted: defaultdict[tuple[int, int | None], Rate] = defaultdict(Rate)
    for number, (begin, end) in enumerate(pairwise([days.begin, *days.borders])):
        for place, *rate in session.execute(_COUNTED, {"begin": begin, "end": end}):
            counted[number, place] = Rate(*rate)
    for number, place, opened in session.execute(_opened_later(days)):
        counted[number, place] += Rate(opened=opened)
    return counted


# What found nothing belongs to no topic, whatever is written there.
_PLACE: sa.Label[int | None] = sa.case(
    (SearchRecord.found == 0, NOTHING), else_=SearchRecord.topic_id
).label("place")
_COUNTED = (
    sa.select(
        _PLACE,
        sa.func.count(),
        sa.func.count(SearchRecord.opened_id),
        sa.func.count(sa.case((SearchRecord.worked.is_(True), 1))),
        sa.func.count(sa.case((SearchRecord.worked.is_(False), 1))),
    )
    .where(SearchRecord.at >= sa.bindparam("begin"), SearchRecord.at < sa.bindparam("end"))
    .group_by(_PLACE)
)


def _opened_later(days: Period) -> sa.Select[int, int | None, int]:
    """How often something was opened of the other words that followed, and nothing before."""
    span = _span(days.borders[:-1], 0).label("span")
    later: list[Any] = [aliased(SearchRecord) for _ in range(REFININGS)]
    query = sa.select(span, _PLACE, sa.func.count()).select_from(SearchRecord)
    for before, after in zip([SearchRecord, *later], later, strict=False):
        query = query.outerjoin(after, after.id == before.refined_to_id)
    query = query.where(
        SearchRecord.at >= days.begin,
        SearchRecord.at < days.end,
        sa.func.coalesce(SearchRecord.opened_id, 0) == 0,  # as in `search.report.vain`
        SearchRecord.refined_to_id.is_not(None),
        sa.or_(*(each.opened_id.is_not(None) for each in later)),
    )
    return query.group_by(span, _PLACE)


def _span(borders: Sequence[datetime], first: int) -> sa.ColumnElement[int]:
    """The number of the span that a search lies in, found by halves."""
    if not borders:
        return sa.literal_column(str(first), sa.Integer)
    half = len(borders) // 2
    return sa.case(
        (SearchRecord.at < borders[half], _span(borders[:half], first)),
        else_=_span(borders[half + 1 :], first + half + 1),
    )
