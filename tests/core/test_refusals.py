"""Failures become a page with the status that fits and a sentence, never a stack trace."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError

from core.db import db
from core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound, TooLarge, TooMany
from core.web import public

CASES = [
    (Invalid("Say more.", {"title": "Say more."}), 422, "Say more."),
    (NotAllowed("Not yours."), 403, "Not yours."),
    (NotFound("Not there."), 404, "Not there."),
    (Conflict("It moved on."), 409, "It moved on."),
    (TooLarge("Too large."), 413, "Too large."),
    (TooMany("Wait.", 7), 429, "Wait."),
    (IntegrityError("INSERT", {}, Exception("unique")), 409, "at the same moment"),
    (StaleDataError("0 rows"), 409, "at the same moment"),
    (OperationalError("SELECT", {}, Exception("locked")), 503, "does not answer"),
    (RuntimeError("secret detail"), 500, "Something went wrong"),
]


@pytest.fixture
def failing(app: Flask) -> Callable[[Exception], FlaskClient]:
    def fail_with(error: Exception) -> FlaskClient:
        @app.get("/fails")
        @public
        def fails() -> str:
            raise error

        return app.test_client()

    return fail_with


@pytest.mark.parametrize(("error", "status", "sentence"), CASES)
def test_each_failure_has_its_status_and_a_sentence(
    failing: Callable[[Exception], FlaskClient], error: Exception, status: int, sentence: str
) -> None:
    answer = failing(error).get("/fails")
    assert answer.status_code == status
    assert sentence in answer.text
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text
    if isinstance(error, TooMany):
        assert answer.headers["Retry-After"] == "7"


@pytest.mark.parametrize(("error", "status", "sentence"), CASES)
def test_programs_are_told_in_json(
    failing: Callable[[Exception], FlaskClient], error: Exception, status: int, sentence: str
) -> None:
    answer = failing(error).get("/fails", headers={"Accept": "application/json"})
    assert answer.status_code == status
    assert answer.json is not None
    assert sentence in answer.json["message"]
    if isinstance(error, DomainError) and isinstance(error, Invalid):
        assert answer.json["fields"] == {"title": "Say more."}


def test_the_page_for_a_failing_database_asks_the_database_nothing(
    app: Flask, failing: Callable[[Exception], FlaskClient]
) -> None:
    client = failing(OperationalError("SELECT", {}, Exception("gone")))
    app.extensions["demo_banner"] = (0.0, False)
    with app.app_context(), db.engine.connect() as connection:
        queries: list[str] = []
        sa.event.listen(db.engine, "before_cursor_execute", lambda *args: queries.append(args[2]))
        answer = client.get("/fails")
        connection.rollback()
    assert answer.status_code == 503
    assert queries == []
