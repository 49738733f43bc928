"""Cards are made and joined by whoever asks, sorted out by curators."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import clock, outbox
from core.db import insert
from core.errors import Conflict, Invalid, NotAllowed
from core.text import one_line, unfold_lines
from kb import topics
from people.models import User
from search.gaps import sameness, searched
from search.gaps.answering import is_away
from search.gaps.states import GapAction, locked, move
from search.keys import key_of
from search.models import Gap, GapAsker, GapState, GapWording
from search.permissions import can_curate_search
from search.query import LONGEST_QUERY, parse

DISMISSED = "gap.dismissed"

LONGEST_NOTE = 1000  # of one person
LONGEST_NOTES = 5000  # of all who asked
LONGEST_REASON = 500
MOST_WORDINGS = 40  # that are added to a card by asking


def ask(
    session: Session, query: str, *, note: str = "", tell: bool = False, topic: str = "", by: User
) -> Gap:
    """Ask colleagues for what nothing was found for; whoever asks for the same joins the card.

    Who says what an answer lacks opens its card again, and whoever asks once its article is gone;
    what curators closed stays closed.
    """
    query, note = _wording(query), _note(note)
    gap = _having(session, query)
    if gap is None:
        gap = _made(session, query, note, topic, by)
    else:
        if len(gap.wordings) < MOST_WORDINGS:
            _add_wordings(session, gap, _by_key([query]))
        if is_away(session, gap) or (note and gap.state is GapState.ANSWERED):
            _open_again(session, gap)
        if gap.state in (GapState.OPEN, GapState.CLAIMED):
            _add_note(gap, note)
    if tell and gap.state in (GapState.OPEN, GapState.CLAIMED):
        want_to_know(session, gap, by=by)
    return gap


def make(
    session: Session,
    wordings: Sequence[str],
    *,
    searches: Sequence[int] = (),
    note: str = "",
    topic: str = "",
    by: User,
) -> Gap:
    """A curator makes a card of several wordings, the first of which stands for all.

    Those of searches are told by the ids of their records. Wordings that are on some other card
    stay there; if the first one is, that is the card.
    """
    _require_curator(session, by)
    first, *others = wordings or [""]
    first = _wording(first)
    gap = _having(session, first)
    if gap is None:
        gap = _made(session, first, _note(note), topic, by)
    elif is_away(session, gap):
        _open_again(session, gap)
    more = _by_key([first, *others]) | searched.wordings(session, searches[:MOST_WORDINGS])
    _add_wordings(session, gap, more)
    return gap


def _made(session: Session, wording: str, note: str, topic: str, by: User) -> Gap:
    key = key_of(parse(wording))
    gap = Gap(
        query=wording,
        state=GapState.OPEN,
        topic_id=_topic_id(session, topic),
        note=note,
        version=1,
        at=clock.now(),
        by_id=by.id,
        closed_because="",
    )
    try:
        with session.begin_nested():
            session.add(gap)
            session.flush()  # its wordings carry the id
            gap.wordings.append(GapWording(key=key, query=wording))
            session.flush()
    except IntegrityError:  # somebody asked for the same at this very moment
        there = _having(session, wording)
        if there is None:
            raise
        gap = there
    return gap


def _by_key(wordings: Iterable[str]) -> dict[str, str]:
    """Those that have any words, each as one line."""
    lines = [one_line(wording) for wording in wordings]
    return {key: line for line in lines if (key := key_of(parse(line)))}


def _add_wordings(session: Session, gap: Gap, wordings: Mapping[str, str]) -> None:
    """Those that are on no card yet; somebody else may be adding the same at this moment."""
    there = {wording.key for wording in gap.wordings}
    rows = [
        {"gap_id": gap.id, "key": key, "query": wording}
        for key, wording in wordings.items()
        if key not in there
    ]
    if not rows:
        return
    statement = insert(session, GapWording.__table__).on_conflict_do_nothing(index_elements=["key"])
    session.execute(statement, rows)
    session.expire(gap, ["wordings"])


def _having(session: Session, wording: str) -> Gap | None:
    """The card that asks for the same, and that nobody else changes before this transaction ends."""
    gap_id = sameness.gap_of(session, wording)
    if gap_id is None:
        return None
    return session.scalar(sa.select(Gap).where(Gap.id == gap_id).with_for_update(of=Gap))


# Who wants to be told


def want_to_know(session: Session, gap: Gap, *, by: User) -> None:
    """Tell this person when it is written; asked again after an answer, once more."""
    # Not read before: two clicks at once would both find nobody.
    asked = insert(session, GapAsker.__table__).values(
        gap_id=gap.id, user_id=by.id, at=clock.now(), told_at=None
    )
    again = asked.on_conflict_do_update(
        index_elements=["gap_id", "user_id"],
        set_={"at": asked.excluded.at, "told_at": None},
        where=GapAsker.__table__.c.told_at.is_not(None),
    )
    session.execute(again)


def want_no_more(session: Session, gap: Gap, *, by: User) -> None:
    asked = sa.delete(GapAsker).where(GapAsker.gap_id == gap.id, GapAsker.user_id == by.id)
    session.execute(asked)


# What curators do


def change(
    session: Session, gap_id: int, *, query: str, note: str, topic: str, version: int, by: User
) -> Gap:
    """Other words for it, another topic, another note to the writer."""
    _require_curator(session, by)
    gap = locked(session, gap_id)
    query, note = _wording(query), unfold_lines(note).strip()
    if len(note) > LONGEST_NOTES:
        raise Invalid("Not saved.", {"note": f"At most {LONGEST_NOTES} characters, please."})
    wanted = (query, note, _topic_id(session, topic))
    if (gap.query, gap.note, gap.topic_id) == wanted:
        return gap  # the second click
    gap = locked(session, gap_id, version=version)
    gap.query, gap.note, gap.topic_id = wanted
    gap.version += 1
    _add_wordings(session, gap, _by_key([query]))
    return gap


def dismiss(session: Session, gap_id: int, *, reason: str, version: int, by: User) -> Gap:
    """It needs no article; those who asked are told why, and whoever asks for the same reads it."""
    _require_curator(session, by)
    gap = locked(session, gap_id)
    reason = _reason(reason)
    if gap.state is GapState.DISMISSED and gap.closed_because == reason:
        return gap
    gap = locked(session, gap_id, version=version)
    move(gap, GapAction.DISMISS)
    gap.closed_at, gap.closed_because = clock.now(), reason
    outbox.record(session, DISMISSED, gap.id, by=by.id)
    return gap


def reopen(session: Session, gap_id: int, *, version: int, by: User) -> Gap:
    """What was closed or answered is wanted all the same."""
    _require_curator(session, by)
    gap = locked(session, gap_id)
    if gap.state is GapState.OPEN:
        return gap
    gap = locked(session, gap_id, version=version)
    if not gap.wordings and _having(session, gap.query):
        raise Conflict("Its words are on another card now. Look there.")
    _open_again(session, gap)
    _add_wordings(session, gap, _by_key([gap.query]))
    return gap


def _open_again(session: Session, gap: Gap) -> None:
    if gap.state is GapState.DISMISSED and gap.closed_at is not None:
        _forget_told_of_closing(session, gap.id, gap.closed_at)
    move(gap, GapAction.REOPEN)
    gap.closed_at, gap.closed_because = None, ""
    gap.writer_id = gap.claimed_at = gap.draft_id = gap.article_id = gap.rank = None
    session.flush()


def _forget_told_of_closing(session: Session, gap_id: int, closed_at: datetime) -> None:
    """Who only heard that nothing would be written still wants to hear that it is."""
    told = sa.and_(GapAsker.gap_id == gap_id, GapAsker.told_at >= closed_at)
    session.execute(sa.update(GapAsker).where(told).values(told_at=None))


def merge(session: Session, gap_id: int, *, into: int, version: int, by: User) -> Gap:
    """Both ask for the same: wordings, and who asked, go to the other card, and this one closes."""
    _require_curator(session, by)
    if into == gap_id:
        raise Invalid("Choose another card.", {"into": "A card cannot be joined to itself."})
    first, second = (locked(session, each) for each in sorted((gap_id, into)))
    gap, target = (first, second) if first.id == gap_id else (second, first)
    because = f"Joined to “{target.query}”."
    if gap.state is GapState.DISMISSED and gap.closed_because == because:
        return target
    locked(session, gap_id, version=version)
    if target.state not in (GapState.OPEN, GapState.CLAIMED):
        raise Conflict(f"The card “{target.query}” is closed. Open it again first.")
    move(gap, GapAction.DISMISS)
    gap.closed_at, gap.closed_because = clock.now(), because
    _hand_over(session, gap, target)
    target.version += 1
    return target


def _hand_over(session: Session, gap: Gap, target: Gap) -> None:
    for wording in list(gap.wordings):
        session.execute(
            sa.update(GapWording).where(GapWording.id == wording.id).values(gap_id=target.id)
        )
    known = sa.select(GapAsker.user_id).where(GapAsker.gap_id == target.id)
    others = sa.and_(GapAsker.gap_id == gap.id, GapAsker.user_id.not_in(known))
    session.execute(
        sa.update(GapAsker)
        .where(others)
        .values(gap_id=target.id)
        .execution_options(synchronize_session=False)
    )
    session.flush()
    session.expire(gap, ["wordings"])
    session.expire(target, ["wordings"])
    if gap.note and gap.note not in target.note:
        target.note = "\n\n".join(filter(None, (target.note, gap.note)))[:LONGEST_NOTES]


def _require_curator(session: Session, by: User) -> None:
    if not can_curate_search(session, by):
        raise NotAllowed("Only curators sort out what people look for.")


# What was typed


def _wording(text: str) -> str:
    """One line that asks for something; raises Invalid for one that does not."""
    query = one_line(text)
    if len(query) > LONGEST_QUERY:
        raise Invalid("Not saved.", {"q": f"At most {LONGEST_QUERY} characters, please."})
    if not key_of(parse(query)):
        raise Invalid("Not saved.", {"q": "Say in a few words what is looked for."})
    return query


def _note(text: str) -> str:
    note = unfold_lines(text).strip()
    if len(note) > LONGEST_NOTE:
        raise Invalid("Not saved.", {"note": f"At most {LONGEST_NOTE} characters, please."})
    return note


def _reason(text: str) -> str:
    reason = unfold_lines(text).strip()
    if not reason:
        raise Invalid("Not closed.", {"reason": "Say why, for those who asked."})
    if len(reason) > LONGEST_REASON:
        raise Invalid("Not closed.", {"reason": f"At most {LONGEST_REASON} characters, please."})
    return reason


def _add_note(gap: Gap, note: str) -> None:
    """What each who asked wrote stands below what stood there before."""
    if not note or note in gap.note:
        return
    both = "\n\n".join(filter(None, (gap.note, note)))
    if len(both) > LONGEST_NOTES:
        raise Invalid("Not saved.", {"note": "This card has notes enough. Leave yours empty."})
    gap.note = both


def _topic_id(session: Session, slug: str) -> int | None:
    slug = slug.strip()
    if not slug:
        return None
    topic = topics.find(session, slug) or topics.find_moved(session, slug)
    if topic is None:
        raise Invalid("Not saved.", {"topic": "That topic is not there any more. Choose another."})
    return topic.id
