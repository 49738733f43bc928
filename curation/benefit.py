"""What the default order of the queue goes by: how much readers gain from a decision, and when.

    benefit = points - POINTS_A_DAY * days from DAY_ZERO to the submission

    points  = 5 for each doubling of the people who searched for it last week
            + 2 for each doubling of the views of the live article last month, times the significance
            + 6 times the significance of the change
            + 3 if its author has nothing published yet: a first answer should not take long

Higher comes first. Each day of waiting is worth POINTS_A_DAY to every text alike, so the order of two
texts does not change as time passes: it is stored, and the database keeps it in an index. Doublings
keep what is much in demand from pushing everything else back for ever: twelve searchers are worth
about nine days, two hundred not more than nineteen.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from math import log2

import sqlalchemy as sa
from sqlalchemy.orm import Session, load_only

from core import outbox, periodic
from core.outbox import Event
from curation.models import OPEN, Review
from kb.views import demand_of, views_of

POINTS_A_DAY = 2.0
DAY_ZERO = datetime(2024, 1, 1, tzinfo=UTC)
VIEW_DAYS = 30
WHOLE = 512  # words that differ, from which on a change is as significant as a new text
DAY = 24 * 60 * 60


def init_app() -> None:
    outbox.subscribe("queue-demand", ["demand.changed"], follow_demand, inside=True, batch=100)
    periodic.every("queue-benefit", DAY, refresh_all)


def points(*, searchers: int, views: int, size: int, is_change: bool, first_time: bool) -> float:
    """What a decision is worth to readers, whenever it was asked for."""
    significance = min(1.0, log2(1 + max(size, 0)) / log2(1 + WHOLE))
    read_today = log2(1 + views) if is_change else 0.0
    return (
        5.0 * log2(1 + searchers)
        + 2.0 * read_today * significance
        + 6.0 * significance
        + 3.0 * first_time
    )


def of(review: Review) -> float:
    """The place of a review in the default order, from what is stored beside it."""
    worth = points(
        searchers=review.searchers or 0,
        views=review.views or 0,
        size=review.size,
        is_change=review.is_change,
        first_time=review.first_time,
    )
    waiting_since = (review.submitted_at - DAY_ZERO).total_seconds() / DAY
    return round(worth - POINTS_A_DAY * waiting_since, 6)


def weigh(session: Session, review: Review) -> None:
    """Look up who waits for a text that is handed in, and give it its place."""
    ids = [review.article_id]
    review.searchers = demand_of(session, ids).get(review.article_id, 0)
    review.views = views_of(session, ids, VIEW_DAYS).get(review.article_id, 0)
    review.benefit = of(review)


def follow_demand(session: Session, events: Iterable[Event]) -> None:
    refresh(session, {event.subject for event in events})


def refresh_all(session: Session) -> None:
    """Once a day, for views change every minute and the order need not."""
    open_ones = sa.select(Review.article_id).where(Review.stored_state.in_(OPEN)).distinct()
    refresh(session, session.scalars(open_ones).all())


def refresh(session: Session, article_ids: Collection[int]) -> None:
    """Count anew who waits for the open proposals to these articles; what did not change is left."""
    ids = sorted(article_ids)
    for start in range(0, len(ids), 500):
        _refresh(session, ids[start : start + 500])


def _refresh(session: Session, ids: list[int]) -> None:
    searchers, views = demand_of(session, ids), views_of(session, ids, VIEW_DAYS)
    query = sa.select(Review).where(Review.article_id.in_(ids), Review.stored_state.in_(OPEN))
    for review in session.scalars(query.options(load_only(*_WEIGHED))):
        review.searchers = searchers.get(review.article_id, 0)
        review.views = views.get(review.article_id, 0)
        review.benefit = of(review)


_WEIGHED = (
    Review.article_id,
    Review.submitted_at,
    Review.size,
    Review.is_change,
    Review.first_time,
    Review.searchers,
    Review.views,
    Review.benefit,
)
