"""Handing a text in, and taking it back."""

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import clock as time
from core.errors import Conflict, Invalid, NotAllowed
from core.text import unfold_lines
from curation import clock, facts, fast_lane
from curation.models import OPEN, Action, Review, Sample, State
from curation.permissions import can_withdraw
from curation.workflow.moving import locked, move, require
from curation.workflow.table import TABLE, WrongState, last_act
from kb import drafts, policy, publishing
from kb.drafts import differs
from kb.forms import LONGEST_NOTE
from kb.models import Draft, Revision
from kb.rendering import Rendering
from people.models import User

# How the databases name the rule that an author has one open review of an article.
ONE_OPEN = ("uq_review_open", "review.article_id, review.author_id")


def submit(session: Session, draft: Draft, rendering: Rendering, *, note: str, by: User) -> Review:
    """Hand a draft in: a new review, or the next round of one in which changes were requested.

    A minor edit of somebody who has earned it is published at once; see `curation.fast_lane`.
    """
    note = unfold_lines(note).strip()
    if len(note) > LONGEST_NOTE:
        raise Invalid(
            "The note is too long.", {"note": f"At most {LONGEST_NOTE} characters, please."}
        )
    review = _open_review(session, draft)  # locked before the draft, as every other action does
    revision = drafts.freeze(session, draft, rendering, note=note, by=by)
    if review is None:
        at_once = by.id == draft.author_id and fast_lane.takes(session, revision)
        return new_review(session, revision, author=draft.author, note=note, by=by, at_once=at_once)
    if (review.state, Action.SUBMIT) not in TABLE:
        raise WrongState(review, last_act(review))
    if revision.base_id == review.revision.base_id and not differs(revision, review.revision):
        raise Invalid("Nothing differs from the round before.", {"body": "Change something first."})
    review.revision_id, review.revision = revision.id, revision
    review.round += 1
    review.submitted_at = time.now()
    facts.describe(session, review)
    clock.resume(session, review)
    move(session, review, Action.SUBMIT, by=by, note=note)
    return review


def new_review(
    session: Session,
    revision: Revision,
    *,
    author: User,
    note: str,
    by: User,
    at_once: bool = False,
) -> Review:
    """A case for a frozen revision; `at_once` publishes it and leaves it to be looked at later."""
    now = time.now()
    review = Review(
        article_id=revision.article_id,
        author_id=author.id,
        author=author,
        revision_id=revision.id,
        revision=revision,
        curator_id=None,
        claimed_at=None,
        claimed_until=None,
        round=1,
        version=0,
        submitted_at=now,
        begun_at=now,
        decided_at=None,
        escalated=0,
    )
    facts.describe(session, review)
    if at_once:
        review.policy_id = policy.of(session, review.topic_id).policy_id
    else:
        clock.start(session, review)
    session.add(review)
    try:
        if at_once:
            _publish_at_once(session, review, by=by, note=note)
        else:
            move(session, review, Action.SUBMIT, by=by, note=note)
    except IntegrityError as error:
        if not any(name in str(error.orig) for name in ONE_OPEN):
            raise
        raise Conflict("This article has an open submission of yours already.") from None
    return review


def _publish_at_once(session: Session, review: Review, *, by: User, note: str) -> None:
    review.sample = Sample.WAITING
    move(session, review, Action.PUBLISH_AT_ONCE, by=by, note=note)
    publishing.publish(session, review.article, review.revision, by=by)
    drafts.discard(session, review.revision_id)


def withdraw(session: Session, review_id: int, *, by: User) -> Review:
    """Take one's own text back, with everything typed; a second time does no harm."""
    review = locked(session, review_id)
    if not can_withdraw(by, review):
        raise NotAllowed("Only the author withdraws a submission.")
    if review.state is State.WITHDRAWN:
        return review
    require(review, Action.WITHDRAW)
    move(session, review, Action.WITHDRAW, by=by)
    drafts.let_go(session, review.article_id, review.author_id)
    return review


def _open_review(session: Session, draft: Draft) -> Review | None:
    query = sa.select(Review).where(
        Review.article_id == draft.article_id,
        Review.author_id == draft.author_id,
        Review.stored_state.in_(OPEN),
    )
    query = query.with_for_update(of=Review).execution_options(populate_existing=True)
    return session.scalar(query)
