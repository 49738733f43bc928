"""What becomes of an article after its publication: checks, dependencies, plans, flags, use."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.models import Model, by_value
from kb.models.texts import Article, Revision
from people.models import User


class Verification(Model):
    """Somebody entitled saying that an article is still true, and until when that is believed."""

    __tablename__ = "verification"

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(
        sa.ForeignKey("article.id", ondelete="CASCADE"), index=True
    )
    revision_id: Mapped[int] = mapped_column(
        sa.ForeignKey("revision.id", ondelete="CASCADE"), index=True
    )
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    at: Mapped[datetime]
    every_days: Mapped[int]
    next_due_at: Mapped[datetime]
    note: Mapped[str]

    by: Mapped[User] = relationship()


class DependencyKind(StrEnum):
    """What sort of thing articles can depend on."""

    SYSTEM = "system"
    VERSION = "version"
    FORM = "form"
    LINK = "link"


class Dependency(Model):
    """Something outside that articles rest on: a system, a version, a form, a link."""

    __tablename__ = "dependency"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[DependencyKind] = mapped_column(by_value(DependencyKind))
    name: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)  # the kind and the name, folded
    standing: Mapped[str]  # how it is now: "v3", "moved to the intranet"
    changed_at: Mapped[datetime | None]


class DependencyChange(Model):
    """One change of a thing, told once for all articles that rest on it."""

    __tablename__ = "dependency_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    dependency_id: Mapped[int] = mapped_column(
        sa.ForeignKey("dependency.id", ondelete="CASCADE"), index=True
    )
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    at: Mapped[datetime]
    text: Mapped[str]

    dependency: Mapped[Dependency] = relationship()
    by: Mapped[User] = relationship()


class ArticleDependency(Model):
    """An article rests on something; `change_id` is the last change it has not been checked for."""

    __tablename__ = "article_dependency"

    article_id: Mapped[int] = mapped_column(
        sa.ForeignKey("article.id", ondelete="CASCADE"), primary_key=True
    )
    dependency_id: Mapped[int] = mapped_column(
        sa.ForeignKey("dependency.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    change_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("dependency_change.id", ondelete="SET NULL"), index=True
    )

    dependency: Mapped[Dependency] = relationship()
    change: Mapped[DependencyChange | None] = relationship()


class PlannedAction(StrEnum):
    """What can be planned for a later moment."""

    PUBLISH = "publish"
    RETIRE = "retire"


class Plan(Model):
    """A publication or an archiving that somebody entitled has decided on for a later moment."""

    __tablename__ = "plan"

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(
        sa.ForeignKey("article.id", ondelete="CASCADE"), index=True
    )
    revision_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("revision.id", ondelete="CASCADE"), index=True
    )
    action: Mapped[PlannedAction] = mapped_column(by_value(PlannedAction))
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    made_at: Mapped[datetime]
    because: Mapped[str] = mapped_column(default="")  # what readers are told of a retirement
    done_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default="")  # why it was stopped, in a sentence

    article: Mapped[Article] = relationship()
    revision: Mapped[Revision | None] = relationship()
    by: Mapped[User] = relationship()

    __table_args__ = (
        sa.Index(
            "ix_plan_due",
            "at",
            sqlite_where=sa.text("done_at IS NULL AND stopped_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL AND stopped_at IS NULL"),
        ),
    )


class FlagReason(StrEnum):
    """What a reader finds amiss."""

    WRONG = "wrong"
    OUT_OF_DATE = "out_of_date"
    CONFUSING = "confusing"
    SENSITIVE = "sensitive"


class FlagState(StrEnum):
    """Where a flag stands."""

    OPEN = "open"
    UPHELD = "upheld"  # the reader was right, and something was done
    REJECTED = "rejected"
    DUPLICATE = "duplicate"


class Flag(Model):
    """A reader saying that something is amiss: a task for somebody, with an outcome told to the reader."""

    __tablename__ = "flag"

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(
        sa.ForeignKey("article.id", ondelete="CASCADE"), index=True
    )
    revision_id: Mapped[int] = mapped_column(
        sa.ForeignKey("revision.id", ondelete="CASCADE"), index=True
    )
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    reason: Mapped[FlagReason] = mapped_column(by_value(FlagReason))
    text: Mapped[str]
    state: Mapped[FlagState] = mapped_column(by_value(FlagState), default=FlagState.OPEN)
    handler_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    outcome: Mapped[str] = mapped_column(default="")  # in a sentence, for the reader who flagged
    version: Mapped[int] = mapped_column(default=1)

    article: Mapped[Article] = relationship()
    revision: Mapped[Revision] = relationship()
    by: Mapped[User] = relationship(foreign_keys=[by_id])
    handler: Mapped[User] = relationship(foreign_keys=[handler_id])
    closed_by: Mapped[User | None] = relationship(foreign_keys=[closed_by_id])

    __table_args__ = (
        sa.Index("ix_flag_state_opened_at", "state", "opened_at"),
        sa.Index(  # the second click on the same button is the same flag
            "uq_flag_open",
            "article_id",
            "by_id",
            "reason",
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        ),
    )


class Outcome(Model):
    """Whether an article helped somebody who tried what it says; each person's last word counts."""

    __tablename__ = "outcome"

    article_id: Mapped[int] = mapped_column(
        sa.ForeignKey("article.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        sa.ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    revision_id: Mapped[int] = mapped_column(
        sa.ForeignKey("revision.id", ondelete="CASCADE"), index=True
    )
    worked: Mapped[bool]
    query: Mapped[str]  # by which it was found, if it was
    at: Mapped[datetime]  # that the words were said with; without any, of the last word


class ArticleViews(Model):
    """How often an article was opened on a day; counted roughly, nobody's name is kept."""

    __tablename__ = "article_views"

    article_id: Mapped[int] = mapped_column(
        sa.ForeignKey("article.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(sa.Date, primary_key=True)
    views: Mapped[int]


class ArticleDemand(Model):
    """How many people searched in the last week for what a text under review would answer."""

    __tablename__ = "article_demand"

    article_id: Mapped[int] = mapped_column(
        sa.ForeignKey("article.id", ondelete="CASCADE"), primary_key=True
    )
    searchers: Mapped[int]
    at: Mapped[datetime]
