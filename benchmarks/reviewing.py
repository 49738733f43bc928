"""What the page of one review costs the server: a text of 30 kB, changed all over, with 200 comments.

Asked in process, among all the other articles, so that it is the server's time alone.
"""

import random
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from benchmarks.table import Figure, percentile
from core import clock
from core.db import db
from curation import talk, workflow
from curation.models import Review
from kb import drafts, publishing, rendering
from kb.forms import DraftFields
from kb.models import Article, Draft, Kind, Topic
from people.models import Role, User
from wsgi import create_app

BYTES, COMMENTS, CHANGED_LINES = 30_000, 200, 40
LIMIT = 80.0
VIEWS = {"as it was typed": "", "as readers see it": "?on=text", "inline": "?view=inline"}
VOCABULARY = (
    "the a reader badge desk floor open close hold press button card second minute wait then call"
    " write number lower edge cover small tool door before after green light"
)


def measure(data: Path, requests: int) -> Iterator[Figure]:
    app = create_app({"FIRSTHAND_DATA": str(data)})
    with db.writing() as session:
        review, author, curator = _fill(session)
        session.commit()
    for who, cookie in (("its curator", curator), ("its author", author)):
        client = app.test_client()
        with client.session_transaction() as kept:
            kept["_user_id"], kept["_fresh"] = cookie, True
        for words, arguments in VIEWS.items():
            yield _page(
                client, f"a review, {words}, {who}", f"/reviews/{review}{arguments}", requests
            )
    db.close()


def _page(client: FlaskClient, name: str, path: str, requests: int) -> Figure:
    times = [_ask(client, path) * 1000 for _ in range(requests + 10)][10:]
    middle = f"p50 {percentile(times, 0.5):.1f}"
    return Figure(name, percentile(times, 0.95), "ms", LIMIT, f"p95; {middle}")


def _ask(client: FlaskClient, path: str) -> float:
    started = time.perf_counter()
    with client.get(path) as answer:
        answer.get_data()
    if answer.status_code != 200:
        raise SystemExit(f"{path} was answered with {answer.status_code}")
    return time.perf_counter() - started


def _fill(session: Session) -> tuple[int, str, str]:
    """Returns the review, and what the cookies of its author and its curator hold."""
    chooser = random.Random(1)
    author, curator = _person("reviewed", Role.EMPLOYEE), _person("reviewing", Role.CURATOR)
    topic = Topic(slug="reviewing", name="Reviewing", description="")
    session.add_all([author, curator, topic])
    session.flush()
    lines = _text(chooser).split("\n")
    fields = DraftFields(
        title="Reset every reader in the building",
        summary="Back to work in a minute.",
        body="\n".join(lines),
        tags=("doors",),
        topic_id=topic.id,
    )
    draft = _draft(session, fields, author)
    live = drafts.freeze(session, draft, _rendered(session, draft), note="", by=author)
    publishing.publish(session, live.article, live, by=curator)
    drafts.discard(session, live.id)
    session.flush()
    for number in chooser.sample(range(len(lines)), CHANGED_LINES):
        lines[number] = lines[number].replace("the", "this").replace("card", "key") + " now"
    lines[100:100] = ["", "A paragraph that was not there before.", ""]
    draft = _draft(session, replace(fields, body="\n".join(lines)), author, of=live.article_id)
    review = workflow.submit(session, draft, _rendered(session, draft), note="", by=author)
    workflow.claim(session, review.id, by=curator)
    _comment(session, review, len(lines), author, curator, chooser)
    return review.id, author.get_id(), curator.get_id()


def _person(handle: str, role: Role) -> User:
    return User(
        handle=handle,
        name=handle.capitalize(),
        email=f"{handle}@example.com",
        role=role,
        password_hash="",
        session_key=f"key of {handle}",
        created_at=clock.now(),
    )


def _text(chooser: random.Random) -> str:
    """Parts with a heading, paragraphs and steps, until there is enough."""
    parts: list[str] = []
    while sum(len(part) for part in parts) < BYTES:
        parts.append(f"## Part {len(parts) + 1}\n")
        parts += [_sentence(chooser, 30) + "\n" for _ in range(3)]
        parts.append("\n".join(f"{n}. {_sentence(chooser, 8)}" for n in range(1, 4)) + "\n")
    return "\n".join(parts)


def _sentence(chooser: random.Random, words: int) -> str:
    return " ".join(chooser.choices(VOCABULARY.split(), k=words)).capitalize() + "."


def _draft(session: Session, fields: DraftFields, by: User, *, of: int | None = None) -> Draft:
    return drafts.start(
        session,
        fields,
        key=f"benchmark {of}",
        kind=Kind.HOWTO,
        by=by,
        dialect="commonmark",
        article=session.get(Article, of) if of else None,
    )


def _rendered(session: Session, draft: Draft) -> rendering.Rendering:
    return rendering.render(session, draft.body, draft.dialect)


def _comment(
    session: Session,
    review: Review,
    lines: int,
    author: User,
    curator: User,
    chooser: random.Random,
) -> None:
    """Every third one is an answer, every seventh suggests a wording."""
    thread = None
    for number in range(COMMENTS):
        key = f"comment {number}"
        if thread is not None and number % 3 == 2:
            talk.answer(session, thread, text=_sentence(chooser, 10), key=key, by=author)
            continue
        first = chooser.randrange(1, lines - 3)
        thread = talk.comment(
            session,
            review,
            revision_id=review.revision_id,
            first=first,
            last=first + chooser.randrange(3),
            text=_sentence(chooser, 20),
            suggestion=_sentence(chooser, 9) if number % 7 == 0 else None,
            key=key,
            by=curator,
        )
