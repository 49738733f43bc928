"""Pins: curators put an article first for a query, for a reason and until a day."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import audit, clock, outbox, periodic
from core.db import alone
from core.errors import Invalid, NotAllowed, NotFound
from core.outbox import Event
from core.text import one_line, quoted
from core.web import day
from kb.lifecycle import ARCHIVED, UNPUBLISHED
from kb.models import Article
from kb.permissions import can_review_topic
from kb.queries import result_rows, visible_to
from people.models import User
from people.telling import Message, listen
from search.keys import key_of
from search.models import Pin
from search.query import LONGEST_QUERY, parse

MOST = 3  # for one query
USUAL_DAYS, MOST_DAYS = 90, 365
LONGEST_REASON = 300
TOLD_BEFORE = timedelta(days=7)

EXPIRING = "pin.expiring"
NOT_FOUND = "Readers cannot find this article at present, so it cannot be put first."


def init() -> None:
    """Take pins away with their articles, and tell whoever pinned before a pin is over."""
    outbox.subscribe("pins", [UNPUBLISHED, ARCHIVED], take_away, inside=True)
    periodic.every("pins-expiring", 3600, note_expiring)
    listen("pin-notices", {EXPIRING: _about_expiring})


# Reading


def pinned(session: Session, key: str) -> list[int]:
    """Ids of the articles to be put first for a query's key, in their order."""
    if not key:
        return []
    found = session.connection().execute(_PINNED, {"key": key, "now": clock.now()})
    return [row[0] for row in found]


# Asked for every search, so built once.
_PINNED = (
    sa.select(Pin.article_id)
    .where(Pin.key == sa.bindparam("key"), Pin.removed_at.is_(None))
    .where(Pin.until > sa.bindparam("now", type_=Pin.until.type))
    .order_by(Pin.id)
    .limit(MOST)
)


def standing(session: Session, key: str) -> dict[int, Pin]:
    """The pins of a query that hold now, by the ids of their articles."""
    query = sa.select(Pin).where(Pin.key == key, *holds()).order_by(Pin.id)
    return {pin.article_id: pin for pin in session.scalars(query)}


def holds() -> tuple[sa.ColumnElement[bool], ...]:
    """Which pins are neither taken away nor over."""
    return Pin.removed_at.is_(None), Pin.until > clock.now()


# Changing


def can_pin(session: Session, user: User, topic_id: int) -> bool:
    """Every curator by role, administrators, and those who decide in the article's topic."""
    return can_review_topic(session, user, topic_id)


def topics_to_pin_in(session: Session, user: User, topic_ids: Collection[int]) -> set[int]:
    """Those of the topics whose articles this person may pin."""
    return {topic_id for topic_id in topic_ids if can_pin(session, user, topic_id)}


def pinnable(session: Session, user: User, article_ids: Collection[int]) -> frozenset[int]:
    """Those of the articles that this person may pin."""
    query = sa.select(Article.id, Article.topic_id).where(Article.id.in_(article_ids))
    topic_of = {row.id: row.topic_id for row in session.execute(query)}
    mine = topics_to_pin_in(session, user, set(topic_of.values()))
    return frozenset(id_ for id_, topic_id in topic_of.items() if topic_id in mine)


def pin(
    session: Session, typed: str, article: Article, *, because: str, days: int, by: User
) -> Pin:
    """Put an article first for a query. Pinned again, it is for the new reason until the new day."""
    _require(session, by, article)
    query, key = _checked_query(typed)
    because = _checked_reason(because, days)
    if not _is_found(session, article, by):
        raise Invalid(f"Not pinned. {NOT_FOUND}", {"article": NOT_FOUND})
    alone(session, "pins")  # two who pin at once see what the other one did
    now = clock.now()
    until = now + timedelta(days=days)
    pins = {pin.article_id: pin for pin in _of(session, key)}
    if article.id in pins:
        return _prolonged(session, pins[article.id], because, until, by)
    if len(pins) >= MOST:
        problem = (
            f"{MOST} articles are pinned for these words already. Take one of them away first."
        )
        raise Invalid(f"Not pinned. {problem}", {"query": problem})
    made = Pin(
        query=query,
        key=key,
        article_id=article.id,
        because=because,
        until=until,
        at=now,
        by_id=by.id,
        removed_at=None,
        removed_by_id=None,
    )
    session.add(made)
    session.flush()  # the audit log names it by id
    _write_down(session, "pin.added", made, by)
    return made


def remove(session: Session, pin: Pin, *, by: User) -> None:
    """Put the article first no more; the log keeps that it was."""
    session.refresh(pin, with_for_update=True)
    _require(session, by, session.get_one(Article, pin.article_id))
    if pin.removed_at is None and pin.until > clock.now():
        pin.removed_at, pin.removed_by_id = clock.now(), by.id
        session.flush()  # the second click reads it anew
        _write_down(session, "pin.removed", pin, by)


