"""The address under which somebody's feed reader, which cannot sign in, may read the queue."""

import sqlalchemy as sa
from itsdangerous import BadSignature, Signer
from sqlalchemy.orm import Session

from people.models import User


def token(secret: str, user: User) -> str:
    """Names this person and proves it, until their session key changes."""
    return _signer(secret, user).sign(str(user.id)).decode()


def reader(session: Session, secret: str, token: str) -> User | None:
    """Whose token this is; None once it was revoked, or if it never was one."""
    id_ = token.partition(".")[0]
    if not id_.isascii() or not id_.isdecimal() or len(id_) > 9:
        return None
    user = session.scalar(sa.select(User).where(User.id == int(id_), User.active))
    if user is None:
        return None
    try:
        _signer(secret, user).unsign(token)
    except BadSignature:
        return None
    return user


def _signer(secret: str, user: User) -> Signer:
    # With the person's own key in the salt, signing out everywhere ends the subscription too.
    return Signer(secret, salt=f"queue feed of {user.session_key}", sep=".")
