"""Administrators' page about topics: add, rename, move, merge, remove, name curators."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from core.db import db
from core.errors import Invalid, NotAllowed, NotFound
from kb import queries, topics
from kb.models import Topic
from kb.permissions import can_manage_topics
from kb.routes import bp
from people import accounts
from people.models import User
from people.signin import me

ADDRESS = "/admin/topics"


@bp.before_request
def require_admin() -> None:
    if request.path.startswith(ADDRESS) and not can_manage_topics(me()):
        raise NotAllowed("Only administrators change topics.")


@bp.get(ADDRESS)
def admin_topics() -> Any:
    return _page()


@bp.post(ADDRESS)
def add_topic() -> Any:
    form = request.form
    try:
        topic = topics.add(
            db.session,
            name=form.get("name", ""),
            description=form.get("description", ""),
            parent=_chosen("parent"),
            by=me(),
        )
    except Invalid as error:
        db.session.rollback()
        return _page(form=form.to_dict(), errors=error.fields), 422
    db.session.commit()
    flash(f"Topic added: {topic.name}.")
    return redirect(url_for("kb.admin_topics"), 303)


@bp.get(f"{ADDRESS}/<int:topic_id>")
def admin_topic(topic_id: int) -> Any:
    return _topic_page(topics.require(db.session, topic_id))


@bp.post(f"{ADDRESS}/<int:topic_id>")
def change_topic(topic_id: int) -> Any:
    topic = topics.require(db.session, topic_id)
    form = request.form
    try:
        topics.change(
            db.session,
            topic,
            name=form.get("name", ""),
            description=form.get("description", ""),
            by=me(),
        )
        parent = _chosen("parent")
        if parent is not topic.parent:
            topics.move(db.session, topic, parent, by=me())
        curators, backup = _people("curators"), _people("backup")
        topics.name_curators(db.session, topic, curators, backup[0] if backup else None, by=me())
    except Invalid as error:
        db.session.rollback()
        return _topic_page(topic, form=form.to_dict(), errors=error.fields), 422
    db.session.commit()
    flash(f"Saved: {topic.name}.")
    return redirect(url_for("kb.admin_topic", topic_id=topic.id), 303)


@bp.post(f"{ADDRESS}/<int:topic_id>/merge")
def merge_topic(topic_id: int) -> Any:
    topic = topics.require(db.session, topic_id)
    name = topic.name
    try:
        into = _chosen("into")
        if into is None:
            raise Invalid("Choose the topic to merge into.", {"into": "Choose a topic."})
        topics.merge(db.session, topic, into, by=me())
    except Invalid as error:
        db.session.rollback()
        return _topic_page(topic, errors=error.fields), 422
    db.session.commit()
    flash(f"{name} is now part of {into.name}; its addresses lead there.")
    return redirect(url_for("kb.admin_topics"), 303)


@bp.post(f"{ADDRESS}/<int:topic_id>/removal")
def remove_topic(topic_id: int) -> Any:
    topic = topics.require(db.session, topic_id)
    topics.remove(db.session, topic, by=me())
    db.session.commit()
    flash(f"Removed: {topic.name}.")
    return redirect(url_for("kb.admin_topics"), 303)


def _page(form: dict[str, str] | None = None, errors: dict[str, str] | None = None) -> str:
    all_topics = topics.tree(db.session)
    counts = queries.counts_by_topic(db.session, me())
    found = {topic.id: topic for topic in topics.with_curators(db.session)}
    rows = [(found[node.id], depth, counts.get(node.id, 0)) for node, depth in all_topics.walk()]
    return render_template(
        "kb/admin_topics.html",
        rows=rows,
        choices=all_topics.choices(),
        form=form or {},
        errors=errors or {},
    )


def _topic_page(
    topic: Topic, form: dict[str, str] | None = None, errors: dict[str, str] | None = None
) -> str:
    all_topics = topics.tree(db.session)
    outside = {all_topics.by_id[i].slug for i in all_topics.by_id} - {
        all_topics.by_id[i].slug for i in all_topics.below(topic.id)
    }
    shown = {
        "name": topic.name,
        "description": topic.description,
        "parent": topic.parent.slug if topic.parent else "",
        "curators": ", ".join(person.handle for person in topic.curators),
        "backup": topic.backup.handle if topic.backup else "",
    }
    return render_template(
        "kb/admin_topic.html",
        topic=topic,
        form=form or shown,
        errors=errors or {},
        choices=[choice for choice in all_topics.choices() if choice[0] in outside],
    )


def _chosen(field: str) -> Topic | None:
    slug = request.form.get(field, "").strip()
    if not slug:
        return None
    topic = topics.find(db.session, slug)
    if topic is None:
        raise NotFound("That topic is not there any more.")
    return topic


def _people(field: str) -> list[User]:
    """The people a field names by handle or e-mail; raises Invalid naming who is not known."""
    words = [word.strip() for word in request.form.get(field, "").split(",") if word.strip()]
    found = {word: accounts.find_by_word(db.session, word) for word in words}
    unknown = [word for word, person in found.items() if person is None]
    if unknown:
        sentence = f"Nobody here goes by {', '.join(unknown)}. Use an e-mail address or a handle."
        raise Invalid(sentence, {field: sentence})
    return list({person.id: person for person in found.values() if person}.values())
