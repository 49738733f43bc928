"""Topics, articles and their revisions, drafts, attachments: the facts, no behaviour."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.models import Model, RenderedHtml, by_value
from people.models import User


class Kind(StrEnum):
    """What sort of knowledge an article holds."""

    HOWTO = "howto"
    STORY = "story"


class Topic(Model):
    """A branch of the curated subject tree."""

    __tablename__ = "topic"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("topic.id"), index=True)
    backup_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    demo: Mapped[bool] = mapped_column(default=False)

    parent: Mapped["Topic | None"] = relationship(remote_side=[id])
    backup: Mapped[User | None] = relationship()
    curators: Mapped[list[User]] = relationship(secondary="topic_curator", order_by=User.name)


class TopicCurator(Model):
    """Who decides in a topic that names its own curators."""

    __tablename__ = "topic_curator"

    topic_id: Mapped[int] = mapped_column(
        sa.ForeignKey("topic.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        sa.ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class TopicSlug(Model):
    """A former address of a topic, which leads to it for ever."""

    __tablename__ = "topic_slug"

    slug: Mapped[str] = mapped_column(primary_key=True)
    topic_id: Mapped[int] = mapped_column(sa.ForeignKey("topic.id", ondelete="CASCADE"), index=True)


def _owner(context: Any) -> Any:
    """Whoever begins an article owns it."""
    return context.get_current_parameters()["owner_id"]


class Article(Model):
    """One piece of knowledge. Readers see its live revision; without one, authors and curators alone do."""

    __tablename__ = "article"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str | None] = mapped_column(unique=True)  # fixed at the first publication
    title_key: Mapped[str | None] = mapped_column(
        index=True
    )  # the live title as wiki links name it
    kind: Mapped[Kind] = mapped_column(by_value(Kind))
    topic_id: Mapped[int] = mapped_column(sa.ForeignKey("topic.id"))
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    # Who wrote it first, whoever keeps it up today.
    author_id: Mapped[int] = mapped_column(
        sa.ForeignKey("user_account.id"), index=True, default=_owner
    )
    live_revision_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("revision.id", use_alter=True, name="fk_article_live_revision_id"), index=True
    )
    published_at: Mapped[datetime | None] = mapped_column(index=True)  # of the live revision
    created_at: Mapped[datetime]
    # What curators add so that it is found by the words of texts that were merged into it.
    keywords: Mapped[list[str]] = mapped_column(default=list)
    archived_at: Mapped[datetime | None]  # readable with a banner, not found unless asked for
    archived_because: Mapped[str] = mapped_column(default="")
    hidden_at: Mapped[datetime | None]  # taken from readers at once: something in it is sensitive
    hidden_because: Mapped[str] = mapped_column(default="")
    verified_at: Mapped[datetime | None]
    verified_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    verify_every_days: Mapped[int | None]  # as this article has earned it; none: as its topic says
    verify_due_at: Mapped[datetime | None] = mapped_column(index=True)
    # Why somebody should look at it before the time comes; empty when nothing is known.
    check_reason: Mapped[str] = mapped_column(default="")
    # What readers said, counted anew with each of them (see Outcome).
    worked: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)  # of the live text only

    topic: Mapped[Topic] = relationship()
    owner: Mapped[User] = relationship(foreign_keys=[owner_id])
    author: Mapped[User] = relationship(foreign_keys=[author_id])
    verified_by: Mapped[User | None] = relationship(foreign_keys=[verified_by_id])
    live_revision: Mapped["Revision | None"] = relationship(foreign_keys=[live_revision_id])

    # Home and the topics count what is listed in each topic, out of this index alone.
    __table_args__ = (
        sa.Index("ix_article_listed", "topic_id", "live_revision_id", "hidden_at", "archived_at"),
    )


class ArticleSlug(Model):
    """A former address of an article, which leads to it for ever."""

    __tablename__ = "article_slug"

    slug: Mapped[str] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(
        sa.ForeignKey("article.id", ondelete="CASCADE"), index=True
    )


class ArticleTag(Model):
    """A tag of an article's live revision."""

    __tablename__ = "article_tag"

    article_id: Mapped[int] = mapped_column(
        sa.ForeignKey("article.id", ondelete="CASCADE"), primary_key=True
    )
    tag: Mapped[str] = mapped_column(primary_key=True, index=True)


