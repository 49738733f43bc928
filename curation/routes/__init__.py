"""The addresses of reviewing."""

from curation.routes import (
    bulk,
    checklist,
    checks,
    decisions,
    duplicates,
    editing,
    figures,
    queue,
    reasons,
    review,
    submission,
    talk,
    triage,
)
from curation.routes.blueprint import bp

__all__ = [
    "bp",
    "bulk",
    "checklist",
    "checks",
    "decisions",
    "duplicates",
    "editing",
    "figures",
    "queue",
    "reasons",
    "review",
    "submission",
    "talk",
    "triage",
]
