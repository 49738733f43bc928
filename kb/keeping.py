"""Where somebody keeps what curators add: in the topics they decide in, and perhaps for all topics."""

from sqlalchemy.orm import Session

from kb.topics import Deciders, Node, tree
from people.models import Role, User


class Keeper:
    """What is for all topics belongs to everybody with the role curator, and to administrators."""

    def __init__(self, session: Session, user: User) -> None:
        self._user = user
        self._tree = tree(session)
        self._deciders = Deciders(session)

    def may(self, topic_id: int | None) -> bool:
        if self._user.is_admin:
            return True
        if topic_id is None:
            return self._user.active and self._user.role is Role.CURATOR
        return self._deciders.may_decide(self._user, topic_id)

    def topics(self) -> list[tuple[Node, str]]:
        """Each of those topics with its name, indented by depth."""
        return [
            (node, "\N{NO-BREAK SPACE}" * 4 * depth + node.name)
            for node, depth in self._tree.walk()
            if self.may(node.id)
        ]
