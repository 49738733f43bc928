"""Home, articles, their history, topics, tags."""

from typing import Any
from urllib.parse import parse_qs

from flask import abort, current_app, redirect, render_template, request, url_for

from core import diff
from core.db import db
from core.web import came_from, is_reading, page_of, wants_json
from kb import differences, outcomes, queries, standing, stewards, views
from kb.models import Article, FlagReason, Publication
from kb.permissions import can_read_withheld
from kb.queries import Filter
from kb.routes import bp
from kb.topics import Deciders, find, find_moved, has_curators, tree
from people.signin import me


@bp.get("/")
def home() -> Any:
    topics = tree(db.session)
    counts = queries.counts_by_topic(db.session, me())
    total = sum(counts.values())
    roots = [
        (node, sum(counts.get(i, 0) for i in topics.below(node.id)))
        for node in topics.children(None)
    ]
    needs_setup = me().is_admin and total == 0
    return render_template(
        "kb/home.html",
        newest=queries.rows(db.session, me(), Filter(), limit=8),
        total=total,
        topics=roots,
        needs_setup=needs_setup,
        has_curators=needs_setup and has_curators(db.session),
    )


@bp.get("/articles/<slug>")
def article(slug: str) -> Any:
    found = queries.article_page(db.session, me(), slug)
    if found is None:
        return _moved(slug, "kb.article")
    _count_view(found)
    return article_html(found)


def article_html(article: queries.ArticlePage, **refused: Any) -> str:
    """The page of an article; `refused` is what its reader sent that did not fit."""
    can_manage = stewards.may_manage(
        db.session,
        me(),
        owner_id=article.owner_id,
        topic_id=article.topic_id,
        named=article.reader_is_named,
    )
    return render_template(
        "kb/article.html",
        article=article,
        can_manage=can_manage,
        is_asked=outcomes.is_asked(article, is_live=article.unpublished_at is None),
        found_by=_found_by(),
        **{"flag": _flag_begun(), **refused},
    )


def _found_by() -> str:
    """What somebody searched for who came from there."""
    origin = came_from()
    if origin is None or origin.path != "/search":
        return ""
    return parse_qs(origin.query).get("q", [""])[0]


def _flag_begun() -> dict[str, Any] | None:
    """The form for a flag, open and with its reason chosen, for whoever followed a link to it."""
    reason = request.args.get("flag", "")
    return {"form": {"reason": reason}, "errors": {}} if reason in list(FlagReason) else None


def _count_view(article: queries.ArticlePage) -> None:
    if is_reading() and not article.reader_wrote:
        visits: views.Visits = current_app.extensions["article_visits"]
        views.count(visits, article.id, by=me().id)


@bp.get("/articles/<slug>/history")
def history(slug: str) -> Any:
    found = queries.article_by_slug(db.session, me(), slug)
    if found is None:
        return _moved(slug, "kb.history")
    return render_template(
        "kb/history.html",
        article=found,
        publications=queries.publications(db.session, found.id),
        can_steer=stewards.can_steer(db.session, me(), found),
        sees_withheld=can_read_withheld(db.session, me(), found),
    )


@bp.get("/articles/<slug>/revisions/<int:number>")
def revision(slug: str, number: int) -> Any:
    found = queries.article_by_slug(db.session, me(), slug)
    if found is None:
        return _moved(slug, "kb.revision", number=number)
    last = standing.last_publication(db.session, found.id) or abort(404)
    return render_template(
        "kb/revision.html",
        article=found,
        publication=_publication(found, number),
        live=last.revision,
        live_number=last.number,
    )


def _publication(article: Article, number: int) -> Publication:
    """A text by its number, if this person may read it: what was taken back is not everybody's."""
    publication = queries.publication(db.session, article.id, number) or abort(404)
    if publication.unpublished_at and not can_read_withheld(db.session, me(), article):
        abort(404)
    return publication


@bp.get("/articles/<slug>/compare/<int:a>...<int:b>")
def compare(slug: str, a: int, b: int) -> Any:
    found = queries.article_by_slug(db.session, me(), slug)
    if found is None:
        return _moved(slug, "kb.compare", a=a, b=b)
    before, after = _publication(found, a), _publication(found, b)
    last = standing.last_publication(db.session, found.id) or abort(404)
    return render_template(
        "kb/compare.html",
        article=found,
        live=last.revision,
        before=before,
        after=after,
        difference=differences.between(
            db.session, before.revision, after.revision, view=diff.view_of(request.args)
        ),
    )


def _moved(slug: str, endpoint: str, **values: Any) -> Any:
    """Lead from a former address to the present one, or say that there is nothing."""
    target = queries.moved_article(db.session, me(), slug)
    if target is None:
        return _nothing(slug)
    return redirect(url_for(endpoint, slug=target, **values), 301)


def _nothing(slug: str) -> Any:
    """Not there; of what is hidden, readers are told that somebody is looking at it."""
    if wants_json() or not queries.is_hidden(db.session, slug):
        abort(404)
    return render_template("errors/hidden.html", message=HIDDEN, status=404), 404


HIDDEN = (
    "Something in this article may not be for everybody. Somebody is looking at it;"
    " it comes back when that is settled."
)


@bp.get("/topics")
def topics() -> Any:
    all_topics = tree(db.session)
    counts = queries.counts_by_topic(db.session, me())
    totals = {i: sum(counts.get(j, 0) for j in all_topics.below(i)) for i in all_topics.by_id}
    branches = [(root, list(all_topics.walk(root.id))) for root in all_topics.children(None)]
    return render_template("kb/topics.html", branches=branches, totals=totals)


@bp.get("/topics/<slug>")
def topic(slug: str) -> Any:
    found = find(db.session, slug)
    if found is None:
        target = find_moved(db.session, slug)
        return redirect(url_for("kb.topic", slug=target.slug), 301) if target else abort(404)
    all_topics = tree(db.session)
    here = Filter(topic_ids=all_topics.below(found.id))
    page = page_of(queries.count(db.session, me(), here))
    return render_template(
        "kb/topic.html",
        topic=found,
        path=all_topics.path(found.id)[:-1],
        children=all_topics.children(found.id),
        curators=Deciders(db.session).people_for(db.session, found.id),
        rows=queries.rows(db.session, me(), here, offset=page.offset, limit=page.size),
        page=page,
    )


@bp.get("/tags")
def tags() -> Any:
    return render_template("kb/tags.html", tags=queries.tags(db.session, me()))


@bp.get("/tags/<tag>")
def tag(tag: str) -> Any:
    if tag != tag.lower():
        return redirect(url_for("kb.tag", tag=tag.lower()), 301)
    tagged = Filter(tag=tag)
    page = page_of(queries.count(db.session, me(), tagged) or abort(404))
    rows = queries.rows(db.session, me(), tagged, offset=page.offset, limit=page.size)
    return render_template("kb/tag.html", tag=tag, rows=rows, page=page)
