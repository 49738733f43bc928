"""People, and the notices in their inboxes."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.models import Model, by_value


class Role(StrEnum):
    """What somebody may do everywhere; a topic may give an employee more, there only."""

    EMPLOYEE = "employee"
    CURATOR = "curator"
    ADMIN = "admin"

    @property
    def words(self) -> str:
        """As a page names it."""
        return "administrator" if self is Role.ADMIN else self.value


class MailChoice(StrEnum):
    """When somebody wants mail about a sort of thing."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"
    NEVER = "never"

    @property
    def words(self) -> str:
        """As a page names it."""
        return {
            MailChoice.AT_ONCE: "At once",
            MailChoice.DAILY: "Every working morning",
            MailChoice.WEEKLY: "On Mondays",
            MailChoice.NEVER: "Never",
        }[self]


class User(Model):
    """A person with an account."""

    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    handle: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    email: Mapped[str] = mapped_column(unique=True)  # lower case
    team: Mapped[str] = mapped_column(default="")
    time_zone: Mapped[str] = mapped_column(default="")  # empty: the company's
    role: Mapped[Role] = mapped_column(by_value(Role), default=Role.EMPLOYEE)
    active: Mapped[bool] = mapped_column(default=True)
    demo: Mapped[bool] = mapped_column(default=False)
    password_hash: Mapped[str]
    session_key: Mapped[str]  # changing it ends every session of this person
    created_at: Mapped[datetime]

    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def is_active(self) -> bool:
        return self.active

    @property
    def is_anonymous(self) -> bool:
        return False

    @property
    def is_admin(self) -> bool:
        return self.active and self.role is Role.ADMIN

    def get_id(self) -> str:
        """What the signed cookie carries."""
        return f"{self.id}:{self.session_key}"

    def __repr__(self) -> str:
        return f"User({self.handle!r})"


class Company(Model):
    """The one row about the company: when people work, who sees to what lies about, what is kept."""

    __tablename__ = "company"

    id: Mapped[int] = mapped_column(primary_key=True)  # always 1
    time_zone: Mapped[str]
    # {"0": ["09:00", "17:00"], ...}: the working hours of each weekday, Monday is 0
    hours: Mapped[dict[str, Any]]
    country: Mapped[str]  # whose public holidays are kept, as ISO 3166 names it; empty: none
    days_off: Mapped[list[str]]  # further days on which nobody works, as ISO dates
    coordinator_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )

    # Whether it is kept what people search for, with their names for thirty days.
    keeps_searches: Mapped[bool] = mapped_column(default=True)

    coordinator: Mapped[User | None] = relationship()

    __table_args__ = (sa.CheckConstraint("id = 1", name="only_one"),)


class Notice(Model):
    """Something a person is told, in their inbox and by mail."""

    __tablename__ = "notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"))
    event_id: Mapped[int]  # one notice per event and person, however often it is delivered
    subject: Mapped[str]
    text: Mapped[str]
    path: Mapped[str]
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    about: Mapped[str] = mapped_column(default="")  # which choice of the reader it falls under
    shown: Mapped[bool] = mapped_column(default=True)  # in the inbox; else it is for mail alone
    # When a digest may carry it; none once mailed, or where mail was not wanted.
    digest_due_at: Mapped[datetime | None] = mapped_column(index=True)
    mailed_at: Mapped[datetime | None]

    __table_args__ = (
        sa.UniqueConstraint("user_id", "event_id"),
        sa.Index("ix_notice_user_id_read_at", "user_id", "read_at"),
    )


class NoticeChoice(Model):
    """How somebody wants to be told about one sort of thing; without a row, as the sort's default says."""

    __tablename__ = "notice_choice"

    user_id: Mapped[int] = mapped_column(
        sa.ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True
    )
    about: Mapped[str] = mapped_column(primary_key=True)
    inbox: Mapped[bool]
    mail: Mapped[MailChoice] = mapped_column(by_value(MailChoice))
