"""What search adds to the pages of other rooms: where a text under review would be found."""

import logging
from collections.abc import Sequence
from typing import Any

from flask import Flask, render_template
from markupsafe import Markup
from sqlalchemy.orm import Session

from core.db import db
from core.web import fill_slot
from kb.models import Revision
from people.models import User
from people.signin import me
from search import search_of_app
from search.engines import EngineError
from search.findability import findability, imagined_document
from search.likeness import alike

log = logging.getLogger("firsthand.search")


def init_app(app: Flask) -> None:
    fill_slot(app, "review.findability", findable)
    # For whoever compares texts: which published articles to look at.
    app.extensions["similar_published"] = similar_published


def findable(revision: Revision, **_: Any) -> Markup:
    """For people who may read the review: whoever shows the page has seen to that."""
    room = search_of_app()
    try:
        found = room.repairer.asking(
            lambda: findability(db.session, room.pipeline, room.engine.searcher(), revision, me())
        )
    except EngineError as error:
        log.warning("where a text would be found cannot be said: %s", error)
        found = None
    return Markup(render_template("search/_findability.html", found=found, revision=revision))


def similar_published(session: Session, _reader: User, revision: Revision) -> Sequence[int]:
    """Ids of articles that may say the same; who may see which of them is for the caller to ask."""
    text = imagined_document(session, revision, None)
    try:
        return alike(search_of_app().engine.searcher(), text)
    except (
        EngineError
    ) as error:  # nobody waits here for a lost index: whoever searches brings it back
        log.info("similar texts cannot be looked for: %s", error)
        return []
