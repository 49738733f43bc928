"""The company's times by their address: for administrators, with everything typed kept."""

from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from sqlalchemy.orm import Session

from people import company
from people.models import Company, User
from tests.conftest import Browser, Clock, leads_to_signin

NewClient = Callable[[User], Browser]
PAGE = "/admin/company"


def form_of(page: str) -> dict[str, str]:
    """The fields as a browser would send them."""
    form = BeautifulSoup(page, "html.parser").select_one("main form")
    assert form is not None
    sent = {str(field["name"]): str(field.get("value", "")) for field in form.select("input")}
    for field in form.select("textarea"):
        sent[str(field["name"])] = field.get_text()[1:]
    for field in form.select("select"):
        chosen = field.select_one("option[selected]")
        sent[str(field["name"])] = str(chosen["value"]) if chosen else ""
    return sent


def test_an_administrator_says_when_the_company_works(
    session: Session, new_client: NewClient, ada: User, cora: User
) -> None:
    browser = new_client(ada)
    form = form_of(browser.get(PAGE).text)
    assert (form["time_zone"], form["start_0"], form["end_4"], form["start_5"]) == (
        "UTC",
        "09:00",
        "17:00",
        "",
    )
    form |= {
        "time_zone": "Europe/Copenhagen",
        "start_4": "",
        "end_4": "",
        "end_0": "00:00",
        "country": "DK",
        "days_off": "2025-12-24\r\n2025-12-31, 2025-12-24",
        "coordinator": str(cora.id),
    }
    response = browser.post(PAGE, data=form)
    assert (response.status_code, response.location) == (303, PAGE)
    times = company.times(session)
    assert (times.time_zone, times.country) == ("Europe/Copenhagen", "DK")
    assert times.hours[0] == ("09:00", "24:00")
    assert sorted(times.hours) == [0, 1, 2, 3]
    assert times.days_off == ("2025-12-24", "2025-12-31")
    assert times.coordinator_id == cora.id
    assert form_of(browser.get(PAGE).text)["end_0"] == "00:00"


def test_the_next_days_off_are_shown(
    session: Session, new_client: NewClient, ada: User, clock: Clock
) -> None:
    session.add(
        Company(
            id=1,
            time_zone="Europe/Copenhagen",
            hours={"0": ["09:00", "17:00"], "3": ["09:00", "17:00"]},
            country="DK",
            days_off=["2025-03-13"],
        )
    )
    text = new_client(ada).get(PAGE).text
    assert "Thursday, 13 March 2025" in text
    assert "Easter Monday" in text


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"start_2": "18:00"}, "Wednesday: give a beginning and a later end"),
        ({"start_2": ""}, "Wednesday: give a beginning and a later end"),
        (
            {f"start_{n}": "" for n in range(7)} | {f"end_{n}": "" for n in range(7)},
            "at least one day",
        ),
        ({"time_zone": "Moon/Base"}, "no time zone called Moon/Base"),
        ({"region": "BY"}, "Choose the country of the region."),
        ({"country": "DE", "region": "Bavaria"}, "Bavaria is not a region there. Known are:"),
        ({"days_off": "24.12.2025"}, "24.12.2025 is not a day."),
        ({"coordinator": "999"}, "cannot coordinate"),
    ],
)
def test_what_does_not_fit_comes_back_with_everything_typed(
    session: Session, new_client: NewClient, ada: User, wrong: dict[str, str], why: str
) -> None:
    browser = new_client(ada)
    sent = form_of(browser.get(PAGE).text) | {"days_off": "2025-12-24"} | wrong
    response = browser.post(PAGE, data=sent)
    assert response.status_code == 422
    assert why in response.text
    back = form_of(response.text)
    assert back["days_off"] == sent["days_off"]
    assert back["start_2"] == sent["start_2"]
    assert session.get(Company, 1) is None


def test_times_changed_meanwhile_are_not_overwritten_unseen(
    session: Session, new_client: NewClient, ada: User
) -> None:
    browser = new_client(ada)
    opened = form_of(browser.get(PAGE).text)
    assert browser.post(PAGE, data=opened | {"country": "DK"}).status_code == 303
    late = browser.post(PAGE, data=opened | {"country": "SE"})
    assert late.status_code == 409
    assert company.times(session).country == "DK"
    assert form_of(late.text)["country"] == "SE"
    assert browser.post(PAGE, data=form_of(late.text)).status_code == 303
    assert company.times(session).country == "SE"


def test_only_administrators_see_it(
    new_client: NewClient, client: Browser, alice: User, cora: User
) -> None:
    assert leads_to_signin(client.get(PAGE))
    for somebody in (alice, cora):
        browser = new_client(somebody)
        assert browser.get(PAGE).status_code == 403
        assert browser.post(PAGE, data={"time_zone": "UTC"}).status_code == 403
