"""The review, state by state: one literal table, and a plain function for each action."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import clock, outbox
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.text import unfold_lines
from curation.models import OPEN, Action, Review, ReviewEntry, State
from curation.permissions import can_decide, can_withdraw
from kb import drafts, publishing
from kb.drafts import differs
from kb.forms import LONGEST_NOTE
from kb.models import Draft
from kb.rendering import Rendering
from people.models import User

CLAIM = timedelta(minutes=30)
LONGEST_REASON = 4000
MOVED_ON = (
    "The live article has changed since this was written. Your changes now stand on the new text;"
    " please check them and submit again."
)

TABLE: dict[tuple[State | None, Action], State] = {
    (None, Action.SUBMIT): State.SUBMITTED,
    (State.CHANGES_REQUESTED, Action.SUBMIT): State.SUBMITTED,
    (State.SUBMITTED, Action.CLAIM): State.IN_REVIEW,
    (State.IN_REVIEW, Action.RELEASE): State.SUBMITTED,
    (State.IN_REVIEW, Action.TAKE_OVER): State.IN_REVIEW,
    (State.IN_REVIEW, Action.REQUEST_CHANGES): State.CHANGES_REQUESTED,
    (State.IN_REVIEW, Action.APPROVE): State.APPROVED,
    (State.IN_REVIEW, Action.DECLINE): State.DECLINED,
    (State.SUBMITTED, Action.WITHDRAW): State.WITHDRAWN,
    (State.IN_REVIEW, Action.WITHDRAW): State.WITHDRAWN,
    (State.CHANGES_REQUESTED, Action.WITHDRAW): State.WITHDRAWN,
}

# Past tense, as the log and the messages tell it.
DONE = {
    Action.SUBMIT: "submitted it",
    Action.CLAIM: "began reading it",
    Action.RELEASE: "put it back",
    Action.TAKE_OVER: "took it over",
    Action.REQUEST_CHANGES: "requested changes",
    Action.APPROVE: "approved it",
    Action.DECLINE: "declined it",
    Action.WITHDRAW: "withdrew it",
    Action.EXPIRE: "had it too long without a decision; it is free again",
}

EVENTS = {
    Action.SUBMIT: "review.submitted",
    Action.CLAIM: "review.claimed",
    Action.RELEASE: "review.released",
    Action.TAKE_OVER: "review.taken_over",
    Action.REQUEST_CHANGES: "review.changes_requested",
    Action.APPROVE: "review.approved",
    Action.DECLINE: "review.declined",
    Action.WITHDRAW: "review.withdrawn",
}


class MovedOn(Conflict):
    """Somebody acted on the review since this person looked at it; `entry` tells who did what."""

    def __init__(self, review: Review, entry: ReviewEntry) -> None:
        super().__init__(self.sentence(review, entry))
        self.review = review
        self.entry = entry

    def sentence(self, review: Review, entry: ReviewEntry) -> str:
        done, at = DONE[entry.action], f"{entry.at:%H:%M} UTC on {entry.at.day} {entry.at:%B}"
        return f"{entry.actor.name} {done} at {at}. What you typed is still here."


class WrongState(MovedOn):
    """The action does not fit where the review stands."""

    def sentence(self, review: Review, entry: ReviewEntry) -> str:
        if review.state is State.SUBMITTED:
            return "Nobody is reading this at the moment. Claim it first; what you typed is still here."
        return super().sentence(review, entry)


def submit(session: Session, draft: Draft, rendering: Rendering, *, note: str, by: User) -> Review:
    """Hand a draft in: a new review, or the next round of one in which changes were requested."""
    note = unfold_lines(note).strip()
    if len(note) > LONGEST_NOTE:
        raise Invalid(
            "The note is too long.", {"note": f"At most {LONGEST_NOTE} characters, please."}
        )
    revision = drafts.freeze(session, draft, rendering, note=note, by=by)
    review = _open_review(session, revision.article_id, draft.author_id)
    if review is None:
        review = Review(
            article_id=revision.article_id,
            author_id=draft.author_id,
            revision_id=revision.id,
            curator_id=None,
            claimed_at=None,
            claimed_until=None,
            round=0,
            version=0,
            submitted_at=clock.now(),
            decided_at=None,
        )
        session.add(review)
    elif (review.state, Action.SUBMIT) not in TABLE:
        raise WrongState(review, _last(review))
    elif revision.base_id == review.revision.base_id and not differs(revision, review.revision):
        raise Invalid("Nothing differs from the round before.", {"body": "Change something first."})
    review.revision_id, review.revision = revision.id, revision
    review.round += 1
    review.submitted_at = clock.now()
    try:
        _move(session, review, Action.SUBMIT, by=by, note=note)
    except IntegrityError:
        raise Conflict("This article has an open submission of yours already.") from None
    return review


def claim(session: Session, review_id: int, *, by: User) -> Review:
    """Take a review to read, for 30 minutes from the last sign of life; the holder's again slides it."""
    review = _locked(session, review_id)
    if review.holder_id == by.id:
        review.claimed_until = clock.now() + CLAIM
        return review
    _require_decider(session, review, by)
    _require(review, Action.CLAIM)
    _note_expiry(review)
    _hold(review, by)
    _move(session, review, Action.CLAIM, by=by, note=_as_whom(by))
    return review


