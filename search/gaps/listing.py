"""The cards as pages show them, with how many people look for what they ask for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from kb import queries
from kb.models import Topic
from kb.queries import ResultRow
from people.models import User
from search.models import Gap, GapAsker, GapState, GapWording, SearchRecord
from search.records import NAMED


@dataclass(frozen=True)
class Card:
    """One card with what stands elsewhere about it."""

    gap: Gap
    topic: Topic | None
    made_by: User
    writer: User | None
    people: int  # who looked for it in the last thirty days, or asked
    article: ResultRow | None  # which answered it, if this person may find it

    @property
    def is_away(self) -> bool:
        """Whether its article is not there any more, so that it may be asked for again."""
        return self.gap.state is GapState.ANSWERED and self.article is None


def cards(
    session: Session, reader: User, state: GapState, *, offset: int = 0, limit: int = 20
) -> list[Card]:
    """Of one state: the open ones by how long they have been there, the others latest first."""
    order = (Gap.at, Gap.id) if state is GapState.OPEN else (Gap.closed_at.desc(), Gap.id.desc())
    query = sa.select(Gap).where(Gap.state == state).order_by(*order)
    return seen(session, reader, session.scalars(query.offset(offset).limit(limit)).all())


def count(session: Session, state: GapState) -> int:
    query = sa.select(sa.func.count()).select_from(Gap).where(Gap.state == state)
    return session.scalar(query) or 0


def written_by(session: Session, writer: User) -> list[Card]:
    """What this person has said they will write."""
    mine = sa.select(Gap).where(Gap.state == GapState.CLAIMED, Gap.writer_id == writer.id)
    return seen(session, writer, session.scalars(mine.order_by(Gap.claimed_at)).all())


def seen(session: Session, reader: User, gaps: Sequence[Gap]) -> list[Card]:
    """Cards with everything a page says of them; so many queries however many there are."""
    ids = [gap.id for gap in gaps]
    looked = searchers(session, ids)
    named = {n for gap in gaps for n in (gap.by_id, gap.writer_id) if n is not None}
    people = {u.id: u for u in session.scalars(sa.select(User).where(User.id.in_(named)))}
    wanted = {gap.topic_id for gap in gaps if gap.topic_id is not None}
    topics = {t.id: t for t in session.scalars(sa.select(Topic).where(Topic.id.in_(wanted)))}
    answers = [gap.article_id for gap in gaps if gap.article_id and gap.state is GapState.ANSWERED]
    rows = queries.result_rows(session, reader, answers)
    return [
        Card(
            gap,
            topics.get(gap.topic_id or 0),
            people[gap.by_id],
            people.get(gap.writer_id or 0),
            looked.get(gap.id, 0),
            rows.get(gap.article_id or 0),
        )
        for gap in gaps
    ]


def searchers(session: Session, ids: Sequence[int]) -> Mapping[int, int]:
    """For each card how many people looked for it lately, or asked."""
    looked = (
        sa.select(GapWording.gap_id, SearchRecord.user_id)
        .join(SearchRecord, SearchRecord.key == GapWording.key)
        .where(
            GapWording.gap_id.in_(ids),
            SearchRecord.at >= clock.now() - NAMED,
            SearchRecord.user_id.is_not(None),
        )
    )
    asked = sa.select(GapAsker.gap_id, GapAsker.user_id).where(GapAsker.gap_id.in_(ids))
    both = sa.union(looked, asked).subquery()
    query = sa.select(both.c.gap_id, sa.func.count()).group_by(both.c.gap_id)
    return {row[0]: row[1] for row in session.execute(query)}


def is_asker(session: Session, gap: Gap, user: User) -> bool:
    """Whether this person wants to be told."""
    asker = session.get(GapAsker, (gap.id, user.id))
    return asker is not None and asker.told_at is None
