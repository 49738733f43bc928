"""Remembers what was looked for and what was opened of it, for less than thirty days with the person's id.

Requests only add to `core.tally`; what is here runs when it is written, outside of them.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, outbox, periodic, tally
from core.db import alone, beside
from core.outbox import Event
from kb.models import Article, Outcome, Topic
from kb.outcomes import SAID
from people import company
from search.keys import key_of
from search.models import SearchRecord
from search.pipeline import LAST_PAGE, PAGE_SIZE
from search.query import LONGEST_QUERY, Query, parse

SEARCHES, OPENINGS = "searches", "search-openings"

GOES_ON = timedelta(minutes=30)  # the same words again in that time are the same search
REFINED = timedelta(minutes=1)
OPENED_WITHIN = timedelta(hours=2)
WRITTEN_WITHIN = timedelta(seconds=3 * tally.FLUSH_SECONDS)  # by all processes
TRIED_WITHIN = timedelta(hours=24)  # from a search to saying whether what it found worked
NAMED = company.NAMES_KEPT
KEPT = timedelta(days=400)
LONGEST_SLUG = 300  # that anybody may send us; our own are shorter
MOST_FOUND = 1_000_000
PORTION = 2_000  # records changed at once, when many are


class Searched(NamedTuple):
    """Somebody asked, and so many articles were found."""

    at: datetime
    user_id: int
    query: str
    found: int
    topic: str = ""  # of the first of them; means nothing where there are none


class Opened(NamedTuple):
    """Somebody followed a result; its rank is known from a browser with scripts only."""

    at: datetime
    user_id: int
    query: str
    slug: str
    rank: int | None


def init(*, keeps: bool) -> None:
    """Keep records, or only forget them. Searches are written before what was opened of them."""
    if keeps:
        tally.register(SEARCHES, write_searches)
        tally.register(OPENINGS, write_openings)
        outbox.subscribe("search-outcomes", [SAID], follow_outcomes, inside=True, batch=50)

    def forget_now(session: Session, _events: Sequence[Event] = ()) -> None:
        forget(session, keeps=keeps)

    periodic.every("search-records", company.FORGET_NAMES_SECONDS, forget_now, inside=False)
    outbox.subscribe("search-names", [company.KEEPS_NOTHING], forget_now)


def note_search(query: Query, found: int, *, by: int, topic: str = "") -> None:
    found = min(max(found, 0), MOST_FOUND)
    topic = topic[:LONGEST_SLUG]
    tally.add(SEARCHES, Searched(clock.now(), by, query.text, found, topic))


def note_opening(query: str, slug: str, rank: int | None, *, by: int) -> None:
    if rank is not None and not 1 <= rank <= LAST_PAGE * PAGE_SIZE:
        rank = None
    tally.add(OPENINGS, Opened(clock.now(), by, query[:LONGEST_QUERY], slug[:LONGEST_SLUG], rank))


# Writing them down


def write_searches(session: Session, searches: Mapping[Searched, int]) -> None:
    """One record for each search; the same words again change it, other words at once follow it.

    What follows what is decided by when it was asked: another process may have written down
    what came later already.
    """
    alone(session, SEARCHES)
    if not company.keeps_searches(session):
        return
    records: defaultdict[int | None, list[SearchRecord]] = defaultdict(list)
    for record in _records(session, searches, GOES_ON):
        records[record.user_id].append(record)
    topics = _topic_ids(session, {searched.topic for searched in searches} - {""})
    for searched in sorted(searches, key=lambda each: each.at):
        topic_id = topics.get(searched.topic) if searched.found else None
        if key := key_of(parse(searched.query)):
            _insert(session, records[searched.user_id], searched, key, topic_id)


def _insert(
    session: Session, mine: list[SearchRecord], searched: Searched, key: str, topic_id: int | None
) -> None:
    """Put a search where it belongs among those of the same person."""
    place = bisect_right(mine, searched.at, key=lambda record: record.at)
    before = mine[place - 1] if place else None
    after = mine[place] if place < len(mine) else None
    if before and before.key == key and searched.at - before.at <= GOES_ON:
        _go_on(before, searched, topic_id)
        return
    if after and after.key == key and after.at - searched.at <= GOES_ON:
        after.at = searched.at
        _go_on(after, searched, topic_id)
        _link(before, after)
        return
    record = SearchRecord(
        at=searched.at,
        query=searched.query,
        key=key,
        found=searched.found,
        user_id=searched.user_id,
        topic_id=topic_id,
    )
    session.add(record)
    mine.insert(place, record)
    _link(before, record)
    _link(record, after)


def _go_on(record: SearchRecord, searched: Searched, topic_id: int | None) -> None:
    record.found = max(record.found, searched.found)
    record.topic_id = record.topic_id or topic_id


def _link(before: SearchRecord | None, after: SearchRecord | None) -> None:
    if before and after and after.at - before.at <= REFINED:
        before.refined_to = after


def write_openings(session: Session, openings: Mapping[Opened, int]) -> None:
    """Note in a search what was opened of it; the last counts, it may have been the right one.

    Another process may hold the search still, for it writes down in its own time what it counted.
    """
    searches = {
        (record.user_id, record.key): record
        for record in _records(session, openings, OPENED_WITHIN)
    }
    articles = _articles(session, {opened.slug for opened in openings})
    for opened in sorted(openings, key=lambda each: each.at):
        record = searches.get((opened.user_id, key_of(parse(opened.query))))
        article = articles.get(opened.slug)
        if article is None:
            continue
        if record is None:
            if clock.now() < opened.at + WRITTEN_WITHIN:
                tally.add(OPENINGS, opened)
            continue
        if record.opened_id != article.id:
            if record.opened_id is not None:
                record.worked = None  # which was said of the one before
            record.opened_id, record.rank = article.id, opened.rank
            record.topic_id = article.topic_id if record.found else None
        elif record.rank is None:  # a browser says the same twice: by its script, and by asking
            record.rank = opened.rank


def _records(
    session: Session, noted: Collection[Searched | Opened], reach: timedelta
) -> Iterable[SearchRecord]:
    """What these people looked for lately, in order."""
    earliest = min(each.at for each in noted)
    query = (
        sa.select(SearchRecord)
        .where(
            SearchRecord.user_id.in_({each.user_id for each in noted}),
            SearchRecord.at >= earliest - reach,
        )
        .order_by(SearchRecord.at, SearchRecord.id)
    )
    return session.scalars(query)


class _Address(NamedTuple):
    """What an article's slug leads to."""

    id: int
    topic_id: int


