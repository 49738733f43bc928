"""What a transaction can ask of the database besides reading and writing."""

from threading import Thread

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import Database, alone
from core.outbox import Event, record


def count(session: Session) -> int:
    alone(session, "counting")
    return session.scalar(sa.select(sa.func.count()).select_from(Event)) or 0


def test_who_comes_second_sees_what_the_first_one_did(database: Database, session: Session) -> None:
    assert count(session) == 0
    seen: list[int] = []

    def second() -> None:
        with database.writing() as own:
            seen.append(count(own))

    thread = Thread(target=second)
    thread.start()
    thread.join(timeout=0.3)
    assert seen == []  # it waits
    record(session, "published", 1)
    session.commit()
    thread.join(timeout=30)
    assert seen == [1]
