"""Hands mail about notices over, each notice once: a process that dies never sends it again."""

import logging
from collections.abc import Collection, Sequence
from contextlib import closing
from email.message import EmailMessage

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, mail
from core.config import Config
from core.db import beside
from people.models import Notice

log = logging.getLogger("firsthand.mail")


def foot(config: Config, way_out: str) -> str:
    """What stands below every such mail."""
    lines = [f"Choose which mail you get: {config.base_url}/settings#notices"]
    if way_out:
        lines.append(f"No more of this mail, without signing in: {way_out}")
    return "\n".join(["-- ", "Firsthand", *lines]) + "\n"


def key(notices: Sequence[Notice]) -> str:
    """The same for the same notices: what makes the Message-ID of a mail that tells of them."""
    return " ".join(f"{notice.id}@{notice.at.isoformat()}" for notice in notices)


def hand_over(
    session: Session, config: Config, notice_ids: Collection[int], message: EmailMessage
) -> None:
    """Send the mail that tells of these notices, unless one of them was handed over before.

    1. Mark the notices as mailed, in a transaction of its own.
    2. Hand the message to the mail server.
    3. If it surely did not take it, take the mark away and raise, so that the outbox tries again.

    Mail servers do not ask whether they had a message before. So whoever dies between 1 and 3 has
    sent it for all we know, and it is not sent again; `settle` then puts the notices into the inbox.
    """
    if not _mark(session, notice_ids):
        return
    try:
        mail.send(config, message)
    except mail.Unsure as error:
        log.warning("it is not known whether %s was taken: %s", message["Message-ID"], error)
        settle(session, notice_ids)
    except Exception:
        _take_mark_away(session, notice_ids)
        raise
    else:
        _done(session, notice_ids)


def settle(session: Session, notice_ids: Collection[int]) -> None:
    """Whether these were mailed is not known: they are in the inbox, whatever was chosen."""
    _set(session, notice_ids, shown=True, digest_due_at=None)


def _mark(session: Session, notice_ids: Collection[int]) -> bool:
    """Whether all of them are ours to send; by this alone two workers agree who sends a mail."""
    with closing(beside(session)) as own:
        ours = own.scalars(
            sa.update(Notice)
            .where(Notice.id.in_(notice_ids), Notice.mailed_at.is_(None))
            .values(mailed_at=clock.now())
            .returning(Notice.id)
            .execution_options(synchronize_session=False)
        ).all()
        if len(ours) != len(notice_ids):
            return False
        own.commit()
    return True


def _take_mark_away(session: Session, notice_ids: Collection[int]) -> None:
    _set(session, notice_ids, mailed_at=None)


def _done(session: Session, notice_ids: Collection[int]) -> None:
    _set(session, notice_ids, digest_due_at=None)


def _set(session: Session, notice_ids: Collection[int], **values: object) -> None:
    with closing(beside(session)) as own:
        own.execute(
            sa.update(Notice)
            .where(Notice.id.in_(notice_ids))
            .values(**values)
            .execution_options(synchronize_session=False)
        )
        own.commit()
