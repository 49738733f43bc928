"""Reviews and their log: the facts, and the one reading of a claim that ran out."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, Mapper, mapped_column, relationship

from core import clock
from core.append_only import append_only
from core.models import Model, by_value
from kb.models import Article, Kind, Revision, Topic
from people.models import User


class State(StrEnum):
    """Where a review stands."""

    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Action(StrEnum):
    """What somebody does to a review; `expire` is what time does to a claim."""

    SUBMIT = "submit"
    CLAIM = "claim"
    RELEASE = "release"
    TAKE_OVER = "take_over"
    REQUEST_CHANGES = "request_changes"
    APPROVE = "approve"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"
    ENDORSE = "endorse"  # an approval that does not publish yet: the topic asks for another
    EDIT_AND_APPROVE = "edit_and_approve"
    EDIT_AND_ENDORSE = "edit_and_endorse"
    BRING_UP = "bring_up"  # the same changes, now on the text that is live
    ACCEPT = "accept"  # the author takes a suggested wording
    MERGE_INTO = "merge_into"  # a duplicate, gone on as a proposal to another article
    PUBLISH_AT_ONCE = "publish_at_once"  # a minor edit in the fast lane
    ASSIGN = "assign"
    ESCALATE = "escalate"


class Sample(StrEnum):
    """An edit that took the fast lane, looked at afterwards."""

    WAITING = "waiting"
    FINE = "fine"
    UNDONE = "undone"


OPEN = (State.SUBMITTED, State.IN_REVIEW, State.CHANGES_REQUESTED)
_OPEN_SQL = "state IN ('submitted', 'in_review', 'changes_requested')"


class Review(Model):
    """The case of one author's proposal to one article, over as many rounds as it takes."""

    __tablename__ = "review"

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(
        sa.ForeignKey("article.id", ondelete="CASCADE"), index=True
    )
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    revision_id: Mapped[int] = mapped_column(
        sa.ForeignKey("revision.id", ondelete="CASCADE"), index=True
    )
    stored_state: Mapped[State] = mapped_column("state", by_value(State))
    curator_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    claimed_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    round: Mapped[int] = mapped_column(default=1)
    version: Mapped[int] = mapped_column(default=1)
    submitted_at: Mapped[datetime]  # of the present round
    decided_at: Mapped[datetime | None]
    begun_at: Mapped[datetime]  # of the first round
    first_look_at: Mapped[datetime | None]  # when somebody first claimed it
    assignee_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"), index=True)

    # What the queue narrows and orders by, so that it reads this table alone.
    topic_id: Mapped[int] = mapped_column(sa.ForeignKey("topic.id"), index=True)
    kind: Mapped[Kind] = mapped_column(by_value(Kind))
    is_change: Mapped[bool]  # of an article that is published
    size: Mapped[int]  # words that differ from the live text
    first_time: Mapped[bool]  # its author has nothing published yet
    searchers: Mapped[int] = mapped_column(default=0)  # people who looked for it last week
    views: Mapped[int] = mapped_column(default=0)  # of the live article, in the last month
    benefit: Mapped[float] = mapped_column(default=0.0)  # see curation.benefit; higher comes first

    # The clock: working time, running while curators have it.
    due_at: Mapped[datetime | None]
    seconds_left: Mapped[int | None]  # of the target, kept while the author has the text
    escalated: Mapped[int] = mapped_column(default=0)  # 1: told the backup, 2: the coordinator

    policy_id: Mapped[int | None] = mapped_column(  # the topic's own rules when it was decided
        sa.ForeignKey("topic_policy.id", ondelete="SET NULL"), index=True
    )
    merged_into_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("review.id", ondelete="SET NULL"), index=True
    )
    sample: Mapped[Sample | None] = mapped_column(by_value(Sample))

    article: Mapped[Article] = relationship()
    author: Mapped[User] = relationship(foreign_keys=[author_id])
    revision: Mapped[Revision] = relationship()
    curator: Mapped[User | None] = relationship(foreign_keys=[curator_id])
    assignee: Mapped[User | None] = relationship(foreign_keys=[assignee_id])
    topic: Mapped[Topic] = relationship()
    entries: Mapped[list["ReviewEntry"]] = relationship(
        order_by="ReviewEntry.id", back_populates="review"
    )

    __table_args__ = (
        sa.Index(
            "uq_review_open",
            "article_id",
            "author_id",
            unique=True,
            sqlite_where=sa.text(_OPEN_SQL),
            postgresql_where=sa.text(_OPEN_SQL),
        ),
        sa.Index("ix_review_state_submitted_at", "state", "submitted_at"),
        sa.Index("ix_review_state_benefit", "state", "benefit"),
        sa.Index("ix_review_state_topic_id", "state", "topic_id"),  # what waits, in the navigation
        sa.Index(  # the queue shows those waiting to be looked at beside what is open
            "ix_review_sample_waiting",
            "sample",
            sqlite_where=sa.text("sample = 'waiting'"),
            postgresql_where=sa.text("sample = 'waiting'"),
        ),
    )

    @property
    def claim_ran_out(self) -> bool:
        return (
            self.stored_state is State.IN_REVIEW
            and self.claimed_until is not None
            and self.claimed_until <= clock.now()
        )

    @hybrid_property
    def state(self) -> State:
        """Where the review stands now: a claim that ran out counts as submitted."""
        return State.SUBMITTED if self.claim_ran_out else self.stored_state

    @state.inplace.expression
    @classmethod
    def _state_sql(cls) -> sa.ColumnElement[State]:
        return cls.state_at(clock.now())

    @classmethod
    def state_at(cls, moment: datetime | sa.BindParameter[datetime]) -> sa.ColumnElement[State]:
        """Where a review stands at that moment; a parameter, where a query is built once."""
        ran_out = sa.and_(cls.stored_state == State.IN_REVIEW, cls.claimed_until <= moment)
        return sa.case(
            (ran_out, sa.literal(State.SUBMITTED, cls.__table__.c.state.type)),
            else_=cls.stored_state,
        )

    @property
    def is_open(self) -> bool:
        return self.stored_state in OPEN

    @property
    def holder_id(self) -> int | None:
        """Who has claimed it, while the claim lasts."""
        return self.curator_id if self.state is State.IN_REVIEW else None


class ReviewEntry(Model):
    """One line of a review's log; never changed, never removed by itself."""

    __tablename__ = "review_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(
        sa.ForeignKey("review.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[datetime]
    actor_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    action: Mapped[Action] = mapped_column(by_value(Action))
    old: Mapped[State | None] = mapped_column(by_value(State, "old"))
    new: Mapped[State] = mapped_column(by_value(State, "new"))
    note: Mapped[str]
    revision_id: Mapped[int] = mapped_column(
        sa.ForeignKey("revision.id", ondelete="CASCADE"), index=True
    )
    round: Mapped[int]
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)

    review: Mapped[Review] = relationship(back_populates="entries")
    actor: Mapped[User] = relationship()


append_only(
    ReviewEntry, allow_delete=True
)  # an article that goes takes the log of its reviews along


@sa.event.listens_for(ReviewEntry, "before_update")
def _refuse_change(
    _mapper: Mapper[ReviewEntry], _connection: Connection, entry: ReviewEntry
) -> None:
    raise RuntimeError(f"the log of a review is append-only (entry {entry.id})")
