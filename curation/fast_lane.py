"""Minor edits of those who have earned it go live at once, and are looked at afterwards.

The lane is open to an author in a topic whose policy has it, once so many of their texts there were
approved in the first round and as they wrote them. It takes an edit of few words that leaves title,
topic, tags, every number, command and link as they are. A flag upheld on one of their texts in the
topic, or an edit undone afterwards, closes it; the count starts again from there.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from curation import differences
from curation.models import Action, Review, ReviewEntry, Sample, State
from kb import policy
from kb.models import Draft, Flag, FlagState, Revision
from kb.policy import Policy

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def takes(session: Session, revision: Revision) -> bool:
    """Whether this frozen edit may go live at once, its author alone having written it."""
    live = revision.article.live_revision
    if live is None or revision.base_id != live.id:
        return False
    if revision.coauthors or set(revision.writers) - {revision.author_id}:
        return False
    rules = policy.of(session, revision.topic_id)
    return (
        rules.fast_lane
        and rules.approvals == 1
        and not _has_unread(session, revision.article_id, revision.author_id)
        and _is_minor(rules, live, revision)
        and earned(session, revision.author_id, revision.topic_id) >= rules.fast_after
    )


def _has_unread(session: Session, article_id: int, author_id: int) -> bool:
    """Whether an edit of theirs here went live at once that nobody has looked at yet.

    Many small edits in a row would else be a large one that nobody reads.
    """
    waiting = sa.select(Review.id).where(
        Review.article_id == article_id,
        Review.author_id == author_id,
        Review.sample == Sample.WAITING,
    )
    return session.scalar(waiting.limit(1)) is not None


@dataclass(frozen=True)
class Lane:
    """What somebody may change in a topic without waiting, and whether their draft stays within it."""

    words: int
    takes: bool


def open_to(session: Session, draft: Draft) -> Lane | None:
    """The lane, where it is open to who writes this draft alone; as the draft was last saved."""
    live = draft.article.live_revision if draft.article else None
    if live is None or draft.under_review or draft.coauthors:
        return None
    rules = policy.of(session, live.topic_id)
    has_it = rules.fast_lane and rules.approvals == 1
    if _has_unread(session, live.article_id, draft.author_id):
        return None
    if not has_it or earned(session, draft.author_id, live.topic_id) < rules.fast_after:
        return None
    takes = (
        draft.base_id == live.id
        and not set(draft.writers or ()) - {draft.author_id}
        and all(getattr(live, field) == getattr(draft, field) for field in _SAME)
        and differences.size(live, draft) <= rules.fast_words
        and not differences.touches_as_typed(live, draft)
    )
    return Lane(rules.fast_words, takes)


_SAME = ("title", "topic_id", "tags")


def _is_minor(rules: Policy, live: Revision, edit: Revision) -> bool:
    return (
        all(getattr(live, field) == getattr(edit, field) for field in _SAME)
        and differences.size(live, edit) <= rules.fast_words
        and not differences.touches(live, edit)
    )


def earned(session: Session, author_id: int, topic_id: int) -> int:
    """How many approvals without substantial change count towards the lane."""
    approved = (
        sa.select(sa.func.count())
        .select_from(Review)
        .join(ReviewEntry, ReviewEntry.review_id == Review.id)
        .where(
            Review.author_id == author_id,
            Review.topic_id == topic_id,
            Review.stored_state == State.APPROVED,
            Review.round == 1,
            Review.decided_at > lost_at(session, author_id, topic_id),
            ReviewEntry.action == Action.APPROVE,
        )
    )
    return session.scalar(approved) or 0


def lost_at(session: Session, author_id: int, topic_id: int) -> datetime:
    """When the count last began again: a flag was upheld, or an edit in the lane was undone."""
    upheld = (
        sa.select(sa.func.max(Flag.closed_at))
        .join(Revision, Revision.id == Flag.revision_id)
        .where(
            Flag.state == FlagState.UPHELD,
            Revision.author_id == author_id,
            Revision.topic_id == topic_id,
        )
    )
    undone = sa.select(sa.func.max(Review.decided_at)).where(
        Review.author_id == author_id,
        Review.topic_id == topic_id,
        Review.sample == Sample.UNDONE,
    )
    moments = [session.scalar(upheld), session.scalar(undone)]
    return max((moment for moment in moments if moment is not None), default=LONG_AGO)
