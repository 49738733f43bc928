"""Reading reviews: the queue, one review, an author's submissions, where an item stands."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, load_only, selectinload

from core import clock
from core.models import UTCDateTime
from curation.models import OPEN, Review, ReviewEntry, State
from kb.models import Article, Draft, Plan, Revision, RevisionCoauthor
from kb.permissions import authored_by, can_read_article
from kb.queries import visible_to
from kb.topics import Deciders
from people.models import Role, User

WAITING = (State.SUBMITTED, State.IN_REVIEW)


def load(session: Session, review: Review) -> None:
    """Bring along, with two queries, what the page of a review reads of it."""
    text = joinedload(Review.revision)
    session.scalars(
        sa.select(Review)
        .where(Review.id == review.id)
        .options(
            text.joinedload(Revision.topic),
            text.joinedload(Revision.author),
            text.selectinload(Revision.coauthors),
            joinedload(Review.article).joinedload(Article.live_revision).joinedload(Revision.topic),
            joinedload(Review.author),
            joinedload(Review.curator),
            joinedload(Review.assignee),
            joinedload(Review.topic),
            selectinload(Review.entries)
            .joinedload(ReviewEntry.actor)
            .options(load_only(User.name, User.handle)),
        )
    ).one()


def plan_of(session: Session, review: Review) -> Plan | None:
    """When the text that was approved is to be published, or became so."""
    plans = sa.select(Plan).where(Plan.revision_id == review.revision_id)
    return session.scalar(plans.order_by(Plan.id.desc()).limit(1))


def live_article(session: Session, user: User, article_id: int) -> Article | None:
    """An article with its live text, if this person may read it."""
    query = sa.select(Article).where(Article.id == article_id, visible_to(user))
    return session.scalar(query.options(joinedload(Article.live_revision)))


def live_text(session: Session, user: User, review: Review) -> Revision | None:
    """What readers have of its article now; none if that is withheld from this person."""
    article = review.article
    return article.live_revision if can_read_article(session, user, article) else None


def first_in_line(session: Session, user: User, *, limit: int) -> tuple[int, Sequence[Review]]:
    """How many wait for curators, and those whose decision helps readers most; with their titles."""
    seen = [Review.stored_state.in_(WAITING), *_seen_by(session, user)]
    total = session.scalar(sa.select(sa.func.count()).select_from(Review).where(*seen)) or 0
    query = (
        sa.select(Review)
        .where(*seen)
        .options(
            joinedload(Review.revision).load_only(Revision.title),
            joinedload(Review.topic),
            joinedload(Review.curator),
        )
        .order_by(Review.benefit.desc(), Review.id)
    )
    return total, session.scalars(query.limit(limit)).all()


def _seen_by(session: Session, user: User) -> Iterator[sa.ColumnElement[bool]]:
    """Curators and administrators see all; who is named for a topic sees that one."""
    if user.role not in (Role.CURATOR, Role.ADMIN):
        yield Review.topic_id.in_(Deciders(session).topics_of(user))


def waiting_for(session: Session, user: User) -> int | None:
    """How many unclaimed submissions this person may decide; None for who decides nowhere."""
    topics = set(Deciders(session).topics_of(user))
    if not topics:
        return None
    unclaimed = session.connection().execute(_UNCLAIMED, {"now": clock.now(), "reader": user.id})
    return sum(number for topic_id, number in unclaimed if topic_id in topics)


# How many submissions of others wait in each topic. Every page that a curator sees asks this, so it is
# built once and counts what an index holds; claims that ran out, and one's own, are few.
_READER = sa.bindparam("reader", type_=sa.Integer)
_EXPIRED = sa.and_(
    Review.stored_state == State.IN_REVIEW,
    Review.claimed_until <= sa.bindparam("now", type_=UTCDateTime),
)
_COUNTED = sa.or_(Review.stored_state == State.SUBMITTED, _EXPIRED)
_OWN = sa.or_(
    Review.author_id == _READER,
    Review.revision_id.in_(
        sa.select(RevisionCoauthor.revision_id).where(RevisionCoauthor.user_id == _READER)
    ),
)
_UNCLAIMED = sa.union_all(
    sa.select(Review.topic_id, sa.func.count())
    .where(Review.stored_state == State.SUBMITTED)
    .group_by(Review.topic_id),
    sa.select(Review.topic_id, sa.func.count()).where(_EXPIRED).group_by(Review.topic_id),
    sa.select(Review.topic_id, -sa.func.count()).where(_OWN, _COUNTED).group_by(Review.topic_id),
)


def position(session: Session, review: Review) -> int:
    """How many in the same topic stand before it in the default order, plus one."""
    ahead = sa.or_(
        Review.benefit > review.benefit,
        sa.and_(Review.benefit == review.benefit, Review.id < review.id),
    )
    query = (
        sa.select(sa.func.count())
        .select_from(Review)
        .where(Review.stored_state.in_(WAITING), Review.topic_id == review.topic_id, ahead)
    )
    return (session.scalar(query) or 0) + 1


def submissions_of(session: Session, user: User, *, limit: int = 50) -> Sequence[Review]:
    """Reviews of what this person wrote: open ones first, then the last decided."""
    helped = sa.select(RevisionCoauthor.revision_id).where(RevisionCoauthor.user_id == user.id)
    query = (
        sa.select(Review)
        .where(sa.or_(Review.author_id == user.id, Review.revision_id.in_(helped)))
        .options(
            joinedload(Review.revision).load_only(Revision.title),
            joinedload(Review.curator),
            joinedload(Review.article),
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
        joinedload(Review.revision).load_only(Revision.title),
        joinedload(Review.author),
        joinedload(Review.curator),
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


def deciders(session: Session, review: Review, known: Deciders | None = None) -> list[User]:
    """Who may decide it in its topic; nobody who wrote it."""
    authors = {
        review.author_id,
        review.revision.author_id,
        *(user.id for user in review.revision.coauthors),
    }
    known = known or Deciders(session)
    named = known.people_for(session, review.revision.topic_id)
    return [user for user in named if user.id not in authors]
