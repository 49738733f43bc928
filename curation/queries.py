"""Reading reviews: the queue, one review, an author's submissions, where an item stands."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import clock
from core.models import UTCDateTime
from curation.models import OPEN, Review, State
from kb.models import Article, Draft, Kind, Revision, RevisionCoauthor
from kb.permissions import authored_by
from kb.topics import Deciders, tree
from people.models import Role, User

WAITING = (State.SUBMITTED, State.IN_REVIEW)

T = TypeVar("T")


@dataclass(frozen=True)
class QueueFilter:
    """What the queue is narrowed to; it lives in the address."""

    topic: str = ""
    kind: str = ""
    state: str = ""
    mine: bool = False  # claimed by this person
    yours: bool = False  # this person may decide on it

    def states(self) -> tuple[State, ...]:
        chosen = tuple(state for state in OPEN if state.value == self.state)
        return chosen or WAITING


def queue(
    session: Session, user: User, filter_: QueueFilter, *, offset: int = 0, limit: int = 20
) -> tuple[int, Sequence[Review]]:
    """How many wait, and a part of them: those waiting longest first."""
    total = queue_length(session, user, filter_)
    return total, queue_part(session, user, filter_, offset=offset, limit=limit) if total else []


def queue_length(session: Session, user: User, filter_: QueueFilter) -> int:
    query = _queued(session, user, filter_, sa.select(sa.func.count()).select_from(Review))
    return session.scalar(query) or 0


def queue_part(
    session: Session, user: User, filter_: QueueFilter, *, offset: int = 0, limit: int = 20
) -> Sequence[Review]:
    """Those waiting longest first."""
    query = _queued(session, user, filter_, sa.select(Review))
    query = query.options(
        joinedload(Review.revision).joinedload(Revision.topic),
        joinedload(Review.revision).selectinload(Revision.coauthors),
        joinedload(Review.article),
        joinedload(Review.author),
        joinedload(Review.curator),
    ).order_by(Review.submitted_at, Review.id)
    return session.scalars(query.offset(offset).limit(limit)).all()


def _queued(
    session: Session, user: User, filter_: QueueFilter, query: sa.Select[T]
) -> sa.Select[T]:
    conditions = [*_seen_by(session, user), *_conditions(session, user, filter_)]
    return (
        query.join(Revision, Revision.id == Review.revision_id)
        .join(Article, Article.id == Review.article_id)
        .where(Review.stored_state.in_(OPEN), *conditions)  # the index knows these, not the claims
    )


def waiting_for(session: Session, user: User) -> int | None:
    """How many unclaimed submissions this person may decide; None for who decides nowhere."""
    topics = set(Deciders(session).topics_of(user))
    if not topics:
        return None
    unclaimed = session.execute(_UNCLAIMED, {"now": clock.now(), "reader": user.id})
    return sum(number for topic_id, number in unclaimed if topic_id in topics)


# How many submissions of others wait in each topic. Every page that a curator sees asks this: built
# once, and over the few open reviews rather than over a topic's many revisions.
_UNCLAIMED = (
    sa.select(Revision.topic_id, sa.func.count())
    .select_from(Review)
    .join(Revision, Revision.id == Review.revision_id)
    .where(
        Review.stored_state.in_(WAITING),
        Review.state_at(sa.bindparam("now", type_=UTCDateTime)) == State.SUBMITTED,
        sa.not_(authored_by(sa.bindparam("reader", type_=sa.Integer))),
    )
    .group_by(Revision.topic_id)
)


def position(session: Session, review: Review) -> int:
    """How many in the same topic wait longer, plus one."""
    query = (
        sa.select(sa.func.count())
        .select_from(Review)
        .join(Revision, Revision.id == Review.revision_id)
        .where(
            Review.state.in_(WAITING),
            Revision.topic_id == review.revision.topic_id,
            Review.submitted_at < review.submitted_at,
        )
    )
    return (session.scalar(query) or 0) + 1


def submissions_of(session: Session, user: User, *, limit: int = 50) -> Sequence[Review]:
    """Reviews of what this person wrote: open ones first, then the last decided."""
    helped = sa.select(RevisionCoauthor.revision_id).where(RevisionCoauthor.user_id == user.id)
    query = (
        sa.select(Review)
        .where(sa.or_(Review.author_id == user.id, Review.revision_id.in_(helped)))
        .options(
            joinedload(Review.revision), joinedload(Review.curator), joinedload(Review.article)
        )
        .order_by(
            Review.stored_state.in_(OPEN).desc(), Review.submitted_at.desc(), Review.id.desc()
        )
    )
    return session.scalars(query.limit(limit)).all()


def of_article(session: Session, user: User, article_id: int) -> Sequence[Review]:
    """Reviews of an article that this person may read, newest first."""
    query = (
        sa.select(Review)
        .join(Revision, Revision.id == Review.revision_id)
        .where(Review.article_id == article_id)
    )
    if user.role not in (Role.CURATOR, Role.ADMIN):
        theirs = Revision.topic_id.in_(Deciders(session).topics_of(user))
        query = query.where(sa.or_(Review.author_id == user.id, authored_by(user.id), theirs))
    query = query.options(
        joinedload(Review.revision), joinedload(Review.author), joinedload(Review.curator)
    )
    return session.scalars(query.order_by(Review.id.desc())).all()


def of_draft(session: Session, draft: Draft) -> Review | None:
    """The last review of a draft's text: where it stands, or how it ended."""
    if draft.article_id is None:
        return None
    query = sa.select(Review).where(
        Review.article_id == draft.article_id,
        Review.author_id == draft.author_id,
        sa.or_(Review.stored_state.in_(OPEN), Review.decided_at > draft.created_at),
    )
    return session.scalar(query.order_by(Review.id.desc()).limit(1))


