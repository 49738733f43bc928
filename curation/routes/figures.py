"""What curators can see of their work in numbers: one page, and each figure as CSV."""

from typing import Any

from flask import Response, render_template, request, url_for

from core.db import db
from core.tables import csv_lines
from curation.figures import Choice, Figures, drawings, sheets, words
from curation.figures.cases import OUTCOME_WORDS
from curation.figures.choice import PERIODS
from curation.routes.blueprint import bp
from curation.routes.queue import require_queue
from people.signin import me


@bp.get("/reviews/figures")
def figures() -> Any:
    require_queue(me())
    choice = Choice.parse(db.session, request.args)
    page = render_template(
        "curation/figures.html",
        choice=choice,
        periods=PERIODS,
        **({} if choice.errors else _shown(Figures(db.session, choice))),
    )
    return page, 422 if choice.errors else 200


def _shown(figures: Figures) -> dict[str, Any]:
    return {
        "figures": figures,
        "says": words.sentences(figures),
        "plots": drawings.all_of(figures),
        "tables": sheets.beside_plots(figures),
        "sheets": sheets,
        "words": words,
        "outcome_words": OUTCOME_WORDS,
        "csv": lambda name: url_for(".figure_as_csv", name=name, **figures.choice.arguments()),
    }


@bp.get("/reviews/figures/<name>.csv")
def figure_as_csv(name: str) -> Any:
    """One figure, with the same filter, sent line by line."""
    require_queue(me())
    choice = Choice.parse(db.session, request.args)
    if choice.errors:
        return figures()
    sheet = sheets.sheet(Figures(db.session, choice), name)
    days = f"{choice.days.first.isoformat()}-to-{choice.days.last.isoformat()}"
    headers = {"Content-Disposition": f'attachment; filename="{name}-{days}.csv"'}
    return Response(csv_lines(sheet.heads, sheet.rows), mimetype="text/csv", headers=headers)
