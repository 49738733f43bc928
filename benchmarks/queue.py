"""What the queue costs the server with thousands of open items, on SQLite and, if one is near, PostgreSQL.

Asked in process, so that it is the server's time alone: `make`'s test client, the whole request.
"""

import os
import random
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from benchmarks.table import Figure, percentile
from core.db import db
from core.models import Model
from curation import benefit
from curation.models import Review, ReviewEntry, SavedFilter, State
from kb.models import Article, Kind, Revision, Topic
from people.models import Role, User
from wsgi import create_app

OPEN, TOPICS, AUTHORS, LIVE, SAVED = 5_000, 40, 300, 1_500, 5
BODY = (
    "A sentence of a text that somebody wrote, with **strong** words and [a link](/topics).\n" * 350
)
LIMIT = 60.0
PAGES = {
    "the queue": "/reviews",
    "longest waiting first": "/reviews?order=age",
    "a filtered queue": "/reviews?topic=topic-3&article=live&size=small&yours=1",
    "its tenth page": "/reviews?page=10",
    "one by one": "/reviews/triage",
}


def measure(requests: int) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        yield from _on(f"sqlite:///{folder}/firsthand.db", "SQLite", requests)
    if server := os.environ.get("FIRSTHAND_TEST_POSTGRESQL"):
        with _postgresql(server) as address:
            yield from _on(address, "PostgreSQL", requests)


def _on(url: str, name: str, requests: int) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app({"FIRSTHAND_DATA": folder, "FIRSTHAND_DATABASE_URL": url})
        Model.metadata.create_all(db.engine)
        with db.writing() as session:
            curator = _fill(session)
            session.commit()
        _analyze(db.engine)
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = curator, True
        for page, path in PAGES.items():
            yield _page(client, f"{page}, {OPEN} open, {name}", path, requests)
        db.close()


def _page(client: FlaskClient, name: str, path: str, requests: int) -> Figure:
    seconds = [_ask(client, path) for _ in range(requests + 10)][10:]
    times = [second * 1000 for second in seconds]
    limit = None if "one by one" in name else LIMIT
    middle = f"p50 {percentile(times, 0.5):.1f}"
    return Figure(name, percentile(times, 0.95), "ms", limit, f"p95; {middle}")


def _ask(client: FlaskClient, path: str) -> float:
    started = time.perf_counter()
    with client.get(path) as answer:
        answer.get_data()
    if answer.status_code != 200:
        raise SystemExit(f"{path} was answered with {answer.status_code}")
    return time.perf_counter() - started


def _analyze(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


@contextmanager
def _postgresql(server: str) -> Iterator[str]:
    """A database of its own, gone afterwards."""
    url, name = sa.make_url(server).set(drivername="postgresql+psycopg"), uuid.uuid4().hex
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "queue_{name}"')
    try:
        yield url.set(database=f"queue_{name}").render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f'DROP DATABASE "queue_{name}" WITH (FORCE)')


# Five thousand open reviews, written straight into their tables: nothing is measured of how they came


def _fill(session: Session) -> str:
    """Returns what the cookie of a curator holds."""
    chooser, now = random.Random(1), datetime.now(UTC)
    people = [_person(number, now) for number in range(AUTHORS)]
    people[0].role = people[1].role = Role.CURATOR
    topics = [Topic(slug=f"topic-{n}", name=f"Topic {n}", description="") for n in range(TOPICS)]
    session.add_all([*people, *topics])
    session.flush()
    for number, topic in enumerate(topics[8:]):
        topic.parent = topics[number % 8]
    queries = ["overdue=1", "topic=topic-3", "article=live&size=small", "first=1", "team=Team+4"]
    session.add_all(
        SavedFilter(user_id=people[0].id, name=query, query=query, made_at=now)
        for query in queries[:SAVED]
    )
    articles = [
        Article(
            kind=chooser.choice(list(Kind)),
            topic_id=chooser.choice(topics).id,
            owner_id=chooser.choice(people[2:]).id,
            created_at=now,
        )
        for _ in range(OPEN)
    ]
    session.add_all(articles)
    session.flush()
    _make_live(session, articles[:LIVE], now)
    for start in range(0, OPEN, 500):
        _submit(session, articles[start : start + 500], people, chooser, now)
    return people[0].get_id()


