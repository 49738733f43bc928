"""Comments on lines, suggestions, notes among curators."""

import secrets
from collections.abc import Mapping
from typing import Any

from flask import flash, jsonify, redirect, url_for

from core import turns
from core.db import db
from core.errors import DomainError
from core.web import number, own_address, posted, wants_json
from curation import talk, workflow
from curation.models import LineComment, Review, State
from curation.permissions import can_decide
from curation.routes.blueprint import bp
from curation.routes.review import readable, refused
from kb import rendering
from people.signin import me


@bp.post("/reviews/<int:review_id>/comments")
def comment(review_id: int) -> Any:
    """Say something about lines, or answer in a thread; a curator's first comment claims the text."""
    found, sent = readable(review_id), posted()
    try:
        if sent.get("parent"):
            thread = talk.find(db.session, found, number(sent["parent"]))
            made = talk.answer(
                db.session, thread, text=sent.get("text", ""), key=_key(sent), by=me()
            )
        else:
            made = _comment(found, sent)
    except DomainError as error:
        return _not_said(review_id, error, sent)
    db.session.commit()
    return _said(made)


def _comment(found: Review, sent: Mapping[str, str]) -> LineComment:
    first = number(sent.get("first"))
    made = talk.comment(
        db.session,
        found,
        revision_id=number(sent.get("revision")),
        first=first,
        last=number(sent.get("last"), first),
        text=sent.get("text", ""),
        suggestion=sent.get("suggestion", "") if sent.get("suggest") == "1" else None,
        key=_key(sent),
        by=me(),
    )
    if found.state is State.SUBMITTED and can_decide(db.session, me(), found):
        workflow.claim(db.session, found.id, by=me())
    elif found.holder_id == me().id:
        workflow.claim(db.session, found.id, by=me())  # a sign of life
    return made


def _key(sent: Mapping[str, str]) -> str:
    return sent.get("key", "")[:64] or secrets.token_hex(16)


@bp.post("/reviews/<int:review_id>/comments/<int:comment_id>/resolution")
def resolve(review_id: int, comment_id: int) -> Any:
    """Settle a thread, or open it again with `done=0`."""
    found = readable(review_id)
    thread = talk.find(db.session, found, comment_id)
    try:
        talk.resolve(db.session, thread, done=posted().get("done", "1") != "0", by=me())
    except DomainError as error:
        return refused(review_id, error)
    db.session.commit()
    if (elsewhere := own_address(posted().get("next"))) and not wants_json():
        return redirect(elsewhere, 303)
    return _said(thread)


@bp.post("/reviews/<int:review_id>/comments/<int:comment_id>/acceptance")
def accept(review_id: int, comment_id: int) -> Any:
    """Take a suggested wording into the text: one click, and it is a revision."""
    with db.reading() as session:  # rendering may take a while: hold no lock meanwhile
        thread = talk.find(session, readable(review_id, session), comment_id)
        is_read = thread.review.state in (State.SUBMITTED, State.IN_REVIEW)
        try:
            if is_read and thread.accepted_at is None:
                fields = workflow.with_suggestion(thread, thread.review.revision)
                with turns.texts.take(me().id):
                    dialect = thread.review.revision.dialect
                    made = rendering.render(session, fields.body, dialect)
        except DomainError as error:
            return refused(review_id, error)
    thread = talk.find(db.session, readable(review_id), comment_id)
    try:
        if thread.accepted_at is not None:
            pass  # the second click
        elif is_read:
            workflow.accept(db.session, thread, fields, made, by=me())
        else:
            workflow.accept_into_draft(db.session, thread, by=me())
    except DomainError as error:
        return refused(review_id, error)
    db.session.commit()
    flash("The suggested wording is in your text now.")
    here = url_for("curation.review", review_id=review_id) + f"#comment-{comment_id}"
    return redirect(own_address(posted().get("next")) or here, 303)


@bp.post("/reviews/<int:review_id>/notes")
def note(review_id: int) -> Any:
    """Tell the other curators something; its authors never see it."""
    found, sent = readable(review_id), posted()
    try:
        talk.note(db.session, found, text=sent.get("text", ""), key=_key(sent), by=me())
    except DomainError as error:
        typed = {"note": sent.get("text", ""), "note_key": sent.get("key", "")}
        return refused(review_id, error, typed=typed)
    db.session.commit()
    return redirect(url_for("curation.review", review_id=review_id) + "#notes", 303)


def _said(made: LineComment) -> Any:
    address = url_for("curation.review", review_id=made.review_id)
    if wants_json():
        return jsonify(id=made.id, url=f"{address}#comment-{made.parent_id or made.id}"), 201
    return redirect(f"{address}#comment-{made.parent_id or made.id}", 303)


def _not_said(review_id: int, error: DomainError, sent: Mapping[str, str]) -> Any:
    """The review again, with the comment still in its form."""
    names = ("parent", "first", "last", "text", "suggest", "suggestion", "key")
    typed = {f"comment_{name}": sent[name] for name in names if name in sent}
    return refused(review_id, error, typed=typed)
