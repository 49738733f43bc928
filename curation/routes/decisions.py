"""An address for each thing that is done to a review."""

from typing import Any

from flask import flash, jsonify, redirect, url_for

from core.db import db
from core.errors import Invalid
from core.web import wants_json
from curation import workflow
from curation.routes.blueprint import bp
from curation.routes.review import (
    readable,
    refused,
    sent_number,
    sent_reason,
    show,
    what_was_read,
)
from curation.workflow import MovedOn
from kb import drafts
from kb.publishing import StaleBase
from people.signin import me


@bp.post("/reviews/<int:review_id>/claim")
def claim(review_id: int) -> Any:
    readable(review_id)
    try:
        claimed = workflow.claim(db.session, review_id, by=me())
    except MovedOn as error:
        return refused(review_id, error)
    db.session.commit()
    if wants_json():
        assert claimed.claimed_until is not None
        return jsonify(claimed_until=claimed.claimed_until.isoformat(), version=claimed.version)
    return _held(review_id)


@bp.post("/reviews/<int:review_id>/takeover")
def take_over(review_id: int) -> Any:
    readable(review_id)
    try:
        workflow.take_over(db.session, review_id, version=sent_number("version"), by=me())
    except MovedOn as error:
        return refused(review_id, error)
    db.session.commit()
    return _held(review_id)


def _held(review_id: int) -> Any:
    """The review, now this person's to decide; a reason typed before is carried along."""
    if sent_reason():
        return show(readable(review_id), reason=sent_reason())
    return redirect(url_for(".review", review_id=review_id), 303)


@bp.post("/reviews/<int:review_id>/release")
def release(review_id: int) -> Any:
    readable(review_id)
    try:
        workflow.release(db.session, review_id, by=me())
    except MovedOn as error:
        return refused(review_id, error)
    db.session.commit()
    flash("Put back. Others can claim it now.")
    return redirect(url_for(".queue"), 303)


@bp.post("/reviews/<int:review_id>/approval")
def approve(review_id: int) -> Any:
    readable(review_id)
    try:
        decided = workflow.approve(
            db.session, review_id, **what_was_read(), note=sent_reason(), by=me()
        )
    except (MovedOn, Invalid, StaleBase) as error:
        return refused(review_id, error)
    db.session.commit()
    flash(f"Approved and published: {decided.revision.title}.")
    return redirect(url_for(".queue"), 303)


@bp.post("/reviews/<int:review_id>/change-request")
def request_changes(review_id: int) -> Any:
    readable(review_id)
    try:
        decided = workflow.request_changes(
            db.session, review_id, **what_was_read(), reason=sent_reason(), by=me()
        )
    except (MovedOn, Invalid) as error:
        return refused(review_id, error)
    db.session.commit()
    flash(f"Sent back to {decided.author.name} with your reason.")
    return redirect(url_for(".queue"), 303)


@bp.post("/reviews/<int:review_id>/decline")
def decline(review_id: int) -> Any:
    readable(review_id)
    try:
        decided = workflow.decline(
            db.session, review_id, **what_was_read(), reason=sent_reason(), by=me()
        )
    except (MovedOn, Invalid) as error:
        return refused(review_id, error)
    db.session.commit()
    flash(f"Declined. {decided.author.name} keeps the text and is told why.")
    return redirect(url_for(".queue"), 303)


@bp.post("/reviews/<int:review_id>/rebase")
def rebase(review_id: int) -> Any:
    """Give the author a draft on the text that is live now."""
    found = readable(review_id)
    try:
        workflow.send_back_to_rebase(db.session, review_id, **what_was_read(), by=me())
    except (MovedOn, Invalid) as error:
        return refused(review_id, error)
    db.session.commit()
    flash(f"{found.author.name} now has a draft on the live text, and is told.")
    return redirect(url_for(".queue"), 303)


@bp.post("/reviews/<int:review_id>/withdrawal")
def withdraw(review_id: int) -> Any:
    found = readable(review_id)
    try:
        workflow.withdraw(db.session, review_id, by=me())
    except MovedOn as error:
        return refused(review_id, error)
    db.session.commit()
    flash("Withdrawn. Your text is open for changes again.")
    draft = drafts.of_article(db.session, me(), found.article_id)
    if draft is None:
        return redirect(url_for("kb.listed_drafts"), 303)
    return redirect(url_for("kb.draft", draft_id=draft.id), 303)
