"""Taking everything out, and bringing it back equal."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy.orm import Session

from core.config import Config
from core.db import Database, db
from core.images import CleanImage
from core.models import Model
from core.text import one_line, slugify
from kb import attachments, exporting
from kb.exporting import Target, file_name, topic_folders
from kb.forms import parse_tags
from kb.importing import front_matter
from kb.importing.documents import parse
from kb.models import Article, Kind, Revision
from kb.topics import Node, Tree
from people.models import User
from tests.factories import make_article, make_draft, make_topic, republish

DATA = Path(__file__).parents[3] / "shared" / "data"


def run(app: Flask, *arguments: str) -> Any:
    result = app.test_cli_runner().invoke(args=["kb", *arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def elsewhere(app: Flask, tmp_path: Path, database: Database, alice: User) -> Iterator[Database]:
    """Another, empty installation with the same people, in which commands run from now on."""
    with database.reading() as session:
        people = session.scalars(sa.select(User)).all()
    other = Database()
    other.open(f"sqlite:///{tmp_path / 'elsewhere.db'}")
    Model.metadata.create_all(other.engine)
    with other.writing() as session:
        for person in people:
            session.merge(person)
        session.commit()
    db.open(f"sqlite:///{tmp_path / 'elsewhere.db'}")
    yield other
    other.close()


def facts(session: Session) -> list[dict[str, Any]]:
    """Everything that must come back, article by article."""
    topics = exporting.tree(session)
    rows = []
    for article in session.scalars(sa.select(Article).order_by(Article.slug)):
        live = article.live_revision
        if live is None:
            continue
        rows.append(
            {
                "slug": article.slug,
                "kind": article.kind,
                "topic": [node.name for node in topics.path(article.topic_id)],
                "at": article.published_at,
                "title": live.title,
                "summary": live.summary,
                "tags": live.tags,
                "body": live.body,
                "dialect": live.dialect,
                "author": live.author.email,
                "coauthors": [person.email for person in live.coauthors],
                "byline": live.byline,
            }
        )
    return rows


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def picture(config: Config, session: Session, by: User, color: str, name: str) -> str:
    """The address of a stored image."""
    output = BytesIO()
    Image.new("RGB", (20, 10), color).save(output, "PNG", compress_level=6)
    image = CleanImage(output.getvalue(), "image/png", "png", 20, 10)
    kept = attachments.keep(session, config, image, name=name, by=by)
    return f"/attachments/{kept.id}/{kept.name}#20x10"


@pytest.fixture
def library(app: Flask, session: Session, alice: User, bob: User) -> Session:
    """A few articles of every sort, published."""
    config: Config = app.config["FIRSTHAND"]
    it = make_topic(session, "IT / Systems")
    network = make_topic(session, "Network", parent=it)
    people = make_topic(session, "People")
    first = picture(config, session, alice, "red", "plan.png")
    second = picture(config, session, bob, "blue", "plan.png")
    body = (
        f"![The plan]({first}) and [[A story]]\n\n"
        "[that](/articles/setup-2#h-the-end) `[x](/articles/setup)`"
    )
    make_article(session, alice, title="Setup", topic=network, body=body, tags=["vpn", "c++"])
    make_article(
        session,
        bob,
        title="Setup",
        topic=people,
        body=f"![Other]({second})\n\n[r]: /articles/setup\n",
    )
    story = make_article(
        session,
        bob,
        title="A story",
        topic=it,
        kind=Kind.STORY,
        coauthors=[alice],
        body="# A story\n\n---\n",
    )
    make_draft(session, alice, title="Hidden", body="not for anybody")
    renamed = make_article(
        session, alice, title="Old: name", topic=people, body="[s](/articles/a-story)\n"
    )
    republish(session, renamed, alice, title="New: 'name' #1", summary="- yes: no")
    live = story.live_revision
    assert live is not None
    live.byline = "Grace Hopper"
    session.commit()
    return session


def test_an_export_imports_back_equal_and_exports_the_same_again(
    app: Flask, library: Session, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    before = facts(library)
    first, second = tmp_path / "first", tmp_path / "second"
    assert "4 articles and 2 images" in run(app, "export", str(first)).output
    other: Database = request.getfixturevalue("elsewhere")
    result = run(app, "import", str(first), "--author", "alice@example.com", "--publish", "--json")
    report = json.loads(result.stdout)
    assert (report["created"], report["skipped"], report["notes"]) == (4, [], [])
    run(app, "export", str(second))
    assert contents(first) == contents(second)
    with other.reading() as session:
        after = facts(session)
    for was, came in zip(before, after, strict=True):
        assert {**was, "body": ""} == {**came, "body": ""}
    assert [each["body"].count("/articles/") for each in after] == [
        each["body"].count("/articles/") for each in before
    ]


def test_an_export_is_markdown_that_others_can_read(
    app: Flask, library: Session, tmp_path: Path
) -> None:
    run(app, "export", str(tmp_path / "out"))
    text = (tmp_path / "out/it-systems/network/setup.md").read_text()
    assert text.startswith("---\ntitle: Setup\nkind: howto\nsummary: Back online in a minute.\n")
    assert "topic:\n- IT / Systems\n- Network\n" in text
    assert "![The plan](images/plan.png) and [[A story]]" in text
    assert "[that](../../people/setup-2.md#the-end) `[x](/articles/setup)`" in text
    assert (tmp_path / "out/it-systems/network/images/plan.png").read_bytes()[:4] == b"\x89PNG"
    assert (tmp_path / "out/people/images/plan-2.png").exists()
    story = (tmp_path / "out/it-systems/a-story.md").read_text()
    assert "author: Bob <bob@example.com>\ncoauthors:\n- Alice <alice@example.com>\n" in story
    assert "byline: Grace Hopper\n" in story
    assert not list((tmp_path / "out").rglob("*hidden*"))


def test_a_second_export_brings_the_folder_up_to_date(
    app: Flask, library: Session, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    run(app, "export", str(out))
    old = out / "people" / "setup-2.md"
    before = old.stat().st_mtime_ns
    moved = library.scalars(sa.select(Article).where(Article.slug == "a-story")).one()
    republish(library, moved, moved.owner, title="Another story")
    library.commit()
    run(app, "export", str(out))
    assert (out / "it-systems/another-story.md").exists()
    assert not (out / "it-systems/a-story.md").exists()
    assert old.stat().st_mtime_ns == before


def test_strangers_files_are_never_overwritten(
    app: Flask, library: Session, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    refused = run(app, "export", str(out))
    assert refused.exit_code == 1
    assert "holds other files" in refused.output
    (out / "mine.txt").unlink()
    run(app, "export", str(out))
    changed = out / "people/setup-2.md"
    changed.write_text("my own words")
    refused = run(app, "export", str(out))
    assert refused.exit_code == 1
    assert "people/setup-2.md" in refused.output
    assert changed.read_text() == "my own words"


def test_a_stranger_file_in_the_way_of_a_new_article_is_kept(tmp_path: Path) -> None:
    target = Target(tmp_path / "out")
    target.write("a.md", b"one")
    target.finish()
    (tmp_path / "out" / "b.md").write_text("mine")
    with pytest.raises(exporting.Conflict, match="is there already"):
        Target(tmp_path / "out").write("b.md", b"two")


def test_a_forged_list_of_files_makes_nothing_outside_disappear(tmp_path: Path) -> None:
    out, victim = tmp_path / "out", tmp_path / "victim.txt"
    out.mkdir()
    victim.write_text("mine")
    digest = exporting.hashlib.sha256(b"mine").hexdigest()
    listing = {"../victim.txt": digest, str(victim): digest}
    (out / exporting.LIST).write_text(json.dumps(listing))
    Target(out).finish()
    assert victim.read_text() == "mine"


def test_an_image_that_the_store_lost_is_reported(
    app: Flask, session: Session, alice: User, tmp_path: Path
) -> None:
    config: Config = app.config["FIRSTHAND"]
    address = picture(config, session, alice, "red", "plan.png")
    make_article(session, alice, body=f"![x]({address})")
    session.commit()
    for path in (config.data / "files").rglob("*"):
        if path.is_file():
            path.unlink()
    result = run(app, "export", str(tmp_path / "out"))
    assert result.exit_code == 0
    assert "plan.png is missing from the file store" in result.output


@pytest.mark.parametrize(
    "stem", ["con", "NUL", "images", "lpt1", "..", "a" * 300, "\u5b57" * 100, ""]
)
def test_file_names_are_good_everywhere(stem: str) -> None:
    name = file_name(stem)
    assert 0 < len(name.encode()) <= 201
    assert name.lower() not in {"con", "nul", "images", "lpt1", "..", "."}


def test_topics_of_like_names_get_folders_of_their_own() -> None:
    nodes = [
        Node(1, "c", "C", None, ""),
        Node(2, "c-2", "C++", None, ""),
        Node(3, "c-3", "c", 1, ""),
    ]
    assert topic_folders(Tree(nodes)) == {1: "c", 2: "c-2", 3: "c/c"}


# The round trip for every text there can be

lines = st.text(min_size=1, max_size=80).map(one_line).filter(bool)
tags = st.lists(st.text(max_size=20), max_size=8).map(lambda each: parse_tags(",".join(each)))
bodies = st.text(max_size=300).map(lambda text: text.replace("\r", "").replace("\0", ""))


@given(
    title=lines,
    summary=lines,
    names=tags,
    topic=st.lists(lines, min_size=1, max_size=4),
    byline=st.none() | lines,
    date=st.datetimes(datetime(1971, 1, 1), datetime(2024, 1, 1)).map(
        lambda d: d.replace(tzinfo=UTC)
    ),
    kind=st.sampled_from(Kind),
    body=bodies,
)
@settings(max_examples=300)
def test_whatever_is_written_is_read_back(
    title: str,
    summary: str,
    names: tuple[str, ...],
    topic: list[str],
    byline: str | None,
    date: datetime,
    kind: Kind,
    body: str,
) -> None:
    author = User(name="Anna <3 Berg", email="anna@example.com")
    slug = slugify(title)
    article = Article(slug=slug, kind=kind, published_at=date)
    revision = Revision(
        title=title,
        summary=summary,
        tags=list(names),
        byline=byline,
        body=body,
        dialect="python-markdown",
        author=author,
    )
    text = front_matter.join(exporting._fields(article, revision, topic), body)
    found = parse("x.md", text.encode().decode(), "")
    assert (found.title, found.summary, found.tags) == (title, summary, names)
    assert (found.kind, found.date, found.body) == (kind, date, body)
    assert (found.byline or None, found.dialect, found.slug) == (
        byline,
        "python-markdown",
        slug[:100],
    )
    assert found.topic.names == tuple(topic)
    assert found.authors == ("Anna 3 Berg <anna@example.com>",)
    assert found.notes == ()


@pytest.mark.skipif(not DATA.exists(), reason="needs ../shared/data")
def test_real_notes_go_out_and_in_and_out_alike(
    app: Flask, session: Session, alice: User, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    session.commit()
    source = tmp_path / "notes"
    for topic in ("vim", "postgres", "git"):
        (source / topic).mkdir(parents=True)
        for path in sorted((DATA / "til" / topic).glob("*.md"))[:40]:
            (source / topic / path.name).write_bytes(path.read_bytes())
    options = ("--author", "alice@example.com", "--publish", "--json")
    run(app, "import", str(source), *options)
    first, second = tmp_path / "first", tmp_path / "second"
    run(app, "export", str(first))
    request.getfixturevalue("elsewhere")
    report = json.loads(run(app, "import", str(first), *options).stdout)
    assert (report["created"], report["skipped"]) == (120, [])
    run(app, "export", str(second))
    assert contents(first) == contents(second)
    assert len(list(second.rglob("*.md"))) == 120


def test_only_what_readers_see_is_exported(session: Session, alice: User, bob: User) -> None:
    shown = make_article(session, alice, title="Shown")
    make_article(session, bob, title="Unseen", published=False)
    assert exporting.count(session) == 1
    assert [each.id for each in exporting._articles(session)] == [shown.id]
