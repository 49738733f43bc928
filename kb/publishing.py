"""Makes a revision the one that readers see; nothing else writes publications or live revisions."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, outbox
from core.errors import Conflict
from core.markup import link_key
from core.text import slugify
from kb.models import Article, ArticleSlug, ArticleTag, Publication, Revision
from people.models import User

PUBLISHED = "article.published"


class StaleBase(Conflict):
    """The revision was written on a text that is not the live one any more."""


def publish(
    session: Session,
    article: Article,
    revision: Revision,
    *,
    by: User,
    at: datetime | None = None,
    slug: str | None = None,
) -> Publication:
    """Put `revision` live. Raises StaleBase if that would silently undo a text approved meanwhile.

    `at` and `slug` are for texts from elsewhere: when they were published there, and the free
    address that others already link to.
    """
    article = session.get_one(Article, article.id, with_for_update=True, populate_existing=True)
    if revision.article_id != article.id:
        raise ValueError("a revision of another article")
    if revision.base_id != article.live_revision_id:
        raise StaleBase("The live text has changed since this was written. Nothing was published.")
    now = at or clock.now()
    publication = Publication(
        article_id=article.id,
        revision_id=revision.id,
        number=_next_number(session, article),
        by_id=by.id,
        at=now,
    )
    session.add(publication)
    _take_name(session, article, revision, slug)
    article.live_revision_id = revision.id
    article.topic_id = revision.topic_id
    article.published_at = now
    session.execute(sa.delete(ArticleTag).where(ArticleTag.article_id == article.id))
    session.add_all(ArticleTag(article_id=article.id, tag=tag) for tag in revision.tags)
    outbox.record(session, PUBLISHED, article.id, by=by.id, data={"number": publication.number})
    session.flush()
    session.refresh(article, ["live_revision", "topic"])
    return publication


def _next_number(session: Session, article: Article) -> int:
    query = sa.select(sa.func.max(Publication.number)).where(Publication.article_id == article.id)
    return (session.scalar(query) or 0) + 1


def _take_name(session: Session, article: Article, revision: Revision, given: str | None) -> None:
    """A first title fixes the address; a new title gives a new one, and the old one leads to it."""
    article.title_key = link_key(revision.title)
    slug = given or _free_slug(session, slugify(revision.title), article)
    if slug == article.slug:
        return
    session.execute(
        sa.delete(ArticleSlug).where(ArticleSlug.slug == slug)
    )  # back to a former title
    if article.slug is not None:
        session.add(ArticleSlug(slug=article.slug, article_id=article.id))
    article.slug = slug


def _free_slug(session: Session, wish: str, article: Article) -> str:
    """The address wished for, with a number behind it if it is or was another article's."""
    present = sa.select(Article.slug).where(
        Article.slug.startswith(wish, autoescape=True), Article.id != article.id
    )
    taken = set(session.scalars(present))
    former = sa.select(ArticleSlug.slug).where(
        ArticleSlug.slug.startswith(wish, autoescape=True), ArticleSlug.article_id != article.id
    )
    taken |= set(session.scalars(former))
    if wish not in taken:
        return wish
    return next(slug for n in range(2, len(taken) + 3) if (slug := f"{wish}-{n}") not in taken)
