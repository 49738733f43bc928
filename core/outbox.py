"""Facts recorded with the change they belong to, and their exactly-once delivery afterwards.

`record()` writes an event and one delivery for each subscriber in the caller's transaction. The
worker claims due deliveries by a conditional update, so any number of processes may run it. A
subscriber reads the present state of the database; the event only says where to look.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import audit, clock, periodic
from core.db import Database, on_commit
from core.models import Model

log = logging.getLogger("firsthand.outbox")

LEASE = timedelta(seconds=90)  # a claimed delivery whose worker died is due again after this
BATCH = 200  # claimed at once where nothing waits for strangers
TRIES = 12
LONGEST_WAIT = timedelta(hours=1)
POLL_SECONDS = 0.5  # how soon a commit of another process is noticed
PERIODIC_SECONDS = 1.0  # how often to look for periodic tasks


class NotYet(Exception):
    """What a handler waits for is not there yet: it is called again, and that is nothing to report.

    Once it has waited through all tries, it is given up as what failed is.
    """


class Event(Model):
    """A fact: what happened to which thing, by whom."""

    __tablename__ = "event"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject: Mapped[int]
    actor: Mapped[int | None]  # a person's id; core knows no people
    data: Mapped[dict[str, Any]]
    at: Mapped[datetime]

    __table_args__ = (sa.Index(None, "kind", "subject"),)


class Delivery(Model):
    """One subscriber's copy of an event."""

    __tablename__ = "delivery"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("event.id", ondelete="CASCADE"), index=True)
    subscriber: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None]  # none once done, or given up
    done_at: Mapped[datetime | None]
    error: Mapped[str | None]

    event: Mapped[Event] = relationship()

    __table_args__ = (
        sa.Index(
            "ix_delivery_due",
            "subscriber",
            "due_at",
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        ),
    )


Handler = Callable[[Session, Sequence[Event]], None]


@dataclass(frozen=True)
class Subscriber:
    """Who wants which events.

    `inside` handlers write to the database only, in the transaction that marks the delivery done:
    exactly once. The others reach outside (index, mail): their session reads, and they must stand
    being called again. `exclusive` ones run in one process at a time. `batch` is how many events
    one call may carry. Those `apart` compute for so long that they have a thread to themselves.
    """

    name: str
    kinds: frozenset[str]
    handler: Handler
    inside: bool
    exclusive: bool
    batch: int
    apart: bool = False


_subscribers: dict[str, Subscriber] = {}


def subscribe(
    name: str,
    kinds: Sequence[str],
    handler: Handler,
    *,
    inside: bool = False,
    exclusive: bool = False,
    batch: int = 1,
    apart: bool = False,
) -> None:
    """Register a subscriber under a name that stays the same for ever (deliveries carry it)."""
    kept = Subscriber(name, frozenset(kinds), handler, inside, exclusive, batch, apart)
    _subscribers[name] = kept


def subscribers() -> dict[str, Subscriber]:
    """All that are registered, by name."""
    return dict(_subscribers)


def record(
    session: Session,
    kind: str,
    subject: int,
    *,
    by: int | None = None,
    data: dict[str, Any] | None = None,
) -> Event:
    """Write down that something happened, together with a delivery for each subscriber."""
    now = clock.now()
    event = Event(kind=kind, subject=subject, actor=by, data=data or {}, at=now)
    session.add(event)
    session.add_all(
        Delivery(event=event, subscriber=s.name, due_at=now)
        for s in _subscribers.values()
        if kind in s.kinds
    )
    on_commit(session, wake)
    return event


_bells: set[threading.Event] = set()


def wake() -> None:
    """Tell this process's workers that there is something to deliver."""
    for bell in tuple(_bells):
        bell.set()


Lane = Callable[[Subscriber], bool]


def every(_subscriber: Subscriber) -> bool:
    return True


def own(subscriber: Subscriber) -> bool:
    """What only our own database and index have a part in: nothing here waits for strangers."""
    return (subscriber.inside or subscriber.exclusive) and not subscriber.apart


def others(subscriber: Subscriber) -> bool:
    return not own(subscriber) and not subscriber.apart


def apart(subscriber: Subscriber) -> bool:
    """What computes for long: neither what is found by its words nor mail waits for it."""
    return subscriber.apart


def start_threads(db: Database, data: Path) -> list["Worker"]:
    """Deliver in the background, in lanes: a mail server that hangs keeps nothing from being found."""
    lanes = [own, others, *([apart] if any(map(apart, _subscribers.values())) else [])]
    workers = [Worker(db, data, lane) for lane in lanes]
    for worker in workers:
        worker.start_thread()
    return workers


