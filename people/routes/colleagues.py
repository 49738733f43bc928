"""The list of people, and the page of each."""

from typing import Any

import sqlalchemy as sa
from flask import abort, render_template

from core.db import db
from core.web import page_of
from people import accounts
from people.models import User
from people.routes import bp


@bp.get("/people")
def people() -> Any:
    active = sa.select(User).where(User.active)
    page = page_of(db.session.scalar(sa.select(sa.func.count()).where(User.active)) or 0, 50)
    found = db.session.scalars(
        active.order_by(User.name, User.id).offset(page.offset).limit(page.size)
    ).all()
    return render_template("people/people.html", people=found, page=page)


@bp.get("/people/<handle>")
def person(handle: str) -> Any:
    found = accounts.find_by_handle(db.session, handle)
    if found is None:
        abort(404)
    return render_template("people/person.html", person=found)
