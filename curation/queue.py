"""The queue, read whole in one narrow statement: what a filter leaves of it, and what each would leave.

Five thousand open reviews are little when only what they are narrowed and ordered by is read, so
every filter is a test on a line in memory: one meaning for the list, its counts, the saved filters,
the feed and triage. Titles and names are read for the lines that a page shows.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import attrgetter
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from curation.filters import SWITCHES, QueueFilter
from curation.models import Review
from curation.queries import WAITING
from curation.queue_lines import IS_OPEN, IS_SAMPLE, Line, Lines, Profile, read_lines
from kb import topics as kb_topics
from kb.policy import Policies
from kb.topics import Deciders, Tree
from people.models import Role, User


class Author(NamedTuple):
    """Somebody of whom a text is open."""

    id: int
    handle: str
    name: str
    team: str


Test = Callable[[Profile], bool]


@dataclass(frozen=True)
class Sieve:
    """What a line has to pass, each part under the name of its filter."""

    tests: Mapping[str, Test]
    topic_ids: Collection[int] | None = None
    author_ids: Mapping[str, Collection[int]] = field(default_factory=dict)  # by "author", "team"

    def sift(self, lines: Lines, *, but: str = "") -> list[int]:
        """The places of the lines that pass all but the part of this name."""
        tests = [test for name, test in self.tests.items() if name != but]
        good = {c for c, profile in lines.profiles.items() if all(test(profile) for test in tests)}
        left = [place for place, code in enumerate(lines.codes) if code in good]
        if self.topic_ids is not None and but != "topic":
            left = [place for place in left if lines.topics[place] in self.topic_ids]
        for name, ids in self.author_ids.items():
            if name != but:
                left = [place for place in left if lines.authors[place] in ids]
        return left

    def has(self, name: str) -> bool:
        if name == "topic":
            return self.topic_ids is not None
        return name in self.tests or name in self.author_ids


@dataclass(frozen=True)
class View:
    """The queue as one person sees it through a filter."""

    filter: QueueFilter
    everything: Lines  # that this person may see
    topics: Tree
    authors: Mapping[int, Author]

    @cached_property
    def places(self) -> list[int]:
        """Where the lines stand that the filter leaves, in order."""
        return self._sieve.sift(self.everything)

    def lines(self, start: int = 0, end: int | None = None) -> list[Line]:
        """What the filter leaves, in order, or a part of it."""
        return [self.everything[place] for place in self.places[start:end]]

    def chosen(self, ids: Collection[int]) -> list[Line]:
        """The lines of these reviews, whatever the filter says."""
        found = (place for place, id_ in enumerate(self.everything.ids) if id_ in ids)
        return [self.everything[place] for place in found]

    def count(self, filter_: QueueFilter) -> int:
        """How many another filter would leave."""
        return len(_sieve(filter_, self.topics, self.authors).sift(self.everything))

    def counts(self, name: str) -> Counter[Any]:
        """How many there are of each value of a profile, for the other filters chosen."""
        codes = self._codes_without(name) if self._sieve.has(name) else self._codes
        counts: Counter[Any] = Counter()
        for code, number in codes.items():
            counts[getattr(self.everything.profiles[code], name)] += number
        return counts

    def counts_by_author(self, *, for_: str = "author") -> Counter[int]:
        return Counter([self.everything.authors[place] for place in self._without(for_)])

    def counts_by_topic(self) -> Counter[int]:
        """Of each topic with all below it."""
        counts: Counter[int] = Counter()
        found = Counter([self.everything.topics[place] for place in self._without("topic")])
        for topic_id, number in found.items():
            for node in self.topics.path(topic_id):
                counts[node.id] += number
        return counts

    @cached_property
    def _sieve(self) -> Sieve:
        return _sieve(self.filter, self.topics, self.authors)

    @cached_property
    def _codes(self) -> Counter[int]:
        return self._codes_without("")

    def _codes_without(self, name: str) -> Counter[int]:
        return Counter([self.everything.codes[place] for place in self._without(name)])

    def _without(self, name: str) -> list[int]:
        if not self._sieve.has(name):
            return self.places
        return self._sieve.sift(self.everything, but=name)


def look(session: Session, user: User, filter_: QueueFilter, *, after: int = 0) -> View:
    """The queue through a filter; lines that stand up to the review `after` are marked as passed."""
    policies = Policies(session)
    topics = policies.tree
    authors = {row[0]: Author(*row) for row in session.connection().execute(_AUTHORS)}
    filter_ = _known(session, filter_, topics, authors)
    decides_in = _decides_in(session, user, policies)
    sees_all = user.role in (Role.CURATOR, Role.ADMIN)
    found = read_lines(session, user, filter_.order, decides_in, after, sees_all=sees_all)
    return View(filter_, found, topics, authors)


def _decides_in(session: Session, user: User, policies: Policies) -> list[int]:
    """Topics in which this person may decide; see `curation.permissions.may_decide_in`."""
    if user.is_admin:
        return list(policies.tree.by_id)
    publishes = [id_ for id_ in policies.tree.by_id if user.id in policies.of(id_).publishers]
    return sorted({*Deciders(session).topics_of(user), *publishes})


def _known(
    session: Session, filter_: QueueFilter, topics: Tree, authors: Mapping[int, Author]
) -> QueueFilter:
    """The filter without values that name nothing; a topic by the address it has now."""
    if filter_.topic and filter_.topic not in topics.by_slug:
        moved = kb_topics.find_moved(session, filter_.topic)
        filter_ = replace(filter_, topic=moved.slug if moved else "")
    if filter_.author and all(author.handle != filter_.author for author in authors.values()):
        known = session.scalar(sa.select(User.id).where(User.handle == filter_.author))
        filter_ = filter_ if known else replace(filter_, author="")
    if filter_.team and all(author.team != filter_.team for author in authors.values()):
        known = session.scalar(sa.select(User.id).where(User.team == filter_.team).limit(1))
        filter_ = filter_ if known else replace(filter_, team="")
    return filter_


def _sieve(filter_: QueueFilter, topics: Tree, authors: Mapping[int, Author]) -> Sieve:
    states = {filter_.state} if filter_.state else {state.value for state in WAITING}
    tests: dict[str, Test] = {"state": lambda profile: profile.state in states}
    tests |= {name: attrgetter(name) for name in SWITCHES if getattr(filter_, name)}
    for name in ("kind", "article", "size"):
        if value := getattr(filter_, name):
            tests[name] = _equals(name, value)
    node = topics.by_slug.get(filter_.topic)
    written_by = {
        name: frozenset(a.id for a in authors.values() if getattr(a, column) == value)
        for name, column in (("author", "handle"), ("team", "team"))
        if (value := getattr(filter_, name))
    }
    return Sieve(tests, frozenset(topics.below(node.id)) if node else None, written_by)


def _equals(name: str, value: str) -> Test:
    return lambda profile: getattr(profile, name) == value


_AUTHORS = sa.select(User.id, User.handle, User.name, User.team).where(
    User.id.in_(sa.select(Review.author_id).where(sa.or_(IS_OPEN, IS_SAMPLE)))
)
