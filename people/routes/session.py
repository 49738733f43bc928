"""Signing in and out."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_login import current_user, login_user, logout_user

from core.db import db
from core.web import own_address, public
from people import accounts
from people.models import User
from people.routes import bp
from people.signin import throttle

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
