"""Readers say that something is amiss: each flag is a task for somebody, with an outcome they are told."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, defer, joinedload

from core import audit, clock, outbox
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.outbox import Event
from core.text import one_line
from kb.models import Article, Flag, FlagReason, FlagState, Publication, Revision
from kb.permissions import can_read_article, decides_in
from kb.topics import Deciders
from people.models import Role, User

OPENED, CLOSED, PASSED = "flag.opened", "flag.closed", "flag.passed"
LONGEST_TEXT, LONGEST_OUTCOME = 1000, 500
# How long those who decide see that a flag was rejected by somebody it concerns.
DAYS_SHOWN = 30
OUTCOMES = (FlagState.UPHELD, FlagState.REJECTED, FlagState.DUPLICATE)


def can_see(session: Session, user: User, flag: Flag) -> bool:
    """Whoever flagged, whoever handles it, those who decide in the topic, and administrators."""
    return user.active and (user.id == flag.by_id or can_handle(session, user, flag))


def can_handle(session: Session, user: User, flag: Flag) -> bool:
    """Its handler, those who decide in the topic, and administrators."""
    return user.active and (user.id == flag.handler_id or can_oversee(session, user, flag))


def can_oversee(session: Session, user: User, flag: Flag) -> bool:
    """Those who decide in the topic, and administrators: they may take up again what was closed."""
    return decides_in(session, user, flag.article.topic_id)


# Flagging


def open_flag(
    session: Session, article: Article, *, revision_id: int, reason: str, text: str, by: User
) -> Flag:
    """Flag the text that was read. The same reader's second word on the same matter joins the first."""
    reason_, text = parse(reason, text)
    if not can_read_article(session, by, article):
        raise NotFound("There is no such article.")
    _require_published(session, article, revision_id)
    present = _open(session, article, by, reason_)
    if present is not None:
        return _add_to(present, text)
    flag = Flag(
        article_id=article.id,
        revision_id=revision_id,
        by_id=by.id,
        reason=reason_,
        text=text,
        state=FlagState.OPEN,
        handler_id=_handler(session, article, reason_, by),
        opened_at=clock.now(),
        closed_at=None,
        version=1,
    )
    try:
        with session.begin_nested():
            session.add(flag)
    except IntegrityError:  # the same click, at the same moment
        present = _open(session, article, by, reason_)
        if present is None:
            raise Conflict("That did not work just now. Please send it again.") from None
        return _add_to(present, text)
    outbox.record(session, OPENED, flag.id, by=by.id, data=_facts(flag))
    return flag


def parse(reason: str, text: str) -> tuple[FlagReason, str]:
    """What the form sent, clean; raises Invalid naming what is missing."""
    errors = {}
    text = one_line(text)
    if reason not in list(FlagReason):
        errors["reason"] = "Choose what is amiss."
    if not text:
        errors["text"] = "Say in a sentence what is amiss, so that somebody can act on it."
    elif len(text) > LONGEST_TEXT:
        errors["text"] = f"At most {LONGEST_TEXT} characters, please; these are {len(text)}."
    if errors:
        raise Invalid("Not sent. " + " ".join(errors.values()), errors)
    return FlagReason(reason), text


def _require_published(session: Session, article: Article, revision_id: int) -> None:
    query = sa.select(Publication.id).where(
        Publication.article_id == article.id, Publication.revision_id == revision_id
    )
    if session.scalar(query.limit(1)) is None:
        raise Invalid("Open the article again and flag the text that you see there.")


def _open(session: Session, article: Article, by: User, reason: FlagReason) -> Flag | None:
    """What this reader has flagged already, locked against a decision at the same moment."""
    query = sa.select(Flag).where(
        Flag.article_id == article.id,
        Flag.by_id == by.id,
        Flag.reason == reason,
        Flag.state == FlagState.OPEN,
    )
    return session.scalar(query.with_for_update())


def _add_to(flag: Flag, text: str) -> Flag:
    """Nothing that somebody typed is lost; whoever is about to decide has to read it first."""
    if text not in flag.text:
        if len(flag.text) + len(text) > 5 * LONGEST_TEXT:
            raise Conflict("You have said a lot about this already, and somebody is looking at it.")
        flag.text = f"{flag.text}\n{text}"
        flag.version += 1
    return flag


