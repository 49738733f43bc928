"""What waits to be looked at again: articles that are due, those on which something changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from core import clock
from kb.models import Article, Flag, FlagState, Kind, Revision, Topic
from kb.topics import Deciders
from people.models import User


@dataclass(frozen=True)
class Task:
    """An article to check, as a list shows it."""

    id: int
    slug: str
    title: str
    kind: Kind
    revision_id: int
    topic_id: int
    topic: str
    topic_name: str
    owner_id: int
    owner: str
    owner_name: str
    owner_active: bool
    published_at: datetime
    verified_at: datetime | None
    verified_by_name: str | None
    verify_due_at: datetime | None
    check_reason: str


def waiting() -> sa.ColumnElement[bool]:
    """Articles that somebody should look at now."""
    return sa.and_(
        _shown(),
        sa.or_(Article.verify_due_at <= clock.now(), Article.check_reason != ""),
    )


def overdue() -> sa.ColumnElement[bool]:
    """Of those, the ones whose time has come, whatever else changed."""
    return sa.and_(_shown(), Article.verify_due_at <= clock.now())


def _shown() -> sa.ColumnElement[bool]:
    return sa.and_(
        Article.live_revision_id.is_not(None),
        Article.archived_at.is_(None),
        Article.hidden_at.is_(None),
    )


def of_owner(session: Session, user: User) -> Sequence[Task]:
    """Articles of this person that somebody should look at now, most urgent first."""
    return _read(session, _tasks().where(waiting(), Article.owner_id == user.id))


def of_articles(session: Session, ids: Sequence[int]) -> Sequence[Task]:
    """Those of the articles that somebody should still look at."""
    return _read(session, _tasks().where(waiting(), Article.id.in_(ids)))


def all_of(session: Session, ids: Sequence[int], user: User) -> Sequence[Task]:
    """Those of the articles that everybody may read, whether or not they need a check."""
    return _read(session, _tasks().where(_shown(), Article.id.in_(ids), sa.literal(user.active)))


@dataclass(frozen=True)
class Wanted:
    """Which of the articles in somebody's topics a list shows."""

    topic_ids: Sequence[int]
    overdue_only: bool = False

    def condition(self) -> sa.ColumnElement[bool]:
        which = overdue() if self.overdue_only else waiting()
        return sa.and_(which, Article.topic_id.in_(self.topic_ids))


def count_in_topics(session: Session, wanted: Wanted) -> int:
    query = sa.select(sa.func.count()).select_from(Article).where(wanted.condition())
    return session.scalar(query) or 0


def in_topics(
    session: Session, wanted: Wanted, *, offset: int = 0, limit: int = 20
) -> Sequence[Task]:
    """What waits in these topics, whoever owns it, most urgent first."""
    return _read(session, _tasks().where(wanted.condition()).offset(offset).limit(limit))


def topics_of(session: Session, user: User) -> list[int]:
    """Topics in which this person looks after articles; an administrator does in all."""
    if user.is_admin:
        return list(session.scalars(sa.select(Topic.id)))
    return Deciders(session).topics_of(user)


def _tasks() -> sa.Select[*tuple[Any, ...]]:
    owner, checker = aliased(User), aliased(User)
    return (
        sa.select(
            Article.id,
            Article.slug,
            Revision.title,
            Article.kind,
            Revision.id.label("revision_id"),
            Topic.id.label("topic_id"),
            Topic.slug.label("topic"),
            Topic.name.label("topic_name"),
            owner.id.label("owner_id"),
            owner.handle.label("owner"),
            owner.name.label("owner_name"),
            owner.active.label("owner_active"),
            Article.published_at,
            Article.verified_at,
            checker.name.label("verified_by_name"),
            Article.verify_due_at,
            Article.check_reason,
        )
        .join(Revision, Revision.id == Article.live_revision_id)
        .join(Topic, Topic.id == Article.topic_id)
        .join(owner, owner.id == Article.owner_id)
        .outerjoin(checker, checker.id == Article.verified_by_id)
        .order_by((Article.check_reason == ""), Article.verify_due_at, Article.id)
    )


def _read(session: Session, query: sa.Select[*tuple[Any, ...]]) -> Sequence[Task]:
    return [Task(*row) for row in session.execute(query)]


# For the navigation of every page


def count(session: Session, user: User) -> int:
    """How many articles and flags wait for this person."""
    found = session.connection().execute(_COUNT, {"person": user.id, "now": clock.now()})
    return int(found.scalar_one())


_article, _flag = Article.__table__.c, Flag.__table__.c
_ARTICLES = (
    sa.select(sa.func.count())
    .select_from(Article.__table__)
    .where(
        _article.owner_id == sa.bindparam("person"),
        _article.live_revision_id.is_not(None),
        _article.archived_at.is_(None),
        _article.hidden_at.is_(None),
        sa.or_(
            _article.verify_due_at <= sa.bindparam("now", type_=_article.verify_due_at.type),
            _article.check_reason != "",
        ),
    )
)
_FLAGS = (
    sa.select(sa.func.count())
    .select_from(Flag.__table__)
    .where(_flag.handler_id == sa.bindparam("person"), _flag.state == FlagState.OPEN)
)
_COUNT = sa.select(_ARTICLES.scalar_subquery() + _FLAGS.scalar_subquery())
