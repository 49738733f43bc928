"""Telling people things: a notice in the inbox, and mail about it when they want it."""

from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, mail, outbox
from core.config import Config
from core.outbox import Event
from people import choices, company, digest, mailing
from people.choices import Choice
from people.models import MailChoice, Notice, NoticeChoice, User

CREATED = "notice.created"


def init_app(config: Config) -> None:
    def send(session: Session, events: Sequence[Event]) -> None:
        for event in events:
            _mail(session, config, event.subject)

    outbox.subscribe("mail", [CREATED], send)
    digest.init_app(config)


def tell(
    session: Session,
    user_id: int,
    event: Event,
    *,
    subject: str,
    text: str,
    path: str,
    about: str = "",
    replaces: bool = False,
) -> Notice | None:
    """Tell somebody something, once for each event, as they chose for the sort `about`.

    None if they were told already, or want to hear nothing of the sort. With `replaces`, what they
    were told before about the same sort and path is old news: it counts as read, and waits for no mail.
    """
    sort = choices.sort_of(about)
    row = session.execute(_told_and_chosen(user_id, event, sort)).first()
    if row is None or row.told is not None:
        return None
    made = Choice(row.inbox, row.mail) if row.mail is not None else None
    choice = choices.resolve(sort, made)
    if replaces:
        _supersede(session, user_id, sort.key, path)
    if not choice.inbox and choice.mail is MailChoice.NEVER:
        return None
    notice = Notice(
        user_id=user_id,
        event_id=event.id,
        subject=subject,
        text=text,
        path=path,
        at=event.at,
        read_at=None,
        about=sort.key,
        shown=choice.inbox,
        digest_due_at=_digest_due_at(session, choice, row.time_zone),
        mailed_at=None,
    )
    session.add(notice)
    session.flush()  # the event names the notice by id
    if choice.mail is MailChoice.AT_ONCE:
        outbox.record(session, CREATED, notice.id)
    return notice


def _told_and_chosen(
    user_id: int, event: Event, sort: choices.Sort
) -> sa.Select[str, int, bool, MailChoice]:
    """All that matters about a reader, by one query; no row for somebody who is not there."""
    told = sa.and_(Notice.user_id == User.id, Notice.event_id == event.id)
    chosen = sa.and_(NoticeChoice.user_id == User.id, NoticeChoice.about == sort.key)
    return (
        sa.select(User.time_zone, Notice.id.label("told"), NoticeChoice.inbox, NoticeChoice.mail)
        .outerjoin(Notice, told)
        .outerjoin(NoticeChoice, chosen)
        .where(User.id == user_id)
    )


def _digest_due_at(session: Session, choice: Choice, time_zone: str) -> datetime | None:
    if choice.mail not in (MailChoice.DAILY, MailChoice.WEEKLY):
        return None
    calendar = company.calendar(session)
    zone = ZoneInfo(time_zone or calendar.time_zone)
    return digest.due_at(choice.mail, calendar, zone)


def _supersede(session: Session, user_id: int, about: str, path: str) -> None:
    older = _unread(user_id).where(Notice.about == about, Notice.path == path)
    session.execute(older.values(read_at=clock.now(), digest_due_at=None))


def notices(
    session: Session, user: User, *, unread: bool = False, offset: int = 0, limit: int = 20
) -> Sequence[Notice]:
    """What the inbox shows, newest first."""
    query = sa.select(Notice).where(_in_inbox(user, unread))
    query = query.order_by(Notice.at.desc(), Notice.id.desc())
    return session.scalars(query.offset(offset).limit(limit)).all()


def count(session: Session, user: User, *, unread: bool = False) -> int:
    return session.scalar(sa.select(sa.func.count()).where(_in_inbox(user, unread))) or 0


def _in_inbox(user: User, unread: bool) -> sa.ColumnElement[bool]:
    shown = sa.and_(Notice.user_id == user.id, Notice.shown)
    return sa.and_(shown, Notice.read_at.is_(None)) if unread else shown


def mark_read(session: Session, user: User, notice_id: int | None = None) -> None:
    """One notice, or all that the inbox shows; what was read needs no mail any more."""
    unread = _unread(user.id)
    unread = (
        unread.where(Notice.shown) if notice_id is None else unread.where(Notice.id == notice_id)
    )
    session.execute(unread.values(read_at=clock.now(), digest_due_at=None))


def _unread(user_id: int) -> sa.Update:
    return sa.update(Notice).where(Notice.user_id == user_id, Notice.read_at.is_(None))


def _mail(session: Session, config: Config, notice_id: int) -> None:
    """Mail one notice, if its reader still wants that."""
    chosen = sa.and_(NoticeChoice.user_id == User.id, NoticeChoice.about == Notice.about)
    query = (
        sa.select(Notice, User, NoticeChoice.mail)
        .join(User, User.id == Notice.user_id)
        .outerjoin(NoticeChoice, chosen)
        .where(Notice.id == notice_id)
    )
    row = session.execute(query).first()
    if row is None or not row.User.active or row.User.demo:  # demo people have no mailbox
        return
    notice: Notice = row.Notice
    if notice.mailed_at is not None:  # by somebody who died, or was very slow
        mailing.settle(session, [notice.id])
    elif row.mail is not MailChoice.NEVER or choices.sort_of(notice.about).fixed:
        mailing.hand_over(session, config, [notice.id], _compose(config, row.User, notice))


def _compose(config: Config, user: User, notice: Notice) -> EmailMessage:
    way_out = choices.way_out(config, user.id, [notice.about])
    parts = [notice.text, config.base_url + notice.path, mailing.foot(config, way_out)]
    return mail.compose(
        config,
        to=user.email,
        subject=notice.subject,
        text="\n\n".join(parts),
        key=mailing.key([notice]),
        unsubscribe=way_out,
    )
