"""The queue: the list with its filters, the filters somebody keeps, and its feed."""

from dataclasses import replace
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for

from core import clock
from core.db import db
from core.errors import DomainError, Invalid, NotAllowed, NotFound
from core.web import page_of, posted, public, settings
from curation import facets, saved, subscription
from curation.filters import AGE, QueueFilter
from curation.permissions import can_see_queue
from curation.queue import View, look
from curation.queue_rows import rows
from curation.routes.blueprint import bp
from curation.why import why
from people.models import User
from people.signin import me

PAGE = 20
FEED = 50


def require_queue(user: User) -> None:
    if not can_see_queue(user, db.session):
        raise NotAllowed("The queue is for curators. Your own submissions are on your drafts page.")


@bp.get("/reviews")
def queue() -> Any:
    require_queue(me())
    return _page(look(db.session, me(), QueueFilter.parse(request.args)))


def _page(view: View, *, name: str = "", errors: dict[str, str] | None = None) -> str:
    page = page_of(len(view.places), PAGE)
    shown = rows(db.session, view, view.lines(page.offset, page.offset + page.size))
    now = clock.now()
    feed_path = _feed_path(view.filter)
    kept = [(each, saved.filter_of(each)) for each in saved.of(db.session, me())]
    return render_template(
        "curation/queue.html",
        view=view,
        filter=view.filter,
        rows=[(row, why(row, me(), now)) for row in shown],
        page=page,
        states=facets.states(view),
        facets=facets.facets(view),
        topics=facets.topic_options(view),
        authors=facets.author_options(view),
        teams=facets.team_options(view),
        chosen=facets.chosen(view),
        saved=[(each, each_filter, view.count(each_filter)) for each, each_filter in kept],
        feed=settings().base_url + feed_path,
        feed_path=feed_path,
        name=name,
        errors=errors or {},
        longest_name=saved.LONGEST_NAME,
    )


# The filters that somebody keeps


@bp.get("/reviews/filters")
def saved_filters() -> Any:
    require_queue(me())
    return _filters_page()


def _filters_page(*, wrong: int = 0, typed: str = "", errors: dict[str, str] | None = None) -> str:
    return render_template(
        "curation/queue_filters.html",
        kept=saved.of(db.session, me()),
        wrong=wrong,
        typed=typed,
        errors=errors or {},
        longest_name=saved.LONGEST_NAME,
        most=saved.MOST,
    )


@bp.post("/reviews/filters")
def save_filter() -> Any:
    """Keep the filter whose parts the form carries, under the name it carries."""
    require_queue(me())
    sent = posted()
    filter_ = QueueFilter.parse(sent)
    try:
        kept = saved.save(db.session, filter_, sent.get("name", ""), by=me())
    except DomainError as error:
        db.session.rollback()
        errors = error.fields if isinstance(error, Invalid) else {}
        view = look(db.session, me(), filter_)
        problem = errors or {"name": error.message}
        return _page(view, name=sent.get("name", ""), errors=problem), error.status
    db.session.commit()
    flash(f"Saved as {kept.name}.")
    return redirect(url_for(".queue", **filter_.arguments()), 303)


@bp.post("/reviews/filters/<int:filter_id>/name")
def rename_filter(filter_id: int) -> Any:
    require_queue(me())
    name = posted().get("name", "")
    try:
        kept = saved.rename(db.session, filter_id, name, by=me())
    except Invalid as error:
        db.session.rollback()
        return _filters_page(wrong=filter_id, typed=name, errors=error.fields), error.status
    db.session.commit()
    flash(f"Renamed to {kept.name}.")
    return redirect(url_for(".saved_filters"), 303)


@bp.post("/reviews/filters/<int:filter_id>/deletion")
def delete_filter(filter_id: int) -> Any:
    require_queue(me())
    saved.remove(db.session, filter_id, by=me())
    db.session.commit()
    flash("Deleted.")
    return redirect(url_for(".saved_filters"), 303)


# The feed


def _feed_path(filter_: QueueFilter) -> str:
    key = subscription.token(settings().secret_key, me())
    return url_for(".feed", **filter_.arguments(), key=key)


@bp.get("/reviews.atom")
@public
def feed() -> Response:
    """For feed readers, which cannot sign in: the address itself says whose it is, and proves it."""
    key = request.args.get("key", "")
    reader = subscription.reader(db.session, settings().secret_key, key)
    if reader is None or not can_see_queue(reader, db.session):
        raise NotFound(
            "This address leads to no feed any more. Open the queue, and subscribe again there."
        )
    asked = QueueFilter.parse(request.args)
    view = look(db.session, reader, replace(asked, order=AGE))
    newest = rows(db.session, view, view.lines(-FEED))[::-1]
    body = render_template(
        "curation/queue.atom",
        rows=newest,
        updated=newest[0].submitted_at if newest else clock.now(),
        base_url=settings().base_url,
        query=asked.query(),
    )
    return Response(body, content_type="application/atom+xml; charset=utf-8")
