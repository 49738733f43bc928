"""Articles: writing them, publishing them, reading them. Does not know that reviews exist."""

from collections.abc import Sequence

from flask import Flask
from sqlalchemy.orm import Session

from core import kept_events, outbox, periodic, tally
from core.config import Config
from core.db import db
from core.outbox import Event


def init_app(app: Flask) -> None:
    from kb import (
        care_notices,
        cli,
        holdings,
        lifecycle,
        lifecycle_notices,
        outcomes,
        permissions,
        plans,
        publishing,
        reminders,
        rendering,
        routes,
        slots,
        topics,
        verification,
        views,
    )

    def relink(session: Session, events: Sequence[Event]) -> None:
        rendering.relink(db, session, events)

    named_anew = [publishing.PUBLISHED, *lifecycle.NAMED_ANEW]
    outbox.subscribe("wiki-links", named_anew, relink, batch=50)
    outbox.subscribe("topic-articles", [topics.CHANGED], topics.touch_articles, inside=True)
    care_notices.init_app()
    lifecycle_notices.init_app()
    holdings.init_app()
    periodic.every("plans", plans.EVERY_SECONDS, plans.carry_out_due)
    periodic.every("care-reminders", reminders.EVERY_SECONDS, reminders.remind)
    kept_events.remember(reminders.MARKS.values())
    config: Config = app.config["FIRSTHAND"]
    outcomes.init(keeps_words=config.search_records)
    tally.register(views.COUNTER, views.write)
    app.extensions["article_visits"] = views.Visits()
    app.register_blueprint(routes.bp)
    app.jinja_env.globals.update(
        can_edit_draft=permissions.can_edit_draft,
        can_delete_draft=permissions.can_delete_draft,
        can_manage_topics=permissions.can_manage_topics,
        trust_of=verification.trust,
    )
    slots.init_app(app)
    cli.init_app(app)