class Worker:
    """Delivers what is due of its lane; one thread of a web process, or of `flask outbox work`."""

    def __init__(self, db: Database, data: Path, lane: Lane = every) -> None:
        self._db = db
        self._lane = lane
        self._bell = threading.Event()
        self._lock = FileLock(data / "indexer.lock", timeout=0)
        self._stop = threading.Event()
        self._looked = -PERIODIC_SECONDS  # when it last looked for what is due every so often

    def start_thread(self) -> threading.Thread:
        thread = threading.Thread(target=self.run, name="outbox", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        self._stop.set()
        self._bell.set()

    def run(self) -> None:
        """Deliver until told to stop; a failing database only makes it wait."""
        _bells.add(self._bell)
        audit.source.set(audit.OUTBOX)
        while not self._stop.is_set():
            self._bell.clear()
            try:
                busy = self.deliver_due() > 0
                self._run_periodic()
            except Exception:
                log.exception("the outbox could not be read; trying again")
                busy = False
                self._stop.wait(POLL_SECONDS * 4)
            if not busy:
                self._bell.wait(POLL_SECONDS)
        _bells.discard(self._bell)
        self._lock.release(force=True)

    def _run_periodic(self) -> None:
        """Run what is due every so often, in the lane where nothing waits for strangers."""
        if self._lane in (own, every) and time.monotonic() - self._looked >= PERIODIC_SECONDS:
            periodic.run_due(self._db)
            self._looked = time.monotonic()

    def deliver_due(self) -> int:
        """One round over all subscribers, a claim for each; returns how many deliveries were tried."""
        due = [_subscribers[name] for name in self._due_subscribers() if name in _subscribers]
        due.sort(key=lambda subscriber: not subscriber.exclusive)  # somebody waits to find it
        return sum(self._deliver(subscriber) for subscriber in due if self._lane(subscriber))

    def drain(self) -> int:
        """Deliver until nothing is due any more; returns how many deliveries were tried."""
        total = 0
        while tried := self.deliver_due():
            total += tried
        return total

    def _due_subscribers(self) -> list[str]:
        with self._db.reading() as session:
            query = sa.select(Delivery.subscriber).where(Delivery.due_at <= clock.now()).distinct()
            return list(session.scalars(query))

    def _deliver(self, subscriber: Subscriber) -> int:
        if subscriber.exclusive and not self._is_indexer():
            return 0
        until = clock.now() + LEASE
        claimed = self._claim(subscriber, until)
        for start in range(0, len(claimed), subscriber.batch):
            self._hand_over(subscriber, claimed[start : start + subscriber.batch], until)
        return len(claimed)

    def _is_indexer(self) -> bool:
        try:
            self._lock.acquire()
        except Timeout:
            return False
        if self._lock.lock_counter > 1:
            self._lock.release()
        return True

    def _claim(self, subscriber: Subscriber, until: datetime) -> list[int]:
        """Take due deliveries: whoever moves `due_at` first has them, `until` the lease runs out.

        One call's worth of what waits for strangers: a server that hangs must not outlast the lease
        of those that stand in line behind it.
        """
        most = BATCH if own(subscriber) else max(subscriber.batch, 1)
        now = clock.now()
        with self._db.reading() as session:
            query = (
                sa.select(Delivery.id, Delivery.due_at)
                .where(Delivery.subscriber == subscriber.name, Delivery.due_at <= now)
                .order_by(Delivery.id)
                .limit(BATCH)
            )
            candidates = session.execute(query).all()
        if not candidates:
            return []
        claimed: list[int] = []
        with self._db.writing() as session:
            for row in candidates:
                if _take(session, row.id, row.due_at, until):
                    claimed.append(row.id)
                if len(claimed) == most:
                    break
            session.commit()
        return claimed

    def _hand_over(self, subscriber: Subscriber, ids: list[int], until: datetime) -> None:
        ids = self._count_try(ids, until)
        if not ids:
            return
        error = self._try(subscriber, ids, until)
        if error is None:
            return
        if len(ids) == 1:
            self._put_back(ids, until, error)
            return
        for id_ in ids:  # each alone: a bad one must not fail its neighbours for ever
            if error := self._try(subscriber, [id_], until):
                self._put_back([id_], until, error)

    def _count_try(self, ids: list[int], until: datetime) -> list[int]:
        """Those still ours. Their try counts from here on, also if this process dies of it."""
        with self._db.writing() as session:
            counted = session.scalars(
                sa.update(Delivery)
                .where(Delivery.id.in_(ids), Delivery.due_at == until)
                .values(attempts=Delivery.attempts + 1)
                .returning(Delivery.id)
                .execution_options(synchronize_session=False)
            ).all()
            session.commit()
        return sorted(counted)

    def _try(self, subscriber: Subscriber, ids: list[int], until: datetime) -> Exception | None:
        """Call the handler and mark the deliveries done; returns why that failed, if it did."""
        try:
            with self._db.new_session(writing=subscriber.inside) as session:
                ids = _still_ours(session, ids, until, lock=subscriber.inside)
                if not ids:
                    return None
                subscriber.handler(session, _events(session, ids))
                if subscriber.inside:
                    _mark_done(session, ids)
                    session.commit()
            if not subscriber.inside:
                with self._db.writing() as session:
                    _mark_done(session, ids)
                    session.commit()
        except NotYet as error:
            log.info("%s waits with %d deliveries: %s", subscriber.name, len(ids), error)
            return error
        except Exception as error:
            log.warning(
                "%s failed for %d deliveries: %s",
                subscriber.name,
                len(ids),
                error,
                exc_info=len(ids) == 1,  # of a batch, each is tried alone next
            )
            return error
        return None

    def _put_back(self, ids: list[int], until: datetime, error: Exception) -> None:
        """Due again later, or given up; not what another worker has taken meanwhile."""
        now = clock.now()
        with self._db.writing() as session:
            ours = sa.select(Delivery).where(Delivery.id.in_(ids), Delivery.due_at == until)
            for delivery in session.scalars(ours):
                delivery.error = f"{type(error).__name__}: {error}"[:500]
                if delivery.attempts < TRIES:
                    delivery.due_at = now + _wait(delivery.attempts)
                else:
                    delivery.due_at = None
                    log.warning("%s is given up: %s", delivery.subscriber, delivery.error)
            session.commit()


def _take(session: Session, id_: int, due_at: datetime, until: datetime) -> bool:
    result = session.execute(
        sa.update(Delivery)
        .where(Delivery.id == id_, Delivery.due_at == due_at)
        .values(due_at=until)
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]


def _still_ours(session: Session, ids: list[int], until: datetime, *, lock: bool) -> list[int]:
    """Those of the deliveries that no other worker took because their lease ran out."""
    query = sa.select(Delivery.id).where(Delivery.id.in_(ids), Delivery.due_at == until)
    query = query.order_by(Delivery.id)
    return list(session.scalars(query.with_for_update() if lock else query))


def _events(session: Session, ids: list[int]) -> list[Event]:
    query = (
        sa.select(Event).join(Delivery, Delivery.event_id == Event.id).where(Delivery.id.in_(ids))
    )
    return list(session.scalars(query.order_by(Event.id)))


def _mark_done(session: Session, ids: list[int]) -> None:
    session.execute(
        sa.update(Delivery)
        .where(Delivery.id.in_(ids))
        .values(due_at=None, done_at=clock.now(), error=None)
    )


def _wait(attempts: int) -> timedelta:
    """Exponential back-off with jitter: about 1 s, 2 s, 4 s ... up to an hour."""
    seconds = min(2.0 ** (attempts - 1), LONGEST_WAIT.total_seconds())
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))


