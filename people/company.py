"""When the company works, who sees to it that nothing lies about, and what is kept of searches."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from functools import cache, lru_cache, partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import audit, outbox, worktime
from core.errors import Conflict, Invalid, NotAllowed
from core.worktime import Calendar
from people.models import Company, Role, User
from people.permissions import can_manage_company

CHANGED = "company.changed"  # as the audit names it
KEEPS_NOTHING = "company.keeps_nothing"  # of searches any more
# Nobody's searches are known after thirty days: names are looked for each hour, and go some hours
# before their time, for a task that fails or has to wait runs later.
NAMES_KEPT = timedelta(days=30) - timedelta(hours=6)
FORGET_NAMES_SECONDS = 3600
MOST_DAYS_OFF = 200
ENGLISH = "en_US"  # a public holiday is named in it where the country's list knows how

Hours = Mapping[int, tuple[str, str]]
OFFICE_HOURS: Hours = dict.fromkeys(range(5), ("09:00", "17:00"))


@dataclass(frozen=True)
class Times:
    """The company's working times as somebody chose them; until then, plain office hours in UTC."""

    time_zone: str = "UTC"
    hours: Hours = field(default_factory=lambda: OFFICE_HOURS)
    country: str = ""
    days_off: tuple[str, ...] = ()
    coordinator_id: int | None = None

    @property
    def mark(self) -> str:
        """Changes with any of it: a form says by it which times it was made from."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


# Reading


def times(session: Session) -> Times:
    row = session.get(Company, 1)
    return _times_of(row) if row else Times()


def calendar(session: Session) -> Calendar:
    """By which working time is counted; asked for often, built once for each change of the times."""
    chosen = times(session)
    return _calendar(
        chosen.time_zone, tuple(sorted(chosen.hours.items())), chosen.country, chosen.days_off
    )


def coordinator(session: Session) -> User | None:
    """Whoever is told last when something lies about, if they can still sign in."""
    query = sa.select(Company).options(joinedload(Company.coordinator))
    row = session.scalar(query)
    return row.coordinator if row and row.coordinator and row.coordinator.active else None


def keeps_searches(session: Session) -> bool:
    """Whether the company wants to keep what its people search for; until it says, it does."""
    kept = session.scalar(sa.select(Company.keeps_searches).where(Company.id == 1))
    return kept is not False


def next_holidays(chosen: Times, today: date, most: int = 5) -> list[tuple[date, str]]:
    """The next days on which nobody works, with their names; those at the weekend are left out."""
    public, own = _public_holidays(chosen.country), set(chosen.days_off)
    found: list[tuple[date, str]] = []
    for day in (today + timedelta(days=n) for n in range(400)):
        name = public.get(day) or ("Day off" if day.isoformat() in own else "")
        if name and day.weekday() in chosen.hours and len(found) < most:
            found.append((day, name))
    return found


@cache
def countries() -> list[tuple[str, str]]:
    """(code, name) of the countries whose public holidays are known."""
    from holidays.registry import COUNTRIES  # late: it takes longer than any page

    return sorted(
        ((names[1], _country_name(module)) for module, names in COUNTRIES.items()),
        key=lambda each: each[1],
    )


def regions(country: str) -> tuple[str, ...]:
    """Codes of a country's parts that keep further holidays, such as BY of DE."""
    from holidays import country_holidays

    return tuple(sorted(country_holidays(country).subdivisions)) if country else ()


def _country_name(module: str) -> str:
    small = {"and", "of", "the"}
    return " ".join(word if word in small else word.capitalize() for word in module.split("_"))


def _times_of(row: Company) -> Times:
    return Times(
        time_zone=row.time_zone,
        hours={int(day): (span[0], span[1]) for day, span in row.hours.items()},
        country=row.country,
        days_off=tuple(row.days_off),
        coordinator_id=row.coordinator_id,
    )


class _DaysOff:
    """On which days nobody works: public holidays, and days of the company's own."""

    def __init__(self, country: str, own: Sequence[str]) -> None:
        self._public = _public_holidays(country)
        self._own = {date.fromisoformat(day) for day in own}

    def __contains__(self, day: object) -> bool:
        return day in self._own or day in self._public


@lru_cache(maxsize=4)
def _calendar(
    time_zone: str,
    hours: tuple[tuple[int, tuple[str, str]], ...],
    country: str,
    days_off: tuple[str, ...],
) -> Calendar:
    off = _DaysOff(country, days_off)
    try:
        return Calendar(time_zone, dict(hours), off)
    except Invalid:  # a zone that newer tables dropped: no submission waits for that
        return Calendar("UTC", OFFICE_HOURS, off)


