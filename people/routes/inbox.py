"""The inbox."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from flask import redirect, render_template, request, url_for

from core import clock
from core.db import db
from core.errors import NotFound
from core.web import page_of
from people import inbox, zones
from people.models import Notice
from people.routes import bp
from people.signin import me


@bp.get("/inbox")
def show_inbox() -> Any:
    unread = inbox.count(db.session, me(), unread=True)
    only_unread = request.args.get("show") == "unread"
    page = page_of(unread if only_unread else inbox.count(db.session, me()))
    found = inbox.notices(db.session, me(), unread=only_unread, offset=page.offset, limit=page.size)
    return render_template(
        "people/inbox.html", days=_by_day(found), page=page, unread=unread, only_unread=only_unread
    )


def _by_day(notices: Sequence[Notice]) -> list[tuple[str, list[Notice]]]:
    """The notices of each day of the reader's own zone, under its name."""
    zone = zones.of(db.session, me())
    today = clock.now().astimezone(zone).date()
    today = clock.now().astimezone(zone).date()
    days = groupby(notices, key=lambda notice: notice.at.astimezone(zone).date())
    return [(_name(day, today), list(group)) for day, group in days]


def _name(day: date, today: date) -> str:
    if day == today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    name = f"{day:%A}, {day.day} {day:%B}"
    return name if day.year == today.year else f"{name} {day.year}"


@bp.post("/inbox/reading")
def read_all() -> Any:
    inbox.mark_read(db.session, me())
    db.session.commit()
    return redirect(url_for(".show_inbox"), 303)


@bp.post("/inbox/<int:notice_id>/reading")
def read_one(notice_id: int) -> Any:
    """Mark a notice as read and go to what it is about."""
    notice = db.session.get(Notice, notice_id)
    if notice is None or notice.user_id != me().id:
        raise NotFound("There is no such notice.")
    inbox.mark_read(db.session, me(), notice_id)
    db.session.commit()
    return redirect(notice.path, 303)