def _person(number: int, now: datetime) -> User:
    return User(
        handle=f"person-{number}",
        name=f"Person Number{number}",
        email=f"person-{number}@example.com",
        team=f"Team {number % 12}",
        password_hash="",
        session_key=f"key {number}",
        created_at=now,
    )


def _revision(article: Article, author_id: int, now: datetime) -> Revision:
    return Revision(
        article_id=article.id,
        base_id=article.live_revision_id,
        title=f"How to do the thing with the number {article.id}",
        summary="What to do, in which order, and what to leave.",
        body=BODY,
        dialect="commonmark",
        tags=["thing", "number"],
        topic_id=article.topic_id,
        author_id=author_id,
        note="Is the topic right?" if article.id % 3 else "",
        created_at=now,
        html=f"<p>{BODY}</p>",
        text=BODY,
        headings=[],
        rules=1,
    )


def _make_live(session: Session, articles: list[Article], now: datetime) -> None:
    live = [_revision(article, article.owner_id, now) for article in articles]
    session.add_all(live)
    session.flush()
    for article, revision in zip(articles, live, strict=True):
        article.live_revision_id, article.slug = revision.id, f"thing-{article.id}"
        article.published_at = now
    session.flush()


def _submit(
    session: Session,
    articles: list[Article],
    people: list[User],
    chooser: random.Random,
    now: datetime,
) -> None:
    authors = chooser.choices(people[1:], k=len(articles))
    revisions = [
        _revision(article, author.id, now)
        for article, author in zip(articles, authors, strict=True)
    ]
    session.add_all(revisions)
    session.flush()
    reviews = []
    for article, author, revision in zip(articles, authors, revisions, strict=True):
        at = now - timedelta(minutes=chooser.randint(1, 60 * 24 * 30))
        review = Review(
            article_id=article.id,
            author_id=author.id,
            revision_id=revision.id,
            submitted_at=at,
            begun_at=at,
            topic_id=article.topic_id,
            kind=article.kind,
            is_change=article.live_revision_id is not None,
            size=chooser.choice([3, 12, 60, 200, 900]),
            first_time=chooser.random() < 0.2,
            searchers=chooser.choice([0, 0, 0, 2, 9, 30]),
            views=chooser.choice([0, 20, 300]),
            due_at=at + timedelta(days=12),
            version=1,
            round=1,
            **_standing(chooser, people, now),
        )
        review.benefit = benefit.of(review)
        reviews.append(review)
    session.add_all(reviews)
    session.flush()
    session.add_all(
        ReviewEntry(
            review_id=review.id,
            at=review.submitted_at,
            actor_id=review.author_id,
            action="submit",
            new=State.SUBMITTED,
            note="",
            revision_id=review.revision_id,
            round=1,
        )
        for review in reviews
    )
    session.flush()


def _standing(chooser: random.Random, people: list[User], now: datetime) -> dict[str, Any]:
    """Most wait; of the others some are read, some are back with their authors."""
    state = chooser.choices(
        [State.SUBMITTED, State.IN_REVIEW, State.CHANGES_REQUESTED], [80, 5, 15]
    )[0]
    if state is State.SUBMITTED:
        return {"stored_state": state, "assignee_id": chooser.choice([None, None, people[0].id])}
    claimed: dict[str, Any] = {"curator_id": chooser.choice(people[:2]).id}
    if state is State.IN_REVIEW:
        claimed |= {"claimed_at": now, "claimed_until": now + timedelta(minutes=30)}
    return {"stored_state": state, **claimed}


if __name__ == "__main__":
    from benchmarks.table import print_figures

    print_figures(measure(100))
