"""What browsers tell us of searches: one that rests, and what was opened of it."""

from urllib.parse import SplitResult, parse_qs

from flask import Response, request, url_for

from core.db import db
from core.web import came_from, is_by_person, is_reading, number, posted
from people.signin import me
from search import records
from search.permissions import can_curate_search
from search.query import parse
from search.routes import bp

NOTED = 204  # with nothing to say about it


def is_preview() -> bool:
    """Whether somebody only tries what would be found: from a review, or a curator by means of theirs.

    To whoever may not see explanations asking for them means nothing, and a card is a page like any.
    """
    origin = came_from()
    if origin is not None and origin.path.startswith("/reviews"):
        return True
    tries = "explain" in request.args or (origin is not None and _is_for_trying(origin))
    return tries and can_curate_search(db.session, me())


def _is_for_trying(page: SplitResult) -> bool:
    """Whether curators come from this page to see what others would find: explained, pins, cards."""
    asked = parse_qs(page.query, keep_blank_values=True)
    return page.path.startswith("/search/") or (page.path == "/search" and "explain" in asked)


@bp.post("/search/settled")
def settled() -> Response:
    """Results that came while typing are a search once their words rest, or one is opened.

    Each letter asks for results, so no answer notes anything: the page says here what became of it.
    """
    sent = posted()
    query = parse(sent.get("q", ""))
    if not (is_preview() or _is_robot()):
        found, topic = number(sent.get("found")), sent.get("topic", "")
        records.note_search(query, found, by=me().id, topic=topic)
    return Response(status=NOTED)


@bp.post("/search/opened")
def opened() -> Response:
    """A script says which result was followed, and where it stood."""
    sent = posted()
    rank = number(sent.get("rank"))
    if not (is_preview() or _is_robot()):
        slug = sent.get("article", "")
        records.note_opening(sent.get("q", ""), slug, rank or None, by=me().id)
    return Response(status=NOTED)


@bp.after_app_request
def note_opening(response: Response) -> Response:
    """Without a script the browser still says from which page of ours it came to an article."""
    if request.endpoint == "kb.article" and response.status_code == 200 and is_reading():
        origin = came_from()
        if origin and origin.path == url_for("search.search") and not is_preview():
            typed = parse_qs(origin.query).get("q", [""])[0]
            records.note_opening(typed, (request.view_args or {})["slug"], None, by=me().id)
    return response


def _is_robot() -> bool:
    return not is_by_person()
