"""The search page, what is offered while typing, and how browsers find us."""

import logging
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs

from flask import Response, jsonify, render_template, request, url_for

from core.db import db
from core.web import Page, came_from, is_reading, number, posted, public, settings
from kb import queries, topics
from kb.queries import Filter, ResultRow
from people.signin import me
from search import records, search_of_app
from search.engines import EngineError
from search.facets import chosen, facets
from search.page import Shown, shown, wider
from search.pipeline import PAGE_SIZE, Results
from search.query import LONGEST_QUERY, Query, parse
from search.routes import bp

log = logging.getLogger("firsthand.search")


@bp.get("/search")
def search() -> Any:
    typed = request.args.get("q", "")
    filters = _present_topics(chosen(request.args))
    as_typed = parse(typed)
    query = as_typed.narrowed(filters)
    if query.is_empty:
        return render_template("search/empty.html", q=query.text)
    room = search_of_app()
    try:
        results: Results[ResultRow] = room.repairer.asking(
            lambda: room.pipeline.search(
                query,
                _visible,
                page=number(request.args.get("page"), 1),
                spell="exact" not in request.args,
            )
        )
        elsewhere = [] if results.total else wider(room.pipeline, as_typed, filters, _visible)
    except EngineError as error:
        log.warning("a search was answered from the database: %s", error)
        return _from_database(typed)
    _note(query, results)
    narrowing = facets(db.session, results.facets, results.total, query.text, filters)
    return render_template(
        "search/results.html",
        q=query.text,
        results=results,
        hits=_shown(results),
        facets=narrowing,
        chosen=[(f, choice) for f in narrowing for choice in f.choices if choice.is_chosen],
        elsewhere=elsewhere,
        page=Page(results.page, PAGE_SIZE, min(results.total, results.pages * PAGE_SIZE)),
        arguments=_arguments(query.text, filters),
    )


def _note(query: Query, results: Results[ResultRow]) -> None:
    """Remember the search, unless it goes on from one or a curator tries what would be found."""
    origin = came_from()
    is_preview = "explain" in request.args or (origin and origin.path.startswith("/reviews"))
    if is_reading() and results.page == 1 and not is_preview:
        records.note_search(query, results.total, by=me().id)


@bp.post("/search/opened")
def opened() -> Response:
    """A script says which result was followed, and where it stood."""
    sent = posted()
    rank = number(sent.get("rank"))
    records.note_opening(sent.get("q", ""), sent.get("article", ""), rank or None, by=me().id)
    return Response(status=204)


@bp.after_app_request
def note_opening(response: Response) -> Response:
    """Without a script the browser still says from which page of ours it came to an article."""
    if request.endpoint == "kb.article" and response.status_code == 200 and is_reading():
        origin = came_from()
        if origin and origin.path == url_for("search.search"):
            typed = parse_qs(origin.query).get("q", [""])[0]
            records.note_opening(typed, (request.view_args or {})["slug"], None, by=me().id)
    return response


@bp.get("/search/suggest")
def suggest() -> Any:
    room = search_of_app()
    typed = request.args.get("q", "")
    try:
        rows = room.repairer.asking(lambda: room.pipeline.suggest(typed, _visible))
    except EngineError:
        rows = []  # who is typing is not to be disturbed; the search page says what is wrong
    return jsonify(
        suggestions=[
            {"title": row.title, "url": _url(row), "kind": row.kind.value, "topic": row.topic_name}
            for row in rows
        ]
    )


@bp.get("/search/similar")
def similar() -> Any:
    room = search_of_app()
    title = request.args.get("title", "")
    try:
        rows = room.repairer.asking(lambda: room.pipeline.similar(title, _visible))
    except EngineError:
        rows = []
    return jsonify(
        articles=[
            {
                "title": row.title,
                "url": _url(row),
                "summary": row.summary,
                "kind": row.kind.value,
            }
            for row in rows
        ]
    )


@bp.get("/opensearch.xml")
@public
def opensearch() -> Response:
    """How a browser adds us to its own search field."""
    text = render_template("search/opensearch.xml", base=settings().base_url)
    return Response(text, content_type="application/opensearchdescription+xml; charset=utf-8")


def _visible(ids: Sequence[int]) -> dict[int, ResultRow]:
    return queries.result_rows(db.session, me(), ids)


def _shown(results: Results[ResultRow]) -> list[Shown]:
    texts = queries.texts(db.session, me(), [hit.id for hit in results.hits])
    return shown(results, texts)


def _present_topics(filters: dict[str, str]) -> dict[str, str]:
    """A topic's former address still means it."""
    wanted = filters.get("topic")
    if wanted and topics.find(db.session, wanted) is None:
        moved = topics.find_moved(db.session, wanted)
        return {**filters, "topic": moved.slug} if moved else filters
    return filters


def _arguments(typed: str, filters: dict[str, str]) -> dict[str, str]:
    exact = {"exact": "1"} if "exact" in request.args else {}
    return {"q": typed, **filters, **exact}


def _from_database(typed: str) -> tuple[str, int, dict[str, str]]:
    """The index is down: say so, and offer what the titles in the database hold."""
    words = " ".join(word.text for word in parse(typed).words)
    rows: list[ResultRow] = []
    if words:
        _, rows = queries.listed(db.session, me(), Filter(title_words=words), limit=PAGE_SIZE)
    page = render_template("search/unavailable.html", q=typed[:LONGEST_QUERY], rows=rows)
    return page, 503, {"Retry-After": "10"}


def _url(row: ResultRow) -> str:
    return url_for("kb.article", slug=row.slug)
