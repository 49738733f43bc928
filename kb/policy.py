"""The rules of a topic: what they are, where they come from, and changing them in the open."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from core import audit, clock
from core.errors import Conflict, Invalid, NotAllowed
from core.text import one_line, slugify, unfold_lines
from kb import drafts
from kb.models import Kind, Topic, TopicPolicy
from kb.topics import Deciders, Node, Tree, tree
from people.models import User

CHANGED = "policy.changed"  # as the audit names it
MOST_ITEMS, LONGEST_ITEM = 10, 200
LONGEST_SKELETON, LONGEST_NOTE = 10_000, 500
KEY = re.compile(r"[\w-]{1,40}")
RANGES = {
    "approvals": (1, 2),
    "fast_after": (1, 50),
    "fast_words": (1, 200),
    "target_hours": (1, 400),
    "verify_every_days": (7, 1460),
}


@dataclass(frozen=True)
class Item:
    """One yes-or-no question of a checklist; its key stays the same when it is worded anew."""

    key: str
    text: str


@dataclass(frozen=True)
class Policy:
    """All rules that hold in a topic; those it does not set itself come from above it."""

    approvals: int = 1  # by different people
    publishers: frozenset[int] = frozenset()  # one of these has to approve; nobody named: anybody
    fast_lane: bool = False
    fast_after: int = 5
    fast_words: int = 40
    target_hours: int = 16  # of working time, until a decision
    verify_every_days: int = 365
    checklist: tuple[Item, ...] = (
        Item("when", "It says at the beginning who needs it and when."),
        Item("follow", "A colleague can follow it without asking back."),
        Item("right", "Names, numbers and links are right today."),
        Item("private", "It shows nothing about people or customers that must stay private."),
    )
    skeletons: Mapping[str, str] = field(
        default_factory=lambda: MappingProxyType(
            {kind.value: text for kind, text in drafts.SKELETONS.items()}
        )
    )
    policy_id: int | None = None  # the topic's own row, if it has one

    def may_publish(self, approvers: Iterable[int]) -> bool:
        """Whether approvals by these people are enough to publish."""
        people = set(approvers)
        return len(people) >= self.approvals and (
            not self.publishers or not people.isdisjoint(self.publishers)
        )


DEFAULT = Policy()


@dataclass(frozen=True)
class Rules:
    """What one topic sets itself; None leaves a rule to the topics above it.

    `skeletons` holds only the kinds that the topic has a skeleton of its own for.
    """

    approvals: int | None = None
    publishers: tuple[int, ...] | None = None
    fast_lane: bool | None = None
    fast_after: int | None = None
    fast_words: int | None = None
    target_hours: int | None = None
    verify_every_days: int | None = None
    checklist: tuple[Item, ...] | None = None
    skeletons: Mapping[str, str] | None = None


NAMES = tuple(rule.name for rule in fields(Rules))


# Reading


class Policies:
    """The rules of every topic, read with two queries."""

    def __init__(self, session: Session) -> None:
        self.tree: Tree = tree(session)
        self.own: dict[int, TopicPolicy] = {row.topic_id: row for row in session.scalars(_NEWEST)}

    def of(self, topic_id: int) -> Policy:
        """What holds in this topic; what holds by default where there is no such topic any more."""
        return self._resolved(self._path(topic_id), topic_id)

    def above(self, topic_id: int) -> Policy:
        """What would hold in this topic if it set nothing itself."""
        return self._resolved(self._path(topic_id)[:-1], None)

    def source(self, topic_id: int, rule: str) -> Node | None:
        """The topic above this one whose rule it would follow; None: nobody set it."""
        for node in reversed(self._path(topic_id)[:-1]):
            row = self.own.get(node.id)
            if row is not None and getattr(row, rule) is not None:
                return node
        return None

    def rules(self, topic_id: int) -> Rules:
        """What this topic sets itself."""
        row = self.own.get(topic_id)
        return rules_of(row) if row else Rules()

    def number(self, topic_id: int) -> int:
        """Which change of the topic's own rules holds; 0 before the first."""
        row = self.own.get(topic_id)
        return row.number if row else 0

    def own_skeletons(self) -> list[tuple[Node, list[Kind]]]:
        """Topics that begin some kinds of text differently from the rest."""
        found = []
        for node, _ in self.tree.walk():
            kinds = [kind for kind in Kind if kind.value in (self.rules(node.id).skeletons or {})]
            if kinds:
                found.append((node, kinds))
        return found

    def _path(self, topic_id: int) -> list[Node]:
        return self.tree.path(topic_id) if topic_id in self.tree.by_id else []

    def _resolved(self, path: Sequence[Node], topic_id: int | None) -> Policy:
        policy = DEFAULT
        for node in path:
            if node.id in self.own:
                policy = merged(policy, rules_of(self.own[node.id]))
        own = self.own.get(topic_id) if topic_id is not None else None
        return replace(policy, policy_id=own.id) if own else policy


