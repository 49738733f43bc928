"""Turns refusals and failures into pages, or into JSON for programs."""

import logging

from flask import Flask, Response, jsonify, make_response, render_template
from jinja2 import TemplateNotFound
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from core.db import db
from core.errors import DomainError, Invalid, TooMany
from core.web import wants_json

log = logging.getLogger("firsthand")

RACED = "Somebody did the same at the same moment. Nothing was lost; please look and try again."

SENTENCES = {
    400: "We could not make sense of that request. Please go back and try again.",
    403: "You are signed in, but this is not yours to do.",
    404: "There is nothing at this address, or it is not for you to see.",
    405: "That address does not do this. Please go back and use the button on the page.",
    413: "That is more than we can take in one go.",
    503: "The database does not answer at the moment. Nothing was lost; please try again soon.",
    500: "Something went wrong on our side. It has been written down; please try again in a moment.",
}


def init_app(app: Flask) -> None:
    app.register_error_handler(DomainError, refuse)
    app.register_error_handler(HTTPException, answer_http_error)
    for raced in (IntegrityError, StaleDataError):
        app.register_error_handler(raced, answer_race)
    app.register_error_handler(OperationalError, answer_unreachable)
    app.register_error_handler(Exception, answer_failure)


def refuse(error: DomainError) -> Response:
    """A refusal by one of our own rules."""
    _roll_back()
    response = _answer(
        error.status, error.message, error.fields if isinstance(error, Invalid) else None
    )
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def answer_http_error(error: HTTPException) -> Response:
    """A refusal by the web framework: no such address, too large a body."""
    _roll_back()
    if error.code is None or error.code < 400:  # a redirect is an exception too
        return error.get_response()  # type: ignore[return-value]
    return _answer(error.code, SENTENCES.get(error.code, SENTENCES[400]))


def answer_race(error: Exception) -> Response:
    """Two people did the same at the same moment; the database let one of them."""
    log.info("a race was lost: %s", error)
    _roll_back()
    return _answer(409, RACED)


def answer_unreachable(error: Exception) -> Response:
    """The database does not answer, or somebody holds it for too long."""
    log.error("the database does not answer", exc_info=error)
    _roll_back()
    return _answer(503, SENTENCES[503])


def answer_failure(error: Exception) -> Response:
    """A fault of ours: logged once, told in a sentence, nothing else shown."""
    log.exception("unexpected failure", exc_info=error)
    _roll_back()
    return _answer(500, SENTENCES[500])


def _roll_back() -> None:
    try:
        db.session.rollback()
    except Exception:
        log.exception("could not roll back")


def _answer(status: int, message: str, fields: dict[str, str] | None = None) -> Response:
    if wants_json():
        body = {"message": message} | ({"fields": fields} if fields else {})
        return make_response(jsonify(body), status)
    # From 500 on, the page asks neither the database nor the session: they may be what failed.
    otherwise = "errors/500.html" if status >= 500 else "errors/error.html"
    try:
        page = render_template([f"errors/{status}.html", otherwise], message=message, status=status)
    except TemplateNotFound:
        raise
    except Exception:
        log.exception("the page for %d could not be rendered", status)
        page = render_template("errors/500.html", message=message)
    return make_response(page, status)
