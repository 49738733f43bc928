"""Home, articles, their history, topics, tags."""

from typing import Any

from flask import abort, redirect, render_template, url_for

from core import diff
from core.db import db
from core.web import page_of
from kb import queries
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
    return render_template("kb/article.html", article=found)


@bp.get("/articles/<slug>/history")
def history(slug: str) -> Any:
    found = queries.article_by_slug(db.session, me(), slug)
    if found is None:
        return _moved(slug, "kb.history")
    publications = queries.publications(db.session, found.id)
    return render_template("kb/history.html", article=found, publications=publications)


@bp.get("/articles/<slug>/revisions/<int:number>")
def revision(slug: str, number: int) -> Any:
    found = queries.article_by_slug(db.session, me(), slug)
    if found is None:
        return _moved(slug, "kb.revision", number=number)
    publication = queries.publication(db.session, found.id, number) or abort(404)
    return render_template(
        "kb/revision.html",
        article=found,
        publication=publication,
        live=found.live_revision,
        live_number=queries.last_number(db.session, found.id),
    )


@bp.get("/articles/<slug>/compare/<int:a>...<int:b>")
def compare(slug: str, a: int, b: int) -> Any:
    found = queries.article_by_slug(db.session, me(), slug)
    if found is None:
        return _moved(slug, "kb.compare", a=a, b=b)
    before = queries.publication(db.session, found.id, a) or abort(404)
    after = queries.publication(db.session, found.id, b) or abort(404)
    return render_template(
        "kb/compare.html",
        article=found,
        live=found.live_revision,
        before=before,
        after=after,
        fields=field_changes(before.revision, after.revision),
        body=diff.compare(before.revision.body, after.revision.body),
    )


def field_changes(old: Any, new: Any) -> list[tuple[str, diff.Row]]:
    """What differs beside the text: (name of the field, both forms)."""
    pairs = [
        ("Title", old.title, new.title),
        ("Summary", old.summary, new.summary),
        ("Topic", old.topic.name, new.topic.name),
        ("Tags", ", ".join(old.tags), ", ".join(new.tags)),
    ]
    return [(name, diff.words(before, after)) for name, before, after in pairs if before != after]


def _moved(slug: str, endpoint: str, **values: Any) -> Any:
    """Lead from a former address to the present one, or say that there is nothing."""
    target = queries.moved_article(db.session, me(), slug)
    if target is None:
        abort(404)
    return redirect(url_for(endpoint, slug=target, **values), 301)


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
