"""Takes the demo content away: its people, articles and topics, but nothing that real people wrote."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import outbox
from curation.models import Review, ReviewEntry
from kb.models import (
    Article,
    ArticleTag,
    Attachment,
    Draft,
    Publication,
    Revision,
    RevisionCoauthor,
    Topic,
    TopicCurator,
)
from kb.publishing import PUBLISHED
from people import accounts
from people.models import Notice, User


@dataclass(frozen=True)
class Removed:
    """How much went, and what had to stay because real people's work stands on it."""

    articles: int
    people: int
    topics: int
    kept_articles: int
    kept_people: int


def remove(session: Session) -> Removed:
    """Everything made by demo people goes; where a real person had a hand in it, it stays.

    A demo person whom something kept still names is not removed, but cannot sign in any more.
    """
    demo = sa.select(User.id).where(User.demo)
    gone, kept = _split_articles(session, demo)
    for article in gone:
        _remove_article(session, article)
    session.execute(sa.delete(Draft).where(Draft.author_id.in_(demo)))
    session.flush()
    people, kept_people = _remove_people(session)
    topics = _remove_topics(session)
    return Removed(len(gone), people, topics, len(kept), kept_people)


def _split_articles(session: Session, demo: sa.Select[Any]) -> tuple[list[Article], list[Article]]:
    """Articles that demo people alone wrote, and those in which a real person had a hand."""
    real = sa.select(Revision.article_id).where(
        sa.or_(
            Revision.author_id.not_in(demo),
            Revision.id.in_(
                sa.select(RevisionCoauthor.revision_id).where(RevisionCoauthor.user_id.not_in(demo))
            ),
        )
    )
    touched = sa.select(Article).where(
        Article.id.in_(sa.select(Revision.article_id).where(Revision.author_id.in_(demo)))
    )
    gone = session.scalars(touched.where(Article.id.not_in(real))).all()
    kept = session.scalars(touched.where(Article.id.in_(real))).all()
    return list(gone), list(kept)


def _remove_article(session: Session, article: Article) -> None:
    """With its revisions and reviews; somebody's draft of its next revision becomes a draft of its own."""
    for draft in session.scalars(sa.select(Draft).where(Draft.article_id == article.id)):
        draft.article_id = draft.base_id = None
    reviews = sa.select(Review.id).where(Review.article_id == article.id)
    session.execute(sa.delete(ReviewEntry).where(ReviewEntry.review_id.in_(reviews)))
    session.execute(sa.delete(Review).where(Review.article_id == article.id))
    session.execute(sa.delete(Publication).where(Publication.article_id == article.id))
    session.execute(sa.delete(ArticleTag).where(ArticleTag.article_id == article.id))
    article.live_revision_id = None
    session.flush()
    session.execute(
        sa.update(Revision).where(Revision.article_id == article.id).values(base_id=None)
    )
    outbox.record(session, PUBLISHED, article.id)  # the index reads that it is not there any more
    session.execute(sa.delete(Revision).where(Revision.article_id == article.id))
    session.delete(article)
    session.flush()


def _remove_people(session: Session) -> tuple[int, int]:
    removed = kept = 0
    for person in session.scalars(sa.select(User).where(User.demo)).all():
        if _is_named(session, person):
            person.active = False
            accounts.end_sessions(person)
            kept += 1
            continue
        session.execute(sa.delete(Notice).where(Notice.user_id == person.id))
        session.execute(sa.delete(TopicCurator).where(TopicCurator.user_id == person.id))
        session.execute(sa.update(Topic).where(Topic.backup_id == person.id).values(backup_id=None))
        session.execute(sa.delete(Attachment).where(Attachment.uploader_id == person.id))
        session.flush()
        session.execute(sa.delete(User).where(User.id == person.id))
        removed += 1
    return removed, kept


def _is_named(session: Session, person: User) -> bool:
    """Whether something that stays still names this person."""
    columns = (
        Article.owner_id,
        Revision.author_id,
        RevisionCoauthor.user_id,
        Publication.by_id,
        Review.author_id,
        Review.curator_id,
        ReviewEntry.actor_id,
        Draft.saved_by_id,
    )
    return any(
        session.scalar(sa.select(sa.literal(1)).where(column == person.id).limit(1)) is not None
        for column in columns
    )


def _remove_topics(session: Session) -> int:
    """Topics in which nothing is left, children first. A topic that somebody filled stays."""
    removed = 0
    while True:
        used: sa.CompoundSelect[Any] = sa.union(
            sa.select(Article.topic_id),
            sa.select(Revision.topic_id),
            sa.select(Draft.topic_id).where(Draft.topic_id.is_not(None)),
            sa.select(Topic.parent_id).where(Topic.parent_id.is_not(None)),
        )
        empty = session.scalars(sa.select(Topic).where(Topic.demo, Topic.id.not_in(used))).all()
        if not empty:
            return removed
        for topic in empty:
            session.delete(topic)
        session.flush()
        removed += len(empty)
