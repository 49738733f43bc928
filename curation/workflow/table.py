"""The review, state by state: the one literal table, what its actions are called, how they refuse."""

from core.errors import Conflict
from curation.models import Action, Review, ReviewEntry, State

TABLE: dict[tuple[State | None, Action], State] = {
    (None, Action.SUBMIT): State.SUBMITTED,
    (None, Action.PUBLISH_AT_ONCE): State.APPROVED,
    (State.CHANGES_REQUESTED, Action.SUBMIT): State.SUBMITTED,
    (State.SUBMITTED, Action.CLAIM): State.IN_REVIEW,
    (State.IN_REVIEW, Action.RELEASE): State.SUBMITTED,
    (State.IN_REVIEW, Action.TAKE_OVER): State.IN_REVIEW,
    (State.IN_REVIEW, Action.REQUEST_CHANGES): State.CHANGES_REQUESTED,
    (State.IN_REVIEW, Action.APPROVE): State.APPROVED,
    (State.IN_REVIEW, Action.ENDORSE): State.SUBMITTED,
    (State.IN_REVIEW, Action.EDIT_AND_APPROVE): State.APPROVED,
    (State.IN_REVIEW, Action.EDIT_AND_ENDORSE): State.SUBMITTED,
    (State.IN_REVIEW, Action.DECLINE): State.DECLINED,
    (State.IN_REVIEW, Action.MERGE_INTO): State.DECLINED,
    (State.SUBMITTED, Action.WITHDRAW): State.WITHDRAWN,
    (State.IN_REVIEW, Action.WITHDRAW): State.WITHDRAWN,
    (State.CHANGES_REQUESTED, Action.WITHDRAW): State.WITHDRAWN,
    # These leave a review where it stands.
    (State.SUBMITTED, Action.BRING_UP): State.SUBMITTED,
    (State.IN_REVIEW, Action.BRING_UP): State.IN_REVIEW,
    (State.SUBMITTED, Action.ACCEPT): State.SUBMITTED,
    (State.IN_REVIEW, Action.ACCEPT): State.IN_REVIEW,
    (State.SUBMITTED, Action.ASSIGN): State.SUBMITTED,
    (State.IN_REVIEW, Action.ASSIGN): State.IN_REVIEW,
    (State.SUBMITTED, Action.ESCALATE): State.SUBMITTED,
    (State.IN_REVIEW, Action.ESCALATE): State.IN_REVIEW,
}

# Past tense, as the log and the messages tell it.
DONE = {
    Action.SUBMIT: "submitted it",
    Action.CLAIM: "began reading it",
    Action.RELEASE: "put it back",
    Action.TAKE_OVER: "took it over",
    Action.REQUEST_CHANGES: "requested changes",
    Action.APPROVE: "approved it",
    Action.ENDORSE: "approved it; it waits for a further approval",
    Action.EDIT_AND_APPROVE: "edited and approved it",
    Action.EDIT_AND_ENDORSE: "edited and approved it; it waits for a further approval",
    Action.DECLINE: "declined it",
    Action.MERGE_INTO: "closed it as a duplicate",
    Action.WITHDRAW: "withdrew it",
    Action.EXPIRE: "had it too long without a decision; it is free again",
    Action.BRING_UP: "changed the live text; the same changes now stand on the new one",
    Action.ACCEPT: "took a suggested wording in",
    Action.PUBLISH_AT_ONCE: "published a minor edit at once",
    Action.ASSIGN: "asked somebody to read it",
    Action.ESCALATE: "has been told that it is overdue",
}

EVENTS = {
    Action.SUBMIT: "review.submitted",
    Action.CLAIM: "review.claimed",
    Action.RELEASE: "review.released",
    Action.TAKE_OVER: "review.taken_over",
    Action.REQUEST_CHANGES: "review.changes_requested",
    Action.APPROVE: "review.approved",
    Action.ENDORSE: "review.endorsed",
    Action.EDIT_AND_APPROVE: "review.edited_and_approved",
    Action.EDIT_AND_ENDORSE: "review.edited_and_endorsed",
    Action.DECLINE: "review.declined",
    Action.MERGE_INTO: "review.merged_into",
    Action.WITHDRAW: "review.withdrawn",
    Action.BRING_UP: "review.brought_up",
    Action.ACCEPT: "review.suggestion_accepted",
    Action.PUBLISH_AT_ONCE: "review.published_at_once",
    Action.ASSIGN: "review.assigned",
    Action.ESCALATE: "review.escalated",
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


def last_act(review: Review) -> ReviewEntry:
    """What a person did last; time running out, and being told so, is nobody's doing."""
    quiet = (Action.EXPIRE, Action.ESCALATE)
    return [entry for entry in review.entries if entry.action not in quiet][-1]
