"""Edit and approve; choosing between the proposal and the live text; joining a duplicate with an article."""

from collections.abc import Mapping
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for

from core import diff, turns
from core.db import db
from core.errors import DomainError, Invalid, NotAllowed
from core.web import number, posted
from curation import workflow
from curation.models import Review
from curation.permissions import can_decide
from curation.routes.blueprint import bp
from curation.routes.decisions import decided
from curation.routes.review import readable, refused, sent_reason, what_was_read
from kb import forms, picking, queries, rendering, topics
from kb.forms import DraftFields
from kb.models import Article, Revision
from kb.rendering import Rendering
from people.signin import me


@bp.get("/reviews/<int:review_id>/edit")
def edit(review_id: int) -> Any:
    """The text in fields, for whoever reads it to change and approve."""
    found = _held(review_id)
    return _edit_page(found, forms.shown_revision(found.revision))


@bp.post("/reviews/<int:review_id>/edit-and-approval")
def edit_and_approve(review_id: int) -> Any:
    sent = posted()
    found = readable(review_id)
    try:
        fields, made = _rendered(found.revision, sent)
        done = workflow.edit_and_approve(
            db.session,
            review_id,
            **what_was_read(),
            text=fields,
            rendering=made,
            note=sent_reason(),
            on_live=sent.get("on_live") == "1",
            by=me(),
        )
    except DomainError as error:
        db.session.rollback()
        return _edit_again(review_id, error, sent)
    db.session.commit()
    return decided(done, "Edited and approved")


def _edit_again(review_id: int, error: DomainError, sent: Mapping[str, str]) -> Any:
    errors = error.fields if isinstance(error, Invalid) else {}
    page = _edit_page(readable(review_id), sent, problem=error.message, errors=errors)
    return page, error.status


def _edit_page(
    found: Review,
    form: Mapping[str, str],
    *,
    problem: str = "",
    errors: Mapping[str, str] | None = None,
) -> str:
    revision = found.revision
    return render_template(
        "curation/edit.html",
        review=found,
        revision=revision,
        form=form,
        version=number(form.get("version")) or found.version,
        on_live=form.get("on_live") == "1",
        body=diff.compare(revision.body, form.get("body", "")) if "version" in form else None,
        topics=topics.tree(db.session).choices(),
        problem=problem,
        errors=errors or {},
        limits={"title": forms.LONGEST_TITLE, "summary": forms.LONGEST_SUMMARY},
        longest_reason=workflow.LONGEST_REASON,
    )


def _rendered(revision: Revision, sent: Mapping[str, str]) -> tuple[DraftFields, Rendering]:
    """What the form carries, and what the renderer makes of it while no lock is held."""
    with db.reading() as session, turns.texts.take(me().id):
        fields = forms.parse_draft(session, sent)
        return fields, rendering.render(session, fields.body, revision.dialect)


def _held(review_id: int) -> Review:
    found = readable(review_id)
    if not can_decide(db.session, me(), found) or found.holder_id != me().id:
        raise NotAllowed("Claim this one first; then you can edit it.")
    return found


# The proposal and the live text


@bp.get("/reviews/<int:review_id>/merge")
def merge(review_id: int) -> Any:
    """Place by place: the proposal's text, the live one, both, or something else."""
    return _merge_page(_held(review_id), {})


@bp.post("/reviews/<int:review_id>/merge")
def merged(review_id: int) -> Any:
    """What was chosen, in the fields of edit and approve: nothing is decided yet."""
    found, sent = _held(review_id), posted()
    choices = _picking(found)
    if choices is None:
        return redirect(url_for("curation.edit", review_id=review_id), 303)
    try:
        fields = picking.result(choices, picking.parse(sent))
    except Invalid as error:
        return _merge_page(found, sent, problem=error.message, errors=error.fields), error.status
    if number(sent.get("live")) != found.article.live_revision_id:
        return _merge_page(found, sent, problem="The live text has changed again. Look again."), 409
    form = forms.shown_fields(db.session, fields)
    return _edit_page(found, form | {"on_live": "1", "version": str(found.version)})


