"""Rules of the state machine: texts are read, talked about, and decided on."""

from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa

from core.errors import Conflict
from curation import checklist, talk, workflow
from curation.checklist import Verdict
from curation.models import OPEN, ChecklistVerdict, LineComment, Review, State
from curation.permissions import can_decide
from kb import drafts, policy, standing
from people.models import User
from tests.curation.machine.company import (
    EITHER,
    RIGHT,
    WAITING,
    act,
    deciders,
    people,
    picks,
    text,
)
from tests.curation.machine.writing import Writing
from tests.factories import Read, as_form, merged_into, reading, rendering_for

DECISIONS = ["approve", "approve", "approve", "plan", "request_changes", "decline", "send_back"]


class Reviewing(Writing):
    def whoever_reads(self, review: Review, name: str) -> User:
        """Somebody who acts as a curator; the right one claims what nobody reads yet."""
        by = self.person(name, review.curator)
        if name == RIGHT and review.state is State.SUBMITTED:
            if not can_decide(self.session, by, review):
                by = self.some_decider(review) or by
            self.claim_for(by, review)
        return by

    def some_decider(self, review: Review) -> User | None:
        found = [self.person(name) for name in ("Carl", "Pia", "Ada", "Cora")]
        return next((by for by in found if can_decide(self.session, by, review)), None)

    @act(pick=picks, name=people, old_window=EITHER)
    def claim(self, pick: int, name: str, old_window: bool) -> None:
        """An old window still shows what was there before, and can be decided in."""
        review = self.waiting(pick)
        by = self.person(name)
        shown = self.on_screen(by, review)
        self.claim_for(by, review)
        if old_window:
            self.seen[by.id, review.id] = shown

    def claim_for(self, by: User, review: Review) -> None:
        if self.request(lambda: workflow.claim(self.session, review.id, by=by), logs=(0, 1)):
            assert review.holder_id == by.id
            self.show(by, review)

    @act(pick=picks, name=people, over=EITHER, other=deciders)
    def release_or_take_over(self, pick: int, name: str, over: bool, other: str) -> None:
        review = self.waiting(pick)
        if over:
            self.whoever_reads(review, RIGHT)
            by = self.person(other)
            if pick % 2:
                self.show(by, review)
            version = self.on_screen(by, review)["version"]
            if self.request(
                lambda: workflow.take_over(self.session, review.id, version=version, by=by), (0, 1)
            ):
                assert review.holder_id == by.id
                self.show(by, review)
            return
        by = self.whoever_reads(review, name)
        if self.request(lambda: workflow.release(self.session, review.id, by=by), (0, 1)):
            assert review.holder_id is None

    @act(pick=picks, name=people, to=deciders)
    def assign(self, pick: int, name: str, to: str) -> None:
        review, by, asked = self.waiting(pick), self.person(name), self.person(to)
        if self.request(lambda: workflow.assign(self.session, review.id, to=asked, by=by), (0, 1)):
            assert review.assignee_id == asked.id
            assert asked.id != review.author_id

    # Deciding

    @act(
        often=4,
        pick=picks,
        name=people,
        what=DECISIONS,
        empty=[0] * 5 + [1],
    )
    def decide(self, pick: int, name: str, what: str, empty: int) -> None:
        review = self.waiting(pick)
        if workflow.is_stale(review) and pick % 2:
            what = "send_back"
        elif what == "send_back":
            what = "approve"
        by = self.whoever_reads(review, name)
        read, now = self.on_screen(by, review), reading(review)
        held = review.curator_id == by.id
        reason = " " if empty else self.line(by)
        if what in ("approve", "plan"):
            decided = self.approve(review, read, by, reason.strip(), planned=what == "plan")
        elif what == "send_back":
            decided = self.send_back(review, read, by)
        else:
            act = {"decline": workflow.decline, "request_changes": workflow.request_changes}[what]
            decided = self.say(
                reason.strip(),
                lambda: act(self.session, review.id, **read, reason=reason, by=by),
                (1,),
            )
            assert reason.strip() or not decided or review.entries[-1].note == ""
        assert (read == now and held) or not decided

    def approve(self, review: Review, read: Read, by: User, note: str, *, planned: bool) -> bool:
        base = review.revision.base_id
        ground = standing.base_id(self.session, review.article)
        at = self.clock.now() + timedelta(hours=5) if planned else None
        if not self.say(
            note,
            lambda: workflow.approve(self.session, review.id, **read, by=by, note=note, at=at),
            (1,),
        ):
            return False
        assert base == ground
        self.merges_begin()
        return True

    def send_back(self, review: Review, read: Read, by: User) -> bool:
        """The author's own words are kept, whether merged already or still to be chosen between."""
        draft = drafts.of_article(self.session, review.author, review.article_id)
        if draft is None:
            return False
        typed = set(review.revision.body.split("\n"))
        typed -= set(review.revision.base.body.split("\n")) if review.revision.base else set()
        if not self.request(
            lambda: workflow.send_back_to_rebase(self.session, review.id, **read, by=by), (1,)
        ):
            return False
        assert typed <= set(draft.body.split("\n"))
        self.typed[draft.id] = draft.body
        return True

    @act(
        pick=picks,
        name=people,
        line=range(0, 5),
        on_live=EITHER,
        topic=["", "", "", "Travel", "Money"],
    )
    def edit_and_approve(self, pick: int, name: str, line: int, on_live: bool, topic: str) -> None:
        review = self.waiting(pick)
        by = self.whoever_reads(review, name)
        read, now = self.on_screen(by, review), reading(review)
        ground = standing.ground_of(review.article)
        source = ground if on_live and ground is not None else review.revision
        typed = self.line(by)
        lines = source.body.split("\n\n")
        lines.insert(line, typed)
        topic_id = self.topic(topic).id if topic else review.revision.topic_id
        edited = as_form(review.revision, text(lines), topic_id)
        if self.say(
            typed,
            lambda: workflow.edit_and_approve(
                self.session,
                review.id,
                **read,
                text=edited,
                rendering=rendering_for(edited),
                on_live=on_live,
                by=by,
            ),
            (1,),
        ):
            assert read == now
            assert review.revision.body == text(lines)
            self.merges_begin()

    @act(pick=picks, name=people, other=picks, add=EITHER)
    def merge_into(self, pick: int, name: str, other: int, add: bool) -> None:
        """A duplicate: what it adds is proposed to the article that is there."""
        review = self.waiting(pick, new=True)
        by = self.whoever_reads(review, name)
        there = self.article(other)
        words = set(workflow.title_words(review))
        added = None
        if add and there.live_revision is not None:
            typed = self.line(by)
            body = text([there.live_revision.body, typed])
            added = as_form(there.live_revision, body, there.live_revision.topic_id)
        if self.request(
            lambda: merged_into(self.session, review, there, by, text=added), logs=(1, 2)
        ):
            assert review.state is State.DECLINED
            if add:
                made = self.session.get_one(Review, review.merged_into_id)
                assert made.author_id == review.author_id
                assert not can_decide(self.session, by, made)
                self.said.add(typed)
                self.happened["merged"] += 1
            else:
                assert words <= set(there.keywords)

    @act(pick=picks, name=people)
    def withdraw(self, pick: int, name: str) -> None:
        review = self.review(pick)
        by = self.person(name, review.author)
        if self.request(lambda: workflow.withdraw(self.session, review.id, by=by), (0, 1)):
            assert review.author_id == by.id

    # A newer live text

    def merges_begin(self) -> None:
        """As after each publication: what waits is carried over, which takes a while."""
        waiting = sa.select(Review).where(Review.stored_state.in_(WAITING))
        found = [(each.id, workflow.merge_with_live(each)) for each in self.all(waiting)]
        self.merges += [(id_, merge) for id_, merge in found if merge is not None]

    @act(often=5, pick=picks)
    def bring_up(self, pick: int) -> None:
        """A merge arrives: sometimes when everything has moved on."""
        if not self.merges:
            self.merges_begin()
            return
        review_id, merge = self.merges.pop(-1 if pick else 0)
        review = self.session.get_one(Review, review_id)
        before, mine, base = reading(review), review.revision, review.revision.base
        last = standing.last_publication(self.session, review.article_id)
        if last is None:
            return
        moved: list[bool] = []
        self.request(
            lambda: moved.append(
                workflow.bring_up(
                    self.session, review_id, merge, rendering_for(merge.text), by=last.by
                )
            ),
            (0, 1),
        )
        assert base is not None
        if moved == [True]:
            added = set(mine.body.split("\n")) - set(base.body.split("\n"))
            assert added <= set(review.revision.body.split("\n"))
            assert review.revision.base_id == last.revision_id
            assert before["revision"] == merge.revision_id
        else:
            assert reading(review) == before

    # Talking

    @act(pick=picks, name=people, line=range(1, 7), suggest=EITHER)
    def comment(self, pick: int, name: str, line: int, suggest: bool) -> None:
        review = self.waiting(pick)
        by = self.person(name, review.curator)
        words = self.line(by)
        if suggest:
            self.typist.pop(words)  # it is the author's once they take it
        self.say(
            words,
            lambda: talk.comment(
                self.session,
                review,
                revision_id=review.revision_id,
                first=line,
                last=line,
                text="" if suggest else words,
                suggestion=words if suggest else None,
                key=words,
                by=by,
            ),
        )

    @act(pick=picks, name=people, settle=EITHER)
    def answer(self, pick: int, name: str, settle: bool) -> None:
        thread = self.thread(pick, suggesting=False)
        if thread is None:
            return
        by = self.person(name, thread.review.author)
        words = self.line(by)
        if settle:
            done = thread.resolved_at is None
            self.request(lambda: talk.resolve(self.session, thread, done=done, by=by))
            return
        self.say(words, lambda: talk.answer(self.session, thread, text=words, key=words, by=by))

    @act(often=2, pick=picks, name=people)
    def accept(self, pick: int, name: str) -> None:
        """Its author takes a suggestion: while it is read, or into the draft that came back."""
        thread = self.thread(pick, suggesting=True)
        if thread is None:
            return
        by, review = self.person(name, thread.review.author), thread.review
        draft = drafts.of_article(self.session, review.author, review.article_id)
        if review.state is State.CHANGES_REQUESTED:
            if self.request(lambda: workflow.accept_into_draft(self.session, thread, by=by)):
                assert draft is not None
                assert thread.accepted_at is not None
                self.typed[draft.id] = draft.body
            return
        act = self.acceptance(thread, by)
        former = review.revision_id
        taken = thread.accepted_at is not None
        if act is not None and self.request(act, (0, 1)) and not taken:
            assert thread.suggestion is not None
            assert thread.suggestion in review.revision.body
            assert (review.revision_id, thread.accepted_id) == (
                thread.accepted_id,
                review.revision_id,
            )
            assert review.revision_id != former

    def acceptance(self, thread: LineComment, by: User) -> Callable[[], object] | None:
        try:
            fields = workflow.with_suggestion(thread, thread.review.revision)
        except Conflict:
            return None
        made = rendering_for(fields)
        return lambda: workflow.accept(self.session, thread, fields, made, by=by)

    def thread(self, pick: int, *, suggesting: bool) -> LineComment | None:
        suggests = LineComment.suggestion.is_not(None)
        query = sa.select(LineComment.id).where(
            LineComment.parent_id.is_(None), suggests if suggesting else ~suggests
        )
        if pick:
            query = query.join(Review).where(Review.stored_state.in_(OPEN))
        ids = self.all(query.order_by(LineComment.id.desc()).limit(4))
        return self.session.get_one(LineComment, ids[pick % len(ids)]) if ids else None

    @act(pick=picks, name=people)
    def note(self, pick: int, name: str) -> None:
        review = self.waiting(pick)
        by = self.person(name, review.curator or self.person("Carl"))
        words = self.line(by)
        if self.say(words, lambda: talk.note(self.session, review, text=words, key=words, by=by)):
            assert by.id != review.author_id
            assert talk.notes(self.session, review.author, review) == []

    @act(pick=picks, name=people, item=picks, yes=EITHER)
    def tick_the_list(self, pick: int, name: str, item: int, yes: bool) -> None:
        review = self.waiting(pick)
        by = self.whoever_reads(review, name)
        items = policy.of(self.session, review.topic_id).checklist
        words = self.line(by)
        verdict = Verdict(items[item % len(items)].key, yes, words)
        version = self.on_screen(by, review)["version"]
        if self.request(
            lambda: checklist.record(self.session, review.id, [verdict], version=version, by=by)
        ):
            assert review.holder_id == by.id
            written = sa.select(ChecklistVerdict).where(
                ChecklistVerdict.review_id == review.id,
                ChecklistVerdict.round == review.round,
                ChecklistVerdict.item == verdict.item,
            )
            [row] = self.all(written)
            assert row.reason == ("" if yes else words)

    @act(pick=picks, name=people)
    def tick_a_task(self, pick: int, name: str) -> None:
        review = self.review(pick)
        by = self.person(name, review.author)
        tasks = checklist.tasks(self.session, review)
        if tasks:
            id_, done = tasks[0].id, tasks[0].done_at is None
            self.request(lambda: checklist.tick(self.session, review.id, id_, done=done, by=by))
