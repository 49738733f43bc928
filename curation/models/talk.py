"""What is said about a text under review: comments on lines, verdicts, notes among curators."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.models import Model
from curation.models.reviews import Review
from kb.models import Revision
from people.models import User


class LineComment(Model):
    """Something said about lines of one revision; answers hang on the first comment of a thread."""

    __tablename__ = "line_comment"

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(
        sa.ForeignKey("review.id", ondelete="CASCADE"), index=True
    )
    parent_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("line_comment.id", ondelete="CASCADE"), index=True
    )
    revision_id: Mapped[int] = mapped_column(
        sa.ForeignKey("revision.id", ondelete="CASCADE"), index=True
    )
    round: Mapped[int]
    first_line: Mapped[int]  # of the body, from 1
    last_line: Mapped[int]
    text: Mapped[str]
    suggestion: Mapped[str | None]  # what should stand in these lines instead
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    key: Mapped[str]  # made by the page, so that sending twice says it once
    at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolved_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    accepted_id: Mapped[int | None] = mapped_column(  # the revision that took the suggestion in
        sa.ForeignKey("revision.id", ondelete="SET NULL"), index=True
    )
    accepted_at: Mapped[datetime | None]

    review: Mapped[Review] = relationship()
    author: Mapped[User] = relationship(foreign_keys=[author_id])
    resolved_by: Mapped[User | None] = relationship(foreign_keys=[resolved_by_id])
    revision: Mapped[Revision] = relationship(foreign_keys=[revision_id])

    __table_args__ = (sa.UniqueConstraint("author_id", "key"),)


class InternalNote(Model):
    """What curators tell one another about a review; its authors never see it."""

    __tablename__ = "internal_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(
        sa.ForeignKey("review.id", ondelete="CASCADE"), index=True
    )
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    key: Mapped[str]
    at: Mapped[datetime]
    text: Mapped[str]

    author: Mapped[User] = relationship()

    __table_args__ = (sa.UniqueConstraint("author_id", "key"),)


class ChecklistVerdict(Model):
    """A yes or no to one item of the topic's checklist, for one round of a review."""

    __tablename__ = "checklist_verdict"

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(sa.ForeignKey("review.id", ondelete="CASCADE"))
    round: Mapped[int]
    item: Mapped[str]  # the key of the item
    text: Mapped[str]  # the item as it read then
    fulfilled: Mapped[bool]
    reason: Mapped[str]
    revision_id: Mapped[int] = mapped_column(
        sa.ForeignKey("revision.id", ondelete="CASCADE"), index=True
    )
    first_line: Mapped[int | None]
    last_line: Mapped[int | None]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    at: Mapped[datetime]
    done_at: Mapped[datetime | None]  # when the author ticked the task off

    by: Mapped[User] = relationship()

    __table_args__ = (sa.UniqueConstraint("review_id", "round", "item"),)
