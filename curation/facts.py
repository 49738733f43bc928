"""What the queue narrows and orders by, written down with the review so that it reads one table."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from curation import benefit, differences
from curation.models import Review
from kb.models import Article, Publication, Revision


def describe(session: Session, review: Review) -> None:
    """Fill the queue's columns from the present text of a review."""
    revision = review.revision
    article = session.get_one(Article, revision.article_id)
    live = article.live_revision
    review.topic_id, review.kind = revision.topic_id, article.kind
    review.is_change = live is not None
    review.size = differences.size(live, revision)
    review.first_time = not _has_published(session, review.author_id)
    benefit.weigh(session, review)


def _has_published(session: Session, author_id: int) -> bool:
    mine = (
        sa.select(Publication.id)
        .join(Revision, Revision.id == Publication.revision_id)
        .where(Revision.author_id == author_id)
    )
    return session.scalar(mine.limit(1)) is not None
