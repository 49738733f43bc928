"""Events and their deliveries: recorded with the change, made exactly once, tried again."""

import logging
import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import outbox as outbox_module
from core.db import Database, on_commit
from core.outbox import LEASE, TRIES, Delivery, Event, NotYet, Worker, record, status, subscribe
from tests.conftest import Clock, Deliveries


def deliveries(session: Session) -> list[Delivery]:
    session.flush()
    return list(session.scalars(sa.select(Delivery).order_by(Delivery.id)))


class Listener:
    """A subscriber that remembers the subjects it was told, and fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.heard: list[list[int]] = []
        self.failures = failures

    def __call__(self, session: Session, events: Sequence[Event]) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("the index is down")
        self.heard.append([event.subject for event in events])

    @property
    def subjects(self) -> list[int]:
        return [subject for batch in self.heard for subject in batch]


def writes_down(session: Session, events: Sequence[Event]) -> None:
    """An inside handler: what it leaves behind shows how often it took effect."""
    for event in events:
        session.add(Event(kind="told", subject=event.subject, actor=None, data={}, at=event.at))


def told(session: Session) -> list[int]:
    query = sa.select(Event.subject).where(Event.kind == "told").order_by(Event.id)
    return list(session.scalars(query))


def test_an_event_is_delivered_to_each_of_its_subscribers_once(
    session: Session, outbox: Deliveries
) -> None:
    index, mail, other = Listener(), Listener(), Listener()
    subscribe("index", ["published", "renamed"], index)
    subscribe("mail", ["published"], mail)
    subscribe("other", ["else"], other)
    record(session, "published", 1, by=7, data={"number": 2})
    record(session, "renamed", 2)
    outbox.drain()
    outbox.drain()
    assert (index.subjects, mail.subjects, other.subjects) == ([1, 2], [1], [])
    assert all(d.done_at and d.due_at is None for d in deliveries(session))
    event = session.get_one(Event, 1)
    assert (event.actor, event.data) == (7, {"number": 2})


def test_an_event_goes_when_its_transaction_does(session: Session, outbox: Deliveries) -> None:
    listener = Listener()
    subscribe("index", ["published"], listener)
    record(session, "published", 1)
    session.rollback()
    outbox.drain()
    assert listener.heard == []
    assert session.scalars(sa.select(Event)).all() == []


def test_a_batch_carries_what_it_may_in_the_order_of_events(
    session: Session, outbox: Deliveries
) -> None:
    one, many = Listener(), Listener()
    subscribe("one", ["published"], one)
    subscribe("many", ["published"], many, batch=3)
    for subject in range(5):
        record(session, "published", subject)
    outbox.drain()
    assert one.heard == [[0], [1], [2], [3], [4]]
    assert many.heard == [[0, 1, 2], [3, 4]]


def test_a_failed_delivery_is_tried_again_later_and_later(
    session: Session, outbox: Deliveries, clock: Clock
) -> None:
    listener = Listener(failures=3)
    subscribe("index", ["published"], listener)
    record(session, "published", 1)
    waits = []
    for _ in range(3):
        outbox.drain()
        [delivery] = deliveries(session)
        assert delivery.error == "OSError: the index is down"
        assert delivery.due_at is not None
        waits.append((delivery.due_at - clock.now()).total_seconds())
        assert outbox.drain() == 0  # not before its time
        clock.time = delivery.due_at
    assert waits[0] < waits[1] < waits[2] < 6
    outbox.drain()
    assert listener.heard == [[1]]
    [delivery] = deliveries(session)
    assert (delivery.error, delivery.attempts) == (None, 4)


def test_one_failing_subscriber_holds_up_nobody_else(
    session: Session, outbox: Deliveries, clock: Clock
) -> None:
    mail, index = Listener(), Listener(failures=99)
    subscribe("index", ["published"], index)
    subscribe("mail", ["published"], mail)
    record(session, "published", 1)
    outbox.drain()
    assert mail.subjects == [1]


def test_after_many_tries_a_delivery_is_given_up_until_somebody_asks(
    session: Session, outbox: Deliveries, clock: Clock
) -> None:
    listener = Listener(failures=TRIES)
    subscribe("index", ["published"], listener)
    record(session, "published", 1)
    for _ in range(TRIES):
        outbox.drain()
        clock.move(hours=2)
    assert outbox.drain() == 0
    status = outbox_module.status(session)
    assert (status.waiting, status.failed) == (0, 1)

    assert outbox_module.retry(session) == 1

    status = outbox_module.status(session)
    assert (status.waiting, status.failed, status.oldest) == (1, 0, deliveries(session)[0].event.at)
    outbox.drain()
    assert listener.subjects == [1]


def test_what_only_waits_is_tried_again_without_alarm_until_it_is_given_up(
    session: Session, outbox: Deliveries, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    def waits(session: Session, events: Sequence[Event]) -> None:
        raise NotYet("the text of article 1")

    subscribe("cards", ["published"], waits, batch=50)
    for subject in (1, 2):
        record(session, "published", subject)
    caplog.set_level(logging.INFO, "firsthand.outbox")
    for _ in range(TRIES - 1):
        outbox.drain()
        clock.move(hours=2)
    assert {log.levelno for log in caplog.records} == {logging.INFO}
    assert not any(log.exc_info for log in caplog.records)
    outbox.drain()
    given_up = [log for log in caplog.records if log.levelno == logging.WARNING]
    assert len(given_up) == status(session).failed == 2
    assert "the text of article 1" in given_up[0].getMessage()


def test_retry_leaves_alone_what_is_done_or_not_tried_yet(
    session: Session, outbox: Deliveries
) -> None:
    subscribe("index", ["published"], Listener())
    record(session, "published", 1)
    outbox.drain()
    record(session, "published", 2)
    assert outbox_module.retry(session) == 0


def test_a_bad_event_fails_alone_and_its_neighbours_arrive_at_once(
    session: Session, outbox: Deliveries
) -> None:
    heard: list[int] = []

    def chokes_on_two(_session: Session, events: Sequence[Event]) -> None:
        if 2 in [event.subject for event in events]:
            raise ValueError("no such article")
        heard.extend(event.subject for event in events)

    subscribe("index", ["published"], chokes_on_two, batch=5)
    for subject in range(5):
        record(session, "published", subject)
    outbox.drain()
    assert heard == [0, 1, 3, 4]
    put_back = [d for d in deliveries(session) if d.done_at is None]
    assert [(d.event.subject, d.error, d.attempts) for d in put_back] == [
        (2, "ValueError: no such article", 1)
    ]


def test_a_bad_event_among_inside_ones_fails_alone_too(
    session: Session, outbox: Deliveries
) -> None:
    def chokes_on_two(session: Session, events: Sequence[Event]) -> None:
        writes_down(session, events)
        session.flush()
        if 2 in [event.subject for event in events]:
            raise ValueError("no such article")

    subscribe("notices", ["published"], chokes_on_two, inside=True, batch=5)
    for subject in range(4):
        record(session, "published", subject)
    outbox.drain()
    assert told(session) == [0, 1, 3]


# Inside the database: exactly once


def test_an_inside_handler_takes_effect_once(session: Session, outbox: Deliveries) -> None:
    subscribe("notices", ["published"], writes_down, inside=True)
    record(session, "published", 5)
    outbox.drain()
    outbox.drain()
    assert told(session) == [5]


def test_an_inside_handler_that_fails_after_writing_leaves_nothing_and_is_called_again(
    session: Session, outbox: Deliveries, clock: Clock
) -> None:
    tries = []

    def falls_over(session: Session, events: Sequence[Event]) -> None:
        writes_down(session, events)
        session.flush()
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError("the power went out")

    subscribe("notices", ["published"], falls_over, inside=True)
    record(session, "published", 5)
    outbox.drain()
    assert told(session) == []
    clock.move(minutes=1)
    outbox.drain()
    assert told(session) == [5]
    assert len(tries) == 2


def test_events_recorded_by_a_handler_are_delivered_too(
    session: Session, outbox: Deliveries
) -> None:
    mail = Listener()

    def tells(session: Session, events: Sequence[Event]) -> None:
        for event in events:
            record(session, "notice", event.subject * 10)

    subscribe("notices", ["published"], tells, inside=True)
    subscribe("mail", ["notice"], mail)
    record(session, "published", 4)
    outbox.drain()
    assert mail.subjects == [40]


# Workers side by side


@pytest.fixture
def second(database: Database, tmp_path: Path) -> Worker:
    return Worker(database, tmp_path)


def test_what_a_worker_that_died_had_claimed_is_due_again_after_the_lease(
    session: Session, outbox: Deliveries, clock: Clock
) -> None:
    died: list[int] = []

    def dies(session: Session, events: Sequence[Event]) -> None:
        if not died:
            died.append(1)
            raise SystemExit  # no error is noted, as when the process is killed

    subscribe("mail", ["published"], dies)
    record(session, "published", 1)
    with pytest.raises(SystemExit):
        outbox.drain()
    assert deliveries(session)[0].attempts == 1  # what kills a process counts as tried
    assert outbox.drain() == 0
    clock.move(seconds=LEASE.total_seconds())
    assert outbox.drain() == 1
    assert deliveries(session)[0].done_at is not None


def test_a_worker_whose_lease_ran_out_does_not_deliver_what_another_has_delivered(
    session: Session, outbox: Deliveries, second: Worker, clock: Clock
) -> None:
    heard: list[int] = []

    def slow(handler_session: Session, events: Sequence[Event]) -> None:
        heard.extend(event.subject for event in events)
        if events[0].subject == 1 and len(heard) == 1:
            clock.time += LEASE + timedelta(seconds=1)  # the rest is due again meanwhile
            second.drain()

    subscribe("mail", ["published"], slow)
    for subject in (1, 2, 3):
        record(session, "published", subject)
    outbox.drain()
    assert heard.count(2) == heard.count(3) == 1
    assert heard.count(1) <= 2  # the one in hand when the lease ran out cannot be known


def test_waiting_behind_a_server_that_hangs_does_not_count_as_a_try(
    session: Session, outbox: Deliveries, second: Worker, clock: Clock
) -> None:
    tries: list[int] = []

    def hangs(_session: Session, events: Sequence[Event]) -> None:
        [event] = events
        tries.append(event.subject)
        clock.move(seconds=20)
        if len(tries) % 2:
            second.deliver_due()  # the other process, meanwhile
        raise TimeoutError("the mail server does not answer")

    subscribe("mail", ["published"], hangs)
    for subject in range(30):
        record(session, "published", subject)
    for _ in range(30):
        outbox.deliver_due()
    found = deliveries(session)
    assert {d.event.subject: d.attempts for d in found if d.attempts} == {
        subject: tries.count(subject) for subject in set(tries)
    }
    assert all(d.due_at is not None or d.attempts == TRIES for d in found)


def test_what_waits_for_strangers_is_claimed_a_call_at_a_time(
    session: Session, outbox: Deliveries, clock: Clock
) -> None:
    claimed: list[int] = []

    def looks(handler_session: Session, _events: Sequence[Event]) -> None:
        leased = Delivery.due_at > clock.now()
        claimed.append(
            handler_session.scalar(sa.select(sa.func.count(Delivery.id)).where(leased)) or 0
        )

    subscribe("mail", ["published"], looks, batch=2)
    for subject in range(6):
        record(session, "published", subject)
    outbox.drain()
    assert claimed == [2, 2, 2]


def test_a_worker_that_fails_late_leaves_alone_what_another_has_taken(
    session: Session, outbox: Deliveries, second: Worker, clock: Clock
) -> None:
    def fails_late(_session: Session, _events: Sequence[Event]) -> None:
        clock.time += LEASE + timedelta(seconds=1)
        with pytest.raises(SystemExit):
            second.drain()
        raise TimeoutError("the mail server does not answer")

    calls: list[int] = []

    def handler(session: Session, events: Sequence[Event]) -> None:
        calls.append(1)
        if len(calls) > 1:
            raise SystemExit  # the other has it in hand still, for all that anybody knows
        fails_late(session, events)

    subscribe("mail", ["published"], handler)
    record(session, "published", 1)
    outbox.drain()
    [delivery] = deliveries(session)
    assert delivery.due_at == clock.now() + LEASE
    assert (delivery.attempts, delivery.error) == (2, None)


def test_an_inside_delivery_takes_effect_once_even_when_its_lease_ran_out(
    session: Session, outbox: Deliveries, second: Worker, clock: Clock
) -> None:
    def slow(handler_session: Session, events: Sequence[Event]) -> None:
        writes_down(handler_session, events)
        if events[0].subject == 1:
            clock.time += LEASE + timedelta(seconds=1)  # the second is due again
            on_commit(handler_session, second.drain)

    subscribe("slow", ["published"], slow, inside=True)
    record(session, "published", 1)
    record(session, "published", 2)
    outbox.drain()
    assert told(session) == [1, 2]


def test_two_workers_at_once_never_deliver_twice(
    session: Session, database: Database, tmp_path: Path
) -> None:
    heard: list[int] = []
    lock = threading.Lock()

    def listen(session: Session, events: Sequence[Event]) -> None:
        with lock:
            heard.extend(event.subject for event in events)

    subscribe("mail", ["published"], listen)
    subscribe("notices", ["published"], writes_down, inside=True)
    for subject in range(40):
        record(session, "published", subject)
    session.commit()
    workers = [Worker(database, tmp_path / str(n)) for n in range(2)]
    for worker in workers:
        (tmp_path / str(workers.index(worker))).mkdir()
    threads = [threading.Thread(target=worker.drain) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    workers[0].drain()  # what one left to the other
    assert sorted(heard) == list(range(40))
    assert sorted(told(session)) == list(range(40))


def test_only_one_process_at_a_time_is_the_indexer(
    session: Session, outbox: Deliveries, second: Worker
) -> None:
    index, mail = Listener(), Listener()
    subscribe("index", ["published"], index, exclusive=True)
    subscribe("mail", ["published"], mail)
    record(session, "published", 1)
    outbox.drain()
    record(session, "published", 2)
    session.commit()
    second.drain()
    assert index.subjects == [1]  # the first still has the lock
    assert mail.subjects == [1, 2]
    outbox.drain()
    assert index.subjects == [1, 2]


def test_the_thread_delivers_soon_after_a_commit(
    session: Session, database: Database, tmp_path: Path
) -> None:
    arrived = threading.Event()
    subscribe("mail", ["published"], lambda session, events: arrived.set())
    worker = Worker(database, tmp_path)
    thread = worker.start_thread()
    try:
        record(session, "published", 1)
        session.commit()
        assert arrived.wait(10)
    finally:
        worker.stop()
        thread.join(10)
    assert not thread.is_alive()


def test_a_delivery_for_a_subscriber_that_is_gone_hurts_nobody_and_does_not_count_as_waiting(
    session: Session, outbox: Deliveries
) -> None:
    subscribe("old", ["published"], Listener())
    record(session, "published", 1)
    session.commit()
    outbox_module._subscribers.clear()
    assert outbox.drain() == 0
    found = outbox_module.status(session)
    assert (found.waiting, found.failed, found.oldest) == (0, 0, None)


def test_a_mail_server_that_hangs_keeps_nothing_from_being_found(
    session: Session, database: Database, tmp_path: Path
) -> None:
    hanging, found = threading.Event(), threading.Event()
    subscribe("mail", ["published"], lambda _session, _events: hanging.wait(30) and None)
    subscribe("index", ["published"], lambda _session, _events: found.set(), exclusive=True)
    workers = outbox_module.start_threads(database, tmp_path)
    try:
        record(session, "published", 1)
        session.commit()
        assert found.wait(10)
        assert not hanging.is_set()
    finally:
        hanging.set()
        for worker in workers:
            worker.stop()
        for thread in threading.enumerate():
            if thread.name == "outbox":
                thread.join(10)
