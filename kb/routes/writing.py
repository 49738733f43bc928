"""Choosing a kind, the editor, drafts."""

import secrets
from collections.abc import Mapping
from typing import Any

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from markupsafe import Markup

from core import languages, turns
from core.db import db
from core.errors import Conflict, DomainError, Invalid
from core.web import number, posted, settings, wants_json
from kb import drafts, forms, policy, queries, rendering, standing
from kb.drafts import SavedMeanwhile
from kb.models import Article, Draft, Kind
from kb.permissions import can_read_article
from kb.policy import Policies
from kb.routes import bp
from kb.routes.managing import moved
from kb.topics import find, find_moved, tree
from people.signin import me


@bp.get("/write")
def write() -> Any:
    return render_template(
        "kb/write.html",
        kinds=list(Kind),
        carried=_carried(),
        skeletons=Policies(db.session).own_skeletons(),
    )


@bp.get("/write/<kind>")
def new_draft(kind: str) -> Any:
    if kind not in list(Kind):
        abort(404)
    slug = request.args.get("topic", "")
    topic = find(db.session, slug) or find_moved(db.session, slug) if slug else None
    body = policy.skeleton(db.session, Kind(kind), topic.id if topic else None)
    return _editor(form={"body": body} | _carried(), kind=Kind(kind))


def _carried() -> dict[str, str]:
    """What a link to a new draft brings along, such as the words of a search that found nothing."""
    return {name: request.args[name][:200] for name in ("title", "topic") if name in request.args}


@bp.get("/drafts")
def listed_drafts() -> Any:
    return render_template(
        "kb/drafts.html",
        drafts=drafts.listed(db.session, me()),
        deleted=drafts.listed(db.session, me(), deleted=True),
        days=drafts.UNDO_DAYS,
    )


@bp.get("/drafts/<int:draft_id>")
def draft(draft_id: int) -> Any:
    return _editor(draft=drafts.find(db.session, draft_id, me()))


@bp.get("/articles/<slug>/edit")
def edit(slug: str) -> Any:
    """One's draft of the next revision, or the live text to start one from. Saving makes the draft."""
    article = queries.article_by_slug(db.session, me(), slug)
    if article is None:
        return moved(slug, "kb.edit")
    mine = drafts.of_article(db.session, me(), article.id)
    if mine is not None:
        return redirect(url_for("kb.draft", draft_id=mine.id), 303)
    last = standing.last_publication(db.session, article.id) or abort(404)
    form = forms.shown_revision(last.revision) | {"base": str(last.revision_id)}
    return _editor(form=form, kind=article.kind, article=article)


@bp.post("/drafts")
def create_draft() -> Any:
    sent = posted()
    kind = forms.parse_kind(sent.get("kind"))
    try:
        article = _article(sent)
    except Conflict as error:
        return _refused(error, sent, kind=kind)
    try:
        fields = forms.parse_draft(db.session, sent)
        made = drafts.start(
            db.session,
            fields,
            key=sent.get("key", "")[:64] or secrets.token_hex(16),
            kind=kind,
            by=me(),
            dialect=settings().dialect,
            article=article,
            base_id=number(sent.get("base")),
        )
    except SavedMeanwhile as error:
        return conflict_page(error, sent)
    except DomainError as error:
        return _refused(error, sent, kind=kind, article=article)
    db.session.commit()
    return _saved(made, fields.doubts, sent, created=True)


@bp.post("/drafts/<int:draft_id>")
def save_draft(draft_id: int) -> Any:
    sent = posted()
    found = drafts.find(db.session, draft_id, me())
    try:
        fields = forms.parse_draft(db.session, sent)
        drafts.save(db.session, found, fields, version=number(sent.get("version")), by=me())
    except SavedMeanwhile as error:
        return conflict_page(error, sent)
    except DomainError as error:
        return _refused(error, sent, draft=found)
    db.session.commit()
    return _saved(found, fields.doubts, sent)


