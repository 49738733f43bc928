"""The pages of the site in their main states: whose they are and where."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from curation.models import Review, State
from kb.models import Draft
from people.models import User
from tests.browser.people import ADMINISTRATOR, AUTHOR, CURATOR, READER

ARTICLE = "/articles/descale-an-m4-without-voiding-the-warranty"
Find = Callable[[Session], str]


@dataclass(frozen=True)
class Place:
    """One page as one person sees it."""

    name: str
    person: str | None
    address: str
    status: int = 200


def places(session: Session) -> Iterator[Place]:
    yield Place("sign-in", None, "/signin?next=/drafts")
    yield from _reading()
    yield from _writing(session)
    yield from _reviewing(session)
    yield Place("settings", READER, "/settings")
    yield Place("manage people", ADMINISTRATOR, "/admin/people")
    yield Place("manage topics", ADMINISTRATOR, "/admin/topics")
    yield Place("manage one topic", ADMINISTRATOR, "/admin/topics/1")
    yield Place("audit log", ADMINISTRATOR, "/admin/audit")
    yield Place("audit log, a wrong day", ADMINISTRATOR, "/admin/audit?since=soon", 422)
    yield Place("home of an administrator", ADMINISTRATOR, "/")


def _reading() -> Iterator[Place]:
    yield Place("home", READER, "/")
    yield Place("search", READER, "/search?q=machine")
    yield Place("search, narrowed", READER, "/search?q=machine&kind=howto&topic=machines")
    yield Place("search, misspelled", READER, "/search?q=descalle")
    yield Place("search, second page", READER, "/search?q=machine&page=2")
    yield Place("search, nothing found", READER, "/search?q=zzyzx")
    yield Place("search, nothing asked", READER, "/search?q=")
    yield Place("article", READER, ARTICLE)
    yield Place("story", READER, "/articles/the-night-i-force-pushed-over-main")
    yield Place("history", READER, f"{ARTICLE}/history")
    yield Place("revision", READER, f"{ARTICLE}/revisions/1")
    yield Place("comparison", READER, f"{ARTICLE}/compare/1...2")
    yield Place("topics", READER, "/topics")
    yield Place("topic", READER, "/topics/machines")
    yield Place("tags", READER, "/tags")
    yield Place("tag", READER, "/tags/descaling")
    yield Place("people", READER, "/people")
    yield Place("person", READER, f"/people/{AUTHOR}")
    yield Place("no such page", READER, "/articles/no-such-article", 404)
    yield Place("not for this person", READER, "/admin/people", 403)


def _writing(session: Session) -> Iterator[Place]:
    yield Place("kinds", AUTHOR, "/write")
    yield Place("new how-to", AUTHOR, "/write/howto")
    yield Place("new story", AUTHOR, "/write/story")
    yield Place("edit an article", AUTHOR, f"{ARTICLE}/edit")
    yield Place("drafts", AUTHOR, "/drafts")
    yield Place("drafts, none", "charlotte-okafor", "/drafts")
    yield Place("inbox", AUTHOR, "/inbox")
    yield Place("inbox, what is new", AUTHOR, "/inbox?show=unread")
    for name, is_locked in [("draft", False), ("draft under review", True)]:
        draft, author = _draft(session, is_locked)
        yield Place(name, author, f"/drafts/{draft}")


def _draft(session: Session, is_locked: bool) -> tuple[int, str]:
    locked = Draft.frozen_id.is_not(None)
    query = (
        sa.select(Draft.id, User.handle)
        .join(User, User.id == Draft.author_id)
        .where(locked if is_locked else sa.not_(locked), Draft.deleted_at.is_(None))
        .order_by(Draft.id)
    )
    row = session.execute(query).first()
    assert row is not None
    return row[0], row[1]


def _reviewing(session: Session) -> Iterator[Place]:
    yield Place("home of a curator", CURATOR, "/")
    yield Place("queue", CURATOR, "/reviews")
    yield Place("queue, one by one", CURATOR, "/reviews/triage")
    yield Place("queue, nothing left one by one", CURATOR, "/reviews/triage?after=1&mine=1")
    yield Place("queue, saved filters", CURATOR, "/reviews/filters")
    review = _review(session, State.SUBMITTED).id
    yield Place("queue, several", CURATOR, f"/reviews/bulk?action=assign&id={review}")
    yield Place("queue, changes requested", CURATOR, "/reviews?state=changes_requested")
    yield Place("queue, nothing matches", CURATOR, "/reviews?mine=1&kind=story")
    yield Place("inbox of a curator", CURATOR, "/inbox")
    for state in State:
        review = _review(session, state)
        address = f"/reviews/{review.id}"
        words = state.value.replace("_", " ")
        yield Place(f"review, {words}, its author", review.author.handle, address)
        yield Place(f"review, {words}, an administrator", ADMINISTRATOR, address)
        if state is State.IN_REVIEW and review.curator:
            yield Place(f"review, {words}, its curator", review.curator.handle, address)


def _review(session: Session, state: State) -> Review:
    query = sa.select(Review).where(Review.stored_state == state).order_by(Review.id)
    review = session.scalars(query).first()
    assert review is not None, f"the demo company has no review that is {state}"
    return review
