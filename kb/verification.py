"""Whether an article can still be trusted: who checked it last, and until when that is believed.

An article is believed for as long as its topic says. A check that finds nothing to change makes its
own interval half as long again, up to two years; a change of the text halves it, down to a month
(or to the topic's interval, where that is shorter). A check that comes in the first half of the
interval confirms the text and lengthens nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import audit, clock
from core.errors import Conflict, Invalid, NotAllowed
from core.text import one_line
from kb import policy, standing
from kb.models import Article, ArticleDependency, Revision, Verification
from kb.permissions import decides_in
from people.models import User

LONGEST_DAYS, SHORTEST_DAYS = 730, 30
LEAST_DAYS = 7  # that anybody may choose
LONGEST_NOTE = 500


def can_verify(session: Session, user: User, article: Article) -> bool:
    """Its owner, those who decide in its topic, and administrators."""
    return user.active and (
        article.owner_id == user.id or decides_in(session, user, article.topic_id)
    )


def verify(
    session: Session, article: Article, *, seen: int, by: User, note: str = ""
) -> Verification:
    """Say that the text `seen` is still true. Pressed twice, it counts once."""
    article = locked(session, article)
    require(session, by, article)
    note = one_line(note)
    if len(note) > LONGEST_NOTE:
        sentence = f"A note has at most {LONGEST_NOTE} characters."
        raise Invalid(sentence, {"note": sentence})
    if article.live_revision_id is None:
        raise Conflict("It is not published at the moment, so there is nothing to check.")
    if article.archived_at is not None:
        raise Conflict("It is archived. Bring it back first, then check it.")
    if article.live_revision_id != seen:
        raise Conflict(
            "The text has changed since you looked at it. Read it as it is now, then check it."
        )
    last = latest(session, article)
    if last is not None and _says_it_already(article, last, by):
        return last
    days = interval(session, article)
    if last is not None and _has_proven_itself(article, last):
        days = longer(days)
    return _record(session, article, by=by, at=clock.now(), days=days, note=note)


def note_publication(
    session: Session,
    article: Article,
    revision: Revision,
    *,
    by: User,
    at: datetime,
    is_first: bool,
    is_check: bool,
) -> None:
    """What a new live text means for the trust in an article; called by publishing alone.

    Somebody else than its author read it before it went live: that is a check. Without such a
    reader (the fast lane, one's own decision) the last check stands as it was. A text brought in
    from elsewhere has been checked by nobody here; `date_unchecked` says when somebody should.
    """
    if not is_check:
        article.verified_at = article.verified_by_id = article.verify_due_at = None
    elif by.id != revision.author_id:
        days = interval(session, article)
        days = days if is_first else shorter(days, topic_days(session, article))
        _record(session, article, by=by, at=at, days=days)
    elif article.verify_due_at is None:
        article.verify_due_at = at + timedelta(days=interval(session, article))


def _says_it_already(article: Article, last: Verification, by: User) -> bool:
    """The same person said so of the same text within a day, and nothing has happened since."""
    return (
        last.by_id == by.id
        and last.revision_id == article.live_revision_id
        and not article.check_reason
        and clock.now() - last.at < timedelta(days=1)
    )


def _has_proven_itself(article: Article, last: Verification) -> bool:
    """Whether the text of the last check stood for long enough to be believed for longer."""
    return (
        last.revision_id == article.live_revision_id
        and clock.now() - last.at >= timedelta(days=last.every_days) / 2
    )


def _record(
    session: Session, article: Article, *, by: User, at: datetime, days: int, note: str = ""
) -> Verification:
    assert article.live_revision_id is not None
    verification = Verification(
        article_id=article.id,
        revision_id=article.live_revision_id,
        by_id=by.id,
        at=at,
        every_days=days,
        next_due_at=at + timedelta(days=days),
        note=note,
    )
    session.add(verification)
    if days != interval(session, article):
        article.verify_every_days = days
    article.verified_at, article.verified_by_id = at, by.id
    article.verify_due_at = verification.next_due_at
    article.check_reason = ""
    session.execute(
        sa.update(ArticleDependency)
        .where(ArticleDependency.article_id == article.id)
        .values(change_id=None)
    )
    session.flush()
    return verification


# The interval


def topic_days(session: Session, article: Article) -> int:
    return policy.of(session, article.topic_id).verify_every_days


def interval(session: Session, article: Article) -> int:
    """How many days a check of this article is believed."""
    return article.verify_every_days or topic_days(session, article)


def longer(days: int) -> int:
    """After a check that found nothing to change."""
    return max(days, min(round(days * 1.5), LONGEST_DAYS))


def shorter(days: int, topics: int) -> int:
    """After a change of the text."""
    return min(days, max(round(days * 0.5), min(SHORTEST_DAYS, topics)))


def set_interval(session: Session, article: Article, *, days: int | None, by: User) -> None:
    """Choose how long a check of this article is believed; None: as long as its topic says."""
    article = locked(session, article)
    require(session, by, article)
    if days is not None and not LEAST_DAYS <= days <= LONGEST_DAYS:
        sentence = f"Choose a number of days from {LEAST_DAYS} to {LONGEST_DAYS}."
        raise Invalid(sentence, {"days": sentence})
    if days == article.verify_every_days:
        return
    before = interval(session, article)
    article.verify_every_days = days
    after = interval(session, article)
    since = article.verified_at or article.published_at or clock.now()
    article.verify_due_at = since + timedelta(days=after)
    audit.write(
        session,
        "article.interval_changed",
        "article",
        article.id,
        name=standing.title_of(session, article),
        by=by.id,
        by_name=by.name,
        detail={"before": before, "after": after, "from_topic": days is None},
    )


def date_unchecked(session: Session) -> None:
    """Give a day to published articles that have none: those brought in from elsewhere."""
    undated = sa.and_(
        Article.live_revision_id.is_not(None),
        Article.archived_at.is_(None),
        Article.verify_due_at.is_(None),
    )
    groups = sa.select(Article.topic_id, Article.verify_every_days).where(undated).distinct()
    found = session.execute(groups).all()
    policies = policy.Policies(session) if found else None
    for topic_id, own_days in found:
        assert policies is not None
        days = own_days or policies.of(topic_id).verify_every_days
        session.execute(
            sa.update(Article)
            .where(
                undated,
                Article.topic_id == topic_id,
                Article.verify_every_days.is_not_distinct_from(own_days),
            )
            .values(verify_due_at=clock.now() + timedelta(days=days))
            .execution_options(synchronize_session=False)
        )


# Reading


class Checked(Protocol):
    """What says how far something can be trusted: an article, or a row about one."""

    @property
    def verified_at(self) -> datetime | None: ...
    @property
    def verify_due_at(self) -> datetime | None: ...
    @property
    def check_reason(self) -> str: ...


class Trust(StrEnum):
    """How far a text can be trusted, in a word."""

    CHECKED = "checked"
    NEW = "new"  # nobody has checked it here, and it is not time yet
    DUE = "due"
    NEEDS_CHECK = "needs_check"


def trust(row: Checked) -> Trust:
    """What weighs most: that something changed, that it is time, that somebody checked it."""
    if row.check_reason:
        return Trust.NEEDS_CHECK
    if row.verify_due_at is not None and row.verify_due_at <= clock.now():
        return Trust.DUE
    return Trust.CHECKED if row.verified_at is not None else Trust.NEW


def due_line(row: Checked) -> str:
    """How far it can be trusted, in a sentence for a mail or a table."""
    words = trust(row)
    if words is Trust.NEEDS_CHECK:
        return f"Needs a check: {row.check_reason}"
    if row.verified_at is None:
        return "Nobody has checked it yet; due." if words is Trust.DUE else "Not checked yet."
    checked = day(row.verified_at)
    return f"Not checked since {checked}; due." if words is Trust.DUE else f"Checked on {checked}."


def day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def latest(session: Session, article: Article) -> Verification | None:
    query = sa.select(Verification).where(Verification.article_id == article.id)
    return session.scalar(query.order_by(Verification.at.desc(), Verification.id.desc()).limit(1))


def history(session: Session, article: Article, *, limit: int = 20) -> Sequence[Verification]:
    """The last checks of an article, newest first."""
    query = sa.select(Verification).where(Verification.article_id == article.id)
    query = query.options(joinedload(Verification.by))
    return session.scalars(
        query.order_by(Verification.at.desc(), Verification.id.desc()).limit(limit)
    ).all()


def locked(session: Session, article: Article) -> Article:
    """The article as it is now; nobody else changes it before this transaction ends."""
    return session.get_one(Article, article.id, with_for_update=True, populate_existing=True)


def require(session: Session, by: User, article: Article) -> None:
    """Raises NotAllowed for somebody who does not look after this article."""
    if not can_verify(session, by, article):
        raise NotAllowed("Its owner and those who decide in its topic look after this article.")
