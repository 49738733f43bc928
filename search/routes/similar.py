"""Articles that are like the one somebody reads."""

import logging
from typing import Any

from flask import render_template

from core.db import db
from kb import queries
from kb.queries import ArticlePage, ResultRow
from kb.routes.managing import moved
from people.signin import me
from search import indexing, likeness, search_of_app
from search.engines import EngineError
from search.routes import bp
from search.withheld import withheld

log = logging.getLogger("firsthand.search")

SHOWN = 4


@bp.get("/articles/<slug>/similar")
def similar_to(slug: str) -> Any:
    article = queries.article_page(db.session, me(), slug)
    if article is None:
        return moved(slug, "search.similar_to")
    try:
        rows, is_known = _similar(article), True
    except EngineError as error:
        log.warning("similar articles cannot be looked for: %s", error)
        rows, is_known = [], False
    return render_template("search/similar.html", article=article, rows=rows, is_known=is_known)


def _similar(article: ArticlePage) -> list[ResultRow]:
    found = next(queries.searchable(db.session, [article.id]), None)
    if found is None:
        return []  # nobody finds it any more, and nothing is like it
    room = search_of_app()
    ids = room.repairer.asking(
        lambda: likeness.similar(
            room.engine.searcher(), room.senses, indexing.document(found), withheld(db.session)
        )
    )
    rows = queries.result_rows(db.session, me(), ids)
    return [rows[id_] for id_ in ids if id_ in rows][:SHOWN]
