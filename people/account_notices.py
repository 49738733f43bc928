"""Tells people what was done to their own accounts, so that a stranger's doing is noticed."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from core import outbox
from core.outbox import Event
from people import inbox
from people.accounts import PASSWORD_CHANGED, PASSWORD_GIVEN, ROLE_CHANGED
from people.models import User

NOT_YOU = "Was it not you? Tell an administrator."


def init_app() -> None:
    kinds = [PASSWORD_CHANGED, PASSWORD_GIVEN, ROLE_CHANGED]
    outbox.subscribe("account-notices", kinds, tell, inside=True)


def tell(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        person = session.get(User, event.subject)
        if person is None or (event.kind == ROLE_CHANGED and event.actor == person.id):
            continue
        actor = session.get(User, event.actor) if event.actor else None
        subject, text = _in_words(event.kind, person, actor.name if actor else "A command")
        inbox.tell(
            session,
            person.id,
            event,
            subject=subject,
            text=text,
            path="/settings",
            about="account",
        )


def _in_words(kind: str, person: User, actor: str) -> tuple[str, str]:
    if kind == PASSWORD_CHANGED:
        return (
            "Your password was changed",
            f"You are signed out everywhere but where it was changed. {NOT_YOU}",
        )
    if kind == PASSWORD_GIVEN:
        return (
            "You have a new password",
            f"{actor} has made one for you and will hand it over. Choose your own under Settings.",
        )
    article = "an" if person.role.words[0] in "ae" else "a"
    return (
        f"You are now {article} {person.role.words}",
        f"{actor} has changed what you may do here.",
    )
