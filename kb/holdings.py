"""What somebody looks after in the knowledge base, and how each sort of it is handed over."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kb import flags, policy
from kb.handover import Part, Receivers, also
from kb.models import Article, Draft, Flag, FlagState, Topic, TopicCurator
from kb.policy import Policies
from people import company
from people.models import Role, User

Counts = Mapping[int | None, int]


def init_app() -> None:
    for part in PARTS:
        also(part)


def _by_topic(session: Session, topics: sa.Select[int]) -> Counts:
    return Counter(session.scalars(topics))


# Articles


def count_articles(session: Session, person: User) -> Counts:
    return _by_topic(session, sa.select(Article.topic_id).where(Article.owner_id == person.id))


def give_articles(
    session: Session, person: User, receivers: Receivers, *, by: User
) -> Mapping[int, int]:
    owned = sa.select(Article).where(Article.owner_id == person.id).order_by(Article.id)
    got: Counter[int] = Counter()
    for article in session.scalars(owned.with_for_update()):
        article.owner = receivers.of(article.topic_id)
        got[article.owner.id] += 1
    session.flush()
    return got


# Topics: deciding there, standing in, publishing


def count_curated(session: Session, person: User) -> Counts:
    return _by_topic(
        session, sa.select(TopicCurator.topic_id).where(TopicCurator.user_id == person.id)
    )


def give_curated(
    session: Session, person: User, receivers: Receivers, *, by: User
) -> Mapping[int, int]:
    got: Counter[int] = Counter()
    for topic_id in count_curated(session, person):
        topic, receiver = session.get_one(Topic, topic_id), receivers.of(topic_id)
        others = [each for each in topic.curators if each.id not in (person.id, receiver.id)]
        topic.curators = [*others, receiver]
        if topic.backup_id == receiver.id:
            topic.backup = None  # who decides needs no standing in for themselves
        got[receiver.id] += 1
    session.flush()
    return got


def count_backed(session: Session, person: User) -> Counts:
    return _by_topic(session, sa.select(Topic.id).where(Topic.backup_id == person.id))


def give_backed(
    session: Session, person: User, receivers: Receivers, *, by: User
) -> Mapping[int, int]:
    got: Counter[int] = Counter()
    for topic in session.scalars(sa.select(Topic).where(Topic.backup_id == person.id)).all():
        receiver = receivers.of(topic.id)
        decides = receiver.id in {each.id for each in topic.curators}
        topic.backup = None if decides else receiver
        got[receiver.id] += 1
    session.flush()
    return got


def count_publishing(session: Session, person: User) -> Counts:
    own = Policies(session).own
    return Counter(topic for topic, row in own.items() if person.id in (row.publishers or ()))


def give_publishing(
    session: Session, person: User, receivers: Receivers, *, by: User
) -> Mapping[int, int]:
    """Who publishes is a rule of the topic: changing it makes a new row of its rules."""
    got: Counter[int] = Counter()
    for topic_id in count_publishing(session, person):
        assert topic_id is not None
        policies, receiver = Policies(session), receivers.of(topic_id)
        rules = policies.rules(topic_id)
        named = set(rules.publishers or ()) - {person.id} | {receiver.id}
        active = session.scalars(sa.select(User.id).where(User.id.in_(named), User.active))
        policy.change(
            session,
            session.get_one(Topic, topic_id),
            replace(rules, publishers=tuple(active)),
            expected_number=policies.number(topic_id),
            note=f"Handed over by {person.name}",
            by=by,
        )
        got[receiver.id] += 1
    return got


# Seeing to it that nothing lies about


def count_coordination(session: Session, person: User) -> Counts:
    return {None: 1} if company.times(session).coordinator_id == person.id else {}


def give_coordination(
    session: Session, person: User, receivers: Receivers, *, by: User
) -> Mapping[int, int]:
    """To a receiver who can be it; else it stays, and the page still names it."""
    times = company.times(session)
    if times.coordinator_id != person.id or receivers.default.role is Role.EMPLOYEE:
        return {}
    chosen = replace(times, coordinator_id=receivers.default.id)
    company.change(session, chosen, former=times.mark, by=by)
    return {receivers.default.id: 1}


# Flags to handle


def count_flags(session: Session, person: User) -> Counts:
    return _by_topic(session, _handled(person, Article.topic_id))


def give_flags(
    session: Session, person: User, receivers: Receivers, *, by: User
) -> Mapping[int, int]:
    """To the receiver; nobody gets what they flagged themselves, as long as there is somebody else."""
    got: Counter[int] = Counter()
    for flag in session.scalars(_handled(person, Flag).with_for_update(of=Flag)).all():
        topic_id = flag.article.topic_id
        receiver = receivers.of(topic_id)
        if receiver.id == flag.by_id:
            people = flags.responsible(session, topic_id)
            others = [each for each in people if each.id not in (person.id, flag.by_id)]
            receiver = others[0] if others else receiver
        flag.handler = receiver
        flag.version += 1
        got[receiver.id] += 1
    session.flush()
    return got


def _handled(person: User, what: Any) -> sa.Select[Any]:
    open_flags = sa.select(what).select_from(Flag).join(Article, Article.id == Flag.article_id)
    return open_flags.where(Flag.handler_id == person.id, Flag.state == FlagState.OPEN)


# Drafts


def count_drafts(session: Session, person: User) -> Counts:
    mine = sa.select(Draft.topic_id).where(Draft.author_id == person.id, Draft.deleted_at.is_(None))
    return Counter(session.scalars(mine))


def give_drafts(
    session: Session, person: User, receivers: Receivers, *, by: User
) -> Mapping[int, int]:
    """The receiver goes on writing; whoever began it stays credited.

    Where a review stands on a draft, or the receiver has one of the same article, the draft stays
    its author's and the receiver writes with them.
    """
    got: Counter[int] = Counter()
    mine = sa.select(Draft).where(Draft.author_id == person.id, Draft.deleted_at.is_(None))
    for draft in session.scalars(mine.order_by(Draft.id)).all():
        receiver = receivers.of(draft.topic_id)
        others = [each for each in draft.coauthors if each.id != receiver.id]
        if draft.under_review or _has_one_of(session, receiver, draft):
            draft.coauthors = [*others, receiver]
        else:
            draft.coauthors = [*others, person]
            draft.author = receiver
        session.flush()
        got[receiver.id] += 1
    return got


def _has_one_of(session: Session, receiver: User, draft: Draft) -> bool:
    same = sa.or_(Draft.key == draft.key, Draft.article_id == draft.article_id)
    theirs = sa.select(Draft.id).where(Draft.author_id == receiver.id, Draft.deleted_at.is_(None))
    return session.scalar(theirs.where(same).limit(1)) is not None


PARTS: Sequence[Part] = (
    Part("articles", "article", "articles", count_articles, give_articles),
    Part("curated", "topic to decide in", "topics to decide in", count_curated, give_curated),
    Part("backed", "topic to stand in for", "topics to stand in for", count_backed, give_backed),
    Part(
        "publishing",
        "topic to publish in",
        "topics to publish in",
        count_publishing,
        give_publishing,
    ),
    Part("flags", "flag to look into", "flags to look into", count_flags, give_flags),
    Part(
        "coordination",
        "company to coordinate",
        "companies to coordinate",
        count_coordination,
        give_coordination,
    ),
    Part("drafts", "draft", "drafts", count_drafts, give_drafts, on_leaving=True),
)
