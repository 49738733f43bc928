"""Administrators' page about accounts: add, change the role, end access, give a new password."""

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for

from core.db import db
from core.errors import Invalid, NotAllowed, NotFound
from core.web import page_of
from people import accounts
from people.models import Role, User
from people.permissions import can_manage_people
from people.signin import me

bp = Blueprint("people_admin", __name__, url_prefix="/admin/people")


@bp.before_request
def require_admin() -> None:
    if not can_manage_people(me()):
        raise NotAllowed("Only administrators manage people's accounts.")


@bp.get("")
def people() -> Any:
    return _page()


@bp.post("")
def add() -> Any:
    form = request.form
    password = form.get("password", "") or accounts.generate_password()
    try:
        person = accounts.add_person(
            db.session,
            email=form.get("email", ""),
            name=form.get("name", ""),
            team=form.get("team", ""),
            role=_role(form.get("role")),
            password=password,
            by=me(),
        )
    except Invalid as error:
        db.session.rollback()
        return _page(form=form.to_dict(), errors=error.fields), 422
    db.session.commit()
    return _page(given=(person, password))


@bp.post("/<int:person_id>/role")
def change_role(person_id: int) -> Any:
    person = _person(person_id)
    accounts.change_role(db.session, person, _role(request.form.get("role")), by=me())
    db.session.commit()
    flash(f"{person.name} is now {person.role.words}.")
    return redirect(url_for(".people"), 303)


@bp.post("/<int:person_id>/deactivation")
def deactivate(person_id: int) -> Any:
    person = _person(person_id)
    accounts.deactivate(db.session, person, by=me())
    db.session.commit()
    flash(f"{person.name} cannot sign in any more. Everything they wrote stays.")
    return redirect(url_for(".people"), 303)


@bp.post("/<int:person_id>/activation")
def activate(person_id: int) -> Any:
    person = _person(person_id)
    accounts.activate(db.session, person, by=me())
    db.session.commit()
    flash(f"{person.name} can sign in again.")
    return redirect(url_for(".people"), 303)


@bp.post("/<int:person_id>/password")
def give_password(person_id: int) -> Any:
    """A new password, shown once to the administrator, who hands it over."""
    password = accounts.generate_password()
    password_hash = accounts.hash_password(password)  # slow: before the session locks the database
    person = _person(person_id)
    accounts.give_password(db.session, person, password_hash, by=me())
    db.session.commit()
    return _page(given=(person, password))


def _page(**context: Any) -> str:
    page = page_of(db.session.scalar(sa.select(sa.func.count()).select_from(User)) or 0, 50)
    everybody = sa.select(User).order_by(User.active.desc(), User.name, User.id)
    context = {"form": {}, "errors": {}, "given": None} | context
    return render_template(
        "people/admin.html",
        people=db.session.scalars(everybody.offset(page.offset).limit(page.size)).all(),
        page=page,
        roles=list(Role),
        **context,
    )


def _person(person_id: int) -> User:
    person = db.session.get(User, person_id)
    if person is None:
        raise NotFound("There is no such person.")
    return person


def _role(text: str | None) -> Role:
    try:
        return Role(text or "")
    except ValueError:
        raise Invalid("Choose one of the roles.", {"role": "Choose one of the roles."}) from None
