"""Who may ask for which address at all: strangers, other sites, the wrong method."""

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from people.models import User

SignIn = Callable[[FlaskClient, User], None]

# Open to people who are not signed in. Adding one here is a decision; its reason belongs beside it.
PUBLIC = {
    "assets.asset",  # style sheets and scripts, the sign-in page needs them
    "assets.favicon",
    "assets.robots",
    "curation.feed",  # feed readers cannot sign in; the address says whose it is, and proves it
    "health.alive",
    "health.ready",
    "people.begin_session",
    "people.leave",  # the link in a mail that ends such mail; its address is signed
    "people.signin",
    "people.signout",
    "people.way_out",
    "search.opensearch",  # a browser reads it before anybody signs in
}
# What another site may ask for. Mail programs do this for their readers, and some run in a browser.
FROM_ANY_SITE = {"people.leave"}
OTHER_SITES = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://elsewhere.example"},
    {"Origin": "null"},
]


def addresses(app: Flask) -> Iterator[tuple[Rule, str, str]]:
    """Each route with each of its methods and an address that fits it."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method, re.sub(r"<[^>]*>", "1", rule.rule)


def is_public(app: Flask, rule: Rule) -> bool:
    return getattr(app.view_functions[rule.endpoint], "public", False)


def is_from_any_site(app: Flask, rule: Rule) -> bool:
    return getattr(app.view_functions[rule.endpoint], "from_any_site", False)


def test_what_another_site_may_ask_for_is_listed_here(app: Flask) -> None:
    found = {rule.endpoint for rule, *_ in addresses(app) if is_from_any_site(app, rule)}
    assert found == FROM_ANY_SITE
    assert found < PUBLIC  # nobody's sign-in is used for it


def test_public_pages_are_those_listed_here(app: Flask) -> None:
    assert {rule.endpoint for rule, *_ in addresses(app) if is_public(app, rule)} == PUBLIC


def test_every_other_page_sends_strangers_to_sign_in(app: Flask, client: FlaskClient) -> None:
    for rule, method, address in addresses(app):
        if is_public(app, rule):
            continue
        response = client.open(address, method=method)
        where = f"{method} {address}: {response.status}"
        assert response.status_code == 303, where
        assert response.headers["Location"].split("?")[0] == "/signin", where


def test_every_other_page_refuses_programs_that_are_not_signed_in(
    app: Flask, client: FlaskClient
) -> None:
    for rule, method, address in addresses(app):
        if is_public(app, rule):
            continue
        response = client.open(address, method=method, headers={"Accept": "application/json"})
        assert response.status_code == 401, f"{method} {address}: {response.status}"
        assert response.get_json()["signin"] == "/signin"


@pytest.mark.parametrize("headers", OTHER_SITES, ids=lambda headers: " ".join(*headers.items()))
def test_nothing_is_changed_at_the_wish_of_another_site(
    app: Flask, client: FlaskClient, sign_in: SignIn, ada: User, headers: dict[str, str]
) -> None:
    sign_in(client, ada)
    unsafe = [
        (method, path)
        for rule, method, path in addresses(app)
        if method != "GET" and not is_from_any_site(app, rule)
    ]
    assert unsafe
    for method, address in unsafe:
        response = client.open(address, method=method, headers=headers)
        assert response.status_code == 403, f"{method} {address}: {response.status}"


def test_addresses_answer_to_get_and_post_only(app: Flask) -> None:
    assert {method for _, method, _ in addresses(app)} == {"GET", "POST"}


def test_addresses_that_only_change_things_refuse_to_be_read(
    app: Flask, client: FlaskClient, sign_in: SignIn, ada: User
) -> None:
    sign_in(client, ada)
    readable = {rule.rule for rule, method, _ in addresses(app) if method == "GET"}
    for rule, _, address in addresses(app):
        if rule.rule not in readable:
            response = client.get(address)
            assert response.status_code == 405, f"GET {address}: {response.status}"
