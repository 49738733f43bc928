"""Reminding people of what is due: the owner first, then those who decide in the topic.

Nothing here tells anybody anything: it records events, of which `kb.notices` makes notices. An
event of the article is also the memory that its owner was reminded of this due day, so that one
day makes one notice, however often the clock strikes.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, outbox
from core.outbox import Event
from kb import tasks, verification
from kb.models import Article
from kb.topics import Deciders
from people.models import Role, User

OWNER, TOPIC = "owner", "topic"  # who is reminded
MARKS = {OWNER: "article.due", TOPIC: "article.overdue"}  # of the article
LISTS = {OWNER: "care.due", TOPIC: "care.overdue"}  # of the reader, with all their articles
PATIENCE = timedelta(days=14)
EVERY_SECONDS = 3600.0
MOST = 500  # articles at once; the rest waits for the next time


@dataclass(frozen=True)
class Due:
    """An article whose time has come, and who was reminded of it."""

    id: int
    owner_id: int
    topic_id: int
    owner_active: bool
    reminded_at: datetime | None


def remind(session: Session) -> None:
    """Record who has to be reminded of what; called every so often."""
    verification.date_unchecked(session)
    found = _due(session)
    for_topics = [each for each in found if not each.owner_active or each.reminded_at]
    for_owners = [each for each in found if each.owner_active and not each.reminded_at]
    _record(session, OWNER, {each.id: [each.owner_id] for each in for_owners})
    _record(session, TOPIC, _deciders(session, for_topics))


def _due(session: Session) -> Sequence[Due]:
    """Articles of which nobody was reminded yet, or whose owner was and did nothing for too long."""
    reminded, escalated = _last_event(MARKS[OWNER]), _last_event(MARKS[TOPIC])
    waited_long = reminded <= clock.now() - PATIENCE
    query = (
        sa.select(Article.id, Article.owner_id, Article.topic_id, User.active, reminded)
        .join(User, User.id == Article.owner_id)
        .where(tasks.overdue(), escalated.is_(None))
        .where(sa.or_(reminded.is_(None), waited_long, ~User.active))
        .order_by(Article.verify_due_at, Article.id)
        .limit(MOST)
    )
    return [Due(*row) for row in session.execute(query)]


def _last_event(kind: str) -> sa.ScalarSelect[datetime]:
    """When something was last recorded of this article since it became due."""
    return (
        sa.select(sa.func.max(Event.at))
        .where(Event.kind == kind, Event.subject == Article.id, Event.at >= Article.verify_due_at)
        .correlate(Article)
        .scalar_subquery()
    )


def _deciders(session: Session, found: Iterable[Due]) -> dict[int, list[int]]:
    """Who decides in each article's topic; where nobody does, administrators look after it."""
    deciders, by_topic = Deciders(session), dict[int, list[int]]()
    readers = {}
    for each in found:
        if each.topic_id not in by_topic:
            by_topic[each.topic_id] = responsible(session, deciders, each.topic_id)
        people = by_topic[each.topic_id]
        readers[each.id] = [person for person in people if person != each.owner_id] or people
    return readers


def responsible(session: Session, deciders: Deciders, topic_id: int) -> list[int]:
    """Ids of those who decide in a topic, or of the administrators where nobody does."""
    people = deciders.people_for(session, topic_id)
    if not people:
        admins = sa.select(User).where(User.active, User.role == Role.ADMIN)
        people = session.scalars(admins.order_by(User.name)).all()
    return [person.id for person in people]


def _record(session: Session, whom: str, readers: dict[int, list[int]]) -> None:
    """One event for each article, as a memory, and one for each reader with all of theirs."""
    lists: dict[int, list[int]] = defaultdict(list)
    for article_id, people in readers.items():
        outbox.record(session, MARKS[whom], article_id)
        for person_id in people:
            lists[person_id].append(article_id)
    for person_id, articles in lists.items():
        outbox.record(session, LISTS[whom], person_id, data={"articles": articles})
