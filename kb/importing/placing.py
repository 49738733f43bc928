"""Which topic and which people a file means; topics that are missing are made."""

import re
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.text import slugify
from kb import topics
from kb.importing.documents import TopicWish
from kb.models import Topic
from people import accounts
from people.models import User


class Places:
    """Finds topics; makes those that are missing, and remembers their names for the report."""

    def __init__(self, session: Session, root: str) -> None:
        self.session = session
        self.root = root  # the topic of files that lie in no folder
        self.made: list[str] = []
        self._all = list(session.scalars(sa.select(Topic).order_by(Topic.id)))

    def topic(self, wish: TopicWish) -> Topic:
        if wish.word and (found := self._anywhere(wish.word)):
            return found
        names = wish.names or (self.root,)
        rough = wish.rough or not wish.names
        parent: Topic | None = None
        for name in names:
            parent = self._child(parent, name, rough=rough) or self._make(parent, name)
        assert parent is not None
        return parent

    def _anywhere(self, word: str) -> Topic | None:
        slug = [each for each in self._all if each.slug == word]
        named = [each for each in self._all if each.name.casefold() == word.casefold()]
        found = slug or (named if len(named) == 1 else [])
        return found[0] if found else None

    def _child(self, parent: Topic | None, name: str, *, rough: bool) -> Topic | None:
        parent_id = parent.id if parent else None
        children = [each for each in self._all if each.parent_id == parent_id]
        exact = [each for each in children if each.name == name]
        if not exact and rough:
            slug = slugify(name, longest=60)
            exact = [
                each for each in children if slug in (each.slug, slugify(each.name, longest=60))
            ]
        return exact[0] if exact else None

    def _make(self, parent: Topic | None, name: str) -> Topic:
        topic = topics.create(self.session, name=name, parent=parent)
        self._all.append(topic)
        self.made.append(name)
        return topic


class Writers:
    """Finds people by what a file calls them: e-mail address, handle, exact name, or both."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._known: dict[str, User | None] = {}

    def find(self, words: str) -> User | None:
        if words not in self._known:
            self._known[words] = self._look_up(words)
        return self._known[words]

    def resolve(self, words: Sequence[str]) -> tuple[list[User], list[str]]:
        """The people among them, and the names of the others."""
        people, names = [], []
        for each in words:
            person = self.find(each)
            if person is None:
                names.append(_split_address(each)[0] or each)
            elif person not in people:
                people.append(person)
        return people, names

    def _look_up(self, words: str) -> User | None:
        name, address = _split_address(words)
        if found := accounts.find_by_word(self.session, address or words):
            return found
        if address:
            return None  # somebody else may have the same name
        named = sa.select(User).where(User.name == name, User.active).limit(2)
        people = self.session.scalars(named).all()
        return people[0] if len(people) == 1 else None


def _split_address(words: str) -> tuple[str, str]:
    """`Anna Berg <anna@example.com>` taken apart."""
    match = re.fullmatch(r"([^<>]*)<([^<>\s]+@[^<>\s]+)>", words.strip())
    return (match[1].strip(), match[2]) if match else (words.strip(), "")