def _handler(session: Session, article: Article, reason: FlagReason, by: User) -> int:
    """The owner; for what is sensitive, or an owner who cannot, somebody who decides in the topic."""
    owner = article.owner
    if reason is not FlagReason.SENSITIVE and owner.active and owner.id != by.id:
        return owner.id
    candidates = responsible(session, article.topic_id)
    others = [person for person in candidates if person.id not in (by.id, owner.id)]
    chosen = _least_busy(session, others or candidates)
    return chosen.id if chosen else owner.id


def responsible(session: Session, topic_id: int) -> Sequence[User]:
    """Those who decide in a topic, or the administrators where nobody does."""
    people = Deciders(session).people_for(session, topic_id)
    if people:
        return people
    admins = sa.select(User).where(User.active, User.role == Role.ADMIN)
    return session.scalars(admins.order_by(User.name)).all()


def _least_busy(session: Session, people: Sequence[User]) -> User | None:
    """Who has the fewest flags to handle."""
    open_flags = (
        sa.select(Flag.handler_id, sa.func.count())
        .where(Flag.state == FlagState.OPEN, Flag.handler_id.in_([each.id for each in people]))
        .group_by(Flag.handler_id)
    )
    load = {row[0]: row[1] for row in session.execute(open_flags)} if people else {}
    return min(people, key=lambda each: load.get(each.id, 0), default=None)


def _facts(flag: Flag) -> dict[str, object]:
    return {
        "state": flag.state.value,
        "reason": flag.reason.value,
        "article": flag.article_id,
        "revision": flag.revision_id,
        "handler": flag.handler_id,
    }


# Handling


def close(
    session: Session, flag_id: int, *, version: int, state: str, outcome: str, by: User
) -> Flag:
    """Decide, and say in a sentence what came of it. The first decision holds."""
    flag = find(session, flag_id, lock=True)
    _require_handler(session, by, flag)
    state_, outcome = _parse_outcome(state, outcome)
    if flag.closed_by_id == by.id and (flag.state, flag.outcome) == (state_, outcome):
        return flag  # the second click
    _require_open(flag, version)
    flag.state, flag.outcome = state_, outcome
    flag.closed_at, flag.closed_by_id = clock.now(), by.id
    flag.version += 1
    session.flush()  # the event names what is stored
    session.refresh(flag, ["closed_by"])
    outbox.record(session, CLOSED, flag.id, by=by.id, data=_facts(flag))
    _audit(session, "flag.closed", flag, by, {"state": state_.value, "outcome": outcome})
    return flag


def pass_on(session: Session, flag_id: int, *, version: int, to: User, by: User) -> Flag:
    """Give the task to somebody who can do something about it; they are told."""
    flag = find(session, flag_id, lock=True)
    if flag.handler_id == to.id and _gave(session, flag, by):
        return flag  # the second click
    _require_handler(session, by, flag)
    _require_open(flag, version)
    if flag.handler_id == to.id:
        return flag
    if not to.active:
        sentence = f"{to.name} cannot sign in any more. Choose somebody else."
        raise Invalid(sentence, {"person": sentence})
    if to.id == flag.by_id and not can_oversee(session, to, flag):
        sentence = f"{to.name} is the one who flagged it. Choose somebody else."
        raise Invalid(sentence, {"person": sentence})
    former = flag.handler_id
    flag.handler_id = to.id
    flag.version += 1
    outbox.record(session, PASSED, flag.id, by=by.id, data={"to": to.id, "from": former})
    session.flush()
    session.refresh(flag, ["handler"])
    return flag


def _gave(session: Session, flag: Flag, by: User) -> bool:
    """Whether it was this person who passed the flag on last."""
    query = sa.select(Event.actor).where(Event.kind == PASSED, Event.subject == flag.id)
    return session.scalar(query.order_by(Event.id.desc()).limit(1)) == by.id


def reopen(session: Session, flag_id: int, *, version: int, by: User) -> Flag:
    """Take up again what somebody closed; whoever does so handles it from now on."""
    flag = find(session, flag_id, lock=True)
    if not can_oversee(session, by, flag):
        raise NotAllowed("Those who decide in the topic take up a closed flag again.")
    if flag.state is FlagState.OPEN and flag.handler_id == by.id:
        return flag
    if flag.version != version or flag.state is FlagState.OPEN:
        raise Conflict("This flag has moved on since you opened it. Look at it as it is now.")
    if _open(session, flag.article, flag.by, flag.reason) is not None:
        raise Conflict(f"{flag.by.name} has flagged the same again since; that flag is open.")
    before = {"state": flag.state.value, "outcome": flag.outcome, "closed_by": flag.closed_by_id}
    flag.state, flag.outcome, flag.closed_at, flag.closed_by_id = FlagState.OPEN, "", None, None
    flag.handler_id = by.id
    flag.version += 1
    session.flush()
    session.refresh(flag, ["handler", "closed_by"])
    _audit(session, "flag.reopened", flag, by, before)
    return flag


