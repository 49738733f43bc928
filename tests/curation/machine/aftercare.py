"""Rules of the state machine: what becomes of articles, rules and people; and time passes."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from curation import escalation, samples
from curation.models import Review
from kb import flags, handover, lifecycle, plans, standing, verification
from kb.handover import Receivers
from kb.models import Article, Flag, FlagState, Plan
from people import accounts
from tests.curation.machine.company import EITHER, act, deciders, people, picks
from tests.curation.machine.reviewing import Reviewing
from tests.factories import set_policy

RULES = [
    {"approvals": 1},
    {"approvals": 2},
    {"publishers": ()},
    {"publishers": ("Cora",)},
    {"publishers": ("Pia", "Ada")},
    {"fast_lane": True, "fast_after": 1, "fast_words": 8, "approvals": 1},
    {"fast_lane": True, "fast_after": 2, "fast_words": 8, "approvals": 1},
    {"fast_lane": False},
]
ACTS = ["unpublish", "archive", "unarchive", "hide", "show", "show", "roll_back", "rename", "move"]
topics = ["Travel", "Money"]


class Aftercare(Reviewing):
    @act(often=2, topic=topics, rules=RULES, name=people)
    def change_the_rules(self, topic: str, rules: dict[str, object], name: str) -> None:
        by = self.person(name, self.person("Ada"))
        given = dict(rules)
        if names := given.get("publishers"):
            assert isinstance(names, tuple)
            given["publishers"] = tuple(self.person(each).id for each in names)
        self.request(lambda: set_policy(self.session, self.topic(topic), by, **given))

    # Articles

    @act(pick=picks, name=people, act=ACTS, old_page=[0] * 5 + [1])
    def steer(self, pick: int, name: str, act: str, old_page: int) -> None:
        article = self.article(pick)
        by = self.person(name, self.person("Cora"))
        number = self.number_of(article) - old_page
        why = self.line(by)
        before = article.live_revision_id
        given = {"number": number, "reason": why, "by": by}
        session = self.session
        match act:
            case "hide":
                done = self.request(lambda: lifecycle.hide(session, article, reason=why, by=by))
                assert not done or article.hidden_at is not None
            case "roll_back":
                to = max(number - 1, 1)
                done = self.request(lambda: lifecycle.roll_back(session, article, to=to, **given))
            case "rename" | "move":
                title = why.rstrip(".") if act == "rename" else standing.title_of(session, article)
                topic = self.topic("Money" if act == "move" and pick % 2 else "Travel")
                topic = article.topic if act == "rename" else topic
                done = self.request(
                    lambda: lifecycle.place(session, article, title=title, topic=topic, **given)
                )
            case _:
                steps = {
                    "unpublish": lifecycle.unpublish,
                    "archive": lifecycle.archive,
                    "unarchive": lifecycle.unarchive,
                    "show": lifecycle.show,
                }
                done = self.request(lambda: steps[act](session, article, **given))
        if done and article.live_revision_id != before:
            assert not old_page
            self.said.add(why)

    @act(pick=picks, name=people, hours=range(1, 31))
    def plan_its_end(self, pick: int, name: str, hours: int) -> None:
        article = self.article(pick)
        by = self.person(name, self.person("Cora"))
        at, why = self.clock.now() + timedelta(hours=hours), self.line(by)
        if self.request(
            lambda: plans.plan_retirement(self.session, article, at=at, reason=why, by=by)
        ):
            self.said.add(why)

    @act(pick=picks, name=people)
    def cancel_a_plan(self, pick: int, name: str) -> None:
        open_ = sa.select(Plan.id).where(Plan.done_at.is_(None), Plan.stopped_at.is_(None))
        ids = self.all(open_.order_by(Plan.id))
        if ids:
            plan = self.session.get_one(Plan, ids[pick % len(ids)])
            by = self.person(name, plan.by)
            if self.request(lambda: plans.cancel(self.session, plan.id, by=by)):
                assert plan.stopped_at is not None

    @act(pick=picks, name=people, old_page=EITHER)
    def verify(self, pick: int, name: str, old_page: bool) -> None:
        article = self.article(pick)
        by = self.person(name, self.person("Cora"))
        seen = (article.live_revision_id or 0) - old_page
        if self.request(lambda: verification.verify(self.session, article, seen=seen, by=by)):
            assert article.verified_by_id == by.id
            assert not old_page

    @act(often=3, pick=picks, name=people, fine=EITHER)
    def look_at_a_sample(self, pick: int, name: str, fine: bool) -> None:
        ids = self.all(sa.select(Review.id).where(Review.sample.is_not(None)).order_by(Review.id))
        if not ids:
            return
        review = self.session.get_one(Review, ids[pick % len(ids)])
        by, was = self.person(name), review.sample
        if fine:
            self.request(lambda: samples.find_fine(self.session, review.id, by=by))
            return
        why = self.line(by)
        if (
            self.request(lambda: samples.undo(self.session, review.id, reason=why, by=by))
            and was is not review.sample
        ):
            self.said.add(why)
            assert review.decided_at is not None
            self.happened["sample undone"] += 1
            self.lose_the_lane(review.author_id, review.topic_id, review.decided_at)

    def lose_the_lane(self, author_id: int, topic_id: int, at: datetime) -> None:
        key = author_id, topic_id
        self.lost[key] = max(at, self.lost.get(key, at))

    # Flags

    @act(pick=picks, name=people, reason=["wrong", "sensitive"])
    def flag(self, pick: int, name: str, reason: str) -> None:
        article = self.article(pick)
        by = self.person(name, self.person("Bob"))
        words = self.line(by)
        self.say(
            words,
            lambda: flags.open_flag(
                self.session,
                article,
                revision_id=article.live_revision_id or 0,
                reason=reason,
                text=words,
                by=by,
            ),
        )

    @act(
        pick=picks,
        name=people,
        what=["upheld", "rejected", "pass_on", "reopen"],
        to=deciders,
    )
    def handle_a_flag(self, pick: int, name: str, what: str, to: str) -> None:
        ids = self.all(sa.select(Flag.id).order_by(Flag.id.desc()).limit(4))
        if not ids:
            return
        flag = self.session.get_one(Flag, ids[pick % len(ids)])
        by, words = self.person(name, flag.handler), ""
        session, id_, version = self.session, flag.id, flag.version
        if what == "pass_on":
            asked = self.person(to)
            self.request(lambda: flags.pass_on(session, id_, version=version, to=asked, by=by))
        elif what == "reopen":
            self.request(lambda: flags.reopen(session, id_, version=version, by=by))
        else:
            words = self.line(by)
            if (
                self.say(
                    words,
                    lambda: flags.close(
                        session, id_, version=version, state=what, outcome=words, by=by
                    ),
                )
                and flag.state is FlagState.UPHELD
            ):
                assert flag.closed_at is not None
                self.happened["flag upheld"] += 1
                text = flag.revision
                self.lose_the_lane(text.author_id, text.topic_id, flag.closed_at)

    # People

    @act(name=["Carl", "Carl", "Cora", "Pia"], back=(False, True, True))
    def come_or_go(self, name: str, back: bool) -> None:
        person, ada = self.person(name), self.person("Ada")
        act = accounts.activate if back or not person.active else accounts.deactivate
        self.request(lambda: act(self.session, person, by=ada))

    @act(name=["Carl", "Cora", "Pia", "Founder"], to=deciders, by=people)
    def hand_over(self, name: str, to: str, by: str) -> None:
        """Whatever they read goes back into the queue, for somebody else to read."""
        person, receivers = self.person(name), Receivers(self.person(to))
        who = self.person(by, self.person("Ada"))
        if self.request(
            lambda: handover.hand_over(self.session, person, receivers, by=who), range(40)
        ):
            owned = sa.select(Article.id).where(Article.owner_id == person.id)
            assert self.all(owned) == []

    # Time

    @act(minutes=[1, 20, 31, 600, 3000], pick=picks, name=people)
    def time_passes(self, minutes: int, pick: int, name: str) -> None:
        """What is due is done; and somebody looks at a page, on which they decide some time later."""
        self.clock.move(minutes=minutes)
        self.changes += 1
        review = self.review(pick)
        by = self.person(name, review.curator)
        self.show(by, review)
        if minutes > 30:
            assert self.request(lambda: plans.carry_out_due(self.session))
            assert self.request(lambda: escalation.escalate_due(self.session), range(40))
            late = sa.select(Plan.id).where(
                Plan.at <= self.clock.now(), Plan.done_at.is_(None), Plan.stopped_at.is_(None)
            )
            assert self.all(late) == []
