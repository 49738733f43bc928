"""Canned reasons: sentences that curators keep for what they have to say again and again."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import clock
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.text import one_line, unfold_lines
from curation.checklist import lines_words
from curation.lines import Lines
from curation.models import CannedReason, ReasonUse, Review
from curation.permissions import can_see_queue
from kb.keeping import Keeper
from kb.models import Topic
from kb.topics import tree
from people.models import User

LONGEST_TITLE, LONGEST_TEXT = 80, 2000
PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")

_Filler = Callable[[Review, User, Lines | None], str]
PLACEHOLDERS: dict[str, _Filler] = {
    "author": lambda review, by, lines: review.author.name,
    "title": lambda review, by, lines: review.revision.title,
    "topic": lambda review, by, lines: review.revision.topic.name,
    "curator": lambda review, by, lines: by.name,
    "lines": lambda review, by, lines: lines_words(lines) if lines else "the text",
}
KNOWN = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)


# Reading


def offered(
    session: Session, topic_id: int, use: ReasonUse | None = None
) -> Sequence[CannedReason]:
    """What is at hand in a topic: its own, those of the topics above it, and those for all."""
    topics = tree(session)
    above = [node.id for node in topics.path(topic_id)] if topic_id in topics.by_id else []
    query = _reasons().where(
        CannedReason.retired_at.is_(None),
        sa.or_(CannedReason.topic_id.is_(None), CannedReason.topic_id.in_(above)),
    )
    if use is not None:
        query = query.where(CannedReason.use == use)
    depth = {topic: place for place, topic in enumerate(above, 1)}
    found = session.scalars(query).all()
    return sorted(found, key=lambda reason: -depth.get(reason.topic_id or 0, 0))  # nearest first


def listed(session: Session, *, retired: bool = False) -> Sequence[CannedReason]:
    """All of them, for the page that manages them; or those taken out of use."""
    is_retired = CannedReason.retired_at.is_not(None)
    return session.scalars(_reasons().where(is_retired if retired else ~is_retired)).all()


def find(session: Session, reason_id: int) -> CannedReason:
    reason = session.get(CannedReason, reason_id)
    if reason is None:
        raise NotFound("There is no such reason.")
    return reason


def fill(reason: CannedReason, review: Review, *, by: User, lines: Lines | None = None) -> str:
    """The sentence as it reads for this text; what stands in a title or a name stays as it is."""

    def put(found: re.Match[str]) -> str:
        filler = PLACEHOLDERS.get(found[1])
        return filler(review, by, lines) if filler else found[0]

    return PLACEHOLDER.sub(put, reason.text)


def prefill(session: Session, review: Review, reason_id: int, typed: str = "", *, by: User) -> str:
    """What was typed, followed by a canned reason: for a page that works without a script."""
    at_hand = {reason.id: reason for reason in offered(session, review.topic_id)}
    if reason_id not in at_hand:
        return typed
    return "\n\n".join(
        part for part in (typed.strip(), fill(at_hand[reason_id], review, by=by)) if part
    )


def _reasons() -> sa.Select[CannedReason]:
    return (
        sa.select(CannedReason)
        .options(joinedload(CannedReason.topic), joinedload(CannedReason.changed_by))
        .order_by(CannedReason.use, CannedReason.title, CannedReason.id)
    )


# Changing


def can_manage(session: Session, user: User, topic_id: int | None) -> bool:
    """Whether somebody may add and change the reasons of a topic, or those for all."""
    return Keeper(session, user).may(topic_id)


def can_see(session: Session, user: User) -> bool:
    """Whoever reads others' texts; authors meet a canned reason as what a curator tells them."""
    return can_see_queue(user, session)


