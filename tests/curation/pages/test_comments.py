"""What is said about a text, by its addresses: comments, answers, suggestions, notes among curators."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup, Tag
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from core.db import db
from curation import talk, workflow
from curation.models import InternalNote, LineComment, Review, State
from kb.models import Draft
from people.models import User
from tests.conftest import Browser, leads_to_signin
from tests.factories import edit, make_article, make_draft, make_review, reading, submit

NewClient = Callable[[User], Browser]
BODY = "One.\n\nTwo.\n\nThree."


@pytest.fixture
def review(session: Session, alice: User, cora: User) -> Review:
    """Being read by Cora."""
    return make_review(
        session, alice, title="Mind the gap", body=BODY, state=State.IN_REVIEW, curator=cora
    )


def main(response: TestResponse) -> Tag:
    found = BeautifulSoup(response.text, "html.parser").main
    assert found is not None
    return found


def words(response: TestResponse) -> str:
    return " ".join(main(response).get_text(" ").split())


def typed(response: TestResponse, selector: str) -> str:
    field = main(response).select_one(selector)
    assert field is not None, selector
    return str(field.get("value") or "") if field.name == "input" else field.get_text().strip()


def form(review: Review, **changes: Any) -> dict[str, Any]:
    sent = {
        "revision": review.revision_id,
        "first": 3,
        "last": 3,
        "text": "Two of what?",
        "key": "k",
    }
    return sent | changes


def said(session: Session, review: Review, by: User, **changes: Any) -> LineComment:
    values: dict[str, Any] = {"first": 3, "last": 3, "text": "Two of what?", "suggestion": None}
    made = talk.comment(
        session,
        review,
        revision_id=review.revision_id,
        key=f"k {by.id}",
        by=by,
        **(values | changes),
    )
    return made


def comments(session: Session) -> list[LineComment]:
    return list(session.scalars(sa.select(LineComment).order_by(LineComment.id)))


# Comments


def test_a_comment_stands_below_its_line(
    session: Session, new_client: NewClient, cora: User, review: Review
) -> None:
    browser = new_client(cora)
    response = browser.post(f"/reviews/{review.id}/comments", data=form(review))
    (made,) = comments(session)
    assert response.status_code == 303
    assert response.location == f"/reviews/{review.id}#comment-{made.id}"
    thread = main(browser.get(f"/reviews/{review.id}")).select_one("#L3")
    assert thread is not None
    below = thread.find_parent(class_="diff__row")
    assert below is not None
    notes = below.find_next_sibling(class_="diff__notes")
    assert isinstance(notes, Tag)
    assert "Two of what?" in notes.get_text()


def test_in_the_rendered_view_comments_are_listed_with_their_lines_and_a_way_there(
    session: Session, new_client: NewClient, cora: User, review: Review
) -> None:
    made = said(session, review, cora)
    response = new_client(cora).get(f"/reviews/{review.id}?on=text")
    thread = main(response).select_one(f"#comments #comment-{made.id}")
    assert thread is not None
    assert "Two." in thread.get_text()
    link = thread.select_one("a[data-line-link]")
    assert link is not None
    assert link["href"] == f"/reviews/{review.id}?on=source#L3"


def test_a_comment_whose_line_is_not_shown_is_listed_instead(
    session: Session, new_client: NewClient, alice: User, cora: User
) -> None:
    """Only so many lines of a long difference are shown; what was said of the rest is not gone."""
    article = make_article(session, alice, body="\n".join(f"Old {n}." for n in range(2000)))
    body = "\n".join(f"New line number {n}." for n in range(2000))
    review = make_review(session, alice, article=article, body=body)
    made = said(session, review, cora, first=1990, last=1990)
    response = new_client(cora).get(f"/reviews/{review.id}")
    assert main(response).select("#changes .diff__rest")
    assert main(response).select(f"#comments #comment-{made.id}")


def test_the_first_comment_of_a_curator_claims_the_text(
    session: Session, new_client: NewClient, alice: User, cora: User
) -> None:
    review = make_review(session, alice, body=BODY)
    new_client(cora).post(f"/reviews/{review.id}/comments", data=form(review))
    assert (review.state, review.holder_id) == (State.IN_REVIEW, cora.id)


def test_the_author_comments_without_claiming(
    session: Session, new_client: NewClient, alice: User
) -> None:
    review = make_review(session, alice, body=BODY)
    new_client(alice).post(f"/reviews/{review.id}/comments", data=form(review))
    assert review.state is State.SUBMITTED
    assert len(comments(session)) == 1


def test_a_form_sent_twice_says_it_once(
    session: Session, new_client: NewClient, cora: User, review: Review
) -> None:
    browser = new_client(cora)
    answers = [browser.post(f"/reviews/{review.id}/comments", data=form(review)) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(comments(session)) == 1


def test_a_program_is_told_where_its_comment_stands(
    session: Session, new_client: NewClient, cora: User, review: Review
) -> None:
    response = new_client(cora).post(f"/reviews/{review.id}/comments", json=form(review))
    (made,) = comments(session)
    assert response.status_code == 201
    assert response.get_json() == {"id": made.id, "url": f"/reviews/{review.id}#comment-{made.id}"}


def test_nobody_comments_without_signing_in(
    client: Browser, session: Session, review: Review
) -> None:
    assert leads_to_signin(client.post(f"/reviews/{review.id}/comments", data=form(review)))
    assert comments(session) == []


def test_a_stranger_learns_nothing(
    session: Session, new_client: NewClient, bob: User, cora: User, review: Review
) -> None:
    made = said(session, review, cora)
    for path in (
        "comments",
        f"comments/{made.id}/resolution",
        f"comments/{made.id}/acceptance",
        "notes",
    ):
        response = new_client(bob).post(f"/reviews/{review.id}/{path}", data=form(review))
        assert response.status_code == 404, path
        assert "Mind the gap" not in response.text


@pytest.mark.parametrize(
    ("changes", "sentence", "field"),
    [
        ({"text": "  "}, "Write something first.", "comment-text"),
        ({"first": 99, "last": 99}, "Choose lines between 1 and 5.", "comment-first"),
        ({"first": ""}, "Choose lines between 1 and 5.", "comment-first"),
        ({"text": "x" * 4001}, "At most 4000 characters", "comment-text"),
        (
            {"suggest": "1", "suggestion": "Two."},
            "is what stands there already",
            "comment-suggestion",
        ),
    ],
)
def test_what_cannot_be_said_comes_back_with_all_that_was_typed(
    session: Session,
    new_client: NewClient,
    cora: User,
    review: Review,
    changes: dict[str, Any],
    sentence: str,
    field: str,
) -> None:
    sent = form(review, **changes)
    response = new_client(cora).post(f"/reviews/{review.id}/comments", data=sent)
    assert response.status_code == 422
    assert sentence in words(response)
    assert main(response).select(f'[role="alert"] a[href="#{field}"]')
    assert typed(response, "#comment-text") == sent["text"].strip()
    assert typed(response, "#comment-first") == str(sent["first"])
    assert typed(response, "#comment-suggestion") == sent.get("suggestion", "")
    assert main(response).select_one(f"#{field}[aria-invalid]") is not None
    assert comments(session) == []


def test_a_comment_on_a_text_that_changed_meanwhile_is_kept_in_its_form(
    session: Session, new_client: NewClient, alice: User, cora: User
) -> None:
    draft = make_draft(session, alice, body=BODY)
    review = make_review(session, alice, draft=draft, state=State.CHANGES_REQUESTED, curator=cora)
    sent = form(review, suggest="1", suggestion="Two apples.")
    submit(session, edit(session, draft, body=BODY + "\n\nFour."))
    response = new_client(cora).post(f"/reviews/{review.id}/comments", data=sent)
    assert response.status_code == 409
    assert "The text changed while you were writing." in words(response)
    assert typed(response, "#comment-text") == "Two of what?"
    assert typed(response, "#comment-suggestion") == "Two apples."
    assert main(response).select_one("#comment-suggest[checked]")
    again = main(response).select_one('#comment-form [name="revision"]')
    assert again is not None
    assert again["value"] == str(review.revision_id)


def test_a_comment_that_comes_too_late_can_still_be_copied(
    session: Session, new_client: NewClient, cora: User, carl: User, review: Review
) -> None:
    workflow.take_over(session, review.id, version=review.version, by=carl)
    workflow.decline(session, review.id, **reading(review), reason="No.", by=carl)
    response = new_client(cora).post(f"/reviews/{review.id}/comments", data=form(review))
    assert response.status_code == 403
    assert typed(response, "textarea#comment-typed[readonly]") == "Two of what?"
    assert comments(session) == []


# Answers and settling


def test_an_answer_joins_its_thread(
    session: Session, new_client: NewClient, alice: User, cora: User, review: Review
) -> None:
    thread = said(session, review, cora)
    browser = new_client(alice)
    sent = {"parent": thread.id, "text": "Two of them.", "key": "a"}
    response = browser.post(f"/reviews/{review.id}/comments", data=sent)
    assert response.location == f"/reviews/{review.id}#comment-{thread.id}"
    shown = main(browser.get(f"/reviews/{review.id}")).select_one(f"#comment-{thread.id}")
    assert shown is not None
    assert "Two of them." in shown.get_text()


def test_an_empty_answer_is_named_at_its_own_field(
    session: Session, new_client: NewClient, alice: User, cora: User, review: Review
) -> None:
    thread = said(session, review, cora)
    sent = {"parent": thread.id, "text": " ", "key": "a"}
    response = new_client(alice).post(f"/reviews/{review.id}/comments", data=sent)
    assert response.status_code == 422
    assert main(response).select(f"#answer-{thread.id}[aria-invalid]")
    assert not main(response).select("#comment-text[aria-invalid]")


def test_an_answer_to_what_is_not_there_is_not_found(
    new_client: NewClient, cora: User, review: Review
) -> None:
    sent = {"parent": 99, "text": "Hello?", "key": "a"}
    response = new_client(cora).post(f"/reviews/{review.id}/comments", data=sent)
    assert response.status_code == 404


def test_a_thread_is_settled_and_opened_again(
    session: Session, new_client: NewClient, alice: User, cora: User, review: Review
) -> None:
    thread = said(session, review, cora)
    browser = new_client(alice)
    path = f"/reviews/{review.id}/comments/{thread.id}/resolution"
    for _ in range(2):
        assert browser.post(path, data={"done": "1"}).status_code == 303
    assert thread.resolved_by_id == alice.id
    assert "Settled by Alice" in words(browser.get(f"/reviews/{review.id}"))
    browser.post(path, data={"done": "0"})
    assert thread.resolved_at is None


def test_a_closed_review_is_not_talked_about_any_more(
    session: Session, new_client: NewClient, cora: User, review: Review
) -> None:
    thread = said(session, review, cora)
    workflow.decline(session, review.id, **reading(review), reason="No.", by=cora)
    path = f"/reviews/{review.id}/comments/{thread.id}/resolution"
    assert new_client(cora).post(path).status_code == 403
    assert thread.resolved_at is None


@pytest.mark.parametrize(
    "path", ["comments", "comments/1/resolution", "comments/1/acceptance", "notes"]
)
def test_none_of_it_is_a_link(new_client: NewClient, cora: User, path: str) -> None:
    assert new_client(cora).get(f"/reviews/1/{path}").status_code == 405


# Suggestions


@pytest.fixture
def suggestion(session: Session, cora: User, review: Review) -> LineComment:
    return said(session, review, cora, suggestion="Two apples.")


def test_a_suggestion_is_taken_in_with_one_click(
    session: Session, new_client: NewClient, alice: User, review: Review, suggestion: LineComment
) -> None:
    browser = new_client(alice)
    page = main(browser.get(f"/reviews/{review.id}"))
    action = f"/reviews/{review.id}/comments/{suggestion.id}/acceptance"
    assert page.select(f'form[action="{action}"] button')
    for _ in range(2):
        assert browser.post(action).status_code == 303
    assert review.revision.body == "One.\n\nTwo apples.\n\nThree."
    assert "Taken in by Alice" in words(browser.get(f"/reviews/{review.id}"))


def test_only_its_author_is_offered_to_take_it_in(
    new_client: NewClient, cora: User, review: Review, suggestion: LineComment
) -> None:
    action = f"/reviews/{review.id}/comments/{suggestion.id}/acceptance"
    browser = new_client(cora)
    assert not main(browser.get(f"/reviews/{review.id}")).select(f'form[action="{action}"]')
    assert browser.post(action).status_code == 403
    assert review.revision.body == BODY


def test_a_suggestion_for_lines_that_changed_is_refused_with_why(
    session: Session, new_client: NewClient, alice: User, cora: User
) -> None:
    draft = make_draft(session, alice, body=BODY)
    review = make_review(session, alice, draft=draft, state=State.IN_REVIEW, curator=cora)
    thread = said(session, review, cora, suggestion="Two apples.")
    workflow.request_changes(session, review.id, **reading(review), reason="See below.", by=cora)
    submit(session, edit(session, draft, body="One.\n\nTwo pears.\n\nThree."))
    path = f"/reviews/{review.id}/comments/{thread.id}/acceptance"
    response = new_client(alice).post(path)
    assert response.status_code == 409
    assert "The lines that this was about have changed since." in words(response)


def test_the_editor_shows_what_is_asked_for_and_takes_wordings_in(
    session: Session,
    new_client: NewClient,
    alice: User,
    review: Review,
    cora: User,
    suggestion: LineComment,
) -> None:
    workflow.request_changes(session, review.id, **reading(review), reason="See below.", by=cora)
    draft = session.scalars(sa.select(Draft)).one()
    browser = new_client(alice)
    page = browser.get(f"/drafts/{draft.id}")
    assert "Cora, line 3: Two of what?" in words(page)
    action = f"/reviews/{review.id}/comments/{suggestion.id}/acceptance"
    assert main(page).select(f'form[action="{action}"] button')
    response = browser.post(action, data={"next": f"/drafts/{draft.id}"})
    assert response.location == f"/drafts/{draft.id}"
    assert draft.body == "One.\n\nTwo apples.\n\nThree."
    assert "line 3: Two of what?" not in words(browser.get(f"/drafts/{draft.id}"))


def test_nobody_is_sent_to_another_site(
    session: Session, new_client: NewClient, alice: User, review: Review, suggestion: LineComment
) -> None:
    action = f"/reviews/{review.id}/comments/{suggestion.id}/acceptance"
    response = new_client(alice).post(action, data={"next": "//elsewhere.example"})
    assert response.location.startswith(f"/reviews/{review.id}")


# Notes among curators


def test_a_note_is_shared_among_curators_and_told_once(
    session: Session, new_client: NewClient, cora: User, carl: User, review: Review
) -> None:
    browser = new_client(carl)
    for _ in range(2):
        response = browser.post(
            f"/reviews/{review.id}/notes", data={"text": "Ask legal.", "key": "n"}
        )
        assert response.status_code == 303
    assert len(session.scalars(sa.select(InternalNote)).all()) == 1
    assert "Ask legal." in words(new_client(cora).get(f"/reviews/{review.id}"))


def test_an_empty_note_and_one_that_is_too_long_come_back(
    new_client: NewClient, cora: User, review: Review
) -> None:
    for text in ("", "x" * 4001):
        response = new_client(cora).post(
            f"/reviews/{review.id}/notes", data={"text": text, "key": "n"}
        )
        assert response.status_code == 422
        assert typed(response, "#note-text") == text
        assert main(response).select("#note-text[aria-invalid]")


def test_its_author_writes_no_notes(
    session: Session, new_client: NewClient, alice: User, review: Review
) -> None:
    response = new_client(alice).post(
        f"/reviews/{review.id}/notes", data={"text": "Hm.", "key": "n"}
    )
    assert response.status_code == 403
    assert session.scalars(sa.select(InternalNote)).all() == []


# The page


def test_every_field_and_every_thread_has_a_name_and_an_id_of_its_own(
    session: Session, new_client: NewClient, cora: User, review: Review
) -> None:
    for number in range(3):
        talk.comment(
            session,
            review,
            revision_id=review.revision_id,
            first=3,
            last=3,
            text="Two of what?",
            suggestion=None,
            key=f"k {number}",
            by=cora,
        )
    page = main(new_client(cora).get(f"/reviews/{review.id}"))
    ids = [each["id"] for each in page.select("[id]")]
    assert len(ids) == len(set(ids))
    labels = {
        str(label["for"]): " ".join(label.get_text(" ").split())
        for label in page.select("label[for]")
    }
    fields = page.select("textarea[id], select[id], input[id]:not([type=radio], [type=hidden])")
    names = [labels[str(field["id"])] for field in fields]
    assert len(names) == len(set(names)), names


def statements(app_browser: Browser, path: str) -> int:
    asked: list[str] = []

    def note(*arguments: Any) -> None:
        asked.append(arguments[2])

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert app_browser.get(path).status_code == 200
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    return len(asked)


@pytest.mark.parametrize("view", ["", "?on=text"])
def test_the_page_asks_as_much_for_forty_comments_as_for_two(
    session: Session,
    new_client: NewClient,
    alice: User,
    cora: User,
    carl: User,
    review: Review,
    view: str,
) -> None:
    path = f"/reviews/{review.id}{view}"
    browsers = [new_client(person) for person in (cora, alice)]

    def say(numbers: range) -> None:
        for number in numbers:
            by = (alice, cora, carl)[number % 3]
            thread = talk.comment(
                session,
                review,
                revision_id=review.revision_id,
                first=1 + number % 5,
                last=1 + number % 5,
                text="Say more.",
                suggestion="More." if number % 4 == 0 else None,
                key=f"k {number}",
                by=by,
            )
            talk.answer(session, thread, text="Yes.", key=f"a {number}", by=alice)
            if number % 2:
                talk.resolve(session, thread, done=True, by=cora)
            if by is not alice:
                talk.note(session, review, text="Hm.", key=f"n {number}", by=by)

    say(range(2))
    for browser in browsers:
        browser.get(path)
    few = [statements(browser, path) for browser in browsers]
    say(range(2, 40))
    assert [statements(browser, path) for browser in browsers] == few
    assert max(few) <= 40
