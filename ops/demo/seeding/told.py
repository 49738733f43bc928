"""What people have been told already: of old news nobody has a notice any more, of some they read it."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, outbox
from core.outbox import Delivery, Event
from people.models import Notice

KEPT_DAYS = 21  # older notices were read long ago and are not made any more
READ_AFTER = timedelta(days=2)

# Proposals were carried over at once, while it was told.
DONE = ("review-merges",)


def forget_old_news(session: Session) -> None:
    """Count as delivered what would only make notices of what happened long ago."""
    session.flush()
    old = sa.select(Event.id).where(Event.at < clock.now() - timedelta(days=KEPT_DAYS))
    telling = [name for name in outbox.subscribers() if name.endswith("-notices")]
    _count_as_done(session, Delivery.subscriber.in_(telling), Delivery.event_id.in_(old))
    _count_as_done(session, Delivery.subscriber.in_(DONE))


def _count_as_done(session: Session, *which: sa.ColumnElement[bool]) -> None:
    done = sa.update(Delivery).where(*which).values(due_at=None, done_at=clock.now())
    session.execute(done.execution_options(synchronize_session=False))


def count_as_read(session: Session) -> None:
    old = sa.update(Notice).where(Notice.at < clock.now() - READ_AFTER)
    session.execute(old.values(read_at=Notice.at))
