"""A card is claimed by whoever writes what it asks for, and carried by their draft.

The draft is told apart by its id while it lives. It is deleted with the approval, so its article is
noted when it is handed in. A text that was declined or withdrawn is a draft again, and the card
stays with it; once the draft is deleted, the card is open again.
"""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, outbox
from core.errors import Conflict, NotAllowed
from kb import drafts, policy
from kb.forms import LONGEST_TITLE, DraftFields
from kb.models import Article, Draft, Kind
from people.models import User
from search.gaps.states import GapAction, locked, move
from search.models import Gap, GapState
from search.permissions import can_curate_search, writes

RELEASED = "gap.released"
BEGUN_WITHIN = timedelta(days=14)  # else somebody else may write it
EVERY_SECONDS = 300


def claim(session: Session, gap_id: int, *, by: User) -> Gap:
    """Say that one will write it; one person at a time."""
    if not by.active:
        raise NotAllowed("Your account is closed.")
    _open_abandoned(session, Gap.id == gap_id, by=by)
    gap = locked(session, gap_id)
    if writes(by, gap):
        return gap  # the second click
    if gap.state is GapState.CLAIMED and gap.writer_id is not None:
        writer = session.get_one(User, gap.writer_id)
        raise Conflict(f"{writer.name} writes this already. They can give it back.")
    move(gap, GapAction.CLAIM)
    gap.writer_id, gap.claimed_at = by.id, clock.now()
    gap.draft_id = gap.article_id = None
    return gap


def begin(session: Session, gap_id: int, kind: Kind, *, dialect: str, by: User) -> Draft:
    """The draft in which the writer answers it, with what the card knows filled in."""
    gap = claim(session, gap_id, by=by)
    draft = session.get(Draft, gap.draft_id) if gap.draft_id else None
    if draft is not None:
        return draft
    title = gap.query[:1].upper() + gap.query[1:LONGEST_TITLE]
    body = policy.skeleton(session, kind, gap.topic_id)
    draft = drafts.start(
        session,
        DraftFields(title=title, body=body, topic_id=gap.topic_id),
        key=f"gap-{gap.id}-{gap.version}",  # of this claim: the second click finds it
        kind=kind,
        by=by,
        dialect=dialect,
    )
    gap.draft_id = draft.id
    return draft


def give_back(session: Session, gap_id: int, *, by: User) -> Gap:
    """Let somebody else write it; the draft stays its author's. Curators may take it from a writer."""
    gap = locked(session, gap_id)
    if gap.state is GapState.OPEN:
        return gap
    if not writes(by, gap) and not can_curate_search(session, by):
        raise NotAllowed("Only who writes it gives it back.")
    draft = session.get(Draft, gap.draft_id) if gap.draft_id else None
    if draft is not None and draft.under_review:
        raise Conflict("The text for it is under review. Wait for the decision, or withdraw it.")
    _open(session, gap, by=by)
    return gap


def _open(session: Session, gap: Gap, *, by: User | None = None) -> None:
    writer_id = gap.writer_id
    move(gap, GapAction.GIVE_BACK)
    gap.writer_id = gap.claimed_at = gap.draft_id = gap.article_id = None
    if by is None or by.id != writer_id:
        outbox.record(
            session, RELEASED, gap.id, by=by.id if by else None, data={"writer": writer_id}
        )


def note_article(session: Session, draft: Draft) -> None:
    """The draft is handed in: from here on its article says what becomes of it."""
    carried = sa.update(Gap).where(Gap.draft_id == draft.id, Gap.state == GapState.CLAIMED)
    session.execute(carried.values(article_id=draft.article_id))


def open_abandoned(session: Session) -> None:
    """Cards whose draft is gone without being published, or was never begun, are open again."""
    _open_abandoned(session)


def _open_abandoned(
    session: Session, *conditions: sa.ColumnElement[bool], by: User | None = None
) -> None:
    gone = sa.and_(
        Gap.draft_id.is_(None),
        sa.or_(Gap.article_id.is_not(None), Gap.claimed_at < clock.now() - BEGUN_WITHIN),
    )
    unread = sa.or_(Draft.id.is_(None), ~Draft.under_review)
    left = sa.and_(sa.or_(User.id.is_(None), ~User.active), unread)
    query = (
        sa.select(Gap)
        .outerjoin(User, User.id == Gap.writer_id)
        .outerjoin(Draft, Draft.id == Gap.draft_id)
        .outerjoin(Article, Article.id == Gap.article_id)
        .where(
            Gap.state == GapState.CLAIMED,
            sa.or_(gone, left, Draft.deleted_at.is_not(None)),
            # What is live answers it as soon as it can be found.
            Article.live_revision_id.is_(None),
            *conditions,
        )
        .with_for_update(of=Gap)
    )
    for gap in session.scalars(query).all():
        _open(session, gap, by=by)


def of_draft(session: Session, draft_id: int) -> Gap | None:
    """The card that a draft carries."""
    query = sa.select(Gap).where(Gap.draft_id == draft_id, Gap.state == GapState.CLAIMED)
    return session.scalar(query)


def of_article(session: Session, article_id: int) -> Gap | None:
    """The card that an article is to answer."""
    query = sa.select(Gap).where(Gap.article_id == article_id, Gap.state == GapState.CLAIMED)
    return session.scalar(query.order_by(Gap.id).limit(1))
