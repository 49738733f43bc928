"""The keys of searches tell off from on: those of records, pins and cards are made anew."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

# The rule is the program's own: a database has the keys of the version that reads it.
from search.analysis import stem, tokens
from search.keys import key_of
from search.languages import QUESTION_WORDS
from search.query import Query, parse

revision = "0005"
down_revision = "0004"

Key = Callable[[Query], str]

OPPOSITES = re.compile(
    r"\b(?:above|after|before|below|down|no|not|off|out|over|under|up)\b", re.IGNORECASE
)
PORTION = 5_000

RECORD = sa.table("search_record", sa.column("id"), sa.column("key"), sa.column("query"))
PIN = sa.table(
    "search_pin",
    *map(sa.column, ("id", "key", "query", "article_id", "removed_at")),
)
WORDING = sa.table("search_gap_wording", sa.column("id"), sa.column("key"), sa.column("query"))


def upgrade() -> None:
    _make_anew(_earlier_key, key_of)


def downgrade() -> None:
    _make_anew(key_of, _earlier_key)


def _earlier_key(query: Query) -> str:
    """As in 0004, when all words that put questions were left out."""
    found = [token for word in query.words for token in tokens(word.text)]
    said = [token for token in found if token.word not in QUESTION_WORDS] or found
    terms = [token.stem for token in said]
    return " ".join(terms + [stem(word) for phrase in query.phrases for word in phrase])


def _make_anew(before: Key, after: Key) -> None:
    connection = op.get_bind()
    change = (
        RECORD.update().where(RECORD.c.id == sa.bindparam("row")).values(key=sa.bindparam("to"))
    )
    for portion in _portions(connection, RECORD):
        if changes := [{"row": row.id, "to": key} for row, key in _changed(portion, before, after)]:
            connection.execute(change, changes)
    for table in (PIN, WORDING):
        for portion in _portions(connection, table):
            for row, key in _changed(portion, before, after):
                _put(connection, table, row, key)


def _portions(connection: sa.Connection, table: sa.TableClause) -> Iterator[list[Any]]:
    rows = sa.select(table).order_by(table.c.id).limit(PORTION)
    last = 0
    while portion := list(connection.execute(rows.where(table.c.id > last))):
        yield portion
        last = portion[-1].id


def _changed(rows: list[Any], before: Key, after: Key) -> Iterator[tuple[Any, str]]:
    for row in rows:
        if not OPPOSITES.search(row.query):
            continue
        query = parse(row.query)
        # Where a part of the text is hidden, its key says more than the text does; it stays.
        if row.key == before(query) != after(query):
            yield row, after(query)


def _put(connection: sa.Connection, table: sa.TableClause, row: Any, key: str) -> None:
    """Give a pin or a wording its key, unless another one has it: then that one is enough."""
    same = table.c.key == key
    if table is PIN:
        same &= (table.c.article_id == row.article_id) & table.c.removed_at.is_(None)
        same &= sa.literal(row.removed_at is None)
    if connection.scalar(sa.select(sa.exists().where(same))):
        connection.execute(table.delete().where(table.c.id == row.id))
    else:
        connection.execute(table.update().where(table.c.id == row.id).values(key=key))
