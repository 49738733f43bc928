"""The Atom feed of what is new."""

from flask import Response, render_template

from core import clock
from core.db import db
from core.web import settings
from kb import queries
from kb.queries import Filter
from kb.routes import bp
from people.signin import me


@bp.get("/feed.atom")
def feed() -> Response:
    rows = queries.rows(db.session, me(), Filter(), limit=30)
    updated = rows[0].published_at if rows else clock.now()
    body = render_template("kb/feed.atom", rows=rows, updated=updated, base_url=settings().base_url)
    return Response(body, content_type="application/atom+xml; charset=utf-8")
