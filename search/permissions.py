"""Who may do what with what people look for; the same functions guard and show."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kb.models import Topic, TopicCurator
from kb.topics import Deciders
from people.models import Role, User
from search.models import Gap, GapAsker, GapState


def can_curate_search(session: Session, user: User) -> bool:
    """Curators and administrators, and whoever is named for some topic.

    They see all of it: a search says of no topic that it belongs there.
    """
    if user.role in (Role.CURATOR, Role.ADMIN):
        return user.active
    if not user.active or not session.connection().scalar(_NAMED, {"id": user.id}):
        return False
    return bool(Deciders(session).topics_of(user))


# Whether somebody is named for any topic, which is sooner said than for which. Asked for every search.
_NAMED = sa.select(
    sa.or_(
        sa.exists().where(TopicCurator.user_id == sa.bindparam("id")),
        sa.exists().where(Topic.backup_id == sa.bindparam("id")),
    )
)


def can_claim(user: User, gap: Gap) -> bool:
    """Anybody may write what nobody else writes."""
    return user.active and gap.state is GapState.OPEN


def writes(user: User, gap: Gap) -> bool:
    """Whose card it is to write at present."""
    return user.active and gap.state is GapState.CLAIMED and gap.writer_id == user.id


def can_see_gap(session: Session, user: User, gap: Gap) -> bool:
    """What was dismissed is for curators, for whoever made the card, and for those who asked.

    Of those who asked, the ones who wanted to be told are known.
    """
    if gap.state is not GapState.DISMISSED or gap.by_id == user.id:
        return user.active
    if session.get(GapAsker, (gap.id, user.id)) is not None:
        return user.active
    return can_curate_search(session, user)
