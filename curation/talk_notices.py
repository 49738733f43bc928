"""Who is told of comments on lines and of notes among curators."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import outbox
from core.outbox import Event
from curation.models import InternalNote, LineComment, Review
from curation.notices import TO_DECIDE, authors_of, quoted_title
from curation.permissions import can_read, can_see_notes
from curation.talk import COMMENTED, NOTED
from people import inbox
from people.models import User


def init_app() -> None:
    outbox.subscribe("talk-notices", [COMMENTED, NOTED], tell_of_talk, inside=True)


def tell_of_talk(session: Session, events: Sequence[Event]) -> None:
    """Tell the author of comments, who reads it of answers, and only curators of their notes."""
    for event in events:
        if event.kind == NOTED:
            _tell_of_note(session, event)
        elif (said := session.get(LineComment, event.subject)) is not None:
            _tell_of_comment(session, event, said)


def _tell_of_comment(session: Session, event: Event, said: LineComment) -> None:
    review = said.review
    about = f"{said.author.name} on {quoted_title(review)}, line {said.first_line}:\n\n"
    words = said.text or "A wording is suggested."
    for user_id in _hearers(session, said):
        reader = session.get_one(User, user_id)
        if user_id != said.author_id and can_read(session, reader, review):
            inbox.tell(
                session,
                user_id,
                event,
                subject=f"Comment: {quoted_title(review, plain=True)}",
                text=about + words,
                path=f"/reviews/{review.id}#comment-{said.parent_id or said.id}",
                about="comments",
            )


def _hearers(session: Session, said: LineComment) -> list[int]:
    """Its authors, whoever reads it, and who spoke in the thread before."""
    people = authors_of(said.review)
    if said.parent_id is not None:
        in_thread = sa.or_(
            LineComment.id == said.parent_id, LineComment.parent_id == said.parent_id
        )
        people += session.scalars(sa.select(LineComment.author_id).where(in_thread))
    if said.review.holder_id:
        people.append(said.review.holder_id)
    return list(dict.fromkeys(people))


def _tell_of_note(session: Session, event: Event) -> None:
    """Only those who may see notes, and who have a part in this review."""
    said = session.get(InternalNote, event.subject)
    review = session.get(Review, said.review_id) if said else None
    if said is None or review is None:
        return
    wrote = sa.select(InternalNote.author_id).where(InternalNote.review_id == review.id)
    people = {*session.scalars(wrote), review.curator_id, review.assignee_id} - {
        said.author_id,
        None,
    }
    for user_id in sorted(i for i in people if i is not None):
        reader = session.get_one(User, user_id)
        if can_see_notes(session, reader, review):
            inbox.tell(
                session,
                user_id,
                event,
                subject=f"Note among curators: {quoted_title(review, plain=True)}",
                text=f"{said.author.name} on {quoted_title(review)}:\n\n{said.text}",
                path=f"/reviews/{review.id}#notes",
                about=TO_DECIDE,
            )
