"""Keeps the passages of published articles, and their vectors, equal to the texts that are live.

The table `passage` is the truth, the store of vectors its copy. An article's passages are whole, and
go into the store, when its first one, number 0, is in the table: that is always written last.
"""

import hashlib
import logging
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import Database
from core.outbox import Event
from kb import queries
from kb.models import Article
from kb.queries import SearchableArticle
from people.models import User
from search.engines import IndexMissing
from search.indexing import Differences
from search.models import Passage
from search.semantic import StoredPassage, Vectors
from search.semantic.digests import digest
from search.semantic.encoder import Cut, EncoderMissing

if TYPE_CHECKING:
    from numpy import int8
    from numpy.typing import NDArray

log = logging.getLogger("firsthand.search")

SUBSCRIBER: Final = "search-meaning"
DELIVERY_SECONDS: Final = 1.5  # the index of words waits meanwhile
TEXTS: Final = 8  # embedded at a time
PORTION: Final = 500


class Encoder(Protocol):
    """What is asked of an encoder here."""

    name: str

    def wait(self, timeout: float) -> bool: ...
    def cut(self, title: str, text: str) -> Sequence[Cut]: ...
    def embed(self, texts: Sequence[str]) -> "NDArray[int8]": ...


class Row(NamedTuple):
    """A passage as the table has it, but for its vector."""

    number: int
    start: int
    end: int
    digest: bytes


class Left(NamedTuple):
    """Articles that were not embedded, and why."""

    waiting: list[int]  # for time, or for an encoder
    failed: list[int]
    missing: EncoderMissing | None


def deliver(
    database: Database, encoder: Encoder, vectors: Vectors, events: Sequence[Event]
) -> bool:
    """Bring the articles that events are about up to date; whether all of them are now.

    What there is no encoder for at present, or takes too long, is left to `upkeep.catch_up`; until
    then such an article is found by its words, and not by the meaning of what it said before.
    """
    ids = sorted({event.subject for event in events}, reverse=True)
    seconds = DELIVERY_SECONDS if encoder.wait(0) else 0
    left = embed(database, encoder, ids, seconds)
    not_whole = left.waiting + left.failed
    if not_whole:
        _set_aside(database, not_whole)
    try:
        copy(database, encoder, vectors, ids)
    except IndexMissing:
        rebuild(database, encoder, vectors)
    return not not_whole


def without_meaning(session: Session, events: Sequence[Event]) -> None:
    """Where there is no encoder: have no passages of a text that is not live any more.

    Once there is one again, these articles are embedded like all that have none.
    """
    theirs = Passage.article_id.in_({event.subject for event in events})
    session.execute(sa.delete(Passage).where(theirs))


def is_copy(database: Database, encoder: Encoder, vectors: Vectors) -> bool:
    """Whether the store holds as many passages as it is to hold, which is soon said."""
    own = Passage.encoder == encoder.name
    whole = sa.select(Passage.article_id).where(own, Passage.number == 0)
    query = sa.select(sa.func.count()).select_from(Passage)
    with database.reading() as session:
        wanted = session.scalar(query.where(own, Passage.article_id.in_(whole)))
    return vectors.searcher().count == wanted


def embed(database: Database, encoder: Encoder, ids: Sequence[int], seconds: float) -> Left:
    """Write the passages of articles to the table, one article after the other.

    With any time at all, it goes on by a few passages at least.
    """
    until = time.monotonic() + seconds
    with database.reading() as session:
        # Read before the texts: if one is published in between, it is not taken for the older.
        revisions = _live_revisions(session, ids)
        articles = {article.id: article for article in queries.searchable(session, ids)}
    _forget(database, set(ids) - articles.keys())
    # One that was listed in between has an event of its own.
    waiting = [id_ for id_ in ids if id_ in articles and id_ in revisions]
    failed: list[int] = []
    begun = False
    while waiting and seconds and not (begun and time.monotonic() >= until):
        id_, begun = waiting[0], True
        try:
            is_whole = _embed(database, encoder, articles[id_], revisions[id_], until)
        except EncoderMissing as error:
            return Left(waiting, failed, error)
        except sa.exc.SQLAlchemyError:
            raise  # it is the database that fails
        except Exception:
            log.exception("the meaning of article %d could not be embedded", id_)
            failed.append(waiting.pop(0))
            continue
        if is_whole:
            waiting.pop(0)
    return Left(waiting, failed, None)


