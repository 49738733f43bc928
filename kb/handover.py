"""Handing over what somebody looks after: one article, or all of it when a person leaves."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy.orm import Session

from core import audit, outbox
from core.errors import Conflict, Invalid, NotAllowed
from kb import standing
from kb.models import Article
from kb.stewards import can_retire
from people.models import User
from people.permissions import can_manage_people

GIVEN = "article.handed_over"  # one article
HANDED_OVER = "person.handed_over"


@dataclass(frozen=True)
class Receivers:
    """Who gets what: somebody for everything, and others for single topics."""

    default: User
    by_topic: Mapping[int, User] = field(default_factory=dict)

    def of(self, topic_id: int | None) -> User:
        return self.by_topic.get(topic_id, self.default) if topic_id else self.default

    def everybody(self) -> dict[int, User]:
        return {person.id: person for person in (self.default, *self.by_topic.values())}


# How many there are, by topic; None for what has no topic.
Count = Callable[[Session, User], Mapping[int | None, int]]


class Give(Protocol):
    """Give all of them away; answers how many each receiver got, by the receivers' ids."""

    def __call__(
        self, session: Session, person: User, receivers: Receivers, *, by: User
    ) -> Mapping[int, int]: ...


@dataclass(frozen=True)
class Part:
    """One sort of things that somebody can look after."""

    key: str
    one: str  # "article"
    many: str  # "articles"
    count: Count
    give: Give
    on_leaving: bool = False  # only of somebody who cannot sign in any more, and only if chosen

    def counted(self, number: int) -> str:
        return f"{number} {self.one if number == 1 else self.many}"


_parts: dict[str, Part] = {}


def also(part: Part) -> None:
    """Let a room hand over what it knows of, after what was registered before."""
    _parts[part.key] = part


def parts() -> Sequence[Part]:
    return tuple(_parts.values())


@dataclass(frozen=True)
class Holdings:
    """What somebody looks after: of each part how many, by topic."""

    counts: Mapping[str, Mapping[int | None, int]]  # by the part's key

    @property
    def topic_ids(self) -> set[int]:
        return {topic for counts in self.counts.values() for topic in counts if topic is not None}

    def told(self, topic_id: int | None, *, leaving: bool = False) -> list[str]:
        """What there is of a topic, in words."""
        found = [(part, self.counts.get(part.key, {}).get(topic_id, 0)) for part in parts()]
        return [part.counted(n) for part, n in found if n and part.on_leaving is leaving]

    def total(self, key: str) -> int:
        return sum(self.counts.get(key, {}).values())

    @property
    def is_empty(self) -> bool:
        return not any(self.total(part.key) for part in parts())


def holdings(session: Session, person: User) -> Holdings:
    return Holdings({part.key: part.count(session, person) for part in parts()})


def hand_over(
    session: Session, person: User, receivers: Receivers, *, drafts: bool = False, by: User
) -> dict[User, list[str]]:
    """Give away all that `person` looks after; answers what each receiver got, in words.

    Drafts stay their author's, unless that is somebody who cannot sign in any more. Doing it again
    finds nothing left to give.
    """
    if not can_manage_people(by):
        raise NotAllowed("Only administrators hand over what somebody looks after.")
    _require_receivers(person, receivers)
    if drafts and person.active:
        raise Conflict(f"{person.name} can still sign in, so their drafts stay theirs.")
    session.get_one(User, person.id, with_for_update=True)  # of two clicks the second waits here
    got: dict[int, Counter[str]] = defaultdict(Counter)
    for part in parts():
        if drafts or not part.on_leaving:
            for receiver_id, number in part.give(session, person, receivers, by=by).items():
                got[receiver_id][part.key] += number
    told = {id_: {key: n for key, n in counts.items() if n} for id_, counts in got.items()}
    told = {id_: counts for id_, counts in told.items() if counts}
    if told:
        _note(session, person, told, by)
    people = receivers.everybody()
    return {
        people.get(id_) or session.get_one(User, id_): in_words(counts)
        for id_, counts in told.items()
    }


def in_words(counts: Mapping[str, int]) -> list[str]:
    """What somebody got, in words: "3 articles", "1 open flag"."""
    return [part.counted(counts[part.key]) for part in parts() if counts.get(part.key)]


def _require_receivers(person: User, receivers: Receivers) -> None:
    for receiver in receivers.everybody().values():
        if receiver.id == person.id:
            sentence = f"{person.name} has it already. Choose somebody else."
            raise Invalid(sentence, {"receiver": sentence})
        if not receiver.active:
            sentence = f"{receiver.name} cannot sign in any more. Choose somebody else."
            raise Invalid(sentence, {"receiver": sentence})


def _note(session: Session, person: User, told: dict[int, dict[str, int]], by: User) -> None:
    data = {"receivers": {str(id_): counts for id_, counts in told.items()}}
    outbox.record(session, HANDED_OVER, person.id, by=by.id, data=data)
    audit.write(
        session,
        HANDED_OVER,
        "person",
        person.id,
        name=person.name,
        by=by.id,
        by_name=by.name,
        detail=data,
    )


# One article


def give(session: Session, article: Article, *, to: User, seen: int, by: User) -> Article:
    """Let somebody else keep an article up; `seen` is who did when this was decided."""
    article = session.get_one(Article, article.id, with_for_update=True, populate_existing=True)
    if article.owner_id == to.id:
        return article
    if not can_retire(session, by, article):
        raise NotAllowed("Its owner, or those who decide in its topic, hand an article over.")
    if not to.active:
        sentence = f"{to.name} cannot sign in any more. Choose somebody else."
        raise Invalid(sentence, {"to": sentence})
    former = article.owner
    if former.id != seen:
        raise Conflict(f"{former.name} keeps it up by now; somebody else has handed it over.")
    article.owner_id, article.owner = to.id, to
    outbox.record(session, GIVEN, article.id, by=by.id, data={"from": former.id, "to": to.id})
    audit.write(
        session,
        GIVEN,
        "article",
        article.id,
        name=standing.title_of(session, article),
        by=by.id,
        by_name=by.name,
        detail={"from": former.name, "to": to.name},
    )
    session.flush()
    return article
