"""Tells programs whether this process is alive and whether what it needs answers."""

import logging
from collections.abc import Callable

import sqlalchemy as sa
from flask import Blueprint, Flask, Response, current_app, jsonify

from core.db import db
from core.web import public, settings

log = logging.getLogger("firsthand.health")

bp = Blueprint("health", __name__)

# Raises when the part does not answer; may return what else is to be said of it.
Check = Callable[[], str | None]


def init_app(app: Flask) -> None:
    app.extensions["health"] = {"database": _database, "storage": _storage}
    app.register_blueprint(bp)


def add_check(app: Flask, name: str, check: Check) -> None:
    """Let `/readyz` call `check()`, which raises when its part does not answer.

    What it returns is said in place of "ok".
    """
    app.extensions["health"][name] = check


@bp.get("/healthz")
@public
def alive() -> Response:
    return jsonify(status="ok")


@bp.get("/readyz")
@public
def ready() -> tuple[Response, int]:
    parts = {
        name: _answers(name, check) for name, check in current_app.extensions["health"].items()
    }
    well = all(parts.values())
    words = {name: said or "no answer" for name, said in parts.items()}
    return jsonify(status="ok" if well else "not ready", parts=words), 200 if well else 503


def _answers(name: str, check: Check) -> str | None:
    """What is said of a part; none: it does not answer."""
    try:
        return check() or "ok"
    except Exception:
        log.exception("%s does not answer", name)
        return None


def _database() -> str | None:
    db.session.execute(sa.text("SELECT 1"))
    return None


def _storage() -> str | None:
    folder = settings().data
    if not folder.is_dir():
        raise FileNotFoundError(folder)
    return None
