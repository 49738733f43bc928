"""The topic tree: reading it, changing it, and who decides where."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from core import audit, outbox
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.models import Model
from core.text import one_line, slugify
from kb.models import Article, Topic, TopicCurator, TopicSlug
from people.models import Role, User

CHANGED = "topic.changed"
ARTICLE_CHANGED = "article.changed"


@dataclass(frozen=True)
class Node:
    """One topic as the tree shows it."""

    id: int
    slug: str
    name: str
    parent_id: int | None
    description: str


class Tree:
    """All topics at once: there are tens of them, so one query answers every question."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.by_id = {node.id: node for node in nodes}
        self._children: dict[int | None, list[Node]] = defaultdict(list)
        for node in nodes:
            self._children[node.parent_id].append(node)

    @cached_property
    def by_slug(self) -> dict[str, Node]:
        return {node.slug: node for node in self.by_id.values()}

    def children(self, topic_id: int | None) -> list[Node]:
        return self._children.get(topic_id, [])

    def path(self, topic_id: int | None) -> list[Node]:
        """From the root down to this topic."""
        path: list[Node] = []
        while topic_id is not None and len(path) < 50:
            node = self.by_id[topic_id]
            path.insert(0, node)
            topic_id = node.parent_id
        return path

    def below(self, topic_id: int) -> list[int]:
        """This topic's id and those of everything under it."""
        return [topic_id] + [i for child in self.children(topic_id) for i in self.below(child.id)]

    def walk(self, topic_id: int | None = None, depth: int = 0) -> Iterator[tuple[Node, int]]:
        """Every topic with its depth, parents first."""
        for node in self.children(topic_id):
            yield node, depth
            yield from self.walk(node.id, depth + 1)

    def choices(self) -> list[tuple[str, str]]:
        """(slug, name indented by depth) for a select."""
        return [
            (node.slug, "\N{NO-BREAK SPACE}" * 4 * depth + node.name) for node, depth in self.walk()
        ]


def tree(session: Session) -> Tree:
    return Tree([Node(*row) for row in session.execute(_NODES)])


# Many pages need the tree, and every page that a curator sees: built once.
_NODES = sa.select(Topic.id, Topic.slug, Topic.name, Topic.parent_id, Topic.description).order_by(
    Topic.name, Topic.id
)


def with_curators(session: Session) -> Sequence[Topic]:
    """All topics with those who decide in them, read with two queries."""
    query = sa.select(Topic).options(joinedload(Topic.backup), selectinload(Topic.curators))
    return session.scalars(query).all()


def find(session: Session, slug: str) -> Topic | None:
    return session.scalar(sa.select(Topic).where(Topic.slug == slug))


def find_moved(session: Session, slug: str) -> Topic | None:
    """The topic that a former address leads to."""
    return session.scalar(
        sa.select(Topic)
        .join(TopicSlug, TopicSlug.topic_id == Topic.id)
        .where(TopicSlug.slug == slug)
    )


# Who decides


class Deciders:
    """Who may decide in which topic, read with two queries.

    A topic, or else its nearest ancestor that names curators, is decided by those and its backup.
    Where nobody is named, everybody with the role curator decides.
    """

    def __init__(self, session: Session) -> None:
        self._tree = tree(session)
        self._named: dict[int, set[int]] = defaultdict(set)
        for topic_id, *people in session.execute(_NAMED):
            self._named[topic_id].update(person for person in people if person is not None)

    def named_for(self, topic_id: int) -> set[int] | None:
        """Ids of those named for this topic, or None where the role decides."""
        for node in reversed(self._tree.path(topic_id)):
            if self._named.get(node.id):
                return self._named[node.id]
        return None

    def may_decide(self, user: User, topic_id: int) -> bool:
        if not user.active:
            return False
        named = self.named_for(topic_id)
        return user.role is Role.CURATOR if named is None else user.id in named

    def topics_of(self, user: User) -> list[int]:
        """Topics in which this person decides."""
        return [topic_id for topic_id in self._tree.by_id if self.may_decide(user, topic_id)]

    def people_for(self, session: Session, topic_id: int) -> Sequence[User]:
        """Everybody who may decide in this topic."""
        named = self.named_for(topic_id)
        who = User.role == Role.CURATOR if named is None else User.id.in_(named)
        return session.scalars(sa.select(User).where(User.active, who).order_by(User.name)).all()


