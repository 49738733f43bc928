"""The checklist and the tasks that come of it, by their addresses."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from curation import workflow
from curation.models import ChecklistVerdict, Review, State
from people.models import User
from tests.conftest import Browser, leads_to_signin
from tests.factories import make_review, make_topic, reading

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
