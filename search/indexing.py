"""Keeps the index equal to the database: after each change, by rebuilding, by comparing."""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import Database
from core.languages import detect
from core.outbox import Delivery, Event
from kb import queries
from kb.queries import SearchableArticle
from search.analysing import entries, processes_for
from search.documents import Document, entry
from search.engines import Engine, IndexMissing, Writer

log = logging.getLogger("firsthand.search")

SUBSCRIBER = "search-index"
PORTION = 500

# Called now and then with how many articles are done, and of how many.
Progress = Callable[[int, int], None]


def document(article: SearchableArticle) -> Document:
    """A published article as the search room knows it."""
    return Document(
        id=article.id,
        title=article.title,
        text=article.text,
        summary=article.summary,
        headings=article.headings,
        tags=article.tags,
        keywords=article.keywords,
        kind=article.kind,
        topics=article.topic_path,
        author=article.author,
        author_names=tuple(article.author_name.split(", ")),
        published=int(article.published_at.timestamp() * 1_000_000),
        language=article.language or detect(article.title, article.summary, article.text),
    )


def deliver(database: Database, engine: Engine, events: Sequence[Event]) -> None:
    """Bring the index up to date with the articles that events are about."""
    try:
        update(database, engine, {event.subject for event in events})
    except IndexMissing as error:
        log.info("%s; building it anew", error)
        rebuild(database, engine)


def update(database: Database, engine: Engine, ids: Collection[int]) -> None:
    """Make the index equal to the database in these articles, with one commit."""
    with engine.writer() as writer:
        _copy(database, writer, ids)


def rebuild(database: Database, engine: Engine, progress: Progress | None = None) -> int:
    """Make the whole index anew, beside the old one, which answers meanwhile."""
    started = clock.now()
    with engine.rebuild() as fresh:
        with database.reading() as session:
            wanted = queries.searchable_ids(session)
        read = _documents(database, wanted)
        with closing(entries(read, processes_for(len(wanted)))) as portions:
            for number, portion in enumerate(portions, 1):
                for made in portion:
                    fresh.put(made)
                if progress:
                    progress(min(number * PORTION, len(wanted)), len(wanted))
        fresh.hold()
        # What changed since went into the old index, or is waiting for us to let go.
        _copy(database, fresh, _delivered_since(database, started))
    log.info("the search index was built anew with %d articles", len(wanted))
    return len(wanted)


def _copy(database: Database, writer: Writer, ids: Collection[int]) -> None:
    # Read only now: whoever writes has the lock, and what is read before it may be old.
    with database.reading() as session:
        published = set()
        for article in queries.searchable(session, ids):
            writer.put(entry(document(article)))
            published.add(article.id)
    writer.remove(set(ids) - published)


def _delivered_since(database: Database, moment: datetime) -> Collection[int]:
    """Articles whose change was delivered since then, or is not yet."""
    query = (
        sa.select(Event.subject)
        .join(Delivery, Delivery.event_id == Event.id)
        .where(
            Delivery.subscriber == SUBSCRIBER,
            sa.or_(Delivery.done_at.is_(None), Delivery.done_at >= moment),
        )
        .distinct()
    )
    with database.reading() as session:
        return session.scalars(query).all()


def _documents(database: Database, ids: Sequence[int]) -> Iterator[list[Document]]:
    """What is published of these, in portions."""
    for start in range(0, len(ids), PORTION):
        with database.reading() as session:
            articles = queries.searchable(session, ids[start : start + PORTION])
            documents = [document(article) for article in articles]
        yield documents


@dataclass(frozen=True)
class Differences:
    """Where the index does not say what the database says, by article id."""

    articles: int  # that are published
    missing: list[int]
    extra: list[int]
    different: list[int]

    def __bool__(self) -> bool:
        return bool(self.missing or self.extra or self.different)


def verify(session: Session, engine: Engine) -> Differences:
    """Compare the index with the database; raises IndexMissing without one, or if it is damaged."""
    engine.check()
    indexed = dict(engine.searcher().digests())
    missing, different, count = [], [], 0
    for article in queries.searchable(session):
        count += 1
        digest = indexed.pop(article.id, None)
        if digest is None:
            missing.append(article.id)
        elif digest != document(article).digest():
            different.append(article.id)
    return Differences(count, missing, sorted(indexed), different)
