"""The lines of the queue: what open reviews are narrowed, ordered and counted by, in one narrow statement."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.models import UTCDateTime
from curation.filters import AGE, MEDIUM_WORDS, SAMPLES, SMALL_WORDS
from curation.models import OPEN, Action, Review, ReviewEntry, Sample, State
from curation.queries import WAITING
from kb.models import Kind, Revision, RevisionCoauthor
from people.models import User


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


def read_lines(
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
_state = sa.type_coerce(_review.state, sa.String)
_kind = sa.type_coerce(_review.kind, sa.String)
# Written out, so that the indexes over some states alone can be used.
IS_OPEN = _state.in_([sa.literal_column(f"'{state.value}'") for state in OPEN])
IS_SAMPLE = _review.sample == sa.literal_column(f"'{Sample.WAITING.value}'")
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
    statement = statement.where(sa.or_(IS_OPEN, IS_SAMPLE))
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
    is_read = sa.and_(_state == _word(State.IN_REVIEW.value), _review.claimed_until > _NOW)
    waits = _state.in_([_word(state.value) for state in WAITING])
    yield _place(*(_kind == _word(kind) for kind in _POSSIBLE[0]))
    yield _place(
        sa.and_(waits, sa.not_(sa.func.coalesce(is_read, sa.false()))),
        is_read,
        _state == _word(State.CHANGES_REQUESTED.value),
        IS_SAMPLE,
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
        sa.select(_review.id).where(IS_OPEN, _review.author_id == _READER),
        sa.select(_review.id).where(
            IS_OPEN, _review.article_id.in_(theirs), sa.exists(written.correlate(Review.__table__))
        ),
        sa.select(_review.id)
        .join(ReviewEntry, ReviewEntry.review_id == _review.id)
        .where(
            IS_OPEN,
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
