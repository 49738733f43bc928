"""Edit and approve, and what leads there: choosing between the proposal and the live text."""

from collections.abc import Mapping
from typing import Any

from flask import jsonify, redirect, render_template, url_for
from markupsafe import Markup

from core import diff, turns
from core.db import db
from core.diff import Fields, Stretch
from core.errors import Conflict, DomainError, Invalid, NotAllowed
from core.web import number, posted, wants_json
from curation import workflow
from curation.models import Review
from curation.permissions import can_decide
from curation.routes.blueprint import bp
from curation.routes.decisions import decided, sent_moment
from curation.routes.review import readable, sent_reason, what_was_read
from kb import forms, picking, rendering, standing, topics
from kb.forms import DraftFields
from kb.models import Revision
from kb.rendering import Rendering
from people import company
from people.signin import me


@bp.get("/reviews/<int:review_id>/edit")
def edit(review_id: int) -> Any:
    """The text in fields, for whoever reads it to change and approve."""
    found = held(review_id)
    return _edit_page(found, forms.shown_revision(found.revision))


@bp.post("/reviews/<int:review_id>/edit")
def show_edit(review_id: int) -> Any:
    """What the edit changes and how it will read; nothing is decided or kept by it."""
    found, sent = readable(review_id), posted()
    try:
        _require_decider(found)
        made = rendered(found.revision, sent)[1]
    except DomainError as error:
        if wants_json():
            raise
        return _edit_page(found, sent, error=error), error.status
    html = Markup(made.rendered.html)
    return jsonify(html=html) if wants_json() else _edit_page(found, sent, preview=html)


@bp.post("/reviews/<int:review_id>/edit-and-approval")
def edit_and_approve(review_id: int) -> Any:
    sent = posted()
    found = readable(review_id)
    try:
        _require_decider(found)
        fields, made = rendered(found.revision, sent)
        done = workflow.edit_and_approve(
            db.session,
            review_id,
            **what_was_read(),
            text=fields,
            rendering=made,
            note=sent_reason(),
            on_live=sent.get("on_live") == "1",
            at=sent_moment(),
            by=me(),
        )
    except DomainError as error:
        db.session.rollback()
        return _edit_again(review_id, error, sent)
    db.session.commit()
    return decided(done, "Edited and approved")


def _edit_again(review_id: int, error: DomainError, sent: Mapping[str, str]) -> Any:
    """The page with everything typed; of a review that is closed, or not theirs, only that it is."""
    if wants_json():
        raise error
    return _edit_page(readable(review_id), sent, error=error), error.status


def _edit_page(
    found: Review,
    form: Mapping[str, str],
    *,
    error: DomainError | None = None,
    preview: Markup | None = None,
    fresh: bool = False,
) -> str:
    """The fields, with what they change wherever they came back from the server."""
    is_back = fresh or "version" in form
    fields, lines = _own_changes(found.revision, form) if is_back else ((), [])
    is_holder = found.holder_id == me().id
    return render_template(
        "curation/edit.html",
        review=found,
        revision=found.revision,
        form=form,
        version=found.version if is_holder else number(form.get("version")),
        read=found.revision_id if is_holder else number(form.get("revision")),
        on_live=form.get("on_live") == "1",
        is_holder=is_holder,
        is_back=is_back,
        fields=fields,
        lines=lines,
        meanwhile=_meanwhile(found, form) if is_holder else None,
        preview_html=preview,
        topics=topics.tree(db.session).choices(),
        problem=error.message if error else "",
        errors=error.fields if isinstance(error, Invalid) else {},
        limits={"title": forms.LONGEST_TITLE, "summary": forms.LONGEST_SUMMARY},
        longest_reason=workflow.LONGEST_REASON,
        claim_minutes=int(workflow.CLAIM.total_seconds() // 60),
        zone=me().time_zone or company.times(db.session).time_zone,
    )


def _own_changes(revision: Revision, form: Mapping[str, str]) -> tuple[Fields, list[Stretch]]:
    """What the form says otherwise than the text under review."""
    before = forms.shown_revision(revision)
    fields = tuple(
        (name.capitalize(), diff.words(before[name], form.get(name, "")))
        for name in ("title", "summary", "tags")
        if before[name] != form.get(name, "").strip()
    )
    body = form.get("body", "").replace("\r\n", "\n")
    return fields, diff.compare(revision.body, body)


def _meanwhile(found: Review, form: Mapping[str, str]) -> list[Stretch] | None:
    """What changed in the text under review since the form was made of it."""
    seen = number(form.get("revision"))
    texts = {entry.revision_id for entry in found.entries}
    if seen == found.revision_id or seen not in texts:
        return None
    former = db.session.get_one(Revision, seen)
    return diff.compare(former.body, found.revision.body)


def rendered(revision: Revision, sent: Mapping[str, str]) -> tuple[DraftFields, Rendering]:
    """What the form carries, and what the renderer makes of it while no lock is held."""
    with db.reading() as session, turns.texts.take(me().id):
        fields = forms.parse_draft(session, sent)
        return fields, rendering.render(session, fields.body, revision.dialect)


def held(review_id: int) -> Review:
    """A review that this person is reading, also if the claim ran out and nobody else took it."""
    found = readable(review_id)
    _require_decider(found)
    if found.holder_id != me().id and not (found.claim_ran_out and found.curator_id == me().id):
        raise workflow.WrongState(found, workflow.last_act(found))
    return found


def _require_decider(found: Review) -> None:
    if found.is_open and not can_decide(db.session, me(), found):
        raise NotAllowed("You do not decide on this one, so its text is not yours to edit.")


# The proposal and the live text


@bp.get("/reviews/<int:review_id>/merge")
def merge(review_id: int) -> Any:
    """Place by place: the proposal's text, the live one, both, or something else."""
    return _merge_page(held(review_id), {})


@bp.post("/reviews/<int:review_id>/merge")
def merged(review_id: int) -> Any:
    """What was chosen, in the fields of edit and approve: nothing is decided yet."""
    found, sent = readable(review_id), posted()
    choices = _picking(found)
    if choices is None:
        return redirect(url_for("curation.review", review_id=review_id), 303)
    try:
        held(review_id)
        if number(sent.get("live")) != standing.base_id(db.session, found.article):
            raise Conflict("The live text has changed again. Look at each place once more.")
        fields = picking.result(choices, picking.parse(sent))
    except DomainError as error:
        return _merge_page(found, sent, error=error), error.status
    form = forms.shown_fields(db.session, fields)
    return _edit_page(found, form | {"on_live": "1"}, fresh=True)


def _picking(found: Review) -> picking.Picking | None:
    base, live = found.revision.base, standing.ground_of(found.article)
    if not found.is_open or base is None or live is None or base.id == live.id:
        return None
    return picking.between(base, found.revision, live)


def _merge_page(found: Review, sent: Mapping[str, str], *, error: DomainError | None = None) -> Any:
    choices = _picking(found)
    if choices is None:
        return redirect(url_for("curation.review", review_id=found.id), 303)
    live = found.article.live_revision
    return render_template(
        "kb/merge.html",
        picking=choices,
        chosen=sent,
        action=url_for("curation.merged", review_id=found.id),
        hidden={"live": standing.base_id(db.session, found.article)},
        keep=f"merge-review-{found.id}-{live.id if live else 0}",
        title=found.revision.title,
        mine=f"{found.author.name}'s text",
        back=url_for("curation.review", review_id=found.id),
        topics=topics.tree(db.session).by_id,
        problem=error.message if error else "",
        errors=error.fields if isinstance(error, Invalid) else {},
        button="Go on to edit and approve",
    )
