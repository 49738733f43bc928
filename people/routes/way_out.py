"""Ending mail by the link in it, without signing in."""

from typing import Any

from flask import render_template

from core.csrf import from_any_site
from core.db import db
from core.web import public, settings
from people import choices
from people.routes import bp


@bp.get("/unsubscribe/<token>")
@public
def way_out(token: str) -> Any:
    """Only asks: programs that look through mail open every link in it."""
    way = choices.read_way_out(db.session, settings(), token)
    return render_template("people/unsubscribe.html", sorts=way.sorts, done=False)


@bp.post("/unsubscribe/<token>")
@public
@from_any_site
def leave(token: str) -> Any:
    """The page's button, or a mail program on the reader's behalf (RFC 8058), which follows no redirect."""
    way = choices.read_way_out(db.session, settings(), token)
    choices.leave(db.session, way)
    db.session.commit()
    return render_template("people/unsubscribe.html", sorts=way.sorts, done=True)
