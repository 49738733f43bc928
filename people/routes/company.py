"""Administrators' page about the company: when it works, who coordinates, what is kept of searches."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, url_for

from core import clock
from core.db import db
from core.errors import Conflict, Invalid, NotAllowed
from core.web import number, posted, settings
from core.worktime import DAY_NAMES
from people import company, zones
from people.company import Times
from people.models import Role, User
from people.permissions import can_manage_company
from people.signin import me

bp = Blueprint("company", __name__)


@bp.before_request
def require_admin() -> None:
    if not can_manage_company(me()):
        raise NotAllowed("Only administrators change the company's times.")


@bp.get("/admin/company")
def page() -> Any:
    return _page(_shown(company.times(db.session)))


@bp.post("/admin/company")
def change() -> Any:
    sent = posted()
    try:
        company.change(db.session, _parse(sent), former=sent.get("former", ""), by=me())
    except (Conflict, Invalid) as error:
        db.session.rollback()
        form = {**sent, "former": company.times(db.session).mark}
        return _page(form, problem=error), error.status
    db.session.commit()
    flash("Saved. Clocks that run already keep the moment they were given.")
    return redirect(url_for(".page"), 303)


@bp.post("/admin/company/searches")
def keep_searches() -> Any:
    keep = posted().get("keep") == "1"
    company.keep_searches(db.session, keep, by=me())
    db.session.commit()
    flash("Searches are kept from now on." if keep else "Nothing is kept of searches from now on.")
    return redirect(url_for(".page"), 303)


def _page(form: Mapping[str, str], problem: Conflict | Invalid | None = None) -> str:
    times = company.times(db.session)
    today = clock.now().astimezone(zones.of(db.session, me())).date()
    errors = problem.fields if isinstance(problem, Invalid) else {}
    known = list(zones.names())
    if times.time_zone not in dict(known):
        known.append((times.time_zone, zones.words(times.time_zone)))
    return render_template(
        "people/company.html",
        form=form,
        errors=errors,
        problem=problem,
        days=list(enumerate(DAY_NAMES)),
        zones=known,
        countries=company.countries(),
        holidays=company.next_holidays(times, today),
        coordinators=_coordinators(),
        keeps_searches=company.keeps_searches(db.session),
        can_keep_searches=settings().search_records,
    )


def _shown(times: Times) -> dict[str, str]:
    country, _, region = times.country.partition("-")
    form = {
        "time_zone": times.time_zone,
        "country": country,
        "region": region,
        "days_off": "\n".join(times.days_off),
        "coordinator": str(times.coordinator_id or ""),
        "former": times.mark,
    }
    for day, (start, end) in times.hours.items():
        form[f"start_{day}"], form[f"end_{day}"] = start, _clock_face(end)
    return form


def _parse(sent: Mapping[str, str]) -> Times:
    hours = {}
    for day in range(7):
        start, end = (sent.get(f"{name}_{day}", "").strip()[:5] for name in ("start", "end"))
        if start or end:
            hours[day] = (start, "24:00" if end == "00:00" else end)
    country, region = sent.get("country", "").strip(), sent.get("region", "").strip()
    if region and not country:
        sentence = "Choose the country of the region."
        raise Invalid(sentence, {"country": sentence})
    return Times(
        time_zone=sent.get("time_zone", "").strip(),
        hours=hours,
        country=f"{country}-{region}" if region else country,
        days_off=tuple(sent.get("days_off", "").replace(",", " ").split()),
        coordinator_id=number(sent.get("coordinator")) or None,
    )


def _clock_face(end: str) -> str:
    """The end of a day as a field for a time shows it."""
    return "00:00" if end == "24:00" else end


def _coordinators() -> list[tuple[int, str]]:
    query = sa.select(User.id, User.name).where(
        User.active, User.role.in_((Role.CURATOR, Role.ADMIN))
    )
    return [(row.id, row.name) for row in db.session.execute(query.order_by(User.name, User.id))]
