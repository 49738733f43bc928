"""Pages about oneself and colleagues: signing in and out, settings, the inbox, the list of people."""

from flask import Blueprint

bp = Blueprint("people", __name__)

from people.routes import audit, colleagues, company, inbox, session, settings, way_out  # noqa: E402

__all__ = ["audit", "bp", "colleagues", "company", "inbox", "session", "settings", "way_out"]
