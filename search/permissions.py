"""Who may do what with what people look for; the same functions guard and show."""

from sqlalchemy.orm import Session

from kb.topics import Deciders
from people.models import Role, User
from search.models import Gap, GapState


def can_curate_search(session: Session, user: User) -> bool:
    """Curators and administrators, and whoever is named for some topic.

    They see all of it: a search says of no topic that it belongs there.
    """
    if user.role in (Role.CURATOR, Role.ADMIN):
        return user.active
    return user.active and bool(Deciders(session).topics_of(user))


def can_claim(user: User, gap: Gap) -> bool:
    """Anybody may write what nobody else writes."""
    return user.active and gap.state is GapState.OPEN


def writes(user: User, gap: Gap) -> bool:
    """Whose card it is to write at present."""
    return user.active and gap.state is GapState.CLAIMED and gap.writer_id == user.id


def can_see_gap(session: Session, user: User, gap: Gap) -> bool:
    """What was dismissed is for curators, and for those who asked."""
    if gap.state is not GapState.DISMISSED or gap.by_id == user.id:
        return user.active
    return can_curate_search(session, user)
