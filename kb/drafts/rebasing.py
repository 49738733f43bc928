"""Bringing a draft onto the text that is live now."""

from dataclasses import replace

from sqlalchemy.orm import Session, object_session

from core import clock
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from kb import merging, picking, standing
from kb.drafts import working
from kb.forms import LONGEST_BODY
from kb.models import Draft, Revision
from kb.permissions import can_edit_draft, can_read_article
from kb.picking import Picking, Picks
from people.models import User


class BaseMoved(Conflict):
    """The live text changed since this draft was started from it."""


def rebase(session: Session, draft: Draft, *, by: User) -> int:
    """Carry the changes over to the live text; returns how many places need the author's choice."""
    if not can_edit_draft(by, draft):
        raise NotFound("There is no such draft.")
    return carry_over(draft, by=by)


def carry_over(draft: Draft, *, by: User) -> int:
    """As `rebase`, for whoever may: the curator who sends a text back does it for its author."""
    if draft.locked:
        raise Conflict("This text is under review. Withdraw it first.")
    base, live = draft.base, _ground(draft)
    if live is None or draft.base_id == live.id:
        return 0
    if base is None:
        raise NotAllowed("This draft was not started from the live text.")
    merged = merging.merge_texts(base, draft, live)
    if len(merged.body.encode()) > LONGEST_BODY:
        raise Invalid(
            "Together, both texts are too long. Shorten yours first.", {"body": "Too long."}
        )
    draft.title, draft.summary, draft.topic_id = merged.title, merged.summary, merged.topic_id
    draft.tags, draft.body, draft.base = list(merged.tags), merged.body, live
    draft.saved_at, draft.saved_by_id = clock.now(), by.id
    return merged.conflicts


def base_moved(draft: Draft) -> bool:
    if draft.article is None:
        return False
    ground = standing.ground_of(draft.article)
    return draft.base_id != (ground.id if ground else None)


def is_withheld(draft: Draft) -> bool:
    """Whether the text to stand on is not for its author to see: hidden, say, or taken back."""
    session, article = object_session(draft), draft.article
    if session is None or article is None or article.slug is None:
        return False
    return not can_read_article(session, draft.author, article)


def _ground(draft: Draft) -> Revision | None:
    """The text that the draft has to stand on; nobody gets into it what is withheld from them."""
    live = standing.ground_of(draft.article) if draft.article else None
    if live is not None and draft.base_id != live.id and is_withheld(draft):
        raise Conflict(
            "Readers do not have that article at the moment, so your text cannot be brought up to"
            " date with it. Nothing you wrote is lost."
        )
    return live


def picking_of(draft: Draft) -> Picking | None:
    """What its author has to choose before it stands on the live text; None where it does already."""
    live = _ground(draft)
    if draft.base is None or live is None or draft.base_id == live.id:
        return None
    return picking.between(draft.base, draft, live)


def pick(
    session: Session, draft: Draft, picks: Picks, *, live_id: int, version: int, by: User
) -> Draft:
    """Put the draft onto the live text as chosen; refused if either has changed since it was shown."""
    if draft.locked:
        raise Conflict("This text is under review. Withdraw it first.")
    found = picking_of(draft)
    if found is None:
        return draft  # the same choice again, after an answer that got lost
    assert draft.article is not None
    ground = standing.ground_of(draft.article)
    assert ground is not None
    if ground.id != live_id or draft.version != version:
        raise Conflict(
            "A text changed while you were choosing. Look at both as they are now;"
            " what you chose and typed is kept."
        )
    chosen = picking.result(found, picks)
    fields = replace(chosen, coauthor_ids=tuple(person.id for person in draft.coauthors))
    working.save(session, draft, fields, version=version, by=by)
    draft.base = ground
    session.flush()  # whether it stands on the live text is asked of the database
    return draft
