"""The search page, what is offered while typing, and how browsers find us."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus

from flask import Response, jsonify, render_template, request, url_for

from core.db import db
from core.web import Page, is_reading, number, public, settings
from kb import queries, topics
from kb.queries import ResultRow
from people.signin import me
from search import records, search_of_app
from search.asking import ask
from search.engines import EngineError
from search.facets import chosen, facets
from search.offers import offers, wider
from search.page import Shown, shown
from search.permissions import can_curate_search
from search.pipeline import PAGE_SIZE, Pipeline, Results
from search.query import Query, parse
from search.routes import bp
from search.routes.pins import pins_shown
from search.routes.records import is_preview
from search.titles import titled
from search.withheld import withheld

log = logging.getLogger("firsthand.search")


@dataclass(frozen=True)
class _Asked:
    """What an address of the search page asks for."""

    as_typed: Query
    filters: dict[str, str]
    page: int
    exact: bool  # without correcting what was typed
    newest: bool
    explained: bool  # each result with the parts of its score
    is_live: bool  # by a script while somebody types: only what changes, and no record

    @property
    def query(self) -> Query:
        return self.as_typed.narrowed(self.filters)

    @property
    def kept(self) -> dict[str, str]:
        """What stays as it is when the results are narrowed."""
        wanted = {"sort": "newest" if self.newest else "", "explain": "1" if self.explained else ""}
        return {name: value for name, value in wanted.items() if value}

    @property
    def lasting(self) -> dict[str, str]:
        """What stays as it is when other words are looked for."""
        return {**self.filters, **self.kept}

    @property
    def arguments(self) -> dict[str, str]:
        """Of the address, for other pages of it."""
        exact = {"exact": "1"} if self.exact else {}
        return {"q": self.query.text, **exact, **self.lasting}


@bp.get("/search")
def search() -> Any:
    asked = _asked()
    query = asked.query
    if query.is_empty:
        return _page("empty", asked)
    room = search_of_app()
    try:
        results: Results[ResultRow] = room.repairer.asking(lambda: _answer(room.pipeline, asked))
        elsewhere = (
            wider(db.session, room.pipeline, asked.as_typed, asked.filters, _visible, results)
            if results.is_weak
            else []
        )
    except EngineError as error:
        log.warning("a search was answered from the database: %s", error)
        return _from_database(asked)
    _note(asked, results)
    narrowing = facets(db.session, results.facets, results.total, query.text, asked.filters)
    return _page(
        "results",
        asked,
        results=results,
        hits=_shown(results),
        facets=narrowing,
        chosen=[(f, choice) for f in narrowing for choice in f.choices if choice.is_chosen],
        offers=offers(db.session, results, elsewhere, by=me()) if results.is_weak else None,
        page=Page(results.page, PAGE_SIZE, min(results.total, results.pages * PAGE_SIZE)),
        arguments=asked.arguments,
        pins=pins_shown(results, newest=asked.newest),
        may_explain=can_curate_search(db.session, me()),
    )


def _asked() -> _Asked:
    return _Asked(
        parse(request.args.get("q", "")),
        _present_topics(chosen(request.args)),
        number(request.args.get("page"), 1),
        exact="exact" in request.args,
        newest=request.args.get("sort") == "newest",
        explained="explain" in request.args and can_curate_search(db.session, me()),
        is_live="live" in request.args,
    )


def _answer(pipeline: Pipeline, asked: _Asked) -> Results[ResultRow]:
    return ask(
        db.session,
        pipeline,
        asked.query,
        _visible,
        page=asked.page,
        spell=not asked.exact,
        newest=asked.newest,
        explain=asked.explained,
    )


def _page(name: str, asked: _Asked, **shown: Any) -> str:
    """A page of search or, for a script, only what changes of it: the same template either way."""
    return render_template(
        f"search/{name}.html",
        layout="search/_fragment.html" if asked.is_live else "base.html",
        q=asked.query.text,
        asked=asked,
        **shown,
    )


def _note(asked: _Asked, results: Results[ResultRow]) -> None:
    """Remember the search, unless it goes on from one or a curator tries what would be found.

    Where nothing fits, it found nothing, whatever is shown as perhaps meant. While somebody types,
    the script says what they stayed with (/search/settled).
    """
    if is_reading() and results.page == 1 and not asked.is_live and not is_preview():
        topic = results.hits[0].row.topic if results.hits else ""
        found = 0 if results.is_weak else results.total
        records.note_search(asked.query, found, by=me().id, topic=topic)


@bp.app_template_global("search_address")
def address(arguments: Mapping[str, str]) -> str:
    """The address of a search; what is empty is left out of it."""
    given = [f"{name}={_quoted(value)}" for name, value in arguments.items() if value]
    return f"/search?{'&'.join(given)}" if given else "/search"


# A page has thirty addresses with the same words in them.
_quoted = lru_cache(maxsize=1000)(quote_plus)


@bp.get("/search/suggest")
def suggest() -> Any:
    room = search_of_app()
    typed = request.args.get("q", "")
    try:
        rows = room.repairer.asking(
            lambda: room.pipeline.suggest(typed, _visible, withheld=withheld(db.session))
        )
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
        rows = room.repairer.asking(
            lambda: room.pipeline.similar(title, _visible, withheld=withheld(db.session))
        )
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


def _from_database(asked: _Asked) -> tuple[str, int, dict[str, str]]:
    """The index is down: say so, and offer what the titles in the database hold."""
    rows = titled(db.session, asked.query, by=me(), limit=PAGE_SIZE)
    return _page("unavailable", asked, rows=rows), 503, {"Retry-After": "10"}


def _url(row: ResultRow) -> str:
    return url_for("kb.article", slug=row.slug)
