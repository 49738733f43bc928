"""Pins: the page with their log, and pinning from the results of a search."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from core.db import db
from core.errors import DomainError, Invalid, NotAllowed
from core.text import quoted
from core.web import day, number, posted
from kb import queries
from kb.models import Article
from kb.queries import ResultRow
from kb.rendering import slug_at
from people.signin import me
from search import pin_log, pins
from search.keys import key_of
from search.models import Pin
from search.permissions import can_curate_search
from search.pipeline import Results
from search.query import LONGEST_QUERY
from search.routes import bp

RESULTS = "results"  # where the form was: on the page of results


@bp.get("/search/pins")
def list_pins() -> Any:
    typed = {name: request.args.get(name, "")[:LONGEST_QUERY] for name in ("query", "article")}
    return _page(typed)


@bp.post("/search/pins")
def add_pin() -> Any:
    sent = posted()
    try:
        made = pins.pin(
            db.session,
            sent.get("query", ""),
            _article(sent.get("article", "")),
            because=sent.get("because", ""),
            days=number(sent.get("days"), 0 if sent.get("days") else pins.USUAL_DAYS),
            by=me(),
        )
    except Invalid as error:
        db.session.rollback()
        return _page(sent, error), error.status
    db.session.commit()
    flash(f"Pinned until {day(made.until)}, and first from now on for {quoted(made.query)}.")
    return _back(sent, made)


@bp.post("/search/pins/<int:pin_id>/removal")
def remove_pin(pin_id: int) -> Any:
    found = pins.find(db.session, pin_id)
    pins.remove(db.session, found, by=me())
    db.session.commit()
    flash(f"No longer first for {quoted(found.query)}.")
    return _back(posted(), found)


def _back(sent: Mapping[str, str], pin: Pin) -> Any:
    if sent.get("from") == RESULTS:
        return redirect(url_for(".search", q=pin.query, explain=1), 303)
    return redirect(url_for(".list_pins"), 303)


def _page(form: Mapping[str, str], problem: DomainError | None = None) -> str:
    if not can_curate_search(db.session, me()):
        raise NotAllowed("Pins are for curators, and for those who decide in a topic.")
    holding = pin_log.holding(db.session, me())
    return render_template(
        "search/pins.html",
        holding=holding,
        over=pin_log.over(db.session, me()),
        mine=pins.topics_to_pin_in(db.session, me(), {pin.topic_id for pin in holding}),
        form={"days": str(pins.USUAL_DAYS), **form},
        errors=problem.fields if isinstance(problem, Invalid) else {},
        most_days=pins.MOST_DAYS,
        longest_reason=pins.LONGEST_REASON,
        longest_query=LONGEST_QUERY,
    )


def _article(typed: str) -> Article:
    """The article with this address, or the name at its end."""
    slug = slug_at(typed)
    article = queries.article_by_slug(db.session, me(), slug) if slug else None
    if article is None:
        sentence = "There is no article with this address. Copy it from the article's page."
        raise Invalid(f"Not pinned. {sentence}", {"article": sentence})
    return article


# What the page of results shows of pins


@dataclass(frozen=True)
class PinsShown:
    """The pins of a query, by the ids of their articles, and which articles this person may pin for it."""

    query: str
    standing: Mapping[int, Pin]
    offered: frozenset[int]
    is_curator: bool


def pins_shown(results: Results[ResultRow], *, newest: bool) -> PinsShown:
    """For the template of results: `search/_pin.html` takes it.

    The hits say whether any of them is pinned, but for the newest first, where no pin counts.
    """
    hits = results.hits
    some = newest or any(hit.is_pinned for hit in hits)
    standing: dict[int, Pin] = {}
    for key in dict.fromkeys(map(key_of, (results.searched, results.query))) if some else ():
        standing |= pins.standing(db.session, key)
    explains = "explain" in request.args
    curates = (bool(standing) or explains) and can_curate_search(db.session, me())
    ids = [hit.id for hit in hits] if explains and curates else []
    offered = pins.pinnable(db.session, me(), ids) if ids else frozenset()
    return PinsShown(results.searched.text, standing, offered, curates)