def take_over(session: Session, review_id: int, *, version: int, by: User) -> Review:
    """Go on with what somebody else is reading; they are told."""
    review = _locked(session, review_id)
    _require_decider(session, review, by)
    if review.holder_id == by.id:
        return review
    _require(review, Action.TAKE_OVER)
    _require_current(review, version)
    former = review.curator_id
    _hold(review, by)
    _move(session, review, Action.TAKE_OVER, by=by, note=_as_whom(by), data={"former": former})
    return review


def release(session: Session, review_id: int, *, by: User) -> Review:
    """Put a review back for others; doing it twice does no harm."""
    review = _locked(session, review_id)
    if review.state is State.SUBMITTED and review.curator_id == by.id:
        return review
    _require(review, Action.RELEASE)
    _require_holder(session, review, by)
    _move(session, review, Action.RELEASE, by=by)
    return review


def request_changes(
    session: Session, review_id: int, *, version: int, revision: int, reason: str, by: User
) -> Review:
    """Give the text back to its author with a reason they can use."""
    review = _to_decide(session, review_id, Action.REQUEST_CHANGES, version, revision, by)
    _move(session, review, Action.REQUEST_CHANGES, by=by, note=_reason(reason))
    drafts.thaw(session, review.revision_id)
    return review


def decline(
    session: Session, review_id: int, *, version: int, revision: int, reason: str, by: User
) -> Review:
    """Close the review without publishing; the text stays its author's."""
    review = _to_decide(session, review_id, Action.DECLINE, version, revision, by)
    _move(session, review, Action.DECLINE, by=by, note=_reason(reason))
    drafts.let_go(session, review.article_id, review.author_id)
    return review


def approve(
    session: Session, review_id: int, *, version: int, revision: int, by: User, note: str = ""
) -> Review:
    """Publish exactly the revision that was read; raises StaleBase if the live text has changed since."""
    review = _to_decide(session, review_id, Action.APPROVE, version, revision, by)
    publishing.publish(session, review.article, review.revision, by=by)
    _move(session, review, Action.APPROVE, by=by, note=_checked(note))
    drafts.discard(session, review.revision_id)
    return review


def withdraw(session: Session, review_id: int, *, by: User) -> Review:
    """Take one's own text back, with everything typed; a second time does no harm."""
    review = _locked(session, review_id)
    if not can_withdraw(by, review):
        raise NotAllowed("Only the author withdraws a submission.")
    if review.state is State.WITHDRAWN:
        return review
    _require(review, Action.WITHDRAW)
    _move(session, review, Action.WITHDRAW, by=by)
    drafts.let_go(session, review.article_id, review.author_id)
    return review


def send_back_to_rebase(
    session: Session, review_id: int, *, version: int, revision: int, by: User
) -> int:
    """Return a text whose live text moved on, carried over to the new one; returns open conflicts."""
    review = _locked(session, review_id)
    if review.revision.base_id == review.article.live_revision_id:
        raise Conflict("The live text has not changed. Decide on this one as it stands.")
    review = request_changes(
        session, review_id, version=version, revision=revision, reason=MOVED_ON, by=by
    )
    draft = drafts.of_article(session, review.author, review.article_id)
    return drafts.carry_over(draft, by=by) if draft else 0


