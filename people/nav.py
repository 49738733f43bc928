"""What the frame of every page shows about the person: counts beside its links, the demo banner."""

import time
from collections.abc import Callable

import sqlalchemy as sa
from flask import Flask, current_app
from sqlalchemy.orm import Session

from core.db import db
from people.models import Notice, User
from people.signin import me

Counter = Callable[[Session, User], int | None]

BANNER_SECONDS = 5.0  # how long the answer to "are there demo people?" is kept


def init_app(app: Flask) -> None:
    app.extensions["nav_counters"] = {"inbox": unread}
    app.extensions["demo_banner"] = (0.0, False)
    app.jinja_env.globals.update(nav_counts=nav_counts, demo_banner=demo_banner)


def add_counter(app: Flask, name: str, counter: Counter) -> None:
    """Let a room show a number in the navigation; None hides the link it belongs to."""
    app.extensions["nav_counters"][name] = counter


def nav_counts() -> dict[str, int | None]:
    counters: dict[str, Counter] = current_app.extensions["nav_counters"]
    return {name: counter(db.session, me()) for name, counter in counters.items()}


def unread(session: Session, user: User) -> int:
    return int(session.connection().execute(_UNREAD, {"reader": user.id}).scalar_one())


def demo_banner() -> bool:
    """Whether demo people can sign in here; everybody has to know."""
    until, answer = current_app.extensions["demo_banner"]
    if time.monotonic() > until:
        answer = (
            db.session.scalar(sa.select(User.id).where(User.demo, User.active).limit(1)) is not None
        )
        current_app.extensions["demo_banner"] = (time.monotonic() + BANNER_SECONDS, answer)
    return bool(answer)


_notice = Notice.__table__.c
_UNREAD = (
    sa.select(sa.func.count())
    .select_from(Notice.__table__)
    .where(_notice.user_id == sa.bindparam("reader"), _notice.read_at.is_(None), _notice.shown)
)
