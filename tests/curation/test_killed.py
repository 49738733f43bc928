"""kill -9 at any point of a decision: afterwards it is wholly there, with its deliveries, or not at all."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import periodic
from core.db import Database
from core.outbox import Delivery, Event, Worker
from curation.models import Action, Review, State
from curation.workflow import EVENTS
from kb.models import Article, Draft, Plan, Publication, Revision
from people.models import Notice, User
from tests.conftest import Clock
from tests.curation.copying import copies
from tests.curation.victims import DELIVER, Order, subscribe
from tests.factories import make_review

ACTIONS = {
    "approve": (Action.APPROVE, State.APPROVED),
    "edit_and_approve": (Action.EDIT_AND_APPROVE, State.APPROVED),
    "plan": (Action.APPROVE, State.APPROVED),
    "request_changes": (Action.REQUEST_CHANGES, State.CHANGES_REQUESTED),
    "withdraw": (Action.WITHDRAW, State.WITHDRAWN),
}
POINTS = ["commit", "answer", *(f"statement {number}" for number in (3, 9, 15, 22, 30))]
AT_RANDOM = 24  # victims killed at any moment
EACH = 12  # reviews that each of them has before it, and deliveries between
LONGEST = 0.25  # seconds; what a victim needs for about all of them

Victims = Callable[[Order], bool]


@pytest.fixture(scope="module")
def victims() -> Iterator[Victims]:
    """Give an order; answers whether that victim was killed, or had done all before."""
    command = [sys.executable, "-m", "tests.curation.victims"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def order(what: Order) -> bool:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(what.sent() + "\n")
            process.stdin.flush()
            return process.stdout.readline() == "True\n"

        yield order
        process.stdin.close()


@pytest.fixture
def today(clock: Clock) -> Clock:
    """The victims have a clock of their own, which cannot be moved."""
    clock.time = datetime.now(UTC)
    return clock


@pytest.fixture
def template(session: Session, alice: User, cora: User, today: Clock) -> Review:
    """A text of Alice's that Cora reads."""
    review = make_review(
        session, alice, body="Come in.\n\nSit down.", state=State.IN_REVIEW, curator=cora
    )
    session.commit()
    return review


def cases(session: Session, template: Review, count: int) -> list[int]:
    """Reviews like it, each of an article of its own."""
    serial = (session.scalar(sa.select(sa.func.max(Review.id))) or 0) + 1
    made = copies(session, template.article_id, count, serial=serial)
    session.commit()
    return [new["review", template.id] for new in made]


def test_a_decision_is_there_wholly_or_not_at_all_wherever_its_process_was_killed(
    database: Database,
    database_url: str,
    session: Session,
    template: Review,
    cora: User,
    today: Clock,
    victims: Victims,
    tmp_path: Path,
) -> None:
    given = list(product(ACTIONS, POINTS))
    holder = cora.id
    ids = cases(session, template, len(given))
    done: dict[tuple[str, str], bool] = {}
    killed = 0
    for (action, point), id_ in zip(given, ids, strict=True):
        wanted = [(action, id_, holder)]
        killed += victims(Order(database_url, str(tmp_path), wanted, point=point))
        done[action, point] = look_at(database, action, id_)
    assert killed >= 5 * len(ACTIONS)
    assert all(
        is_there == (point == "answer")
        for (_, point), is_there in done.items()
        if point in ("commit", "answer")
    )
    look_again(
        database,
        session,
        dict(zip(ids, (action for action, _ in given), strict=True)),
        today,
        tmp_path,
    )


def test_a_decision_is_there_wholly_or_not_at_all_whenever_its_process_was_killed(
    database: Database,
    database_url: str,
    session: Session,
    template: Review,
    cora: User,
    today: Clock,
    victims: Victims,
    tmp_path: Path,
) -> None:
    seed = int(os.environ.get("FIRSTHAND_TEST_SEED", "0")) or random.SystemRandom().getrandbits(32)
    chance = random.Random(seed)
    holder = cora.id
    ids = cases(session, template, AT_RANDOM * EACH)
    actions = {id_: chance.choice(list(ACTIONS)) for id_ in ids}
    killed = 0
    try:
        for start in range(0, len(ids), EACH):
            wanted = [(actions[id_], id_, holder) for id_ in ids[start : start + EACH]]
            wanted[EACH // 2 : EACH // 2] = [(DELIVER, 0, 0)]
            seconds = chance.uniform(0.01, LONGEST)
            killed += victims(
                Order(database_url, str(tmp_path), [*wanted, (DELIVER, 0, 0)], seconds=seconds)
            )
            there = [look_at(database, actions[id_], id_) for id_ in ids[start : start + EACH]]
            assert there == sorted(there, reverse=True)  # those before it, and none after
        assert killed >= AT_RANDOM // 2
        look_again(database, session, actions, today, tmp_path)
    except AssertionError as error:
        error.add_note(f"FIRSTHAND_TEST_SEED={seed}")
        raise


def wait_for_the_server(session: Session) -> None:
    """PostgreSQL notices by itself that a client is gone, a moment later."""
    session.rollback()
    if session.get_bind().dialect.name != "postgresql":
        return
    others = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND state <> 'idle'"
    )
    until = time.monotonic() + 10
    while session.scalar(others):
        assert time.monotonic() < until
        time.sleep(0.01)
        session.rollback()
    session.rollback()


