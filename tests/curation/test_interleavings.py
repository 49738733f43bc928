"""Two writers and two curators at once, in processes of their own: whoever comes second is told so."""

import multiprocessing
import os
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from core.db import Database
from core.outbox import Delivery, Event
from curation import talk
from curation.models import Action, LineComment, Review, ReviewEntry, State
from curation.workflow import EVENTS
from curation.workflow.moving import UNNOTICED
from kb.models import Article, Draft, Publication, Revision
from people.models import Notice, Role
from tests.curation.actors import Part, Told, run
from tests.curation.copying import copies
from tests.curation.replaying import replay
from tests.factories import bring_to, make_article, make_draft, make_topic, make_user, submit

# FIRSTHAND_TEST_ROUNDS=1000 tries as many as were asked for; an ordinary run has no time for that.
ROUNDS = int(os.environ.get("FIRSTHAND_TEST_ROUNDS", "250"))
BATCH = 100  # rounds whose cases are made, and looked at, together
LONGEST_DELAY = 0.006  # seconds; about as long as an action takes
BODY = "Come in.\n\nSit down.\n\nStay."
NAMES = ("Alice", "Bob", "Cora", "Carl")
DECISIONS = ("approve", "approve", "edit_and_approve", "request_changes", "decline")
DECIDING = {
    Action.APPROVE,
    Action.EDIT_AND_APPROVE,
    Action.REQUEST_CHANGES,
    Action.DECLINE,
    Action.WITHDRAW,
}
# What else than a conflict is an answer: the text is not theirs any more, or is as it was.
OTHER_ANSWERS = {
    "save": {"NotFound"},
    "submit": {"NotFound", "Invalid"},
    "comment": {"NotAllowed"},
}
CONFLICTS = {"Conflict", "MovedOn", "WrongState", "StaleBase", "BaseMoved", "SavedMeanwhile"}


@dataclass(frozen=True)
class Case:
    """One round: what each of the four does, and the rows that it is about."""

    kind: str
    article_id: int
    parts: tuple[Part, ...]

    @property
    def all_actions(self) -> set[str]:
        return {action for part in self.parts for action in part.actions}