class Revision(Model):
    """An immutable text of an article. Below `created_at`: what the renderer made of it."""

    __tablename__ = "revision"

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(
        sa.ForeignKey("article.id", ondelete="CASCADE"), index=True
    )
    base_id: Mapped[int | None] = mapped_column(sa.ForeignKey("revision.id"), index=True)
    title: Mapped[str]
    summary: Mapped[str]
    body: Mapped[str]
    dialect: Mapped[str]
    tags: Mapped[list[str]]
    topic_id: Mapped[int] = mapped_column(sa.ForeignKey("topic.id"), index=True)
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    byline: Mapped[str | None]  # a writer without an account, as an import named them
    note: Mapped[str]
    created_at: Mapped[datetime]
    writers: Mapped[list[int]] = mapped_column(sa.JSON, default=list)  # whoever typed any of it
    # Code of the language it is in, as chosen or found out; empty: nobody has looked yet.
    language: Mapped[str] = mapped_column(default="")

    html: Mapped[str] = mapped_column(RenderedHtml)
    text: Mapped[str]
    headings: Mapped[list[Any]] = mapped_column(sa.JSON)  # [level, anchor, text] each
    rules: Mapped[int] = mapped_column(index=True)  # version of the rendering rules

    article: Mapped[Article] = relationship(foreign_keys=[article_id])
    base: Mapped["Revision | None"] = relationship(remote_side=[id])
    topic: Mapped[Topic] = relationship()
    author: Mapped[User] = relationship()
    coauthors: Mapped[list[User]] = relationship(secondary="revision_coauthor", order_by=User.name)


