"""Puts the rooms together; the only module that knows them all."""

from collections.abc import Mapping

from flask import Flask
from flask_compress import Compress

import curation
import kb
import ops
import people
import search
from core import assets, cli, config, csrf, health, kept_events, logs, refusals, web
from core.db import db


def create_app(environment: Mapping[str, str] | None = None) -> Flask:
    """The application, with settings from `environment` or else from the process's own."""
    settings = config.load(environment)
    logs.init_app()
    app = Flask(__name__, static_folder=None)
    app.config.update(
        FIRSTHAND=settings,
        MAX_CONTENT_LENGTH=(settings.image_mb + 2) * 1_000_000,
        MAX_FORM_MEMORY_SIZE=2_000_000,
        MAX_FORM_PARTS=200,
        COMPRESS_ALGORITHM=["zstd", "gzip"],
        COMPRESS_ZSTD_LEVEL=3,
        COMPRESS_LEVEL=4,
        COMPRESS_MIN_SIZE=800,
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    web.init_app(app)
    csrf.init_app(app)
    assets.init_app(app)
    db.init_app(app, settings.database_url)
    kept_events.init()
    people.init_app(app, settings)
    health.init_app(app)
    kb.init_app(app)
    curation.init_app(app)
    search.init_app(app, settings)
    refusals.init_app(app)
    cli.init_app(app)
    ops.init_app(app)
    Compress(app)
    return app
