"""The review: one literal table of states and actions, and a plain function for each action."""

from curation.workflow.claims import assign, claim, escalate, release, take_over
from curation.workflow.decisions import approve, decline, edit_and_approve, request_changes
from curation.workflow.duplicates import merge_into, title_words
from curation.workflow.moving import CLAIM, LONGEST_REASON
from curation.workflow.submission import new_review, submit, withdraw
from curation.workflow.table import DONE, EVENTS, TABLE, MovedOn, WrongState, last_act
from curation.workflow.upkeep import (
    MOVED_ON,
    Merge,
    accept,
    accept_into_draft,
    bring_up,
    is_stale,
    merge_with_live,
    send_back_to_rebase,
    with_suggestion,
)

__all__ = [
    "CLAIM",
    "DONE",
    "EVENTS",
    "LONGEST_REASON",
    "MOVED_ON",
    "TABLE",
    "Merge",
    "MovedOn",
    "WrongState",
    "accept",
    "accept_into_draft",
    "approve",
    "assign",
    "bring_up",
    "claim",
    "decline",
    "edit_and_approve",
    "escalate",
    "is_stale",
    "last_act",
    "merge_into",
    "merge_with_live",
    "new_review",
    "release",
    "request_changes",
    "send_back_to_rebase",
    "submit",
    "take_over",
    "title_words",
    "with_suggestion",
    "withdraw",
]
