"""People in processes of their own: each does what its script says, all at the same moment."""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import outbox
from core.db import Database
from core.errors import DomainError
from core.outbox import Worker
from curation import notices, talk, workflow
from curation.models import LineComment, Review
from curation.workflow import EVENTS
from kb import drafts
from kb.drafts import SavedMeanwhile
from kb.models import Revision
from people.models import User
from tests.factories import Read, as_form, fields_of, rendering_for

DELIVERING = 2  # processes that deliver at the same time


@dataclass(frozen=True)
class Part:
    """What one person does in one round, and what they have on their screen when it begins."""

    person_id: int
    actions: tuple[str, ...]
    delay: float
    review_id: int
    draft_id: int
    comment_id: int
    version: int  # of the review
    revision_id: int
    draft_version: int
    line: str  # what they type, if they type anything


@dataclass(frozen=True)
class Told:
    """How one action went: `refusal` is the name of the error, `sentence` what it says."""

    person_id: int
    review_id: int
    action: str
    refusal: str = ""
    sentence: str = ""
    is_rule: bool = True  # refused by a rule of ours, not by a fault


@dataclass
class Screen:
    """What somebody goes by: it changes only with what they do themselves."""

    part: Part
    version: int = field(init=False)
    revision_id: int = field(init=False)

    def __post_init__(self) -> None:
        self.version, self.revision_id = self.part.version, self.part.revision_id


def run(url: str, data: Path, number: int, pipe: Connection, barrier: Barrier) -> None:
    """The life of one process: rounds of parts to play, then deliveries, until told to stop."""
    outbox.subscribe("review-notices", list(EVENTS.values()), notices.tell, inside=True, batch=20)
    database = opened(url)
    worker = Worker(database, data / f"worker {number}")
    (data / f"worker {number}").mkdir()
    while (parts := pipe.recv()) is not None:
        told: list[Told] = []
        for part in parts:
            barrier.wait(300)
            time.sleep(part.delay)
            told += play(database, part)
        barrier.wait(300)
        if number < DELIVERING:
            worker.drain()
        pipe.send(told)
    database.close()


def opened(url: str) -> Database:
    """The database; what a thousand rounds leave need not outlast the power."""
    database = Database()
    database.open(url)
    if database.engine.dialect.name == "sqlite":
        sa.event.listen(database.engine, "connect", _hurry)
    return database


def _hurry(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def play(database: Database, part: Part) -> list[Told]:
    """One action after the other, each a request of its own."""
    screen = Screen(part)
    told = []
    for action in part.actions:
        one = Told(part.person_id, part.review_id, action)
        try:
            ACTIONS[action](database, screen)
        except DomainError as error:
            one = replace(one, refusal=type(error).__name__, sentence=error.message)
        except Exception as error:
            one = replace(one, refusal=type(error).__name__, sentence=str(error), is_rule=False)
        told.append(one)
    return told


# What they do


def save(database: Database, screen: Screen) -> None:
    """Whoever comes second is shown both texts, puts their own line to the other's and saves."""
    part, seen = screen.part, screen.part.draft_version
    for _ in range(5):
        with database.writing() as session:
            draft = drafts.find(session, part.draft_id, session.get_one(User, part.person_id))
            sent = fields_of(draft, body=f"{draft.body}\n{part.line}")
            by = session.get_one(User, part.person_id)
            try:
                drafts.save(session, draft, sent, version=seen, by=by)
            except SavedMeanwhile as error:
                seen = error.draft.version
                continue
            session.commit()
            return
    raise AssertionError("nobody types that fast")


def submit(database: Database, screen: Screen) -> None:
    part = screen.part
    with database.reading() as session:  # as the route does: rendering holds no lock
        draft = drafts.find(session, part.draft_id, session.get_one(User, part.person_id))
        made = rendering_for(draft)
    with database.writing() as session:
        by = session.get_one(User, part.person_id)
        draft = drafts.find(session, part.draft_id, by)
        workflow.submit(session, draft, made, note="", by=by)
        session.commit()


def comment(database: Database, screen: Screen) -> None:
    part = screen.part
    with database.writing() as session:
        talk.comment(
            session,
            session.get_one(Review, part.review_id),
            revision_id=part.revision_id,
            first=1,
            last=1,
            text=part.line,
            suggestion=None,
            key=part.line,
            by=session.get_one(User, part.person_id),
        )
        session.commit()


def accept(database: Database, screen: Screen) -> None:
    part = screen.part
    with database.reading() as session:
        thread = session.get_one(LineComment, part.comment_id)
        fields = workflow.with_suggestion(thread, thread.review.revision)
        made = rendering_for(fields)
    with database.writing() as session:
        thread = session.get_one(LineComment, part.comment_id)
        by = session.get_one(User, part.person_id)
        workflow.accept(session, thread, fields, made, by=by)
        session.commit()


def act(action: str) -> Callable[[Database, Screen], None]:
    """A request about the review that is on the screen, which it changes."""

    def request(database: Database, screen: Screen) -> None:
        with database.writing() as session:
            by = session.get_one(User, screen.part.person_id)
            review = do(session, action, screen, by)
            session.commit()
            screen.version, screen.revision_id = review.version, review.revision_id

    return request


def do(session: Session, action: str, screen: Screen, by: User) -> Review:
    id_, version, revision = screen.part.review_id, screen.version, screen.revision_id
    read, line = Read(version=version, revision=revision), screen.part.line
    match action:
        case "withdraw":
            return workflow.withdraw(session, id_, by=by)
        case "claim":
            return workflow.claim(session, id_, by=by)
        case "take_over":
            return workflow.take_over(session, id_, version=version, by=by)
        case "approve":
            return workflow.approve(session, id_, **read, by=by)
        case "request_changes":
            return workflow.request_changes(session, id_, **read, reason=line, by=by)
        case "decline":
            return workflow.decline(session, id_, **read, reason=line, by=by)
    text = session.get_one(Revision, revision)
    edited = as_form(text, f"{text.body}\n{line}")
    return workflow.edit_and_approve(
        session, id_, **read, text=edited, rendering=rendering_for(edited), by=by
    )


ACTIONS: dict[str, Callable[[Database, Screen], None]] = {
    "save": save,
    "submit": submit,
    "comment": comment,
    "accept": accept,
} | {
    action: act(action)
    for action in (
        "withdraw",
        "claim",
        "take_over",
        "approve",
        "edit_and_approve",
        "request_changes",
        "decline",
    )
}
