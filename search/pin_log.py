"""The log of pins: what is pinned, what was, by whom and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from kb.models import Article, Revision
from kb.queries import visible_to
from people.models import User
from search.models import Pin
from search.pins import holds

MOST = 100  # shown of those that are over


@dataclass(frozen=True)
class Logged:
    """A pin as the log tells of it."""

    id: int
    query: str
    article_id: int
    topic_id: int
    title: str | None  # none: readers do not find the article at present
    slug: str | None
    because: str
    at: datetime
    by: str
    until: datetime
    removed_at: datetime | None
    removed_by: str | None

    @property
    def ended_at(self) -> datetime:
        return self.removed_at or self.until


def holding(session: Session, reader: User) -> list[Logged]:
    """All that hold now; those that end soonest come first."""
    query = _log(reader).where(*holds()).order_by(Pin.until, Pin.id)
    return [Logged(*row) for row in session.execute(query)]


def over(session: Session, reader: User) -> list[Logged]:
    """Those that were taken away or ran out, the last ones first."""
    ended = sa.func.coalesce(Pin.removed_at, Pin.until)
    is_over = sa.or_(Pin.removed_at.is_not(None), Pin.until <= clock.now())
    query = _log(reader).where(is_over).order_by(ended.desc(), Pin.id.desc()).limit(MOST)
    return [Logged(*row) for row in session.execute(query)]


def _log(reader: User) -> sa.Select[*tuple[Any, ...]]:
    remover = sa.orm.aliased(User)
    is_live = sa.and_(Revision.id == Article.live_revision_id, visible_to(reader))
    return (
        sa.select(
            Pin.id,
            Pin.query,
            Pin.article_id,
            Article.topic_id,
            Revision.title,
            Article.slug,
            Pin.because,
            Pin.at,
            User.name,
            Pin.until,
            Pin.removed_at,
            remover.name,
        )
        .join(Article, Article.id == Pin.article_id)
        .outerjoin(Revision, is_live)
        .join(User, User.id == Pin.by_id)
        .outerjoin(remover, remover.id == Pin.removed_by_id)
    )