def copy(database: Database, encoder: Encoder, vectors: Vectors, ids: Collection[int]) -> None:
    """Make the store equal to the table in these articles."""
    stored = None
    # Somebody else may have written to both between our reading and our writing.
    while stored != (wanted := _stored(database, encoder, ids)):
        vectors.put(wanted)
        stored = wanted


def rebuild(database: Database, encoder: Encoder, vectors: Vectors) -> None:
    """Make the store anew from the table; the encoder only says whose vectors are meant."""

    def portions() -> Iterator[dict[int, list[StoredPassage]]]:
        with database.reading() as session:
            ids = queries.searchable_ids(session)
        for start in range(0, len(ids), PORTION):
            found = _stored(database, encoder, ids[start : start + PORTION])
            yield {id_: passages for id_, passages in found.items() if passages}

    vectors.rebuild(portions())


@dataclass(frozen=True)
class PassageDifferences(Differences):
    """Where the store does not say what the table says, by article id."""

    waiting: int = 0  # articles whose passages are still to be embedded: no difference


def verify(session: Session, encoder: Encoder, vectors: Vectors) -> PassageDifferences:
    """Compare the store with the table; raises IndexMissing without a store."""
    stored = dict(vectors.digests())
    missing, different, waiting = [], [], 0
    ids = queries.searchable_ids(session)
    for start in range(0, len(ids), PORTION):
        for id_, passages in _read(session, encoder, ids[start : start + PORTION]).items():
            found = stored.pop(id_, None)
            if not passages:
                waiting += 1
            if found is None and passages:
                missing.append(id_)
            elif found is not None and found != digest(passages):
                different.append(id_)
    return PassageDifferences(len(ids), missing, sorted(stored), different, waiting)


# Embedding


def _embed(
    database: Database,
    encoder: Encoder,
    article: SearchableArticle,
    revision: int,
    until: float,
) -> bool:
    """Add to the passages of an article until the time is over; whether they are whole."""
    rows: dict[Row, str] = {}
    for number, cut in enumerate(encoder.cut(article.title, article.text)):
        rows[Row(number, cut.start, cut.end, _digest(encoder.name, cut.text))] = cut.text
    vectors = _known_vectors(database, encoder, {row.digest for row in rows})
    missing = {row.digest: text for row, text in rows.items() if row.digest not in vectors}
    while missing:
        portion = list(missing)[:TEXTS]
        embedded = encoder.embed([missing.pop(each) for each in portion])
        vectors |= {each: row.tobytes() for each, row in zip(portion, embedded, strict=True)}
        if time.monotonic() >= until:
            break
    have = {row: vectors[row.digest] for row in rows if row.digest in vectors}
    if missing:
        have = {row: vector for row, vector in have.items() if row.number > 0}
    _write(database, encoder, article.id, revision, have)
    return not missing


def _digest(encoder: str, text: str) -> bytes:
    embedded = f"{encoder}\0{text}".encode("utf-8", "replace")
    return hashlib.blake2b(embedded, digest_size=16).digest()


def _known_vectors(
    database: Database, encoder: Encoder, digests: Collection[bytes]
) -> dict[bytes, bytes]:
    """What was embedded before, in whatever article."""
    known: dict[bytes, bytes] = {}
    wanted = sorted(digests)
    with database.reading() as session:
        for start in range(0, len(wanted), PORTION):
            query = sa.select(Passage.digest, Passage.vector).where(
                Passage.encoder == encoder.name,
                Passage.digest.in_(wanted[start : start + PORTION]),
            )
            known |= {row.digest: row.vector for row in session.execute(query)}
    return known


