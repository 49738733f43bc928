"""Events go thirty days after they were delivered, and not while anybody needs them."""

from collections.abc import Callable, Sequence

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import kept_events
from core import outbox as outbox_module
from core.db import Database
from core.outbox import Delivery, Event
from tests.conftest import Clock, Deliveries

Left = Callable[[], list[str]]


@pytest.fixture
def left(session: Session, database: Database) -> Left:
    """Forgets what is over, and says of what kinds the rest is."""

    def left() -> list[str]:
        session.commit()
        with database.reading() as reading:
            kept_events.forget(reading)
        session.expire_all()
        return list(session.scalars(sa.select(Event.kind).order_by(Event.id)))

    return left


def nothing(session: Session, events: Sequence[Event]) -> None:
    """Done with them."""


def refusing(session: Session, events: Sequence[Event]) -> None:
    raise OSError("not now")


def test_what_was_delivered_goes_after_thirty_days_in_portions(
    session: Session, outbox: Deliveries, clock: Clock, left: Left, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_events, "PORTION", 2)
    subscribe("index", nothing)
    for _ in range(5):
        record(session, "published")
    outbox.drain()
    clock.move(days=29)
    record(session, "published")
    outbox.drain()
    assert len(left()) == 6
    clock.move(days=2)
    assert len(left()) == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(Delivery)) == 1


def test_what_waits_was_given_up_or_is_remembered_stays(
    session: Session, outbox: Deliveries, clock: Clock, left: Left, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_events, "_remembered", set[str]())
    kept_events.remember(["reminded"])
    subscribe("mail", refusing)
    record(session, "published")
    record(session, "reminded")
    record(session, "nobody listens")
    record(session, "published")
    outbox.drain()
    session.execute(sa.update(Delivery).where(Delivery.event_id == 1).values(due_at=None))
    clock.move(days=31)
    record(session, "now")
    assert left() == ["published", "reminded", "published", "now"]


def test_what_waits_for_a_subscriber_that_is_gone_goes_too(
    session: Session, clock: Clock, left: Left, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe("meaning", nothing)
    record(session, "published")
    monkeypatch.setattr(outbox_module, "_subscribers", {})
    clock.move(days=31)
    record(session, "now")
    assert left() == ["now"]


def test_the_number_of_an_event_is_never_given_again(
    session: Session, clock: Clock, left: Left
) -> None:
    first = record(session, "published")
    clock.move(days=31)
    left()
    assert record(session, "published").id > first.id


def subscribe(name: str, handler: outbox_module.Handler) -> None:
    outbox_module.subscribe(name, ["published"], handler)


def record(session: Session, kind: str) -> Event:
    event = outbox_module.record(session, kind, 1)
    session.flush()
    return event
