"""How long events are kept: thirty days after all who wanted them have had them."""

from collections.abc import Iterable
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, outbox, periodic
from core.db import beside
from core.outbox import Delivery, Event

KEPT = timedelta(days=30)
EVERY_SECONDS = 24 * 3600
PORTION = 500  # removed at once: nobody waits long to write

_remembered: set[str] = set()


def init() -> None:
    periodic.every("outbox-events", EVERY_SECONDS, forget, inside=False)


def remember(kinds: Iterable[str]) -> None:
    """Keep events of these kinds for ever: they are the memory of something that may last longer."""
    _remembered.update(kinds)


def forget(session: Session) -> None:
    """Remove old events with their deliveries, but for those that still wait or were given up.

    The last one stays: SQLite would give its number to the next, and notices are told by that.
    """
    last = sa.select(sa.func.max(Event.id)).scalar_subquery()
    old = sa.and_(Event.at < clock.now() - KEPT, Event.id < last)
    old = sa.and_(old, Event.kind.not_in(_remembered), ~_undone())
    ids = session.scalars(sa.select(Event.id).where(old).order_by(Event.id)).all()
    for start in range(0, len(ids), PORTION):
        with beside(session) as writing:
            portion = sa.delete(Event).where(Event.id.in_(ids[start : start + PORTION]), ~_undone())
            writing.execute(portion.execution_options(synchronize_session=False))
            writing.commit()


def _undone() -> sa.Exists:
    """Whether a subscriber that there is has not had it yet."""
    return sa.exists().where(
        Delivery.event_id == Event.id,
        Delivery.done_at.is_(None),
        Delivery.subscriber.in_(outbox.subscribers()),
    )
