"""The pages of the knowledge base, by what they are about."""

from flask import Blueprint

bp = Blueprint("kb", __name__)

from kb.routes import attachments, feed, merging, reading, topics, writing  # noqa: E402

__all__ = ["attachments", "bp", "feed", "merging", "reading", "topics", "writing"]
