"""Looks for texts that say the same: published ones, and others that wait for a decision."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Session

from curation.checks.findings import Check, Finding, Severity, shortened
from curation.checks.overlap import Overlap, overlap, shared
from curation.checks.reading import Sentence
from curation.models import OPEN, Review
from kb.models import Article, Revision, RevisionCoauthor
from kb.queries import visible_to
from kb.rendering import article_path
from kb.topics import Deciders
from people.models import Role, User

LOOKED_INTO = 8  # texts of each sort whose words are compared
TOLD = 5  # texts
MOST_KNOWN = 20_000  # proposals whose words are remembered
SENTENCES = 3  # of each
# A sentence or two in common is how people write about one thing; more is told.
FEWEST_RUNS = 8
SMALLEST_PART = 0.1

# Ids of published articles that may say the same, the likeliest first; another room knows them.
Published = Callable[[Session, User, Revision], Sequence[int]]

_WORD = re.compile(r"[^\W_]{3,}")


@dataclass(frozen=True)
class Other:
    """A text to compare with."""

    title: str
    path: str
    body: str
    is_published: bool


@dataclass(frozen=True)
class _Shared:
    other: Other
    overlap: Overlap

    @property
    def part(self) -> float:
        return max(self.overlap.of_this, self.overlap.of_other)


def similar(
    revision: Revision, sentences: Sequence[Sentence], others: Iterable[Other]
) -> Iterator[Finding]:
    """The texts with which this one shares most, and what they share."""
    found = [_Shared(other, overlap(revision.body, other.body)) for other in others]
    enough = [s for s in found if len(s.overlap.runs) >= FEWEST_RUNS and s.part >= SMALLEST_PART]
    for each in sorted(enough, key=lambda s: -s.part)[:TOLD]:
        yield _overall(each)
        for sentence in list(shared(sentences, each.overlap))[:SENTENCES]:
            yield Finding(
                Check.SIMILAR,
                Severity.NOTE,
                sentence.first,
                sentence.last,
                f"This also stands in “{each.other.title}”.",
                shortened(sentence.text),
                each.other.path,
            )


def _overall(found: _Shared) -> Finding:
    other = f"“{found.other.title}”"
    other += (
        ", which is published" if found.other.is_published else ", which waits for a decision too"
    )
    if found.overlap.of_this >= found.overlap.of_other:
        sentence = f"{_in_words(found.overlap.of_this)} of this text stands in {other}."
    else:
        sentence = f"{_in_words(found.overlap.of_other)} of {other}, stands in this text."
    severity = Severity.LOOK if found.part >= 0.3 else Severity.NOTE
    return Finding(Check.SIMILAR, severity, None, None, sentence, path=found.other.path)


def _in_words(part: float) -> str:
    for least, words in (
        (0.9, "Nearly all"),
        (0.7, "Three quarters"),
        (0.45, "Half"),
        (0.29, "A third"),
        (0.18, "A fifth"),
    ):
        if part >= least:
            return words
    return "A tenth"


def published(session: Session, reader: User, ids: Sequence[int]) -> list[Other]:
    """Of these articles the live texts that this person may see."""
    if not ids:
        return []
    query = (
        sa.select(Article.slug, Revision.title, Revision.body)
        .join(Revision, Revision.id == Article.live_revision_id)
        .where(Article.id.in_(ids[:LOOKED_INTO]), Article.slug.is_not(None), visible_to(reader))
    )
    return [
        Other(row.title, article_path(row.slug), row.body, True) for row in session.execute(query)
    ]


# Proposals to other articles


def pending(session: Session, reader: User, revision: Revision) -> list[Other]:
    """Open proposals to other articles that this person may read, those most alike by their words."""
    waiting = _open(session, reader, revision)
    words = _words_of(session, waiting.values())
    mine = _words(revision.title, revision.summary, revision.tags, revision.headings)
    best = _most_alike(mine, {id_: words[number] for id_, number in waiting.items()})
    if not best:
        return []
    query = (
        sa.select(Review.id, Revision.title, Revision.body)
        .join(Revision, Revision.id == Review.revision_id)
        .where(Review.id.in_(best))
    )
    return [
        Other(row.title, f"/reviews/{row.id}", row.body, False) for row in session.execute(query)
    ]


def _open(session: Session, reader: User, revision: Revision) -> dict[int, int]:
    """The revision of each review that this person may read."""
    # To the same article: those stand on one text, and the page shows them as such.
    query = sa.select(Review.id, Review.revision_id).where(
        Review.stored_state.in_(OPEN), Review.article_id != revision.article_id
    )
    if reader.role not in (Role.CURATOR, Role.ADMIN):
        helped = sa.select(RevisionCoauthor.revision_id).where(
            RevisionCoauthor.user_id == reader.id
        )
        query = query.where(
            sa.or_(
                Review.author_id == reader.id,
                Review.revision_id.in_(helped),
                Review.topic_id.in_(Deciders(session).topics_of(reader)),
            )
        )
    # Core alone: there may be thousands.
    return dict(session.connection().execute(query).all())


_Words = frozenset[str]
# The words of proposals, for as long as their database is in use. They only help to choose what to
# compare, so that the odd one that is out of date does no harm.
_by_database: WeakKeyDictionary[object, dict[int, _Words]] = WeakKeyDictionary()


def _words_of(session: Session, revision_ids: Collection[int]) -> Mapping[int, _Words]:
    known = _by_database.get(session.get_bind(), {})
    found = {number: known[number] for number in revision_ids if number in known}
    unknown = [number for number in revision_ids if number not in found]
    if unknown:
        found |= _learned(session, unknown)
        _by_database[session.get_bind()] = {**known, **found} if len(known) < MOST_KNOWN else found
    return found


def _learned(session: Session, revision_ids: Sequence[int]) -> dict[int, _Words]:
    query = sa.select(
        Revision.id, Revision.title, Revision.summary, Revision.tags, Revision.headings
    ).where(Revision.id.in_(revision_ids))
    return {
        row.id: _words(row.title, row.summary, row.tags, row.headings)
        for row in session.execute(query)
    }


def _words(title: str, summary: str, tags: Sequence[str], headings: Sequence[Any]) -> _Words:
    """What a text says it is about."""
    about = " ".join((title, summary, *tags, *(str(heading[2]) for heading in headings)))
    return frozenset(_WORD.findall(about.lower()))


def _most_alike(mine: _Words, others: Mapping[int, _Words]) -> list[int]:
    """Those that share the most words, where a word that few have counts for more."""
    common = {id_: both for id_, theirs in others.items() if (both := mine & theirs)}
    frequency = Counter(word for both in common.values() for word in both)
    weight = {word: log(1 + len(others) / count) for word, count in frequency.items()}
    score = {
        id_: sum(map(weight.__getitem__, both)) / (10 + len(others[id_])) ** 0.5
        for id_, both in common.items()
    }
    return sorted(score, key=lambda id_: (-score[id_], id_))[:LOOKED_INTO]
