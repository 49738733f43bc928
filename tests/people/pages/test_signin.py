"""Signing in and out by the page: with the right password, back to the page asked for, not by guessing."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from core.db import Database
from people import accounts
from people.models import User
from people.throttle import FREE_TRIES_OF_A_SOURCE
from tests.conftest import Browser
from tests.factories import PASSWORD

NewClient = Callable[[User], Browser]


def sign_in(
    client: Browser, email: str = "alice@example.com", password: str = PASSWORD, **more: str
) -> TestResponse:
    return client.post("/signin", data={"email": email, "password": password, **more})


def is_signed_in(client: Browser) -> bool:
    return client.get("/settings").status_code == 200


def test_the_right_password_opens_the_door(client: Browser, alice: User) -> None:
    assert not is_signed_in(client)
    response = sign_in(client, " Alice@Example.COM ")
    assert (response.status_code, response.location) == (303, "/")
    assert is_signed_in(client)
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("alice@example.com", "wrong wrong wrong"),
        ("alice@example.com", ""),
        ("nobody@example.com", PASSWORD),
        ("", ""),
        ("bob@example.com", PASSWORD),
    ],
)
def test_a_wrong_one_does_not_and_does_not_say_which_part_was_wrong(
    client: Browser, alice: User, bob: User, email: str, password: str
) -> None:
    bob.active = False
    response = sign_in(client, email, password)
    assert response.status_code == 422
    page = BeautifulSoup(response.text, "html.parser")
    assert "do not fit together" in page.get_text(" ")
    field = page.find("input", {"name": "email"})
    assert field is not None
    assert field["value"] == email
    assert password == "" or password not in response.text
    assert not is_signed_in(client)


def test_one_comes_back_to_the_page_asked_for(client: Browser, alice: User) -> None:
    asked = client.get("/tags?page=2")
    assert asked.location == "/signin?next=/tags?page%3D2"
    page = BeautifulSoup(client.get(asked.location).text, "html.parser")
    field = page.find("input", {"name": "next"})
    assert field is not None
    assert sign_in(client, next=str(field["value"])).location == "/tags?page=2"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "\t//evil",
        "evil",
    ],
)
def test_nobody_is_sent_to_another_site(client: Browser, alice: User, elsewhere: str) -> None:
    assert sign_in(client, next=elsewhere).location == "/"
    assert client.get("/signin", query_string={"next": elsewhere}).location == "/"


def test_guessing_slows_down_and_a_right_password_waits_too(client: Browser, alice: User) -> None:
    for _ in range(5):
        assert sign_in(client, password="a wrong guess").status_code == 422
    response = sign_in(client)
    assert response.status_code == 429
    assert 1 <= int(response.headers["Retry-After"]) <= 3
    assert not is_signed_in(client)


def test_ones_own_sign_in_does_not_cover_up_guessing_at_others(
    client: Browser, alice: User
) -> None:
    codes = []
    for n in range(FREE_TRIES_OF_A_SOURCE + 1):
        codes.append(sign_in(client, f"person-{n}@example.com", "spring2026!").status_code)
        if n == FREE_TRIES_OF_A_SOURCE - 2:
            assert sign_in(client).status_code == 303
    assert codes == [422] * FREE_TRIES_OF_A_SOURCE + [429]


def test_a_mistyped_password_is_forgiven_by_the_right_one(client: Browser, alice: User) -> None:
    for _ in range(3):
        for _ in range(4):
            assert sign_in(client, password="a wrong guess").status_code == 422
        assert sign_in(client).status_code == 303


def test_an_old_hash_is_renewed_at_sign_in(client: Browser, alice: User) -> None:
    alice.password_hash = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    assert accounts.is_hash_old(alice)
    assert sign_in(client).status_code == 303
    assert not accounts.is_hash_old(alice)
    assert accounts.check_password(alice, PASSWORD)
    assert is_signed_in(client)


def test_signing_in_needs_nobody_to_stop_writing(
    client: Browser, database: Database, alice: User
) -> None:
    client.session.commit()
    with database.writing() as somebody:
        somebody.execute(sa.update(User).where(User.id == alice.id).values(team="Sales"))
        assert (
            client.post("/signin", data={"email": alice.email, "password": PASSWORD}).status_code
            == 303
        )


def test_signing_out_ends_it(client: Browser, alice: User) -> None:
    sign_in(client)
    assert client.get("/signout").status_code == 405
    assert client.post("/signout").location == "/signin"
    assert not is_signed_in(client)


def test_remember_me_outlives_the_browser(client: Browser, alice: User) -> None:
    sign_in(client, remember="1")
    client.delete_cookie("firsthand")
    assert is_signed_in(client)
    client.post("/signout")
    assert not is_signed_in(client)


def test_without_remember_me_closing_the_browser_ends_it(client: Browser, alice: User) -> None:
    sign_in(client)
    client.delete_cookie("firsthand")
    assert not is_signed_in(client)


@pytest.mark.parametrize("forged", ["1", "1:", "1:wrong key", "999:x", "x:y", "1:key of alice:x"])
def test_a_cookie_that_names_no_session_is_nobodys(
    client: Browser, alice: User, forged: str
) -> None:
    with client.session_transaction() as cookie:
        cookie["_user_id"] = forged
    assert not is_signed_in(client)


def test_ending_sessions_and_access_reaches_every_browser(
    session: Session, new_client: NewClient, alice: User, bob: User, ada: User
) -> None:
    alices, bobs = new_client(alice), new_client(bob)
    assert is_signed_in(alices)
    accounts.end_sessions(alice)
    accounts.deactivate(session, bob, by=ada)
    assert not is_signed_in(alices)
    assert not is_signed_in(bobs)


def test_over_https_cookies_are_bound_to_it(
    settings: dict[str, str], request: pytest.FixtureRequest
) -> None:
    settings["FIRSTHAND_BASE_URL"] = "https://kb.example.com"
    app: Flask = request.getfixturevalue("app")
    client: Browser = request.getfixturevalue("client")
    request.getfixturevalue("alice")
    response = client.post(
        "/signin",
        data={"email": "alice@example.com", "password": PASSWORD},
        base_url="https://kb.example.com",
    )
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-firsthand=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Strict-Transport-Security" in response.headers
    assert app.config["SESSION_COOKIE_SECURE"]
