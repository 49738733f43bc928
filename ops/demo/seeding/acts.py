"""What people did with a text under review, one act after another, as the content tells it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, TypedDict

from curation import checklist, talk, workflow
from curation.checklist import Verdict
from curation.lines import Lines
from curation.models import LineComment, Review, State
from kb import drafts, rendering
from kb.forms import DraftFields
from ops.demo.seeding import stale, texts
from ops.demo.seeding.story import Story
from ops.demo.seeding.texts import Change
from people.models import User

Facts = Mapping[str, Any]


class Seen(TypedDict):
    """What a decision names: a review, as it stands."""

    review_id: int
    version: int
    revision: int


def tell(story: Story, key: str, told: Iterable[Facts]) -> None:
    """Let each act happen at its time; `key` names the review."""
    case = _Case(story, key)
    for facts in told:
        story.at(story.moment(facts["days_ago"], key), partial(case.act, facts))


class _Case:
    """A review, and the threads of comments on it by the names that the content gives them."""

    def __init__(self, story: Story, key: str) -> None:
        self.story = story
        self.session = story.session
        self.key = key
        self.threads: dict[str, LineComment] = {}
        self._acts: dict[str, Callable[[Facts, User], None]] = {
            "claim": self._claim,
            "comment": self._comment,
            "answer": self._answer,
            "settle": self._settle,
            "accept": self._accept,
            "checklist": self._checklist,
            "tick": self._tick,
            "note": self._note,
            "assign": self._assign,
            "request": self._request,
            "submit": self._submit,
            "approve": self._approve,
            "edit": self._edit,
            "decline": self._decline,
            "withdraw": self._withdraw,
            "merge": self._merge,
        }

    def act(self, facts: Facts) -> None:
        verb = next(name for name in self._acts if name in facts)
        self._acts[verb](facts, self.story.people[facts["by"]])

    @property
    def review(self) -> Review:
        return self.story.reviews[self.key]

    def _claim(self, facts: Facts, by: User) -> None:
        workflow.claim(self.session, self.review.id, by=by)

    def _comment(self, facts: Facts, by: User) -> None:
        """The first one of a curator claims what nobody reads, as on the page."""
        review = self.review
        if by.id != review.author_id and review.state is State.SUBMITTED:
            workflow.claim(self.session, review.id, by=by)
        lines = self._lines(facts)
        name = facts.get("name", facts["comment"][:30])
        self.threads[name] = talk.comment(
            self.session,
            review,
            revision_id=review.revision_id,
            first=lines.first,
            last=lines.last,
            text=facts["comment"],
            suggestion=facts.get("suggestion"),
            key=f"{self.key} {name}",
            by=by,
        )

    def _answer(self, facts: Facts, by: User) -> None:
        thread = self.threads[facts["to"]]
        key = f"{self.key} {facts['to']} {facts['days_ago']}"
        talk.answer(self.session, thread, text=facts["answer"], key=key, by=by)

    def _settle(self, facts: Facts, by: User) -> None:
        talk.resolve(self.session, self.threads[facts["settle"]], done=True, by=by)

    def _accept(self, facts: Facts, by: User) -> None:
        workflow.accept_into_draft(self.session, self.threads[facts["accept"]], by=by)

    def _checklist(self, facts: Facts, by: User) -> None:
        self._hold(by)
        verdicts = [self._verdict(item, said) for item, said in facts["checklist"].items()]
        checklist.record(self.session, self.review.id, verdicts, version=self.review.version, by=by)

    def _verdict(self, item: str, said: bool | Facts) -> Verdict:
        if isinstance(said, bool):
            return Verdict(item, fulfilled=said)
        lines = self._lines(said) if "line" in said else None
        return Verdict(item, fulfilled=False, reason=said["missing"], lines=lines)

    def _tick(self, facts: Facts, by: User) -> None:
        tasks = checklist.tasks(self.session, self.review)
        task = next(task for task in tasks if task.item == facts["tick"])
        checklist.tick(self.session, self.review.id, task.id, done=True, by=by)

    def _note(self, facts: Facts, by: User) -> None:
        key = f"{self.key} {facts['days_ago']}"
        talk.note(self.session, self.review, text=facts["note"], key=key, by=by)

    def _assign(self, facts: Facts, by: User) -> None:
        to = self.story.people[facts["assign"]]
        workflow.assign(self.session, self.review.id, to=to, by=by)

    def _request(self, facts: Facts, by: User) -> None:
        self._hold(by)
        reason = facts["request"]
        workflow.request_changes(self.session, **self._seen(), reason=reason, by=by)

    def _submit(self, facts: Facts, by: User) -> None:
        """The next round."""
        review = self.review
        draft = drafts.of_article(self.session, review.author, review.article_id)
        assert draft is not None
        changed = Change.of(facts["submit"]).on(texts.fields_of(draft))
        drafts.save(self.session, draft, changed, version=draft.version, by=by)
        texts.submit(self.story, self.key, draft, facts["submit"].get("note", ""))

    def _approve(self, facts: Facts, by: User) -> None:
        self._hold(by)
        if "in_days" in facts:
            at = self.story.now + timedelta(days=facts["in_days"])
            note = facts["approve"]
            workflow.approve(self.session, **self._seen(), note=note, by=by, at=at)
        else:
            texts.approve(self.story, self.review, by=by, note=facts["approve"])

    def _edit(self, facts: Facts, by: User) -> None:
        self._hold(by)
        edited = Change.of(facts["edit"]).on(texts.fields_of(self.review.revision))
        workflow.edit_and_approve(
            self.session,
            **self._seen(),
            text=edited,
            rendering=self._rendered(edited),
            note=facts["edit"].get("note", ""),
            by=by,
        )
        stale.bring_up(self.story, self.review.article, by=by)

    def _decline(self, facts: Facts, by: User) -> None:
        self._hold(by)
        workflow.decline(self.session, **self._seen(), reason=facts["decline"], by=by)

    def _withdraw(self, facts: Facts, by: User) -> None:
        workflow.withdraw(self.session, self.review.id, by=by)

    def _merge(self, facts: Facts, by: User) -> None:
        """Into another article, as a proposal to it where there is something to add."""
        self._hold(by)
        target = self.story.articles[facts["merge"]["into"]]
        assert target.live_revision is not None
        text = Change.of(facts["merge"]).on(texts.fields_of(target.live_revision))
        adds = "replace" in facts["merge"]
        workflow.merge_into(
            self.session,
            **self._seen(),
            target=target,
            text=text if adds else None,
            rendering=self._rendered(text) if adds else None,
            reason=facts["merge"]["reason"],
            by=by,
        )

    def _hold(self, by: User) -> None:
        """Claim it, unless it is claimed already."""
        if self.review.holder_id != by.id:
            workflow.claim(self.session, self.review.id, by=by)

    def _seen(self) -> Seen:
        review = self.review
        return Seen(review_id=review.id, version=review.version, revision=review.revision_id)

    def _lines(self, facts: Facts) -> Lines:
        """From the line that begins with `line` to the one that begins with `until`."""
        lines = self.review.revision.body.split("\n")
        first = _number(lines, facts["line"])
        return Lines(first, _number(lines, facts["until"]) if "until" in facts else first)

    def _rendered(self, fields: DraftFields) -> rendering.Rendering:
        return rendering.render(self.session, fields.body, self.review.revision.dialect)


def _number(lines: list[str], beginning: str) -> int:
    found = [n for n, line in enumerate(lines, 1) if line.lstrip().startswith(beginning)]
    assert len(found) == 1, f"{len(found)} lines begin with {beginning}"
    return found[0]
