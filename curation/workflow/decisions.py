"""Decisions: asking for changes, declining, approving a text as it was read, or edited."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import Invalid, NotAllowed
from curation import approvals, clock
from curation.models import Action, Review
from curation.permissions import may_decide_in, topics_of
from curation.talk import has_open_remarks
from curation.workflow.duplicates import keep_title_words
from curation.workflow.moving import checked_reason, move, required_reason, to_decide
from kb import drafts, plans, policy, publishing, standing
from kb.drafts import differs
from kb.merging import Text
from kb.publishing import StaleBase
from kb.rendering import Rendering
from people.models import User


def request_changes(
    session: Session, review_id: int, *, version: int, revision: int, reason: str, by: User
) -> Review:
    """Give the text back to its author with a reason they can use, or with open remarks on it."""
    review = to_decide(session, review_id, Action.REQUEST_CHANGES, version, revision, by)
    spoken_for = not reason.strip() and has_open_remarks(session, review)
    note = "" if spoken_for else required_reason(reason)
    clock.pause(session, review)
    move(session, review, Action.REQUEST_CHANGES, by=by, note=note)
    drafts.thaw(session, review.revision_id)
    return review


def decline(
    session: Session, review_id: int, *, version: int, revision: int, reason: str, by: User
) -> Review:
    """Close the review without publishing; the text stays its author's."""
    review = to_decide(session, review_id, Action.DECLINE, version, revision, by)
    _keep_policy(session, review)
    move(session, review, Action.DECLINE, by=by, note=required_reason(reason))
    drafts.let_go(session, review.article_id, review.author_id)
    return review


def approve(
    session: Session,
    review_id: int,
    *,
    version: int,
    revision: int,
    by: User,
    note: str = "",
    at: datetime | None = None,
) -> Review:
    """Publish exactly the revision that was read, or count the approval if the topic asks for more.

    `at` plans the publication for later. Raises StaleBase if the live text has changed since.
    """
    review = to_decide(session, review_id, Action.APPROVE, version, revision, by)
    approvers = approvals.standing(review) | {by.id}
    _conclude(session, review, approvers, by=by, note=note, at=at)
    return review


def edit_and_approve(
    session: Session,
    review_id: int,
    *,
    version: int,
    revision: int,
    text: Text,
    rendering: Rendering,
    by: User,
    note: str = "",
    on_live: bool = False,
    at: datetime | None = None,
) -> Review:
    """As `approve`, with the curator's edit as a revision of its own; both are credited.

    `on_live`: the text was put together on the live one, where the proposal itself is not.
    """
    review = to_decide(session, review_id, Action.EDIT_AND_APPROVE, version, revision, by)
    standing.locked(session, review.article)  # before its next revision refers to it
    former = review.revision
    ground = standing.ground_of(review.article)
    base = ground if on_live else former.base
    if not differs(text, former) and base is former.base:
        approvers = approvals.standing(review) | {by.id}
        _conclude(session, review, approvers, by=by, note=note, at=at)
        return review
    if text.topic_id is not None and not may_decide_in(session, by, text.topic_id):
        raise NotAllowed("You do not decide in the topic that you chose. Choose another.")
    if base is not ground:
        raise StaleBase("The live text has changed since this was written. Nothing was published.")
    edited = drafts.revise(
        session, former, text, rendering, by=by, note=note, base=base, credit=True
    )
    review.revision_id, review.revision = edited.id, edited
    review.topic_id = edited.topic_id
    _conclude(session, review, {by.id}, by=by, note=note, at=at, detail={"edited_from": former.id})
    return review


def _conclude(
    session: Session,
    review: Review,
    approvers: set[int],
    *,
    by: User,
    note: str,
    at: datetime | None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Publish, or plan it, if these approvals are enough; else wait for a further one."""
    note, detail = checked_reason(note), dict(detail or {})
    edited = "edited_from" in detail
    if review.revision.base_id != standing.base_id(session, review.article):
        raise StaleBase("The live text has changed since this was written. Nothing was published.")
    rules = policy.of(session, review.revision.topic_id)
    if not _are_enough(session, review, approvers):
        if at is not None:
            sentence = "Whoever approves it last says when. Leave the date empty here."
            raise Invalid(sentence, {"at": sentence})
        action = Action.EDIT_AND_ENDORSE if edited else Action.ENDORSE
        move(session, review, action, by=by, note=note, detail=detail)
        review.curator_id = review.assignee_id = None
        return
    action = Action.EDIT_AND_APPROVE if edited else Action.APPROVE
    detail |= {"approvers": sorted(approvers)}
    review.policy_id = rules.policy_id
    keep_title_words(session, review)
    if at is None:
        publishing.publish(session, review.article, review.revision, by=by)
        move(session, review, action, by=by, note=note, detail=detail)
        drafts.discard(session, review.revision_id)
    else:
        plans.plan_publication(session, review.article, review.revision, at=at, by=by)
        detail |= {"at": at.isoformat()}
        move(session, review, action, by=by, note=note, detail=detail)


def _are_enough(session: Session, review: Review, approvers: set[int]) -> bool:
    """Whether the rules of its topic, and of the one that its article leaves, are content.

    An approval by somebody who may decide no longer does not count.
    """
    for topic_id in topics_of(review):
        able = {
            person.id
            for person in session.scalars(sa.select(User).where(User.id.in_(approvers)))
            if may_decide_in(session, person, topic_id)
        }
        if not able or not policy.of(session, topic_id).may_publish(able):
            return False
    return True


def _keep_policy(session: Session, review: Review) -> None:
    """The rules it was decided under; later ones are never applied to it."""
    review.policy_id = policy.of(session, review.revision.topic_id).policy_id
