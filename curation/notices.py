"""Who is told what about a review, in the inbox and by mail."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from core import outbox
from core.outbox import Event
from curation.models import Review, ReviewEntry, State
from curation.permissions import can_decide, has_written
from curation.workflow import EVENTS
from kb.topics import Deciders
from people import inbox
from people.models import User


@dataclass(frozen=True)
class Message:
    """A notice before it has a reader."""

    subject: str
    text: str


def init_app() -> None:
    outbox.subscribe("review-notices", list(EVENTS.values()), tell, inside=True)


def tell(session: Session, events: Sequence[Event]) -> None:
    """Put a notice into the inbox of everybody whom each event concerns, but not of who caused it."""
    for event in events:
        entry = session.get(ReviewEntry, event.subject)
        compose = COMPOSERS.get(event.kind)
        if entry is None or compose is None:
            continue
        message, readers = compose(session, entry, event)
        for user_id in dict.fromkeys(readers):
            if user_id != entry.actor_id:
                inbox.tell(
                    session,
                    user_id,
                    event,
                    subject=message.subject,
                    text=message.text,
                    path=f"/reviews/{entry.review_id}",
                )


Composed = tuple[Message, Iterable[int]]


def _submitted(session: Session, entry: ReviewEntry, event: Event) -> Composed:
    review = entry.review
    again = " again" if entry.round > 1 else ""
    text = f"{entry.actor.name} has submitted {_title(review)}{again}; it waits to be read."
    return Message(
        f"To review{again}: {_title(review, plain=True)}", _with_note(text, entry)
    ), _deciders(session, review, entry)


def _claimed(session: Session, entry: ReviewEntry, event: Event) -> Composed:
    text = f"{entry.actor.name} is reading {_title(entry.review)} now."
    return Message(f"Being read: {_title(entry.review, plain=True)}", text), _authors(entry.review)


def _taken_over(session: Session, entry: ReviewEntry, event: Event) -> Composed:
    text = f"{entry.actor.name} has taken over the review of {_title(entry.review)} from you."
    former = event.data.get("former")
    return Message(f"Taken over: {_title(entry.review, plain=True)}", text), [
        former
    ] if former else []


def _changes_requested(session: Session, entry: ReviewEntry, event: Event) -> Composed:
    text = (
        f"{entry.actor.name} asks for changes to {_title(entry.review)} before it can be published."
    )
    subject = f"Changes requested: {_title(entry.review, plain=True)}"
    return Message(subject, _with_note(text, entry)), _authors(entry.review)


def _approved(session: Session, entry: ReviewEntry, event: Event) -> Composed:
    text = f"{entry.actor.name} has approved {_title(entry.review)}. Everybody can find it now."
    return Message(
        f"Published: {_title(entry.review, plain=True)}", _with_note(text, entry)
    ), _authors(entry.review)


def _declined(session: Session, entry: ReviewEntry, event: Event) -> Composed:
    text = f"{entry.actor.name} has declined {_title(entry.review)}. Your text is still in your drafts."
    return Message(
        f"Declined: {_title(entry.review, plain=True)}", _with_note(text, entry)
    ), _authors(entry.review)


def _withdrawn(session: Session, entry: ReviewEntry, event: Event) -> Composed:
    text = f"{entry.actor.name} has withdrawn {_title(entry.review)}; there is nothing left to do."
    holder = entry.review.curator_id if entry.old is State.IN_REVIEW else None
    readers = [holder] if holder else []
    return Message(f"Withdrawn: {_title(entry.review, plain=True)}", text), readers


COMPOSERS: dict[str, Callable[[Session, ReviewEntry, Event], Composed]] = {
    "review.submitted": _submitted,
    "review.claimed": _claimed,
    "review.taken_over": _taken_over,
    "review.changes_requested": _changes_requested,
    "review.approved": _approved,
    "review.declined": _declined,
    "review.withdrawn": _withdrawn,
}


def _title(review: Review, *, plain: bool = False) -> str:
    title = review.revision.title
    return (
        title if plain else f"\N{LEFT DOUBLE QUOTATION MARK}{title}\N{RIGHT DOUBLE QUOTATION MARK}"
    )


def _with_note(text: str, entry: ReviewEntry) -> str:
    return f"{text}\n\n{entry.note}" if entry.note else text


def _authors(review: Review) -> list[int]:
    return [review.author_id, *(person.id for person in review.revision.coauthors)]


def _deciders(session: Session, review: Review, entry: ReviewEntry) -> Sequence[int]:
    """Whoever may decide it, never its authors; a later round goes to its curator first."""
    curator = session.get(User, review.curator_id) if review.curator_id else None
    if entry.round > 1 and curator and can_decide(session, curator, review):
        return [curator.id]
    authors = _authors(review)
    people = Deciders(session).people_for(session, review.revision.topic_id)
    return [
        person.id
        for person in people
        if person.id not in authors and not has_written(session, person, review)
    ]
