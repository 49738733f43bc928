"""Who is told what about the upkeep of articles: what is due, what changed, what readers flagged."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy.orm import Session

from core.outbox import Event
from core.text import quoted
from kb import dependencies, flags, reminders, tasks
from kb.models import DependencyChange, Flag, FlagReason, FlagState
from kb.tasks import Task
from kb.topics import Deciders
from kb.verification import due_line
from people.models import User
from people.telling import Composer, Message, listen

LONGEST_LIST = 30  # articles named in one notice

REASONS = {
    FlagReason.WRONG: "wrong",
    FlagReason.OUT_OF_DATE: "out of date",
    FlagReason.CONFUSING: "confusing",
    FlagReason.SENSITIVE: "sensitive",
}
RESULTS = {
    FlagState.UPHELD: "You were right",
    FlagState.REJECTED: "It stays as it is",
    FlagState.DUPLICATE: "Somebody had flagged the same before",
}


def init_app() -> None:
    listen("care-notices", COMPOSERS)


# What is due


def _owners_list(session: Session, event: Event) -> Iterator[Message]:
    found = [
        task for task in tasks.of_articles(session, _ids(event)) if task.owner_id == event.subject
    ]
    if found:
        subject = f"To check: {_counted(found)}"
        text = "Are these still true? One click says so; or change them.\n\n" + _list(found)
        yield Message(event.subject, subject, text, "/care", "care")


def _topics_list(session: Session, event: Event) -> Iterator[Message]:
    found = tasks.of_articles(session, _ids(event))
    if found:
        subject = f"Nobody has checked: {_counted(found)}"
        text = "These are due, and their owners have not looked at them.\n\n" + _list(found)
        yield Message(event.subject, subject, text, "/care?list=topics", "care")


def _ids(event: Event) -> list[int]:
    return list(event.data.get("articles", []))


def _counted(found: Sequence[Task]) -> str:
    return found[0].title if len(found) == 1 else f"{len(found)} articles"


def _list(found: Sequence[Task]) -> str:
    lines = [f"{task.title}: {due_line(task)}" for task in found[:LONGEST_LIST]]
    if len(found) > LONGEST_LIST:
        lines.append(f"and {len(found) - LONGEST_LIST} more")
    return "\n".join(lines)


# What changed


def _dependency_changed(session: Session, event: Event) -> Iterator[Message]:
    """One list for each owner; what belongs to somebody who left goes to those who decide."""
    change = session.get(DependencyChange, event.subject)
    if change is None:
        return
    affected = dependencies.dependants(session, change.dependency_id)
    found = [task for task in tasks.of_articles(session, affected) if task.check_reason]
    for user_id, theirs in _by_reader(session, found).items():
        subject = f"Needs a check: {_counted(theirs)}"
        text = f"{change.text.rstrip('.')}. Is this still right?\n\n" + "\n".join(
            task.title for task in theirs[:LONGEST_LIST]
        )
        yield Message(user_id, subject, text, "/care", "care")


def _by_reader(session: Session, found: Iterable[Task]) -> dict[int, list[Task]]:
    readers: dict[int, list[Task]] = defaultdict(list)
    deciders = Deciders(session)
    for task in found:
        if task.owner_active:
            readers[task.owner_id].append(task)
        else:
            for person_id in reminders.responsible(session, deciders, task.topic_id):
                readers[person_id].append(task)
    return readers


# What readers flagged


def _flag_opened(session: Session, event: Event) -> Iterator[Message]:
    flag = session.get(Flag, event.subject)
    if flag is None or flag.state is not FlagState.OPEN:
        return
    title, is_sensitive = flag.revision.title, flag.reason is FlagReason.SENSITIVE
    subject = f"Urgent: something sensitive in {title}" if is_sensitive else f"Flagged: {title}"
    text = f"{flag.by.name} finds {quoted(title)} {REASONS[flag.reason]}.\n\n{flag.text}"
    if is_sensitive:
        text += "\n\nIf that is so, hide the article at once; it can be brought back."
    was_passed_on = flag.handler_id != event.data["handler"]  # who has it now is told by that
    readers = [] if was_passed_on else [flag.handler_id]
    if is_sensitive:
        people = flags.responsible(session, flag.article.topic_id)
        readers += [person.id for person in people if person.id != flag.handler_id]
    about = "" if is_sensitive else "flags"  # what is urgent waits for no digest
    for user_id in readers:
        yield Message(user_id, subject, text, f"/flags/{flag.id}", about)


def _flag_passed(session: Session, event: Event) -> Iterator[Message]:
    flag, giver = session.get(Flag, event.subject), session.get(User, event.actor or 0)
    if flag is None or giver is None or flag.handler_id != event.data.get("to"):
        return
    text = (
        f"{giver.name} asks you to handle this flag. A reader finds it {REASONS[flag.reason]}.\n\n"
    )
    subject = f"Flagged: {flag.revision.title}"
    yield Message(flag.handler_id, subject, text + flag.text, f"/flags/{flag.id}", "flags")


def _flag_closed(session: Session, event: Event) -> Iterator[Message]:
    flag = session.get(Flag, event.subject)
    if flag is None or flag.closed_by is None:
        return
    subject = f"{RESULTS[flag.state]}: {flag.revision.title}"
    text = f"{flag.closed_by.name} has looked at what you flagged: {flag.outcome}"
    yield Message(flag.by_id, subject, text, f"/flags/{flag.id}", "flags")


COMPOSERS: dict[str, Composer] = {
    reminders.LISTS[reminders.OWNER]: _owners_list,
    reminders.LISTS[reminders.TOPIC]: _topics_list,
    dependencies.CHANGED: _dependency_changed,
    flags.OPENED: _flag_opened,
    flags.PASSED: _flag_passed,
    flags.CLOSED: _flag_closed,
}
