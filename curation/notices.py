"""Who is told what about a review, in the inbox and by mail."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import outbox
from core.outbox import Event
from core.text import quoted
from curation import checklist
from curation.models import Action, Review, ReviewEntry, State
from curation.permissions import can_decide, has_written, topics_of
from curation.workflow import EVENTS
from kb import policy
from kb.models import Article
from kb.topics import Deciders
from people import inbox
from people.models import User

MINE, TO_DECIDE = "reviews_mine", "reviews_to_decide"  # sorts of notices, as their readers choose


@dataclass(frozen=True)
class Message:
    """A notice before it has a reader."""

    subject: str
    text: str
    about: str = MINE
    path: str = ""  # none: the review's


def init_app() -> None:
    outbox.subscribe("review-notices", list(EVENTS.values()), tell, inside=True)


def tell(session: Session, events: Sequence[Event]) -> None:
    """Put a notice into the inbox of everybody whom each event concerns, but not of who caused it."""
    for event in events:
        entry = session.get(ReviewEntry, event.subject)
        if entry is None:
            continue
        for compose in COMPOSERS.get(event.kind, ()):
            message, readers = compose(session, entry, event)
            for user_id in dict.fromkeys(readers):
                if user_id != entry.actor_id or event.kind == EVENTS[Action.ESCALATE]:
                    inbox.tell(
                        session,
                        user_id,
                        event,
                        subject=message.subject,
                        text=message.text,
                        path=message.path or f"/reviews/{entry.review_id}",
                        about=message.about,
                        replaces=True,
                    )


Composed = tuple[Message, Iterable[int]]


def _submitted(session: Session, entry: ReviewEntry, event: Event) -> Composed:
    review = entry.review
    again = " again" if entry.round > 1 else ""
    text = f"{entry.actor.name} has submitted {quoted_title(review)}{again}; it waits to be read."
    subject = f"To review{again}: {quoted_title(review, plain=True)}"
    return Message(subject, _with_note(text, entry), TO_DECIDE), _deciders(session, review, entry)


def _claimed(session: Session, entry: ReviewEntry, event: Event) -> Composed:
    text = f"{entry.actor.name} is reading {quoted_title(entry.review)} now."
    return Message(f"Being read: {quoted_title(entry.review, plain=True)}", text), authors_of(
        entry.review
    )


def _taken_over(session: Session, entry: ReviewEntry, event: Event) -> Composed:
    text = f"{entry.actor.name} has taken over the review of {quoted_title(entry.review)} from you."
    former = event.data.get("former")
    subject = f"Taken over: {quoted_title(entry.review, plain=True)}"
    return Message(subject, text, TO_DECIDE), [former] if former else []


def _changes_requested(session: Session, entry: ReviewEntry, event: Event) -> Composed:
    text = f"{entry.actor.name} asks for changes to {quoted_title(entry.review)} before it can be published."
    subject = f"Changes requested: {quoted_title(entry.review, plain=True)}"
    said = [_with_note(text, entry), checklist.words(session, entry.review, entry.round)]
    return Message(subject, "\n\n".join(filter(None, said))), authors_of(entry.review)


def _approved(session: Session, entry: ReviewEntry, event: Event) -> Composed:
    text = f"{entry.actor.name} has approved {quoted_title(entry.review)}. " + (
        f"It will be published on {datetime.fromisoformat(entry.detail['at']):%-d %B %Y, %H:%M} UTC."
        if "at" in entry.detail
        else "Everybody can find it now."
    )
    kind = "Approved" if "at" in entry.detail else "Published"
    subject = f"{kind}: {quoted_title(entry.review, plain=True)}"
    return Message(subject, _with_note(text, entry)), authors_of(entry.review)


def _declined(session: Session, entry: ReviewEntry, event: Event) -> Composed:
    text = f"{entry.actor.name} has declined {quoted_title(entry.review)}. Your text is still in your drafts."
    return Message(
        f"Declined: {quoted_title(entry.review, plain=True)}", _with_note(text, entry)
    ), authors_of(entry.review)


def _withdrawn(session: Session, entry: ReviewEntry, event: Event) -> Composed:
    text = f"{entry.actor.name} has withdrawn {quoted_title(entry.review)}; there is nothing left to do."
    holder = entry.review.curator_id if entry.old is State.IN_REVIEW else None
    readers = [holder] if holder else []
    return Message(f"Withdrawn: {quoted_title(entry.review, plain=True)}", text, TO_DECIDE), readers


def _endorsed(session: Session, entry: ReviewEntry, event: Event) -> Composed:
    text = (
        f"{entry.actor.name} has approved {quoted_title(entry.review)}."
        " Here a second person approves too before it is published."
    )
    subject = f"Approved once: {quoted_title(entry.review, plain=True)}"
    return Message(subject, _with_note(text, entry)), authors_of(entry.review)


def _to_endorse(session: Session, entry: ReviewEntry, event: Event) -> Composed:
    text = (
        f"{entry.actor.name} has approved {quoted_title(entry.review)};"
        " it needs one more approval, by somebody else."
    )
    subject = f"To approve as well: {quoted_title(entry.review, plain=True)}"
    people = [i for i in _all_deciders(session, entry.review) if i != entry.actor_id]
    return Message(subject, text, TO_DECIDE), people


def _edited(session: Session, entry: ReviewEntry, event: Event) -> Composed:
    end = (
        "It is published; the page shows exactly what was changed."
        if entry.new is State.APPROVED
        else "A second person approves too before it is published."
    )
    text = f"{entry.actor.name} has edited and approved {quoted_title(entry.review)}. {end}"
    authors = [i for i in authors_of(entry.review) if i != entry.actor_id]
    subject = f"Edited and approved: {quoted_title(entry.review, plain=True)}"
    return Message(subject, _with_note(text, entry)), authors


def _merged_into(session: Session, entry: ReviewEntry, event: Event) -> Composed:
    target = session.get(Article, entry.detail.get("target"))
    live = target.live_revision if target else None
    name = quoted(live.title) if live else "another"
    proposal = entry.review.merged_into_id
    end = (
        "What it adds is now proposed there in your name."
        if proposal
        else "Your text is still in your drafts."
    )
    text = (
        f"{entry.actor.name} found that {quoted_title(entry.review)} belongs to an article"
        f" that is there already: {name}. {end}"
    )
    path = f"/reviews/{proposal}" if proposal else ""
    subject = f"Joined with another article: {quoted_title(entry.review, plain=True)}"
    return Message(subject, _with_note(text, entry), path=path), authors_of(entry.review)


def _brought_up(session: Session, entry: ReviewEntry, event: Event) -> Composed:
    text = (
        f"Another text of {quoted_title(entry.review)} was approved meanwhile."
        " Your changes now stand on the new text; the page shows both differences."
    )
    holder = [entry.review.curator_id] if entry.review.holder_id else []
    readers = [*authors_of(entry.review), *(i for i in holder if i is not None)]
    return Message(f"On a newer text: {quoted_title(entry.review, plain=True)}", text), readers


def _accepted(session: Session, entry: ReviewEntry, event: Event) -> Composed:
    text = (
        f"{entry.actor.name} took a suggested wording into {quoted_title(entry.review)}."
        " Please look again before you decide."
    )
    holder = entry.review.holder_id
    subject = f"Suggestion taken: {quoted_title(entry.review, plain=True)}"
    return Message(subject, text, TO_DECIDE), [holder] if holder else []


def _at_once(session: Session, entry: ReviewEntry, event: Event) -> Composed:
    text = (
        f"{entry.actor.name} made a minor edit to {quoted_title(entry.review)}, which went live at once."
        " Look at it when you have a moment."
    )
    subject = f"Published at once: {quoted_title(entry.review, plain=True)}"
    return Message(subject, text, TO_DECIDE), _all_deciders(session, entry.review)


def _assigned(session: Session, entry: ReviewEntry, event: Event) -> Composed:
    text = f"{entry.actor.name} asks you to read {quoted_title(entry.review)}."
    assignee = entry.detail.get("assignee")
    subject = f"For you to read: {quoted_title(entry.review, plain=True)}"
    return Message(subject, text, TO_DECIDE), [assignee] if assignee else []


def _escalated(session: Session, entry: ReviewEntry, event: Event) -> Composed:
    text = (
        f"{quoted_title(entry.review)} by {entry.review.author.name} has waited longer than"
        f" {entry.review.topic.name} promises. Please see that somebody decides on it."
    )
    return Message(f"Overdue: {quoted_title(entry.review, plain=True)}", text, TO_DECIDE), [
        entry.actor_id
    ]


Composer = Callable[[Session, ReviewEntry, Event], Composed]

COMPOSERS: dict[str, tuple[Composer, ...]] = {
    "review.submitted": (_submitted,),
    "review.claimed": (_claimed,),
    "review.taken_over": (_taken_over,),
    "review.changes_requested": (_changes_requested,),
    "review.approved": (_approved,),
    "review.endorsed": (_endorsed, _to_endorse),
    "review.edited_and_approved": (_edited,),
    "review.edited_and_endorsed": (_edited, _to_endorse),
    "review.declined": (_declined,),
    "review.merged_into": (_merged_into,),
    "review.withdrawn": (_withdrawn,),
    "review.brought_up": (_brought_up,),
    "review.suggestion_accepted": (_accepted,),
    "review.published_at_once": (_at_once,),
    "review.assigned": (_assigned,),
    "review.escalated": (_escalated,),
}


def quoted_title(review: Review, *, plain: bool = False) -> str:
    title = review.revision.title
    return title if plain else quoted(title)


def _with_note(text: str, entry: ReviewEntry) -> str:
    return f"{text}\n\n{entry.note}" if entry.note else text


def authors_of(review: Review) -> list[int]:
    return [review.author_id, *(person.id for person in review.revision.coauthors)]


def _deciders(session: Session, review: Review, entry: ReviewEntry) -> Sequence[int]:
    """Whoever may decide it, never its authors; a later round goes to its curator first."""
    curator = session.get(User, review.curator_id) if review.curator_id else None
    if entry.round > 1 and curator and can_decide(session, curator, review):
        return [curator.id]
    authors = authors_of(review)
    return [i for i in _all_deciders(session, review) if i not in authors]


def _all_deciders(session: Session, review: Review) -> list[int]:
    """Everybody who may decide in its topics and wrote none of it."""
    deciders, topics = Deciders(session), topics_of(review)
    people = {p.id: p for topic_id in topics for p in deciders.people_for(session, topic_id)}
    named = {i for topic_id in topics for i in policy.of(session, topic_id).publishers}
    named_people = sa.select(User).where(User.id.in_(named - people.keys()), User.active)
    people |= {person.id: person for person in session.scalars(named_people)}
    return [
        person.id
        for person in people.values()
        if person.id != review.author_id and not has_written(session, person, review)
    ]
