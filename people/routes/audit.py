"""Administrators' pages about the audit log: filter it, read it, take it along as CSV."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request

from core import audit_log
from core.audit_log import Filter
from core.db import db
from core.errors import NotAllowed
from core.tables import csv_lines
from core.web import number
from people import accounts, zones
from people.permissions import can_read_audit
from people.signin import me

bp = Blueprint("audit", __name__)

FIELDS = ("person", "action", "thing", "id", "name", "since", "until")
LONGEST = 100  # characters of what is looked for


@bp.before_request
def require_admin() -> None:
    if not can_read_audit(me()):
        raise NotAllowed("Only administrators read the audit log.")


@dataclass(frozen=True)
class Asked:
    """What the address asks for: as typed, as understood, and what could not be."""

    typed: dict[str, str]
    filter: Filter
    errors: dict[str, str]


@bp.get("/admin/audit")
def entries() -> Any:
    zone = zones.of(db.session, me())
    asked = _asked(request.args)
    before = number(request.args.get("before"))
    shown = audit_log.Part((), None)
    if not asked.errors:
        shown = audit_log.part(db.session, asked.filter, before or None)
    page = render_template(
        "people/audit.html",
        asked=asked,
        shown=shown,
        before=before,
        actions=[(key, audit_log.in_words(key)) for key in audit_log.actions(db.session)],
        things=[(key, audit_log.in_words(key)) for key in audit_log.things(db.session)],
        zone=zone,
        in_words=audit_log.in_words,
        detail=audit_log.detail,
    )
    return page, 422 if asked.errors else 200


@bp.get("/admin/audit.csv")
def export() -> Any:
    """The same entries, all of them, sent while they are read."""
    asked = _asked(request.args)
    if asked.errors:
        return entries()
    lines = csv_lines(audit_log.COLUMNS, _rows(asked.filter))
    name = f"audit-{zones.today(db.session, me()).isoformat()}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(lines, mimetype="text/csv", headers=headers)


def _rows(filter: Filter) -> Iterator[list[str]]:
    """In a session of its own: that of the request is closed before the last line is sent."""
    with db.reading() as session:
        yield from map(audit_log.row, audit_log.stream(session, filter))


def _asked(args: Mapping[str, str]) -> Asked:
    typed = {field: args.get(field, "").strip()[:LONGEST] for field in FIELDS}
    typed = {field: text for field, text in typed.items() if text}
    errors: dict[str, str] = {}
    zone = zones.of(db.session, me())
    since = _day(typed, "since", errors)
    until = _day(typed, "until", errors)
    if since and until and until < since:
        errors["until"] = "The last day comes before the first."
    filter = Filter(
        person=typed.get("person", ""),
        person_id=_person(typed.get("person", "")),
        action=typed.get("action", ""),
        thing=typed.get("thing", ""),
        thing_id=number(typed.get("id"), -1) if "id" in typed else None,
        name=typed.get("name", ""),
        since=_begin(since, zone) if since else None,
        until=_begin(until + timedelta(days=1), zone) if until else None,
    )
    return Asked(typed, filter, errors)


def _day(typed: Mapping[str, str], field: str, errors: dict[str, str]) -> date | None:
    text = typed.get(field)
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not 1970 <= day.year < 3000:
        errors[field] = "Give a day as 2026-03-31."
        return None
    return day


def _begin(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _person(word: str) -> int | None:
    """Who has this handle or address, if it is one."""
    if not word:
        return None
    found = accounts.find_by_email(db.session, word) or accounts.find_by_handle(db.session, word)
    return found.id if found else None
