"""What curators tell one another never reaches an author, by whatever channel they look."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from core.audit import AuditEntry
from core.outbox import Delivery, Event
from curation import talk, workflow
from curation.models import Review, State
from kb.exporting import Target, export
from people.models import Notice, Role, User
from tests.conftest import Browser, Deliveries
from tests.factories import make_review, make_user, reading
from tests.people import smtp
from tests.people.smtp import MailServer

NewClient = Callable[[User], Browser]
SECRET = "Xylophone: the lawyers look at this author"


@pytest.fixture
def post(settings: dict[str, str]) -> Iterator[MailServer]:
    """The mail server that the application uses."""
    with smtp.running() as server:
        settings["FIRSTHAND_MAIL_URL"] = server.url
        settings["FIRSTHAND_MAIL_FROM"] = "Firsthand <kb@example.com>"
        yield server


@pytest.fixture
def review(
    post: MailServer, app: Flask, session: Session, alice: User, cora: User, carl: User
) -> Review:
    """Read by Cora, with a note by Carl; the author looks wherever they can."""
    found = make_review(session, alice, title="Mind the gap", state=State.IN_REVIEW, curator=cora)
    talk.note(session, found, text=SECRET, key="n", by=carl)
    return found


def addresses(review: Review) -> Iterator[str]:
    yield from (
        f"/reviews/{review.id}{view}" for view in ("", "?on=text", "?since=round", "?all=1")
    )
    yield from ("/", "/drafts", "/inbox", "/inbox?show=all", "/feed.atom", "/settings", "/care")
    yield f"/reviews/{review.id}/findability"
    yield "/search?q=xylophone"
    yield "/search/suggest?q=xylophone"
    yield "/search/similar?title=xylophone"


def test_curators_do_read_it(new_client: NewClient, cora: User, review: Review) -> None:
    """Else nothing below would mean anything."""
    assert SECRET in new_client(cora).get(f"/reviews/{review.id}").text


@pytest.mark.parametrize("outcome", ["open", "requested", "declined", "approved"])
def test_no_page_shows_it_to_its_author(
    session: Session,
    new_client: NewClient,
    outbox: Deliveries,
    alice: User,
    cora: User,
    review: Review,
    outcome: str,
) -> None:
    read = reading(review)
    if outcome == "requested":
        workflow.request_changes(session, review.id, **read, reason="Shorter.", by=cora)
    elif outcome == "declined":
        workflow.decline(session, review.id, **read, reason="No.", by=cora)
    elif outcome == "approved":
        workflow.approve(session, review.id, **read, by=cora)
    outbox.drain()
    browser = new_client(alice)
    seen = 0
    wanted = [*addresses(review)]
    if outcome == "approved":
        session.refresh(review.article)
        slug = f"/articles/{review.article.slug}"
        wanted += [slug, f"{slug}/history", f"{slug}/revisions/1", f"{slug}/edit"]
    for path in wanted:
        response = browser.get(path)
        seen += response.status_code == 200
        assert "xylophone: the" not in response.text.lower(), path
    assert seen >= len(wanted) - 2


def test_no_refusal_shows_it_to_its_author(
    new_client: NewClient, alice: User, review: Review
) -> None:
    """What comes back from a form that was refused is a page of the review, too."""
    browser = new_client(alice)
    for path in (
        "comments",
        "notes",
        "claim",
        "approval",
        "decline",
        "checklist",
        "assignment",
        "sample",
        "edit",
        "duplicate",
        "merge",
    ):
        address = f"/reviews/{review.id}/{path}"
        for response in (
            browser.post(address, data={"text": ""}),
            browser.post(address, json={"text": ""}),
        ):
            assert response.status_code >= 400 or response.status_code == 303, path
            assert SECRET not in response.text, path


def test_a_coauthor_and_a_curator_who_wrote_some_of_it_see_none(
    session: Session, app: Flask, new_client: NewClient, alice: User, bob: User, carl: User
) -> None:
    editor = make_user(session, "Edith", role=Role.CURATOR)
    review = make_review(session, alice, coauthors=[bob, editor])
    talk.note(session, review, text=SECRET, key="n", by=carl)
    for writer in (alice, bob, editor):
        response = new_client(writer).get(f"/reviews/{review.id}")
        assert response.status_code == 200
        assert SECRET not in response.text
        assert "Notes among curators" not in response.text


def test_neither_notices_nor_mail_carry_it_to_its_author(
    session: Session,
    outbox: Deliveries,
    post: MailServer,
    alice: User,
    cora: User,
    review: Review,
) -> None:
    outbox.drain()
    workflow.request_changes(session, review.id, **reading(review), reason="Shorter.", by=cora)
    outbox.drain()
    theirs = session.scalars(sa.select(Notice).where(Notice.user_id == alice.id)).all()
    assert not [notice for notice in theirs if SECRET in notice.subject + notice.text]
    told = session.scalars(sa.select(Notice).where(Notice.user_id == cora.id)).all()
    assert [notice for notice in told if SECRET in notice.text]
    letters = [letter for letter in post.messages if alice.email in str(letter["To"])]
    assert letters
    assert not [letter for letter in letters if "Xylophone" in letter.as_string()]


def test_neither_events_nor_the_audit_log_hold_it(
    session: Session, outbox: Deliveries, cora: User, review: Review
) -> None:
    """They outlive the review, and programs read them."""
    workflow.decline(session, review.id, **reading(review), reason="No.", by=cora)
    outbox.drain()
    kept = [
        *(json.dumps(event.data) for event in session.scalars(sa.select(Event))),
        *(delivery.error or "" for delivery in session.scalars(sa.select(Delivery))),
        *(
            json.dumps([entry.thing_name, entry.actor_name, entry.detail], default=str)
            for entry in session.scalars(sa.select(AuditEntry))
        ),
    ]
    assert kept
    assert not [text for text in kept if SECRET in text]


def test_an_export_leaves_it_out(
    app: Flask, session: Session, tmp_path: Path, cora: User, review: Review
) -> None:
    workflow.approve(session, review.id, **reading(review), by=cora)
    session.commit()
    out = tmp_path / "export"
    assert list(export(session, app.config["FIRSTHAND"], Target(out)))
    files = [path for path in out.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]
