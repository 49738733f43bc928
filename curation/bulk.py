"""Several items at once: small changes approved, any assigned; each is a decision of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import Invalid, NotFound
from curation import workflow
from curation.filters import SMALL_WORDS
from curation.models import Review, State
from curation.queue_rows import Row
from kb.topics import Deciders
from people.models import Role, User

MOST = 40
TOO_LARGE = (
    f"Only changes of at most {SMALL_WORDS} words are approved together with others."
    " Open this one and read it."
)
IS_NEW = "This is a new article. Open it and read it."
IS_STALE = "The live text has changed since this was written. Open it to compare both."
NOT_YOURS = "You cannot decide on this one now."
IS_SECOND = (
    "Another of these changes the same article. Approve that first, then look at this again."
)


@dataclass(frozen=True)
class Outcome:
    """What became of one item."""

    review_id: int
    title: str
    done: bool
    sentence: str


def obstacles(rows: Sequence[Row]) -> dict[int, str]:
    """Why some of these cannot be approved together with the others."""
    found: dict[int, str] = {}
    articles: set[int] = set()
    for row in rows:
        if reason := _obstacle(row) or (IS_SECOND if row.article_id in articles else ""):
            found[row.id] = reason
        else:
            articles.add(row.article_id)
    return found


def _obstacle(row: Row) -> str:
    if row.profile.article != "live":
        return IS_NEW
    if row.profile.size != "small":
        return TOO_LARGE
    if not row.profile.yours:
        return NOT_YOURS
    return IS_STALE if row.is_stale else ""


def approve(session: Session, review_id: int, *, version: int, revision: int, by: User) -> Review:
    """Claim a small change and approve it as it was shown, as one act."""
    review = _found(session, review_id)
    if not review.is_change:
        raise Invalid(IS_NEW)
    if review.size > SMALL_WORDS:
        raise Invalid(TOO_LARGE)
    version = claim_to_decide(session, review_id, version=version, by=by)
    return workflow.approve(session, review_id, version=version, revision=revision, by=by)


def claim_to_decide(session: Session, review_id: int, *, version: int, by: User) -> int:
    """Claim what nobody reads, as part of deciding on it; returns the version to decide on.

    The claim is refused to nobody who may decide, so that what was read must still be what stands:
    the decision that follows compares the version as if it had been claimed before.
    """
    review = _found(session, review_id)
    if review.state is not State.SUBMITTED:
        return version
    before = review.version
    claimed = workflow.claim(session, review_id, by=by)
    return version + claimed.version - before


def _found(session: Session, review_id: int) -> Review:
    query = sa.select(Review).where(Review.id == review_id).with_for_update(of=Review)
    review = session.scalar(query.execution_options(populate_existing=True))
    if review is None:
        raise NotFound("There is no such review.")
    return review


def assignable(session: Session, topic_ids: Sequence[int]) -> Sequence[User]:
    """Who decides in every one of these topics, by name."""
    deciders = Deciders(session)
    named = [deciders.named_for(topic_id) for topic_id in set(topic_ids)]
    by_role = User.role == Role.CURATOR
    conditions = [by_role if ids is None else User.id.in_(ids) for ids in named]
    query = sa.select(User).where(User.active, *conditions).order_by(User.name)
    return session.scalars(query).all() if conditions else []
