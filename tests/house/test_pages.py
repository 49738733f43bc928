"""Walks the whole site, filled with the demo content, as three people: every link and every page."""

import re
import shutil
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup, Tag
from flask import Flask, render_template, template_rendered
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from core.db import create_engine, db
from core.models import Model
from core.web import settings
from curation.models import Review
from kb.models import Article, ArticleSlug, Draft
from ops import demo
from people import choices
from people.models import Role, User
from tests.ending import end
from tests.house.files import ROOT, files
from tests.needs import postgresql_database
from wsgi import create_app

READ = 5  # pages of one kind that a person reads; further ones are opened once, by somebody

# Pages that show themselves only where something is broken.
TROUBLE = {"search/unavailable.html"}


Shown = tuple[str, str, BeautifulSoup]


@dataclass
class Walk:
    """What was found on the way."""

    app: Flask
    status: dict[tuple[str, str], int] = field(default_factory=dict)  # by person and address
    shown: list[Shown] = field(default_factory=list)  # who saw which page of HTML where
    found_on: dict[str, str] = field(default_factory=dict)
    templates: set[str] = field(default_factory=set)
    changes: list[str] = field(default_factory=list)
    opened: set[str] = field(default_factory=set)

    def endpoint(self, address: str) -> str:
        try:
            return str(self.app.url_map.bind("localhost").match(urlsplit(address).path)[0])
        except HTTPException:
            return "nowhere"


@pytest.fixture(scope="module")
def demo_site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """The application with the demo content in it."""
    folder = tmp_path_factory.mktemp("demo")
    if request.config.getoption("--database") == "sqlite":
        shutil.copytree(request.getfixturevalue("demo_company"), folder, dirs_exist_ok=True)
        yield _application(folder, f"sqlite:///{folder / 'firsthand.db'}")
        end()
    else:
        with postgresql_database() as url:
            yield _filled(folder, url)
            end()


def _filled(folder: Path, url: str) -> Flask:
    engine = create_engine(url)
    Model.metadata.create_all(engine)
    engine.dispose()
    app = _application(folder, url)
    with app.app_context():
        demo.fill(db, app.config["FIRSTHAND"])
    return app


def _application(folder: Path, url: str) -> Flask:
    return create_app(
        {
            "FIRSTHAND_DATA": str(folder),
            "FIRSTHAND_DATABASE_URL": url,
            "FIRSTHAND_SEMANTIC": "off",
        }
    )


