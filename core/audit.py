"""Who did what to which thing, from where: written once, never changed, never removed."""

from contextvars import ContextVar
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import clock
from core.append_only import append_only
from core.models import Model

COMMAND_LINE, OUTBOX = "command line", "outbox"

# Where what is done now was asked from: requests and the outbox's thread say so, a command need not.
source: ContextVar[str] = ContextVar("source", default=COMMAND_LINE)


class AuditEntry(Model):
    """One act. The database itself refuses to change or remove a row."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[int | None] = mapped_column(index=True)  # a person's id; none: the machine itself
    actor_name: Mapped[str]  # as it was then
    action: Mapped[str] = mapped_column(index=True)  # "article.archived", "policy.changed"
    thing: Mapped[str]  # the sort of thing: "article", "topic", "review", "person"
    thing_id: Mapped[int | None]
    thing_name: Mapped[str]  # as it was called then
    detail: Mapped[dict[str, Any]]  # what was before and after, a reason, ...
    source: Mapped[str]  # the address the request came from, "command line", or "outbox"

    __table_args__ = (sa.Index(None, "thing", "thing_id"),)


append_only(AuditEntry)


def write(
    session: Session,
    action: str,
    thing: str,
    thing_id: int | None,
    *,
    name: str,
    by: int | None,
    by_name: str = "",
    detail: dict[str, Any] | None = None,
    source: str = "",
) -> AuditEntry:
    """Write down an act, in the transaction of the act. `source`: from where, if not from here."""
    entry = AuditEntry(
        at=clock.now(),
        actor=by,
        actor_name=by_name,
        action=action,
        thing=thing,
        thing_id=thing_id,
        thing_name=name,
        detail=detail or {},
        source=source or _here(),
    )
    session.add(entry)
    return entry


def _here() -> str:
    return source.get()
