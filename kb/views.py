"""How often articles are opened and looked for, counted roughly and without anybody's name."""

import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, tally
from core.db import insert
from kb.models import Article, ArticleDemand, ArticleViews

COUNTER = "article-views"
SAME_VISIT = timedelta(minutes=30)  # one person's further openings in that time are no new view
MOST_VISITS = 20_000  # remembered in one process

Key = tuple[int, date]  # an article and a day, in UTC


class Visits:
    """Who opened what lately: kept in this process only, for telling a view from a reload."""

    def __init__(self) -> None:
        self._began: OrderedDict[tuple[int, int], datetime] = OrderedDict()
        self._lock = threading.Lock()

    def begins(self, person_id: int, article_id: int) -> bool:
        """Whether this is a visit of its own, which from now on is known."""
        now = clock.now()
        visit = (person_id, article_id)
        with self._lock:
            began = self._began.get(visit)
            if began is not None and now - began < SAME_VISIT:
                return False
            self._began[visit] = now
            self._began.move_to_end(visit)
            if len(self._began) > MOST_VISITS:
                self._began.popitem(last=False)
        return True


def count(visits: Visits, article_id: int, *, by: int) -> None:
    """Count a view, unless it is a visit that goes on."""
    if visits.begins(by, article_id):
        tally.add(COUNTER, (article_id, clock.now().date()))


def write(session: Session, counts: Mapping[Key, int]) -> None:
    """Add views to what is known of each article and day."""
    present = _present(session, {article_id for article_id, _ in counts})
    rows = [
        {"article_id": article_id, "day": day, "views": views}
        for (article_id, day), views in sorted(counts.items())  # two who write never wait in a ring
        if article_id in present
    ]
    if rows:
        statement = insert(session, ArticleViews.__table__)
        more = ArticleViews.__table__.c.views + statement.excluded.views
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["article_id", "day"], set_={"views": more}
            ),
            rows,
        )


def _present(session: Session, ids: Collection[int]) -> set[int]:
    return set(session.scalars(sa.select(Article.id).where(Article.id.in_(ids))))


def views_of(session: Session, article_ids: Sequence[int], days: int) -> dict[int, int]:
    """How often each of the articles was opened in the last so many days, today among them."""
    first = clock.now().date() - timedelta(days=days - 1)
    query = (
        sa.select(ArticleViews.article_id, sa.func.sum(ArticleViews.views))
        .where(ArticleViews.article_id.in_(article_ids), ArticleViews.day >= first)
        .group_by(ArticleViews.article_id)
    )
    found = {row[0]: int(row[1]) for row in session.execute(query)}
    return {id_: found.get(id_, 0) for id_ in article_ids}


def demand_of(session: Session, article_ids: Sequence[int]) -> dict[int, int]:
    """How many people searched in the last week for what each text under review would answer."""
    query = sa.select(ArticleDemand.article_id, ArticleDemand.searchers).where(
        ArticleDemand.article_id.in_(article_ids)
    )
    found = {row[0]: row[1] for row in session.execute(query)}
    return {id_: found.get(id_, 0) for id_ in article_ids}
