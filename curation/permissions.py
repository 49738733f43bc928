"""Who may see the queue, read a review, claim it and decide."""

import sqlalchemy as sa
from sqlalchemy.orm import Session, load_only

from core.db import db
from curation import approvals
from curation.models import Review, ReviewEntry
from kb import policy
from kb.models import Revision, Topic, TopicCurator
from kb.permissions import wrote
from kb.topics import Deciders
from people.models import Role, User


def can_decide(session: Session, user: User, review: Review) -> bool:
    """Those who may decide in its topic; never who wrote it, nor twice the same person on one text."""
    if not user.active or review.author_id == user.id or has_written(session, user, review):
        return False
    if user.id in approvals.standing(review):
        return False
    return may_decide_in(session, user, review.revision.topic_id)


def may_decide_in(session: Session, user: User, topic_id: int) -> bool:
    """Whoever decides in this topic, whom its rules name to publish, and administrators."""
    if not user.active:
        return False
    if user.is_admin or Deciders(session).may_decide(user, topic_id):
        return True
    return user.id in policy.of(session, topic_id).publishers


def has_written(session: Session, user: User, review: Review) -> bool:
    """Whether this person typed any of the texts of this review, in whatever round and under whose name."""
    rounds = sa.select(ReviewEntry.revision_id).where(ReviewEntry.review_id == review.id)
    texts = sa.select(Revision).where(
        sa.or_(Revision.id.in_(rounds), Revision.id == review.revision_id)
    )
    for text in session.scalars(texts.options(load_only(Revision.author_id, Revision.writers))):
        if user.id in text.writers or wrote(session, user, text):
            return True
    return False


def can_read(session: Session, user: User, review: Review) -> bool:
    """Its authors; every curator and administrator; those named for its topic."""
    if review.author_id == user.id or wrote(session, user, review.revision):
        return True
    if user.role in (Role.CURATOR, Role.ADMIN):
        return user.active
    return Deciders(session).may_decide(user, review.revision.topic_id)


def is_author(session: Session, user: User, review: Review) -> bool:
    """Who proposed it, or wrote it together with them; not a curator who is credited for an edit."""
    return review.author_id == user.id or wrote(session, user, review.revision)


def can_see_notes(session: Session, user: User, review: Review) -> bool:
    """Curators among themselves: nobody who wrote any of it, whatever else they are."""
    if review.author_id == user.id or has_written(session, user, review):
        return False
    return can_read(session, user, review)


def can_withdraw(user: User, review: Review) -> bool:
    return user.active and review.author_id == user.id


def can_see_queue(user: User, session: Session | None = None) -> bool:
    """Curators and administrators, and whoever is named for some topic."""
    if user.role in (Role.CURATOR, Role.ADMIN):
        return user.active
    return is_named(session or db.session, user)


def is_named(session: Session, user: User) -> bool:
    """Whether some topic names this person as curator or backup."""
    return session.connection().execute(_NAMED, {"person": user.id}).first() is not None


# Asked for every page of every employee: built once.
_NAMED = sa.union_all(
    sa.select(sa.literal(1)).where(TopicCurator.__table__.c.user_id == sa.bindparam("person")),
    sa.select(sa.literal(1)).where(Topic.__table__.c.backup_id == sa.bindparam("person")),
).limit(sa.literal_column("1"))
