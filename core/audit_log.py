"""Reading the audit log: filtered, newest first, in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.audit import AuditEntry

PAGE = 50
PORTION = 500  # of a long list, read at once

COLUMNS = ("at", "person", "action", "thing", "thing id", "name", "detail", "from")


@dataclass(frozen=True)
class Filter:
    """Which entries; what is left empty narrows nothing."""

    person: str = ""  # part of the name, as it was then
    person_id: int | None = None  # or this person, whatever they were called
    action: str = ""
    thing: str = ""
    thing_id: int | None = None
    name: str = ""  # part of what the thing was called
    since: datetime | None = None
    until: datetime | None = None  # not this moment any more


def select(filter: Filter) -> sa.Select[AuditEntry]:
    """The entries wanted, newest first."""
    query = sa.select(AuditEntry).order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
    for condition in _conditions(filter):
        query = query.where(condition)
    return query


def _conditions(filter: Filter) -> Iterator[sa.ColumnElement[bool]]:
    if filter.person:
        named = AuditEntry.actor_name.icontains(filter.person, autoescape=True)
        yield sa.or_(named, AuditEntry.actor == filter.person_id) if filter.person_id else named
    if filter.action:
        yield AuditEntry.action == filter.action
    if filter.thing:
        yield AuditEntry.thing == filter.thing
    if filter.thing_id is not None:
        yield AuditEntry.thing_id == filter.thing_id
    if filter.name:
        yield AuditEntry.thing_name.icontains(filter.name, autoescape=True)
    if filter.since:
        yield AuditEntry.at >= filter.since
    if filter.until:
        yield AuditEntry.at < filter.until


@dataclass(frozen=True)
class Part:
    """Some entries, and the number of the last where older ones follow."""

    entries: Sequence[AuditEntry]
    older: int | None


def part(session: Session, filter: Filter, before: int | None = None, size: int = PAGE) -> Part:
    """Entries that come after `before` in the list; however long it is, this costs the same."""
    query = select(filter)
    last = session.get(AuditEntry, before) if before else None
    if last is not None:
        same_moment = sa.and_(AuditEntry.at == last.at, AuditEntry.id < last.id)
        query = query.where(sa.or_(AuditEntry.at < last.at, same_moment))
    found = session.scalars(query.limit(size + 1)).all()
    shown = found[:size]
    return Part(shown, shown[-1].id if len(found) > size else None)


def stream(session: Session, filter: Filter) -> Iterator[AuditEntry]:
    """All of them, read in portions: the log may be long."""
    return iter(session.scalars(select(filter).execution_options(yield_per=PORTION)))


def actions(session: Session) -> Sequence[str]:
    """Every action that was ever written down."""
    return session.scalars(
        sa.select(AuditEntry.action).distinct().order_by(AuditEntry.action)
    ).all()


def things(session: Session) -> Sequence[str]:
    """Every sort of thing that something was done to."""
    return session.scalars(sa.select(AuditEntry.thing).distinct().order_by(AuditEntry.thing)).all()


# In words


def in_words(key: str) -> str:
    """ "article.interval_changed" as a reader has it: Article interval changed."""
    words = " ".join(key.replace(".", " ").replace("_", " ").split())
    return words[:1].upper() + words[1:]


def detail(entry: AuditEntry) -> list[tuple[str, str]]:
    """What is known beyond who, what and when: (name, value) in words; of changes, what was before."""
    facts = dict(entry.detail)
    changed = []
    if _are_changes(facts.get("before"), facts.get("after")):
        before, after = facts.pop("before"), facts.pop("after")
        changed = [
            (in_words(name), f"{_value(before.get(name))} → {_value(after.get(name))}")
            for name in {**before, **after}
            if before.get(name) != after.get(name)
        ]
    return changed + [(in_words(name), _value(value)) for name, value in facts.items()]


def _are_changes(before: Any, after: Any) -> bool:
    return isinstance(before, Mapping) and isinstance(after, Mapping)


def _value(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(f"{in_words(str(name))}: {_value(each)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(_value(each) for each in value)
    return str(value)


def row(entry: AuditEntry) -> list[str]:
    """As a table takes it, in the order of COLUMNS."""
    facts = "; ".join(f"{name}: {value}" for name, value in detail(entry))
    return [
        entry.at.isoformat(timespec="seconds"),
        entry.actor_name,
        entry.action,
        entry.thing,
        "" if entry.thing_id is None else str(entry.thing_id),
        entry.thing_name,
        facts,
        entry.source,
    ]


def as_json(entry: AuditEntry) -> dict[str, Any]:
    """As programs take it, with the details as they were written."""
    return {
        "id": entry.id,
        "at": entry.at.isoformat(),
        "person": entry.actor,
        "person_name": entry.actor_name,
        "action": entry.action,
        "thing": entry.thing,
        "thing_id": entry.thing_id,
        "thing_name": entry.thing_name,
        "detail": entry.detail,
        "from": entry.source,
    }
