"""The text of an open review going on: onto a newer live text, or with a suggested wording taken in."""

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from core.errors import Conflict, NotAllowed, NotFound
from curation import facts, talk
from curation.lines import replaced
from curation.models import Action, LineComment, Review, State
from curation.permissions import is_author
from curation.workflow.decisions import request_changes
from curation.workflow.moving import locked, move, require
from curation.workflow.table import WrongState, last_act
from kb import drafts, merging, standing
from kb.forms import DraftFields
from kb.merging import MergedText, Text
from kb.models import Draft, Revision
from kb.rendering import Rendering
from people.models import User

MOVED_ON = (
    "The live article has changed since this was written."
    " Please bring your draft up to date with it, check it, and submit again."
)


@dataclass(frozen=True)
class Merge:
    """A proposal carried over to the live text: from which revision, onto which, and what came of it."""

    revision_id: int
    live_id: int
    text: MergedText
    same: bool  # the author's own change reads as before


def is_stale(review: Review) -> bool:
    """Whether another text of the article was approved since this one was written."""
    ground = standing.ground_of(review.article)
    return review.is_open and review.revision.base_id != (ground.id if ground else None)


def merge_with_live(review: Review) -> Merge | None:
    """What would become of the proposal on the text that is live now; None where there is no base."""
    mine, base = review.revision, review.revision.base
    live = standing.ground_of(review.article)
    if base is None or live is None or base.id == live.id:
        return None
    merged = merging.merge_texts(base, mine, live)
    before = merging.changes(base.body, mine.body)
    after = merging.changes(live.body, merged.body)
    return Merge(mine.id, live.id, merged, same=before == after)


def bring_up(
    session: Session, review_id: int, merge: Merge, rendering: Rendering, *, by: User
) -> bool:
    """Put a clean merge in the place of the proposal; False if things have moved on meanwhile.

    `by` is who approved the text that is live. Whoever reads the proposal has to look again.
    """
    review = locked(session, review_id)
    fits = (
        review.state in (State.SUBMITTED, State.IN_REVIEW)
        and review.revision_id == merge.revision_id
        and standing.base_id(session, review.article) == merge.live_id
        and merge.text.is_clean
    )
    if not fits:
        return False
    live = session.get_one(Revision, merge.live_id)
    if not drafts.differs(merge.text, live):
        return False  # nothing is left of it; the curator sees that and says so
    former = review.revision
    _take(session, review, merge.text, rendering, by=by, base=live, note=former.note)
    move(
        session,
        review,
        Action.BRING_UP,
        by=by,
        detail={"from": former.id, "live": live.id, "same": merge.same},
    )
    return True


def send_back_to_rebase(
    session: Session, review_id: int, *, version: int, revision: int, by: User
) -> int:
    """Return a text whose live text moved on, carried over to the new one; returns open conflicts."""
    review = locked(session, review_id)
    if not is_stale(review):
        raise Conflict("The live text has not changed. Decide on this one as it stands.")
    review = request_changes(
        session, review_id, version=version, revision=revision, reason=MOVED_ON, by=by
    )
    draft = drafts.of_article(session, review.author, review.article_id)
    if draft is None or drafts.is_withheld(draft):
        return 0
    choices = drafts.picking_of(draft)
    if choices is not None and choices.is_needed:
        return len(choices.conflicts) + len(choices.fields)  # the author chooses, place by place
    return drafts.carry_over(draft, by=by)


def with_suggestion(comment: LineComment, text: Text) -> DraftFields:
    """`text` with a suggested wording in it; Conflict where the lines it was for have changed."""
    if comment.suggestion is None:
        raise NotFound("This comment suggests no wording.")
    body = replaced(comment, text.body)
    if body is None:
        raise Conflict("The lines that this was about have changed since. Edit the text instead.")
    return DraftFields(
        text.title,
        text.summary,
        body,
        tuple(text.tags),
        text.topic_id,
        language=text.language,
    )


def accept(
    session: Session, comment: LineComment, fields: DraftFields, rendering: Rendering, *, by: User
) -> Review:
    """An author takes a suggested wording while the text is read: it becomes the next revision."""
    review = locked(session, comment.review_id)
    _require_author(session, review, by)
    if comment.accepted_at is not None:
        return review
    require(review, Action.ACCEPT)
    if with_suggestion(comment, review.revision) != fields:
        raise Conflict("The text changed while this was being read. Please try again.")
    former = review.revision
    _take(session, review, fields, rendering, by=by, base=former.base, note=former.note)
    talk.mark_accepted(session, comment, revision_id=review.revision_id, by=by)
    move(
        session,
        review,
        Action.ACCEPT,
        by=by,
        detail={"from": former.id, "comment": comment.id},
    )
    return review


def accept_into_draft(session: Session, comment: LineComment, *, by: User) -> Draft:
    """An author takes a suggested wording while the text is with them: the next round will have it."""
    review = locked(session, comment.review_id)
    _require_author(session, review, by)
    draft = drafts.of_article(session, review.author, review.article_id)
    if draft is None or draft.locked or review.state is not State.CHANGES_REQUESTED:
        raise WrongState(review, last_act(review))
    if comment.accepted_at is None:
        fields = replace(
            with_suggestion(comment, draft), coauthor_ids=tuple(p.id for p in draft.coauthors)
        )
        drafts.save(session, draft, fields, version=draft.version, by=by)
        talk.mark_accepted(session, comment, revision_id=None, by=by)
    return draft


def _require_author(session: Session, review: Review, by: User) -> None:
    if not is_author(session, by, review):
        raise NotAllowed("Only its authors take a suggestion into the text.")


def _take(
    session: Session,
    review: Review,
    text: Text,
    rendering: Rendering,
    *,
    by: User,
    base: Revision | None,
    note: str,
) -> None:
    former = review.revision
    new = drafts.revise(session, former, text, rendering, by=by, note=note, base=base, credit=False)
    review.revision_id, review.revision = new.id, new
    facts.describe(session, review)