_NAMED = sa.select(TopicCurator.topic_id, TopicCurator.user_id, Topic.backup_id).join(
    Topic, Topic.id == TopicCurator.topic_id
)


def has_curators(session: Session) -> bool:
    """Whether anybody can approve anything yet."""
    by_role = sa.select(User.id).where(User.active, User.role == Role.CURATOR)
    named = sa.select(TopicCurator.user_id)
    return session.scalar(sa.union(by_role, named).limit(1)) is not None


# Changing the tree


def add(
    session: Session, *, name: str, description: str = "", parent: Topic | None = None, by: User
) -> Topic:
    _require_admin(by)
    return create(session, name=name, description=description, parent=parent, by=by)


def create(
    session: Session,
    *,
    name: str,
    description: str = "",
    parent: Topic | None = None,
    by: User | None = None,
) -> Topic:
    """As `add`, for commands: whoever may run them is an administrator of this machine."""
    name = _name(name)
    topic = Topic(
        slug=_free_slug(session, name),
        name=name,
        description=one_line(description)[:300],
        parent=parent,
    )
    session.add(topic)
    session.flush()  # addresses and children refer to the new id
    _write_down(session, "topic.added", topic, by, {"below": parent.name} if parent else None)
    return topic


def change(session: Session, topic: Topic, *, name: str, description: str, by: User) -> None:
    """Rename or describe anew; a new name gives a new address, and the old one leads to it."""
    _require_admin(by)
    name, before = _name(name), {"name": topic.name, "description": topic.description}
    if name != topic.name:
        topic.name = name
        _readdress(session, topic, _free_slug(session, name, keep=topic))
        outbox.record(session, CHANGED, topic.id, by=by.id)
    topic.description = one_line(description)[:300]
    after = {"name": topic.name, "description": topic.description}
    if after != before:
        _write_down(session, "topic.changed", topic, by, {"before": before, "after": after})


def move(session: Session, topic: Topic, parent: Topic | None, *, by: User) -> None:
    """Hang a topic, with all below it, under another."""
    _require_admin(by)
    if parent is not None and parent.id in tree(session).below(topic.id):
        raise Invalid(
            "A topic cannot be moved below itself.", {"parent": "Choose a topic outside this one."}
        )
    if parent is topic.parent:
        return
    before = {"below": topic.parent.name if topic.parent else ""}
    after = {"below": parent.name if parent else ""}
    topic.parent = parent
    _write_down(session, "topic.moved", topic, by, {"before": before, "after": after})
    outbox.record(session, CHANGED, topic.id, by=by.id)


def merge(session: Session, topic: Topic, into: Topic, *, by: User) -> None:
    """Everything in `topic` moves to `into`; its addresses lead there from now on."""
    _require_admin(by)
    if into.id in tree(session).below(topic.id):
        raise Invalid(
            "A topic cannot be merged into itself.", {"into": "Choose a topic outside this one."}
        )
    for table in _filed():
        of_topic = table.c.topic_id == topic.id
        session.execute(sa.update(table).where(of_topic).values(topic_id=into.id))
    session.execute(sa.update(Topic).where(Topic.parent_id == topic.id).values(parent_id=into.id))
    session.execute(
        sa.update(TopicSlug).where(TopicSlug.topic_id == topic.id).values(topic_id=into.id)
    )
    slug = topic.slug
    _write_down(session, "topic.merged", topic, by, {"into": into.name})
    session.delete(topic)
    session.flush()  # the address must be free before it becomes a former one
    session.add(TopicSlug(slug=slug, topic_id=into.id))
    session.expire_all()
    outbox.record(session, CHANGED, into.id, by=by.id)


OWN = {"topic_curator", "topic_slug", "topic_policy"}  # what goes with a topic