@lru_cache(maxsize=8)
def _public_holidays(country: str) -> Mapping[date, str]:
    """The public holidays of "DE" or "DE-BY"; it grows by a year when one is asked for.

    A place that a newer list does not know any more has none: no decision waits for that.
    """
    if not country:
        return {}
    from holidays import country_holidays

    code, _, region = country.partition("-")
    try:
        return country_holidays(code, subdiv=region or None, language=ENGLISH)
    except NotImplementedError:
        return {}


# Changing


def change(session: Session, chosen: Times, *, former: str, by: User) -> Times:
    """Set the company's times; `former` is the mark of those that the choice was made from.

    Clocks that run already keep the moment they were given.
    """
    if not can_manage_company(by):
        raise NotAllowed("Only administrators change the company's times.")
    row = session.get(Company, 1, with_for_update=True, populate_existing=True)
    before, chosen = times(session), _checked(session, chosen)
    if chosen == before:
        return before  # the second click
    if former != before.mark:
        raise Conflict(
            "Somebody changed the company's times since you opened them. What you chose is still here."
        )
    stored = _stored(chosen)
    if row is None:
        session.add(Company(id=1, **stored))
    else:
        for name, value in stored.items():
            setattr(row, name, value)
    session.flush()
    _audit(session, before, chosen, by)
    return chosen


def keep_searches(session: Session, keep: bool, *, by: User) -> None:
    """Keep from now on what people search for, or nothing of it."""
    if not can_manage_company(by):
        raise NotAllowed("Only administrators choose what is kept of searches.")
    row = session.get(Company, 1, with_for_update=True, populate_existing=True)
    if keeps_searches(session) == keep:
        return  # the second click
    if row is None:
        row = Company(id=1, **_stored(Times()))
        session.add(row)
    row.keeps_searches = keep
    session.flush()
    if not keep:
        outbox.record(session, KEEPS_NOTHING, row.id, by=by.id)
    _write_audit(session, {"keeps_searches": not keep}, {"keeps_searches": keep}, by)


def _checked(session: Session, chosen: Times) -> Times:
    """The times, clean; raises Invalid naming everything that does not fit."""
    errors: dict[str, str] = {}
    checks: tuple[Callable[[], None], ...] = (
        partial(worktime.check_zone, chosen.time_zone),
        partial(worktime.check_hours, chosen.hours),
        partial(_check_country, chosen.country),
        partial(_check_coordinator, session, chosen.coordinator_id),
    )
    for check in checks:
        try:
            check()
        except Invalid as error:
            errors |= error.fields
    days = _days(chosen.days_off, errors)
    if errors:
        raise Invalid("Not saved. " + " ".join(dict.fromkeys(errors.values())), errors)
    return Times(chosen.time_zone, dict(chosen.hours), chosen.country, days, chosen.coordinator_id)


def _check_country(country: str) -> None:
    code, _, region = country.partition("-")
    if code and code not in dict(countries()):
        sentence = f"The public holidays of {code[:20]} are not known. Choose from the list."
        raise Invalid(sentence, {"country": sentence})
    if region and region not in regions(code):
        known = ", ".join(regions(code)) or "none"
        sentence = f"{region[:20]} is not a region there. Known are: {known}."
        raise Invalid(sentence, {"region": sentence})


def _check_coordinator(session: Session, person_id: int | None) -> None:
    person = session.get(User, person_id) if person_id is not None else None
    able = person and person.active and person.role in (Role.CURATOR, Role.ADMIN)
    if person_id is not None and not able:
        name = person.name if person else "This person"
        sentence = f"{name} cannot coordinate: choose a curator or an administrator."
        raise Invalid(sentence, {"coordinator": sentence})


def _days(given: Sequence[str], errors: dict[str, str]) -> tuple[str, ...]:
    days = set()
    for text in given:
        try:
            days.add(date.fromisoformat(text).isoformat())
        except ValueError:
            errors["days_off"] = f"{text[:30]} is not a day. Write each as 2025-12-24."
    if len(days) > MOST_DAYS_OFF:
        errors["days_off"] = f"At most {MOST_DAYS_OFF} days off, please; take out those long past."
    return tuple(sorted(days))


def _stored(chosen: Times) -> dict[str, Any]:
    return {
        "time_zone": chosen.time_zone,
        "hours": {str(day): list(span) for day, span in sorted(chosen.hours.items())},
        "country": chosen.country,
        "days_off": list(chosen.days_off),
        "coordinator_id": chosen.coordinator_id,
    }


def _audit(session: Session, before: Times, after: Times, by: User) -> None:
    old, new = _stored(before), _stored(after)
    differs = [name for name in new if old[name] != new[name]]
    _write_audit(
        session,
        {name: old[name] for name in differs},
        {name: new[name] for name in differs},
        by,
    )


def _write_audit(session: Session, before: dict[str, Any], after: dict[str, Any], by: User) -> None:
    audit.write(
        session,
        CHANGED,
        "company",
        1,
        name="The company",
        by=by.id,
        by_name=by.name,
        detail={"before": before, "after": after},
    )
