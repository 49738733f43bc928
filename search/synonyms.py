"""Synonyms: curators say which words mean the same, in a topic or everywhere."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import audit, clock
from core.db import alone
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.text import fold, one_line, quoted
from kb.keeping import Keeper
from kb.models import Topic
from kb.topics import Tree, tree
from people.models import User
from search.book import Entry, Group, entry, topic_filter
from search.languages import QUESTION_WORDS
from search.models import Synonyms

FEWEST, MOST = 2, 12  # entries of a group
MOST_WORDS = 5  # of an entry
LONGEST_ENTRY = 100  # characters
LONGEST = 2000  # of all that is typed
BROUGHT_BACK = timedelta(days=30)
LOCK = "synonyms"  # of two who add the same words at once, the second one is told

_BETWEEN = re.compile(r"[,;\n]+")


# Reading


@dataclass(frozen=True)
class Listed:
    """A group as the page shows it."""

    id: int
    words: Sequence[str]
    topic_id: int | None
    topic: str  # its slug; none where the group holds everywhere
    topic_name: str
    version: int
    changed_at: datetime
    changed_by: str

    @property
    def text(self) -> str:
        return text_of(self.words)


def listed(session: Session, *, find: str = "") -> list[Listed]:
    """All groups, or those with these words: first those for everywhere, then by topic."""
    rows = _rows(session, _rows_of(Synonyms.removed_at.is_(None)))
    place = {node.id: number for number, (node, _) in enumerate(tree(session).walk(), 1)}
    wanted = fold(one_line(find))
    found = [row for row in rows if wanted in fold(row.text)]
    return sorted(found, key=lambda row: (place.get(row.topic_id or 0, 0), fold(row.text)))


def removed(session: Session) -> list[Listed]:
    """What was removed lately and can be brought back, the last one first."""
    since = clock.now() - BROUGHT_BACK
    query = _rows_of(Synonyms.removed_at >= since).order_by(Synonyms.removed_at.desc())
    return _rows(session, query)


def find(session: Session, group_id: int) -> Synonyms:
    group = session.get(Synonyms, group_id)
    if group is None:
        raise NotFound("There are no such synonyms.")
    return group


def text_of(words: Sequence[str]) -> str:
    """The words of a group as they are typed."""
    return ", ".join(words)


def _rows_of(condition: sa.ColumnElement[bool]) -> sa.Select[Synonyms, str, str, str]:
    return (
        sa.select(Synonyms, Topic.slug, Topic.name, User.name)
        .outerjoin(Topic, Topic.id == Synonyms.topic_id)
        .join(User, User.id == Synonyms.changed_by_id)
        .where(condition)
    )


def _rows(session: Session, query: sa.Select[Synonyms, str, str, str]) -> list[Listed]:
    return [
        Listed(
            group.id,
            group.words,
            group.topic_id,
            slug or "",
            name or "",
            group.version,
            group.changed_at,
            changed_by,
        )
        for group, slug, name, changed_by in session.execute(query)
    ]


# Changing


def can_keep(session: Session, user: User, topic_id: int | None) -> bool:
    """Whether somebody may say what means the same in a topic, or everywhere."""
    return Keeper(session, user).may(topic_id)


def add(session: Session, typed: str, *, topic: Topic | None, by: User) -> Synonyms:
    """A new group; sent twice it is added once."""
    _require(session, by, topic)
    entries = checked(typed)
    alone(session, LOCK)
    there = _namesake(session, entries, topic)
    if there is not None and _is_same(there, entries, topic):
        return there
    _refuse_taken(session, there, entries)
    group = Synonyms(
        words=[each.written for each in entries],
        topic_id=topic.id if topic else None,
        version=1,
        changed_at=clock.now(),
        changed_by_id=by.id,
        removed_at=None,
    )
    session.add(group)
    session.flush()  # the audit log names it by id
    _write_down(session, "synonyms.added", group, by)
    return group


def change(
    session: Session,
    group: Synonyms,
    typed: str,
    *,
    topic: Topic | None,
    version: int,
    by: User,
) -> None:
    """Other words, or another topic. `version` is the one that this person had before them."""
    alone(session, LOCK)
    session.refresh(group, with_for_update=True)
    _require(session, by, _topic_of(session, group))
    _require(session, by, topic)
    entries = checked(typed)
    if _is_same(group, entries, topic) and group.removed_at is None:
        return
    if version != group.version or group.removed_at is not None:
        raise Conflict(_changed_meanwhile(session, group))
    _refuse_taken(session, _namesake(session, entries, topic, but=group), entries)
    before = {"words": group.words, "topic": _place(session, group)}
    group.words = [each.written for each in entries]
    group.topic_id = topic.id if topic else None
    _note(session, group, by)
    after = {"words": group.words, "topic": _place(session, group)}
    _write_down(session, "synonyms.changed", group, by, {"before": before, "after": after})


def remove(session: Session, group: Synonyms, *, by: User) -> None:
    """They mean the same no more; they can be brought back."""
    session.refresh(group, with_for_update=True)
    _require(session, by, _topic_of(session, group))
    if group.removed_at is None:
        group.removed_at = clock.now()
        _note(session, group, by)
        _write_down(session, "synonyms.removed", group, by)


def bring_back(session: Session, group: Synonyms, *, by: User) -> None:
    alone(session, LOCK)
    session.refresh(group, with_for_update=True)
    topic = _topic_of(session, group)
    _require(session, by, topic)
    if group.removed_at is None:
        return
    entries = tuple(map(entry, group.words))
    _refuse_taken(session, _namesake(session, entries, topic), entries)
    group.removed_at = None
    _note(session, group, by)
    _write_down(session, "synonyms.brought_back", group, by)


def checked_for(
    session: Session, typed: str, *, topic: Topic | None, but: Synonyms | None, by: User
) -> tuple[Entry, ...]:
    """The entries as they would be saved by this person; refused where saving would be."""
    _require(session, by, topic)
    entries = checked(typed)
    _refuse_taken(session, _namesake(session, entries, topic, but), entries)
    return entries


def imagined(entries: Sequence[Entry], topic: Topic | None, group_id: int = 0) -> Group:
    """The group as the book would have it, for looking at before it is saved."""
    return Group(group_id, topic_filter(topic.slug if topic else None), tuple(entries))


def _note(session: Session, group: Synonyms, by: User) -> None:
    group.version += 1
    group.changed_at, group.changed_by_id = clock.now(), by.id
    session.flush()  # whoever changes it next locks and reads it anew


def _require(session: Session, by: User, topic: Topic | None) -> None:
    if not can_keep(session, by, topic.id if topic else None):
        where = f"in {topic.name}" if topic else "everywhere"
        who = "those who decide there" if topic else "curators"
        raise NotAllowed(f"What means the same {where} is said by {who}.")


def _changed_meanwhile(session: Session, group: Synonyms) -> str:
    who = session.get_one(User, group.changed_by_id).name
    if group.removed_at is not None:
        return f"{who} has removed these words since you opened them. What you typed is still here."
    return (
        f"{who} has changed these words since you opened them. They are now:"
        f" {quoted(text_of(group.words))} ({_place(session, group)}). What you typed is still here."
    )


def _topic_of(session: Session, group: Synonyms) -> Topic | None:
    return session.get(Topic, group.topic_id) if group.topic_id else None


def _place(session: Session, group: Synonyms) -> str:
    topic = _topic_of(session, group)
    return topic.name if topic else "everywhere"


def _write_down(
    session: Session,
    action: str,
    group: Synonyms,
    by: User,
    detail: dict[str, object] | None = None,
) -> None:
    audit.write(
        session,
        action,
        "synonyms",
        group.id,
        name=text_of(group.words),
        by=by.id,
        by_name=by.name,
        detail=detail or {"topic": _place(session, group)},
    )


# What fits


def checked(typed: str) -> tuple[Entry, ...]:
    """The entries, clean and each once; raises Invalid saying what does not fit."""
    written: dict[str, str] = {}
    for part in map(one_line, _BETWEEN.split(typed[: LONGEST + 1])):
        written.setdefault(fold(part), part)
    entries = tuple(entry(part) for part in written.values() if part)
    problem = _problem(typed, entries)
    if problem:
        raise Invalid(f"Not saved. {problem}", {"words": problem})
    return entries


def _problem(typed: str, entries: Sequence[Entry]) -> str:
    if len(typed) > LONGEST:
        return f"That is too long: {LONGEST} characters at most."
    for each in entries:
        if problem := _entry_problem(each):
            return problem
    if not FEWEST <= len(entries) <= MOST:
        return f"Give {FEWEST} to {MOST} words or short phrases, with a comma between them."
    known: dict[tuple[str, ...], Entry] = {}
    for each in entries:
        other = known.setdefault(each.stems, each)
        if other is not each:
            return (
                f"{quoted(other.written)} and {quoted(each.written)} are the same to the search"
                " already. Leave one of them out."
            )
    return ""


def _entry_problem(each: Entry) -> str:
    name = quoted(each.written[:40])
    if not each.words:
        return f"{name} has no letters or digits to look for."
    if len(each.words) > MOST_WORDS or len(each.written) > LONGEST_ENTRY:
        return f"{name} is too long: {MOST_WORDS} words at most between two commas."
    if QUESTION_WORDS.issuperset(each.words):
        return (
            f"{name} is in nearly every question, so the search passes over it."
            " Add a word that says more."
        )
    return ""


def _namesake(
    session: Session,
    entries: Sequence[Entry],
    topic: Topic | None,
    but: Synonyms | None = None,
) -> Synonyms | None:
    """A group that holds in the same place, or in a part of it, and has one of these entries."""
    topics, wanted = tree(session), {each.stems for each in entries}
    query = sa.select(Synonyms).where(Synonyms.removed_at.is_(None)).order_by(Synonyms.id)
    sharing = (
        group
        for group in session.scalars(query)
        if not wanted.isdisjoint(entry(written).stems for written in group.words)
        and _meet(topics, group.topic_id, topic.id if topic else None)
    )
    return next((group for group in sharing if group is not but), None)


def _meet(topics: Tree, one: int | None, other: int | None) -> bool:
    """Whether some article is in both: one of the topics lies in the other."""
    if one is None or other is None:
        return True
    return one in (n.id for n in topics.path(other)) or other in (n.id for n in topics.path(one))


def _is_same(group: Synonyms, entries: Sequence[Entry], topic: Topic | None) -> bool:
    written = [each.written for each in entries]
    return (group.words, group.topic_id) == (written, topic.id if topic else None)


def _refuse_taken(session: Session, there: Synonyms | None, entries: Sequence[Entry]) -> None:
    if there is None:
        return
    taken = {entry(written).stems for written in there.words}
    shared = next(each.written for each in entries if each.stems in taken)
    problem = (
        f"{quoted(shared)} stands in another group already: {quoted(text_of(there.words))}"
        f" ({_place(session, there)}). Add your words to that one."
    )
    raise Invalid(f"Not saved. {problem}", {"words": problem})
