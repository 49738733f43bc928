"""One mail in the morning about all that waited for it, instead of one for each thing."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from email.message import EmailMessage
from itertools import groupby
from textwrap import indent
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, mail, outbox, periodic
from core.config import Config
from core.outbox import Delivery, Event
from core.worktime import Calendar
from people import choices, mailing
from people.models import MailChoice, Notice, User

DUE = "digest.due"
SUBSCRIBER = "digest"
EVERY_SECONDS = 300
MORNING = time(8, 0)
LOOK_AHEAD = 60  # days; a company that is closed for longer gets its mail all the same
PAUSE = timedelta(hours=6)  # before a digest that was given up is tried anew


def init_app(config: Config) -> None:
    def send(session: Session, events: Sequence[Event]) -> None:
        for event in events:
            send_to(session, config, event.subject)

    outbox.subscribe(SUBSCRIBER, [DUE], send)
    periodic.every("digests", EVERY_SECONDS, note_due)


def due_at(choice: MailChoice, calendar: Calendar, zone: ZoneInfo) -> datetime:
    """The next working morning, or the first of next week, where the person is."""
    now = clock.now().astimezone(zone)
    first = now.date() if choice is MailChoice.DAILY else _next_monday(now)
    mornings = (_morning(first + timedelta(days=n), zone) for n in range(LOOK_AHEAD))
    to_come = [morning for morning in mornings if morning > now]
    working = (morning for morning in to_come if calendar.is_working_day(morning.date()))
    return next(working, to_come[0])


def _next_monday(now: datetime) -> date:
    """Today, if it is Monday and early."""
    if now.weekday() == 0 and now.time() < MORNING:
        return now.date()
    return now.date() + timedelta(days=7 - now.weekday())


def _morning(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, MORNING, zone)


def note_due(session: Session) -> None:
    """Record whose digest is due; the outbox sends it. Nobody has two on the way."""
    on_the_way = (
        sa.select(Event.subject)
        .join(Delivery, Delivery.event_id == Event.id)
        .where(
            Delivery.subscriber == SUBSCRIBER,
            Delivery.done_at.is_(None),
            sa.or_(Delivery.due_at.is_not(None), Event.at > clock.now() - PAUSE),
        )
    )
    waiting = _waiting().with_only_columns(Notice.user_id).distinct()
    for user_id in session.scalars(waiting.where(Notice.user_id.not_in(on_the_way))):
        outbox.record(session, DUE, user_id)


def _waiting() -> sa.Select[Notice]:
    return sa.select(Notice).where(Notice.digest_due_at <= clock.now(), Notice.mailed_at.is_(None))


def send_to(session: Session, config: Config, user_id: int) -> None:
    """Send one person all that waits for them."""
    _settle_interrupted(session, user_id)
    user = session.get(User, user_id)
    notices = session.scalars(_waiting().where(Notice.user_id == user_id).order_by(Notice.id)).all()
    if user is None or not notices:
        return
    if not user.active or user.demo:  # nobody is there to read it
        mailing.settle(session, [notice.id for notice in notices])
        return
    message = compose(config, user, notices)
    mailing.hand_over(session, config, [notice.id for notice in notices], message)


def _settle_interrupted(session: Session, user_id: int) -> None:
    """What a process that died had marked as mailed, and not said to be done."""
    query = sa.select(Notice.id).where(
        Notice.user_id == user_id, Notice.digest_due_at.is_not(None), Notice.mailed_at.is_not(None)
    )
    if interrupted := session.scalars(query).all():
        mailing.settle(session, interrupted)


def compose(config: Config, user: User, notices: Sequence[Notice]) -> EmailMessage:
    """The mail itself: by sort, each thing with its address."""
    count = "1 thing" if len(notices) == 1 else f"{len(notices)} things"
    order = list(choices.SORTS)
    by_sort = sorted(
        notices, key=lambda n: order.index(n.about) if n.about in order else len(order)
    )
    parts = [f"Hello {user.name},\n\n{count} for you in Firsthand."]
    for about, group in groupby(by_sort, key=lambda notice: notice.about):
        parts.append(choices.SORTS.get(about, choices.NO_SORT).words.upper())
        parts += [_in_words(config, notice) for notice in group]
    way_out = choices.way_out(config, user.id, [notice.about for notice in notices])
    parts.append(mailing.foot(config, way_out))
    return mail.compose(
        config,
        to=user.email,
        subject=f"{count} for you in Firsthand",
        text="\n\n".join(parts),
        key=mailing.key(notices),
        unsubscribe=way_out,
    )


def _in_words(config: Config, notice: Notice) -> str:
    text = indent(notice.text, "  ")
    return f"* {notice.subject}\n{text}\n  {config.base_url}{notice.path}"
