"""The checklist and the tasks that come of it, by their addresses."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask_login import login_user
from sqlalchemy.orm import Session

from curation import checklist, workflow
from curation.checklist import Lines, Verdict
from curation.models import ChecklistVerdict, Review, State
from kb import drafts
from people.models import User
from tests.conftest import Browser, leads_to_signin
from tests.factories import edit, make_review, make_topic, reading, submit

NewClient = Callable[[User], Browser]


@pytest.fixture
def review(session: Session, alice: User, cora: User) -> Review:
    """Read by cora, by the checklist that holds everywhere."""
    topic = make_topic(session, "Sales")
    body = "One.\n\nThree.\n\nFive."
    return make_review(session, alice, state=State.IN_REVIEW, curator=cora, topic=topic, body=body)


def verdicts(session: Session) -> list[tuple[str, bool, str, int | None, int | None]]:
    rows = session.scalars(sa.select(ChecklistVerdict).order_by(ChecklistVerdict.item)).all()
    return [(row.item, row.fulfilled, row.reason, row.first_line, row.last_line) for row in rows]


def address(review: Review) -> str:
    return f"/reviews/{review.id}/checklist"


def test_the_holder_ticks_and_the_answers_are_kept(
    session: Session, new_client: NewClient, cora: User, review: Review
) -> None:
    form = {
        "version": str(review.version),
        "verdict-when": "yes",
        "verdict-follow": "no",
        "missing-follow": "Which form?",
        "lines-follow": "3-5",
        "verdict-right": "",
        "missing-when": "Not sent with a yes.",
    }
    response = new_client(cora).post(address(review), data=form)
    assert (response.status_code, response.location) == (303, f"/reviews/{review.id}#checklist")
    assert verdicts(session) == [
        ("follow", False, "Which form?", 3, 5),
        ("when", True, "", None, None),
    ]


def test_a_script_saves_one_answer_at_a_time(
    session: Session, new_client: NewClient, cora: User, review: Review
) -> None:
    browser = new_client(cora)
    for answer in ("no", "yes", "yes"):
        sent = {"version": review.version, "verdict-when": answer, "lines-when": ""}
        response = browser.post(address(review), json=sent)
        assert response.status_code == 200
        assert response.get_json()["version"] == review.version
    assert verdicts(session) == [("when", True, "", None, None)]
    browser.post(address(review), json={"version": review.version, "verdict-when": ""})
    assert verdicts(session) == []


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("3", (3, 3)),
        ("3-5", (3, 5)),
        ("lines 3 to 5", (3, 5)),
        (" 3 – 5 ", (3, 5)),
        ("", (None, None)),
    ],
)
def test_lines_are_read_as_people_write_them(
    session: Session,
    new_client: NewClient,
    cora: User,
    review: Review,
    lines: str,
    expected: tuple[int | None, int | None],
) -> None:
    sent = {"version": review.version, "verdict-when": "no", "lines-when": lines}
    assert new_client(cora).post(address(review), json=sent).status_code == 200
    assert verdicts(session)[0][3:] == expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"lines-when": "five"},
        {"lines-when": "5-3"},
        {"lines-when": "99"},
        {"verdict-when": "perhaps"},
        {"verdict-gone": "no"},
        {"missing-when": "x" * 1001},
    ],
)
def test_an_answer_that_does_not_fit_is_refused_and_kept_on_the_page(
    session: Session, new_client: NewClient, cora: User, review: Review, wrong: dict[str, str]
) -> None:
    sent = {
        "version": str(review.version),
        "verdict-when": "no",
        "reason": "Typed already.",
    } | wrong
    browser = new_client(cora)
    response = browser.post(address(review), data=sent)
    assert response.status_code == 422
    assert "Typed already." in response.text
    assert browser.post(address(review), json=sent).status_code == 422
    assert verdicts(session) == []


def test_a_reason_that_is_being_typed_comes_back(
    session: Session, new_client: NewClient, cora: User, review: Review
) -> None:
    sent = {"version": str(review.version), "verdict-when": "no", "reason": "Half a sen"}
    response = new_client(cora).post(address(review), data=sent)
    assert response.status_code == 200
    assert "Half a sen" in response.text
    assert len(verdicts(session)) == 1


def test_an_answer_to_a_review_that_moved_on_is_refused(
    session: Session, new_client: NewClient, cora: User, carl: User, review: Review
) -> None:
    version = review.version
    workflow.take_over(session, review.id, version=version, by=carl)
    sent = {"version": version, "verdict-when": "no"}
    response = new_client(cora).post(address(review), json=sent)
    assert response.status_code == 409
    assert "Carl took it over" in response.get_json()["message"]
    assert verdicts(session) == []


def test_nobody_else_ticks(
    session: Session,
    new_client: NewClient,
    client: Browser,
    alice: User,
    bob: User,
    review: Review,
) -> None:
    sent = {"version": str(review.version), "verdict-when": "yes"}
    assert leads_to_signin(client.post(address(review), data=sent))
    assert new_client(bob).post(address(review), data=sent).status_code == 404
    assert new_client(alice).post(address(review), data=sent).status_code == 403
    assert new_client(alice).post("/reviews/999/checklist", data=sent).status_code == 404
    assert verdicts(session) == []


def test_an_author_ticks_off_a_task(
    session: Session, new_client: NewClient, alice: User, bob: User, cora: User, review: Review
) -> None:
    sent = {"version": str(review.version), "verdict-when": "no"}
    new_client(cora).post(address(review), data=sent)
    workflow.request_changes(session, review.id, **reading(review), reason="", by=cora)
    task = session.scalars(sa.select(ChecklistVerdict)).one()
    path = f"/reviews/{review.id}/tasks/{task.id}"
    browser = new_client(alice)
    response = browser.post(path, data={"done": "1"})
    assert (response.status_code, response.location) == (
        303,
        f"/reviews/{review.id}#task-{task.id}",
    )
    assert task.done_at is not None
    assert browser.post(path, json={"done": "0"}).get_json() == {"done": False}
    assert task.done_at is None
    assert new_client(bob).post(path).status_code == 404
    assert new_client(cora).post(path).status_code == 403
    assert browser.post(f"/reviews/{review.id}/tasks/999").status_code == 404


# What the page of a review shows of it


@pytest.fixture
def shown(app: Flask, session: Session) -> Callable[..., BeautifulSoup]:
    """`shown(reader, macro, ...)` is what a macro of the checklist makes of what it is given."""

    def shown(reader: User, macro: str, *arguments: object) -> BeautifulSoup:
        session.commit()
        with app.test_request_context():
            login_user(reader)
            template = app.jinja_env.get_template("curation/_checklist.html")
            return BeautifulSoup(getattr(template.module, macro)(*arguments), "html.parser")

    return shown


def test_the_form_shows_what_was_said_and_what_was_missing_before(
    session: Session, shown: Callable[..., BeautifulSoup], cora: User, review: Review
) -> None:
    no = Verdict("follow", False, "Which <form>?", Lines(3, 3))
    checklist.record(session, review.id, [no], version=review.version, by=cora)
    workflow.request_changes(session, review.id, **reading(review), reason="", by=cora)
    draft = drafts.of_article(session, review.author, review.article_id)
    assert draft is not None
    submit(session, edit(session, draft, body="New.\n\nOne.\n\nThree."))
    workflow.claim(session, review.id, by=cora)
    right = Verdict("right", True)
    checklist.record(session, review.id, [right], version=review.version, by=cora)
    board = checklist.board(session, review)
    former = [line.former for line in board if line.former]
    page = shown(cora, "checklist_form", board, checklist.places(review, former), review)
    items = page.select("fieldset")
    assert [item["data-checklist-item"] for item in items] == ["follow", "when", "right", "private"]
    assert "Missing in round 1: Which <form>?" in " ".join(items[0].get_text().split())
    link = items[0].select_one("a")
    assert link is not None
    assert link["href"] == "#L5"
    checked = [item.select_one("[checked]") for item in items]
    assert [radio and radio["value"] for radio in checked] == ["", "", "yes", ""]


def test_tasks_can_be_ticked_by_authors_while_the_text_is_with_them(
    session: Session, shown: Callable[..., BeautifulSoup], alice: User, cora: User, review: Review
) -> None:
    no = Verdict("follow", False, "Which form?", Lines(3, 3))
    checklist.record(session, review.id, [no], version=review.version, by=cora)
    workflow.request_changes(session, review.id, **reading(review), reason="", by=cora)
    tasks = checklist.tasks(session, review)
    places = checklist.places(review, tasks)
    page = shown(alice, "task_list", tasks, places, review, True)
    form = page.select_one("form")
    assert form is not None
    assert form["action"] == f"/reviews/{review.id}/tasks/{tasks[0].id}"
    assert shown(cora, "task_list", tasks, places, review, False).select("form") == []
