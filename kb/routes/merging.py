"""Choosing, place by place, what of one's draft and of the live text should stand."""

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, url_for

from core.db import db
from core.errors import Conflict, Invalid
from core.web import number, posted
from kb import drafts, picking, standing
from kb.models import Draft
from kb.routes import bp
from kb.topics import tree
from people.signin import me


@bp.get("/drafts/<int:draft_id>/merge")
def merge_draft(draft_id: int) -> Any:
    return _page(drafts.find(db.session, draft_id, me()), {})


@bp.post("/drafts/<int:draft_id>/merge")
def merged_draft(draft_id: int) -> Any:
    found, sent = drafts.find(db.session, draft_id, me()), posted()
    try:
        drafts.pick(
            db.session,
            found,
            picking.parse(sent),
            live_id=number(sent.get("live")),
            version=number(sent.get("version")),
            by=me(),
        )
    except (Conflict, Invalid) as error:
        db.session.rollback()
        errors = error.fields if isinstance(error, Invalid) else {}
        found = drafts.find(db.session, draft_id, me())
        return _page(found, sent, problem=error.message, errors=errors), error.status
    db.session.commit()
    flash("Your draft now stands on the live text. Read it once more, then submit.")
    return redirect(url_for("kb.draft", draft_id=found.id), 303)


def _page(
    found: Draft,
    sent: Mapping[str, str],
    *,
    problem: str = "",
    errors: Mapping[str, str] | None = None,
) -> Any:
    choices = drafts.picking_of(found)
    if choices is None or found.locked:
        return redirect(url_for("kb.draft", draft_id=found.id), 303)
    assert found.article is not None
    live_id = standing.base_id(db.session, found.article)
    return render_template(
        "kb/merge.html",
        picking=choices,
        chosen=sent,
        action=url_for("kb.merged_draft", draft_id=found.id),
        hidden={"live": live_id, "version": found.version},
        keep=f"merge-draft-{found.id}-{live_id}-{found.version}",
        title=found.title,
        mine="Your text",
        back=url_for("kb.draft", draft_id=found.id),
        topics=tree(db.session).by_id,
        problem=problem,
        errors=errors or {},
        button="Put it into your draft",
    )
