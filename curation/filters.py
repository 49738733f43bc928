"""What the queue is narrowed to, and how that stands in the address; unknown values mean nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final
from urllib.parse import urlencode

from curation.models import OPEN
from kb.models import Kind

SAMPLES: Final = "samples"
AGE: Final = "age"
SMALL_WORDS: Final = 40  # a change of at most so many words is small
MEDIUM_WORDS: Final = 300

# What each filter may be set to; the others are free text, looked up when they are used.
CHOICES: Mapping[str, tuple[str, ...]] = {
    "kind": tuple(kind.value for kind in Kind),
    "state": (*(state.value for state in OPEN), SAMPLES),
    "article": ("new", "live"),
    "size": ("small", "medium", "large"),
    "order": (AGE,),
}
SWITCHES: Final = ("yours", "unclaimed", "mine", "assigned", "overdue", "first")
LONGEST_VALUE: Final = 200


@dataclass(frozen=True)
class QueueFilter:
    """What the queue is narrowed to. Empty: not narrowed by this."""

    topic: str = ""  # its slug; with all topics below it
    kind: str = ""
    state: str = ""  # empty: all that wait for curators
    author: str = ""  # a handle
    team: str = ""  # of the author
    article: str = ""  # "new", or "live": a change to one that is published
    size: str = ""  # how many words differ
    yours: bool = False  # this person may decide on it now
    unclaimed: bool = False
    mine: bool = False  # claimed by this person
    assigned: bool = False  # to this person
    overdue: bool = False
    first: bool = False  # its author has nothing published yet
    order: str = ""  # empty: expected benefit to readers; "age": longest waiting first

    @classmethod
    def parse(cls, arguments: Mapping[str, str]) -> "QueueFilter":
        """From an address."""
        values: dict[str, Any] = {name: arguments.get(name) == "1" for name in SWITCHES}
        for name in ("topic", "author", "team"):
            values[name] = arguments.get(name, "").strip()[:LONGEST_VALUE]
        for name, choices in CHOICES.items():
            chosen = arguments.get(name, "")
            values[name] = chosen if chosen in choices else ""
        return cls(**values)

    def arguments(self, **changes: Any) -> dict[str, Any]:
        """As an address carries it, with some filters set otherwise."""
        values = {name: changes.get(name, getattr(self, name)) for name in NAMES}
        return {n: "1" if value is True else value for n, value in values.items() if value}

    def query(self, **changes: Any) -> str:
        """`topic=sales&overdue=1`, always in the same order."""
        return urlencode(self.arguments(**changes))

    def without(self, name: str) -> dict[str, Any]:
        """As an address carries it, not narrowed by this any more."""
        return {n: value for n, value in self.arguments().items() if n != name}

    @property
    def is_narrowed(self) -> bool:
        return bool(self.without("order"))


NAMES: Final = tuple(each.name for each in fields(QueueFilter))
