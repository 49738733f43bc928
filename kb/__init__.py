"""Articles: writing them, publishing them, reading them. Does not know that reviews exist."""

from collections.abc import Sequence

from flask import Flask
from sqlalchemy.orm import Session

from core import outbox
from core.db import db
from core.outbox import Event


def init_app(app: Flask) -> None:
    from kb import cli, permissions, publishing, rendering, routes, slots, topics

    def relink(session: Session, events: Sequence[Event]) -> None:
        rendering.relink(db, session, events)

    outbox.subscribe("wiki-links", [publishing.PUBLISHED], relink, batch=50)
    outbox.subscribe("topic-articles", [topics.CHANGED], topics.touch_articles, inside=True)
    app.register_blueprint(routes.bp)
    app.jinja_env.globals.update(
        can_edit_draft=permissions.can_edit_draft,
        can_delete_draft=permissions.can_delete_draft,
        can_manage_topics=permissions.can_manage_topics,
    )
    slots.init_app(app)
    cli.init_app(app)
