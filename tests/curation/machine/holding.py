"""What must hold after each request, whoever made it and whatever came of it."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from hypothesis.stateful import invariant

from core.audit import AuditEntry
from curation.models import (
    OPEN,
    Action,
    InternalNote,
    LineComment,
    Review,
    ReviewEntry,
    State,
)
from curation.workflow.moving import UNNOTICED
from kb import merging, queries
from kb.models import (
    Article,
    Draft,
    Flag,
    Plan,
    Publication,
    Revision,
    RevisionCoauthor,
    Topic,
    TopicCurator,
    TopicPolicy,
)
from people.models import Role, User
from tests.curation.machine.aftercare import Aftercare
from tests.curation.machine.company import WAITING
from tests.curation.replaying import Story

EDITED = (Action.EDIT_AND_APPROVE, Action.EDIT_AND_ENDORSE)
ENDORSING = (Action.ENDORSE, Action.EDIT_AND_ENDORSE)
APPROVING = (Action.APPROVE, Action.EDIT_AND_APPROVE, *ENDORSING)
CONCLUDING = (Action.APPROVE, Action.EDIT_AND_APPROVE)
NOT_COUNTED = (Action.EXPIRE, *UNNOTICED)
EVERY = 8  # changes, after which all that was ever typed is looked for


@dataclass
class Case:
    """What the log of one review has said so far."""

    story: Story
    entries: list[Any] = field(default_factory=list)
    version: int = 0


@dataclass
class Rules:
    """A topic's own rules, read from the newest row without the functions that are under test."""

    approvals: int = 1
    publishers: frozenset[int] = frozenset()
    fast_lane: bool = False
    fast_after: int = 5


