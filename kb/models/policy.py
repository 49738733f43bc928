"""The rules of a topic, each change of them a row of its own."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.append_only import append_only
from core.models import Model
from people.models import User


class TopicPolicy(Model):
    """What a topic asks of its articles from `at` on; nothing here is ever changed.

    A rule that is None comes from the nearest ancestor that sets it, else from `kb.policy.DEFAULT`.
    """

    __tablename__ = "topic_policy"

    id: Mapped[int] = mapped_column(primary_key=True)
    topic_id: Mapped[int] = mapped_column(sa.ForeignKey("topic.id", ondelete="CASCADE"))
    number: Mapped[int]
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    note: Mapped[str]

    approvals: Mapped[int | None]  # 1 or 2, by different people
    publishers: Mapped[list[int] | None] = mapped_column(sa.JSON(none_as_null=True))  # people ids
    fast_lane: Mapped[bool | None]
    fast_after: Mapped[int | None]  # approvals without substantial change before the lane opens
    fast_words: Mapped[int | None]  # the most words such an edit changes
    target_hours: Mapped[int | None]  # working hours until a decision
    verify_every_days: Mapped[int | None]
    # [{"key": "...", "text": "..."}], at most ten
    checklist: Mapped[list[Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    # {"howto": "...", "story": "..."}
    skeletons: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))

    by: Mapped[User] = relationship()

    __table_args__ = (sa.UniqueConstraint("topic_id", "number"),)


append_only(TopicPolicy, allow_delete=True)  # a topic that goes takes its rules along
