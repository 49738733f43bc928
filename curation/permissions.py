"""Who may see the queue, read a review, claim it and decide."""

from collections.abc import Callable
from functools import cached_property

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import db
from curation import approvals
from curation.models import Review, ReviewEntry
from kb import policy
from kb.models import Revision, RevisionCoauthor, Topic, TopicCurator
from kb.permissions import wrote
from kb.topics import Deciders
from people.models import Role, User


class Rights:
    """What one person may do with one review; what the answers rest on is looked up once."""

    def __init__(self, session: Session, user: User, review: Review) -> None:
        self._session = session
        self.user = user
        self.review = review

    @cached_property
    def deciders(self) -> Deciders:
        return Deciders(self._session)

    @cached_property
    def is_author(self) -> bool:
        """Who proposed it, or wrote it together with them; not a curator who is credited for an edit."""
        return self._proposed or wrote(self._session, self.user, self.review.revision)

    @cached_property
    def has_written(self) -> bool:
        """Whether this person typed any of its texts, in whatever round and under whose name."""
        helped = sa.exists().where(
            RevisionCoauthor.revision_id == Revision.id, RevisionCoauthor.user_id == self.user.id
        )
        rounds = sa.select(ReviewEntry.revision_id).where(ReviewEntry.review_id == self.review.id)
        texts = sa.select(Revision.author_id, Revision.writers, helped).where(
            sa.or_(Revision.id.in_(rounds), Revision.id == self.review.revision_id)
        )
        return any(
            has_helped or self.user.id in (author_id, *writers)
            for author_id, writers, has_helped in self._session.execute(texts)
        )

    @cached_property
    def decides(self) -> bool:
        """Those who may decide in its topic; never who wrote it, nor twice the same person on one text."""
        if not self.user.active or self._proposed or self.has_written:
            return False
        if self.user.id in approvals.standing(self.review):
            return False
        return any(
            _may_decide_in(self._session, self.user, topic_id, lambda: self.deciders)
            for topic_id in topics_of(self.review)
        )

    @cached_property
    def reads(self) -> bool:
        """Its authors; every curator and administrator; those named for its topic."""
        if self.is_author:
            return True
        if self.user.role in (Role.CURATOR, Role.ADMIN):
            return self.user.active
        return any(
            self.deciders.may_decide(self.user, topic_id) for topic_id in topics_of(self.review)
        )

    @cached_property
    def sees_notes(self) -> bool:
        """Curators among themselves: nobody who wrote any of it, whatever else they are."""
        return not (self._proposed or self.has_written) and self.reads

    @cached_property
    def comments(self) -> bool:
        """Its authors, and whoever may decide on it, while it is open."""
        if not self.review.is_open or not self.user.active:
            return False
        return self.is_author or self.decides

    @property
    def _proposed(self) -> bool:
        return self.review.author_id == self.user.id


def topics_of(review: Review) -> list[int]:
    """The topic of the text, and the one that its live article would leave by it: both have a say."""
    article, wanted = review.article, review.revision.topic_id
    leaves = article.live_revision_id is not None and article.topic_id != wanted
    return [wanted, article.topic_id] if leaves else [wanted]


def can_decide(session: Session, user: User, review: Review) -> bool:
    return Rights(session, user, review).decides


def may_decide_in(session: Session, user: User, topic_id: int) -> bool:
    """Whoever decides in this topic, whom its rules name to publish, and administrators."""
    return _may_decide_in(session, user, topic_id, lambda: Deciders(session))


def _may_decide_in(
    session: Session, user: User, topic_id: int, deciders: Callable[[], Deciders]
) -> bool:
    if not user.active:
        return False
    if user.is_admin or deciders().may_decide(user, topic_id):
        return True
    return user.id in policy.of(session, topic_id).publishers


def has_written(session: Session, user: User, review: Review) -> bool:
    return Rights(session, user, review).has_written


def can_read(session: Session, user: User, review: Review) -> bool:
    return Rights(session, user, review).reads


def is_author(session: Session, user: User, review: Review) -> bool:
    return Rights(session, user, review).is_author


def can_see_notes(session: Session, user: User, review: Review) -> bool:
    return Rights(session, user, review).sees_notes


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