def former_round(session: Session, review: Review) -> Revision | None:
    """The text of the round before this one."""
    former = [entry.revision_id for entry in review.entries if entry.round == review.round - 1]
    return session.get(Revision, former[-1]) if former else None


def deciders(session: Session, review: Review) -> list[User]:
    """Who may decide it in its topic; nobody who wrote it."""
    authors = {
        review.author_id,
        review.revision.author_id,
        *(user.id for user in review.revision.coauthors),
    }
    named = Deciders(session).people_for(session, review.revision.topic_id)
    return [user for user in named if user.id not in authors]


def counts_by_state(session: Session, user: User, filter_: QueueFilter) -> dict[State, int]:
    """How many open reviews stand in each state, for the other filters chosen."""
    conditions = [*_seen_by(session, user), *_conditions(session, user, filter_, with_state=False)]
    state = Review.state
    query = (
        sa.select(state, sa.func.count())
        .select_from(Review)
        .join(Revision, Revision.id == Review.revision_id)
        .join(Article, Article.id == Review.article_id)
        .where(*conditions, Review.stored_state.in_(OPEN))
        .group_by(state)
    )
    return {State(row[0]): row[1] for row in session.execute(query)}


def _seen_by(session: Session, user: User) -> Iterator[sa.ColumnElement[bool]]:
    """Curators and administrators see all; who is named for a topic sees that one."""
    if user.role not in (Role.CURATOR, Role.ADMIN):
        yield Revision.topic_id.in_(Deciders(session).topics_of(user))


def _conditions(
    session: Session, user: User, filter_: QueueFilter, *, with_state: bool = True
) -> Iterator[sa.ColumnElement[bool]]:
    if with_state:
        yield Review.state.in_(filter_.states())
    if filter_.topic:
        topics = tree(session)
        node = topics.by_slug.get(filter_.topic)
        yield Revision.topic_id.in_(topics.below(node.id) if node else [])
    if filter_.kind in list(Kind):
        yield Article.kind == Kind(filter_.kind)
    if filter_.mine:
        yield Review.curator_id == user.id
    if filter_.yours:
        if not user.is_admin:
            yield Revision.topic_id.in_(Deciders(session).topics_of(user))
        yield sa.not_(authored_by(user.id))
        yield sa.or_(Review.state != State.IN_REVIEW, Review.curator_id == user.id)
