"""What somebody has of the queue goes along when they hand over: what they read, or were asked to."""

from collections import Counter
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import DomainError
from curation import workflow
from curation.models import OPEN, Review, State
from kb import handover
from kb.handover import Part, Receivers
from people.models import User


def init_app() -> None:
    handover.also(Part("reviews", "review", "reviews", count, give))


def count(session: Session, person: User) -> Mapping[int | None, int]:
    """How many open reviews this person reads or was asked to read, by topic."""
    query = sa.select(Review.topic_id, sa.func.count()).where(_theirs(person))
    found = session.execute(query.group_by(Review.topic_id))
    return {row[0]: row[1] for row in found}


def give(session: Session, person: User, receivers: Receivers, *, by: User) -> Mapping[int, int]:
    """What they read goes back into the queue; whoever gets their things is asked to read it.

    Who may not decide on one, its own author say, is not asked: it waits for everybody then.
    """
    given: Counter[int] = Counter()
    for review in session.scalars(sa.select(Review).where(_theirs(person))).all():
        if review.holder_id == person.id:
            workflow.release(session, review.id, by=person)
        receiver = receivers.of(review.topic_id)
        try:
            workflow.assign(session, review.id, to=receiver, by=by)
        except DomainError:
            review.assignee_id = None
        else:
            given[receiver.id] += 1
    return given


def _theirs(person: User) -> sa.ColumnElement[bool]:
    reads = sa.and_(Review.curator_id == person.id, Review.state == State.IN_REVIEW)
    return sa.and_(Review.stored_state.in_(OPEN), sa.or_(reads, Review.assignee_id == person.id))