def _filed() -> list[sa.Table]:
    """Every table, of whatever room, whose rows lie in a topic."""
    column = Topic.__table__.c.id
    return [
        table
        for table in Model.metadata.sorted_tables
        if table.name not in OWN
        and "topic_id" in table.c
        and any(key.column is column for key in table.c.topic_id.foreign_keys)
    ]


def remove(session: Session, topic: Topic, *, by: User) -> None:
    """Only an empty topic can be removed; one with articles is merged."""
    _require_admin(by)
    used = any(
        session.scalar(sa.select(1).where(table.c.topic_id == topic.id).limit(1)) is not None
        for table in _filed()
    )
    if used or tree(session).children(topic.id):
        raise Conflict(f"{topic.name} is not empty. Merge it into another topic instead.")
    _write_down(session, "topic.removed", topic, by)
    session.delete(topic)


def name_curators(
    session: Session, topic: Topic, curators: Sequence[User], backup: User | None, *, by: User
) -> None:
    """Who decides here; nobody named means that the nearest ancestor's curators do, or the role."""
    _require_admin(by)
    inactive = [user.name for user in (*curators, *([backup] if backup else [])) if not user.active]
    if inactive:
        raise Invalid(
            f"{inactive[0]} cannot sign in any more.",
            {"curators": "Choose people who can sign in."},
        )
    if backup is not None and not curators:
        raise Invalid(
            "A backup stands in for curators: name those first.", {"backup": "Name curators first."}
        )
    before = _decided_by(topic)
    topic.curators = list(curators)
    topic.backup = backup
    after = _decided_by(topic)
    if after != before:
        _write_down(session, "curators.named", topic, by, {"before": before, "after": after})


def _decided_by(topic: Topic) -> dict[str, Any]:
    names = sorted(user.name for user in topic.curators)
    return {"curators": names, "backup": topic.backup.name if topic.backup else ""}


def _write_down(
    session: Session,
    action: str,
    topic: Topic,
    by: User | None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Into the audit log, with the topic's name as it is now."""
    audit.write(
        session,
        action,
        "topic",
        topic.id,
        name=topic.name,
        by=by.id if by else None,
        by_name=by.name if by else "",
        detail=detail,
    )


def _require_admin(by: User) -> None:
    if not by.is_admin:
        raise NotAllowed("Only administrators change topics.")


def _name(name: str) -> str:
    name = one_line(name)
    if not 1 <= len(name) <= 80:
        raise Invalid(
            "Give the topic a name of at most 80 characters.",
            {"name": "1 to 80 characters, please."},
        )
    return name


def _free_slug(session: Session, name: str, keep: Topic | None = None) -> str:
    wish = slugify(name, longest=60)
    taken = set(session.scalars(sa.select(Topic.slug).where(Topic.slug.startswith(wish))))
    former = sa.select(TopicSlug).where(TopicSlug.slug.startswith(wish))
    own_id = keep.id if keep else None
    taken |= {row.slug for row in session.scalars(former) if row.topic_id != own_id}
    if keep:
        taken.discard(keep.slug)
    return (
        wish
        if wish not in taken
        else next(s for n in range(2, 1000) if (s := f"{wish}-{n}") not in taken)
    )


def _readdress(session: Session, topic: Topic, slug: str) -> None:
    if slug == topic.slug:
        return
    session.execute(sa.delete(TopicSlug).where(TopicSlug.slug == slug))  # a return to a former name
    session.add(TopicSlug(slug=topic.slug, topic_id=topic.id))
    topic.slug = slug


def require(session: Session, topic_id: int) -> Topic:
    topic = session.get(Topic, topic_id)
    if topic is None:
        raise NotFound("There is no such topic.")
    return topic


def touch_articles(session: Session, events: Sequence[outbox.Event]) -> None:
    """A topic's name or place changed: so did what is shown and found of every article in it."""
    topics = tree(session)
    ids = {below for e in events if e.subject in topics.by_id for below in topics.below(e.subject)}
    query = sa.select(Article.id).where(
        Article.topic_id.in_(ids), Article.live_revision_id.is_not(None)
    )
    for article_id in session.scalars(query):
        outbox.record(session, ARTICLE_CHANGED, article_id)
