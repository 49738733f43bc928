"""Smaller changes to articles over the months: added, asked for again, edited, declined, taken back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from curation import checklist, samples, workflow
from curation.checklist import Verdict
from curation.models import Review, State
from kb import drafts, policy, rendering
from kb.forms import DraftFields
from kb.models import Draft
from ops.demo import reading
from ops.demo.seeding import acts, stale, texts
from ops.demo.seeding.manuscripts import Manuscripts
from ops.demo.seeding.story import RECENT_DAYS, Story
from ops.demo.seeding.texts import Change
from people.models import User

THINKING = (2 * 3600, 20 * 3600)  # working seconds in which an author mends a text


def tell(story: Story, manuscripts: Manuscripts) -> None:
    for facts in reading.entries("changes.yaml"):
        _Case(story, manuscripts, facts).tell()


@dataclass
class _Case:
    """One change, from its submission to what became of it."""

    story: Story
    manuscripts: Manuscripts
    facts: dict[str, Any]

    def tell(self) -> None:
        story, facts = self.story, self.facts
        submitted = story.moment(facts["days_ago"], self.key)
        if facts.get("draft"):
            story.at(submitted, self.begin)
            return
        story.at(submitted, self.submit)
        if "acts" in facts:
            acts.tell(story, self.key, facts["acts"])
            return
        if facts.get("lane"):
            if "looked_at" in facts:
                story.at(story.moment(facts["looked_at"]), self.find_fine)
            return
        decided = self._later(submitted, texts.QUICKEST, texts.SLOWEST)
        if "withdrawn" in facts:
            story.at(decided, self.withdraw)
            return
        if "asked" in facts:
            self._with_curator(decided, self.ask)
            again = self._later(decided, *THINKING)
            story.at(again, self.submit_again)
            decided = self._later(again, texts.QUICKEST, texts.SLOWEST // 2)
        self._with_curator(decided, self.decline if "declined" in facts else self.approve)

    @property
    def key(self) -> str:
        facts = self.facts
        return str(facts.get("key") or f"{facts['article']} {facts['author']} {facts['days_ago']}")

    @property
    def review(self) -> Review:
        return self.story.reviews[self.key]

    @property
    def curator(self) -> User:
        return self.story.people[self.facts["by"]]

    def begin(self) -> Draft:
        author = self.story.people[self.facts["author"]]
        return texts.start_draft(self.story, self.facts["article"], self._first(), by=author)

    def submit(self) -> None:
        review = texts.submit(self.story, self.key, self.begin(), self.facts["note"])
        if self.facts.get("lane"):
            assert review.state is State.APPROVED, f"not in the fast lane: {self.key}"
            self._keep()

    def ask(self) -> None:
        review = self.review
        self._tick(self.facts.get("missing", {}))
        workflow.request_changes(
            self.story.session,
            review.id,
            version=review.version,
            revision=review.revision_id,
            reason=self.facts["asked"],
            by=self.curator,
        )

    def submit_again(self) -> None:
        draft = drafts.of_article(self.story.session, self.review.author, self.review.article_id)
        assert draft is not None
        drafts.save(
            self.story.session, draft, self._final(), version=draft.version, by=draft.author
        )
        texts.submit(self.story, self.key, draft, "")

    def approve(self) -> None:
        if "adds" in self.facts and not self.facts.get("edited"):
            self._tick({})
        if self.facts.get("edited"):
            self._edit_and_approve()
        else:
            texts.approve(self.story, self.review, by=self.curator)
        self._keep()

    def decline(self) -> None:
        self._tick(self.facts.get("missing", {}))
        workflow.decline(
            self.story.session,
            self.review.id,
            version=self.review.version,
            revision=self.review.revision_id,
            reason=self.facts["declined"],
            by=self.curator,
        )

    def withdraw(self) -> None:
        workflow.withdraw(self.story.session, self.review.id, by=self.review.author)

    def find_fine(self) -> None:
        samples.find_fine(self.story.session, self.review.id, by=self.curator)

    def _tick(self, missing: Mapping[str, str]) -> None:
        """The topic's checklist: what is missing, and yes to all the rest."""
        review, session = self.review, self.story.session
        verdicts = [
            Verdict(item.key, fulfilled=item.key not in missing, reason=missing.get(item.key, ""))
            for item in policy.of(session, review.topic_id).checklist
        ]
        assert missing.keys() <= {verdict.item for verdict in verdicts}, missing
        checklist.record(session, review.id, verdicts, version=review.version, by=self.curator)

    def _edit_and_approve(self) -> None:
        session, review, edited = self.story.session, self.review, self._final()
        workflow.edit_and_approve(
            session,
            review.id,
            version=review.version,
            revision=review.revision_id,
            text=edited,
            rendering=rendering.render(session, edited.body, review.revision.dialect),
            by=self.curator,
        )
        stale.bring_up(self.story, review.article, by=self.curator)

    def _keep(self) -> None:
        """What is live from now on is what later changes build on."""
        manuscript = self.manuscripts.of(self.facts["article"])
        if manuscript is not None and "adds" in self.facts:
            manuscript.missing.remove(self.facts["adds"])
        elif manuscript is not None:
            manuscript.passages.extend(Change.of(self.facts).passages)

    def _first(self) -> DraftFields:
        """As its author first wrote it."""
        return self._text(self.facts.get("at_first"))

    def _final(self) -> DraftFields:
        return self._text(None)

    def _text(self, wording: str | None) -> DraftFields:
        live = self.story.articles[self.facts["article"]].live_revision
        assert live is not None
        fields = texts.fields_of(live)
        if "adds" in self.facts:
            manuscript = self.manuscripts.of(self.facts["article"])
            assert manuscript is not None
            return replace(fields, body=manuscript.with_(self.facts["adds"], wording))
        return Change.of(self.facts).on(fields)

    def _with_curator(self, moment: datetime, decision: Any) -> None:
        self.story.at(moment - texts.READING, self._claim)
        self.story.at(moment, decision)

    def _claim(self) -> None:
        workflow.claim(self.story.session, self.review.id, by=self.curator)

    def _later(self, moment: datetime, quickest: int, slowest: int) -> datetime:
        """Some working time later, mostly soon; lately, as the clock goes."""
        part = Random(f"{self.key} {moment:%H}{quickest}").random() ** 2
        seconds = quickest + int((slowest - quickest) * part)
        if moment > self.story.now - timedelta(days=RECENT_DAYS):
            return moment + timedelta(seconds=seconds)
        return self.story.calendar.add(moment, seconds)
