"""Drafts: working copies, their way into review and back, their way onto a newer live text."""

from kb.drafts.freezing import (
    check_complete,
    differs,
    discard,
    follow,
    freeze,
    let_go,
    missing_fields,
    thaw,
)
from kb.drafts.images import ATTACHMENT, record_uses
from kb.drafts.rebasing import (
    BaseMoved,
    base_moved,
    carry_over,
    is_withheld,
    pick,
    picking_of,
    rebase,
)
from kb.drafts.revising import propose_for, revise
from kb.drafts.skeletons import SKELETONS, skeleton
from kb.drafts.working import (
    UNDO_DAYS,
    SavedMeanwhile,
    delete,
    find,
    listed,
    of_article,
    purge,
    restore,
    save,
    start,
)

__all__ = [
    "ATTACHMENT",
    "SKELETONS",
    "UNDO_DAYS",
    "BaseMoved",
    "SavedMeanwhile",
    "base_moved",
    "carry_over",
    "check_complete",
    "delete",
    "differs",
    "discard",
    "find",
    "follow",
    "freeze",
    "is_withheld",
    "let_go",
    "listed",
    "missing_fields",
    "of_article",
    "pick",
    "picking_of",
    "propose_for",
    "purge",
    "rebase",
    "record_uses",
    "restore",
    "revise",
    "save",
    "skeleton",
    "start",
    "thaw",
]
