"""Who is asking: sign-in by a signed cookie, and the rule that every page needs it unless public."""

from hmac import compare_digest
from typing import Any, cast
from urllib.parse import quote

import sqlalchemy as sa
from flask import Flask, Response, current_app, jsonify, redirect, render_template, request, url_for
from flask_login import LoginManager, current_user

from core.config import Config
from core.db import SAFE_METHODS, db
from core.web import own_address, wants_json
from people.models import User
from people.throttle import Throttle

TYPED = {"title": "Title", "summary": "Summary", "body": "Text", "note": "Note", "reason": "Reason"}
FORM = "application/x-www-form-urlencoded"
SESSION_ENDED = "You are not signed in any more. Sign in again in another tab, then go on here."


def init_app(app: Flask, config: Config) -> None:
    prefix = "__Host-" if config.is_https else ""
    app.config.update(
        SECRET_KEY=config.secret_key,
        SESSION_COOKIE_NAME=f"{prefix}firsthand",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.is_https,
        REMEMBER_COOKIE_NAME=f"{prefix}firsthand-remember",
        REMEMBER_COOKIE_HTTPONLY=True,
        REMEMBER_COOKIE_SAMESITE="Lax",
        REMEMBER_COOKIE_SECURE=config.is_https,
    )
    manager = LoginManager(app)
    manager.session_protection = None  # phones change networks; the session key ends sessions
    manager.user_loader(load)
    app.extensions["signin_throttle"] = Throttle()
    app.before_request(require_signin)


def me() -> User:
    """The person who is signed in: a copy to read, which belongs to no session."""
    return cast(User, current_user._get_current_object())


def throttle() -> Throttle:
    return cast(Throttle, current_app.extensions["signin_throttle"])


def load(cookie: str) -> User | None:
    """The person a cookie names, if active and not signed out everywhere since."""
    id_, _, key = cookie.partition(":")
    if not id_.isdecimal() or len(id_) > 9:
        return None
    if request.method in SAFE_METHODS:
        row = db.session.connection().execute(_PERSON, {"wanted": int(id_)}).first()
    else:
        # A writing session would take the database's write lock before a slow step such as rendering.
        with db.reading() as session:
            row = session.connection().execute(_PERSON, {"wanted": int(id_)}).first()
    if row is None or not row.active or not compare_digest(row.session_key, key):
        return None
    return User(**row._mapping)


# Every request asks this: built once, and without the ORM's share of the cost.
_PERSON = sa.select(User.__table__).where(User.__table__.c.id == sa.bindparam("wanted"))


def require_signin() -> Any:
    """Refuse everybody who is not signed in, unless the page is public."""
    if request.endpoint is None:
        return None
    view = current_app.view_functions[request.endpoint]
    if getattr(view, "public", False) or current_user.is_authenticated:
        return None
    if wants_json():
        response: Response = jsonify(message=SESSION_ENDED, signin=url_for("people.signin"))
        response.status_code = 401
        return response
    typed = _typed()
    if typed:
        page = render_template(
            "people/signin.html", next=_wanted(), email="", error=None, typed=typed
        )
        return page, 401
    return redirect(url_for("people.signin", next=_wanted()), 303)


def _typed() -> dict[str, str]:
    """Long texts of a form that came too late: shown again, so that they can be copied."""
    if request.method in SAFE_METHODS or request.mimetype != FORM:
        return {}  # a stranger's upload is not read at all
    fields = {name: request.form.get(name, "").strip() for name in TYPED}
    return {TYPED[name]: text for name, text in fields.items() if text}


def _wanted() -> str | None:
    """Where to go after signing in: the page asked for, or the page whose form was sent."""
    if request.method in SAFE_METHODS:
        # Escaped as it came: a question mark within the path must not begin the query.
        path, query = quote(request.path), request.query_string.decode()
        asked = f"{path}?{query}" if query else path
        return None if asked == "/" else own_address(asked)
    referrer = request.referrer or ""
    return own_address(referrer.removeprefix(request.host_url.rstrip("/")))
