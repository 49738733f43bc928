"""Pages about oneself and colleagues: signing in and out, settings, inbox, the list of people."""

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask_login import current_user, login_user, logout_user

from core.db import db
from core.errors import Conflict, Invalid, NotFound
from core.web import own_address, page_of, public
from people import accounts, inbox
from people.models import Notice, User
from people.signin import me, throttle

bp = Blueprint("people", __name__)

WRONG = "That e-mail and password do not fit together. Check both and try again."


@bp.get("/signin")
@public
def signin() -> Any:
    target = own_address(request.args.get("next"))
    if current_user.is_authenticated:
        return redirect(target or "/", 303)
    return render_template("people/signin.html", next=target, email="", error=None)


@bp.post("/signin")
@public
def begin_session() -> Any:
    email = request.form.get("email", "").strip().lower()[:254]
    password = request.form.get("password", "")[: accounts.LONGEST_PASSWORD + 1]
    target = own_address(request.form.get("next"))
    account = f"account:{email}"
    made = throttle().check(account, f"source:{request.remote_addr}")
    with db.reading() as session:
        user = accounts.find_by_email(session, email)
    right = accounts.check_password(user, password)
    if user is None or not right or not user.active:
        page = render_template("people/signin.html", next=target, email=email, error=WRONG)
        return page, 422
    throttle().take_back(made)
    throttle().forget(account)  # not the source: one's own sign-in must not cover up guessing
    if accounts.is_hash_old(user):
        _renew_hash(user, accounts.hash_password(password))
    login_user(user, remember=bool(request.form.get("remember")))
    return redirect(target or "/", 303)


def _renew_hash(user: User, password_hash: str) -> None:
    fresh = db.session.get_one(User, user.id)
    if fresh.password_hash == user.password_hash:
        fresh.password_hash = password_hash
    db.session.commit()


@bp.post("/signout")
@public
def signout() -> Any:
    logout_user()
    return redirect(url_for("people.signin"), 303)


@bp.get("/settings")
def settings() -> Any:
    return render_template("people/settings.html", errors={})


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
        return render_template("people/settings.html", errors=error.fields), 422
    user = db.session.get_one(User, me().id)  # only now: hashing is slow, and this may lock
    if user.password_hash != me().password_hash:
        raise Conflict("Your password was changed somewhere else just now. Please try again.")
    accounts.set_password_hash(user, password_hash)
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


@bp.get("/inbox")
def show_inbox() -> Any:
    page = page_of(inbox.count(db.session, me()))
    found = inbox.notices(db.session, me(), offset=page.offset, limit=page.size)
    return render_template("people/inbox.html", notices=found, page=page)


@bp.post("/inbox/reading")
def read_all() -> Any:
    inbox.mark_read(db.session, me())
    db.session.commit()
    return redirect(url_for(".show_inbox"), 303)


@bp.post("/inbox/<int:notice_id>/reading")
def read_one(notice_id: int) -> Any:
    """Mark a notice as read and go to what it is about."""
    notice = db.session.get(Notice, notice_id)
    if notice is None or notice.user_id != me().id:
        raise NotFound("There is no such notice.")
    inbox.mark_read(db.session, me(), notice_id)
    db.session.commit()
    return redirect(notice.path, 303)


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
