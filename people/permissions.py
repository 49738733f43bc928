"""The words about roles that the other rooms build on."""

from people.models import User


def can_manage_people(user: User) -> bool:
    return user.is_admin
