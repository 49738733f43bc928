"""The company's times: chosen by administrators, followed by the calendar, audited."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.audit import AuditEntry
from core.errors import Conflict, Invalid, NotAllowed
from people import company
from people.company import Times
from people.models import Company, Role, User
from tests.factories import make_user, settle

HOUR = 3600


def change(session: Session, by: User, **chosen: Any) -> Times:
    """Change some of the times as somebody does who has just opened the page."""
    now = company.times(session)
    return company.change(session, replace(now, **chosen), former=now.mark, by=by)


def test_office_hours_in_utc_until_somebody_chooses(session: Session) -> None:
    calendar = company.calendar(session)
    monday = datetime(2025, 3, 10, tzinfo=UTC)
    assert calendar.between(monday, monday + timedelta(days=7)) == 40 * HOUR
    assert calendar.add(monday, HOUR) == monday.replace(hour=10)
    assert company.coordinator(session) is None


def test_the_calendar_follows_what_was_chosen(session: Session, ada: User) -> None:
    change(
        session,
        ada,
        time_zone="Europe/Copenhagen",
        hours={0: ("08:00", "12:00"), 2: ("08:00", "16:00")},
        country="DK",
        days_off=("2025-03-12",),
    )
    calendar = company.calendar(session)
    monday = datetime(2025, 3, 10, tzinfo=UTC)
    assert calendar.add(monday, HOUR) == monday.replace(hour=8)
    assert not calendar.is_working_day(date(2025, 3, 12))  # a day off of its own
    assert not calendar.is_working_day(date(2026, 5, 25))  # Whit Monday
    assert calendar.is_working_day(date(2026, 5, 18))


def test_the_calendar_is_built_once_for_each_choice(session: Session, ada: User) -> None:
    first = company.calendar(session)
    assert company.calendar(session) is first
    change(session, ada, time_zone="Europe/Berlin")
    assert company.calendar(session) is not first


def test_regions_keep_holidays_of_their_own(session: Session, ada: User) -> None:
    change(session, ada, country="DE")
    assert company.calendar(session).is_working_day(date(2025, 1, 6))
    change(session, ada, country="DE-BY")
    assert not company.calendar(session).is_working_day(date(2025, 1, 6))  # Epiphany


def test_a_country_that_a_newer_list_dropped_stops_nothing(session: Session) -> None:
    session.add(
        Company(id=1, time_zone="UTC", hours={"0": ["09:00", "17:00"]}, country="ZZ", days_off=[])
    )
    session.flush()
    assert company.calendar(session).is_working_day(date(2025, 3, 10))


def test_a_time_zone_that_newer_tables_dropped_stops_nothing(session: Session) -> None:
    gone = Company(
        id=1, time_zone="Old/Zone", hours={"0": ["09:00", "10:00"]}, country="DK", days_off=[]
    )
    session.add(gone)
    session.flush()
    calendar = company.calendar(session)
    assert calendar.time_zone == "UTC"
    assert not calendar.is_working_day(date(2025, 12, 25))


def test_the_next_holidays_are_those_on_working_days() -> None:
    chosen = Times(country="DK", days_off=("2025-12-23",))
    found = company.next_holidays(chosen, date(2025, 12, 20), most=3)
    assert [day for day, _ in found] == [
        date(2025, 12, 23),
        date(2025, 12, 25),
        date(2025, 12, 26),
    ]
    assert [name for _, name in found][:2] == ["Day off", "Christmas Day"]
    assert company.next_holidays(Times(), date(2025, 12, 20)) == []


@pytest.mark.parametrize("role", [Role.EMPLOYEE, Role.CURATOR])
def test_only_administrators_choose(session: Session, role: Role) -> None:
    with pytest.raises(NotAllowed):
        change(session, make_user(session, role=role), time_zone="Europe/Berlin")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"time_zone": "Nowhere"}, "time_zone"),
        ({"hours": {}}, "hours"),
        ({"hours": {1: ("17:00", "09:00")}}, "hours_1"),
        ({"country": "XX"}, "country"),
        ({"country": "DE-XX"}, "region"),
        ({"days_off": ("24.12.2025",)}, "days_off"),
        ({"days_off": ("2025-02-30",)}, "days_off"),
        ({"days_off": tuple(f"{2000 + n}-01-01" for n in range(201))}, "days_off"),
        ({"coordinator_id": 999}, "coordinator"),
    ],
)
def test_what_does_not_fit_is_named(
    session: Session, ada: User, wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        change(session, ada, **wrong)
    assert field in refused.value.fields
    assert session.get(Company, 1) is None


def test_a_curator_or_an_administrator_coordinates(
    session: Session, ada: User, cora: User, alice: User
) -> None:
    gone = make_user(session, role=Role.CURATOR, active=False)
    for person in (ada, cora):
        change(session, ada, coordinator_id=person.id)
        assert company.coordinator(session) is person
    for person in (alice, gone):
        with pytest.raises(Invalid, match="cannot coordinate"):
            change(session, ada, coordinator_id=person.id)


def test_a_coordinator_whose_access_ended_is_nobody(
    session: Session, ada: User, cora: User
) -> None:
    change(session, ada, coordinator_id=cora.id)
    cora.active = False
    session.flush()
    assert company.coordinator(session) is None


def test_times_that_moved_on_are_not_overwritten(session: Session, ada: User) -> None:
    opened = company.times(session)
    change(session, ada, country="DK")
    with pytest.raises(Conflict):
        company.change(session, replace(opened, country="DE"), former=opened.mark, by=ada)
    assert company.times(session).country == "DK"


def test_the_second_click_changes_nothing(session: Session, ada: User) -> None:
    opened = company.times(session)
    for _ in range(2):
        company.change(session, replace(opened, country="DK"), former=opened.mark, by=ada)
    settle(session)
    assert session.scalar(sa.select(sa.func.count(AuditEntry.id))) == 1


def test_a_change_is_audited(session: Session, ada: User) -> None:
    change(session, ada, country="DK", days_off=("2025-12-24",))
    entry = session.scalars(sa.select(AuditEntry)).one()
    assert (entry.action, entry.actor_name) == ("company.changed", "Ada")
    assert entry.detail == {
        "before": {"country": "", "days_off": []},
        "after": {"country": "DK", "days_off": ["2025-12-24"]},
    }


def test_administrators_choose_whether_searches_are_kept(
    session: Session, ada: User, cora: User
) -> None:
    assert company.keeps_searches(session)
    for keep in (False, False, True):  # the second click changes nothing
        company.keep_searches(session, keep, by=ada)
        assert company.keeps_searches(session) is keep
    assert company.times(session) == Times()
    entries = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == company.CHANGED))
    assert [entry.detail["after"] for entry in entries] == [
        {"keeps_searches": False},
        {"keeps_searches": True},
    ]
    with pytest.raises(NotAllowed):
        company.keep_searches(session, False, by=cora)
