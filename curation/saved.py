"""Ways of looking at the queue that somebody keeps under a name of their own."""

from collections.abc import Sequence
from urllib.parse import parse_qsl

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.errors import Conflict, Invalid, NotFound
from core.text import one_line
from curation.filters import QueueFilter
from curation.models import SavedFilter
from people.models import User

MOST = 20
LONGEST_NAME = 60


def of(session: Session, user: User) -> Sequence[SavedFilter]:
    """Those of one person, by name."""
    query = sa.select(SavedFilter).where(SavedFilter.user_id == user.id)
    return sorted(session.scalars(query), key=lambda kept: kept.name.casefold())


def filter_of(kept: SavedFilter) -> QueueFilter:
    """What it narrows the queue to; values that mean nothing any more are left out."""
    return QueueFilter.parse(dict(parse_qsl(kept.query)))


def save(session: Session, filter_: QueueFilter, name: str, *, by: User) -> SavedFilter:
    """Keep a filter; saving the same under the same name again changes nothing."""
    if not filter_.is_narrowed and not filter_.order:
        sentence = "Choose a filter first; there is nothing to save yet."
        raise Invalid(sentence, {"name": sentence})
    name = _name(name)
    mine = of(session, by)
    same = next((kept for kept in mine if kept.name.casefold() == name.casefold()), None)
    if same is not None:
        if same.query == filter_.query():
            return same
        sentence = f"You have a filter named {same.name} already. Choose another name."
        raise Invalid(sentence, {"name": sentence})
    if len(mine) >= MOST:
        raise Conflict(f"You have {MOST} saved filters. Delete one that you do not use any more.")
    kept = SavedFilter(user_id=by.id, name=name, query=filter_.query(), made_at=clock.now())
    session.add(kept)
    session.flush()  # a second window may have saved the same name: the database decides
    return kept


def rename(session: Session, id_: int, name: str, *, by: User) -> SavedFilter:
    kept = _mine(session, id_, by)
    name = _name(name)
    others = [other.name.casefold() for other in of(session, by) if other.id != kept.id]
    if name.casefold() in others:
        sentence = f"Another of your filters is named {name}. Choose another name."
        raise Invalid(sentence, {"name": sentence})
    kept.name = name
    return kept


def remove(session: Session, id_: int, *, by: User) -> None:
    """Forget it; a second time does no harm."""
    session.execute(
        sa.delete(SavedFilter).where(SavedFilter.id == id_, SavedFilter.user_id == by.id)
    )


def _mine(session: Session, id_: int, by: User) -> SavedFilter:
    kept = session.get(SavedFilter, id_)
    if kept is None or kept.user_id != by.id:
        raise NotFound("You have no such filter any more.")
    return kept


def _name(name: str) -> str:
    name = one_line(name)
    if not 1 <= len(name) <= LONGEST_NAME:
        sentence = f"Give the filter a name of at most {LONGEST_NAME} characters."
        raise Invalid(sentence, {"name": sentence})
    return name
