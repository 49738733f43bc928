"""Whether an article worked: what its readers say on its page."""

from typing import Any

from flask import flash, redirect, request, url_for

from core.db import db
from core.web import number, settings
from kb import outcomes
from kb.models import Article
from kb.routes import bp
from kb.routes.care import required
from people import company
from people.signin import me


@bp.post("/articles/<slug>/outcome")
def say_outcome(slug: str) -> Any:
    article, form = required(slug), request.form
    is_live = outcomes.say(
        db.session,
        article,
        revision_id=number(form.get("revision")),
        worked=outcomes.parse(form.get("worked", "")),
        # Where no searches are recorded, none is recorded here either.
        query=form.get("q", "") if _keeps_searches() else "",
        by=me(),
    )
    db.session.commit()
    if not is_live:
        flash("Thank you. The text has changed since you opened it; this is the new one.")
    return _back(article)


@bp.post("/articles/<slug>/outcome/removal")
def take_back_outcome(slug: str) -> Any:
    article = required(slug)
    outcomes.take_back(db.session, article, by=me())
    db.session.commit()
    return _back(article)


def _keeps_searches() -> bool:
    return settings().search_records and company.keeps_searches(db.session)


def _back(article: Article) -> Any:
    """To the article, where the buttons stand and what was said shows."""
    return redirect(url_for("kb.article", slug=article.slug, _anchor="outcome"), 303)
