"""Processes that decide on texts until they are killed: at any moment, or just where they are told to.

Run as a program it waits for orders, one a line, and forks for each: so a victim begins at once,
with all that it needs already imported.
"""

import json
import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, outbox, periodic
from core.db import Database
from core.outbox import Worker
from curation import notices, workflow
from curation.models import Review
from kb import plans, publishing
from people.models import User
from tests.factories import as_form, reading, rendering_for

EDITED = "Come in.\n\nSit down.\n\nSaid by the curator."
DELIVER = "deliver"


@dataclass(frozen=True)
class Order:
    """What one victim does, review by review, and when it dies.

    `point` is where: `statement 5` before the fifth one sent to the database, `commit` before the
    first decision is kept, `answer` after that; empty: `seconds` after it has begun.
    """

    url: str
    data: str
    wanted: list[tuple[str, int, int]]  # action, review, person
    point: str = ""
    seconds: float = 0.0

    def sent(self) -> str:
        return json.dumps(asdict(self))


def main() -> None:
    sa.orm.configure_mappers()  # once for all of them
    for line in sys.stdin:
        order = Order(**json.loads(line))
        pid = os.fork()
        if pid == 0:
            suffer(order)
        if not order.point:
            time.sleep(order.seconds)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        print(os.WIFSIGNALED(status), flush=True)


def suffer(order: Order) -> None:
    """Never returns, and ends nothing that is not killed in the orderly way of the parent."""
    try:
        subscribe()
        database = Database()
        database.open(order.url)
        die_at(database.engine, order.point)
        for action, review_id, person_id in order.wanted:
            if action == DELIVER:
                Worker(database, Path(order.data)).drain()
                continue
            with database.writing() as session:
                do(session, action, review_id, session.get_one(User, person_id))
                session.commit()
            if order.point == "answer":
                die()
    finally:
        os._exit(0)


def subscribe() -> None:
    """Those who listen in the application: the notices, and somebody else for what is published."""
    notices.init_app()
    outbox.subscribe("readers", [publishing.PUBLISHED], lambda session, events: None, inside=True)
    periodic.every("plans", plans.EVERY_SECONDS, plans.carry_out_due)


def do(session: Session, action: str, review_id: int, by: User) -> None:
    review = session.get_one(Review, review_id)
    match action:
        case "approve":
            workflow.approve(session, review_id, **reading(review), by=by)
        case "plan":
            at = clock.now() + timedelta(days=1)
            workflow.approve(session, review_id, **reading(review), by=by, at=at)
        case "edit_and_approve":
            text = as_form(review.revision, EDITED)
            made = rendering_for(text)
            workflow.edit_and_approve(
                session, review_id, **reading(review), text=text, rendering=made, by=by
            )
        case "request_changes":
            workflow.request_changes(session, review_id, **reading(review), reason="Why?", by=by)
        case _:
            workflow.withdraw(session, review_id, by=review.author)


def die_at(engine: sa.Engine, point: str) -> None:
    name, _, number = point.partition(" ")
    if name == "commit":
        sa.event.listen(engine, "commit", lambda connection: die())
    elif name == "statement":
        left = iter(range(int(number) - 1, 0, -1))

        def count(*_: Any) -> None:
            if next(left, None) is None:
                die()

        sa.event.listen(engine, "before_cursor_execute", count)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
