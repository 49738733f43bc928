"""What is overdue is told to the topic's backup, then to the coordinator; time decides nothing."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock as time
from core import periodic
from curation import workflow
from curation.clock import HOUR, LEAST_SHARE, is_overdue
from curation.models import Review, State
from curation.permissions import can_decide
from kb.models import Topic
from kb.policy import Policies
from kb.topics import tree
from people import company
from people.models import User

EVERY = 60  # seconds
PORTION = 100  # reviews at a time; the rest a minute later
BACKUP, COORDINATOR = 1, 2


def init_app() -> None:
    periodic.every("escalation", EVERY, escalate_due)


def escalate_due(session: Session) -> None:
    """Tell whoever comes next about each review that is overdue, once each."""
    coordinator, backups = company.coordinator(session), _backups(session)
    calendar, policies = company.calendar(session), Policies(session)
    for review in _overdue(session, backups, coordinator):
        if review.escalated < BACKUP:
            _begin(session, review, backups.get(review.topic_id), coordinator)
        elif coordinator:
            assert review.due_at is not None
            late = calendar.between(review.due_at, time.now())
            if late >= policies.of(review.topic_id).target_hours * HOUR // LEAST_SHARE:
                workflow.escalate(session, review, to=coordinator, level=COORDINATOR)


def _begin(session: Session, review: Review, backup: User | None, coordinator: User | None) -> None:
    """The backup first; the coordinator at once where no backup may decide on it."""
    if backup and can_decide(session, backup, review):
        workflow.escalate(session, review, to=backup, level=BACKUP)
    elif coordinator:
        workflow.escalate(session, review, to=coordinator, level=COORDINATOR)


def _overdue(
    session: Session, backups: dict[int, User], coordinator: User | None
) -> Sequence[Review]:
    """Locked, so that nobody decides meanwhile; one that somebody acts on now waits a minute."""
    query = (
        sa.select(Review)
        .where(
            Review.stored_state.in_((State.SUBMITTED, State.IN_REVIEW)),
            Review.due_at <= time.now(),
            Review.escalated < (COORDINATOR if coordinator else BACKUP),
        )
        .order_by(Review.escalated, Review.due_at, Review.id)
        .limit(PORTION)
    )
    if coordinator is None:  # then there is somebody to tell only where there is a backup
        query = query.where(Review.topic_id.in_(backups))
    locked = query.with_for_update(of=Review, skip_locked=True)
    reviews = session.scalars(locked.execution_options(populate_existing=True))
    return [review for review in reviews if is_overdue(review)]


def _backups(session: Session) -> dict[int, User]:
    """Who stands in for the curators of each topic: its own backup, or of the nearest one above."""
    topics = tree(session)
    query = sa.select(Topic.id, User).join(User, User.id == Topic.backup_id).where(User.active)
    own = {row[0]: row[1] for row in session.execute(query)}
    found = {}
    for topic_id in topics.by_id:
        above = [own[node.id] for node in topics.path(topic_id) if node.id in own]
        if above:
            found[topic_id] = above[-1]
    return found