@dataclass(frozen=True)
class Status:
    """How the outbox stands, for the subscribers there are."""

    waiting: int
    failed: int
    oldest: datetime | None


def status(session: Session) -> Status:
    """Deliveries still to be made, those given up, and when the oldest waiting event happened."""
    # What was recorded for one that is gone, or switched off, nobody waits for.
    theirs = Delivery.subscriber.in_(_subscribers)
    waiting = sa.and_(theirs, Delivery.due_at.is_not(None))
    failed = sa.and_(theirs, Delivery.due_at.is_(None), Delivery.done_at.is_(None))
    count = sa.select(sa.func.count()).select_from(Delivery)
    return Status(
        waiting=session.scalar(count.where(waiting)) or 0,
        failed=session.scalar(count.where(failed)) or 0,
        oldest=session.scalar(sa.select(sa.func.min(Event.at)).join(Delivery).where(waiting)),
    )


def retry(session: Session) -> int:
    """Make everything that failed due now; returns how many."""
    unfinished = sa.and_(Delivery.done_at.is_(None), Delivery.error.is_not(None))
    result = session.execute(
        sa.update(Delivery).where(unfinished).values(due_at=clock.now(), attempts=0, error=None)
    )
    on_commit(session, wake)
    return int(result.rowcount)  # type: ignore[attr-defined]
