"""What authors are told of a draft before they hand it in, and what the list of checks looks like."""

from collections.abc import Callable

from bs4 import BeautifulSoup
from flask import Flask, render_template_string
from sqlalchemy.orm import Session

from curation import checks
from kb.models import Draft
from people.models import User
from tests.conftest import Browser
from tests.factories import edit, make_draft, make_review, settle

NewClient = Callable[[User], Browser]

LIST = '{% from "curation/_checks.html" import checks with context %}{{ checks(report, lines) }}'


def shown(app: Flask, body: str, *, lines: bool = True) -> BeautifulSoup:
    report = checks.of_text(body, "story")
    with app.test_request_context():
        page = render_template_string(LIST, report=report, lines=lines)
    return BeautifulSoup(page, "html.parser")


def told(page: BeautifulSoup) -> str:
    section = page.select_one("#checks")
    return " ".join(section.get_text(" ").split()) if section else ""


def test_a_list_leads_to_the_lines_it_speaks_of(app: Flask) -> None:
    page = shown(app, "Look:\n\n![](https://pictures.test/a.png)")
    assert [link["href"] for link in page.select("#checks a")] == ["#L3"]
    assert page.select_one("details[open]")


def test_a_list_without_lines_to_lead_to_names_them(app: Flask) -> None:
    page = shown(app, "Look:\n\n![](https://pictures.test/a.png)", lines=False)
    assert page.select("#checks a") == []
    assert "Line 3" in told(page)


def test_notes_alone_are_folded_away(app: Flask) -> None:
    page = shown(app, "## One\n\n#### Two")
    assert page.select_one("details:not([open])")
    assert "One thing to note" in told(page)


def test_where_there_is_nothing_to_say_it_is_said(app: Flask) -> None:
    page = shown(app, "All is well.")
    assert page.select_one("details") is None
    assert told(page) == "Checks Nothing to note."


def test_what_was_written_is_shown_as_text(app: Flask) -> None:
    page = shown(app, "![](https://pictures.test/a.png?<script>alert(1)</script>)")
    assert page.find("script") is None


# The author's own list


def form_of(draft: Draft, **changes: str) -> dict[str, str]:
    sent = {
        "title": draft.title,
        "summary": draft.summary,
        "body": draft.body,
        "tags": "",
        "topic": draft.topic.slug if draft.topic else "",
        "version": str(draft.version),
    }
    return sent | changes


def test_an_author_is_told_before_handing_in_and_nothing_is_lost(
    session: Session, alice: User, new_client: NewClient
) -> None:
    draft = make_draft(session, alice)
    body = "Open it.\n\nSee [[Nothing]]."
    sent = form_of(draft, body=body, note="For Cora")
    response = new_client(alice).post(f"/drafts/{draft.id}/checks", data=sent)
    assert response.status_code == 200
    page = BeautifulSoup(response.text, "html.parser")
    assert "Before you submit" in told(page)
    assert "This link leads nowhere" in told(page)
    assert "without numbered steps" in told(page)
    assert page.select_one("#note").get_text().strip() == "For Cora"  # type: ignore[union-attr]
    settle(session)
    assert draft.body == body


def test_checking_twice_is_harmless(session: Session, alice: User, new_client: NewClient) -> None:
    draft = make_draft(session, alice)
    sent = form_of(draft, body="1. Open it.")
    client = new_client(alice)
    assert client.post(f"/drafts/{draft.id}/checks", data=sent).status_code == 200
    assert client.post(f"/drafts/{draft.id}/checks", data=sent).status_code == 200


def test_what_somebody_saved_meanwhile_is_not_overwritten(
    session: Session, alice: User, new_client: NewClient
) -> None:
    draft = make_draft(session, alice)
    sent = form_of(draft, body="Mine.")
    edit(session, draft, body="Theirs.")
    response = new_client(alice).post(f"/drafts/{draft.id}/checks", data=sent)
    assert response.status_code == 409
    settle(session)
    assert draft.body == "Theirs."


def test_somebody_else_has_no_such_draft(
    session: Session, alice: User, bob: User, new_client: NewClient
) -> None:
    draft = make_draft(session, alice)
    response = new_client(bob).post(f"/drafts/{draft.id}/checks", data=form_of(draft))
    assert response.status_code == 404


def test_an_overlong_text_comes_back_with_what_is_wrong(
    session: Session, alice: User, new_client: NewClient
) -> None:
    draft = make_draft(session, alice)
    sent = form_of(draft, body="word " * 60_000)
    response = new_client(alice).post(f"/drafts/{draft.id}/checks", data=sent)
    assert response.status_code == 422
    assert "word word" in response.text


def test_a_text_under_review_is_left_as_it_is(
    session: Session, alice: User, new_client: NewClient
) -> None:
    draft = make_draft(session, alice)
    make_review(session, alice, draft=draft)
    sent = form_of(draft, body="Changed.")
    response = new_client(alice).post(f"/drafts/{draft.id}/checks", data=sent)
    assert response.status_code == 200
    settle(session)
    assert draft.body != "Changed."


def test_an_author_opens_their_draft_without_a_list(
    session: Session, alice: User, new_client: NewClient
) -> None:
    draft = make_draft(session, alice)
    response = new_client(alice).get(f"/drafts/{draft.id}")
    page = BeautifulSoup(response.text, "html.parser")
    assert told(page) == ""
    assert page.select_one(f'button[formaction^="/drafts/{draft.id}/checks"]')
