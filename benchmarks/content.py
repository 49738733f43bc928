"""Prepares a knowledge base of many articles, once; each run works on a copy of it.

Everything comes in through the doors that people use: the import, the outbox, the workflow.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from benchmarks.search import made_documents
from core import sandbox
from core.config import PREFIX, ROOT
from core.db import db
from curation import workflow
from curation.models import OPEN, Review
from kb import drafts, rendering
from kb.forms import DraftFields
from kb.importing.front_matter import join
from kb.models import Article, Kind, Revision, Topic
from people import accounts
from people.models import Role, User
from search.documents import Document
from wsgi import create_app

TEXTS = ROOT.parent / "shared" / "data"
PASSWORD = "a benchmark in november"
AUTHOR, READER, CURATOR = "author@example.com", "reader@example.com", "curator@example.com"
PEOPLE, REVIEWS = 60, 30
FIRST_DAY = datetime(2022, 1, 3, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Content:
    """What there is to ask for."""

    slugs: list[str]
    titles: list[str]
    topics: list[str]
    reviews: list[int]


def environment(data: Path, **settings: str) -> dict[str, str]:
    """This process's environment, with the application's settings replaced by these.

    By words alone, if not said otherwise: embedding would go on meanwhile for many minutes.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    given = {"DATA": str(data), "SEMANTIC": "off", **settings}
    return own | {PREFIX + name: value for name, value in given.items()}


def prepare(folder: Path, texts: Path, articles: int) -> Path:
    """The data folder of a knowledge base with so many articles, made if it is not there."""
    whole = folder / f"{articles}-articles"
    if not whole.exists():
        half_made = folder / f"{articles}-articles.half-made"
        shutil.rmtree(half_made, ignore_errors=True)
        half_made.mkdir(parents=True)
        _fill(half_made, texts, articles)
        half_made.rename(whole)
    return whole


def copy(whole: Path, name: str) -> Path:
    """A copy to work on, new for each run."""
    target = whole.parent / name
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(whole, target, ignore=shutil.ignore_patterns("*.sock"))
    return target


def look(data: Path) -> Content:
    with opened(data), db.reading() as session:
        revision = Revision.id == Article.live_revision_id
        live = sa.select(Article.slug, Revision.title).join(Revision, revision).order_by(Article.id)
        rows = session.execute(live).all()
        filed = sa.select(Topic.slug).where(Topic.id.in_(sa.select(Article.topic_id)))
        waiting = sa.select(Review.id).where(Review.stored_state.in_(OPEN)).order_by(Review.id)
        return Content(
            slugs=[row.slug for row in rows],
            titles=[row.title for row in rows],
            topics=list(session.scalars(filed.order_by(Topic.id))),
            reviews=list(session.scalars(waiting)),
        )


# Filling a new one


def _fill(data: Path, texts: Path, articles: int) -> None:
    print(f"Preparing {articles} articles, once; this takes some minutes ...", file=sys.stderr)
    flask(data, "db", "upgrade")
    with opened(data), db.writing() as session:
        add_people(session)
        session.commit()
    handbook = sum(1 for _ in (texts / "handbook").rglob("*.md"))
    _import(data, texts / "handbook")
    with tempfile.TemporaryDirectory() as folder:
        _write(made_documents(texts / "til", articles - handbook), Path(folder))
        _import(data, Path(folder))
    with opened(data), db.writing() as session:
        _add_reviews(session)
        session.commit()
    sandbox.shutdown()
    flask(data, "outbox", "work", "--once")
    flask(data, "search", "rebuild")


def flask(data: Path, *words: str, **settings: str) -> str:
    """What a command of ours prints."""
    command = [sys.executable, "-m", "flask", *words]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment(data, **settings),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


def _import(data: Path, folder: Path) -> None:
    flask(data, "kb", "import", str(folder), "--publish", "--author", CURATOR)


class opened:  # noqa: N801 (reads as the sentence "with opened(data)")
    """The application's database, for as long as a `with` lasts."""

    def __init__(self, data: Path) -> None:
        self._environment = environment(data)

    def __enter__(self) -> None:
        self._context = create_app(self._environment).app_context()
        self._context.push()

    def __exit__(self, *_error: object) -> None:
        self._context.pop()
        db.close()


def add_people(session: Session) -> None:
    staff = {AUTHOR: Role.EMPLOYEE, READER: Role.EMPLOYEE, CURATOR: Role.CURATOR}
    for email, role in staff.items():
        name = email.partition("@")[0].title()
        accounts.add_person(session, email=email, name=name, password=PASSWORD, role=role)
    for number in range(PEOPLE):
        accounts.add_person(
            session,
            email=f"person-{number}@example.com",
            name=f"Person Number{number}",
            password=PASSWORD,
        )


def _write(documents: Iterable[Document], folder: Path) -> None:
    for document in documents:
        text = join(_front_matter(document), document.text)
        (folder / f"{document.id:06}.md").write_text(text, encoding="utf-8")


def _front_matter(document: Document) -> Mapping[str, object]:
    published = FIRST_DAY + timedelta(hours=3 * document.id)
    return {
        "title": document.title,
        "summary": document.summary,
        "tags": list(document.tags),
        "topic": list(document.topics),
        "kind": document.kind,
        "author": document.author,
        "date": published.isoformat(),
    }


def _add_reviews(session: Session) -> None:
    """Proposals to some articles, waiting for a curator."""
    people = session.scalars(sa.select(User).where(User.handle.startswith("person-"))).all()
    articles = session.scalars(
        sa.select(Article).where(Article.live_revision_id.is_not(None)).limit(REVIEWS * 20)
    ).all()
    for number, article in enumerate(articles[::20]):
        live = article.live_revision
        assert live is not None
        fields = DraftFields(
            title=live.title,
            summary=live.summary or "What to do, in short.",
            body=f"{live.body}\n\n## Afterwards\n\nTell the next shift what you changed.\n",
            tags=tuple(live.tags),
            topic_id=live.topic_id,
        )
        draft = drafts.start(
            session,
            fields,
            key=f"benchmark-{number}",
            kind=Kind(article.kind),
            by=people[number % len(people)],
            dialect=live.dialect,
            article=article,
        )
        session.flush()
        made = rendering.render(session, draft.body, draft.dialect)
        workflow.submit(session, draft, made, note="One step was missing.", by=draft.author)
