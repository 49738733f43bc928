"""The queue, read whole in one narrow statement: what a filter leaves of it, and what each would leave.

Five thousand open reviews are little when only what they are narrowed and ordered by is read, so
every filter is a test on a line in memory: one meaning for the list, its counts, the saved filters,
the feed and triage. Titles and names are read for the lines that a page shows.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, cached_property
from operator import attrgetter
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.models import UTCDateTime
from curation.filters import AGE, MEDIUM_WORDS, SAMPLES, SMALL_WORDS, SWITCHES, QueueFilter
from curation.models import OPEN, Action, Review, ReviewEntry, Sample, State
from curation.queries import WAITING
from kb import topics as kb_topics
from kb.models import Article, Kind, Revision, RevisionCoauthor
from kb.policy import Policies
from kb.topics import Deciders, Tree
from people.models import Role, User


class Profile(NamedTuple):
    """What a review is counted by, beside its topic and author; the switches as the reader sees them.

    Of thousands of reviews few profiles differ, so that what a filter asks is asked of those.
    """

    kind: str
    state: str  # of an open review, or "samples"
    article: str
    size: str
    entitled: bool  # the reader may decide on it, whoever has claimed it
    unclaimed: bool
    mine: bool
    assigned: bool
    overdue: bool
    first: bool
    passed: bool  # stands before the place that the reader has come to

    @property
    def yours(self) -> bool:
        return self.entitled and (self.unclaimed or self.mine)


class Line(NamedTuple):
    """One review."""

    id: int
    topic_id: int
    author_id: int
    profile: Profile


@dataclass(frozen=True)
class Lines:
    """All open reviews in order, column by column: thousands of small objects would cost more."""

    ids: list[int] = field(default_factory=list)
    topics: list[int] = field(default_factory=list)
    authors: list[int] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)  # of their profiles

    @property
    def columns(self) -> tuple[list[int], ...]:
        return self.ids, self.topics, self.authors, self.codes

    def __getitem__(self, place: int) -> Line:
        code = self.codes[place]
        return Line(self.ids[place], self.topics[place], self.authors[place], _profile(code))

    @cached_property
    def profiles(self) -> dict[int, Profile]:
        """Those that occur, by their codes."""
        return {code: _profile(code) for code in set(self.codes)}


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
            counts[getattr(_profile(code), name)] += number
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
    found = _lines(session, user, filter_.order, decides_in, after, sees_all=sees_all)
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


# The narrow statement


def _lines(
    session: Session,
    user: User,
    order: str,
    decides_in: Sequence[int],
    after: int,
    *,
    sees_all: bool,
) -> Lines:
    connection = session.connection()
    values: dict[str, Any] = {
        "now": clock.now(),
        "reader": user.id,
        "topics": list(decides_in),
        "not_theirs": list(connection.execute(_NOT_THEIRS, {"reader": user.id}).scalars()),
    }
    if after:
        values["after"] = after
    lines = Lines()
    found = connection.execute(_statement(order == AGE, bool(after)), values)
    # In portions that the garbage collector does not stop for.
    for portion in found.partitions(250):
        if not sees_all:
            portion = [row for row in portion if row[1] in decides_in]
        for column, read in zip(lines.columns, zip(*portion, strict=True), strict=False):
            column.extend(read)
    return lines


_review = Review.__table__.c
_STATE = sa.type_coerce(_review.state, sa.String)
_KIND = sa.type_coerce(_review.kind, sa.String)
# Written out, so that the indexes over some states alone can be used.
_IS_OPEN = _STATE.in_([sa.literal_column(f"'{state.value}'") for state in OPEN])
_IS_SAMPLE = _review.sample == sa.literal_column(f"'{Sample.WAITING.value}'")
_NOW = sa.bindparam("now", type_=UTCDateTime)
_READER = sa.bindparam("reader", type_=sa.Integer)


@cache
def _statement(by_age: bool, with_place: bool) -> sa.Select[*tuple[Any, ...]]:
    """Built once for each order: putting it together costs more than many a page.

    A profile is read as one number, for each column read costs as much as the row does.
    """
    code: sa.ColumnElement[int] = sa.literal_column("0", sa.Integer)
    for possible, number in zip(_POSSIBLE, _numbers(by_age, with_place), strict=True):
        code = code * _number(len(possible)) + number
    statement = sa.select(_review.id, _review.topic_id, _review.author_id, code)
    statement = statement.where(sa.or_(_IS_OPEN, _IS_SAMPLE))
    if by_age:
        return statement.order_by(_review.submitted_at, _review.id)
    return statement.order_by(_review.benefit.desc(), _review.id)


# What each part of a profile may be; its number in the code is its place here.
_POSSIBLE: tuple[tuple[Any, ...], ...] = (
    tuple(kind.value for kind in Kind),
    (*(state.value for state in OPEN), SAMPLES),
    ("new", "live"),
    ("small", "medium", "large"),
    *[(False, True)] * 7,
)


@cache
def _profile(code: int) -> Profile:
    """There are some thousands at the very most."""
    values = []
    for possible in reversed(_POSSIBLE):
        code, number = divmod(code, len(possible))
        values.append(possible[number])
    return Profile(*reversed(values))


def _numbers(by_age: bool, with_place: bool) -> Iterator[sa.ColumnElement[int]]:
    """The number of each part of a profile, in order."""
    is_read = sa.and_(State.IN_REVIEW.value == _STATE, _review.claimed_until > _NOW)
    waits = _STATE.in_([_word(state.value) for state in WAITING])
    yield _place(*(_word(kind) == _KIND for kind in _POSSIBLE[0]))
    yield _place(
        sa.and_(waits, sa.not_(sa.func.coalesce(is_read, sa.false()))),
        is_read,
        _word(State.CHANGES_REQUESTED.value) == _STATE,
        _IS_SAMPLE,
    )
    yield _place(sa.not_(_review.is_change), _review.is_change)
    yield _place(_review.size <= _number(SMALL_WORDS), _review.size <= _number(MEDIUM_WORDS))
    yield _yes(
        sa.and_(
            waits,
            _review.topic_id.in_(sa.bindparam("topics", expanding=True)),
            _review.id.not_in(sa.bindparam("not_theirs", expanding=True)),
        )
    )
    yield _yes(sa.and_(waits, sa.not_(sa.func.coalesce(is_read, sa.false()))))
    yield _yes(sa.and_(is_read, _review.curator_id == _READER))
    yield _yes(_review.assignee_id == _READER)
    yield _yes(sa.and_(waits, _review.due_at < _NOW))
    yield _yes(_review.first_time)
    yield _yes(_has_passed(by_age)) if with_place else _number(0)


def _place(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    """Which of the conditions holds first; the place after the last, if none does."""
    cases = [(condition, _number(place)) for place, condition in enumerate(conditions)]
    return sa.case(*cases, else_=_number(len(conditions)))


def _yes(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.case((condition, _number(1)), else_=_number(0))


def _number(value: int) -> sa.ColumnElement[int]:
    """Written out, for so many parameters would cost more than the query."""
    return sa.literal_column(str(value), sa.Integer)


def _word(value: str) -> sa.ColumnElement[str]:
    """Likewise, of values of our own alone."""
    return sa.literal_column(f"'{value}'", sa.String)


def _has_passed(by_age: bool) -> sa.ColumnElement[bool]:
    """Whether a line stands up to the place of the review `after`, which may be decided by now."""
    reached = Review.__table__.alias("reached")
    key = reached.c.submitted_at if by_age else reached.c.benefit
    there = sa.select(key).where(reached.c.id == sa.bindparam("after", type_=sa.Integer))
    place = there.scalar_subquery()
    own = _review.submitted_at if by_age else _review.benefit
    before = own < place if by_age else own > place
    same = sa.and_(own == place, _review.id <= sa.bindparam("after", type_=sa.Integer))
    return sa.func.coalesce(sa.or_(before, same), sa.false())


_AUTHORS = sa.select(User.id, User.handle, User.name, User.team).where(
    User.id.in_(sa.select(_review.author_id).where(sa.or_(_IS_OPEN, _IS_SAMPLE)))
)


def _not_theirs() -> sa.CompoundSelect[int]:
    """Open reviews on which somebody cannot decide: they wrote in it, or have approved it already."""
    helped = sa.select(RevisionCoauthor.revision_id).where(RevisionCoauthor.user_id == _READER)
    written = (
        sa.select(ReviewEntry.review_id)
        .join(Revision, Revision.id == ReviewEntry.revision_id)
        .where(ReviewEntry.review_id == _review.id)
        .where(sa.or_(Revision.author_id == _READER, Revision.id.in_(helped)))
    )
    theirs = sa.select(Revision.article_id).where(
        sa.or_(Revision.author_id == _READER, Revision.id.in_(helped))
    )
    return sa.union(
        sa.select(_review.id).where(_IS_OPEN, _review.author_id == _READER),
        sa.select(_review.id).where(
            _IS_OPEN, _review.article_id.in_(theirs), sa.exists(written.correlate(Review.__table__))
        ),
        sa.select(_review.id)
        .join(ReviewEntry, ReviewEntry.review_id == _review.id)
        .where(
            _IS_OPEN,
            ReviewEntry.actor_id == _READER,
            ReviewEntry.action == Action.ENDORSE,
            sa.not_(sa.exists(_changed_since().correlate(Review.__table__, ReviewEntry))),
        ),
    )


def _changed_since() -> sa.Select[int]:
    """Entries after an approval by which the text became another one."""
    later = sa.orm.aliased(ReviewEntry)
    changing = (Action.SUBMIT, Action.ACCEPT, Action.EDIT_AND_ENDORSE, Action.BRING_UP)
    return sa.select(later.id).where(
        later.review_id == ReviewEntry.review_id,
        later.id > ReviewEntry.id,
        later.action.in_(changing),
    )


_NOT_THEIRS = _not_theirs()


# The lines that a page shows


@dataclass(frozen=True)
class Row:
    """What a row of the queue shows."""

    line: Line
    article_id: int
    title: str
    summary: str
    note: str
    topic: str
    topic_name: str
    author: str
    author_name: str
    coauthors: Sequence[tuple[str, str]]
    curator_id: int | None
    curator_name: str | None
    assignee_name: str | None
    round: int
    version: int
    revision_id: int
    words: int
    searchers: int
    views: int
    submitted_at: datetime
    claimed_at: datetime | None
    claimed_until: datetime | None
    due_at: datetime | None
    is_stale: bool  # the live text has changed since this was written

    @property
    def id(self) -> int:
        return self.line.id

    @property
    def profile(self) -> Profile:
        return self.line.profile

    @property
    def is_small(self) -> bool:
        """A change that may be approved together with others."""
        return self.profile.article == "live" and self.profile.size == "small"


def rows(session: Session, view: View, lines: Sequence[Line]) -> list[Row]:
    """What is shown of these lines, read with two statements."""
    if not lines:
        return []
    found = session.connection().execute(_ROWS, {"wanted": [line.id for line in lines]}).all()
    by_id = {row.id: row for row in found}
    coauthors: dict[int, list[tuple[str, str]]] = {}
    wanted = {"revisions": [row.revision_id for row in found]}
    for revision_id, handle, name in session.connection().execute(_COAUTHORS, wanted):
        coauthors.setdefault(revision_id, []).append((handle, name))
    return list(_rows(view, lines, by_id, coauthors))


def _rows(
    view: View,
    lines: Sequence[Line],
    by_id: Mapping[int, Any],
    coauthors: Mapping[int, Sequence[tuple[str, str]]],
) -> Iterator[Row]:
    for line in lines:
        if line.id not in by_id:
            continue  # removed in this very moment
        topic, author = view.topics.by_id[line.topic_id], view.authors[line.author_id]
        values = dict(by_id[line.id]._mapping)
        del values["id"]
        yield Row(
            line=line,
            topic=topic.slug,
            topic_name=topic.name,
            author=author.handle,
            author_name=author.name,
            coauthors=coauthors.get(values["revision_id"], ()),
            **values,
        )


def _row_statement() -> sa.Select[*tuple[Any, ...]]:
    curator, assignee = User.__table__.alias("curator"), User.__table__.alias("assignee")
    revision, article = Revision.__table__.c, Article.__table__.c
    return (
        sa.select(
            _review.id,
            _review.article_id,
            revision.title,
            revision.summary,
            revision.note,
            _review.curator_id,
            curator.c.name.label("curator_name"),
            assignee.c.name.label("assignee_name"),
            _review.round,
            _review.version,
            _review.revision_id,
            _review.size.label("words"),
            _review.searchers,
            _review.views,
            _review.submitted_at,
            _review.claimed_at,
            _review.claimed_until,
            _review.due_at,
            revision.base_id.is_distinct_from(article.live_revision_id).label("is_stale"),
        )
        .join_from(Review.__table__, Revision.__table__, revision.id == _review.revision_id)
        .join(Article.__table__, article.id == _review.article_id)
        .outerjoin(curator, curator.c.id == _review.curator_id)
        .outerjoin(assignee, assignee.c.id == _review.assignee_id)
        .where(_review.id.in_(sa.bindparam("wanted", expanding=True)))
    )


_ROWS = _row_statement()
_COAUTHORS = (
    sa.select(RevisionCoauthor.revision_id, User.handle, User.name)
    .join(User, User.id == RevisionCoauthor.user_id)
    .where(RevisionCoauthor.revision_id.in_(sa.bindparam("revisions", expanding=True)))
    .order_by(User.name)
)
