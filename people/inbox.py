"""Telling people things: a notice in the inbox, and one mail for each notice."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, mail, outbox
from core.config import Config
from core.outbox import Event
from people.models import Notice, User

CREATED = "notice.created"


def init_app(config: Config) -> None:
    def send(session: Session, events: Sequence[Event]) -> None:
        for event in events:
            _mail(session, config, event.subject)

    outbox.subscribe("mail", [CREATED], send)


def tell(
    session: Session, user_id: int, event: Event, *, subject: str, text: str, path: str
) -> Notice | None:
    """Put a notice into somebody's inbox, once for each event; None if it is there already."""
    there = sa.select(Notice.id).where(Notice.user_id == user_id, Notice.event_id == event.id)
    if session.scalar(there) is not None:
        return None
    notice = Notice(
        user_id=user_id,
        event_id=event.id,
        subject=subject,
        text=text,
        path=path,
        at=event.at,
        read_at=None,
    )
    session.add(notice)
    session.flush()  # the event names the notice by id
    outbox.record(session, CREATED, notice.id)
    return notice


def notices(session: Session, user: User, *, offset: int = 0, limit: int = 20) -> Sequence[Notice]:
    """Newest first."""
    query = (
        sa.select(Notice)
        .where(Notice.user_id == user.id)
        .order_by(Notice.at.desc(), Notice.id.desc())
    )
    return session.scalars(query.offset(offset).limit(limit)).all()


def count(session: Session, user: User) -> int:
    return session.scalar(sa.select(sa.func.count()).where(Notice.user_id == user.id)) or 0


def mark_read(session: Session, user: User, notice_id: int | None = None) -> None:
    """One notice, or all of them."""
    unread = sa.update(Notice).where(Notice.user_id == user.id, Notice.read_at.is_(None))
    if notice_id is not None:
        unread = unread.where(Notice.id == notice_id)
    session.execute(unread.values(read_at=clock.now()))


def _mail(session: Session, config: Config, notice_id: int) -> None:
    query = (
        sa.select(Notice, User).join(User, User.id == Notice.user_id).where(Notice.id == notice_id)
    )
    row = session.execute(query).first()
    if row is None or not row.User.active or row.User.demo:  # demo people have no mailbox
        return
    notice: Notice = row.Notice
    text = f"{notice.text}\n\n{config.base_url}{notice.path}\n\n-- \nFirsthand\n"
    mail.send(config, mail.compose(config, to=row.User.email, subject=notice.subject, text=text))
