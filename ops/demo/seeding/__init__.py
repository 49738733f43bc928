"""Fills a new database with Morlund, through the same doors that people use, as of the days it tells of."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, outbox, periodic
from core.config import Config
from core.db import Database
from core.errors import Conflict
from kb.models import Topic
from ops.demo.seeding import (
    articles,
    care,
    changes,
    demand,
    founding,
    gaps,
    outcomes,
    search_care,
    told,
)
from ops.demo.seeding.founding import PASSWORD
from ops.demo.seeding.manuscripts import Manuscripts
from ops.demo.seeding.story import Story
from people.models import Role, User

FOUNDED_DAYS_AGO = 420


class NotEmpty(Conflict):
    """Somebody works here already: no invented people among real ones."""


def is_new(session: Session) -> bool:
    """Whether nobody has an account and nothing is filed yet."""
    return all(session.scalar(sa.select(table.id).limit(1)) is None for table in (User, Topic))


def fill(db: Database, config: Config) -> None:
    """Everything that happened at Morlund in one transaction; then it is delivered.

    Raises NotEmpty unless the database is new.
    """
    with db.writing() as session:
        if not is_new(session):
            raise NotEmpty(
                "There are people or topics here already; demo content goes into a new database only."
            )
        _tell(Story(session, config))
        told.forget_old_news(session)
        session.commit()
    worker = outbox.Worker(db, config.data)
    worker.drain()
    periodic.run_due(db)  # who searched for what waits, and whatever else the clock does
    worker.drain()
    with db.writing() as session:
        told.count_as_read(session)
        session.commit()


def _tell(story: Story) -> None:
    manuscripts = Manuscripts()
    with clock.at(story.now - timedelta(days=FOUNDED_DAYS_AGO)):
        founding.found(story)  # first of all: everything else keeps to the company's working hours
    articles.tell(story, manuscripts)
    changes.tell(story, manuscripts)
    care.tell(story)
    outcomes.tell(story)
    search_care.tell(story)
    gaps.tell(story)
    demand.tell(story)
    story.run()


def sign_in_line(session: Session) -> str:
    """Which demo people can sign in, in one line; empty where there are none."""
    shown = ["tomasz-wieczorek", "mette-dahl", "oluwaseun-adeyemi"]
    query = sa.select(User).where(User.demo, User.active, User.handle.in_(shown))
    people = sorted(session.scalars(query), key=lambda person: shown.index(person.handle))
    if not people:
        return ""
    words = {Role.EMPLOYEE: "author", Role.CURATOR: "curator", Role.ADMIN: "administrator"}
    listed = ", ".join(f"{person.email} ({words[person.role]})" for person in people)
    return f"Demo people sign in with the password {PASSWORD}: {listed}."


__all__ = ["PASSWORD", "NotEmpty", "fill", "is_new", "sign_in_line"]
