"""An address for each thing that is done to a review."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, jsonify, redirect, url_for

from core.db import db
from core.errors import DomainError, Invalid
from core.web import day, own_address, posted, wants_json
from curation import samples, workflow
from curation.models import Review
from curation.routes.blueprint import bp
from curation.routes.checklist import tick_along
from curation.routes.review import (
    readable,
    refused,
    sent_number,
    sent_reason,
    show,
    what_was_read,
)
from kb import drafts
from people import accounts, company
from people.signin import me


@bp.post("/reviews/<int:review_id>/claim")
def claim(review_id: int) -> Any:
    readable(review_id)
    try:
        claimed = workflow.claim(db.session, review_id, by=me())
    except DomainError as error:
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
    except DomainError as error:
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
    except DomainError as error:
        return refused(review_id, error)
    db.session.commit()
    flash("Put back. Others can claim it now.")
    return redirect(url_for(".queue"), 303)


@bp.post("/reviews/<int:review_id>/approval")
def approve(review_id: int) -> Any:
    readable(review_id)
    try:
        _keep_ticks(review_id)
        done = workflow.approve(
            db.session, review_id, **what_was_read(), note=sent_reason(), at=sent_moment(), by=me()
        )
    except DomainError as error:
        return refused(review_id, error, typed=posted())
    db.session.commit()
    return decided(done, "Approved")


@bp.post("/reviews/<int:review_id>/change-request")
def request_changes(review_id: int) -> Any:
    readable(review_id)
    try:
        _keep_ticks(review_id)
        done = workflow.request_changes(
            db.session, review_id, **what_was_read(), reason=sent_reason(), by=me()
        )
    except DomainError as error:
        return refused(review_id, error, typed=posted())
    db.session.commit()
    flash(f"Sent back to {done.author.name} with what you said.")
    return onward()


@bp.post("/reviews/<int:review_id>/decline")
def decline(review_id: int) -> Any:
    readable(review_id)
    try:
        _keep_ticks(review_id)
        done = workflow.decline(
            db.session, review_id, **what_was_read(), reason=sent_reason(), by=me()
        )
    except DomainError as error:
        return refused(review_id, error, typed=posted())
    db.session.commit()
    flash(f"Declined. {done.author.name} keeps the text and is told why.")
    return onward()


def _keep_ticks(review_id: int) -> None:
    """The answers to the checklist that a decision's form carries along."""
    if any(name.startswith("verdict-") for name in posted()):
        tick_along(review_id)


def decided(done: Review, words: str) -> Any:
    """Say what came of an approval, and go on."""
    title = done.revision.title
    entry = done.entries[-1]
    if done.is_open:
        flash(f"{words}: {title}. It is published once somebody else approves it too.")
    elif "at" in entry.detail:
        moment = datetime.fromisoformat(entry.detail["at"])
        flash(f"{words}: {title}. It will be published on {day(moment)}, {moment:%H:%M} UTC.")
    else:
        flash(f"{words} and published: {title}.")
    return onward()


def onward() -> Any:
    """Where the form came from, if it says so, else the queue."""
    return redirect(own_address(posted().get("next")) or url_for("curation.queue"), 303)


def sent_moment() -> datetime | None:
    """When to publish, as the form says it in the person's own time zone; none: at once."""
    text = posted().get("at", "").strip()
    if not text:
        return None
    zone = ZoneInfo(me().time_zone or company.times(db.session).time_zone)
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the first and the last day of all may not exist in UTC
        sentence = "Write the date and time like 2026-03-31 08:00."
        raise Invalid(sentence, {"at": sentence}) from None


@bp.post("/reviews/<int:review_id>/assignment")
def assign(review_id: int) -> Any:
    """Ask a colleague to read it."""
    readable(review_id)
    named = posted().get("assignee", "")
    person = accounts.find_by_word(db.session, named)
    try:
        if person is None:
            sentence = "Nobody here goes by that name. Use an e-mail address or a handle."
            raise Invalid(sentence, {"assignee": sentence})
        workflow.assign(db.session, review_id, to=person, by=me())
    except DomainError as error:
        return refused(review_id, error, typed={"assignee": named})
    db.session.commit()
    flash(f"{person.name} is asked to read it.")
    return redirect(url_for("curation.review", review_id=review_id), 303)


@bp.post("/reviews/<int:review_id>/sample")
def look_at_sample(review_id: int) -> Any:
    """Say that an edit which went live at once can stay, or undo it."""
    readable(review_id)
    try:
        if posted().get("outcome") == "undo":
            done = samples.undo(db.session, review_id, reason=sent_reason(), by=me())
            words = f"Undone. {done.author.name} is told why."
        else:
            samples.find_fine(db.session, review_id, by=me())
            words = "Noted: the edit can stay."
    except DomainError as error:
        return refused(review_id, error)
    db.session.commit()
    flash(words)
    return onward()


@bp.post("/reviews/<int:review_id>/rebase")
def rebase(review_id: int) -> Any:
    """Give the author a draft on the text that is live now."""
    found = readable(review_id)
    try:
        workflow.send_back_to_rebase(db.session, review_id, **what_was_read(), by=me())
    except DomainError as error:
        return refused(review_id, error)
    db.session.commit()
    flash(f"{found.author.name} now has a draft on the live text, and is told.")
    return redirect(url_for(".queue"), 303)


@bp.post("/reviews/<int:review_id>/withdrawal")
def withdraw(review_id: int) -> Any:
    found = readable(review_id)
    try:
        workflow.withdraw(db.session, review_id, by=me())
    except DomainError as error:
        return refused(review_id, error)
    db.session.commit()
    flash("Withdrawn. Your text is open for changes again.")
    draft = drafts.of_article(db.session, me(), found.article_id)
    if draft is None:
        return redirect(url_for("kb.listed_drafts"), 303)
    return redirect(url_for("kb.draft", draft_id=draft.id), 303)