def _picking(found: Review) -> picking.Picking | None:
    base, live = found.revision.base, found.article.live_revision
    if base is None or live is None or base.id == live.id:
        return None
    return picking.between(base, found.revision, live)


def _merge_page(
    found: Review,
    sent: Mapping[str, str],
    *,
    problem: str = "",
    errors: Mapping[str, str] | None = None,
) -> Any:
    choices = _picking(found)
    if choices is None:
        return redirect(url_for("curation.review", review_id=found.id), 303)
    return render_template(
        "kb/merge.html",
        picking=choices,
        chosen=sent,
        action=url_for("curation.merged", review_id=found.id),
        hidden={"live": found.article.live_revision_id},
        title=found.revision.title,
        mine=f"{found.author.name}'s text",
        back=url_for("curation.review", review_id=found.id),
        topics=topics.tree(db.session).by_id,
        problem=problem,
        errors=errors or {},
        button="Go on to edit and approve",
    )


# Duplicates


@bp.get("/reviews/<int:review_id>/duplicate")
def duplicate(review_id: int) -> Any:
    """Choose the article that is there already, then what of this text it should have."""
    found = _held(review_id)
    target = _target(request.args.get("target", ""))
    return _duplicate_page(found, target, _joined(found, target) if target else {})


@bp.post("/reviews/<int:review_id>/duplicate")
def join(review_id: int) -> Any:
    sent = posted()
    readable(review_id)
    target = _target(sent.get("target", ""))
    try:
        if target is None:
            sentence = "Choose the article that is there already."
            raise Invalid(sentence, {"target": sentence})
        proposes = sent.get("propose") == "1"
        assert target.live_revision is not None
        text, made = _rendered(target.live_revision, sent) if proposes else (None, None)
        done = workflow.merge_into(
            db.session,
            review_id,
            **what_was_read(),
            target=target,
            text=text,
            rendering=made,
            reason=sent_reason(),
            by=me(),
        )
    except DomainError as error:
        db.session.rollback()
        return _join_again(review_id, error, sent)
    db.session.commit()
    flash(f"Closed as a duplicate. {done.author.name} is told, and keeps the text.")
    next_id = done.merged_into_id
    target_page = url_for("curation.review", review_id=next_id) if next_id else "/reviews"
    return redirect(target_page, 303)


def _join_again(review_id: int, error: DomainError, sent: Mapping[str, str]) -> Any:
    found = readable(review_id)
    if not can_decide(db.session, me(), found):
        return refused(review_id, error)
    errors = error.fields if isinstance(error, Invalid) else {}
    target = _target(sent.get("target", ""))
    page = _duplicate_page(found, target, sent, problem=error.message, errors=errors)
    return page, error.status


def _duplicate_page(
    found: Review,
    target: Article | None,
    form: Mapping[str, str],
    *,
    problem: str = "",
    errors: Mapping[str, str] | None = None,
) -> str:
    return render_template(
        "curation/duplicate.html",
        review=found,
        revision=found.revision,
        target=target,
        form=form,
        words=workflow.title_words(found),
        version=number(form.get("version")) or found.version,
        topics=topics.tree(db.session).choices(),
        problem=problem,
        errors=errors or {},
        longest_reason=workflow.LONGEST_REASON,
    )


def _target(named: str) -> Article | None:
    """An article by its slug or its address, as somebody pastes it."""
    slug = named.strip().rstrip("/").rsplit("/", 1)[-1].split("?")[0].split("#")[0]
    if not slug:
        return None
    moved = queries.moved_article(db.session, me(), slug)
    return queries.article_by_slug(db.session, me(), moved or slug)


def _joined(found: Review, target: Article) -> dict[str, str]:
    """The live text with the submission below it, for the curator to work together."""
    live = target.live_revision
    if live is None:
        abort(404)
    body = f"{live.body.rstrip()}\n\n## {found.revision.title}\n\n{found.revision.body}"
    return forms.shown_revision(live) | {"body": body}