def _parse_outcome(state: str, outcome: str) -> tuple[FlagState, str]:
    errors = {}
    outcome = one_line(outcome)
    if state not in OUTCOMES:
        errors["state"] = "Choose what came of it."
    if not outcome:
        errors["outcome"] = "Say in a sentence what came of it; the reader who flagged is told."
    elif len(outcome) > LONGEST_OUTCOME:
        errors["outcome"] = f"At most {LONGEST_OUTCOME} characters, please."
    if errors:
        raise Invalid("Not saved. " + " ".join(errors.values()), errors)
    return FlagState(state), outcome


def _require_handler(session: Session, by: User, flag: Flag) -> None:
    if not can_handle(session, by, flag):
        raise NotAllowed("Whoever handles a flag, and those who decide in its topic, act on it.")


def _require_open(flag: Flag, version: int) -> None:
    if flag.state is not FlagState.OPEN:
        who = flag.closed_by.name if flag.closed_by else "Somebody"
        raise Conflict(f"{who} has closed this flag already: {flag.outcome}")
    if flag.version != version:
        raise Conflict("This flag has moved on since you opened it. Look at it as it is now.")


def _audit(
    session: Session, action: str, flag: Flag, by: User, detail: Mapping[str, object]
) -> None:
    audit.write(
        session,
        action,
        "flag",
        flag.id,
        name=flag.revision.title,
        by=by.id,
        by_name=by.name,
        detail={"reason": flag.reason.value, "article": flag.article_id, **detail},
    )


# Reading


def find(session: Session, flag_id: int, *, lock: bool = False) -> Flag:
    query = sa.select(Flag).where(Flag.id == flag_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    flag = session.scalar(query)
    if flag is None:
        raise NotFound("There is no such flag.")
    return flag


def handled_by(session: Session, user: User) -> Sequence[Flag]:
    """Open flags that wait for this person: what is sensitive first, then the oldest."""
    return session.scalars(_listed(Flag.handler_id == user.id, Flag.state == FlagState.OPEN)).all()


def opened_by(session: Session, user: User, *, limit: int = 10) -> Sequence[Flag]:
    """What this person flagged, newest first."""
    query = _with_facts(sa.select(Flag).where(Flag.by_id == user.id))
    return session.scalars(query.order_by(Flag.id.desc()).limit(limit)).all()


def in_topics(session: Session, topic_ids: Sequence[int]) -> Sequence[Flag]:
    """Open flags in these topics, whoever handles them."""
    query = _listed(Article.topic_id.in_(topic_ids), Flag.state == FlagState.OPEN)
    return session.scalars(query.limit(100)).all()


def rejected_by_owners(session: Session, topic_ids: Sequence[int]) -> Sequence[Flag]:
    """Flags in these topics that somebody rejected whose own text was flagged, for others to look at."""
    concerned = sa.or_(
        Flag.closed_by_id == Article.owner_id, Flag.closed_by_id == Revision.author_id
    )
    query = _listed(
        Article.topic_id.in_(topic_ids),
        Flag.state == FlagState.REJECTED,
        Flag.closed_at > clock.now() - timedelta(days=DAYS_SHOWN),
        concerned,
    )
    return session.scalars(query.limit(100)).all()


def _listed(*conditions: sa.ColumnElement[bool]) -> sa.Select[Flag]:
    query = (
        sa.select(Flag)
        .join(Article, Article.id == Flag.article_id)
        .join(Revision, Revision.id == Flag.revision_id)
        .where(*conditions)
    )
    urgent = (Flag.reason == FlagReason.SENSITIVE).desc()
    return _with_facts(query.order_by(urgent, Flag.opened_at, Flag.id))


def _with_facts(query: sa.Select[Flag]) -> sa.Select[Flag]:
    """With people, and with what the text is called, without the text."""
    texts = (defer(Revision.body), defer(Revision.html), defer(Revision.text))
    return query.options(
        joinedload(Flag.article),
        joinedload(Flag.revision).options(*texts),
        joinedload(Flag.by),
        joinedload(Flag.handler),
        joinedload(Flag.closed_by),
    )
