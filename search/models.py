"""What was looked for, kept without a name beyond what is needed."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.models import Model


class SearchRecord(Model):
    """One search, as it ended: a refinement within a minute is the same search going on."""

    __tablename__ = "search_record"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    query: Mapped[str]
    key: Mapped[str] = mapped_column(
        index=True
    )  # the query's terms, in order: what counts as the same
    found: Mapped[int]
    user_id: Mapped[int | None] = mapped_column(  # emptied after thirty days
        sa.ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    opened_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("article.id", ondelete="SET NULL"), index=True
    )
    rank: Mapped[int | None]  # of what was opened, from 1