@pytest.fixture(scope="module")
def walk(demo_site: Flask) -> Walk:
    """Follows every link from the home page, as an author, a curator and an administrator."""
    app = demo_site
    walk = Walk(app)

    def note_template(_sender: Flask, template: Any, **_: Any) -> None:
        walk.templates.add(template.name)

    def note_change(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if re.match(r"\s*(INSERT|UPDATE|DELETE)\b", statement, re.IGNORECASE):
            walk.changes.append(statement)

    with template_rendered.connected_to(note_template, app):
        sa.event.listen(db.engine, "before_cursor_execute", note_change)
        for person in _people(app):
            _follow(walk, person)
        signin = _open(walk, app.test_client(), "stranger", "/signin")
        assert list(_links(walk, signin, "stranger", "/signin"))
        sa.event.remove(db.engine, "before_cursor_execute", note_change)
    return walk


def _people(app: Flask) -> list[User]:
    """One of each role; of the employees one who has a draft."""
    with app.app_context():
        has_draft = sa.select(Draft.author_id).where(Draft.deleted_at.is_(None))
        active = sa.select(User).where(User.active)
        return [
            db.session.scalars(
                active.where(User.role == role).order_by(User.id.in_(has_draft).desc(), User.id)
            ).first()
            or pytest.fail(f"the demo has no {role.value}")
            for role in Role
        ]


def _follow(walk: Walk, person: User) -> None:
    client = walk.app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = person.get_id()
    with walk.app.app_context():
        waiting = deque(["/", "/search?q=machine", *_unlinked(db.session, person)])
    seen = set(waiting)
    read: Counter[str] = Counter()
    while waiting:
        address = waiting.popleft()
        endpoint = walk.endpoint(address)
        enough = read[endpoint] >= READ
        if enough and (address in walk.opened or "?" in address):
            continue
        response = _open(walk, client, person.role, address)
        if enough:
            continue
        read[endpoint] += 1
        for link in _links(walk, response, person.role, address):
            walk.found_on.setdefault(link, address)
            if link not in seen:
                seen.add(link)
                waiting.append(link)


def _open(walk: Walk, client: FlaskClient, person: str, address: str) -> TestResponse:
    with client.get(address) as response:
        response.get_data()
    walk.status[person, address] = response.status_code
    walk.opened.add(address)
    return response


def _unlinked(session: Session, person: User) -> list[str]:
    """Addresses that programs, scripts or people's bookmarks know."""
    article = session.scalars(
        sa.select(Article).where(Article.live_revision_id.is_not(None))
    ).first()
    assert article is not None
    former = session.scalars(sa.select(ArticleSlug.slug)).first()
    somebody = session.scalars(sa.select(User.id)).first() or 0
    way_out = choices.way_out(settings(), somebody, ["comments"])  # as a mail offers it
    stale = sa.select(Draft.id).join(Article, Article.id == Draft.article_id)
    behind = session.scalars(
        stale.where(
            Draft.author_id == person.id,
            Draft.base_id != Article.live_revision_id,
            Draft.frozen_id.is_(None),
        )
    )
    held = sa.select(Review.id).where(
        Review.curator_id == person.id, Review.claimed_until.is_not(None)
    )
    return [
        *(f"/reviews/{review_id}/merge" for review_id in session.scalars(held)),
        *(f"/drafts/{draft_id}/merge" for draft_id in behind),  # where "bring up to date" leads
        "/search/suggest?q=ma",
        "/search/similar?title=machine",
        "/search?q=%22no such words together%22",
        "/search?q=mashine",
        "/search?q=",
        "/robots.txt",
        "/healthz",
        "/readyz",
        "/favicon.ico",
        f"/articles/{article.slug}/edit",
        f"/articles/{former or article.slug}",
        way_out.removeprefix(settings().base_url),
    ]


def _links(walk: Walk, response: TestResponse, person: str, address: str) -> Iterator[str]:
    """Addresses on our own site that this answer points to."""
    if response.status_code in range(300, 400):
        yield from _own([response.headers["Location"]], address)
    elif response.mimetype == "text/html":
        page = BeautifulSoup(response.text, "html.parser")
        if response.status_code == 200:
            walk.shown.append((person, address, page))
        targets = [str(tag["href"]) for tag in page.find_all(("a", "link"), href=True)]
        targets += [str(tag["src"]) for tag in page.find_all(src=True)]
        yield from _own(targets, address)


def _own(targets: list[str], base: str) -> Iterator[str]:
    for target in targets:
        address = urldefrag(urljoin(base, target))[0]
        if address.startswith("/") and not address.startswith("//"):
            yield address


def test_no_link_leads_nowhere(walk: Walk) -> None:
    """403 is an answer only to an address that was not offered as a link."""
    dead = [
        f"{person}: {address} ({status}) linked from {walk.found_on.get(address)}"
        for (person, address), status in walk.status.items()
        if status >= 400 and (address in walk.found_on or status not in (403, 404))
    ]
    assert dead == []


def test_every_page_can_be_read_by_somebody(demo_site: Flask, walk: Walk) -> None:
    read = {walk.endpoint(address) for (_, address), status in walk.status.items() if status == 200}
    readable = {
        rule.endpoint for rule in demo_site.url_map.iter_rules() if "GET" in (rule.methods or ())
    }
    assert readable - read == set()


def test_reading_changes_nothing(walk: Walk) -> None:
    assert walk.changes == []


def test_every_template_of_a_page_is_shown_by_some_address(walk: Walk) -> None:
    pages = {
        path.relative_to(ROOT / "templates").as_posix()
        for path in files("templates", suffix=".html")
        if "{% extends" in path.read_text() and not path.name.startswith("_")
    }
    unseen = {page for page in pages - walk.templates if not page.startswith("errors/")}
    assert unseen == TROUBLE


@pytest.mark.parametrize(
    "template", sorted(path.name for path in files("templates/errors", suffix=".html"))
)
def test_every_page_of_refusal_stands_by_itself(demo_site: Flask, template: str) -> None:
    with demo_site.test_request_context("/"):
        page = render_template(f"errors/{template}", message="Try it later.", status=418)
    assert "Try it later." in BeautifulSoup(page, "html.parser").get_text()


def test_every_page_has_one_heading_and_the_title_begins_with_it(walk: Walk) -> None:
    wrong = []
    for person, address, page in walk.shown:
        headings = [_words(tag) for tag in page.find_all("h1")]
        title = _words(page.title) if page.title else ""
        if len(headings) != 1 or not title.startswith(headings[0]):
            wrong.append(f"{person}: {address}: {headings} under the title {title!r}")
    assert wrong == []


def test_no_page_uses_one_id_twice(walk: Walk) -> None:
    wrong = []
    for person, address, page in walk.shown:
        ids = [str(tag["id"]) for tag in page.find_all(id=True)]
        twice = {each for each in ids if ids.count(each) > 1}
        if twice:
            wrong.append(f"{person}: {address}: {sorted(twice)}")
    assert wrong == []


def test_every_link_inside_a_page_has_its_target(walk: Walk) -> None:
    wrong = []
    for person, address, page in walk.shown:
        ids = {str(tag["id"]) for tag in page.find_all(id=True)}
        for tag in page.find_all("a", href=re.compile("^#.")):
            if str(tag["href"])[1:] not in ids:
                wrong.append(f"{person}: {address}: {tag['href']}")
    assert wrong == []


def test_every_label_names_a_field_of_its_page(walk: Walk) -> None:
    wrong = []
    for person, address, page in walk.shown:
        ids = {str(tag["id"]) for tag in page.find_all(id=True)}
        for tag in page.find_all(("label", "output"), attrs={"for": True}):
            if str(tag["for"]) not in ids:
                wrong.append(f"{person}: {address}: {tag['for']}")
    assert wrong == []


def test_every_form_posts_to_an_address_that_takes_it(demo_site: Flask, walk: Walk) -> None:
    urls = demo_site.url_map.bind("localhost")
    wrong = []
    for person, address, page in walk.shown:
        for form in page.find_all("form"):
            method = str(form.get("method", "get")).upper()
            action = urlsplit(urljoin(address, str(form.get("action", "")))).path
            if not urls.test(action, method=method):
                wrong.append(f"{person}: {address}: {method} {action}")
    assert wrong == []


def _words(tag: Tag) -> str:
    return " ".join(tag.get_text(" ").split())
