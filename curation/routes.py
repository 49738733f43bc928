"""The queue, the page of one review, and an address for each action."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from markupsafe import Markup

from core import diff, turns
from core.db import db
from core.errors import DomainError, Invalid, NotAllowed, NotFound
from core.text import unfold_lines
from core.web import number, page_of, posted, wants_json
from curation import queries, workflow
from curation.models import Review, State
from curation.permissions import can_decide, can_read, can_see_queue, can_withdraw
from curation.queries import QueueFilter
from curation.workflow import MovedOn
from kb import drafts, forms, rendering
from kb.drafts import SavedMeanwhile
from kb.models import Kind
from kb.permissions import can_edit_draft, wrote
from kb.publishing import StaleBase
from kb.routes.reading import field_changes
from kb.routes.writing import conflict_page, submission_problem
from kb.topics import tree
from people.signin import me

bp = Blueprint("curation", __name__)


@bp.get("/reviews")
def queue() -> Any:
    if not can_see_queue(me()):
        raise NotAllowed("The queue is for curators. Your own submissions are on your drafts page.")
    args = request.args
    filter_ = QueueFilter(
        topic=args.get("topic", ""),
        kind=args.get("kind", ""),
        state=args.get("state", ""),
        mine=args.get("mine") == "1",
        yours=args.get("yours") == "1",
    )
    page = page_of(queries.queue_length(db.session, me(), filter_))
    reviews = queries.queue_part(db.session, me(), filter_, offset=page.offset, limit=page.size)
    return render_template(
        "curation/queue.html",
        reviews=reviews,
        page=page,
        filter=filter_,
        by_state=queries.counts_by_state(db.session, me(), filter_),
        topics=tree(db.session).choices(),
        kinds=list(Kind),
    )


@bp.get("/reviews/<int:review_id>")
def review(review_id: int) -> Any:
    return _page(_readable(review_id))


@bp.post("/drafts/<int:draft_id>/submission")
def submit(draft_id: int) -> Any:
    """Save what the form carries, render it, hand it in."""
    sent = posted()
    with db.reading() as session:  # rendering may take a while: hold no lock meanwhile
        draft = drafts.find(session, draft_id, me())
        body = unfold_lines(sent["body"]) if "body" in sent else draft.body
        try:
            with turns.texts.take(me().id):
                made = rendering.render(session, body, draft.dialect)
        except DomainError as error:
            return _not_submitted(draft_id, error, sent)
    found = drafts.find(db.session, draft_id, me())
    try:
        if "title" in sent and not found.locked:
            fields = forms.parse_draft(db.session, sent)
            drafts.save(db.session, found, fields, version=number(sent.get("version")), by=me())
        handed_in = workflow.submit(db.session, found, made, note=sent.get("note", ""), by=me())
    except SavedMeanwhile as error:
        return conflict_page(error, sent)
    except DomainError as error:
        return _not_submitted(draft_id, error, sent)
    db.session.commit()
    flash("Submitted. You will be told as soon as somebody reads it and when it is decided.")
    return redirect(url_for(".review", review_id=handed_in.id), 303)


def _not_submitted(draft_id: int, error: DomainError, sent: Mapping[str, str]) -> Any:
    """Keep what was typed as a draft, say what is missing."""
    db.session.rollback()
    found = drafts.find(db.session, draft_id, me())
    version = number(sent.get("version"))
    if "title" in sent and not found.locked:
        try:
            fields = forms.parse_draft(db.session, sent)
            drafts.save(db.session, found, fields, version=version, by=me())
            db.session.commit()
            version = found.version
        except SavedMeanwhile as conflict:
            return conflict_page(conflict, sent)
        except DomainError:
            db.session.rollback()  # then the page alone carries what was typed
    return submission_problem(found, error, sent, version=version)


@bp.post("/reviews/<int:review_id>/claim")
def claim(review_id: int) -> Any:
    _readable(review_id)
    try:
        claimed = workflow.claim(db.session, review_id, by=me())
    except MovedOn as error:
        return _refused(review_id, error)
    db.session.commit()
    if wants_json():
        assert claimed.claimed_until is not None
        return jsonify(claimed_until=claimed.claimed_until.isoformat(), version=claimed.version)
    return _held(review_id)


@bp.post("/reviews/<int:review_id>/takeover")
def take_over(review_id: int) -> Any:
    _readable(review_id)
    try:
        workflow.take_over(db.session, review_id, version=_sent("version"), by=me())
    except MovedOn as error:
        return _refused(review_id, error)
    db.session.commit()
    return _held(review_id)


def _held(review_id: int) -> Any:
    """The review, now this person's to decide; a reason typed before is carried along."""
    if _reason():
        return _page(_readable(review_id), reason=_reason())
    return redirect(url_for(".review", review_id=review_id), 303)


@bp.post("/reviews/<int:review_id>/release")
def release(review_id: int) -> Any:
    _readable(review_id)
    try:
        workflow.release(db.session, review_id, by=me())
    except MovedOn as error:
        return _refused(review_id, error)
    db.session.commit()
    flash("Put back. Others can claim it now.")
    return redirect(url_for(".queue"), 303)