@bp.post("/drafts/<int:draft_id>/deletion")
def delete_draft(draft_id: int) -> Any:
    found = drafts.find(db.session, draft_id, me())
    drafts.delete(found, by=me())
    drafts.purge(db.session)  # those that nobody can take back any more
    db.session.commit()
    flash(
        f"Draft deleted: {found.title or 'Untitled'}. You can take that back on this page for 30 days."
    )
    return redirect(url_for("kb.listed_drafts"), 303)


@bp.post("/drafts/<int:draft_id>/restoration")
def restore_draft(draft_id: int) -> Any:
    found = drafts.find(db.session, draft_id, me())
    drafts.restore(db.session, found, by=me())
    db.session.commit()
    flash("Your draft is back.")
    return redirect(url_for("kb.draft", draft_id=found.id), 303)


@bp.post("/drafts/<int:draft_id>/rebase")
def rebase_draft(draft_id: int) -> Any:
    """Carry the changes over to the text that is live now; where both changed, the author chooses."""
    found = drafts.find(db.session, draft_id, me())
    choices = drafts.picking_of(found)
    if choices is not None and choices.is_needed and not found.locked:
        return redirect(url_for("kb.merge_draft", draft_id=found.id), 303)
    conflicts = drafts.rebase(db.session, found, by=me())
    db.session.commit()
    flash(rebased(conflicts))
    return redirect(url_for("kb.draft", draft_id=found.id), 303)


def rebased(conflicts: int) -> str:
    """What to tell about a draft that was brought up to date."""
    if not conflicts:
        return "Your changes now stand on the live text. Read it once more, then submit."
    places = "one place" if conflicts == 1 else f"{conflicts} places"
    return (
        f"You and the live text changed {places} differently."
        " Both versions stand between <<<<<<< and >>>>>>>."
    )


@bp.post("/preview")
def preview() -> Any:
    sent = posted()
    try:
        html = _previewed(sent)
    except DomainError as error:
        if wants_json():
            raise
        return _refused(error, sent, **_page_of(sent))
    if wants_json():
        return jsonify(html=html)
    return _editor(form=sent, preview=html, version=number(sent.get("version")), **_page_of(sent))


def _previewed(sent: Mapping[str, str]) -> Markup:
    body = sent.get("body", "")
    if len(body.encode()) > forms.LONGEST_BODY:
        raise Invalid("The text is longer than 256 kB. Please split it into several articles.")
    with turns.texts.take(me().id), db.reading() as session:
        return Markup(rendering.render(session, body, _dialect(sent)).rendered.html)


def _page_of(sent: Mapping[str, str]) -> dict[str, Any]:
    """Which editor page a form came from."""
    found = drafts.find(db.session, number(sent.get("draft")), me()) if sent.get("draft") else None
    kind = forms.parse_kind(sent.get("kind") or (found.kind if found else None))
    article = found.article if found else None
    if found is None:
        try:
            article = _article(sent)
        except Conflict as error:  # the page shows what was typed all the same
            flash(error.message, "error")
    return {"draft": found, "kind": kind, "article": article}


def _dialect(sent: Mapping[str, str]) -> str:
    """The dialect of the draft being previewed."""
    draft_id = number(sent.get("draft"))
    with db.reading() as session:
        found = session.get(Draft, draft_id) if draft_id else None
        return found.dialect if found else settings().dialect


def _article(sent: Mapping[str, str]) -> Article | None:
    """The published article whose next revision this is, named by its slug."""
    slug = sent.get("article", "")
    if not slug:
        return None
    target = queries.moved_article(db.session, me(), slug)
    found = queries.article_by_slug(db.session, me(), target or slug)
    if found is None:
        raise Conflict(
            "The article you are changing is not there any more. Copy your text, then start anew."
        )
    return found


