"""Two authors, two curators and an administrator do what they like; what must hold, holds after each step."""

import os
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.orm import Session

from core.db import create_engine
from core.errors import DomainError
from curation import workflow
from curation.models import OPEN, Action, Review, ReviewEntry, State
from curation.workflow import TABLE
from kb import drafts, queries
from kb.models import Article, Draft, Publication, Revision
from people.models import Role, User
from tests.conftest import Clock
from tests.factories import (
    Read,
    edit,
    make_article,
    make_draft,
    make_topic,
    make_user,
    reading,
    submit,
)

NAMES = ["Alice", "Bob", "Cora", "Carl", "Ada"]
RIGHT = ""  # whoever it is for, so that most requests lead somewhere
people = st.sampled_from([RIGHT] * 6 + NAMES)
authors = st.sampled_from(["Alice", "Bob"])
picks = st.integers(0, 7)
LINES = ["One.", "Two.", "Three.", "Four."]


class Workflow(RuleBasedStateMachine):
    """Each rule is one request: it succeeds and is committed, or is refused and leaves nothing."""

    engine: sa.Engine
    clock: Clock

    def __init__(self) -> None:
        super().__init__()
        self.clock.time = datetime(2025, 3, 10, 9, tzinfo=UTC)
        self.connection = self.engine.connect()
        self.transaction = self.connection.begin()
        self.session = Session(
            self.connection, join_transaction_mode="create_savepoint", expire_on_commit=False
        )
        self.typed: dict[int, str] = {}  # draft -> what its author last saved
        self.seen: dict[tuple[str, int], Read] = {}  # what each has on the screen
        self.approved: Counter[tuple[int, int, str]] = Counter()
        self.versions: dict[int, int] = {}
        self.successes = 0
        self.number = 0
        self.moved = True

    def teardown(self) -> None:
        self.session.close()
        self.transaction.rollback()
        self.connection.close()

    @initialize()
    def the_company(self) -> None:
        roles = {"Cora": Role.CURATOR, "Carl": Role.CURATOR, "Ada": Role.ADMIN}
        for name in NAMES:
            make_user(self.session, name, role=roles.get(name, Role.EMPLOYEE))
        make_topic(self.session, "Travel")
        self.article_id = make_article(
            self.session, make_user(self.session, "Founder"), title="Counting", body=text(LINES)
        ).id
        self.session.commit()
        self.session.expire_all()
        for name in ("Alice", "Bob"):
            self.start_a_draft(name=name, new=False)
        for pick in (0, 1):
            self.submit_a_draft(pick=pick, name=RIGHT)

    # Who and what

    def person(self, name: str, right: User | None = None) -> User:
        if name == RIGHT and right is not None:
            return right
        return self.session.scalars(sa.select(User).where(User.name == (name or "Cora"))).one()

    def reviews(self) -> list[Review]:
        return list(self.session.scalars(sa.select(Review).order_by(Review.id)))

    def drafts(self) -> list[Draft]:
        return list(self.session.scalars(sa.select(Draft).order_by(Draft.id)))

    def review(self, pick: int) -> Review:
        """Mostly one that is open, for the closed ones soon outnumber those."""
        found = [r for r in self.reviews() if r.is_open] if pick else []
        found = found or self.reviews()
        return found[pick % len(found)]

    def draft(self, pick: int) -> Draft:
        """Mostly one that can be worked on."""
        found = [d for d in self.drafts() if not d.locked] if pick else []
        found = found or self.drafts()
        return found[pick % len(found)]

    def whoever_reads(self, review: Review, name: str) -> User:
        """Somebody who acts as a curator; the right one claims what nobody reads yet."""
        by = self.person(name, review.curator)
        if name == RIGHT and review.state is State.SUBMITTED:
            self.claim_for(by, review)
        return by

    def something_is_under_review(self) -> bool:
        return bool(self.session.scalar(sa.select(Review.id).limit(1)))

    def something_is_drafted(self) -> bool:
        return bool(self.session.scalar(sa.select(Draft.id).limit(1)))

    # One request

    def request(self, act: Callable[[], object]) -> bool:
        before = self.logged()
        try:
            act()
        except DomainError:
            self.session.rollback()
            assert self.logged() == before
            return False
        self.session.commit()
        self.session.expire_all()
        self.moved = True
        self.successes += self.logged() - before
        return True

    def logged(self) -> int:
        """How many things people did, by the log."""
        query = sa.select(sa.func.count()).where(ReviewEntry.action != Action.EXPIRE)
        return self.session.scalar(query) or 0

    def fresh_words(self) -> str:
        self.number += 1
        return f"Sentence {self.number}."

    # Writing

    @rule(name=authors, new=st.booleans())
    def start_a_draft(self, name: str, new: bool) -> None:
        who = self.person(name)
        article = self.session.get_one(Article, self.article_id)
        if new and len(self.drafts()) > 3:
            return
        words = self.fresh_words()
        typed = words if new else text([*LINES, words])
        title = {"title": words} if new else {"article": article}
        if self.request(lambda: make_draft(self.session, who, body=typed, **title)):
            self.typed[self.drafts()[-1].id] = typed

    @precondition(something_is_drafted)
    @rule(pick=picks, name=people, line=st.integers(0, 4))
    def save_a_draft(self, pick: int, name: str, line: int) -> None:
        draft = self.draft(pick)
        by = self.person(name, draft.author)
        lines = draft.body.split("\n\n")
        lines[line : line + 1] = [self.fresh_words()]
        if self.request(lambda: edit(self.session, draft, by=by, body=text(lines))):
            assert draft.author is by
            assert not draft.locked
            self.typed[draft.id] = text(lines)

    @precondition(something_is_drafted)
    @rule(pick=picks, name=people)
    def rebase_a_draft(self, pick: int, name: str) -> None:
        draft = self.draft(pick)
        by = self.person(name, draft.author)
        self.carried_over(draft, lambda: drafts.rebase(self.session, draft, by=by))

    def carried_over(self, draft: Draft, act: Callable[[], object]) -> bool:
        """Whatever its author added to the base must still stand in the merged text."""
        base = set(draft.base.body.split("\n")) if draft.base else set()
        mine = set(draft.body.split("\n")) - base
        if not self.request(act):
            return False
        assert mine <= set(draft.body.split("\n"))
        self.typed[draft.id] = draft.body
        return True

    @precondition(something_is_drafted)
    @rule(pick=picks, name=people)
    def submit_a_draft(self, pick: int, name: str) -> None:
        draft = self.draft(pick)
        by = self.person(name, draft.author)
        if self.request(lambda: submit(self.session, draft, by=by)):
            assert draft.author is by
            assert draft.base_id == self.session.get_one(Article, draft.article_id).live_revision_id

    # Reviewing

    @precondition(something_is_under_review)
    @rule(pick=picks, name=people, old_window=st.booleans())
    def claim(self, pick: int, name: str, old_window: bool) -> None:
        """An old window still shows what was there before, and can be decided in."""
        review, by = self.review(pick), self.person(name)
        shown = self.on_screen(by, review)
        self.claim_for(by, review)
        if old_window:
            self.seen[by.name, review.id] = shown

    def claim_for(self, by: User, review: Review) -> None:
        if self.request(lambda: workflow.claim(self.session, review.id, by=by)):
            assert review.holder_id == by.id
            self.seen[by.name, review.id] = reading(review)

    @precondition(something_is_under_review)
    @rule(pick=picks, name=people)
    def release(self, pick: int, name: str) -> None:
        review = self.review(pick)
        by = self.whoever_reads(review, name)
        if self.request(lambda: workflow.release(self.session, review.id, by=by)):
            assert review.holder_id is None

    @precondition(something_is_under_review)
    @rule(pick=picks, name=st.sampled_from(["Carl", "Ada", "Cora", "Bob"]))
    def take_over(self, pick: int, name: str) -> None:
        review, by = self.review(pick), self.person(name)
        version = self.on_screen(by, review)["version"]
        if self.request(
            lambda: workflow.take_over(self.session, review.id, version=version, by=by)
        ):
            assert review.holder_id == by.id
            self.seen[by.name, review.id] = reading(review)

    @precondition(something_is_under_review)
    @rule(
        pick=picks,
        name=people,
        what=st.sampled_from(["approve", "request_changes", "approve", "decline", "send_back"]),
        reason=st.sampled_from(["Say more.", "We have it.", " "]),
    )
    def decide(self, pick: int, name: str, what: str, reason: str) -> None:
        review = self.review(pick)
        by = self.whoever_reads(review, name)
        read, now = self.on_screen(by, review), reading(review)
        if what == "approve":
            decided = self.approve(review, read, by)
        elif what == "send_back":
            decided = self.send_back(review, read, by)
        else:
            act = {"decline": workflow.decline, "request_changes": workflow.request_changes}[what]
            decided = self.request(
                lambda: act(self.session, review.id, **read, reason=reason, by=by)
            )
            assert reason.strip() or not decided
        assert read == now or not decided

    def approve(self, review: Review, read: Read, by: User) -> bool:
        base, live = review.revision.base_id, review.article.live_revision_id
        if not self.request(lambda: workflow.approve(self.session, review.id, **read, by=by)):
            return False
        assert base == live
        self.approved[review.article_id, read["revision"], by.name] += 1
        return True

    def send_back(self, review: Review, read: Read, by: User) -> bool:
        draft = drafts.of_article(self.session, review.author, review.article_id)
        return draft is not None and self.carried_over(
            draft, lambda: workflow.send_back_to_rebase(self.session, review.id, **read, by=by)
        )

    @precondition(something_is_under_review)
    @rule(pick=picks, name=people)
    def withdraw(self, pick: int, name: str) -> None:
        review = self.review(pick)
        by = self.person(name, review.author)
        if self.request(lambda: workflow.withdraw(self.session, review.id, by=by)):
            assert review.author is by

    @rule(minutes=st.sampled_from([1, 20, 31, 600]), pick=picks, name=people)
    def time_passes(self, minutes: int, pick: int, name: str) -> None:
        """And somebody looks at a page, which they will decide on some time later."""
        self.clock.move(minutes=minutes)
        self.moved = True
        if self.something_is_under_review():
            review = self.review(pick)
            by = self.person(name, review.curator)
            self.seen[by.name, review.id] = reading(review)

    def on_screen(self, who: User, review: Review) -> Read:
        return self.seen.setdefault((who.name, review.id), reading(review))

    # What must hold

    @invariant()
    def all_holds(self) -> None:
        """Looked at when something happened; after a refusal nothing has."""
        if not self.moved:
            return
        self.one_open_review_for_each_article_and_author()
        self.the_live_text_is_what_somebody_entitled_approved()
        self.readers_see_the_live_texts_and_nothing_else()
        self.nothing_typed_is_lost()
        self.a_draft_is_locked_just_while_its_text_waits_or_is_read()
        self.every_action_is_in_the_log_once()
        self.versions_count_the_actions_and_only_grow()
        self.the_database_and_python_agree_on_every_state()
        self.each_log_tells_a_story_that_the_rules_allow()
        self.moved = False

    def one_open_review_for_each_article_and_author(self) -> None:
        open_ = Counter((r.article_id, r.author_id) for r in self.reviews() if r.is_open)
        assert all(count == 1 for count in open_.values())

    def the_live_text_is_what_somebody_entitled_approved(self) -> None:
        query = sa.select(Publication).order_by(Publication.article_id, Publication.number)
        published = self.session.scalars(query).all()
        approved = Counter(
            (p.article_id, p.revision_id, p.by.name) for p in published if p.by.name != "Founder"
        )
        assert approved == self.approved
        assert all(p.by.role is not Role.EMPLOYEE for p in published if p.by.name != "Founder")
        assert all(p.by_id != p.revision.author_id for p in published if p.by.name != "Founder")
        last = {p.article_id: p.revision_id for p in published}
        for article in self.session.scalars(sa.select(Article)):
            assert article.live_revision_id == last.get(article.id)
            numbers = [p.number for p in published if p.article_id == article.id]
            assert numbers == list(range(1, len(numbers) + 1))

    def readers_see_the_live_texts_and_nothing_else(self) -> None:
        live = {
            a.id: a.live_revision
            for a in self.session.scalars(sa.select(Article))
            if a.live_revision
        }
        found = list(queries.searchable(self.session))
        assert {a.id: (a.title, a.text) for a in found} == {
            id_: (revision.title, revision.text) for id_, revision in live.items()
        }
        total, rows = queries.listed(self.session, self.person("Bob"), queries.Filter())
        assert (total, {row.id for row in rows}) == (len(live), set(live))

    def nothing_typed_is_lost(self) -> None:
        kept = {draft.id: draft.body for draft in self.drafts()}
        frozen = set(self.session.scalars(sa.select(Revision.body)))
        for draft_id, words in self.typed.items():
            assert kept.get(draft_id) == words or words in frozen

    def a_draft_is_locked_just_while_its_text_waits_or_is_read(self) -> None:
        waiting = {r.revision_id for r in self.reviews() if r.stored_state in WAITING}
        assert {d.frozen_id for d in self.drafts() if d.locked} == waiting

    def every_action_is_in_the_log_once(self) -> None:
        assert self.logged() == self.successes

    def versions_count_the_actions_and_only_grow(self) -> None:
        for review in self.reviews():
            done = [entry for entry in review.entries if entry.action is not Action.EXPIRE]
            assert review.version == len(done) >= self.versions.get(review.id, 1)
            self.versions[review.id] = review.version

    def the_database_and_python_agree_on_every_state(self) -> None:
        in_sql = {
            row.id: row[1] for row in self.session.execute(sa.select(Review.id, Review.state))
        }
        assert in_sql == {review.id: review.state for review in self.reviews()}

    def each_log_tells_a_story_that_the_rules_allow(self) -> None:
        for review in self.reviews():
            replay(review)


