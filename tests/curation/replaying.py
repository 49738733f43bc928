"""Follows the log of a review from its start: states by the table, each action by whom it belongs to."""

from curation.models import OPEN, Action, Review, State
from curation.workflow import TABLE

BY_HOLDER = {
    Action.RELEASE,
    Action.REQUEST_CHANGES,
    Action.APPROVE,
    Action.ENDORSE,
    Action.EDIT_AND_APPROVE,
    Action.EDIT_AND_ENDORSE,
    Action.DECLINE,
    Action.MERGE_INTO,
}


def replay(review: Review) -> None:
    state: State | None = None
    holder: int | None = None
    for entry in review.entries:
        assert entry.old is state
        if entry.action is Action.EXPIRE:
            assert (state, entry.new) == (State.IN_REVIEW, State.SUBMITTED)
        else:
            assert TABLE[state, entry.action] is entry.new
        if entry.action in BY_HOLDER:
            assert entry.actor_id == holder
        elif entry.action is Action.WITHDRAW:
            assert entry.actor_id == review.author_id
        elif entry.action in (Action.CLAIM, Action.TAKE_OVER):
            assert entry.actor_id not in (review.author_id, holder)
            holder = entry.actor_id
        state = entry.new
        holder = holder if state is State.IN_REVIEW else None
    assert review.stored_state is state
    assert (state in OPEN) == review.is_open
    assert state is not State.IN_REVIEW or review.curator_id == holder
