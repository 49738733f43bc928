"""Who may decide what becomes of a published article; the same functions guard and show."""

from sqlalchemy.orm import Session

from kb import policy
from kb.models import Article
from kb.permissions import can_review_topic, decides_in
from kb.topics import Deciders
from people.models import Role, User


def can_publish_in(session: Session, user: User, topic_id: int) -> bool:
    """Those who decide in a topic; where its rules name publishers, only those."""
    if not user.active or not decides_in(session, user, topic_id):
        return False
    publishers = policy.of(session, topic_id).publishers
    return not publishers or user.id in publishers


def topics_to_publish_in(session: Session, user: User) -> set[int]:
    """All topics in which this person may publish, asked for at once."""
    deciders, policies = Deciders(session), policy.Policies(session)
    decides = [
        topic_id
        for topic_id in policies.tree.by_id
        if user.is_admin or deciders.may_decide(user, topic_id)
    ]
    named = {topic_id: policies.of(topic_id).publishers for topic_id in decides}
    return {i for i, publishers in named.items() if not publishers or user.id in publishers}


def can_steer(session: Session, user: User, article: Article) -> bool:
    """Take it back, bring an earlier text back, rename it, move it: what changes what readers have."""
    return can_publish_in(session, user, article.topic_id)


def can_retire(session: Session, user: User, article: Article) -> bool:
    """Archive it, now or later, and bring it back: its owner, and those who decide in its topic."""
    return user.active and (
        article.owner_id == user.id or decides_in(session, user, article.topic_id)
    )


def can_hide(session: Session, user: User, article: Article) -> bool:
    """Hide it at once, and show it again: every curator, for something sensitive cannot wait."""
    return can_review_topic(session, user, article.topic_id)


def can_manage(session: Session, user: User, article: Article) -> bool:
    """Whether any of this is theirs to do."""
    return can_retire(session, user, article) or can_hide(session, user, article)


def may_manage(session: Session, user: User, *, owner_id: int, topic_id: int, named: bool) -> bool:
    """As `can_manage`, asking nothing of the database for the many who may not."""
    if not user.active:
        return False
    if user.id == owner_id or user.role is not Role.EMPLOYEE:
        return True
    return named and can_review_topic(session, user, topic_id)