WAITING = (State.SUBMITTED, State.IN_REVIEW)
BY_HOLDER = {Action.RELEASE, Action.REQUEST_CHANGES, Action.APPROVE, Action.DECLINE}


def text(lines: list[str]) -> str:
    return "\n\n".join(lines)


def replay(review: Review) -> None:
    """Follow the log from its start: states by the table, and each action by whom it belongs to."""
    state: State | None = None
    holder: int | None = None
    for entry in review.entries:
        assert entry.old is state
        if entry.action is Action.EXPIRE:
            assert (state, entry.new) == (State.IN_REVIEW, State.SUBMITTED)
        else:
            assert TABLE[state, entry.action] is entry.new
        if entry.action in BY_HOLDER:
            assert entry.actor_id == holder
        elif entry.action in (Action.SUBMIT, Action.WITHDRAW):
            assert entry.actor_id == review.author_id
        elif entry.action in (Action.CLAIM, Action.TAKE_OVER):
            assert entry.actor_id not in (review.author_id, holder)
            assert entry.actor.role is not Role.EMPLOYEE
            holder = entry.actor_id
        state = entry.new
        holder = holder if state is State.IN_REVIEW else None
    assert review.stored_state is state
    assert (state in OPEN) == review.is_open


@pytest.mark.parametrize("examples", [int(os.environ.get("FIRSTHAND_TEST_EXAMPLES", "40"))])
def test_whatever_people_do_the_rules_hold(database_url: str, clock: Clock, examples: int) -> None:
    engine = create_engine(database_url).execution_options(writing=True)
    machine = type("Machine", (Workflow,), {"engine": engine, "clock": clock})
    try:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=examples,
                stateful_step_count=40,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        engine.dispose()
