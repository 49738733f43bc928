"""The rows of the queue: titles, names and times of the few lines that a page shows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from curation.models import Review
from curation.queue import View
from curation.queue_lines import Line, Profile
from kb.models import Article, Revision, RevisionCoauthor
from people.models import User


@dataclass(frozen=True)
class Row:
    """What a row of the queue shows."""

    line: Line
    article_id: int
    title: str
    summary: str
    note: str
    topic: str
    topic_name: str
    author: str
    author_name: str
    coauthors: Sequence[tuple[str, str]]
    curator_id: int | None
    curator_name: str | None
    assignee_name: str | None
    round: int
    version: int
    revision_id: int
    words: int
    searchers: int
    views: int
    submitted_at: datetime
    claimed_at: datetime | None
    claimed_until: datetime | None
    due_at: datetime | None
    is_stale: bool  # the live text has changed since this was written

    @property
    def id(self) -> int:
        return self.line.id

    @property
    def profile(self) -> Profile:
        return self.line.profile

    @property
    def is_small(self) -> bool:
        """A change that may be approved together with others."""
        return self.profile.article == "live" and self.profile.size == "small"


def rows(session: Session, view: View, lines: Sequence[Line]) -> list[Row]:
    """What is shown of these lines, read with two statements."""
    if not lines:
        return []
    found = session.connection().execute(_ROWS, {"wanted": [line.id for line in lines]}).all()
    by_id = {row.id: row for row in found}
    coauthors: dict[int, list[tuple[str, str]]] = {}
    wanted = {"revisions": [row.revision_id for row in found]}
    for revision_id, handle, name in session.connection().execute(_COAUTHORS, wanted):
        coauthors.setdefault(revision_id, []).append((handle, name))
    return list(_rows(view, lines, by_id, coauthors))


def _rows(
    view: View,
    lines: Sequence[Line],
    by_id: Mapping[int, Any],
    coauthors: Mapping[int, Sequence[tuple[str, str]]],
) -> Iterator[Row]:
    for line in lines:
        if line.id not in by_id:
            continue  # removed in this very moment
        topic, author = view.topics.by_id[line.topic_id], view.authors[line.author_id]
        values = dict(by_id[line.id]._mapping)
        del values["id"]
        yield Row(
            line=line,
            topic=topic.slug,
            topic_name=topic.name,
            author=author.handle,
            author_name=author.name,
            coauthors=coauthors.get(values["revision_id"], ()),
            **values,
        )


_review = Review.__table__.c


def _row_statement() -> sa.Select[*tuple[Any, ...]]:
    curator, assignee = User.__table__.alias("curator"), User.__table__.alias("assignee")
    revision, article = Revision.__table__.c, Article.__table__.c
    return (
        sa.select(
            _review.id,
            _review.article_id,
            revision.title,
            revision.summary,
            revision.note,
            _review.curator_id,
            curator.c.name.label("curator_name"),
            assignee.c.name.label("assignee_name"),
            _review.round,
            _review.version,
            _review.revision_id,
            _review.size.label("words"),
            _review.searchers,
            _review.views,
            _review.submitted_at,
            _review.claimed_at,
            _review.claimed_until,
            _review.due_at,
            revision.base_id.is_distinct_from(article.live_revision_id).label("is_stale"),
        )
        .join_from(Review.__table__, Revision.__table__, revision.id == _review.revision_id)
        .join(Article.__table__, article.id == _review.article_id)
        .outerjoin(curator, curator.c.id == _review.curator_id)
        .outerjoin(assignee, assignee.c.id == _review.assignee_id)
        .where(_review.id.in_(sa.bindparam("wanted", expanding=True)))
    )


_ROWS = _row_statement()
_COAUTHORS = (
    sa.select(RevisionCoauthor.revision_id, User.handle, User.name)
    .join(User, User.id == RevisionCoauthor.user_id)
    .where(RevisionCoauthor.revision_id.in_(sa.bindparam("revisions", expanding=True)))
    .order_by(User.name)
)
