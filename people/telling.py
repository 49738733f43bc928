"""Turns what happened into notices: for each kind of event, who is told what."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from core import outbox
from core.outbox import Event
from people import inbox


@dataclass(frozen=True)
class Message:
    """A notice, and who reads it."""

    user_id: int
    subject: str
    text: str
    path: str
    about: str


Composer = Callable[[Session, Event], Iterable[Message]]


def listen(subscriber: str, composers: Mapping[str, Composer]) -> None:
    """Tell everybody whom an event of these kinds concerns, but not who caused it."""

    def tell(session: Session, events: Sequence[Event]) -> None:
        for event in events:
            for message in composers[event.kind](session, event):
                if message.user_id != event.actor:
                    inbox.tell(
                        session,
                        message.user_id,
                        event,
                        subject=message.subject,
                        text=message.text,
                        path=message.path,
                        about=message.about,
                    )

    outbox.subscribe(subscriber, list(composers), tell, inside=True)
