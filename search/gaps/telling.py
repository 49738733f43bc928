"""Tells who asked, who writes and who made the card what has become of it."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.outbox import Event
from core.text import quoted
from kb import queries
from kb.rendering import article_path
from people import telling
from people.models import User
from people.telling import Message
from search.gaps.answering import ANSWERED
from search.gaps.cards import DISMISSED
from search.gaps.words import now_ranked
from search.gaps.writing import RELEASED
from search.models import Gap, GapAsker, GapState

ABOUT = "gaps"


def init_app() -> None:
    composers = {ANSWERED: _answered, DISMISSED: _dismissed, RELEASED: _released}
    telling.listen("search-gap-notices", composers)


def _answered(session: Session, event: Event) -> Iterator[Message]:
    gap = session.get(Gap, event.subject)
    if gap is None or gap.state is not GapState.ANSWERED or gap.article_id is None:
        return
    askers = {asker.user_id: asker for asker in _waiting(session, gap)}
    concerned = {*askers, gap.by_id, *filter(None, [gap.writer_id])}
    active = sa.select(User).where(User.id.in_(concerned), User.active).order_by(User.id)
    people = session.scalars(active).all()
    # One for all: everybody finds the same.
    rows = queries.result_rows(session, people[0], [gap.article_id]) if people else {}
    row = rows.get(gap.article_id)
    if row is None:
        return  # taken from its readers meanwhile: its title is nobody's any more
    for person in people:
        if person.id in askers:
            askers[person.id].told_at = clock.now()
            yield Message(
                person.id,
                f"What you looked for is there: {row.title}",
                f"You looked for {quoted(gap.query)}. Now there is {quoted(row.title)}.",
                article_path(row.slug),
                ABOUT,
            )
        else:
            yield Message(
                person.id,
                f"A wanted article is there: {row.title}",
                f"For {quoted(gap.query)}, {quoted(row.title)} is {now_ranked(gap.rank)}.",
                f"/search/gaps/{gap.id}",
                ABOUT,
            )


def _dismissed(session: Session, event: Event) -> Iterator[Message]:
    gap = session.get(Gap, event.subject)
    if gap is None or gap.state is not GapState.DISMISSED:
        return  # open again meanwhile: who asked still waits
    for asker in _waiting(session, gap):
        asker.told_at = clock.now()
        yield Message(
            asker.user_id,
            f"Closed without an article: {gap.query}",
            f"You looked for {quoted(gap.query)}. Curators closed the card without an article:"
            f" {gap.closed_because}",
            f"/search/gaps/{gap.id}",
            ABOUT,
        )


def _waiting(session: Session, gap: Gap) -> Sequence[GapAsker]:
    """Those who want to be told and were not yet."""
    asked = sa.select(GapAsker).where(GapAsker.gap_id == gap.id, GapAsker.told_at.is_(None))
    return session.scalars(asked.order_by(GapAsker.user_id)).all()


def _released(session: Session, event: Event) -> Iterator[Message]:
    """Who was to write it hears that somebody else may now."""
    gap, writer_id = session.get(Gap, event.subject), event.data.get("writer")
    if gap is None or writer_id is None:
        return
    yield Message(
        writer_id,
        f"Open to others again: {gap.query}",
        f"You were going to write about {quoted(gap.query)}. The card is open again, because"
        " its draft is gone, nothing was begun in two weeks, or a curator took it back."
        " You can take it again. A draft of yours stays where it is.",
        f"/search/gaps/{gap.id}",
        ABOUT,
    )
