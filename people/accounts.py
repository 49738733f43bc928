"""Adding people, giving and changing passwords and roles, ending access.

Where `by` may be None, that stands for a command: whoever runs those administers this machine.
"""

import re
import secrets
from typing import Any

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import Session

from core import audit, clock, outbox
from core.errors import Conflict, Invalid, NotAllowed
from core.text import one_line, slugify
from people.models import Role, User

# OWASP Password Storage Cheat Sheet, argon2id: 46 MiB, one pass, one lane.
_hasher = PasswordHasher(time_cost=1, memory_cost=47104, parallelism=1)
_NOBODY = _hasher.hash(secrets.token_hex())  # so that an unknown address costs the same time

SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 200
PASSWORD_CHANGED, PASSWORD_GIVEN = "password.changed", "password.given"
ROLE_CHANGED = "role.changed"
EMAIL = re.compile(r"[^@\s<>\"]{1,64}@[^@\s<>\"]{1,190}")


def add_person(
    session: Session,
    *,
    email: str,
    name: str,
    password: str,
    role: Role = Role.EMPLOYEE,
    team: str = "",
    handle: str | None = None,
    demo: bool = False,
    by: User | None = None,
) -> User:
    """A new person; raises Invalid naming the field, also when the address is taken.

    The slow hash is made before the session is asked for anything, which may lock the database.
    """
    email, name = email.strip().lower(), one_line(name)
    errors = _problems(email, name, password)
    password_hash = "" if errors else hash_password(password)
    if "email" not in errors and find_by_email(session, email):
        errors["email"] = "Somebody with this e-mail address is here already."
    if errors:
        raise Invalid("The person was not added. " + " ".join(errors.values()), errors)
    user = User(
        handle=_free_handle(session, handle or name),
        name=name,
        email=email,
        team=one_line(team)[:100],
        role=role,
        active=True,
        demo=demo,
        password_hash=password_hash,
        session_key=secrets.token_hex(16),
        created_at=clock.now(),
    )
    session.add(user)
    session.flush()  # others refer to the new id
    if not demo:
        _write_down(session, "person.added", user, by, {"role": role.words})
    return user


def _problems(email: str, name: str, password: str) -> dict[str, str]:
    errors = {}
    if not EMAIL.fullmatch(email):
        errors["email"] = "Give an e-mail address, such as anna@example.com."
    if not name or len(name) > 100:
        errors["name"] = "Give a name of at most 100 characters."
    if problem := password_problem(password, email):
        errors["password"] = problem
    return errors


def password_problem(password: str, email: str) -> str | None:
    """Why this password is not good enough, or nothing. Length decides, not kinds of characters."""
    if len(password) < SHORTEST_PASSWORD:
        return f"A password needs at least {SHORTEST_PASSWORD} characters; a short sentence is a good one."
    if len(password) > LONGEST_PASSWORD:
        return f"A password may have at most {LONGEST_PASSWORD} characters."
    guesses = {email, email.partition("@")[0], "password", "firsthand", "1234567890", "qwertyuiop"}
    simple = re.sub(r"[\d\W_]+", "", password.casefold())
    if len(set(password)) < 4 or password.casefold() in guesses or simple in guesses:
        return "That password would be among the first guesses. Please choose another."
    return None


