"""Flags: sending one from an article's page, and the page on which it is handled."""

from collections.abc import Mapping
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for

from core.db import db
from core.errors import Conflict, Invalid, NotFound
from core.web import number
from kb import flags, queries
from kb.care_notices import REASONS
from kb.models import Flag, FlagReason, FlagState
from kb.routes import bp
from kb.routes.care import named, person_named, required
from kb.routes.reading import article_html
from kb.stewards import can_hide
from people.signin import me


@bp.post("/articles/<slug>/flags")
def open_flag(slug: str) -> Any:
    article, form = required(slug), request.form
    try:
        flag = flags.open_flag(
            db.session,
            article,
            revision_id=number(form.get("revision")),
            reason=form.get("reason", ""),
            text=form.get("text", ""),
            by=me(),
        )
    except (Conflict, Invalid) as error:
        db.session.rollback()
        shown = queries.article_page(db.session, me(), article.slug or "") or abort(404)
        errors = (error.fields if isinstance(error, Invalid) else {}) or {"text": error.message}
        return article_html(shown, flag={"form": form.to_dict(), "errors": errors}), error.status
    db.session.commit()
    flash(_thanks(flag))
    return redirect(url_for("kb.article", slug=article.slug), 303)


def _thanks(flag: Flag) -> str:
    if flag.reason is FlagReason.SENSITIVE:
        return "Thank you. Those who decide in this topic are told at once."
    return f"Thank you. {flag.handler.name} looks at it, and you are told what came of it."


@bp.get("/flags/<int:flag_id>")
def flag(flag_id: int) -> Any:
    return _page(_visible(flag_id))


def _visible(flag_id: int) -> Flag:
    found = flags.find(db.session, flag_id)
    if not flags.can_see(db.session, me(), found):
        raise NotFound("There is no such flag.")
    return found


def _page(
    flag: Flag, form: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None
) -> str:
    publications = queries.publications(db.session, flag.article_id)
    oversees = flags.can_oversee(db.session, me(), flag)
    return render_template(
        "kb/care_flag.html",
        flag=flag,
        words=REASONS[flag.reason],
        is_open=flag.state is FlagState.OPEN,
        number=next((p.number for p in publications if p.revision_id == flag.revision_id), None),
        can_handle=flags.can_handle(db.session, me(), flag),
        can_oversee=oversees,
        can_hide=can_hide(db.session, me(), flag.article),
        shows_name=oversees or flag.handler_id == me().id,
        outcomes=OUTCOMES,
        form=form or {},
        errors=errors or {},
    )


OUTCOMES = [
    (FlagState.UPHELD.value, "The reader is right, and it is put right"),
    (FlagState.REJECTED.value, "It stays as it is"),
    (FlagState.DUPLICATE.value, "Somebody had flagged the same before"),
]


@bp.post("/flags/<int:flag_id>/outcome")
def close_flag(flag_id: int) -> Any:
    found, form = _visible(flag_id), request.form
    try:
        flags.close(
            db.session,
            flag_id,
            version=number(form.get("version")),
            state=form.get("state", ""),
            outcome=form.get("outcome", ""),
            by=me(),
        )
    except (Conflict, Invalid) as error:
        return _refused(found, error)
    db.session.commit()
    flash("Closed. The reader who flagged it is told.")
    return redirect(url_for("kb.flag", flag_id=flag_id), 303)


@bp.post("/flags/<int:flag_id>/handler")
def pass_flag_on(flag_id: int) -> Any:
    found, form = flags.find(db.session, flag_id), request.form
    try:
        to = person_named(form.get("person", ""), field="person")
        flags.pass_on(db.session, flag_id, version=number(form.get("version")), to=to, by=me())
    except (Conflict, Invalid) as error:
        return _refused(_visible(flag_id), error)
    db.session.commit()
    flash(f"{to.name} looks at it from now on, and is told.")
    still_sees = flags.can_see(db.session, me(), found)
    return redirect(url_for("kb.flag", flag_id=flag_id) if still_sees else url_for("kb.care"), 303)


@bp.post("/flags/<int:flag_id>/reopening")
def reopen_flag(flag_id: int) -> Any:
    _visible(flag_id)
    flags.reopen(db.session, flag_id, version=number(request.form.get("version")), by=me())
    db.session.commit()
    flash("Open again. You handle it now.")
    return redirect(url_for("kb.flag", flag_id=flag_id), 303)


def _refused(flag: Flag, error: Conflict | Invalid) -> Any:
    db.session.rollback()
    return _page(flag, request.form.to_dict(), named(error)), error.status