def test_nothing_is_lost_or_done_twice_whoever_comes_first(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    seed = int(os.environ.get("FIRSTHAND_TEST_SEED", "0")) or random.SystemRandom().getrandbits(32)
    chance = random.Random(seed)
    # The rules are the same on both; on the second one half as many try its locks enough.
    rounds = ROUNDS if database_url.startswith("sqlite") else ROUNDS // 2
    outcomes: Counter[tuple[str, bool]] = Counter()
    with four_people(database_url, tmp_path) as people:
        templates = Templates(database)
        for start in range(0, rounds, BATCH):
            cases = templates.cases(chance, min(BATCH, rounds - start), serial=start)
            told = people.play(cases)
            outcomes.update((each.action, not each.refusal) for each in told)
            try:
                with database.reading() as session:
                    Aftermath(session, cases, told).check()
            except AssertionError as error:
                error.add_note(f"FIRSTHAND_TEST_SEED={seed}, rounds {start} to {start + BATCH}")
                raise
    if rounds >= 1000:  # then each action has been first, and has been too late
        assert {action for action, _ in outcomes} == {action for action, won in outcomes if won}
        late = {action for action, won in outcomes if not won}
        assert late >= {*DECISIONS, "claim", "take_over", "withdraw", "save", "submit", "accept"}


# The people


@dataclass
class People:
    pipes: Sequence[Connection]

    def play(self, cases: Sequence[Case]) -> list[Told]:
        for number, pipe in enumerate(self.pipes):
            pipe.send([case.parts[number] for case in cases])
        told: list[Told] = []
        for pipe in self.pipes:
            assert pipe.poll(300), "somebody does not answer"
            told += pipe.recv()
        return told


@contextmanager
def four_people(url: str, data: Path) -> Iterator[People]:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(len(NAMES))
    pipes, processes = [], []
    for number, name in enumerate(NAMES):
        ours, theirs = context.Pipe()
        arguments = (url, data, number, theirs, barrier)
        process = context.Process(target=run, args=arguments, name=name, daemon=True)
        process.start()
        pipes.append(ours)
        processes.append(process)
    try:
        yield People(pipes)
        for pipe in pipes:
            pipe.send(None)
        for process in processes:
            process.join(30)
            assert process.exitcode == 0
    finally:
        for process in processes:
            process.kill()
            process.join()


# The cases


class Templates:
    """One case of each kind, made by the workflow; those that are played are copies of it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.writing() as session:
            roles = {"Cora": Role.CURATOR, "Carl": Role.CURATOR}
            self.people = {
                name: make_user(session, name, role=roles.get(name, Role.EMPLOYEE))
                for name in NAMES
            }
            make_topic(session, "Travel")
            self.articles = {
                "submitted": self._one(session, State.SUBMITTED),
                "in_review": self._one(session, State.IN_REVIEW),
                "requested": self._one(session, State.CHANGES_REQUESTED),
                "rivals": self._rivals(session),
            }
            session.commit()
            self.ids = {name: person.id for name, person in self.people.items()}

    def _one(self, session: Session, state: State) -> int:
        """A new text that Alice and Bob write together."""
        alice, bob, cora = (self.people[name] for name in ("Alice", "Bob", "Cora"))
        draft = make_draft(session, alice, body=BODY, coauthors=[bob])
        review = submit(session, draft)
        self._suggest(session, review)
        bring_to(session, review, state, cora)
        return review.article_id

    def _rivals(self, session: Session) -> int:
        """Each has proposed a change of the same article, and each is read by another curator."""
        alice, bob, cora, carl = (self.people[name] for name in NAMES)
        article = make_article(session, make_user(session, "Founder"), body=BODY)
        for writer, curator, line in ((alice, cora, "Enter."), (bob, carl, "Welcome.")):
            changed = BODY.replace("Come in.", line)
            review = submit(session, make_draft(session, writer, article=article, body=changed))
            self._suggest(session, review)
            bring_to(session, review, State.IN_REVIEW, curator)
        return article.id

    def _suggest(self, session: Session, review: Review) -> None:
        talk.comment(
            session,
            review,
            revision_id=review.revision_id,
            first=1,
            last=1,
            text="Friendlier.",
            suggestion="Do come in.",
            key=f"page of {review.id}",
            by=self.people["Cora"],
        )

    def cases(self, chance: random.Random, count: int, *, serial: int) -> list[Case]:
        kinds = [chance.choice(list(self.articles)) for _ in range(count)]
        cases: dict[int, Case] = {}
        with self.database.writing() as session:
            for kind, article_id in self.articles.items():
                rounds = [number for number, each in enumerate(kinds) if each == kind]
                made = copies(session, article_id, len(rounds), serial=serial) if rounds else []
                ids = [new["article", article_id] for new in made]
                for number, id_ in zip(rounds, ids, strict=True):
                    cases[number] = self._case(session, chance, kind, id_)
            session.commit()
        return [cases[number] for number in range(count)]

    def _case(self, session: Session, chance: random.Random, kind: str, article_id: int) -> Case:
        of_article = Review.article_id == article_id
        reviews = session.scalars(sa.select(Review).where(of_article).order_by(Review.id)).all()
        drafts = session.scalars(sa.select(Draft).where(Draft.article_id == article_id)).all()
        parts = []
        for number, (name, actions) in enumerate(zip(NAMES, script(kind, chance), strict=True)):
            review = reviews[number % len(reviews)]
            [draft] = [each for each in drafts if each.author_id == review.author_id]
            parts.append(
                Part(
                    person_id=self.ids[name],
                    actions=actions,
                    delay=chance.uniform(0, LONGEST_DELAY),
                    review_id=review.id,
                    draft_id=draft.id,
                    comment_id=session.scalars(
                        sa.select(LineComment.id).where(LineComment.review_id == review.id)
                    ).one(),
                    version=review.version,
                    revision_id=review.revision_id,
                    draft_version=draft.version,
                    line=f"{name} on {review.id}.",
                )
            )
        return Case(kind, article_id, tuple(parts))


Actions = tuple[str, ...]


def script(kind: str, chance: random.Random) -> tuple[Actions, Actions, Actions, Actions]:
    """What Alice, Bob, Cora and Carl do."""
    first, second = chance.choice(DECISIONS), chance.choice(DECISIONS)
    begin = "take_over" if kind == "in_review" else "claim"
    match kind:
        case "rivals":
            authors = [("withdraw",), ("accept",), ("comment",), ("save",), ("withdraw", "save")]
            publish = ("approve", "approve", "edit_and_approve", "decline")
            return (
                chance.choice(authors),
                chance.choice(authors),
                (chance.choice(publish),),
                (chance.choice(publish),),
            )
        case "requested":
            authors = [("save", "submit"), ("save",), ("submit",), ("comment", "save")]
            alice = [*authors, ("save", "submit", "withdraw"), ("withdraw", "save"), ("withdraw",)]
            return (
                chance.choice(alice),
                chance.choice(authors),
                chance.choice([("claim", first), ("comment", "claim", first)]),
                chance.choice([("claim", second), ("take_over", second)]),
            )
    alice = [("withdraw",), ("accept",), ("comment",), ("save",), ("withdraw", "save"), ("submit",)]
    return (
        chance.choice(alice),
        chance.choice([("save",), ("accept",), ("comment",), ("submit",), ("comment", "save")]),
        ("claim", first) if kind == "submitted" else (first,),
        (begin, second),
    )


# What must hold afterwards


class Aftermath:
    """What the database has, beside what each of the four was told."""

    def __init__(self, session: Session, cases: Sequence[Case], told: Sequence[Told]) -> None:
        self.session, self.cases, self.told = session, cases, told
        of_cases = Review.article_id.in_([case.article_id for case in cases])
        query = sa.select(Review).where(of_cases).options(selectinload(Review.entries))
        self.reviews = session.scalars(query.order_by(Review.id)).all()
        self.began = {part.review_id: part.version for case in cases for part in case.parts}

    def check(self) -> None:
        self.whoever_is_too_late_is_told_in_a_sentence()
        self.each_answer_is_in_the_log_once()
        for review in self.reviews:
            self.log_and_table_agree(review)
            self.one_decision_each_round(review)
        for case in self.cases:
            self.somebody_has_decided(case)
            self.what_is_live_was_approved(case)
            self.what_was_saved_is_there(case)
        self.one_event_for_each_action_and_one_notice_for_each_person()

    def whoever_is_too_late_is_told_in_a_sentence(self) -> None:
        for each in self.told:
            if each.refusal:
                answers = CONFLICTS | OTHER_ANSWERS.get(each.action, set())
                assert each.is_rule, each
                assert each.refusal in answers, each
                assert each.sentence.endswith("."), each

    def each_answer_is_in_the_log_once(self) -> None:
        """Nobody was told of a success that there is none of, and nothing happened unsaid."""
        articles = {review.id: review.article_id for review in self.reviews}
        answered = Counter(
            (each.person_id, each.action, articles[each.review_id])
            for each in self.told
            if not each.refusal and each.action not in ("save", "comment", "accept")
        )
        logged = Counter(
            (entry.actor_id, entry.action.value, review.article_id)
            for review in self.reviews
            for entry in self.new_entries(review)
            if entry.action is not Action.ACCEPT
        )
        assert answered == logged
        # Both authors may take the same suggestion; it is taken once, and both are answered alike.
        took = {e.review_id for e in self.told if e.action == "accept" and not e.refusal}
        taken = [e.review_id for r in self.reviews for e in r.entries if e.action is Action.ACCEPT]
        assert Counter(taken) == Counter(took)

    def new_entries(self, review: Review) -> Sequence[ReviewEntry]:
        return review.entries[self.began.get(review.id, 0) :]

    def log_and_table_agree(self, review: Review) -> None:
        replay(review)
        counted = [entry for entry in review.entries if entry.action not in UNNOTICED]
        assert review.version == len(counted)
        assert review.revision_id == review.entries[-1].revision_id

    def one_decision_each_round(self, review: Review) -> None:
        decided = Counter(e.round for e in review.entries if e.action in DECIDING)
        ended = [entry for entry in review.entries if entry.new not in (State.SUBMITTED,)]
        last = [e for e in ended if e.action in DECIDING and e.new is not State.CHANGES_REQUESTED]
        assert len(last) <= 1
        # An author may withdraw what came back to them; that is the only second one.
        for number, count in decided.items():
            back = [e for e in review.entries if e.round == number and e.action in DECIDING]
            assert count == 1 or [e.action for e in back] == [
                Action.REQUEST_CHANGES,
                Action.WITHDRAW,
            ]

    def somebody_has_decided(self, case: Case) -> None:
        """Where two meant to decide and no author changed the text meanwhile, one of them has."""
        if case.kind in ("submitted", "in_review") and "accept" not in case.all_actions:
            [review] = [r for r in self.reviews if r.id == case.parts[0].review_id]
            assert any(entry.action in DECIDING for entry in self.new_entries(review)), case

    def what_is_live_was_approved(self, case: Case) -> None:
        article = self.session.get_one(Article, case.article_id)
        query = sa.select(Publication.revision_id).where(Publication.article_id == article.id)
        published = self.session.scalars(query.order_by(Publication.number)).all()
        approved = [
            review.revision_id
            for review in self.reviews
            if review.article_id == article.id and review.state is State.APPROVED
        ]
        former = published[:1] if case.kind == "rivals" else []
        assert published == [*former, *approved], case
        assert len(approved) <= 1
        assert article.live_revision_id == (published[-1] if published else None)

    def what_was_saved_is_there(self, case: Case) -> None:
        for part in case.parts:
            saved = [
                each
                for each in self.told
                if each.person_id == part.person_id
                and each.review_id == part.review_id
                and each.action == "save"
                and not each.refusal
            ]
            if saved:
                assert part.line in self.present_text(case, part).split("\n"), (case, part)

    def present_text(self, case: Case, part: Part) -> str:
        """The draft while it is its authors', else the text that was handed in last."""
        draft = self.session.get(Draft, part.draft_id)
        if draft is not None and not draft.locked:
            return draft.body
        author = next(r.author_id for r in self.reviews if r.id == part.review_id)
        query = sa.select(Revision.body).where(
            Revision.article_id == case.article_id, Revision.author_id == author
        )
        return self.session.scalars(query.order_by(Revision.id.desc()).limit(1)).one()

    def one_event_for_each_action_and_one_notice_for_each_person(self) -> None:
        entries = [entry for review in self.reviews for entry in self.new_entries(review)]
        subjects = [entry.id for entry in entries]
        events = self.session.scalars(
            sa.select(Event).where(Event.kind.startswith("review."), Event.subject.in_(subjects))
        ).all()
        events = [event for event in events if event.kind in EVENTS.values()]
        named = Counter((event.kind, event.subject) for event in events)
        assert named == Counter((EVENTS[entry.action], entry.id) for entry in entries)
        ids = [event.id for event in events]
        delivered = self.session.scalars(sa.select(Delivery).where(Delivery.event_id.in_(ids)))
        assert Counter(d.event_id for d in delivered if d.done_at) == Counter(ids)
        query = sa.select(Notice.event_id, Notice.user_id).where(Notice.event_id.in_(ids))
        told = Counter((row.event_id, row.user_id) for row in self.session.execute(query))
        assert all(count == 1 for count in told.values())
        by_entry = {event.subject: event.id for event in events}
        for review in self.reviews:
            for entry in self.new_entries(review):
                if entry.action in DECIDING - {Action.WITHDRAW, Action.EDIT_AND_APPROVE}:
                    assert told[by_entry[entry.id], review.author_id] == 1
