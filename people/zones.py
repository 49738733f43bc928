"""In which time zone somebody lives: for their mornings, and the days of their inbox."""

from datetime import date
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy.orm import Session

from core import clock
from core.errors import Invalid
from people import company
from people.models import User

UNKNOWN = "Choose a time zone from the list."
# Names kept for old programs; each of them is also in the list as a place.
_OLD = ("Etc/", "SystemV/", "US/", "Brazil/", "Canada/", "Chile/", "Mexico/")


def of(session: Session, user: User) -> ZoneInfo:
    """The person's zone, or the company's while they have chosen none."""
    return ZoneInfo(user.time_zone or company.times(session).time_zone)


def today(session: Session, user: User) -> date:
    return clock.now().astimezone(of(session, user)).date()


@cache
def names() -> tuple[tuple[str, str], ...]:
    """(name, words) of every zone that can be chosen."""
    places = (name for name in available_timezones() if "/" in name and not name.startswith(_OLD))
    return (("UTC", "UTC"), *((name, words(name)) for name in sorted(places)))


def words(name: str) -> str:
    """As a page names a zone."""
    return name.replace("_", " ").replace("/", " / ")


def choose(user: User, name: str) -> None:
    """Set somebody's zone; an empty name stands for the company's."""
    if name and name not in dict(names()):
        raise Invalid(UNKNOWN, {"time_zone": UNKNOWN})
    user.time_zone = name
