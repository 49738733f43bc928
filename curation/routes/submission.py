"""Handing a draft in."""

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, url_for

from core import turns
from core.db import db
from core.errors import DomainError
from core.text import unfold_lines
from core.web import number, posted
from curation import workflow
from curation.routes.blueprint import bp
from kb import drafts, forms, rendering
from kb.drafts import SavedMeanwhile
from kb.routes.writing import conflict_page, submission_problem
from people.signin import me


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
    flash(
        "Published: small edits of yours need not wait here. A curator looks at it afterwards."
        if handed_in.sample
        else "Submitted. You will be told as soon as somebody reads it and when it is decided."
    )
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
