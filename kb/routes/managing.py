"""All that can be done with a published article, on one page; and what is archived."""

from collections.abc import Mapping
from typing import Any

from flask import abort, redirect, render_template, request, url_for

from core.db import db
from core.errors import DomainError, Invalid, NotAllowed
from core.web import page_of
from kb import lifecycle, plans, queries, standing, stewards
from kb.models import Article, Publication
from kb.queries import Filter
from kb.routes import bp
from people.signin import me

Sent = Mapping[str, str]


@bp.get("/articles/<slug>/manage")
def manage(slug: str) -> Any:
    article = article_at(slug)
    if article is None:
        return moved(slug, "kb.manage")
    if not stewards.can_manage(db.session, me(), article):
        raise NotAllowed("Its owner, and those who decide in its topic, look after this article.")
    return render_template(
        "kb/manage.html",
        article=article,
        last=standing.last_publication(db.session, article.id),
        can_retire=stewards.can_retire(db.session, me(), article),
        can_steer=stewards.can_steer(db.session, me(), article),
        can_hide=stewards.can_hide(db.session, me(), article),
        plans=[
            (plan, plans.can_cancel(db.session, me(), plan))
            for plan in plans.waiting(db.session, article.id)
        ],
        log=lifecycle.log(db.session, article),
        done=DONE,
    )


# What the log says somebody did.
DONE = {
    lifecycle.UNPUBLISHED: "took it back",
    lifecycle.ARCHIVED: "archived it",
    lifecycle.UNARCHIVED: "brought it back from the archive",
    lifecycle.HIDDEN: "hid it from readers",
    lifecycle.SHOWN: "showed it to readers again",
    lifecycle.ROLLED_BACK: "brought an earlier text back",
    lifecycle.PLACED: "gave it another title or topic",
    lifecycle.KEYWORDS: "changed its search words",
    plans.MADE: "planned something",
    plans.CANCELLED: "cancelled a plan",
    plans.STOPPED: "stopped what was planned",
    plans.DONE: "did what was planned",
    "article.handed_over": "handed it over",
    "article.interval_changed": "changed how often it is checked",
    "dependency.declared": "noted what it rests on",
    "dependency.withdrawn": "noted that it rests on something no more",
}


@bp.get("/archive")
def archived() -> Any:
    words = request.args.get("q", "")[:500]
    wanted = Filter(archived=True, words=words)
    page = page_of(queries.count(db.session, me(), wanted))
    rows = queries.rows(db.session, me(), wanted, offset=page.offset, limit=page.size)
    return render_template("kb/archive.html", q=words, rows=rows, page=page)


# What the forms share


def article_at(slug: str) -> Article | None:
    return queries.article_by_slug(db.session, me(), slug)


def moved(slug: str, endpoint: str, **values: Any) -> Any:
    """Lead from a former address to the present one, or say that there is nothing."""
    target = queries.moved_article(db.session, me(), slug)
    return redirect(url_for(endpoint, **{**values, "slug": target}), 301) if target else abort(404)


def last_text(article: Article) -> Publication:
    return standing.last_publication(db.session, article.id) or abort(404)


def page_of_form(article: Article, sent: Sent, error: DomainError | None) -> dict[str, Any]:
    """What each form shows: the article, what was typed, and what is wrong with it."""
    last = last_text(article)
    errors = error.fields if isinstance(error, Invalid) else {}
    return {
        "article": article,
        "title": last.revision.title,
        "number": last.number,
        "form": sent,
        "errors": errors,
        "message": error.message if error and not errors else "",
    }


def to_article(article: Article) -> Any:
    return redirect(url_for("kb.article", slug=article.slug), 303)
