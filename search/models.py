"""What was looked for, what curators say about it, what nobody has written yet, and what texts mean."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.models import Model, by_value


class SearchRecord(Model):
    """One person's search: asked again the same way, narrowed or paged through, it goes on."""

    __tablename__ = "search_record"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    query: Mapped[str]
    key: Mapped[str]  # the query's terms, in order: what counts as the same
    found: Mapped[int]  # at most, of the ways in which it was narrowed
    user_id: Mapped[int | None] = mapped_column(  # emptied within thirty days
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

    worked: Mapped[bool | None]  # what the person said of the article that was opened
    # Where the first article found belongs, or that which was opened; none where nothing was found,
    # though what came nearest was shown and perhaps opened. Old records may say one even then.
    topic_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("topic.id", ondelete="SET NULL"), index=True
    )

    refined_to: Mapped["SearchRecord | None"] = relationship(remote_side=[id])

    # What others opened after the same words is asked for in each search, the latest first.
    __table_args__ = (sa.Index("ix_search_record_key_at", "key", "at"),)


class Synonyms(Model):
    """Words that mean the same to this company: whoever looks for one finds the others too."""

    __tablename__ = "synonyms"

    id: Mapped[int] = mapped_column(primary_key=True)
    words: Mapped[list[str]] = mapped_column(sa.JSON)  # each a word or a few in a row, as written
    topic_id: Mapped[int | None] = mapped_column(  # only in articles there; none: everywhere
        sa.ForeignKey("topic.id"), index=True
    )
    version: Mapped[int]
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    removed_at: Mapped[datetime | None]


class Pin(Model):
    """An article that curators put first for a query, until a day."""

    __tablename__ = "search_pin"

    id: Mapped[int] = mapped_column(primary_key=True)
    query: Mapped[str]
    key: Mapped[str] = mapped_column(index=True)  # the query's terms, as in SearchRecord
    article_id: Mapped[int] = mapped_column(
        sa.ForeignKey("article.id", ondelete="CASCADE"), index=True
    )
    because: Mapped[str]
    until: Mapped[datetime]
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    removed_at: Mapped[datetime | None]
    removed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"), index=True)

    __table_args__ = (
        sa.Index(
            "uq_search_pin_key_article_id",
            "key",
            "article_id",
            unique=True,
            sqlite_where=sa.text("removed_at IS NULL"),
            postgresql_where=sa.text("removed_at IS NULL"),
        ),
    )


class GapState(StrEnum):
    """How far it is with something that nobody has written yet."""

    OPEN = "open"
    CLAIMED = "claimed"  # somebody writes it
    ANSWERED = "answered"  # an article was approved for it
    DISMISSED = "dismissed"  # curators say that it needs no article


class Gap(Model):
    """Something that people look for and nobody has written yet."""

    __tablename__ = "search_gap"

    id: Mapped[int] = mapped_column(primary_key=True)
    query: Mapped[str]  # the wording that stands for all of them
    state: Mapped[GapState] = mapped_column(by_value(GapState), index=True)
    topic_id: Mapped[int | None] = mapped_column(sa.ForeignKey("topic.id"), index=True)
    note: Mapped[str]  # what the writer should know, by whoever made the card
    version: Mapped[int]
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    writer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    claimed_at: Mapped[datetime | None]
    draft_id: Mapped[int | None] = mapped_column(  # in which the writer writes it
        sa.ForeignKey("draft.id", ondelete="SET NULL"), index=True
    )
    article_id: Mapped[int | None] = mapped_column(  # which answers it, or is to do so
        sa.ForeignKey("article.id", ondelete="SET NULL"), index=True
    )
    closed_at: Mapped[datetime | None]
    closed_because: Mapped[str]
    rank: Mapped[int | None]  # of the article for the query, on the day of its approval

    wordings: Mapped[list["GapWording"]] = relationship(
        order_by="GapWording.id", cascade="all, delete-orphan"
    )


class GapWording(Model):
    """One of the ways in which people asked for it; each way belongs to one card at most."""

    __tablename__ = "search_gap_wording"

    id: Mapped[int] = mapped_column(primary_key=True)
    gap_id: Mapped[int] = mapped_column(
        sa.ForeignKey("search_gap.id", ondelete="CASCADE"), index=True
    )
    key: Mapped[str] = mapped_column(unique=True)
    query: Mapped[str]


class GapAsker(Model):
    """Somebody who wants to be told when it is written."""

    __tablename__ = "search_gap_asker"

    gap_id: Mapped[int] = mapped_column(
        sa.ForeignKey("search_gap.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        sa.ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    at: Mapped[datetime]
    told_at: Mapped[datetime | None]


class Passage(Model):
    """A stretch of an article's live text as a vector of its meaning; kept, since it costs most to make."""

    __tablename__ = "passage"

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(
        sa.ForeignKey("article.id", ondelete="CASCADE"), index=True
    )
    number: Mapped[int]
    start: Mapped[int]  # characters of the revision's text; the title's own passage is 0 to 0
    end: Mapped[int]
    encoder: Mapped[str]  # its name: vectors of different encoders are never compared
    digest: Mapped[bytes] = mapped_column(sa.LargeBinary(16))  # of what was encoded
    vector: Mapped[bytes] = mapped_column(sa.LargeBinary)  # 384 signed bytes

    __table_args__ = (
        sa.UniqueConstraint("article_id", "number"),
        sa.Index("ix_passage_encoder_digest", "encoder", "digest"),
    )
