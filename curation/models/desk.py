"""What curators keep on their desk: canned reasons and saved filters."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.models import Model, by_value
from kb.models import Topic
from people.models import User


class ReasonUse(StrEnum):
    """Where a canned reason is offered."""

    REQUEST = "request"
    DECLINE = "decline"
    CHECKLIST = "checklist"


class CannedReason(Model):
    """A sentence that curators use again and again, with placeholders; of one topic, or of all."""

    __tablename__ = "canned_reason"

    id: Mapped[int] = mapped_column(primary_key=True)
    topic_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("topic.id", ondelete="CASCADE"), index=True
    )
    use: Mapped[ReasonUse] = mapped_column(by_value(ReasonUse))
    title: Mapped[str]
    text: Mapped[str]
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    retired_at: Mapped[datetime | None]

    topic: Mapped[Topic | None] = relationship()
    changed_by: Mapped[User] = relationship()


class SavedFilter(Model):
    """A way of looking at the queue that somebody keeps under a name."""

    __tablename__ = "saved_filter"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"))
    name: Mapped[str]
    query: Mapped[str]  # as it stands in the address
    made_at: Mapped[datetime]

    __table_args__ = (sa.UniqueConstraint("user_id", "name"),)