def _articles(session: Session, slugs: Collection[str]) -> dict[str, _Address]:
    query = sa.select(Article.slug, Article.id, Article.topic_id).where(Article.slug.in_(slugs))
    return {slug: _Address(*ids) for slug, *ids in session.execute(query) if slug}


def _topic_ids(session: Session, slugs: Collection[str]) -> dict[str, int]:
    if not slugs:
        return {}
    query = sa.select(Topic.slug, Topic.id).where(Topic.slug.in_(slugs))
    return {row.slug: row.id for row in session.execute(query)}


# What people said of it


def follow_outcomes(session: Session, events: Sequence[Event]) -> None:
    """Note in the searches by which articles were found whether these helped."""
    for event in events:
        if event.actor is None:
            continue
        outcome = session.get(Outcome, (event.subject, event.actor))
        if outcome is None:
            _take_back(session, event.subject, event.actor)
        else:
            write_outcome(session, outcome)


def write_outcome(session: Session, outcome: Outcome) -> None:
    """In the person's last search by which they found it; they may have found it otherwise.

    Who changes their mind later still changes what is noted there.
    """
    key = key_of(parse(outcome.query))
    if not key:
        return
    opened_id = SearchRecord.opened_id
    query = (
        sa.select(SearchRecord)
        .where(
            SearchRecord.user_id == outcome.user_id,
            SearchRecord.key == key,
            SearchRecord.at <= outcome.at,
            sa.or_(SearchRecord.at >= outcome.at - TRIED_WITHIN, SearchRecord.worked.is_not(None)),
            # That it was opened may not be written down yet; what was said is of no other one.
            sa.or_(opened_id.is_(None), opened_id == outcome.article_id),
        )
        .order_by(SearchRecord.at.desc(), SearchRecord.id.desc())
        .limit(1)
    )
    if (record := session.scalar(query)) is not None:
        record.worked = outcome.worked


def _take_back(session: Session, article_id: int, user_id: int) -> None:
    session.execute(
        sa.update(SearchRecord)
        .where(SearchRecord.user_id == user_id, SearchRecord.opened_id == article_id)
        .values(worked=None)
    )


# Forgetting


def forget(session: Session, *, keeps: bool = True) -> None:
    """Empty the names of what is nearly thirty days old; remove what nobody asks about any more.

    Where nothing is to be kept any more, no name waits for that. There may be very much of it, so
    the session reads, and a portion at a time is written by one of its own.
    """
    _wait_for_writers(session)
    now = clock.now()
    named = NAMED if keeps and company.keeps_searches(session) else timedelta()
    names = sa.and_(SearchRecord.user_id.is_not(None), SearchRecord.at <= now - named)
    nameless = sa.update(SearchRecord).values(user_id=None)
    _in_portions(session, names, nameless)
    _in_portions(session, SearchRecord.at < now - KEPT, sa.delete(SearchRecord))


def _wait_for_writers(session: Session) -> None:
    """Who writes searches down now may have asked before that these are still kept."""
    with beside(session) as writing:
        alone(writing, SEARCHES)
        writing.commit()


def _in_portions(
    session: Session, which: sa.ColumnElement[bool], act: sa.Update | sa.Delete
) -> None:
    ids = session.scalars(sa.select(SearchRecord.id).where(which).order_by(SearchRecord.id)).all()
    for start in range(0, len(ids), PORTION):
        with beside(session) as writing:
            writing.execute(act.where(SearchRecord.id.in_(ids[start : start + PORTION])))
            writing.commit()