def _write(
    database: Database,
    encoder: Encoder,
    article_id: int,
    revision: int,
    rows: dict[Row, bytes],
) -> None:
    """Let these be the article's rows, unless another text is live by now: that is delivered too."""
    with database.writing() as session:
        lock = sa.select(Article.id).where(Article.id == article_id).with_for_update()
        session.execute(lock)
        if _live_revisions(session, [article_id]).get(article_id) != revision:
            return
        there = {
            (row.encoder, Row(row.number, row.start, row.end, row.digest)): row.id
            for row in session.execute(
                sa.select(
                    Passage.id,
                    Passage.encoder,
                    Passage.number,
                    Passage.start,
                    Passage.end,
                    Passage.digest,
                ).where(Passage.article_id == article_id)
            )
        }
        wanted = {(encoder.name, row): vector for row, vector in rows.items()}
        old = [id_ for key, id_ in there.items() if key not in wanted]
        new = [
            {"article_id": article_id, "encoder": name, "vector": vector, **row._asdict()}
            for (name, row), vector in wanted.items()
            if (name, row) not in there
        ]
        for start in range(0, len(old), PORTION):
            session.execute(sa.delete(Passage).where(Passage.id.in_(old[start : start + PORTION])))
        if new:
            session.execute(sa.insert(Passage), new)
        if old or new:
            session.commit()


def _set_aside(database: Database, ids: Sequence[int]) -> None:
    """Their passages are not whole any more; what remains of them is used again."""
    with database.writing() as session:
        session.execute(sa.delete(Passage).where(Passage.article_id.in_(ids), Passage.number == 0))
        session.commit()


def _forget(database: Database, ids: Collection[int]) -> None:
    """Have no passages of articles that are not published any more."""
    theirs = Passage.article_id.in_(ids)
    with database.reading() as session:
        if not ids or session.scalar(sa.select(Passage.id).where(theirs).limit(1)) is None:
            return
    with database.writing() as session:
        listed = _live_revisions(session, ids)
        gone = sorted(set(ids) - listed.keys())
        session.execute(sa.delete(Passage).where(Passage.article_id.in_(gone)))
        session.commit()


# Reading


def listed() -> sa.ColumnElement[bool]:
    """Articles that every employee may find."""
    return queries.visible_to(User(active=True))


def _live_revisions(session: Session, ids: Collection[int]) -> dict[int, int]:
    query = sa.select(Article.id, Article.live_revision_id).where(Article.id.in_(ids), listed())
    return {row.id: row.live_revision_id for row in session.execute(query)}


def _stored(
    database: Database, encoder: Encoder, ids: Collection[int]
) -> dict[int, list[StoredPassage]]:
    with database.reading() as session:
        return _read(session, encoder, ids)


def _read(
    session: Session, encoder: Encoder, ids: Collection[int]
) -> dict[int, list[StoredPassage]]:
    """What the store is to hold of these articles: their passages, if they are whole."""
    # Asked for one encoder, SQLite would go through all of its passages for each portion of articles.
    query = (
        sa.select(
            Passage.encoder,
            Passage.article_id,
            Passage.number,
            Passage.start,
            Passage.end,
            Passage.vector,
        )
        .where(Passage.article_id.in_(ids))
        .order_by(Passage.article_id, Passage.number)
    )
    found: dict[int, list[StoredPassage]] = defaultdict(list)
    whole = set()
    for name, article_id, number, start, end, vector in session.connection().execute(query):
        if name != encoder.name:
            continue
        found[article_id].append(StoredPassage(start, end, vector))
        if number == 0:
            whole.add(article_id)
    return {id_: found[id_] if id_ in whole else [] for id_ in ids}
