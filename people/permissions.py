"""The words about roles that the other rooms build on."""

from people.models import User


def can_manage_people(user: User) -> bool:
    return user.is_admin


def can_manage_company(user: User) -> bool:
    """Whose choice it is when the company works, and who coordinates."""
    return user.is_admin


def can_read_audit(user: User) -> bool:
    return user.is_admin
