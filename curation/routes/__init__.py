"""The addresses of reviewing."""

from curation.routes import decisions, queue, review, submission
from curation.routes.blueprint import bp

__all__ = ["bp", "decisions", "queue", "review", "submission"]