def look_at(database: Database, action: str, review_id: int) -> bool:
    """Whether the decision is there; all of it, then, and otherwise nothing."""
    with database.reading() as session:
        wait_for_the_server(session)
        return is_whole(session, action, review_id)


def is_whole(session: Session, action: str, review_id: int) -> bool:
    review = session.get_one(Review, review_id)
    new = review.entries[2:]  # after it was submitted and claimed
    events = session.scalars(
        sa.select(Event).where(
            sa.or_(
                sa.and_(
                    Event.kind.startswith("review."),
                    Event.subject.in_([entry.id for entry in review.entries]),
                ),
                sa.and_(Event.kind.startswith("article."), Event.subject == review.article_id),
            )
        )
    ).all()
    found = facts(session, review)
    if not new:
        assert (review.state, review.version, found) == (State.IN_REVIEW, 2, NOTHING)
        assert events == []
        return False
    entry_action, state = ACTIONS[action]
    [entry] = new
    assert (entry.action, entry.old, entry.new) == (entry_action, State.IN_REVIEW, state)
    assert (review.state, review.version) == (state, 3)
    assert found == WHOLE[action]
    kinds = Counter(event.kind for event in events)
    expected = [EVENTS[entry_action]] + (["article.published"] if found["live"] else [])
    assert kinds == Counter(expected)
    deliveries = session.scalars(
        sa.select(Delivery.event_id).where(Delivery.event_id.in_([event.id for event in events]))
    )
    assert sorted(deliveries) == sorted(event.id for event in events)
    return True


def facts(session: Session, review: Review) -> dict[str, Any]:
    """What else a decision leaves behind."""
    of_article = sa.select(sa.func.count()).select_from
    article = review.article_id

    def count(table: Any) -> int:
        return session.scalar(of_article(table).where(table.article_id == article)) or 0

    draft = session.scalar(sa.select(Draft).where(Draft.article_id == article))
    live = session.get_one(Article, article).live_revision_id
    return {
        "texts": count(Revision),
        "publications": count(Publication),
        "plans": count(Plan),
        "live": live is not None and live == review.revision_id,
        "draft": None if draft is None else "locked" if draft.locked else "open",
        "decided": review.decided_at is not None,
    }


NOTHING = {
    "texts": 1,
    "publications": 0,
    "plans": 0,
    "live": False,
    "draft": "locked",
    "decided": False,
}
_PUBLISHED = {**NOTHING, "publications": 1, "live": True, "draft": None, "decided": True}
WHOLE = {
    "approve": _PUBLISHED,
    "edit_and_approve": {**_PUBLISHED, "texts": 2},
    "plan": {**NOTHING, "plans": 1, "decided": True},
    "request_changes": {**NOTHING, "draft": "open"},
    "withdraw": {**NOTHING, "draft": "open", "decided": True},
}


def look_again(
    database: Database,
    session: Session,
    actions: dict[int, str],
    today: Clock,
    data: Path,
) -> None:
    """After a restart, two days later: everybody was told once, and what was planned is live."""
    subscribe()
    today.time = datetime.now(UTC) + timedelta(days=2)
    for _ in range(2):
        periodic.run_due(database)
        Worker(database, data).drain()
        today.move(hours=1)
    assert session.scalars(sa.select(Delivery.id).where(Delivery.done_at.is_(None))).all() == []
    notices = session.execute(sa.select(Notice.event_id, Notice.user_id))
    told = Counter((row.event_id, row.user_id) for row in notices)
    assert all(number == 1 for number in told.values())
    for review_id, action in actions.items():
        review = session.get_one(Review, review_id)
        if len(review.entries) == 2:
            continue
        entry = review.entries[-1]
        event = session.scalars(
            sa.select(Event.id).where(Event.kind == EVENTS[entry.action], Event.subject == entry.id)
        ).one()
        reader = review.author_id if action != "withdraw" else review.curator_id
        assert told[event, reader] == 1
        if action == "plan":
            assert facts(session, review) == _PUBLISHED | {"plans": 1}