def of(session: Session, topic_id: int) -> Policy:
    """The rules that hold in a topic."""
    return Policies(session).of(topic_id)


def skeleton(session: Session, kind: Kind, topic_id: int | None) -> str:
    """What a new text of this kind in this topic starts from."""
    if topic_id is None:
        return drafts.skeleton(kind)
    return of(session, topic_id).skeletons[kind.value]


def merged(policy: Policy, rules: Rules) -> Policy:
    """The policy, with what these rules set in place of what it said."""
    own = {name: value for name in NAMES if (value := getattr(rules, name)) is not None}
    if rules.publishers is not None:
        own["publishers"] = frozenset(rules.publishers)
    if rules.skeletons is not None:
        own["skeletons"] = MappingProxyType({**policy.skeletons, **rules.skeletons})
    return replace(policy, **own)


def rules_of(row: TopicPolicy) -> Rules:
    """A row of the history as the rules that it set."""
    plain = {name: getattr(row, name) for name in NAMES}
    if row.publishers is not None:
        plain["publishers"] = tuple(row.publishers)
    if row.checklist is not None:
        plain["checklist"] = tuple(Item(each["key"], each["text"]) for each in row.checklist)
    return Rules(**plain)


def history(session: Session, topic_id: int) -> Sequence[TopicPolicy]:
    """Every change of a topic's own rules, newest first."""
    query = sa.select(TopicPolicy).where(TopicPolicy.topic_id == topic_id)
    query = query.options(joinedload(TopicPolicy.by)).order_by(TopicPolicy.number.desc())
    return session.scalars(query).all()


_later = sa.orm.aliased(TopicPolicy)
_NEWEST = sa.select(TopicPolicy).where(
    ~sa.exists().where(_later.topic_id == TopicPolicy.topic_id, _later.number > TopicPolicy.number)
)


# Changing


def can_change(session: Session, user: User, topic_id: int) -> bool:
    """Administrators, and those named for the topic: they answer for what is published there.

    Where nobody is named, the role curator decides on texts, but not on the rules.
    """
    if not user.active:
        return False
    return user.is_admin or user.id in (Deciders(session).named_for(topic_id) or ())


def change(
    session: Session, topic: Topic, rules: Rules, *, expected_number: int, note: str, by: User
) -> TopicPolicy:
    """Set a topic's own rules, all of them at once, from now on.

    Reviews that are decided already keep the rules they were decided by.
    """
    if not can_change(session, by, topic.id):
        raise NotAllowed(
            "Only administrators and the curators named for this topic change its rules."
        )
    policies = Policies(session)
    before, number = policies.rules(topic.id), policies.number(topic.id)
    rules, note = checked(session, topic, rules, before), one_line(note)
    if len(note) > LONGEST_NOTE:
        sentence = f"A note has at most {LONGEST_NOTE} characters."
        raise Invalid(sentence, {"note": sentence})
    newest, same = policies.own.get(topic.id), _says_the_same(rules, before)
    if newest and number == expected_number + 1 and newest.by_id == by.id and same:
        return newest  # the same change again, after an answer that got lost
    if number != expected_number:
        raise _changed_meanwhile(newest)
    if same:
        raise Invalid("Nothing differs from the rules as they are.")
    row = _row(topic, rules, number + 1, note, by)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise _changed_meanwhile(None) from None
    _audit(session, topic, before, rules, row, by)
    return row


def checked(session: Session, topic: Topic, rules: Rules, before: Rules) -> Rules:
    """The rules, clean; raises Invalid naming every one that does not fit."""
    errors: dict[str, str] = {}
    for name, (least, most) in RANGES.items():
        value = getattr(rules, name)
        if value is not None and not least <= value <= most:
            errors[name] = f"Choose a number from {least} to {most}."
    checklist, publishers = rules.checklist, rules.publishers
    try:
        checklist = None if checklist is None else _checklist(checklist, before.checklist or ())
    except Invalid as error:
        errors |= error.fields
    if publishers is not None:
        publishers = tuple(sorted(set(publishers)))
        if problem := _publishers_problem(session, topic, publishers):
            errors["publishers"] = problem
    skeletons = _skeletons(rules.skeletons, errors)
    if errors:
        raise Invalid("Not saved. " + " ".join(dict.fromkeys(errors.values())), errors)
    return replace(rules, checklist=checklist, publishers=publishers, skeletons=skeletons)


