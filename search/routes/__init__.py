"""The pages of search, by what they are about."""

from flask import Blueprint

bp = Blueprint("search", __name__)

from search.routes import finding, gaps, pins, records, report, similar, synonyms  # noqa: E402

__all__ = ["bp", "finding", "gaps", "pins", "records", "report", "similar", "synonyms"]
