"""Pages about what articles rest on, and the form that says what has changed there."""

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from core.db import db
from core.errors import Invalid
from core.web import number
from kb import dependencies, tasks
from kb.routes import bp
from kb.routes.care import KINDS, back, refused, required
from people.signin import me

WORDS = dict(KINDS)


@bp.post("/articles/<slug>/dependencies")
def declare_dependency(slug: str) -> Any:
    article = required(slug)
    form = request.form
    try:
        thing = dependencies.declare(
            db.session, article, kind=form.get("kind", ""), name=form.get("name", ""), by=me()
        )
    except Invalid as error:
        return refused(article, error)
    db.session.commit()
    flash(f"Noted: it rests on {thing.name}.")
    return back(article)


@bp.post("/articles/<slug>/dependencies/<int:dependency_id>/removal")
def withdraw_dependency(slug: str, dependency_id: int) -> Any:
    article = required(slug)
    dependencies.withdraw(db.session, article, dependency_id, by=me())
    db.session.commit()
    flash("Noted: it does not rest on that any more.")
    return back(article)


@bp.get("/dependencies")
def all_dependencies() -> Any:
    return _list()


def _list(form: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None) -> str:
    return render_template(
        "kb/care_dependencies.html",
        things=dependencies.listed(db.session),
        words=WORDS,
        can_tell=dependencies.can_tell(db.session, me()),
        form=form or {},
        errors=errors or {},
    )


@bp.get("/dependencies/<int:dependency_id>")
def dependency(dependency_id: int) -> Any:
    return _page(dependency_id)


def _page(
    dependency_id: int,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> str:
    thing = dependencies.find(db.session, dependency_id)
    ids = dependencies.dependants(db.session, thing.id)
    return render_template(
        "kb/care_dependency.html",
        thing=thing,
        words=WORDS,
        tasks=tasks.all_of(db.session, ids, me()),
        changes=dependencies.changes(db.session, thing),
        can_tell=dependencies.can_tell(db.session, me(), thing.id),
        form=form or {},
        errors=errors or {},
    )


@bp.post("/dependencies/changes")
def tell_change() -> Any:
    form = request.form
    dependency_id = number(form.get("thing"))
    try:
        if not dependency_id:
            sentence = "Choose what has changed."
            raise Invalid(sentence, {"thing": sentence})
        change = dependencies.tell_change(
            db.session,
            dependency_id,
            standing=form.get("standing", ""),
            text=form.get("text", ""),
            by=me(),
        )
    except Invalid as error:
        db.session.rollback()
        if "on_page" in form and dependency_id:
            return _page(dependency_id, form.to_dict(), error.fields), 422
        return _list(form.to_dict(), error.fields), 422
    db.session.commit()
    count = len(dependencies.dependants(db.session, dependency_id))
    rest = "1 article needs" if count == 1 else f"{count} articles need"
    flash(f"{change.text.rstrip('.')}. {rest} a check; their owners are told.")
    return redirect(url_for("kb.dependency", dependency_id=dependency_id), 303)