class RevisionCoauthor(Model):
    __tablename__ = "revision_coauthor"

    revision_id: Mapped[int] = mapped_column(
        sa.ForeignKey("revision.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        sa.ForeignKey("user_account.id"), primary_key=True, index=True
    )


class RevisionLink(Model):
    """A wiki link in a revision: what it names, and the article that this led to when rendered."""

    __tablename__ = "revision_link"

    revision_id: Mapped[int] = mapped_column(
        sa.ForeignKey("revision.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(primary_key=True, index=True)
    article_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("article.id", ondelete="SET NULL"), index=True
    )


class Publication(Model):
    """A revision becoming live; what readers may see, numbered from 1 in this order."""

    __tablename__ = "publication"

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(sa.ForeignKey("article.id", ondelete="CASCADE"))
    revision_id: Mapped[int] = mapped_column(
        sa.ForeignKey("revision.id", ondelete="CASCADE"), index=True
    )
    number: Mapped[int]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    at: Mapped[datetime]
    unpublished_at: Mapped[datetime | None]  # readers saw it until then, and never again
    unpublished_because: Mapped[str] = mapped_column(default="")

    revision: Mapped[Revision] = relationship()
    by: Mapped[User] = relationship()

    __table_args__ = (sa.UniqueConstraint("article_id", "number"),)


class Draft(Model):
    """One author's mutable working copy, of a new article or of an article's next revision."""

    __tablename__ = "draft"

    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    key: Mapped[str]  # made by the page that first saved it, so that saving twice makes one draft
    article_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("article.id", ondelete="SET NULL"), index=True
    )
    base_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("revision.id", ondelete="SET NULL"), index=True
    )
    kind: Mapped[Kind] = mapped_column(by_value(Kind))
    title: Mapped[str]
    summary: Mapped[str]
    body: Mapped[str]
    dialect: Mapped[str]
    byline: Mapped[str | None]  # a writer without an account, as an import named them
    tags: Mapped[list[str]]
    topic_id: Mapped[int | None] = mapped_column(sa.ForeignKey("topic.id"), index=True)
    language: Mapped[str] = mapped_column(default="")  # as its author chose; empty: found out
    version: Mapped[int] = mapped_column()
    created_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    saved_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    deleted_at: Mapped[datetime | None]
    frozen_id: Mapped[int | None] = mapped_column(  # the revision under review, while there is one
        sa.ForeignKey("revision.id", ondelete="SET NULL"), index=True
    )

    author: Mapped[User] = relationship(foreign_keys=[author_id])
    saved_by: Mapped[User] = relationship(foreign_keys=[saved_by_id])
    article: Mapped[Article | None] = relationship()
    base: Mapped[Revision | None] = relationship(foreign_keys=[base_id])
    topic: Mapped[Topic | None] = relationship()
    coauthors: Mapped[list[User]] = relationship(secondary="draft_coauthor", order_by=User.name)

    under_review: Mapped[bool]  # from the first submission to the decision, whoever has the text
    writers: Mapped[list[int]] = mapped_column(sa.JSON, default=list)  # whoever ever saved it

    @property
    def locked(self) -> bool:
        """Under review: to change the text, withdraw first."""
        return self.frozen_id is not None

    __table_args__ = (
        sa.UniqueConstraint("author_id", "key"),
        sa.Index(
            "uq_draft_author_id_article_id",
            "author_id",
            "article_id",
            unique=True,
            sqlite_where=sa.text("article_id IS NOT NULL AND deleted_at IS NULL"),
            postgresql_where=sa.text("article_id IS NOT NULL AND deleted_at IS NULL"),
        ),
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 (as SQLAlchemy declares it)


class DraftCoauthor(Model):
    __tablename__ = "draft_coauthor"

    draft_id: Mapped[int] = mapped_column(
        sa.ForeignKey("draft.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        sa.ForeignKey("user_account.id"), primary_key=True, index=True
    )


class Attachment(Model):
    """An image somebody uploaded; its bytes lie in the file store under their own hash."""

    __tablename__ = "attachment"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    uploader_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    uploaded_at: Mapped[datetime]

    __table_args__ = (sa.UniqueConstraint("uploader_id", "sha256"),)


class AttachmentUse(Model):
    """Which revisions show an attachment: whoever may read one of them may see it."""

    __tablename__ = "attachment_use"

    attachment_id: Mapped[int] = mapped_column(
        sa.ForeignKey("attachment.id", ondelete="CASCADE"), primary_key=True
    )
    revision_id: Mapped[int] = mapped_column(
        sa.ForeignKey("revision.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class ImportedFile(Model):
    """Which article a file became, so that importing it again changes that article."""

    __tablename__ = "imported_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    folder: Mapped[str]  # where the import was started
    path: Mapped[str]  # of the file, inside that folder
    article_id: Mapped[int] = mapped_column(
        sa.ForeignKey("article.id", ondelete="CASCADE"), index=True
    )
    sha256: Mapped[str] = mapped_column(index=True)  # of the file
    surroundings: Mapped[str]  # digest of what else shaped the text: options, images, links
    text_digest: Mapped[str]  # of the text that came of it; another one here was changed here
    imported_at: Mapped[datetime]

    article: Mapped[Article] = relationship()

    __table_args__ = (sa.UniqueConstraint("folder", "path"),)


class DraftAttachment(Model):
    """An attachment put into a draft by somebody who may see it: all who write in it may too."""

    __tablename__ = "draft_attachment"

    draft_id: Mapped[int] = mapped_column(
        sa.ForeignKey("draft.id", ondelete="CASCADE"), primary_key=True
    )
    attachment_id: Mapped[int] = mapped_column(
        sa.ForeignKey("attachment.id", ondelete="CASCADE"), primary_key=True, index=True
    )
