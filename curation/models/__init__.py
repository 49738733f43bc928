"""The facts of reviewing."""

from curation.models.desk import (
    CannedReason,
    ReasonUse,
    SavedFilter,
)
from curation.models.reviews import (
    OPEN,
    Action,
    Review,
    ReviewEntry,
    Sample,
    State,
)
from curation.models.talk import (
    ChecklistVerdict,
    InternalNote,
    LineComment,
)

__all__ = [
    "OPEN",
    "Action",
    "CannedReason",
    "ChecklistVerdict",
    "InternalNote",
    "LineComment",
    "ReasonUse",
    "Review",
    "ReviewEntry",
    "Sample",
    "SavedFilter",
    "State",
]
