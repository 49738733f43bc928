"""Two windows, old pages, renamed things: nothing typed is overwritten, lost or undone in silence."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from kb import drafts, flags, queries, topics
from kb.drafts import BaseMoved
from kb.models import Draft
from kb.queries import Filter
from people.models import User
from tests.conftest import Browser
from tests.factories import edit, make_article, make_draft, make_topic, republish, submit

NewClient = Callable[[User], Browser]


def hidden(response: TestResponse, name: str) -> str:
    field = BeautifulSoup(response.text, "html.parser").select_one(f'#editor input[name="{name}"]')
    assert field is not None
    return str(field["value"])


def form(response: TestResponse, **changes: str) -> dict[str, str]:
    """What the editor on a page would send."""
    soup = BeautifulSoup(response.text, "html.parser")
    sent = {str(f["name"]): str(f.get("value", "")) for f in soup.select("#editor input[name]")}
    sent |= {str(a["name"]): a.get_text()[1:] for a in soup.select("#editor textarea[name]")}
    chosen = soup.select_one("#editor select[name=topic] option[selected]")
    return sent | {"topic": str(chosen["value"]) if chosen else ""} | changes


def only_draft(session: Session) -> Draft:
    return session.scalars(sa.select(Draft)).one()


def test_a_page_opened_before_an_approval_makes_a_draft_of_the_text_that_it_showed(
    session: Session, new_client: NewClient, alice: User, bob: User
) -> None:
    article = make_article(session, alice, title="Mind the gap", body="One.\n\nTwo.")
    browser = new_client(bob)
    opened = browser.get("/articles/mind-the-gap/edit")
    republish(session, article, alice, body="One, corrected.\n\nTwo.")
    browser.post("/drafts", data=form(opened, body="One.\n\nTwo and three."))
    draft = only_draft(session)
    assert drafts.base_moved(draft)
    with pytest.raises(BaseMoved):
        submit(session, draft)
    session.rollback()
    assert drafts.rebase(session, only_draft(session), by=bob) == 0
    assert only_draft(session).body == "One, corrected.\n\nTwo and three."


def test_a_refused_save_comes_back_as_a_change_of_what_it_was_typed_over(
    session: Session, new_client: NewClient, alice: User
) -> None:
    make_topic(session, "Travel")
    draft = make_draft(session, alice)
    browser = new_client(alice)
    opened = browser.get(f"/drafts/{draft.id}")
    edit(session, draft, body="From the other window.")
    refused = browser.post(f"/drafts/{draft.id}", data=form(opened, title="x" * 200))
    assert refused.status_code == 422
    assert hidden(refused, "version") == hidden(opened, "version")
    again = browser.post(f"/drafts/{draft.id}", data=form(refused, title="Short"))
    assert again.status_code == 409
    assert only_draft(session).body == "From the other window."


def test_a_first_save_that_arrives_twice_never_overwrites_what_came_between(
    session: Session, new_client: NewClient, alice: User
) -> None:
    browser = new_client(alice)
    first = {"kind": "howto", "key": "page", "body": "First.", "version": "0"}
    assert browser.post("/drafts", json=first).status_code == 201
    edit(session, only_draft(session), body="Newer.")
    assert browser.post("/drafts", json=first).status_code == 409
    assert only_draft(session).body == "Newer."


def test_a_locked_draft_gives_back_what_was_typed_into_an_old_page_of_it(
    session: Session, new_client: NewClient, alice: User
) -> None:
    draft = make_draft(session, alice, body="Before.")
    browser = new_client(alice)
    opened = browser.get(f"/drafts/{draft.id}")
    submit(session, draft)
    refused = browser.post(f"/drafts/{draft.id}", data=form(opened, body="Typed in vain?"))
    assert refused.status_code == 409
    assert "Typed in vain?" in refused.text


def test_a_renamed_article_takes_the_first_save_of_an_old_page(
    session: Session, new_client: NewClient, alice: User
) -> None:
    article = make_article(session, alice, title="Mind the gap")
    browser = new_client(alice)
    opened = browser.get("/articles/mind-the-gap/edit")
    republish(session, article, alice, title="Mind the step")
    assert browser.post("/drafts", data=form(opened, body="More.")).status_code == 303
    assert only_draft(session).article is article


def test_a_renamed_or_merged_topic_is_still_the_topic_chosen(
    session: Session, new_client: NewClient, alice: User, ada: User
) -> None:
    travel, trains = make_topic(session, "Travel"), make_topic(session, "Trains")
    browser = new_client(alice)
    topics.change(session, travel, name="Journeys", description="", by=ada)
    saved = browser.post("/drafts", json={"kind": "howto", "key": "a", "topic": "travel"})
    assert saved.status_code == 201
    assert only_draft(session).topic is travel
    topics.merge(session, travel, trains, by=ada)
    address = f"/drafts/{only_draft(session).id}"
    version = only_draft(session).version
    saved = browser.post(address, json={"topic": "travel", "version": version, "body": "x"})
    assert saved.status_code == 200
    assert only_draft(session).topic is trains


def test_a_name_typed_by_half_takes_no_coauthor_out(
    session: Session, new_client: NewClient, alice: User, bob: User
) -> None:
    draft = make_draft(session, alice, coauthors=[bob])
    browser = new_client(alice)
    sent = {"coauthors": "bob, car", "version": draft.version, "body": "x"}
    saved = browser.post(f"/drafts/{draft.id}", json=sent)
    assert "car" in saved.get_json()["fields"]["coauthors"]
    assert only_draft(session).coauthors == [bob]


def test_a_later_change_takes_no_credit_from_who_wrote_it(
    session: Session, alice: User, bob: User, cora: User
) -> None:
    article = make_article(session, alice, title="Mind the gap")
    republish(session, article, bob, body="One letter better.", by=cora)
    shown = queries.article_page(session, cora, "mind-the-gap")
    assert shown is not None
    assert (shown.author, shown.coauthors) == ("alice", [("bob", "Bob")])
    for person in (alice, bob):
        rows = queries.rows(session, cora, Filter(author_id=person.id))
        assert [row.author for row in rows] == ["alice"]
    found = next(queries.searchable(session, [article.id]))
    assert (found.author, found.author_name) == ("alice", "Alice, Bob")


def test_what_was_typed_about_a_text_that_changed_meanwhile_comes_back(
    session: Session, new_client: NewClient, alice: User, bob: User, cora: User
) -> None:
    article = make_article(session, alice, approver=cora)
    revision = article.live_revision_id or 0
    flag = flags.open_flag(
        session, article, revision_id=revision, reason="wrong", text="The price.", by=bob
    )
    sent = {"outcome": "It is eight now.", "state": "upheld", "version": "7"}
    address = f"/flags/{flag.id}/outcome"
    stale = new_client(alice).post(address, data=sent)
    flags.close(session, flag.id, version=1, state="rejected", outcome="No.", by=cora)
    closed = new_client(alice).post(address, data=sent)
    for page in (stale, closed):
        assert page.status_code == 409
        assert "It is eight now." in page.text
    sent = {"note": "Tried it today.", "revision": "7"}
    unseen = new_client(alice).post("/articles/reset-the-vpn/verification", data=sent)
    assert unseen.status_code == 409
    assert "Tried it today." in unseen.text
