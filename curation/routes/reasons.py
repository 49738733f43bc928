"""Canned reasons: the pages that manage them, and putting one into what is being typed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, url_for

from core.db import db
from core.errors import Conflict, DomainError, Invalid, NotAllowed
from core.web import number, posted
from curation import reasons
from curation.models import CannedReason, ReasonUse, Review
from curation.permissions import can_decide
from curation.routes.blueprint import bp
from curation.routes.review import readable, sent_reason, show
from kb import topics
from kb.keeping import Keeper
from kb.models import Topic
from people.signin import me

USES = (
    (ReasonUse.REQUEST.value, "To request changes"),
    (ReasonUse.DECLINE.value, "To decline"),
    (ReasonUse.CHECKLIST.value, "For an item of the checklist"),
)


@bp.app_template_global("canned_text")
def canned_text(reason: CannedReason, review: Review) -> str:
    """A canned reason as it reads for the text on the page."""
    return reasons.fill(reason, review, by=me())


@bp.post("/reviews/<int:review_id>/canned")
def insert_reason(review_id: int) -> Any:
    """The page again, with the canned reason behind what was typed; nothing is changed by it."""
    found = readable(review_id)
    if not can_decide(db.session, me(), found):
        raise NotAllowed("Canned reasons are for those who decide.")
    chosen = number(posted().get("canned"))
    return show(found, reason=reasons.prefill(db.session, found, chosen, sent_reason(), by=me()))


@bp.get("/reviews/reasons")
def listed_reasons() -> Any:
    _require_curator()
    return _page()


@bp.post("/reviews/reasons")
def add_reason() -> Any:
    sent = posted()
    try:
        made = reasons.add(
            db.session,
            topic=_topic(sent),
            use=_use(sent),
            title=sent.get("title", ""),
            text=sent.get("text", ""),
            by=me(),
        )
    except Invalid as error:
        db.session.rollback()
        return _page(form=sent, errors=error.fields), error.status
    db.session.commit()
    flash(f"Added: {made.title}.")
    return redirect(url_for(".listed_reasons"), 303)


@bp.get("/reviews/reasons/<int:reason_id>")
def reason(reason_id: int) -> Any:
    _require_curator()
    return _reason_page(reasons.find(db.session, reason_id))


@bp.post("/reviews/reasons/<int:reason_id>")
def change_reason(reason_id: int) -> Any:
    found, sent = reasons.find(db.session, reason_id), posted()
    try:
        reasons.change(
            db.session,
            found,
            topic=_topic(sent),
            use=_use(sent),
            title=sent.get("title", ""),
            text=sent.get("text", ""),
            seen=_moment(sent.get("seen", "")),
            by=me(),
        )
    except (Conflict, Invalid) as error:
        db.session.rollback()
        return _reason_page(found, form=sent, problem=error), error.status
    db.session.commit()
    flash(f"Saved: {found.title}.")
    return redirect(url_for(".listed_reasons"), 303)


@bp.post("/reviews/reasons/<int:reason_id>/retirement")
def retire_reason(reason_id: int) -> Any:
    found = reasons.find(db.session, reason_id)
    reasons.retire(db.session, found, by=me())
    db.session.commit()
    flash(f"No longer offered: {found.title}.")
    return redirect(url_for(".listed_reasons"), 303)


@bp.post("/reviews/reasons/<int:reason_id>/return")
def bring_back_reason(reason_id: int) -> Any:
    found = reasons.find(db.session, reason_id)
    reasons.bring_back(db.session, found, by=me())
    db.session.commit()
    flash(f"Offered again: {found.title}.")
    return redirect(url_for(".listed_reasons"), 303)


def _page(form: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None) -> str:
    return render_template(
        "curation/reasons.html",
        reasons=reasons.listed(db.session),
        retired=reasons.listed(db.session, retired=True),
        form=form or {},
        errors=errors or {},
        **_choices(),
    )


def _reason_page(
    found: CannedReason,
    form: Mapping[str, str] | None = None,
    problem: DomainError | None = None,
) -> str:
    shown = {
        "title": found.title,
        "text": found.text,
        "use": found.use.value,
        "topic": found.topic.slug if found.topic else "",
    }
    return render_template(
        "curation/reason.html",
        reason=found,
        form={**shown, **(form or {}), "seen": found.changed_at.isoformat()},
        errors=problem.fields if isinstance(problem, Invalid) else {},
        problem=problem,
        **_choices(),
    )


def _choices() -> dict[str, Any]:
    """Where this person may keep reasons, and for what."""
    keeper = Keeper(db.session, me())
    return {
        "mine": keeper,
        "topics": [(node.slug, words) for node, words in keeper.topics()],
        "for_all": keeper.may(None),
        "uses": USES,
        "use_words": dict(USES),
        "placeholders": reasons.KNOWN,
        "longest_title": reasons.LONGEST_TITLE,
        "longest_text": reasons.LONGEST_TEXT,
    }


def _require_curator() -> None:
    if not reasons.can_see(db.session, me()):
        raise NotAllowed("Canned reasons are for those who read others' texts.")


def _topic(sent: Mapping[str, str]) -> Topic | None:
    slug = sent.get("topic", "").strip()
    if not slug:
        return None
    topic = topics.find(db.session, slug) or topics.find_moved(db.session, slug)
    if topic is None:
        sentence = "That topic is not there any more. Choose another."
        raise Invalid(sentence, {"topic": sentence})
    return topic


def _use(sent: Mapping[str, str]) -> ReasonUse:
    try:
        return ReasonUse(sent.get("use", ""))
    except ValueError:
        raise Invalid("Choose what it is for.", {"use": "Choose what it is for."}) from None


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
