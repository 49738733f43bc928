"""The words about roles that the other rooms build on."""

from people.models import Role, User


def is_admin(user: User) -> bool:
    return user.is_admin


def is_curator(user: User) -> bool:
    """Curator everywhere by role; topics may name others, see `kb.permissions`."""
    return user.active and user.role is Role.CURATOR


def can_manage_people(user: User) -> bool:
    return user.is_admin
