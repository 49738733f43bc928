"""Administrators' page for somebody who leaves: all that they look after, and who gets it."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for

from core.db import db
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from kb import handover, topics
from kb.handover import Receivers
from kb.models import Article, Revision
from kb.routes import bp
from kb.routes.care import person_named
from people.models import User
from people.permissions import can_manage_people
from people.signin import me


@bp.get("/admin/people/<int:person_id>/handover")
def handover_form(person_id: int) -> Any:
    return _page(_person(person_id))


@bp.post("/admin/people/<int:person_id>/handover")
def hand_all_over(person_id: int) -> Any:
    person = _person(person_id)
    try:
        got = handover.hand_over(
            db.session, person, _receivers(), drafts="drafts" in request.form, by=me()
        )
    except (Invalid, Conflict) as error:
        db.session.rollback()
        errors = error.fields if isinstance(error, Invalid) else {}
        message = "" if errors else error.message
        form = request.form.to_dict()
        return _page(person, form=form, errors=errors, message=message), error.status
    db.session.commit()
    told = "; ".join(f"{name.name} has {', '.join(what)} now" for name, what in got.items())
    flash(f"{told}. They are told." if told else "There was nothing left to hand over.")
    return redirect(url_for("kb.handover_form", person_id=person.id), 303)


def _person(person_id: int) -> User:
    if not can_manage_people(me()):
        raise NotAllowed("Only administrators hand over what somebody looks after.")
    person = db.session.get(User, person_id)
    if person is None:
        raise NotFound("There is no such person.")
    return person


def _receivers() -> Receivers:
    """Whom the form names: somebody for everything, others for the topics where a field is filled."""
    default = person_named(request.form.get("receiver", ""), field="receiver")
    by_topic = {}
    for topic_id in topics.tree(db.session).by_id:
        field = f"receiver-{topic_id}"
        if word := request.form.get(field, "").strip():
            by_topic[topic_id] = person_named(word, field=field)
    return Receivers(default, by_topic)


def _page(
    person: User,
    *,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    message: str = "",
) -> str:
    found = handover.holdings(db.session, person)
    all_topics = topics.tree(db.session)
    return render_template(
        "kb/handover.html",
        person=person,
        holdings=found,
        topics=[node for node, _ in all_topics.walk() if node.id in found.topic_ids],
        articles=_articles(person),
        form=form or {},
        errors=errors or {},
        message=message,
    )


def _articles(person: User) -> dict[int, list[tuple[str, str]]]:
    """(title, slug) of the published articles that somebody looks after, by topic."""
    query = (
        sa.select(Article.topic_id, Revision.title, Article.slug)
        .join(Revision, Revision.id == Article.live_revision_id)
        .where(Article.owner_id == person.id)
        .order_by(Revision.title)
    )
    articles: dict[int, list[tuple[str, str]]] = {}
    for topic_id, title, slug in db.session.execute(query):
        articles.setdefault(topic_id, []).append((title, slug or ""))
    return articles
