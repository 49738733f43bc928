"""Where a text under review would stand in search, and what it would push down."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.languages import ENGLISH, detect
from kb import queries
from kb.models import Revision
from kb.rendering import article_path
from kb.topics import tree
from people.models import User
from search import indexing
from search.analysis import stems_of
from search.documents import Document, entry
from search.engines import Searcher
from search.imagined import Imagined
from search.models import SearchRecord
from search.pipeline import Pipeline
from search.query import parse, plain

RECENT = timedelta(days=30)
SEARCHES = 5  # told of those that found nothing
LOOKED_AT = 300  # of them, those asked most often
SHOWN = 3  # titles above and below
_ENOUGH = 0.5  # of the words of a search stand in the text


@dataclass(frozen=True)
class Place:
    """One line of a list of results."""

    id: int
    title: str
    path: str


@dataclass(frozen=True)
class Standing:
    """What a search would find with this text in the index."""

    query: str
    rank: int | None  # from 1; none: it is not among the first ten
    rank_now: int | None  # of the article's live text
    above: tuple[Place, ...]
    below: tuple[Place, ...]
    pushed: tuple[Place, ...]  # that stand higher today, the one that leaves the page last
    times: int = 0  # it was searched for in vain


@dataclass(frozen=True)
class Findability:
    """How readers would come upon a text."""

    title: Standing
    searches: tuple[Standing, ...]


def findability(
    session: Session, pipeline: Pipeline, searcher: Searcher, revision: Revision, reader: User
) -> Findability:
    """For the words of the title, and for recent searches that found nothing."""
    live = _live(session, revision.article_id)
    text = imagined_document(session, revision, live)
    comparing = _Comparing(session, pipeline, searcher, reader, text, live)
    return Findability(
        title=comparing.standing(plain(revision.title)),
        searches=tuple(comparing.answered(in_vain(session))),
    )


def imagined_document(session: Session, revision: Revision, live: Document | None) -> Document:
    """The article as it would be indexed with this text."""
    article = revision.article
    topics = tree(session).path(revision.topic_id)
    authors = [article.author.name, revision.byline, *(p.name for p in revision.coauthors)]
    new = Document(
        id=article.id,
        title="",
        text="",
        keywords=tuple(article.keywords),
        kind=article.kind.value,
        author=article.author.handle,
        author_names=tuple(dict.fromkeys(name for name in authors if name)),
        published=int(clock.now().timestamp() * 1_000_000),
    )
    return (live or new)._replace(
        title=revision.title,
        text=revision.text,
        summary=revision.summary,
        headings=tuple(str(heading[2]) for heading in revision.headings),
        tags=tuple(revision.tags),
        language=revision.language or detect(revision.title, revision.summary, revision.text),
        topics=tuple(node.slug for node in topics),
    )


def _live(session: Session, article_id: int) -> Document | None:
    found = next(queries.searchable(session, [article_id]), None)
    return indexing.document(found) if found else None


def in_vain(session: Session) -> Sequence[tuple[str, str, int]]:
    """Recent searches that found nothing: the terms, the words last typed, how often."""
    times = sa.func.count()
    query = (
        sa.select(SearchRecord.key, sa.func.max(SearchRecord.query), times)
        .where(SearchRecord.found == 0, SearchRecord.at >= clock.now() - RECENT)
        .group_by(SearchRecord.key)
        .order_by(times.desc(), sa.func.max(SearchRecord.at).desc())
        .limit(LOOKED_AT)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


class _Comparing:
    """Asks the same question of the index as it is and as it would be."""

    def __init__(
        self,
        session: Session,
        pipeline: Pipeline,
        searcher: Searcher,
        reader: User,
        text: Document,
        live: Document | None,
    ) -> None:
        self._session = session
        self._pipeline = pipeline
        self._searcher = searcher
        self._reader = reader
        self._text = text
        self._imagined = Imagined(searcher, entry(text), entry(live) if live else None)

    def answered(self, searches: Sequence[tuple[str, str, int]]) -> Iterator[Standing]:
        """Those searches that would find this text among the first."""
        told = 0
        for terms, query, times in searches:
            wanted = set(terms.split())
            if not wanted or sum(map(self._has, wanted)) < _ENOUGH * len(wanted):
                continue
            standing = self.standing(query)
            if standing.rank is not None:
                yield replace(standing, times=times)
                told += 1
            if told == SEARCHES:
                return

    def _has(self, term: str) -> bool:
        """Whether the text has a term of a search: these are English stems, in any language."""
        language = self._text.language
        others = stems_of(term, language) if language != ENGLISH else ()
        return any(map(self._imagined.has, (term, *others)))

    def standing(self, query: str) -> Standing:
        before = self._found(query, self._searcher)
        after = self._found(query, self._imagined)
        ids = [place.id for place in after]
        rank = ids.index(self._text.id) if self._text.id in ids else None
        was = {place.id: number for number, place in enumerate(before)}
        others = len(after) if rank is None else rank
        now = {number: place for number, place in enumerate(after) if place.id != self._text.id}
        pushed = [place for number, place in now.items() if was.get(place.id, number) < number]
        gone = [place for place in before if place.id not in ids] if rank is not None else []
        return Standing(
            query=query,
            rank=None if rank is None else rank + 1,
            rank_now=was[self._text.id] + 1 if self._text.id in was else None,
            above=tuple(after[:others][-SHOWN:]) if rank else (),
            below=() if rank is None else tuple(after[rank + 1 :][:SHOWN]),
            pushed=(*pushed, *gone),
        )

    def _found(self, query: str, searcher: Searcher) -> list[Place]:
        results = self._pipeline.search(parse(query), self._rows, searcher=searcher)
        return [hit.row for hit in results.hits]

    def _rows(self, ids: Sequence[int]) -> Mapping[int, Place]:
        """What this person may see of them; and the text itself, which they are reading."""
        itself = self._text.id
        found = queries.result_rows(self._session, self._reader, ids)
        places = {i: Place(i, row.title, article_path(row.slug)) for i, row in found.items()}
        return places | ({itself: Place(itself, self._text.title, "")} if itself in ids else {})