def _says_the_same(one: Rules, other: Rules) -> bool:
    """Whether two sets of rules read alike; an item typed anew has another key and says the same."""
    texts = [
        None if rules.checklist is None else [item.text for item in rules.checklist]
        for rules in (one, other)
    ]
    return texts[0] == texts[1] and replace(one, checklist=None) == replace(other, checklist=None)


def _checklist(items: Sequence[Item], former: Sequence[Item]) -> tuple[Item, ...]:
    """The items with text; each keeps its key, a new one gets one that was not in use."""
    lines = [
        Item(each.key if KEY.fullmatch(each.key) else "", one_line(each.text)) for each in items
    ]
    asked = [item for item in lines if item.text]
    errors = {
        f"checklist_{n}": f"An item has at most {LONGEST_ITEM} characters."
        for n, item in enumerate(lines, 1)
        if len(item.text) > LONGEST_ITEM
    }
    if len(asked) > MOST_ITEMS:
        errors["checklist"] = f"A checklist has at most {MOST_ITEMS} items."
    if len({item.text.casefold() for item in asked}) < len(asked):
        errors["checklist"] = "Two items say the same."
    if errors:
        raise Invalid("The checklist does not fit.", errors)
    taken = {item.key for item in (*asked, *former) if item.key}
    kept: dict[str, Item] = {}
    for item in asked:
        key = item.key
        if not key or key in kept:
            key = _free_key(item.text, taken)
        taken.add(key)
        kept[key] = Item(key, item.text)
    return tuple(kept.values())


def _free_key(text: str, taken: set[str]) -> str:
    wish = slugify(text, longest=30, default="item")
    return next(
        key for n in range(1, 1000) if (key := f"{wish}-{n}" if n > 1 else wish) not in taken
    )


def _publishers_problem(session: Session, topic: Topic, ids: Sequence[int]) -> str | None:
    """Why these people cannot be the ones who publish: then nothing could ever be published."""
    deciders = Deciders(session)
    people = {user.id: user for user in session.scalars(sa.select(User).where(User.id.in_(ids)))}
    for person_id in ids:
        person = people.get(person_id)
        if person is None or not person.active:
            name = person.name if person else "One of them"
            return f"{name} cannot sign in any more. Name people who can."
        if not person.is_admin and not deciders.may_decide(person, topic.id):
            return f"{person.name} does not decide in {topic.name}. Name people who do."
    return None


def _skeletons(given: Mapping[str, str] | None, errors: dict[str, str]) -> Mapping[str, str] | None:
    kept = {}
    for kind in Kind:
        if given is not None and kind.value in given:
            kept[kind.value] = unfold_lines(given[kind.value]).rstrip() + "\n"
            if len(kept[kind.value]) > LONGEST_SKELETON:
                errors[f"skeleton_{kind.value}"] = (
                    f"A skeleton has at most {LONGEST_SKELETON:,} characters."
                )
    return kept or None


def _changed_meanwhile(row: TopicPolicy | None) -> Conflict:
    who = f"{row.by.name} has" if row else "Somebody has"
    return Conflict(
        f"{who} changed these rules since you opened them. What you chose is still here."
    )


def _row(topic: Topic, rules: Rules, number: int, note: str, by: User) -> TopicPolicy:
    return TopicPolicy(
        topic_id=topic.id, number=number, at=clock.now(), by_id=by.id, note=note, **stored(rules)
    )


def stored(rules: Rules) -> dict[str, Any]:
    """The rules as the database and the audit keep them."""
    plain = {name: getattr(rules, name) for name in NAMES}
    if rules.publishers is not None:
        plain["publishers"] = list(rules.publishers)
    if rules.checklist is not None:
        plain["checklist"] = [{"key": item.key, "text": item.text} for item in rules.checklist]
    if rules.skeletons is not None:
        plain["skeletons"] = dict(rules.skeletons)
    return plain


def _audit(
    session: Session, topic: Topic, before: Rules, after: Rules, row: TopicPolicy, by: User
) -> None:
    """Who changed which rules from what to what."""
    old, new = stored(before), stored(after)
    differs = [name for name in NAMES if old[name] != new[name]]
    audit.write(
        session,
        CHANGED,
        "topic",
        topic.id,
        name=topic.name,
        by=by.id,
        by_name=by.name,
        detail={
            "number": row.number,
            "note": row.note,
            "before": {name: old[name] for name in differs},
            "after": {name: new[name] for name in differs},
        },
    )
