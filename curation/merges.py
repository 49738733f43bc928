"""After a publication: other proposals to the article are carried over to the text that is live now."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import outbox
from core.db import Database
from core.errors import DomainError
from core.outbox import Event
from curation import workflow
from curation.models import Review, State
from kb import rendering
from kb.lifecycle import SHOWN
from kb.publishing import PUBLISHED
from people.models import User

READABLE = (State.SUBMITTED, State.IN_REVIEW)


def init_app(db: Database) -> None:
    def carry_over(session: Session, events: Sequence[Event]) -> None:
        for event in events:
            if event.actor is not None:
                bring_up_all(db, session, event.subject, event.actor)

    outbox.subscribe("review-merges", [PUBLISHED, SHOWN], carry_over)


def bring_up_all(db: Database, session: Session, article_id: int, by_id: int) -> int:
    """Put every clean merge in its proposal's place; returns how many. What is not clean waits.

    Rendering takes a while, so each proposal is read, rendered without a lock, then looked at again
    under one; doing it twice finds nothing left to do.
    """
    query = sa.select(Review.id).where(
        Review.article_id == article_id, Review.stored_state.in_(READABLE)
    )
    ids = list(session.scalars(query))
    session.rollback()  # the reading is done; do not hold it open while rendering
    return sum(bring_up(db, review_id, by_id) for review_id in ids)


def bring_up(db: Database, review_id: int, by_id: int) -> bool:
    """One proposal; False where there is nothing to do, or where somebody has to choose."""
    with db.reading() as session:
        review = session.get(Review, review_id)
        if review is not None and review.article.hidden_at is not None:
            return (
                False  # its author would get the text that is withheld; once it is shown, they may
            )
        merge = workflow.merge_with_live(review) if review and review.is_open else None
        if review is None or merge is None or not merge.text.is_clean:
            return False
        try:
            made = rendering.render(session, merge.text.body, review.revision.dialect)
        except DomainError:
            return False  # too long together, say: its author is asked to bring it up to date
    with db.writing() as session:
        by = session.get_one(User, by_id)
        done = workflow.bring_up(session, review_id, merge, made, by=by)
        session.commit()
    return done
