"""Finding articles: one pipeline over an engine that the settings choose."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app
from sqlalchemy.orm import Session

from core import health, outbox, periodic
from core.config import Config, ConfigError
from core.db import db
from core.outbox import Event
from search.engines import Engine, open_engine
from search.pipeline import Pipeline
from search.repair import Repairer


@dataclass(frozen=True)
class Search:
    """What the running application has of this room."""

    engine: Engine
    pipeline: Pipeline
    repairer: Repairer


def init_app(app: Flask, config: Config) -> None:
    from kb.publishing import PUBLISHED
    from kb.topics import ARTICLE_CHANGED
    from search import cli, demand, indexing, records, routes, slots

    try:
        engine = open_engine(config.search_url, config.data / "search")
    except ValueError as error:
        raise ConfigError(f"FIRSTHAND_SEARCH_URL: {error}") from None

    def deliver(_session: Session, events: Sequence[Event]) -> None:
        indexing.deliver(db, engine, events)

    repairer = Repairer(db, engine)
    app.extensions["search"] = Search(engine, Pipeline(engine), repairer)
    kinds = [PUBLISHED, ARTICLE_CHANGED]
    outbox.subscribe(indexing.SUBSCRIBER, kinds, deliver, exclusive=True, batch=outbox.BATCH)
    if config.search_records:
        records.init()
    periodic.every("search-records", 24 * 3600, records.forget)
    demanded = demand.Demand(db, engine)
    periodic.every(
        demand.SUBSCRIBER, demand.EVERY_SECONDS, lambda _session: demanded.refresh(), inside=False
    )
    outbox.subscribe(
        demand.SUBSCRIBER,
        ["review.submitted"],
        lambda _session, _events: demanded.refresh_new(),
        batch=50,
    )
    health.add_check(app, "index", lambda: _answers(repairer, engine))
    app.register_blueprint(routes.bp)
    slots.init_app(app)
    cli.init_app(app)


def _answers(repairer: Repairer, engine: Engine) -> None:
    repairer.asking(lambda: engine.searcher().documents)


def search_of_app() -> Search:
    """The search room of the running application."""
    return cast(Search, current_app.extensions["search"])
