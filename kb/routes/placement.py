"""Where an article stands and by what it is found: its title and topic, its words, what is planned."""

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for

from core.db import db
from core.errors import Conflict, DomainError, Invalid, NotAllowed
from core.web import number
from kb import lifecycle, plans, stewards, topics
from kb.forms import parse_tags
from kb.models import Article
from kb.routes import bp
from kb.routes.care import required
from kb.routes.managing import Sent, article_at, last_text, moved, page_of_form, to_article
from people import company
from people.signin import me


@bp.get("/articles/<slug>/placement")
def placement_form(slug: str) -> Any:
    article = article_at(slug)
    if article is None:
        return moved(slug, "kb.placement_form")
    if not stewards.can_steer(db.session, me(), article):
        raise NotAllowed("This is for those who may publish in its topic.")
    live = last_text(article).revision
    return _placement_page(article, {"title": live.title, "topic": article.topic.slug})


@bp.post("/articles/<slug>/placement")
def placement(slug: str) -> Any:
    article = required(slug)
    sent = request.form.to_dict()
    try:
        topic = topics.find(db.session, sent.get("topic", ""))
        if topic is None:
            raise Invalid("Choose a topic.", {"topic": "Choose a topic."})
        title = sent.get("title", "")
        seen, reason = number(sent.get("number")), sent.get("reason", "")
        lifecycle.place(
            db.session, article, title=title, topic=topic, number=seen, reason=reason, by=me()
        )
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _placement_page(article, sent, error), error.status
    db.session.commit()
    flash("Done. Its former address leads here.")
    return to_article(article)


def _placement_page(article: Article, sent: Sent, error: DomainError | None = None) -> str:
    all_topics = topics.tree(db.session)
    allowed = stewards.topics_to_publish_in(db.session, me())
    return render_template(
        "kb/placement.html",
        topics=[c for c in all_topics.choices() if all_topics.by_slug[c[0]].id in allowed],
        **page_of_form(article, sent, error),
    )


# Plans


@bp.get("/articles/<slug>/plan")
def plan_form(slug: str) -> Any:
    article = article_at(slug)
    if article is None:
        return moved(slug, "kb.plan_form")
    if not stewards.can_retire(db.session, me(), article):
        raise NotAllowed("Its owner, or those who decide in its topic, plan when it is archived.")
    return _plan_page(article, {})


@bp.post("/articles/<slug>/plan")
def plan(slug: str) -> Any:
    article = required(slug)
    sent = request.form.to_dict()
    try:
        at, reason = _morning_of(sent.get("at", "")), sent.get("reason", "")
        made = plans.plan_retirement(db.session, article, at=at, reason=reason, by=me())
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _plan_page(article, sent, error), error.status
    db.session.commit()
    flash(f"Planned: it will be archived on {made.at.day} {made.at:%B %Y}.")
    return redirect(url_for("kb.manage", slug=article.slug), 303)


def _plan_page(article: Article, sent: Sent, error: DomainError | None = None) -> str:
    return render_template("kb/plan.html", **page_of_form(article, sent, error))


def _morning_of(text: str) -> datetime:
    """The beginning of a day where the company is."""
    zone = ZoneInfo(company.times(db.session).time_zone)
    try:
        return datetime.combine(date.fromisoformat(text), time(), zone).astimezone(UTC)
    except (ValueError, OverflowError):  # the first day of all may not exist in UTC
        sentence = "Choose a day."
        raise Invalid(sentence, {"at": sentence}) from None


@bp.post("/plans/<int:plan_id>/cancellation")
def cancel_plan(plan_id: int) -> Any:
    cancelled = plans.cancel(db.session, plan_id, by=me())
    db.session.commit()
    flash("Cancelled. Nothing will be done.")
    slug = cancelled.article.slug
    return redirect(url_for("kb.manage", slug=slug) if slug else "/", 303)


# Words by which it is found


@bp.get("/articles/<slug>/keywords")
def keywords_form(slug: str) -> Any:
    article = article_at(slug)
    if article is None:
        return moved(slug, "kb.keywords_form")
    if not stewards.can_hide(db.session, me(), article):
        raise NotAllowed("This is for curators.")
    return _keywords_page(article, {"keywords": ", ".join(article.keywords)})


@bp.post("/articles/<slug>/keywords")
def keywords(slug: str) -> Any:
    article = required(slug)
    sent = request.form.to_dict()
    before, words = (list(parse_tags(sent.get(name, ""))) for name in ("before", "keywords"))
    try:
        lifecycle.set_keywords(db.session, article, before=before, words=words, by=me())
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _keywords_page(article, sent, error), error.status
    db.session.commit()
    flash("Saved. It is found by these words from now on.")
    return redirect(url_for("kb.manage", slug=article.slug), 303)


def _keywords_page(article: Article, sent: Sent, error: DomainError | None = None) -> str:
    before = ", ".join(article.keywords)
    return render_template("kb/keywords.html", before=before, **page_of_form(article, sent, error))