def _saved(
    found: Draft, doubts: Mapping[str, str], sent: Mapping[str, str], *, created: bool = False
) -> Any:
    url = url_for("kb.draft", draft_id=found.id)
    if wants_json():
        body = {
            "id": found.id,
            "version": found.version,
            "saved_at": found.saved_at.isoformat(),
            "url": url,
        }
        return jsonify(body | ({"fields": dict(doubts)} if doubts else {})), 201 if created else 200
    if doubts:
        return _editor(draft=found, form=sent, errors=doubts), 422
    flash("Saved.")
    return redirect(url, 303)


def _refused(error: DomainError, sent: Mapping[str, str], **context: Any) -> Any:
    """What was typed comes back with what is wrong with it, still as a change of what it was typed over."""
    if wants_json():
        raise error
    db.session.rollback()
    page = _editor(
        form=sent,
        errors=error.fields if isinstance(error, Invalid) else {},
        message="" if isinstance(error, Invalid) and error.fields else error.message,
        version=number(sent.get("version")),
        **context,
    )
    return page, error.status


def conflict_page(error: SavedMeanwhile, sent: Mapping[str, str]) -> Any:
    """Both texts: the one that was typed and the one saved meanwhile."""
    theirs = error.draft
    shown = forms.shown(theirs)
    if wants_json():
        body = {
            "message": error.message,
            "version": theirs.version,
            "url": url_for("kb.draft", draft_id=theirs.id),
            "by": theirs.saved_by.name,
            "at": theirs.saved_at.isoformat(),
            "theirs": shown,
        }
        return jsonify(body), 409
    conflict = {"by": theirs.saved_by.name, "at": theirs.saved_at, "theirs": shown}
    return _editor(draft=theirs, form=sent, conflict=conflict), 409


def shown_again(found: Draft, sent: Mapping[str, str], doubts: Mapping[str, str]) -> str:
    """The editor with what was just saved; for rooms that have something to say about it."""
    return _editor(draft=found, form=sent if "title" in sent else None, errors=doubts)


def submission_problem(
    found: Draft, error: DomainError, sent: Mapping[str, str], *, version: int
) -> Any:
    """The editor with what a submission still needs; for the room that takes submissions."""
    errors = error.fields if isinstance(error, Invalid) else {}
    form = sent if "title" in sent else None
    page = _editor(
        draft=found,
        form=form,
        errors=errors,
        message=error.message,
        version=version if form else None,
    )
    return page, error.status


def _editor(
    *,
    draft: Draft | None = None,
    form: Mapping[str, str] | None = None,
    kind: Kind | None = None,
    article: Article | None = None,
    errors: Mapping[str, str] | None = None,
    conflict: Mapping[str, Any] | None = None,
    preview: Markup | None = None,
    message: str = "",
    version: int | None = None,
) -> str:
    article = draft.article if draft else article
    live = article is not None and can_read_article(db.session, me(), article)
    return render_template(
        "kb/editor.html",
        draft=draft,
        form=form if form is not None else forms.shown(draft) if draft else {},
        kind=draft.kind if draft else kind,
        kinds=list(Kind),
        article=article,
        live_url=url_for("kb.article", slug=article.slug) if live and article else None,
        topics=tree(db.session).choices(),
        languages=languages.NAMES.items(),
        errors=errors or {},
        message=message,
        conflict=conflict,
        preview_html=preview,
        version=(draft.version if draft else 0) if version is None else version,
        base=number((form or {}).get("base")) or (article.live_revision_id if article else None),
        key=(form or {}).get("key") or secrets.token_hex(16),
        save_url=url_for("kb.save_draft", draft_id=draft.id)
        if draft
        else url_for("kb.create_draft"),
        base_moved=bool(draft and live and drafts.base_moved(draft)),
        limits={
            "title": forms.LONGEST_TITLE,
            "summary": forms.LONGEST_SUMMARY,
            "note": forms.LONGEST_NOTE,
        },
    )