def generate_password() -> str:
    """A password to hand to somebody: easy to read out, 77 bits."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    groups = ("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


def check_password(user: User | None, password: str) -> bool:
    """Whether the password is right; takes equally long for nobody."""
    try:
        _hasher.verify(user.password_hash if user else _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return user is not None


def hash_password(password: str) -> str:
    """Slow by design: not to be called while a session that writes has begun."""
    return _hasher.hash(password)


def is_hash_old(user: User) -> bool:
    """Whether stronger parameters have come since: time for a new hash of the same password."""
    return _hasher.check_needs_rehash(user.password_hash)


def set_password(user: User, password: str) -> None:
    """A new password; raises Invalid when it is too easily guessed."""
    _set_password_hash(user, new_password_hash(user, password))


def new_password_hash(user: User, password: str) -> str:
    """The slow half of `set_password`, which changes nothing."""
    if problem := password_problem(password, user.email):
        raise Invalid(problem, {"new": problem, "password": problem})
    return hash_password(password)


def change_own_password(session: Session, user: User, password_hash: str) -> None:
    _set_password_hash(user, password_hash)
    outbox.record(session, PASSWORD_CHANGED, user.id, by=user.id)


def give_password(session: Session, user: User, password_hash: str, *, by: User) -> None:
    """A password that an administrator hands over."""
    _require_admin(by)
    _set_password_hash(user, password_hash)
    _write_down(session, PASSWORD_GIVEN, user, by)
    outbox.record(session, PASSWORD_GIVEN, user.id, by=by.id)


def _set_password_hash(user: User, password_hash: str) -> None:
    """A new password ends every session that began with the old one."""
    user.password_hash = password_hash
    end_sessions(user)


def end_sessions(user: User) -> None:
    """Sign this person out everywhere."""
    user.session_key = secrets.token_hex(16)


def change_role(session: Session, user: User, role: Role, *, by: User | None) -> None:
    _require_admin(by)
    if role is not Role.ADMIN:
        keep_one_admin(session, user)
    if role is user.role:
        return
    change = {"before": {"role": user.role.words}, "after": {"role": role.words}}
    user.role = role
    _write_down(session, ROLE_CHANGED, user, by, change)
    outbox.record(session, ROLE_CHANGED, user.id, by=by.id if by else None)


def deactivate(session: Session, user: User, *, by: User | None) -> None:
    """End somebody's access; what they wrote stays."""
    _require_admin(by)
    if by is not None and user.id == by.id:
        raise Conflict("You cannot end your own access. Ask another administrator.")
    keep_one_admin(session, user)
    if user.active:
        _write_down(session, "access.ended", user, by)
    user.active = False
    end_sessions(user)


def activate(session: Session, user: User, *, by: User) -> None:
    _require_admin(by)
    if not user.active:
        _write_down(session, "access.given_back", user, by)
    user.active = True


def _write_down(
    session: Session, action: str, user: User, by: User | None, detail: dict[str, Any] | None = None
) -> None:
    audit.write(
        session,
        action,
        "person",
        user.id,
        name=user.name,
        by=by.id if by else None,
        by_name=by.name if by else "",
        detail=detail,
    )


def _require_admin(by: User | None) -> None:
    if by is not None and not by.is_admin:
        raise NotAllowed("Only administrators change other people's accounts.")


def keep_one_admin(session: Session, user: User) -> None:
    """Raises Conflict where nobody would be left to manage accounts without this person."""
    if not user.is_admin:
        return
    others = sa.select(User.id).where(User.role == Role.ADMIN, User.active, User.id != user.id)
    if session.scalar(others.limit(1)) is None:
        raise Conflict(f"{user.name} is the only administrator. Make somebody else one first.")


def find_by_email(session: Session, email: str) -> User | None:
    return session.scalar(sa.select(User).where(User.email == email.strip().lower()))


def find_by_handle(session: Session, handle: str) -> User | None:
    return session.scalar(sa.select(User).where(User.handle == handle))


def find_by_word(session: Session, word: str) -> User | None:
    """The active person meant by an e-mail address or a handle, with or without an @ before it."""
    word = word.strip().lower()
    found = sa.or_(User.email == word, User.handle == word.removeprefix("@"))
    return session.scalar(sa.select(User).where(found, User.active))


def _free_handle(session: Session, name: str) -> str:
    wish = slugify(name, longest=40, default="person")
    taken = set(session.scalars(sa.select(User.handle).where(User.handle.startswith(wish))))
    if wish not in taken:
        return wish
    return next(f"{wish}-{n}" for n in range(2, len(taken) + 3) if f"{wish}-{n}" not in taken)
