"""Many cases like one that the workflow made: rows copied, each copy with its own numbers."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.models import Model
from curation.models import LineComment, Review, ReviewEntry
from kb.models import (
    Article,
    Draft,
    DraftCoauthor,
    Publication,
    Revision,
    RevisionCoauthor,
)

Numbers = dict[tuple[str, int], int]  # table and number of the original -> number of the copy


def copies(session: Session, article_id: int, count: int, *, serial: int) -> list[Numbers]:
    """`count` copies of all that belongs to an article; `serial` makes what is unique differ."""
    made: list[Numbers] = [{} for _ in range(count)]
    for model, belongs in _parts(article_id):
        table = model.__table__
        query = sa.select(table).where(belongs).order_by(*table.primary_key.columns)
        for row in session.execute(query).mappings():
            rows = [
                {
                    name: _copied(table.c[name], value, new, serial + i)
                    for name, value in row.items()
                }
                for i, new in enumerate(made)
            ]
            _insert(session, table, rows, row, made)
    live = session.get_one(Article, article_id).live_revision_id
    if live is not None:
        changed = [
            {"id": new["article", article_id], "live_revision_id": new["revision", live]}
            for new in made
        ]
        session.execute(sa.update(Article), changed)
    return made


def _parts(article_id: int) -> list[tuple[type[Model], sa.ColumnElement[bool]]]:
    """Tables, each after those it refers to, and which of their rows belong to the article."""
    revisions = sa.select(Revision.id).where(Revision.article_id == article_id)
    drafts = sa.select(Draft.id).where(Draft.article_id == article_id)
    reviews = sa.select(Review.id).where(Review.article_id == article_id)
    return [
        (Article, Article.id == article_id),
        (Revision, Revision.article_id == article_id),
        (RevisionCoauthor, RevisionCoauthor.revision_id.in_(revisions)),
        (Publication, Publication.article_id == article_id),
        (Draft, Draft.article_id == article_id),
        (DraftCoauthor, DraftCoauthor.draft_id.in_(drafts)),
        (Review, Review.article_id == article_id),
        (ReviewEntry, ReviewEntry.review_id.in_(reviews)),
        (LineComment, LineComment.review_id.in_(reviews)),
    ]


def _copied(column: sa.Column[Any], value: Any, new: Numbers, serial: int) -> Any:
    if column.name in ("slug", "key") and value is not None:
        return f"{value} {serial}"
    for foreign in column.foreign_keys:
        key = (foreign.column.table.name, value)
        if column.name == "live_revision_id":
            return None  # it is copied later than the article
        return new.get(key, value)
    return value


def _insert(
    session: Session,
    table: sa.FromClause,
    rows: list[dict[str, Any]],
    original: sa.RowMapping,
    made: list[Numbers],
) -> None:
    assert isinstance(table, sa.Table)
    if "id" not in table.c:
        session.execute(sa.insert(table), rows)
        return
    for row in rows:
        del row["id"]
    insert = sa.insert(table).returning(table.c.id, sort_by_parameter_order=True)
    for new, number in zip(made, session.scalars(insert, rows), strict=True):
        new[table.name, original["id"]] = number
