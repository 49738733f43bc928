"""How each person wants to be told about which sort of thing, and the way out that a mail offers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.orm import Session

from core.config import Config
from core.errors import Invalid, NotFound
from people.models import MailChoice, Notice, NoticeChoice, User


@dataclass(frozen=True)
class Sort:
    """One sort of notices: `words` name it, `examples` say what comes under it."""

    key: str
    words: str
    examples: str
    mail: MailChoice
    inbox: bool = True
    fixed: bool = False  # nobody can switch it off


SORTS = {
    sort.key: sort
    for sort in (
        Sort(
            "reviews_mine",
            "Decisions about your texts",
            "Somebody reads it, asks for changes, publishes or declines it.",
            MailChoice.AT_ONCE,
        ),
        Sort(
            "reviews_to_decide",
            "Submissions for you to decide",
            "Something waits for you, was taken over, or is overdue.",
            MailChoice.AT_ONCE,
        ),
        Sort(
            "comments",
            "Comments",
            "Somebody comments on your text, or answers you.",
            MailChoice.DAILY,
        ),
        Sort(
            "care",
            "Articles for you to check",
            "Something you look after is due, or what it depends on has changed.",
            MailChoice.WEEKLY,
        ),
        Sort(
            "flags",
            "Flags",
            "Readers flag an article you look after; what came of flags of yours.",
            MailChoice.AT_ONCE,
        ),
        Sort(
            "gaps",
            "What is wanted",
            "Something you looked for or were to write is there, closed, or open to others again.",
            MailChoice.DAILY,
        ),
        Sort(
            "handover",
            "Handing over",
            "Articles, topics or reviews become yours, or somebody else's.",
            MailChoice.AT_ONCE,
        ),
        Sort(
            "account",
            "Your account",
            "Your password or what you may do here was changed.",
            MailChoice.AT_ONCE,
            fixed=True,
        ),
    )
}
# What belongs to no sort is treated as it was before there were any.
NO_SORT = Sort("", "Other things", "", MailChoice.AT_ONCE, fixed=True)


@dataclass(frozen=True)
class Choice:
    """Where somebody wants to be told about one sort."""

    inbox: bool
    mail: MailChoice


def sort_of(about: str) -> Sort:
    """The sort of that key; a mistaken key is a fault of ours, not something to tell a reader."""
    if about and about not in SORTS:
        raise ValueError(f"there is no sort of notices called {about!r}; see people.choices.SORTS")
    return SORTS.get(about, NO_SORT)


def default(sort: Sort) -> Choice:
    return Choice(sort.inbox, sort.mail)


def chosen(session: Session, user_id: int) -> dict[str, Choice]:
    """What this person wants, for every sort."""
    rows = session.scalars(sa.select(NoticeChoice).where(NoticeChoice.user_id == user_id))
    made = {row.about: Choice(row.inbox, row.mail) for row in rows}
    return {key: resolve(sort, made.get(key)) for key, sort in SORTS.items()}


def resolve(sort: Sort, made: Choice | None) -> Choice:
    """The choice that counts: what cannot be switched off stays as it is."""
    return default(sort) if made is None or sort.fixed else made


def choose(session: Session, user_id: int, wanted: Mapping[str, Choice]) -> None:
    """Keep what somebody wants about these sorts; the others stay as they are."""
    for key in wanted:
        if key not in SORTS or SORTS[key].fixed:
            raise Invalid("That cannot be chosen.", {key: "This cannot be chosen."})
    # Of two clicks the second waits here, and then finds the rows that the first made.
    session.execute(sa.select(User.id).where(User.id == user_id).with_for_update())
    there = sa.select(NoticeChoice).where(NoticeChoice.user_id == user_id)
    rows = {row.about: row for row in session.scalars(there)}
    for key, choice in wanted.items():
        row = rows.get(key)
        if row is None:
            row = NoticeChoice(user_id=user_id, about=key)
            session.add(row)
        row.inbox, row.mail = choice.inbox, choice.mail
        if choice.mail is MailChoice.NEVER:
            _forget_waiting(session, user_id, key, choice)


def _forget_waiting(session: Session, user_id: int, key: str, choice: Choice) -> None:
    """What waited to be mailed waits no longer, and is in the inbox where that is wanted."""
    waiting = sa.update(Notice).where(
        Notice.user_id == user_id, Notice.about == key, Notice.digest_due_at.is_not(None)
    )
    session.execute(
        waiting.where(Notice.mailed_at.is_(None)).values(
            digest_due_at=None, shown=True if choice.inbox else Notice.shown
        )
    )


# Leaving by a link in a mail, without signing in


BROKEN_LINK = (
    "This link does not work: it is not complete, or no longer valid. Sign in and choose under"
    " Settings which mail you want."
)


@dataclass(frozen=True)
class WayOut:
    """Whose mail about which sorts a link ends."""

    user_id: int
    sorts: tuple[Sort, ...]


def way_out(config: Config, user_id: int, sorts: Sequence[str]) -> str:
    """The address that ends mail about these sorts to this person; "" where nothing can be ended."""
    keys = [key for key in SORTS if key in sorts and not SORTS[key].fixed]
    if not keys:
        return ""
    return f"{config.base_url}/unsubscribe/{_signer(config).dumps([user_id, *keys])}"


def read_way_out(session: Session, config: Config, token: str) -> WayOut:
    """What such an address says, if we wrote it; raises NotFound."""
    try:
        user_id, *keys = _signer(config).loads(token)
    except (BadSignature, ValueError, TypeError):
        raise NotFound(BROKEN_LINK) from None
    sorts = tuple(SORTS[key] for key in keys if key in SORTS and not SORTS[key].fixed)
    if not sorts or session.get(User, user_id) is None:
        raise NotFound(BROKEN_LINK)
    return WayOut(user_id, sorts)


def leave(session: Session, way: WayOut) -> None:
    """No more mail about these sorts. All of it is in the inbox from now on, so that nothing is missed."""
    never = Choice(inbox=True, mail=MailChoice.NEVER)
    choose(session, way.user_id, {sort.key: never for sort in way.sorts})


def _signer(config: Config) -> URLSafeSerializer:
    return URLSafeSerializer(config.secret_key, salt="unsubscribe")
