"""Where an article stands with its readers: what they had last, and what the next text builds on."""

import sqlalchemy as sa
from sqlalchemy.orm import Session, object_session

from kb.models import Article, Publication, Revision


def locked(session: Session, article: Article) -> Article:
    """The article as it is now; nobody else changes it before this transaction ends."""
    return session.get_one(Article, article.id, with_for_update=True, populate_existing=True)


def last_publication(session: Session, article_id: int) -> Publication | None:
    """The text that readers have, or had before it was taken back."""
    query = sa.select(Publication).where(Publication.article_id == article_id)
    return session.scalar(query.order_by(Publication.number.desc()).limit(1))


def base_id(session: Session, article: Article) -> int | None:
    """The revision that the next text has to be written on: the live one, else the last one.

    So what was taken back can be mended and published again, and no text comes back by accident
    that was written before the one that readers had last.
    """
    if article.live_revision_id is not None or article.slug is None:
        return article.live_revision_id
    last = last_publication(session, article.id)
    return last.revision_id if last else None


def ground_of(article: Article) -> Revision | None:
    """The text itself that the next one has to be written on."""
    session = object_session(article)
    if article.live_revision is not None or article.slug is None or session is None:
        return article.live_revision
    last = last_publication(session, article.id)
    return last.revision if last else None


def title_of(session: Session, article: Article) -> str:
    """As a sentence names it: by the title that readers have, or had last."""
    last = last_publication(session, article.id)
    return last.revision.title if last else article.slug or "Untitled"
