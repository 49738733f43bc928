"""Noticing that a text would take back what was approved before, perhaps without its author knowing."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, load_only

from kb import merging
from kb.models import Publication, Revision
from people.models import User

FORMER_TEXTS = 10  # that are looked at, newest first
SHORTEST = 12  # characters: a comma is not somebody's work


@dataclass(frozen=True)
class Revert:
    """A place where a text says again what stood there before `publication` changed it."""

    publication: Publication
    lines: str  # what would come back
    gone: str  # what was approved, and would go


def found_in(session: Session, article_id: int, live: Revision, body: str) -> list[Revert]:
    """Places in which `body` undoes an approved change of the live text, newest change first."""
    proposed = set(merging.changes(live.body, body))
    if not proposed:
        return []
    reverts: list[Revert] = []
    history = _history(session, article_id)
    for newer, older in itertools.pairwise(history):
        back = list(merging.changes(live.body, older.revision.body))
        for gone, lines in back:
            if (gone, lines) in proposed and len(gone) + len(lines) >= SHORTEST:
                proposed.discard((gone, lines))
                reverts.append(Revert(newer, lines, gone))
    return reverts


def _history(session: Session, article_id: int) -> Sequence[Publication]:
    query = (
        sa.select(Publication)
        .where(Publication.article_id == article_id)
        .options(
            joinedload(Publication.by).options(load_only(User.name, User.handle)),
            joinedload(Publication.revision).options(load_only(Revision.body)),
        )
        .order_by(Publication.number.desc())
    )
    return session.scalars(query.limit(FORMER_TEXTS)).all()
