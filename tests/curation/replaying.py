"""Follows the log of a review from its start: states by the table, each action by whom it belongs to."""

from dataclasses import dataclass
from typing import Protocol

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


class Entry(Protocol):
    """A line of the log, or a row of its table."""

    @property
    def actor_id(self) -> int: ...
    @property
    def action(self) -> Action: ...
    @property
    def old(self) -> State | None: ...
    @property
    def new(self) -> State: ...


@dataclass
class Story:
    """Where a review stands by its log alone."""

    author_id: int
    state: State | None = None
    holder: int | None = None

    def go_on(self, entry: Entry) -> None:
        assert entry.old is self.state
        if entry.action is Action.EXPIRE:
            assert (self.state, entry.new) == (State.IN_REVIEW, State.SUBMITTED)
        else:
            assert TABLE[self.state, entry.action] is entry.new
        if entry.action in BY_HOLDER:
            assert entry.actor_id == self.holder
        elif entry.action is Action.WITHDRAW:
            assert entry.actor_id == self.author_id
        elif entry.action in (Action.CLAIM, Action.TAKE_OVER):
            assert entry.actor_id not in (self.author_id, self.holder)
            self.holder = entry.actor_id
        self.state = entry.new
        if self.state is not State.IN_REVIEW:
            self.holder = None


def replay(review: Review) -> None:
    story = Story(review.author_id)
    for entry in review.entries:
        story.go_on(entry)
    assert review.stored_state is story.state
    assert (story.state in OPEN) == review.is_open
    assert story.state is not State.IN_REVIEW or review.curator_id == story.holder