def add(
    session: Session, *, topic: Topic | None, use: ReasonUse, title: str, text: str, by: User
) -> CannedReason:
    """A new one; sent twice it is added once."""
    _require(session, by, topic)
    title, text = _checked(title, text)
    there = _namesake(session, topic, use, title)
    if there is not None and there.text == text:
        return there
    if there is not None:
        raise _taken(title)
    reason = CannedReason(
        topic=topic,
        use=use,
        title=title,
        text=text,
        changed_at=clock.now(),
        changed_by_id=by.id,
        retired_at=None,
    )
    session.add(reason)
    session.flush()  # the page names it by id
    return reason


def change(
    session: Session,
    reason: CannedReason,
    *,
    topic: Topic | None,
    use: ReasonUse,
    title: str,
    text: str,
    seen: datetime | None,
    by: User,
) -> None:
    """Word it anew, or offer it elsewhere. `seen` is when it had last been changed for this person."""
    session.refresh(reason, with_for_update=True)
    _require(session, by, reason.topic)
    _require(session, by, topic)
    title, text = _checked(title, text)
    if (reason.topic, reason.use, reason.title, reason.text) == (topic, use, title, text):
        return
    if seen != reason.changed_at:
        raise Conflict(
            f"{reason.changed_by.name} has changed this reason since you opened it."
            " What you typed is still here."
        )
    there = _namesake(session, topic, use, title)
    if there is not None and there is not reason:
        raise _taken(title)
    reason.topic, reason.use, reason.title, reason.text = topic, use, title, text
    _note(session, reason, by)


def retire(session: Session, reason: CannedReason, *, by: User) -> None:
    """Offer it no more; it can be brought back."""
    _require(session, by, reason.topic)
    if reason.retired_at is None:
        reason.retired_at = clock.now()
        _note(session, reason, by)


def bring_back(session: Session, reason: CannedReason, *, by: User) -> None:
    _require(session, by, reason.topic)
    if reason.retired_at is None:
        return
    if _namesake(session, reason.topic, reason.use, reason.title) is not None:
        raise _taken(reason.title)
    reason.retired_at = None
    _note(session, reason, by)


def _note(session: Session, reason: CannedReason, by: User) -> None:
    reason.changed_at, reason.changed_by_id = clock.now(), by.id
    session.flush()
    session.expire(reason, ["changed_by"])  # whoever is refused next reads who it was


def _require(session: Session, by: User, topic: Topic | None) -> None:
    if not can_manage(session, by, topic.id if topic else None):
        where = f"in {topic.name}" if topic else "for all topics"
        raise NotAllowed(f"Reasons {where} are kept by those who decide there.")


def _checked(title: str, text: str) -> tuple[str, str]:
    """Title and text, clean; raises Invalid naming what does not fit."""
    title, text = one_line(title), unfold_lines(text).strip()
    errors = {}
    if not 1 <= len(title) <= LONGEST_TITLE:
        errors["title"] = f"Give it a title of at most {LONGEST_TITLE} characters."
    unknown = [found for found in PLACEHOLDER.findall(text) if found not in PLACEHOLDERS]
    if not text:
        errors["text"] = "Write what the author is to read."
    elif len(text) > LONGEST_TEXT:
        errors["text"] = f"A reason has at most {LONGEST_TEXT} characters; this has {len(text)}."
    elif unknown:
        errors["text"] = f"There is no placeholder {{{unknown[0][:40]}}}. Known are {KNOWN}."
    if errors:
        raise Invalid("Not saved. " + " ".join(errors.values()), errors)
    return title, text


def _namesake(
    session: Session, topic: Topic | None, use: ReasonUse, title: str
) -> CannedReason | None:
    """One in use in the same place under the same title."""
    query = sa.select(CannedReason).where(
        CannedReason.topic_id == topic.id if topic else CannedReason.topic_id.is_(None),
        CannedReason.use == use,
        CannedReason.title == title,
        CannedReason.retired_at.is_(None),
    )
    return session.scalar(query.limit(1))


def _taken(title: str) -> Invalid:
    sentence = f"There is a reason called {title} here already."
    return Invalid(sentence, {"title": sentence})
