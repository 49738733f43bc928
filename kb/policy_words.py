"""The rules of a topic in plain sentences, for those who write there and for those who look back."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.worktime import Calendar
from kb.models import Kind, TopicPolicy
from kb.policy import NAMES, Policies, Policy, Rules, rules_of
from people.models import User

KINDS = {Kind.HOWTO: "how-tos", Kind.STORY: "experience stories"}
COUNTED = {1: "One person", 2: "Two people"}
Names = Mapping[int, str]


# What holds


def approval_sentences(policy: Policy, names: Names) -> list[str]:
    """Who has to say yes."""
    people = COUNTED[policy.approvals]
    verb = "approves" if policy.approvals == 1 else "approve"
    said = [f"{people} {verb} before anything is published, never somebody who wrote it."]
    if policy.publishers:
        whom = any_of(sorted(names.get(each, "somebody gone") for each in policy.publishers))
        which = "That has to be" if policy.approvals == 1 else "One of them has to be"
        said.append(f"{which} {whom}.")
    return said


def time_sentences(policy: Policy, calendar: Calendar) -> list[str]:
    """How long it should take."""
    aim = calendar.in_words(policy.target_hours * 3600)
    return [
        f"A text should be decided within {aim}; only working time counts.",
        "The clock stands still while its author has it. When it takes longer, the backup is told,"
        " then the coordinator; nothing is ever published because time passed.",
    ]


def fast_lane_sentences(policy: Policy) -> list[str]:
    """Whether small edits wait, as an author needs to know it."""
    if not policy.fast_lane:
        return ["Every edit is read before it goes live, however small."]
    approvals = counted(policy.fast_after, "text", "texts")
    changed = counted(policy.fast_words, "word", "words")
    return [
        "Small edits go live at once for authors who have earned it."
        f" You have once {approvals} of yours in this topic were approved without substantial change.",
        f"Then an edit of at most {changed} that changes no number, command or link does not wait."
        " It may be looked at later.",
        "If a reader flags such an edit and is right, the privilege ends.",
    ]


def care_sentences(policy: Policy) -> list[str]:
    """What becomes of a text that is published."""
    every = interval(policy.verify_every_days)
    return [
        f"Every article is checked again after {every}: later each time nothing had to change,"
        " sooner after a change.",
    ]


# What changed


def changes(before: Rules, after: Rules, names: Names) -> list[str]:
    """One line for each rule that reads differently: "Approvals: two people; before: one person"."""
    lines = []
    for name in NAMES:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            line = f"{LABELS[name]}: {_value(name, new, names)}"
            lines.append(line if old is None else f"{line}; before: {_value(name, old, names)}")
    return lines


def told(rows: Sequence[TopicPolicy], names: Names) -> list[tuple[TopicPolicy, list[str]]]:
    """A history, newest first, with what each change changed."""
    set_by = [rules_of(row) for row in rows] + [Rules()]
    return [
        (row, changes(before, after, names))
        for row, (after, before) in zip(rows, pairwise(set_by), strict=True)
    ]


def value_words(name: str, policy: Policy, names: Names) -> str:
    """One rule as it holds, in few words: for "as in Sales: 16 hours"."""
    return _value(name, getattr(policy, name), names)


LABELS = {
    "approvals": "Approvals",
    "publishers": "Who may publish",
    "fast_lane": "Small edits at once",
    "fast_after": "Approved texts until then",
    "fast_words": "Most words of a small edit",
    "target_hours": "Time for a decision",
    "verify_every_days": "Checked again",
    "checklist": "Checklist",
    "skeletons": "Skeletons",
}


def _value(name: str, value: Any, names: Names) -> str:
    return "as above" if value is None else _WORDS[name](value, names)


_WORDS: dict[str, Callable[[Any, Names], str]] = {
    "approvals": lambda value, names: COUNTED[value].lower(),
    "publishers": lambda value, names: (
        any_of(sorted(names.get(each, "somebody gone") for each in value)) or "whoever decides here"
    ),
    "fast_lane": lambda value, names: "yes" if value else "no",
    "fast_after": lambda value, names: counted(value, "text", "texts"),
    "fast_words": lambda value, names: counted(value, "word", "words"),
    "target_hours": lambda value, names: counted(value, "working hour", "working hours"),
    "verify_every_days": lambda value, names: f"after {interval(value)}",
    "checklist": lambda value, names: " ".join(item.text for item in value) or "none",
    "skeletons": lambda value, names: (
        "its own for " + " and ".join(words for kind, words in KINDS.items() if kind.value in value)
    ),
}


# Small parts


def names_in(session: Session, *policies: Policies | Sequence[TopicPolicy]) -> dict[int, str]:
    """Names of everybody whom these rules, now or formerly, name to publish."""
    ids: set[int] = set()
    for each in policies:
        rows = each.own.values() if isinstance(each, Policies) else each
        ids |= {person for row in rows for person in row.publishers or ()}
    found = session.execute(sa.select(User.id, User.name).where(User.id.in_(ids)))
    return {row.id: row.name for row in found}


def interval(days: int) -> str:
    """ "a year", "6 months", "90 days" """
    if days % 365 == 0:
        return counted(days // 365, "year", "years") if days > 365 else "a year"
    if days % 30 == 0 and days > 90:
        return f"{days // 30} months"
    return counted(days, "day", "days")


def any_of(people: Sequence[str]) -> str:
    """ "Ann", "Ann or Ben", "Ann, Ben or Cleo" """
    if len(people) < 2:
        return "".join(people)
    return f"{', '.join(people[:-1])} or {people[-1]}"


def counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
