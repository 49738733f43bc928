"""Makes a revision the one that readers see, or none; nothing else writes publications or live revisions."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, outbox
from core.errors import Conflict
from core.markup import link_key
from core.text import slugify
from kb import outcomes, standing, verification
from kb.models import (
    Article,
    ArticleSlug,
    ArticleTag,
    AttachmentUse,
    Publication,
    Revision,
    RevisionLink,
)
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
    is_check: bool = True,
) -> Publication:
    """Put `revision` live. Raises StaleBase if that would silently undo a text approved meanwhile.

    `at` and `slug` are for texts from elsewhere: when they were published there, and the free
    address that others already link to; there is no check by whoever brings them in (`is_check`).
    """
    article = session.get_one(Article, article.id, with_for_update=True, populate_existing=True)
    if revision.article_id != article.id:
        raise ValueError("a revision of another article")
    if revision.base_id != standing.base_id(session, article):
        raise StaleBase("The live text has changed since this was written. Nothing was published.")
    publication = _put_live(session, article, revision, by=by, at=at, slug=slug)
    verification.note_publication(
        session,
        article,
        revision,
        by=by,
        at=publication.at,
        is_first=publication.number == 1,
        is_check=is_check,
    )
    return publication


def publish_again(
    session: Session,
    article: Article,
    former: Revision,
    *,
    by: User,
    note: str,
    title: str | None = None,
    topic_id: int | None = None,
    is_check: bool = True,
) -> Publication:
    """Put a text that was published before live once more, under another title or in another topic.

    It becomes a revision of its own, on the live text, with the credit of the one it repeats: so
    nothing that was written on the live text meanwhile undoes it unnoticed. The caller has locked
    the article; `is_check` says that they have read the text, not only its title.
    """
    copy = _copy(session, article, former, note)
    if title is not None and title != former.title:
        copy.title, copy.writers = title, sorted({*former.writers, by.id})
    if topic_id is not None:
        copy.topic_id = topic_id
    publication = _put_live(session, article, copy, by=by, at=None, slug=None)
    if is_check:
        verification.note_publication(
            session, article, copy, by=by, at=publication.at, is_first=False, is_check=True
        )
    return publication


def take_back(session: Session, article: Article, *, because: str) -> Publication:
    """Take the live text from its readers; its authors and curators still see it."""
    publication = standing.last_publication(session, article.id)
    assert publication is not None
    assert publication.revision_id == article.live_revision_id
    publication.unpublished_at, publication.unpublished_because = clock.now(), because
    article.live_revision_id = article.published_at = None
    session.flush()
    session.refresh(article, ["live_revision"])
    return publication


def _copy(session: Session, article: Article, former: Revision, note: str) -> Revision:
    copy = Revision(
        article_id=article.id,
        base_id=standing.base_id(session, article),
        title=former.title,
        summary=former.summary,
        body=former.body,
        dialect=former.dialect,
        tags=list(former.tags),
        topic_id=former.topic_id,
        language=former.language,
        author_id=former.author_id,
        byline=former.byline,
        writers=list(former.writers),
        note=note,
        created_at=clock.now(),
        html=former.html,
        text=former.text,
        headings=former.headings,
        rules=former.rules,
        coauthors=list(former.coauthors),
    )
    session.add(copy)
    session.flush()  # what follows refers to its id
    links = sa.select(RevisionLink.key, RevisionLink.article_id, sa.literal(copy.id))
    session.execute(
        sa.insert(RevisionLink).from_select(
            ["key", "article_id", "revision_id"], links.where(RevisionLink.revision_id == former.id)
        )
    )
    uses = sa.select(AttachmentUse.attachment_id, sa.literal(copy.id))
    session.execute(
        sa.insert(AttachmentUse).from_select(
            ["attachment_id", "revision_id"], uses.where(AttachmentUse.revision_id == former.id)
        )
    )
    outcomes.carry_over(session, former, copy)
    return copy


def _put_live(
    session: Session,
    article: Article,
    revision: Revision,
    *,
    by: User,
    at: datetime | None,
    slug: str | None,
) -> Publication:
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
    if publication.number > 1:
        outcomes.recount(session, article)
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