@bp.post("/reviews/<int:review_id>/approval")
def approve(review_id: int) -> Any:
    _readable(review_id)
    try:
        decided = workflow.approve(db.session, review_id, **_read(), note=_reason(), by=me())
    except (MovedOn, Invalid, StaleBase) as error:
        return _refused(review_id, error)
    db.session.commit()
    flash(f"Approved and published: {decided.revision.title}.")
    return redirect(url_for(".queue"), 303)


@bp.post("/reviews/<int:review_id>/change-request")
def request_changes(review_id: int) -> Any:
    _readable(review_id)
    try:
        decided = workflow.request_changes(
            db.session, review_id, **_read(), reason=_reason(), by=me()
        )
    except (MovedOn, Invalid) as error:
        return _refused(review_id, error)
    db.session.commit()
    flash(f"Sent back to {decided.author.name} with your reason.")
    return redirect(url_for(".queue"), 303)


@bp.post("/reviews/<int:review_id>/decline")
def decline(review_id: int) -> Any:
    _readable(review_id)
    try:
        decided = workflow.decline(db.session, review_id, **_read(), reason=_reason(), by=me())
    except (MovedOn, Invalid) as error:
        return _refused(review_id, error)
    db.session.commit()
    flash(f"Declined. {decided.author.name} keeps the text and is told why.")
    return redirect(url_for(".queue"), 303)


@bp.post("/reviews/<int:review_id>/rebase")
def rebase(review_id: int) -> Any:
    """Give the author a draft on the text that is live now."""
    found = _readable(review_id)
    try:
        workflow.send_back_to_rebase(db.session, review_id, **_read(), by=me())
    except (MovedOn, Invalid) as error:
        return _refused(review_id, error)
    db.session.commit()
    flash(f"{found.author.name} now has a draft on the live text, and is told.")
    return redirect(url_for(".queue"), 303)


@bp.post("/reviews/<int:review_id>/withdrawal")
def withdraw(review_id: int) -> Any:
    found = _readable(review_id)
    try:
        workflow.withdraw(db.session, review_id, by=me())
    except MovedOn as error:
        return _refused(review_id, error)
    db.session.commit()
    flash("Withdrawn. Your text is open for changes again.")
    draft = drafts.of_article(db.session, me(), found.article_id)
    if draft is None:
        return redirect(url_for("kb.listed_drafts"), 303)
    return redirect(url_for("kb.draft", draft_id=draft.id), 303)


def _readable(review_id: int) -> Review:
    """The review, if this person may know of it."""
    found = db.session.get(Review, review_id)
    if found is None or not can_read(db.session, me(), found):
        raise NotFound("There is no such review, or it is not for you to see.")
    return found


def _sent(name: str) -> int:
    return number(posted().get(name))


def _reason() -> str:
    return posted().get("reason", "")


def _read() -> dict[str, int]:
    """Which version of the review and which text the decision was made on."""
    return {"version": _sent("version"), "revision": _sent("revision")}


def _refused(review_id: int, error: DomainError) -> Any:
    """The review as it stands now, with why nothing was done and everything that was typed."""
    if wants_json():
        raise error
    db.session.rollback()
    errors = error.fields if isinstance(error, Invalid) else {}
    page = _page(_readable(review_id), problem=error.message, reason=_reason(), errors=errors)
    return page, error.status


def _page(
    found: Review,
    *,
    problem: str = "",
    reason: str = "",
    errors: Mapping[str, str] | None = None,
) -> str:
    """One page for author and curator: the text, what differs from live, the log, what can be done."""
    revision, live = found.revision, found.article.live_revision
    compared = revision.base if found.state is State.APPROVED else live
    moved = live is not None and found.is_open and revision.base_id != live.id
    is_author = found.author_id == me().id or wrote(db.session, me(), revision)
    draft = drafts.of_article(db.session, found.author, found.article_id) if is_author else None
    former = queries.former_round(db.session, found)
    return render_template(
        "curation/review.html",
        review=found,
        revision=revision,
        html=Markup(revision.html),
        live=live,
        compared=compared,
        fields=field_changes(compared, revision) if compared else [],
        body=diff.compare(compared.body, revision.body) if compared else None,
        moved=moved,
        live_changes=diff.compare(revision.base.body, live.body)
        if moved and live and revision.base
        else None,
        own_changes=diff.compare(revision.base.body, revision.body)
        if moved and revision.base
        else None,
        former=former,
        former_fields=field_changes(former, revision) if former else [],
        former_body=diff.compare(former.body, revision.body) if former else None,
        draft=draft if draft and can_edit_draft(me(), draft) else None,
        position=queries.position(db.session, found) if found.state in queries.WAITING else None,
        can_decide=can_decide(db.session, me(), found),
        can_withdraw=can_withdraw(me(), found),
        is_holder=found.holder_id == me().id,
        is_author=is_author,
        sees_queue=can_see_queue(me()),
        deciders=queries.deciders(db.session, found) if found.is_open else [],
        decision=found.entries[-1] if found.state not in queries.WAITING else None,
        done=workflow.DONE,
        problem=problem,
        reason=reason,
        errors=errors or {},
        claim_minutes=int(workflow.CLAIM.total_seconds() // 60),
        longest_reason=workflow.LONGEST_REASON,
    )
