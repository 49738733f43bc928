"""The number of waiting submissions in the navigation, for those who decide."""

from flask import Flask
from sqlalchemy.orm import Session

from curation import queries
from curation.permissions import can_see_queue
from people.models import User
from people.nav import add_counter


def init_app(app: Flask) -> None:
    add_counter(app, "reviews", waiting)


def waiting(session: Session, user: User) -> int | None:
    """None where there is no queue to show; an administrator who decides nowhere still sees it."""
    if not can_see_queue(user, session):
        return None
    return queries.waiting_for(session, user) or 0