# The rules that all actions share


def _locked(session: Session, review_id: int) -> Review:
    """The review, with nobody else acting on it until this transaction ends."""
    query = sa.select(Review).where(Review.id == review_id).with_for_update(of=Review)
    review = session.scalar(query.execution_options(populate_existing=True))
    if review is None:
        raise NotFound("There is no such review.")
    return review


def _open_review(session: Session, article_id: int, author_id: int) -> Review | None:
    query = sa.select(Review).where(
        Review.article_id == article_id,
        Review.author_id == author_id,
        Review.stored_state.in_(OPEN),
    )
    return session.scalar(query.with_for_update(of=Review))


def _to_decide(
    session: Session, review_id: int, action: Action, version: int, revision: int, by: User
) -> Review:
    """A review that this person may decide now, having read just this revision of it."""
    review = _locked(session, review_id)
    _require_decider(session, review, by)
    if review.claim_ran_out and review.curator_id == by.id:
        _hold(review, by)  # nobody else took it meanwhile: go on as if in time
    _require(review, action)
    _require_holder(session, review, by)
    _require_current(review, version)
    if review.revision_id != revision:
        raise MovedOn(review, _last(review))
    return review


def _require(review: Review, action: Action) -> None:
    if (review.state, action) not in TABLE:
        raise WrongState(review, _last(review))


def _require_current(review: Review, version: int) -> None:
    if review.version != version:
        raise MovedOn(review, _last(review))


def _require_decider(session: Session, review: Review, by: User) -> None:
    if not can_decide(session, by, review):
        raise NotAllowed(
            "You cannot decide on this one: it is your own text, or another topic's curators decide."
        )


def _require_holder(session: Session, review: Review, by: User) -> None:
    if review.curator_id != by.id:
        raise MovedOn(review, _last(review))


def _last(review: Review) -> ReviewEntry:
    """What a person did last; time running out is nobody's doing."""
    return [entry for entry in review.entries if entry.action is not Action.EXPIRE][-1]


def _hold(review: Review, by: User) -> None:
    review.curator_id = by.id
    review.claimed_at = clock.now()
    review.claimed_until = review.claimed_at + CLAIM


def _note_expiry(review: Review) -> None:
    """Write into the log that a claim ran out, before the next action does its own."""
    if review.claim_ran_out and review.curator_id is not None:
        review.entries.append(_entry(review, Action.EXPIRE, review.curator_id, State.SUBMITTED))
        review.stored_state = State.SUBMITTED


def _move(
    session: Session,
    review: Review,
    action: Action,
    *,
    by: User,
    note: str = "",
    data: dict[str, object] | None = None,
) -> None:
    """Change the state as the table says, write it down, tell whoever listens."""
    _note_expiry(review)
    new = TABLE[(review.stored_state, action)]
    entry = _entry(review, action, by.id, new, note=note)
    review.entries.append(entry)
    review.stored_state = new
    review.version += 1
    if new is not State.IN_REVIEW:
        review.claimed_at = review.claimed_until = None
    if new not in OPEN:
        review.decided_at = clock.now()
    session.flush()  # the event names the entry by id
    outbox.record(session, EVENTS[action], entry.id, by=by.id, data=data or {})


def _entry(
    review: Review, action: Action, actor_id: int, new: State, note: str = ""
) -> ReviewEntry:
    return ReviewEntry(
        at=clock.now(),
        actor_id=actor_id,
        action=action,
        old=review.stored_state,
        new=new,
        note=note,
        revision_id=review.revision_id,
        round=review.round,
    )


def _reason(text: str) -> str:
    if not text.strip():
        sentence = "Write a reason that the author can use."
        raise Invalid(sentence, {"reason": sentence})
    return _checked(text)


def _checked(text: str) -> str:
    text = unfold_lines(text).strip()
    if len(text) > LONGEST_REASON:
        sentence = f"A reason has at most {LONGEST_REASON} characters; this one has {len(text)}."
        raise Invalid(sentence, {"reason": sentence})
    return text


def _as_whom(by: User) -> str:
    return "As administrator." if by.is_admin else ""