def find(session: Session, pin_id: int) -> Pin:
    pin = session.get(Pin, pin_id)
    if pin is None:
        raise NotFound("There is no such pin.")
    return pin


def _of(session: Session, key: str) -> Sequence[Pin]:
    """Those that hold; what has run out is closed, so that the same can be pinned anew."""
    query = sa.select(Pin).where(Pin.key == key, Pin.removed_at.is_(None)).order_by(Pin.id)
    there = session.scalars(query.with_for_update()).all()
    for pin in there:
        if pin.until <= clock.now():
            pin.removed_at = pin.until
    session.flush()
    return [pin for pin in there if pin.removed_at is None]


def _prolonged(session: Session, pin: Pin, because: str, until: datetime, by: User) -> Pin:
    if (pin.because, pin.until.date()) != (because, until.date()):
        before = {"because": pin.because, "until": _last_day(pin)}
        # Whoever prolongs it is told when it is about to end, and that once more.
        pin.because, pin.until, pin.by_id = because, until, by.id
        session.flush()
        _write_down(session, "pin.prolonged", pin, by, {"before": before})
    return pin


def _require(session: Session, by: User, article: Article) -> None:
    if not can_pin(session, by, article.topic_id):
        raise NotAllowed("Articles are pinned by curators, and by those who decide in their topic.")


def _checked_query(typed: str) -> tuple[str, str]:
    query = parse(one_line(typed))
    key = key_of(query)
    if not key or query.was_cut:
        problem = f"Give the words that people search for, {LONGEST_QUERY} characters at most."
        raise Invalid(f"Not pinned. {problem}", {"query": problem})
    return query.text, key


def _checked_reason(because: str, days: int) -> str:
    because, errors = one_line(because), {}
    if not 1 <= len(because) <= LONGEST_REASON:
        errors["because"] = f"Say why, in {LONGEST_REASON} characters at most."
    if not 1 <= days <= MOST_DAYS:
        errors["days"] = f"A pin holds for 1 to {MOST_DAYS} days."
    if errors:
        raise Invalid("Not pinned. " + " ".join(errors.values()), errors)
    return because


def _is_found(session: Session, article: Article, by: User) -> bool:
    query = sa.select(Article.id).where(Article.id == article.id, visible_to(by))
    return session.scalar(query) is not None


def _write_down(
    session: Session,
    action: str,
    pin: Pin,
    by: User | None,
    more: dict[str, object] | None = None,
) -> None:
    detail = {
        "article": pin.article_id,
        "because": pin.because,
        "until": _last_day(pin),
    }
    audit.write(
        session,
        action,
        "pin",
        pin.id,
        name=pin.query,
        by=by.id if by else None,
        by_name=by.name if by else "",
        detail=detail | (more or {}),
    )


# What happens by itself


def take_away(session: Session, events: Sequence[Event]) -> None:
    """An article that readers do not find any more is not put first, either, should it come back."""
    ids = {event.subject for event in events}
    query = sa.select(Pin).where(Pin.article_id.in_(ids), *holds()).with_for_update()
    for pin in session.scalars(query):
        pin.removed_at = clock.now()
        _write_down(session, "pin.removed", pin, None)


def note_expiring(session: Session) -> None:
    """Record which pins end soon, each once for each end; the event is the memory of that."""
    query = sa.select(Pin).where(*holds(), Pin.until <= clock.now() + TOLD_BEFORE)
    # Of one that was never to last longer everybody knows.
    ending = [pin for pin in session.scalars(query) if pin.until - pin.at > TOLD_BEFORE]
    told = _told(session, [pin.id for pin in ending])
    for pin in ending:
        if (pin.id, _last_day(pin)) not in told:
            outbox.record(session, EXPIRING, pin.id, data={"until": _last_day(pin)})


def _told(session: Session, ids: Sequence[int]) -> set[tuple[int, str]]:
    """Of which ends of these pins their people were told."""
    query = sa.select(Event.subject, Event.data)
    query = query.where(Event.kind == EXPIRING, Event.subject.in_(ids))
    return {(row.subject, row.data.get("until", "")) for row in session.execute(query)}


def _last_day(pin: Pin) -> str:
    return pin.until.date().isoformat()


def _about_expiring(session: Session, event: Event) -> Iterator[Message]:
    pin = session.get(Pin, event.subject)
    if pin is None or pin.removed_at is not None or event.data.get("until") != _last_day(pin):
        return
    pinner = session.get_one(User, pin.by_id)
    row = result_rows(session, pinner, [pin.article_id]).get(pin.article_id)
    if row is None:
        return  # taken from its readers meanwhile: its title is nobody's any more
    subject = f"A pin ends soon: {pin.query}"
    text = (
        f"On {day(pin.until)}, {quoted(row.title)} is no longer put first for"
        f" {quoted(pin.query)}. You pinned it because: {pin.because}\n\nIf that still holds, pin it"
        " again. If search finds it by itself by now, there is nothing to do."
    )
    yield Message(pin.by_id, subject, text, f"/search/pins#pin-{pin.id}", "care")
