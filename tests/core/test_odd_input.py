"""What no browser sends is refused in a sentence or made harmless, and never fails."""

import json
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from core import web
from core.web import number, own_address, posted
from kb.models import Draft
from people.models import User
from tests.conftest import Browser
from tests.factories import PASSWORD

SignIn = Callable[[FlaskClient, User], None]


@pytest.fixture
def reader(client: Browser, sign_in: SignIn, alice: User) -> Browser:
    sign_in(client, alice)
    return client


@pytest.mark.parametrize("target", ["//[", "//a\u2100b", "/\\[", "///[", "http://["])
def test_an_address_that_cannot_be_taken_apart_is_not_ours(client: Browser, target: str) -> None:
    assert own_address(target) is None
    page = client.get("/signin", query_string={"next": target})
    assert page.status_code == 200
    assert 'name="next"' not in page.text


@pytest.mark.parametrize("origin", ["http://[", "http://a\u00bc[b", "//]"])
def test_an_origin_that_cannot_be_taken_apart_is_foreign(client: Browser, origin: str) -> None:
    assert client.post("/signout", headers={"Origin": origin}).status_code == 403


@pytest.mark.parametrize("referrer", ["//[", "http://[", "http://localhost//["])
def test_a_referrer_that_cannot_be_taken_apart_is_left_out(client: Browser, referrer: str) -> None:
    response = client.post("/drafts", headers={"Referer": referrer})
    assert (response.status_code, response.location) == (303, "/signin")


@pytest.mark.parametrize("body", [r"a\ud800b", r"a\u0000b", r"\udfff\u0000"])
def test_json_that_names_half_characters_or_nul_is_saved_without_them(
    reader: Browser, session: Session, body: str
) -> None:
    sent = f'{{"kind": "howto", "title": "T", "body": "{body}", "\\ud800": 1, "tags": ["\\ud800"]}}'
    response = reader.post("/drafts", data=sent, content_type="application/json")
    assert response.status_code == 201, response.text
    saved = session.scalars(sa.select(Draft)).one()
    meant = json.loads(f'"{body}"').replace("\0", "\ufffd")
    assert saved.body.strip() == meant.encode("utf-8", "replace").decode()


def test_json_that_names_half_characters_or_nul_is_previewed_without_them(reader: Browser) -> None:
    sent = r'{"body": "a\ud800b", "draft": "\udfff", "\ud800": 1}'
    response = reader.post("/preview", data=sent, content_type="application/json")
    assert (response.status_code, response.json) == (200, {"html": "<p>a?b</p>\n"})


def test_what_is_sent_is_what_a_database_takes(app: Flask) -> None:
    sent = r'{"title": "a\ud800\u0000b", "\udfff": ["\u0000", null, 1]}'
    with app.test_request_context("/", data=sent, content_type="application/json"):
        assert posted() == {"title": "a?\ufffdb", "?": "\ufffd, None, 1"}


@pytest.mark.parametrize("address", ["/drafts", "/preview"])
@pytest.mark.parametrize(
    "sent", ["[" * 200_000, '{"body": ' + '{"a":' * 200_000], ids=["lists", "objects"]
)
def test_json_without_a_bottom_is_refused(reader: Browser, address: str, sent: str) -> None:
    response = reader.post(address, data=sent, content_type="application/json")
    assert response.status_code == 422
    assert response.json is not None
    assert "nested too deeply" in response.json["message"]


@pytest.mark.parametrize(
    "path",
    [
        "/articles/%00",
        "/articles/%00/history",
        "/articles/%00/edit",
        "/articles/%00/revisions/1",
        "/tags/%00",
        "/people/a%00",
        "/topics/%00",
        "/attachments/1/%00",
    ],
)
def test_nothing_is_at_an_address_with_nul(reader: Browser, path: str) -> None:
    response = reader.get(path)
    assert response.status_code == 404
    assert "nothing at this address" in response.text


@pytest.mark.parametrize("query", ["q=a&topic=%00", "q=a&author=b%00", "q=%00", "q=a&%00=1"])
def test_a_query_with_nul_is_read_as_if_it_had_an_unreadable_sign(
    reader: Browser, query: str
) -> None:
    response = reader.get(f"/search?{query}")
    assert response.status_code == 200
    assert "\0" not in response.text


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_form_with_nul_is_refused(client: Browser, alice: User, kind: str) -> None:
    for odd in ({"email": "a\0@b"}, {"email": "alice@example.com", "next": "/\0"}):
        response = client.post("/signin", data={"password": PASSWORD, **odd}, content_type=kind)
        assert response.status_code == 400
        assert "could not make sense" in response.text


def test_a_stranger_s_upload_is_not_read(
    app: Flask, client: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(_request: object) -> None:
        raise AssertionError("the form was read")

    monkeypatch.setattr(web.CheckedRequest, "_load_form_data", read)
    response = client.post("/attachments", data={"a": "b"}, content_type="multipart/form-data")
    assert response.status_code == 303


@pytest.mark.parametrize("path", ["/search", "/search/suggest", "/search/similar"])
@pytest.mark.parametrize("odd", ["%ED%A0%80", "%FF", "\xff", "a\xed\xa0\x80b", "\\", "\u00e9"])
def test_odd_bytes_are_searched_for_like_any_others(reader: Browser, path: str, odd: str) -> None:
    # As a server hands over the bytes of an address: each as a character.
    given = {"QUERY_STRING": f"q={odd}&title={odd}&topic={odd}&page={odd}"}
    assert reader.get(path, environ_overrides=given).status_code == 200


def test_odd_bytes_do_not_keep_strangers_from_signing_in(client: Browser) -> None:
    asked = client.get("/tags", environ_overrides={"QUERY_STRING": "a=\xff\\ b"})
    assert asked.location == "/signin?next=/tags?a%3D%25FF%255C%2520b"
    page = client.get("/signin", environ_overrides={"QUERY_STRING": "next=\xff"})
    assert page.status_code == 200


@pytest.mark.parametrize(
    "address", ["/tags/a%3Fb%20%23c", "/tags/%C3%A9%25?q=a%26b+c%20d&page=2", "/?page=2"]
)
def test_signing_in_leads_to_the_very_page_asked_for(
    client: Browser, alice: User, address: str
) -> None:
    asked = client.get(address)
    assert asked.status_code == 303
    shown = client.get(asked.location)
    field = shown.text.partition('name="next" value="')[2].partition('"')[0]
    given = {"email": "alice@example.com", "password": PASSWORD}
    target = field.replace("&amp;", "&")
    assert client.post("/signin", data=given | {"next": target}).location == address


@pytest.mark.parametrize(
    ("text", "meant"),
    [("7", 7), ("999999999", 999_999_999), ("1000000000", 0), ("", 0), ("\u0663", 0), ("-1", 0)],
)
def test_a_number_fits_the_database_or_is_none(text: str, meant: int) -> None:
    assert number(text) == meant
