"""What became of published articles: checked, handed over, flagged, hidden, retired, put back, renamed."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from curation import escalation
from kb import dependencies, flags, handover, lifecycle, plans, reminders, standing, verification
from kb.models import Article, Flag, Publication
from ops.demo import reading
from ops.demo.seeding.story import Story
from people.models import User

Facts = Mapping[str, Any]

REMINDED = (60, 31, 20, 13, 8, 5, 3, 1, 0.2)  # days ago; what the clock does elsewhere
ESCALATED = tuple(each / 4 for each in range(40, 0, -1))


def tell(story: Story) -> None:
    told = _Told(story)
    for facts in reading.entries("care.yaml"):
        what = facts.get("name") or facts.get("close") or ""
        story.at(story.moment(facts["days_ago"], what), partial(told.act, facts))
    for days_ago in REMINDED:
        story.at(story.moment(days_ago), lambda: reminders.remind(story.session))
    for days_ago in ESCALATED:
        story.at(story.moment(days_ago), lambda: escalation.escalate_due(story.session))


class _Told:
    """The acts by the names that the content gives them."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.session = story.session
        self.flags: dict[str, Flag] = {}
        self._acts: dict[str, Callable[[Facts, User], None]] = {
            "verify": self._verify,
            "hand_over": self._hand_over,
            "rests_on": self._rests_on,
            "changed": self._changed,
            "flag": self._flag,
            "close": self._close,
            "archive": self._archive,
            "hide": self._hide,
            "unpublish": self._unpublish,
            "roll_back": self._roll_back,
            "rename": self._rename,
            "retire": self._retire,
            "keywords": self._keywords,
        }

    def act(self, facts: Facts) -> None:
        verb = next(name for name in self._acts if name in facts)
        self._acts[verb](facts, self.story.people[facts["by"]])

    def _article(self, slug: str) -> Article:
        article = self.story.articles[slug]
        self.session.refresh(article)
        return article

    def _number(self, article: Article) -> int:
        last: Publication | None = standing.last_publication(self.session, article.id)
        assert last is not None
        return last.number

    def _verify(self, facts: Facts, by: User) -> None:
        article = self._article(facts["verify"])
        assert article.live_revision_id is not None
        seen = article.live_revision_id
        verification.verify(self.session, article, seen=seen, by=by, note=facts.get("note", ""))

    def _hand_over(self, facts: Facts, by: User) -> None:
        article, to = self._article(facts["hand_over"]), self.story.people[facts["to"]]
        handover.give(self.session, article, to=to, seen=article.owner_id, by=by)

    def _rests_on(self, facts: Facts, by: User) -> None:
        """Said by whoever looks after each of the articles."""
        for slug in facts["articles"]:
            article = self._article(slug)
            dependencies.declare(
                self.session,
                article,
                kind=facts["rests_on"]["kind"],
                name=facts["rests_on"]["name"],
                by=article.owner,
            )

    def _changed(self, facts: Facts, by: User) -> None:
        said = facts["changed"]
        thing = next(
            each for each in dependencies.listed(self.session) if each.name == said["name"]
        )
        dependencies.tell_change(
            self.session, thing.id, standing=said["standing"], text=said.get("text", ""), by=by
        )

    def _flag(self, facts: Facts, by: User) -> None:
        article = self._article(facts["flag"])
        assert article.live_revision_id is not None
        self.flags[facts["name"]] = flags.open_flag(
            self.session,
            article,
            revision_id=article.live_revision_id,
            reason=facts["reason"],
            text=facts["text"],
            by=by,
        )

    def _close(self, facts: Facts, by: User) -> None:
        flag = self.flags[facts["close"]]
        flags.close(
            self.session,
            flag.id,
            version=flag.version,
            state=facts["state"],
            outcome=facts["outcome"],
            by=by,
        )

    def _archive(self, facts: Facts, by: User) -> None:
        article = self._article(facts["archive"])
        number = self._number(article)
        lifecycle.archive(self.session, article, number=number, reason=facts["reason"], by=by)

    def _hide(self, facts: Facts, by: User) -> None:
        lifecycle.hide(self.session, self._article(facts["hide"]), reason=facts["reason"], by=by)

    def _unpublish(self, facts: Facts, by: User) -> None:
        article = self._article(facts["unpublish"])
        number = self._number(article)
        lifecycle.unpublish(self.session, article, number=number, reason=facts["reason"], by=by)

    def _roll_back(self, facts: Facts, by: User) -> None:
        article = self._article(facts["roll_back"])
        number = self._number(article)
        lifecycle.roll_back(
            self.session, article, to=number - 1, number=number, reason=facts["reason"], by=by
        )

    def _rename(self, facts: Facts, by: User) -> None:
        article = self._article(facts["rename"])
        lifecycle.place(
            self.session,
            article,
            title=facts["title"],
            topic=article.topic,
            number=self._number(article),
            reason=facts["reason"],
            by=by,
        )

    def _retire(self, facts: Facts, by: User) -> None:
        at = self.story.now + timedelta(days=facts["in_days"])
        article = self._article(facts["retire"])
        plans.plan_retirement(self.session, article, at=at, reason=facts["reason"], by=by)

    def _keywords(self, facts: Facts, by: User) -> None:
        article = self._article(facts["keywords"])
        lifecycle.add_keywords(self.session, article, facts["words"], by=by)
