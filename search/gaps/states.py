"""The states of a gap card and what leads from one to another, in one place."""

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import Conflict, NotFound
from search.models import Gap, GapState


class GapAction(StrEnum):
    """What may happen to a card."""

    CLAIM = "claim"  # by whoever will write it
    GIVE_BACK = "give_back"  # by the writer, by curators, or because the draft is gone
    ANSWER = "answer"  # by an article that is live
    DISMISS = "dismiss"  # by curators: it needs no article, or stands on another card
    REOPEN = "reopen"  # by curators, or by who asks again for what was answered


_NEXT = {
    (GapState.OPEN, GapAction.CLAIM): GapState.CLAIMED,
    (GapState.OPEN, GapAction.ANSWER): GapState.ANSWERED,
    (GapState.OPEN, GapAction.DISMISS): GapState.DISMISSED,
    (GapState.CLAIMED, GapAction.GIVE_BACK): GapState.OPEN,
    (GapState.CLAIMED, GapAction.ANSWER): GapState.ANSWERED,
    (GapState.ANSWERED, GapAction.REOPEN): GapState.OPEN,
    (GapState.DISMISSED, GapAction.REOPEN): GapState.OPEN,
}

_NOW = {
    GapState.OPEN: "This card is open, and nobody writes it yet.",
    GapState.CLAIMED: "Somebody writes this already.",
    GapState.ANSWERED: "This has been answered already.",
    GapState.DISMISSED: "This card was closed.",
}


def move(gap: Gap, action: GapAction) -> None:
    """Into the next state; raises Conflict where the action leads nowhere."""
    following = _NEXT.get((gap.state, action))
    if following is None:
        raise Conflict(f"{_NOW[gap.state]} Look at it as it stands now.")
    gap.state = following
    gap.version += 1


def locked(session: Session, gap_id: int, *, version: int | None = None) -> Gap:
    """The card as it is now; nobody else changes it before this transaction ends.

    Raises Conflict if it is not at the `version` any more that somebody decided on.
    """
    query = sa.select(Gap).where(Gap.id == gap_id).with_for_update(of=Gap)
    gap = session.scalar(query.execution_options(populate_existing=True))
    if gap is None:
        raise NotFound("There is no such card.")
    if version is not None and gap.version != version:
        raise Conflict(
            "Somebody changed this card since you opened it. Nothing was changed by you;"
            " what you typed is still here."
        )
    return gap
