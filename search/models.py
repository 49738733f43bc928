"""What was looked for, kept without a name beyond what is needed."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.models import Model


class SearchRecord(Model):
    """One person's search: asked again the same way, narrowed or paged through, it goes on."""

    __tablename__ = "search_record"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    query: Mapped[str]
    key: Mapped[str] = mapped_column(
        index=True
    )  # the query's terms, in order: what counts as the same
    found: Mapped[int]  # at most, of the ways in which it was narrowed
    user_id: Mapped[int | None] = mapped_column(  # emptied after thirty days
        sa.ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    opened_id: Mapped[int | None] = mapped_column(  # the last that was opened of what was found
        sa.ForeignKey("article.id", ondelete="SET NULL"), index=True
    )
    rank: Mapped[int | None]  # of what was opened, from 1; none: a browser without scripts
    # What the same person looked for within a minute, in other words.
    refined_to_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("search_record.id", ondelete="SET NULL"), index=True
    )

    refined_to: Mapped["SearchRecord | None"] = relationship(remote_side=[id])
