"""Settings of one's own: which notices one wants, the time zone, the password, the sessions."""

from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_login import login_user

from core.db import db
from core.errors import Conflict, Invalid
from people import accounts, choices, company, zones
from people.choices import Choice
from people.models import MailChoice, User
from people.routes import bp
from people.signin import me, throttle


@bp.get("/settings")
def settings() -> Any:
    return _page()


def _page(**context: Any) -> str:
    context = {
        "errors": {},
        "chosen": choices.chosen(db.session, me().id),
        "time_zone": me().time_zone,
    } | context
    return render_template(
        "people/settings.html",
        sorts=choices.SORTS.values(),
        mail_choices=[(choice.value, choice.words) for choice in MailChoice],
        zones=zones.names(),
        company_zone=zones.words(company.times(db.session).time_zone),
        **context,
    )


@bp.post("/settings/notices")
def choose_notices() -> Any:
    wanted = {key: _chosen(key) for key, sort in choices.SORTS.items() if not sort.fixed}
    errors = {f"mail-{key}": NO_CHOICE for key, choice in wanted.items() if choice is None}
    made = {key: choice for key, choice in wanted.items() if choice is not None}
    if errors:
        chosen = choices.chosen(db.session, me().id) | made
        return _page(errors=errors, chosen=chosen), 422
    choices.choose(db.session, me().id, made)
    db.session.commit()
    flash("You are told as you chose from now on.")
    return redirect(url_for(".settings", _anchor="notices"), 303)


NO_CHOICE = "Choose when you want mail about this."


def _chosen(key: str) -> Choice | None:
    mail = request.form.get(f"mail-{key}", "")
    if mail not in list(MailChoice):
        return None
    return Choice(inbox=bool(request.form.get(f"inbox-{key}")), mail=MailChoice(mail))


@bp.post("/settings/time-zone")
def choose_time_zone() -> Any:
    wanted = request.form.get("time_zone", "")
    try:
        zones.choose(db.session.get_one(User, me().id), wanted)
    except Invalid as error:
        return _page(errors=error.fields, time_zone=wanted), 422
    db.session.commit()
    flash("Your time zone is saved.")
    return redirect(url_for(".settings", _anchor="time-zone"), 303)


@bp.post("/settings/password")
def change_password() -> Any:
    new, again = request.form.get("new", ""), request.form.get("again", "")
    try:
        if new != again:
            raise Invalid(
                "The two new passwords differ.",
                {"again": "This differs from the new password above."},
            )
        _check_own_password(request.form.get("current", ""))
        password_hash = accounts.new_password_hash(me(), new)
    except Invalid as error:
        return _page(errors=error.fields), 422
    user = db.session.get_one(User, me().id)  # only now: hashing is slow, and this may lock
    if user.password_hash != me().password_hash:
        raise Conflict("Your password was changed somewhere else just now. Please try again.")
    accounts.change_own_password(db.session, user, password_hash)
    db.session.commit()
    login_user(user, remember=_is_remembered())
    flash("Your password is changed, and you are signed out everywhere else.")
    return redirect(url_for(".settings"), 303)


def _check_own_password(current: str) -> None:
    key = f"password:{me().id}"
    throttle().check(key)
    if not accounts.check_password(me(), current):
        sentence = "That is not your present password."
        raise Invalid(sentence, {"current": sentence})
    throttle().forget(key)


def _is_remembered() -> bool:
    """Whether this browser was told to remember its person beyond the session."""
    return current_app.config["REMEMBER_COOKIE_NAME"] in request.cookies


@bp.post("/settings/sessions")
def end_other_sessions() -> Any:
    user = db.session.get_one(User, me().id)
    accounts.end_sessions(user)
    db.session.commit()
    login_user(user, remember=_is_remembered())
    flash("You are signed out everywhere else.")
    return redirect(url_for(".settings"), 303)
