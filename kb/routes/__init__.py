"""The pages of the knowledge base, by what they are about."""

from flask import Blueprint

bp = Blueprint("kb", __name__)

from kb.routes import (  # noqa: E402
    attachments,
    care,
    dependencies,
    feed,
    flags,
    handover,
    lifecycle,
    managing,
    merging,
    outcomes,
    placement,
    policy,
    reading,
    topics,
    writing,
)

__all__ = [
    "attachments",
    "bp",
    "care",
    "dependencies",
    "feed",
    "flags",
    "handover",
    "lifecycle",
    "managing",
    "merging",
    "outcomes",
    "placement",
    "policy",
    "reading",
    "topics",
    "writing",
]