class Holding(Aftercare):
    def __init__(self) -> None:
        super().__init__()
        self.cases: dict[int, Case] = {}
        self.published: dict[int, list[Any]] = defaultdict(list)  # by article
        self.cleared: dict[int, int] = {}  # revision -> whose decision makes it live
        self.last_entry = self.last_publication = 0
        self.looked = -1
        self.articles: Sequence[Any] = ()
        self.revisions: dict[int, Any] = {}
        self.coauthors: dict[int, frozenset[int]] = {}

    @invariant()
    def all_holds(self) -> None:
        """Looked at when something happened; after a refusal nothing has."""
        if self.changes == self.looked:
            return
        self.looked = self.changes
        self.read_the_new_texts()
        reviews = self.session.execute(sa.select(*REVIEW, Review.state.label("state"))).all()
        self.the_logs_tell_what_the_table_says(reviews)
        self.one_open_review_for_each_article_and_author(reviews)
        self.every_published_text_was_approved()
        self.readers_find_what_is_live_and_nothing_else()
        self.a_draft_is_locked_just_while_its_text_waits(reviews)
        if self.changes % EVERY == 0:
            self.nothing_typed_is_lost()

    def teardown(self) -> None:
        try:
            self.nothing_typed_is_lost()
        finally:
            super().teardown()

    def read_the_new_texts(self) -> None:
        newest = max(self.revisions, default=0)
        for row in self.session.execute(sa.select(*REVISION).where(Revision.id > newest)):
            self.revisions[row.id] = row
        together = sa.select(RevisionCoauthor.revision_id, RevisionCoauthor.user_id)
        found: dict[int, set[int]] = defaultdict(set)
        for row in self.session.execute(together.where(RevisionCoauthor.revision_id > newest)):
            found[row.revision_id].add(row.user_id)
        self.coauthors |= {key: frozenset(value) for key, value in found.items()}

    # The log and the table

    def the_logs_tell_what_the_table_says(self, reviews: Any) -> None:
        authors = {row.id: row.author_id for row in reviews}
        query = sa.select(*ENTRY).where(ReviewEntry.id > self.last_entry).order_by(ReviewEntry.id)
        for entry in self.session.execute(query):
            self.last_entry = entry.id
            case = self.cases.setdefault(entry.review_id, Case(Story(authors[entry.review_id])))
            case.story.go_on(entry)
            self.happened[entry.action.value] += 1
            if entry.action in APPROVING or entry.action is Action.PUBLISH_AT_ONCE:
                self.look_at_an_approval(case, entry)
            case.entries.append(entry)
        now = self.clock.now()
        for row in reviews:
            case = self.cases[row.id]
            assert row.stored is case.story.state
            assert row.stored is not State.IN_REVIEW or row.curator_id == case.story.holder
            counted = sum(entry.action not in NOT_COUNTED for entry in case.entries)
            assert row.version == counted >= case.version
            case.version = row.version
            assert row.revision_id == case.entries[-1].revision_id
            ran_out = row.stored is State.IN_REVIEW and row.claimed_until <= now
            assert row.state == (State.SUBMITTED if ran_out else row.stored)
            assert (row.decided_at is None) == (row.stored in OPEN)

    def one_open_review_for_each_article_and_author(self, reviews: Any) -> None:
        open_ = Counter((r.article_id, r.author_id) for r in reviews if r.stored in OPEN)
        assert all(count == 1 for count in open_.values())

    # Approvals

    def look_at_an_approval(self, case: Case, entry: Any) -> None:
        text = self.revisions[entry.revision_id]
        if entry.action is Action.PUBLISH_AT_ONCE:
            self.look_at_the_fast_lane(entry, text, self.rules_of(text.topic_id))
            return
        topics = self.topics_with_a_say(text)
        assert any(self.decides(entry.actor_id, topic) for topic in topics)
        assert entry.actor_id != text.author_id
        for other in [*case.entries, entry]:
            if other.revision_id != entry.revision_id or entry.action not in EDITED:
                assert entry.actor_id not in self.writers(other.revision_id)
        if entry.action not in EDITED:
            assert entry.actor_id not in self.typists(text)
        if entry.action not in CONCLUDING:
            return
        approvers = {entry.actor_id}
        if entry.action is Action.APPROVE:
            approvers |= self.endorsers(case, entry.revision_id)
        assert entry.detail["approvers"] == sorted(approvers)
        for topic in topics:
            able, rules = {a for a in approvers if self.decides(a, topic)}, self.rules_of(topic)
            assert len(able) >= rules.approvals
            assert not rules.publishers or rules.publishers & able
        self.cleared[entry.revision_id] = entry.actor_id

    def topics_with_a_say(self, text: Any) -> set[int]:
        """The topic of a text, and the one that its live article would leave by it."""
        live = {row.id: row.live_revision_id for row in self.articles}.get(text.article_id)
        return {text.topic_id, *([self.revisions[live].topic_id] if live else [])}

    def look_at_the_fast_lane(self, entry: Any, text: Any, rules: Rules) -> None:
        assert rules.fast_lane
        assert rules.approvals == 1
        assert entry.actor_id == text.author_id
        assert not self.coauthors.get(text.id)
        since = self.lost.get((text.author_id, text.topic_id), datetime.min)
        earned = [
            each
            for case in self.cases.values()
            for each in case.entries
            if each.action is Action.APPROVE
            and each.round == 1
            and case.story.author_id == text.author_id
            and (since == datetime.min or each.at > since)
        ]
        assert len(earned) >= rules.fast_after
        self.cleared[entry.revision_id] = entry.actor_id

    def endorsers(self, case: Case, revision_id: int) -> set[int]:
        """Who approved the text that stands now: just this one, or the same change on an older base."""
        found = set()
        for entry in case.entries:
            if entry.action in ENDORSING and self.same_change(entry.revision_id, revision_id, case):
                found.add(entry.actor_id)
        return found

    def same_change(self, old: int, new: int, case: Case) -> bool:
        if old == new:
            return True
        steps = {
            each.revision_id: each.detail["from"]
            for each in case.entries
            if each.action is Action.BRING_UP
        }
        while new != old:
            if new not in steps or self.change_of(new) != self.change_of(steps[new]):
                return False
            new = steps[new]
        return True

    def change_of(self, revision_id: int) -> list[tuple[str, str]]:
        text = self.revisions[revision_id]
        base = self.revisions.get(text.base_id)
        return merging.changes(base.body if base else "", text.body)

    def writers(self, revision_id: int) -> set[int]:
        text = self.revisions[revision_id]
        return {text.author_id, *text.writers, *self.coauthors.get(revision_id, ())}

    def typists(self, text: Any) -> set[int]:
        """Who typed the lines that a text adds to its base, by our own record of what was typed."""
        base = self.revisions.get(text.base_id)
        old = set(base.body.split("\n\n")) if base else set()
        new = set(text.body.split("\n\n")) - old
        return {self.typist[line] for line in new if line in self.typist}

    def rules_of(self, topic_id: int) -> Rules:
        own = sa.select(TopicPolicy).where(TopicPolicy.topic_id == topic_id)
        row = self.session.scalar(own.order_by(TopicPolicy.number.desc()).limit(1))
        rules = Rules()
        if row is not None:
            rules.approvals = row.approvals or 1
            rules.publishers = frozenset(row.publishers or ())
            rules.fast_lane = bool(row.fast_lane)
            rules.fast_after = row.fast_after or rules.fast_after
        return rules

    def decides(self, person_id: int, topic_id: int) -> bool:
        """Administrators; those named for the topic, else every curator; who is named to publish."""
        person = self.session.get_one(User, person_id)
        named = set(
            self.all(sa.select(TopicCurator.user_id).where(TopicCurator.topic_id == topic_id))
        )
        if named:
            named.add(self.session.get_one(Topic, topic_id).backup_id or 0)
        by_role = person.role is Role.CURATOR if not named else person_id in named
        is_publisher = person_id in self.rules_of(topic_id).publishers
        return person.active and (person.is_admin or by_role or is_publisher)

    # Publications

    def every_published_text_was_approved(self) -> None:
        query = sa.select(*PUBLICATION).where(Publication.id > self.last_publication)
        for row in self.session.execute(query.order_by(Publication.id)):
            self.last_publication = row.id
            if not self.is_of_the_beginning(row):
                self.look_at_a_publication(row)
            self.published[row.article_id].append(row)
        live = self.session.execute(sa.select(Article.id, Article.live_revision_id)).all()
        for article_id, revision_id in live:
            history = self.published[article_id]
            assert [row.number for row in history] == list(range(1, len(history) + 1))
            assert revision_id is None or revision_id == history[-1].revision_id
        once = Counter(row.revision_id for rows in self.published.values() for row in rows)
        assert all(count == 1 for count in once.values())

    def is_of_the_beginning(self, row: Any) -> bool:
        return row.by_id == self.world.ids["Founder"]

    def look_at_a_publication(self, row: Any) -> None:
        text = self.revisions[row.revision_id]
        if row.revision_id in self.cleared:
            assert self.cleared[row.revision_id] == row.by_id
            return
        # Nobody approved just this text, so it is one from before, put back or placed elsewhere.
        bodies = {self.revisions[each.revision_id].body for each in self.published[row.article_id]}
        assert text.body in bodies
        assert self.decides(row.by_id, text.topic_id)
        publishers = self.rules_of(text.topic_id).publishers
        assert not publishers or row.by_id in publishers

    def readers_find_what_is_live_and_nothing_else(self) -> None:
        rows = self.session.execute(sa.select(*ARTICLE)).all()
        if rows == self.articles:
            return
        self.articles = rows
        self.happened["hidden"] += any(row.hidden_at for row in rows)
        listed = {
            row.id: self.revisions[row.live_revision_id].text
            for row in rows
            if row.live_revision_id and row.hidden_at is None and row.archived_at is None
        }
        found = {each.id: each.text for each in queries.searchable(self.session)}
        assert found == listed
        reader = self.person("Bob")
        total, shown = queries.listed(self.session, reader, queries.Filter(), limit=99)
        assert (total, {row.id for row in shown}) == (len(listed), set(listed))
        archived = {
            row.id
            for row in rows
            if row.live_revision_id and row.hidden_at is None and row.archived_at is not None
        }
        _, kept = queries.listed(self.session, reader, queries.Filter(archived=True), limit=99)
        assert {row.id for row in kept} == archived

    def a_draft_is_locked_just_while_its_text_waits(self, reviews: Any) -> None:
        waiting = {row.revision_id for row in reviews if row.stored in WAITING}
        planned = sa.select(Plan.revision_id, Plan.done_at, Plan.stopped_at).where(
            Plan.revision_id.is_not(None)
        )
        for row in self.session.execute(planned):
            is_out = any(
                each.revision_id == row.revision_id
                for rows in self.published.values()
                for each in rows
            )
            assert is_out == (row.done_at is not None)
            self.happened["planned"] += row.done_at is not None
            self.happened["stopped"] += row.stopped_at is not None
            if row.done_at is None and row.stopped_at is None:
                waiting.add(row.revision_id)
        locked = self.all(sa.select(Draft.frozen_id).where(Draft.frozen_id.is_not(None)))
        assert set(locked) == waiting

    # What was typed

    def nothing_typed_is_lost(self) -> None:
        self.read_the_new_texts()
        frozen = {row.body for row in self.revisions.values()}
        kept = {row.id: row.body for row in self.session.execute(sa.select(Draft.id, Draft.body))}
        for draft_id, words in self.typed.items():
            assert kept.get(draft_id) == words or words in frozen, words
        everything = [*frozen, *kept.values()]
        for column in SAID:
            everything += self.all(sa.select(column).where(column.is_not(None)))
        everything += [
            json.dumps(detail) for detail in self.all(sa.select(AuditEntry.detail)) if detail
        ]
        together = "\n".join(everything)
        for words in self.said:
            assert words in together, words


REVIEW = (
    Review.id,
    Review.article_id,
    Review.author_id,
    Review.revision_id,
    Review.curator_id,
    Review.claimed_until,
    Review.version,
    Review.decided_at,
    Review.stored_state.label("stored"),
)
ENTRY = tuple(ReviewEntry.__table__.c)
REVISION = (
    Revision.id,
    Revision.article_id,
    Revision.base_id,
    Revision.body,
    Revision.text,
    Revision.topic_id,
    Revision.author_id,
    Revision.writers,
)
PUBLICATION = (
    Publication.id,
    Publication.article_id,
    Publication.revision_id,
    Publication.number,
    Publication.by_id,
)
ARTICLE = (Article.id, Article.live_revision_id, Article.hidden_at, Article.archived_at)
SAID = (
    ReviewEntry.note,
    LineComment.text,
    LineComment.suggestion,
    InternalNote.text,
    Flag.text,
    Flag.outcome,
    Article.hidden_because,
    Publication.unpublished_because,
    Plan.because,
)
