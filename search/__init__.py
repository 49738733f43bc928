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
from search.semantic import HoldsVectors, Vectors
from search.semantic.encoder import Encoder
from search.semantic.indexing import SUBSCRIBER as MEANING
from search.semantic.indexing import without_meaning
from search.semantic.sense import Senses
from search.semantic.upkeep import EVERY_SECONDS, Upkeep

CHECK_SECONDS = 300  # between two readings of the whole index


@dataclass(frozen=True)
class Search:
    """What the running application has of this room."""

    engine: Engine
    pipeline: Pipeline
    repairer: Repairer
    meaning: "Meanings | None"

    @property
    def senses(self) -> Senses | None:
        return self.meaning.senses if self.meaning else None


@dataclass(frozen=True)
class Meanings:
    """What search by meaning is done with, where it is installed and switched on."""

    encoder: Encoder
    vectors: Vectors
    senses: Senses
    upkeep: Upkeep


def init_app(app: Flask, config: Config) -> None:
    from kb.publishing import PUBLISHED
    from kb.topics import ARTICLE_CHANGED
    from search import cli, demand, gaps, indexing, pins, records, routes, slots
    from search.report import Report

    try:
        engine = open_engine(config.search_url, config.data / "search")
    except ValueError as error:
        raise ConfigError(f"FIRSTHAND_SEARCH_URL: {error}") from None

    def deliver(_session: Session, events: Sequence[Event]) -> None:
        indexing.deliver(db, engine, events)

    repairer = Repairer(db, engine)
    kinds = [PUBLISHED, ARTICLE_CHANGED]
    meaning = _meanings(config, engine)
    pipeline = Pipeline(engine, meaning.senses if meaning else None)
    app.extensions["search"] = Search(engine, pipeline, repairer, meaning)
    outbox.subscribe(indexing.SUBSCRIBER, kinds, deliver, exclusive=True, batch=outbox.BATCH)
    if meaning:
        upkeep = meaning.upkeep
        outbox.subscribe(MEANING, kinds, upkeep.deliver, batch=10, apart=True)
        periodic.every(
            "search-meaning", EVERY_SECONDS, lambda _session: upkeep.start(), inside=False
        )
    else:
        outbox.subscribe(MEANING, kinds, without_meaning, inside=True, batch=outbox.BATCH)
    records.init(keeps=config.search_records)
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
    pins.init()
    gaps.init(engine, pipeline)
    app.extensions["search_report"] = Report(meaning.encoder if meaning else None)
    periodic.every(
        "search-index-check", CHECK_SECONDS, lambda _session: repairer.check(), inside=False
    )
    health.add_check(app, "index", lambda: _answers(repairer, engine))
    app.register_blueprint(routes.bp)
    slots.init_app(app)
    cli.init_app(app)


def _meanings(config: Config, engine: Engine) -> Meanings | None:
    encoder = Encoder(config.data / "search", on=config.semantic)
    if not encoder.is_there:
        return None
    from search.semantic.vectors import VectorFolder  # which needs packages that may be missing

    vectors: Vectors
    if isinstance(engine, HoldsVectors):
        vectors = engine.vectors(encoder.name)
    else:
        vectors = VectorFolder(config.data / "search" / "meaning", encoder.name)
    upkeep = Upkeep(db, encoder, vectors, config.data / "search" / "meaning.lock")
    senses = Senses(encoder, vectors, lambda _error: upkeep.start())
    return Meanings(encoder, vectors, senses, upkeep)


def _answers(repairer: Repairer, engine: Engine) -> str | None:
    repairer.asking(lambda: engine.searcher().documents)
    return "ok, but damaged; being built anew" if repairer.is_repairing else None


def warm_up(app: Flask) -> None:
    """Have the encoder ready before the first search asks it, and see to what is still to be embedded."""
    meaning: Meanings | None = app.extensions["search"].meaning
    if meaning is not None:
        meaning.upkeep.start()
        meaning.encoder.wait()
        meaning.encoder.knows("")  # which reads what it knows


def search_of_app() -> Search:
    """The search room of the running application."""
    return cast(Search, current_app.extensions["search"])
