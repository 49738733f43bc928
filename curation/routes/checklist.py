"""The checklist of a review: ticked by who reads it, its tasks by its authors."""

import re
from collections.abc import Mapping
from typing import Any

from flask import flash, jsonify, redirect, url_for

from core.db import db
from core.errors import Conflict, Invalid
from core.web import number, own_address, posted, wants_json
from curation import checklist
from curation.checklist import Verdict
from curation.lines import Lines
from curation.models import Review
from curation.routes.blueprint import bp
from curation.routes.review import readable, refused, sent_reason, show
from people.signin import me

ANSWERS = {"yes": True, "no": False, "": None}
LINES = re.compile(
    r"\s*(?:lines?\s*)?([0-9]{1,6})(?:\s*(?:-|–|to)\s*([0-9]{1,6}))?\s*", re.IGNORECASE
)


@bp.post("/reviews/<int:review_id>/checklist")
def tick_checklist(review_id: int) -> Any:
    """Keep the answers; the reason of a decision that is being typed comes back with the page."""
    readable(review_id)
    try:
        ticked = tick_along(review_id)
    except (Conflict, Invalid) as error:
        return refused(review_id, error, typed=posted())
    db.session.commit()
    if wants_json():
        assert ticked.claimed_until is not None
        return jsonify(claimed_until=ticked.claimed_until.isoformat(), version=ticked.version)
    if sent_reason():
        return show(readable(review_id), reason=sent_reason())
    flash("The checklist is saved.")
    return redirect(url_for("curation.review", review_id=review_id) + "#checklist", 303)


def tick_along(review_id: int) -> Review:
    """Record the answers that a form carries, in the transaction of what else it asks for."""
    sent = posted()
    return checklist.record(
        db.session, review_id, sent_verdicts(sent), version=number(sent.get("version")), by=me()
    )


def sent_verdicts(sent: Mapping[str, str]) -> list[Verdict]:
    """The answers in a form; raises Invalid naming those that cannot be read."""
    errors: dict[str, str] = {}
    verdicts = []
    for name, answer in sent.items():
        key = name.removeprefix("verdict-")
        if name == key:
            continue
        lines = _lines(sent.get(f"lines-{key}", "")) if answer == "no" else None
        if answer not in ANSWERS:
            errors[name] = "Answer with yes or no, or leave it open."
        elif answer == "no" and lines is None and sent.get(f"lines-{key}", "").strip():
            errors[name] = "Give lines as 3, or as 3-5."
        else:
            verdicts.append(Verdict(key, ANSWERS[answer], sent.get(f"missing-{key}", ""), lines))
    if errors:
        raise Invalid(" ".join(dict.fromkeys(errors.values())), errors)
    return verdicts


def _lines(text: str) -> Lines | None:
    found = LINES.fullmatch(text)
    return Lines(int(found[1]), int(found[2] or found[1])) if found else None


@bp.post("/reviews/<int:review_id>/tasks/<int:verdict_id>")
def tick_task(review_id: int, verdict_id: int) -> Any:
    """An author has done what was missing, or says with `done=0` that it is not done."""
    readable(review_id)
    done = posted().get("done", "1") != "0"
    task = checklist.tick(db.session, review_id, verdict_id, done=done, by=me())
    db.session.commit()
    if wants_json():
        return jsonify(done=task.done_at is not None)
    page = own_address(posted().get("next")) or url_for("curation.review", review_id=review_id)
    return redirect(f"{page}#task-{task.id}", 303)
