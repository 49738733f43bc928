"""Once a card's article is live and in the index, its words are searched for again.

Searching takes its time, so it is done before anything is written: nobody who writes waits for it.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, outbox
from core.db import beside
from core.errors import Conflict, Invalid, NotAllowed
from core.outbox import Event, NotYet
from kb import queries
from kb.models import Article
from kb.queries import ResultRow
from kb.rendering import slug_at
from people.models import User
from search import indexing
from search.asking import ask
from search.documents import entry
from search.engines import Engine, Selection
from search.gaps.states import GapAction, locked, move
from search.models import Gap, GapState
from search.permissions import can_curate_search
from search.pipeline import Pipeline
from search.query import parse

SUBSCRIBER = "search-gaps"
ANSWERED = "gap.answered"


class NotInIndexYet(NotYet):
    """The index does not hold the live text yet, as mostly at first; the delivery is tried again."""


class Ranks(Protocol):
    def __call__(self, session: Session, query: str, article_id: int) -> int | None:
        """Where a search finds an article, from 1; none: not among the first ten."""
        ...


class Index(Ranks, Protocol):
    def holds(self, session: Session, article_id: int) -> bool:
        """Whether an article can be found as the database has it."""
        ...


class Finding:
    """Searches as anybody would: everybody finds the same."""

    def __init__(self, engine: Engine, pipeline: Pipeline) -> None:
        self._engine = engine
        self._pipeline = pipeline

    def __call__(self, session: Session, query: str, article_id: int) -> int | None:
        reader = _anybody(session)

        def rows(ids: Sequence[int]) -> Mapping[int, ResultRow]:
            return queries.result_rows(session, reader, ids)

        hits = ask(session, self._pipeline, parse(query), rows).hits
        return next((n for n, hit in enumerate(hits, 1) if hit.id == article_id), None)

    def holds(self, session: Session, article_id: int) -> bool:
        """Whether the index has this article as the database has it."""
        searchable = next(queries.searchable(session, [article_id]), None)
        if searchable is None:
            return False
        found = self._engine.searcher().find(Selection(or_ids=(article_id,)), 1).candidates
        wanted = entry(indexing.document(searchable)).record
        return any(each.id == article_id and each.record == wanted for each in found)


def follow(session: Session, events: Sequence[Event], finding: Index) -> None:
    """Answer the cards of articles that were published; raises NotInIndexYet to be called again.

    The session reads; each card is written by one of its own.
    """
    for event in events:
        article_id = event.subject
        waiting = sa.select(Gap.id, Gap.query, Gap.version).where(_waits_for(article_id))
        gaps = session.execute(waiting).all()
        if not gaps or not is_listed(session, article_id):
            continue
        if not finding.holds(session, article_id):
            raise NotInIndexYet(f"article {article_id} as it is live now")
        for gap_id, query, version in gaps:
            rank = finding(session, query, article_id)
            with beside(session) as writing:
                # Once somebody has changed the card, its words are looked for anew.
                if locked(writing, gap_id).version != version:
                    raise NotInIndexYet(f"card {gap_id} as it stands now")
                answer(writing, gap_id, article_id, rank)
                writing.commit()


def _waits_for(article_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(Gap.article_id == article_id, Gap.state == GapState.CLAIMED)


def answer(session: Session, gap_id: int, article_id: int, rank: int | None) -> None:
    """Close a card with the article, and note where its words find it now."""
    gap = locked(session, gap_id)
    move(gap, GapAction.ANSWER)
    gap.article_id, gap.closed_at, gap.rank = article_id, clock.now(), rank
    outbox.record(session, ANSWERED, gap.id)


def rank_of(session: Session, gap_id: int, address: str, ranks: Ranks, *, by: User) -> int | None:
    """Where a card's words find the article that a curator is about to name."""
    gap, article = session.get(Gap, gap_id), _named(session, address, by)
    if gap is None or article is None or not can_curate_search(session, by):
        return None  # which is refused in a sentence when they do
    return ranks(session, gap.query, article.id)


def answer_with(
    session: Session, gap_id: int, address: str, rank: int | None, *, version: int, by: User
) -> Gap:
    """A curator names an article that is there already, which the card's words find at this rank."""
    if not can_curate_search(session, by):
        raise NotAllowed("Only curators sort out what people look for.")
    article = _named(session, address, by)
    if article is None:
        raise Invalid("Nothing was changed.", {"article": "No article has this address."})
    gap = locked(session, gap_id)
    if gap.state is GapState.ANSWERED and gap.article_id == article.id:
        return gap  # the second click
    gap = locked(session, gap_id, version=version)
    if gap.state is GapState.CLAIMED:
        raise Conflict("Somebody writes this. Take it back from them first, so that they know.")
    answer(session, gap.id, article.id, rank)
    return gap


def _named(session: Session, address: str, by: User) -> Article | None:
    article = queries.article_by_slug(session, by, slug_at(address))
    return article if article is not None and is_listed(session, article.id) else None


def is_listed(session: Session, article_id: int) -> bool:
    """Whether readers find it: live, neither hidden nor archived."""
    listed = queries.visible_to(_anybody(session))
    return session.scalar(sa.select(Article.id).where(Article.id == article_id, listed)) is not None


def is_away(session: Session, gap: Gap) -> bool:
    """Whether a card was answered by an article that readers do not have any more."""
    if gap.state is not GapState.ANSWERED:
        return False
    return gap.article_id is None or not is_listed(session, gap.article_id)


def _anybody(session: Session) -> User:
    return session.scalars(sa.select(User).where(User.active).order_by(User.id).limit(1)).one()
