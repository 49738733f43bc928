"""What the knowledge base adds to pages of the rooms below it, and shows of a person."""

from typing import Any

from flask import Flask, render_template
from markupsafe import Markup
from sqlalchemy.orm import Session

from core.db import db
from core.web import fill_slot, page_of
from kb import drafts, queries, tasks
from kb.queries import Filter
from people.models import User
from people.nav import add_counter
from people.signin import me


def init_app(app: Flask) -> None:
    fill_slot(app, "person.articles", articles_of)
    fill_slot(app, "home.yours", drafts_on_home)
    add_counter(app, "care", to_check)


def articles_of(person: User, **_context: Any) -> Markup:
    """Published articles somebody wrote or helped to write."""
    theirs = Filter(author_id=person.id)
    page = page_of(queries.count(db.session, me(), theirs))
    rows = queries.rows(db.session, me(), theirs, offset=page.offset, limit=page.size)
    return Markup(render_template("kb/_person_articles.html", person=person, rows=rows, page=page))


def to_check(session: Session, user: User) -> int | None:
    """How much waits for this person to look at it; None hides the link."""
    return tasks.count(session, user) or None


def drafts_on_home(**_: Any) -> Markup:
    """The few drafts last worked on that are not under review."""
    mine = [draft for draft in drafts.listed(db.session, me()) if not draft.locked][:5]
    return Markup(render_template("kb/_home_drafts.html", drafts=mine))
