"""The people of the state machine, what they can look at, and what a request is."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from random import Random
from typing import Any

import sqlalchemy as sa
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from sqlalchemy.orm import Session

from core.errors import DomainError
from curation.models import OPEN, Action, Review, ReviewEntry, State
from curation.workflow import Merge
from kb.models import Article, Draft, Publication, Topic
from people import company
from people.models import Role, User
from tests.conftest import Clock
from tests.factories import (
    Read,
    make_article,
    make_draft,
    make_topic,
    make_user,
    reading,
    set_policy,
    submit,
)

ROLES = {
    "Alice": Role.EMPLOYEE,
    "Bob": Role.EMPLOYEE,
    "Cleo": Role.EMPLOYEE,  # writes together with Alice
    "Cora": Role.CURATOR,
    "Carl": Role.CURATOR,
    "Ada": Role.ADMIN,
    "Pia": Role.EMPLOYEE,  # named for Money, and its publisher when its rules say so
    "Founder": Role.EMPLOYEE,
}
RIGHT = ""  # whoever it is for, so that most requests lead somewhere
NAMES = ["Alice", "Bob", "Cleo", "Cora", "Carl", "Ada", "Pia"]
EITHER = (False, True)
people = [RIGHT] * 20 + NAMES
deciders = ["Cora", "Carl", "Ada", "Pia"]
picks = range(0, 8)
LINES = ["Come in.", "Sit down.", "Have a cup.", "Stay."]
SYLLABLES = ["ba", "ke", "li", "mo", "nu", "pa", "re", "si", "to", "vu"]
WAITING = (State.SUBMITTED, State.IN_REVIEW)
START = datetime(2025, 3, 10, 9, tzinfo=UTC)


Act = Callable[..., None]


def act(*, often: int = 1, **given: Sequence[Any]) -> Callable[[Act], Act]:
    """Something that people do, with what it is chosen from; `often` as often as others.

    It is no rule of its own: of those Hypothesis switches half off in each run, and a text has a
    long way to go until it is approved.
    """

    def mark(function: Act) -> Act:
        function.given = given  # type: ignore[attr-defined]
        function.often = often  # type: ignore[attr-defined]
        return function

    return mark


def text(lines: Sequence[str]) -> str:
    return "\n\n".join(lines)


@dataclass
class World:
    """What every run begins with, made once: each run is undone at its end."""

    connection: sa.Connection
    ids: dict[str, int]
    topics: dict[str, int]
    articles: list[int]


def make_world(connection: sa.Connection) -> World:
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        cast = {name: make_user(session, name, role=role) for name, role in ROLES.items()}
        travel = make_topic(session, "Travel")
        money = make_topic(session, "Money", curators=[cast["Cora"], cast["Pia"]])
        office = company.times(session)
        coordinated = replace(office, coordinator_id=cast["Ada"].id)
        company.change(session, coordinated, former=office.mark, by=cast["Ada"])
        set_policy(session, travel, cast["Ada"], fast_lane=True, fast_after=1, fast_words=8)
        articles = [
            make_article(session, cast["Founder"], title=title, body=text(LINES), topic=topic)
            for title, topic in (("Counting", travel), ("Paying", money))
        ]
        for writer, article in (("Alice", articles[0]), ("Bob", articles[1])):
            body = text([*LINES, f"{writer} was here."])
            submit(session, make_draft(session, cast[writer], article=article, body=body))
        session.commit()
        return World(
            connection,
            {name: user.id for name, user in cast.items()},
            {topic.name: topic.id for topic in (travel, money)},
            [article.id for article in articles],
        )


@cache
def acts_of(machine: type) -> list[str]:
    found = [(name, getattr(machine, name)) for name in dir(machine) if name != "rules"]
    return [name for name, each in found for _ in range(getattr(each, "often", 0))]


class Company(RuleBasedStateMachine):
    """Each rule is one request: it succeeds and is committed, or is refused and leaves nothing."""

    world: World
    clock: Clock
    happened: Counter[str]  # over all runs: what a test that proves something has to have seen

    def __init__(self) -> None:
        super().__init__()
        self.clock.time = START
        self.undone = self.world.connection.begin_nested()
        self.session = Session(
            self.world.connection,
            join_transaction_mode="create_savepoint",
            expire_on_commit=False,
        )
        self.typed: dict[int, str] = {}  # draft -> what stood in it when its author last acted
        self.typist: dict[str, int] = {}  # a line -> who typed it
        self.said: set[str] = set()  # reasons, comments, notes: whatever is no text of an article
        self.seen: dict[tuple[int, int], Read] = {}  # what each has on the screen
        self.merges: list[tuple[int, Merge]] = []  # on their way, perhaps overtaken
        self.lost: dict[tuple[int, int], datetime] = {}  # when somebody last lost the fast lane
        self.number = self.steps = 0
        self.changes = 0
        self.log = self.logged()
        for draft in self.all(sa.select(Draft)):
            self.typed[draft.id] = draft.body

    def teardown(self) -> None:
        self.session.close()
        self.undone.rollback()

    @rule(chance=st.integers(0, 2**32 - 1))
    def somebody_acts(self, chance: int) -> None:
        self.steps += 1  # so that no step is the one before once more: Hypothesis likes to repeat
        choice = Random(chance * 1009 + self.steps)
        method = getattr(self, choice.choice(acts_of(type(self))))
        given = {name: choice.choice(values) for name, values in method.given.items()}
        note(f"{method.__name__} {given}")
        method(**given)

    # Who and what

    def person(self, name: str, right: User | None = None) -> User:
        if name == RIGHT and right is not None:
            return right
        return self.session.get_one(User, self.world.ids[name or "Cora"])

    def all(self, query: sa.Select[Any]) -> Sequence[Any]:
        return self.session.scalars(query).all()

    def review(self, pick: int) -> Review:
        """Mostly one that is open, for the closed ones soon outnumber those."""
        rows = self.session.execute(sa.select(Review.id, Review.stored_state).order_by(Review.id))
        found = rows.all()
        open_ = [row.id for row in found if row[1] in OPEN] if pick else []
        ids = open_ or [row.id for row in found]
        return self.session.get_one(Review, ids[pick % len(ids)])

    def waiting(self, pick: int, *, new: bool = False) -> Review:
        """Mostly one that somebody can decide on now; `new` for one of a new article."""
        query = sa.select(Review.id).where(Review.stored_state.in_(WAITING)).order_by(Review.id)
        if new:
            query = query.where(~Review.is_change)
        ids = self.all(query) if pick else []
        return self.session.get_one(Review, ids[pick % len(ids)]) if ids else self.review(pick)

    def draft(self, pick: int) -> Draft | None:
        """Mostly one that can be worked on."""
        rows = self.session.execute(sa.select(Draft.id, Draft.frozen_id).order_by(Draft.id)).all()
        free = [row.id for row in rows if row.frozen_id is None] if pick else []
        ids = free or [row.id for row in rows]
        return self.session.get_one(Draft, ids[pick % len(ids)]) if ids else None

    def article(self, pick: int) -> Article:
        """One that has been published, whatever became of it."""
        query = sa.select(Article.id).where(Article.slug.is_not(None)).order_by(Article.id)
        ids = self.all(query)
        return self.session.get_one(Article, ids[pick % len(ids)])

    def number_of(self, article: Article) -> int:
        query = sa.select(sa.func.max(Publication.number))
        return self.session.scalar(query.where(Publication.article_id == article.id)) or 0

    def topic(self, name: str) -> Topic:
        return self.session.get_one(Topic, self.world.topics[name])

    def on_screen(self, who: User, review: Review) -> Read:
        return self.seen.setdefault((who.id, review.id), reading(review))

    def show(self, who: User, review: Review) -> None:
        self.seen[who.id, review.id] = reading(review)

    def line(self, by: User) -> str:
        """A sentence that nobody has typed before, without a number in it."""
        self.number += 1
        word = "".join(SYLLABLES[int(digit)] for digit in f"{self.number:03}")
        sentence = f"Say {word}."
        self.typist[sentence] = by.id
        return sentence

    # One request

    def request(self, act: Callable[[], object], logs: Sequence[int] = (0,)) -> bool:
        """Whether it succeeded; `logs` is how many lines it may write into the logs of reviews."""
        try:
            act()
        except DomainError:
            self.session.rollback()
            assert self.logged() == self.log
            return False
        self.session.commit()
        self.session.expire_all()
        self.changes += 1
        now = self.logged()
        assert now - self.log in logs
        self.log = now
        return True

    def say(self, words: str, act: Callable[[], object], logs: Sequence[int] = (0,)) -> bool:
        """A request with something typed that is to be kept."""
        if not self.request(act, logs):
            return False
        self.said.add(words)
        return True

    def logged(self) -> int:
        """How many things people did, by the logs."""
        query = sa.select(sa.func.count()).where(ReviewEntry.action != Action.EXPIRE)
        return self.session.scalar(query) or 0
