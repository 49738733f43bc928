"""Who may read, write and see what in the knowledge base; the same functions guard and show."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from kb import standing
from kb.models import (
    Article,
    Attachment,
    AttachmentUse,
    Draft,
    DraftAttachment,
    DraftCoauthor,
    Publication,
    Revision,
    RevisionCoauthor,
)
from kb.topics import Deciders
from people.models import Role, User


def can_edit_draft(user: User, draft: Draft) -> bool:
    """Its author and those they write with."""
    return user.active and user.id in {draft.author_id, *(person.id for person in draft.coauthors)}


def can_delete_draft(user: User, draft: Draft) -> bool:
    """Its author alone, and not while a review stands on it."""
    return user.id == draft.author_id and not draft.under_review


def can_manage_topics(user: User) -> bool:
    return user.is_admin


def wrote(session: Session, user: User, revision: Revision) -> bool:
    """Author or co-author of this revision."""
    return revision.author_id == user.id or any(
        person.id == user.id for person in revision.coauthors
    )


def can_read_article(session: Session, user: User, article: Article) -> bool:
    """What is live and not hidden is everybody's."""
    if not user.active:
        return False
    is_open = article.live_revision_id is not None and article.hidden_at is None
    return is_open or can_read_withheld(session, user, article)


def can_read_withheld(session: Session, user: User, article: Article) -> bool:
    """What was taken back or hidden: its owner, who wrote the last text of it, and the curators."""
    if not user.active or article.slug is None:
        return False
    last = standing.last_publication(session, article.id)
    return last is not None and (
        article.owner_id == user.id
        or wrote(session, user, last.revision)
        or can_review_topic(session, user, article.topic_id)
    )


def can_read_revision(session: Session, user: User, revision: Revision) -> bool:
    """What was published is everybody's; the rest is its authors' and the curators'."""
    published = sa.select(Publication.id).where(Publication.revision_id == revision.id).limit(1)
    return (
        session.scalar(published.join(Article, _PUBLISHED_OF).where(*_OPEN)) is not None
        or wrote(session, user, revision)
        or can_review_topic(session, user, revision.topic_id)
        or (revision.article.owner_id == user.id and session.scalar(published) is not None)
    )


_PUBLISHED_OF = Article.id == Publication.article_id
# Of publications with their articles: nothing that was taken back or is withheld from readers.
_OPEN = (
    Publication.unpublished_at.is_(None),
    Article.live_revision_id.is_not(None),
    Article.hidden_at.is_(None),
)


def can_review_topic(session: Session, user: User, topic_id: int) -> bool:
    """Whoever may decide in this topic, every curator by role, and administrators."""
    if user.role in (Role.CURATOR, Role.ADMIN):
        return user.active
    return Deciders(session).may_decide(user, topic_id)


def decides_in(session: Session, user: User, topic_id: int) -> bool:
    """Those who decide in this topic, and administrators."""
    return user.is_admin or Deciders(session).may_decide(user, topic_id)


def can_read_attachment(session: Session, user: User, attachment: Attachment) -> bool:
    """Exactly those who may read a text that uses it; and its uploader."""
    if attachment.uploader_id == user.id:
        return True
    if is_published(session, attachment) or _is_in_shared_draft(session, user, attachment):
        return True
    revisions = session.scalars(sa.select(Revision).where(Revision.id.in_(_uses(attachment)))).all()
    return any(can_read_revision(session, user, revision) for revision in revisions)


def is_published(session: Session, attachment: Attachment) -> bool:
    """Whether some published text shows it, now or in its history."""
    published = sa.select(Publication.id).join(Article, _PUBLISHED_OF)
    shown = published.where(Publication.revision_id.in_(_uses(attachment)), *_OPEN)
    return session.scalar(shown.limit(1)) is not None


def _uses(attachment: Attachment) -> sa.Select[int]:
    return sa.select(AttachmentUse.revision_id).where(AttachmentUse.attachment_id == attachment.id)


def _is_in_shared_draft(session: Session, user: User, attachment: Attachment) -> bool:
    """Whether somebody who may see it put it into a draft that this person writes in."""
    drafts = (
        sa.select(Draft.id)
        .join(DraftAttachment, DraftAttachment.draft_id == Draft.id)
        .where(
            DraftAttachment.attachment_id == attachment.id,
            Draft.deleted_at.is_(None),
            Draft.body.contains(f"/attachments/{attachment.id}/", autoescape=True),
            _writes(user.id),
        )
    )
    return session.scalar(drafts.limit(1)) is not None


def _writes(user_id: int) -> sa.ColumnElement[bool]:
    together = sa.select(DraftCoauthor.draft_id).where(DraftCoauthor.user_id == user_id)
    return sa.or_(Draft.author_id == user_id, Draft.id.in_(together))


def authored_by(user_id: Any, revision: Any = Revision) -> sa.ColumnElement[bool]:
    """Revisions this person wrote or helped to write."""
    together = (
        sa.select(RevisionCoauthor.revision_id)
        .where(RevisionCoauthor.user_id == user_id)
        .correlate_except(RevisionCoauthor)  # the person may be a column of what asks
    )
    return sa.or_(revision.author_id == user_id, revision.id.in_(together))


def contributed(article_id: Any, user_id: Any) -> sa.ColumnElement[bool]:
    """Whether somebody wrote or helped to write any text of an article that was published."""
    publication, revision = aliased(Publication), aliased(Revision)
    return sa.exists().where(
        publication.article_id == article_id,
        publication.revision_id == revision.id,
        authored_by(user_id, revision),
    )
