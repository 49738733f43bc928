"""Administrators' page about accounts, by its addresses."""

import re
from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from sqlalchemy.orm import Session

from people import accounts
from people.models import Role, User
from tests.conftest import Browser
from tests.factories import PASSWORD

NewClient = Callable[[User], Browser]
ANNA = {"name": "Anna Berg", "email": "anna@example.com", "role": "curator", "team": "Sales"}
PLACES = {
    "": ANNA,
    "/{}/role": {"role": "admin"},
    "/{}/deactivation": {},
    "/{}/activation": {},
    "/{}/password": {},
}


@pytest.fixture
def browser(new_client: NewClient, ada: User) -> Browser:
    return new_client(ada)


def words(text: str) -> str:
    return BeautifulSoup(text, "html.parser").get_text(" ")


def test_an_added_person_gets_a_password_that_is_shown_once(
    session: Session, browser: Browser
) -> None:
    response = browser.post("/admin/people", data=ANNA)
    assert response.status_code == 200
    anna = accounts.find_by_email(session, "anna@example.com")
    assert anna is not None
    assert (anna.role, anna.team) == (Role.CURATOR, "Sales")
    [shown] = re.findall(r"\b[a-z2-9]{4}(?:-[a-z2-9]{4}){3}\b", words(response.text))
    assert accounts.check_password(anna, shown)
    assert shown not in browser.get("/admin/people").text


def test_what_was_typed_comes_back_when_it_does_not_fit(session: Session, browser: Browser) -> None:
    response = browser.post("/admin/people", data={**ANNA, "email": "no address"})
    assert response.status_code == 422
    page = BeautifulSoup(response.text, "html.parser")
    assert "Anna Berg" in [field.get("value") for field in page.find_all("input")]
    assert accounts.find_by_handle(session, "anna-berg") is None


def test_a_role_is_changed_and_an_unknown_one_refused(browser: Browser, bob: User) -> None:
    path = f"/admin/people/{bob.id}/role"
    assert browser.post(path, data={"role": "curator"}).status_code == 303
    assert bob.role is Role.CURATOR
    assert browser.post(path, data={"role": "king"}).status_code == 422
    assert bob.role is Role.CURATOR


def test_ending_access_and_giving_it_back(browser: Browser, bob: User) -> None:
    assert browser.post(f"/admin/people/{bob.id}/deactivation").status_code == 303
    assert not bob.active
    assert browser.post(f"/admin/people/{bob.id}/activation").status_code == 303
    assert bob.active


def test_the_last_administrator_stays(browser: Browser, ada: User) -> None:
    assert (
        browser.post(f"/admin/people/{ada.id}/role", data={"role": "employee"}).status_code == 409
    )
    assert browser.post(f"/admin/people/{ada.id}/deactivation").status_code == 409
    assert ada.is_admin


def test_a_new_password_replaces_the_old_one(browser: Browser, bob: User) -> None:
    response = browser.post(f"/admin/people/{bob.id}/password")
    assert response.status_code == 200
    assert not accounts.check_password(bob, PASSWORD)


@pytest.mark.parametrize("place", PLACES)
def test_only_administrators_do_this(
    client: Browser, new_client: NewClient, bob: User, cora: User, alice: User, place: str
) -> None:
    path = "/admin/people" + place.format(alice.id)
    for who in (bob, cora, alice):
        assert new_client(who).post(path, data=PLACES[place]).status_code == 403
    assert client.post(path, data=PLACES[place]).location.startswith("/signin")
    assert (alice.role, alice.active) == (Role.EMPLOYEE, True)
    assert accounts.check_password(alice, PASSWORD)
    assert new_client(bob).get("/admin/people").status_code == 403


@pytest.mark.parametrize("place", list(PLACES)[1:])
def test_somebody_who_is_not_there_is_not_found(browser: Browser, place: str) -> None:
    path = "/admin/people" + place.format(999)
    assert browser.post(path, data=PLACES[place]).status_code == 404
    assert browser.get(path).status_code == 405
