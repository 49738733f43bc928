"""What search adds to the pages of other rooms: where a text would be found, and who looks for it."""

import logging
from collections.abc import Sequence
from typing import Any

from flask import Flask, render_template
from markupsafe import Markup
from sqlalchemy.orm import Session

from core.db import db
from core.web import fill_slot
from kb.models import Article, Draft, Revision
from kb.queries import ArticlePage
from people.models import User
from people.signin import me
from search import search_of_app
from search.engines import EngineError
from search.findability import findability, imagined_document
from search.gaps import listing, words, writing
from search.likeness import saying_the_same
from search.models import Gap, GapState

log = logging.getLogger("firsthand.search")

WANTED = 3  # shown to whoever is about to write


def init_app(app: Flask) -> None:
    fill_slot(app, "review.findability", findable)
    fill_slot(app, "draft.about", gap_of_draft)
    fill_slot(app, "review.about", gap_of_article)
    fill_slot(app, "write.wanted", wanted)
    fill_slot(app, "article.similar", similar_link)
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


def gap_of_draft(draft: Draft | None = None, **_: Any) -> Markup:
    """Whom a draft is written for, if it was begun from a card."""
    return _card(writing.of_draft(db.session, draft.id) if draft else None)


def gap_of_article(article: Article, **_: Any) -> Markup:
    """The same for those who read its review."""
    return _card(writing.of_article(db.session, article.id))


def wanted(**_: Any) -> Markup:
    """For somebody who is about to write: what others look for."""
    cards = listing.cards(db.session, me(), GapState.OPEN, limit=WANTED)
    return Markup(render_template("search/_wanted.html", cards=cards, words=words))


def similar_link(article: ArticlePage, **_: Any) -> Markup:
    """On the page of an article, to what is like it; a script brings that in once it is in sight."""
    return Markup(render_template("search/_similar.html", article=article))


def _card(gap: Gap | None) -> Markup:
    if gap is None:
        return Markup("")
    [card] = listing.seen(db.session, me(), [gap])
    return Markup(render_template("search/_gap_of_text.html", card=card, words=words))


def similar_published(session: Session, _reader: User, revision: Revision) -> Sequence[int]:
    """Ids of articles that may say the same; who may see which of them is for the caller to ask."""
    text = imagined_document(session, revision, None)
    room = search_of_app()
    try:
        return saying_the_same(room.engine.searcher(), room.senses, text)
    except (
        EngineError
    ) as error:  # nobody waits here for a lost index: whoever searches brings it back
        log.info("similar texts cannot be looked for: %s", error)
        return []
