"""The automatic checks of a text under review, and where it would be found."""

from collections.abc import Mapping
from typing import Any

from flask import current_app, render_template

from core.db import db
from core.errors import DomainError
from core.web import number, posted, settings
from curation import checks
from curation.checks import Report
from curation.routes.blueprint import bp
from curation.routes.review import readable
from kb import drafts, forms
from kb.drafts import SavedMeanwhile
from kb.models import Revision
from kb.routes.writing import conflict_page, shown_again, submission_problem
from people.signin import me


@bp.get("/reviews/<int:review_id>/findability")
def findability(review_id: int) -> Any:
    """By an address of its own: it asks the index many questions, and the review need not wait."""
    found = readable(review_id)
    return render_template("curation/findability.html", review=found, revision=found.revision)


@bp.post("/drafts/<int:draft_id>/checks")
def check_draft(draft_id: int) -> Any:
    """Save what the form carries; below the text stands what there is to note, before it is handed in."""
    sent = posted()
    found = drafts.find(db.session, draft_id, me())
    doubts: Mapping[str, str] = {}
    if "title" in sent and not found.locked:
        try:
            fields = forms.parse_draft(db.session, sent)
            drafts.save(db.session, found, fields, version=number(sent.get("version")), by=me())
        except SavedMeanwhile as error:
            return conflict_page(error, sent)
        except DomainError as error:
            db.session.rollback()
            found = drafts.find(db.session, draft_id, me())
            return submission_problem(found, error, sent, version=number(sent.get("version")))
        db.session.commit()
        doubts = fields.doubts
    return shown_again(found, sent, doubts), 422 if doubts else 200


def report(revision: Revision) -> Report:
    """What the checks say of a text, for the person who is reading it."""
    return checks.all_of(
        db.session,
        revision,
        reader=me(),
        published=current_app.extensions.get("similar_published"),
        site=settings().base_url,
    )
