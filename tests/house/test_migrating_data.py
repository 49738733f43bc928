"""A database of the first release, with data in it, comes through every migration whole, and back."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from core.db import db
from curation import workflow
from curation.models import Review, State
from kb.models import Article, Verification
from people.models import User
from tests.house.test_migrations import app, migrate, url  # noqa: F401  (fixtures)

Migrate = Callable[..., None]
AT = "2026-03-02 09:00:00.000000"
LATER = "2026-03-03 10:00:00.000000"

ROWS: dict[str, list[dict[str, Any]]] = {
    "user_account": [
        {
            "id": number,
            "handle": name.lower(),
            "name": name,
            "email": f"{name.lower()}@example.com",
            "team": "",
            "role": role,
            "active": True,
            "demo": False,
            "password_hash": "",
            "session_key": name,
            "created_at": AT,
        }
        for number, (name, role) in enumerate(
            [("Alice", "employee"), ("Cora", "curator"), ("Bob", "employee")], 1
        )
    ],
    "topic": [
        {"id": 1, "slug": "travel", "name": "Travel", "description": "", "demo": False},
    ],
    "article": [
        {
            "id": number,
            "slug": slug,
            "title_key": slug,
            "kind": "howto",
            "topic_id": 1,
            "owner_id": 1,
            "live_revision_id": None,
            "published_at": AT if slug else None,
            "created_at": AT,
        }
        for number, slug in enumerate(["visa", None], 1)
    ],
    "revision": [
        {
            "id": number,
            "article_id": article,
            "base_id": base,
            "title": "Visa",
            "summary": "How.",
            "body": body,
            "dialect": "commonmark",
            "tags": "[]",
            "topic_id": 1,
            "author_id": author,
            "note": "",
            "created_at": AT,
            "writers": f"[{author}]",
            "html": "<p>x</p>",
            "text": body,
            "headings": "[]",
            "rules": 1,
        }
        for number, (article, base, author, body) in enumerate(
            [(1, None, 1, "Go there."), (1, 1, 3, "Go there early."), (2, None, 3, "New.")], 1
        )
    ],
    "publication": [
        {"id": 1, "article_id": 1, "revision_id": 1, "number": 1, "by_id": 2, "at": LATER},
    ],
    "review": [
        {
            "id": number,
            "article_id": article,
            "author_id": author,
            "revision_id": revision,
            "state": state,
            "curator_id": 2,
            "round": 1,
            "version": 2,
            "submitted_at": AT,
            "decided_at": AT if state == "approved" else None,
        }
        for number, (article, author, revision, state) in enumerate(
            [(1, 1, 1, "approved"), (1, 3, 2, "submitted"), (2, 3, 3, "changes_requested")], 1
        )
    ],
    "review_entry": [
        {
            "id": number,
            "review_id": review,
            "at": at,
            "actor_id": actor,
            "action": action,
            "old": old,
            "new": new,
            "note": "",
            "revision_id": review,
            "round": 1,
        }
        for number, (review, at, actor, action, old, new) in enumerate(
            [
                (1, AT, 1, "submit", None, "submitted"),
                (1, LATER, 2, "claim", "submitted", "in_review"),
                (1, LATER, 2, "approve", "in_review", "approved"),
                (2, AT, 3, "submit", None, "submitted"),
                (3, AT, 3, "submit", None, "submitted"),
            ],
            1,
        )
    ],
    "notice": [
        {
            "id": 1,
            "user_id": 1,
            "event_id": 1,
            "subject": "Published",
            "text": "x",
            "path": "/",
            "at": AT,
        },
    ],
}


@pytest.fixture
def first_release(app: Flask, migrate: Migrate) -> None:  # noqa: F811
    migrate("upgrade", "0001")
    with db.engine.execution_options(writing=True).begin() as connection:
        for table, rows in ROWS.items():
            for row in rows:
                names = ", ".join(f'"{name}"' for name in row)
                values = ", ".join(f":{name}" for name in row)
                connection.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)
        connection.execute(sa.text("UPDATE article SET live_revision_id = 1 WHERE id = 1"))
        if connection.dialect.name == "postgresql":
            for table in ROWS:
                connection.execute(
                    sa.text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 100)")
                )


def counts() -> dict[str, int]:
    with db.engine.connect() as connection:
        return {
            table: connection.scalar(sa.text(f"SELECT count(*) FROM {table}")) or 0
            for table in ROWS
        }


@pytest.mark.usefixtures("first_release")
def test_nothing_is_lost_on_the_way_up_and_down(migrate: Migrate) -> None:  # noqa: F811
    before = counts()
    assert before == {table: len(rows) for table, rows in ROWS.items()}
    migrate("upgrade")
    assert counts() == before
    migrate("downgrade", "0001")
    assert counts() == before
    migrate("upgrade")
    assert counts() == before


@pytest.mark.usefixtures("first_release")
def test_what_is_there_already_has_what_the_new_pages_ask_for(migrate: Migrate) -> None:  # noqa: F811
    migrate("upgrade")
    with db.new_session(writing=False) as session:
        visa = session.get_one(Article, 1)
        assert (visa.author_id, visa.keywords, visa.verified_by_id) == (1, [], 2)
        assert visa.verify_due_at is not None
        assert [check.by_id for check in session.scalars(sa.select(Verification))] == [2]
        done, waits, back = session.scalars(sa.select(Review).order_by(Review.id))
        assert (done.is_change, done.first_time, done.topic_id) == (False, True, 1)
        assert done.first_look_at is not None
        assert (waits.is_change, waits.size, waits.due_at is not None) == (True, 2, True)
        assert (back.state, back.due_at) == (State.CHANGES_REQUESTED, None)
        assert [entry.detail for entry in done.entries] == [{}, {}, {}]


@pytest.mark.usefixtures("first_release")
def test_a_review_that_was_open_goes_on(migrate: Migrate) -> None:  # noqa: F811
    migrate("upgrade")
    with db.new_session(writing=True) as session:
        cora = session.get_one(User, 2)
        workflow.claim(session, 2, by=cora)
        read = session.get_one(Review, 2)
        workflow.approve(session, 2, version=read.version, revision=read.revision_id, by=cora)
        session.commit()
    with Session(db.engine) as session:
        assert session.get_one(Article, 1).live_revision_id == 2


@pytest.mark.usefixtures("first_release")
def test_an_older_release_can_read_what_was_done_since(migrate: Migrate) -> None:  # noqa: F811
    migrate("upgrade")
    with db.engine.execution_options(writing=True).begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO review_entry (review_id, at, actor_id, action, old, new, note,"
                " revision_id, round, detail) VALUES (2, :at, 2, 'endorse', 'in_review',"
                " 'submitted', '', 2, 1, '{}')"
            ),
            {"at": LATER},
        )
        connection.execute(sa.text("UPDATE article SET hidden_at = :at WHERE id = 1"), {"at": AT})
    migrate("downgrade", "0001")
    with db.engine.connect() as connection:
        actions = set(connection.scalars(sa.text("SELECT action FROM review_entry")))
        assert actions <= {"submit", "claim", "release", "approve"}
        live = sa.text("SELECT live_revision_id FROM article WHERE id = 1")
        assert connection.scalar(live) is None  # what was hidden stays so


@pytest.mark.usefixtures("first_release")
def test_what_was_searched_for_is_known_by_the_key_of_the_release_that_reads_it(
    migrate: Migrate,  # noqa: F811
) -> None:
    migrate("upgrade", "0004")
    earlier = {
        ("How do I clock out?", "clock"),
        ("clock in", "clock"),
        ("down payment of …", "down payment 4711"),  # the text hides a part, the key does not
    }
    with db.engine.execution_options(writing=True).begin() as connection:
        connection.execute(sa.text(A_CARD), {"at": AT})
        for query, key in earlier:
            connection.execute(sa.text(A_SEARCH), {"query": query, "key": key, "at": AT})
        add_pin_and_wording(connection, "How do I clock out?", "clock")
    migrate("upgrade")
    now = {(query, key.replace("clock", "clock out")) for query, key in earlier}
    now ^= {("clock in", "clock out"), ("clock in", "clock")}
    assert keys_of("search_record") == now
    clock_out = {("How do I clock out?", "clock out")}
    assert keys_of("search_pin") == keys_of("search_gap_wording") == clock_out
    with db.engine.execution_options(writing=True).begin() as connection:
        add_pin_and_wording(connection, "clock in", "clock")
    migrate("downgrade", "0004")
    assert keys_of("search_record") == earlier
    # Both are the same to the earlier release, which has each once.
    assert keys_of("search_pin") == keys_of("search_gap_wording") == {("clock in", "clock")}


A_SEARCH = "INSERT INTO search_record (at, query, key, found) VALUES (:at, :query, :key, 1)"
A_CARD = (
    "INSERT INTO search_gap (id, query, state, note, version, at, by_id, closed_because)"
    " VALUES (1, 'x', 'open', '', 1, :at, 2, '')"
)
A_PIN = (
    "INSERT INTO search_pin (query, key, article_id, because, until, at, by_id)"
    " VALUES (:query, :key, 1, 'x', :at, :at, 2)"
)
A_WORDING = "INSERT INTO search_gap_wording (gap_id, query, key) VALUES (1, :query, :key)"


def add_pin_and_wording(connection: sa.Connection, query: str, key: str) -> None:
    row = {"query": query, "key": key, "at": AT}
    connection.execute(sa.text(A_PIN), row)
    connection.execute(sa.text(A_WORDING), row)


def keys_of(table: str) -> set[tuple[str, str]]:
    with db.engine.connect() as connection:
        return {
            (row.query, row.key) for row in connection.execute(sa.text(f"SELECT * FROM {table}"))
        }
