"""What curators can see of searches: what was looked for in vain, and how often people find."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask import Response, current_app, render_template, request, url_for

from core.db import db
from core.errors import NotAllowed, NotFound
from core.tables import csv_lines
from core.web import settings
from kb.topics import Node, Tree, tree
from people import company
from people.signin import me
from search.gaps import listing
from search.gaps.listing import Card
from search.models import GapState
from search.permissions import can_curate_search
from search.report import Report, period, sheets, vain
from search.report.lists import Cluster
from search.report.period import PERIODS, Period
from search.report.vain import Vain
from search.routes import bp

SHOWN = 25  # clusters of a list; the CSV has all


@bp.get("/search/report")
def report() -> Any:
    _require_curator()
    days, topics = period.chosen(db.session, request.args.get("period", "")), tree(db.session)
    topic = _topic(topics)
    found = _report().successes.of(db.session, days, topics, topic)
    listed = vain.looked_at(db.session, days)
    lists = _lists(listed)
    shown = {which: clusters[:SHOWN] for which, clusters in lists}
    return render_template(
        "search/report.html",
        days=days,
        listed=listed,
        periods=PERIODS,
        topics=topics.choices(),
        topic=topic,
        found=found,
        plot=sheets.success_plot(found, days),
        sheet=sheets.success_by_span(found, days),
        lists=[(which, sheets.LIST_WORDS[which], shown[which], len(all_)) for which, all_ in lists],
        cards=_cards(shown.values()),
        is_kept=settings().search_records and company.keeps_searches(db.session),
        csv=lambda name: url_for(
            "search.report_as_csv",
            name=name,
            period=days.key,
            topic=topic.slug if topic else None,
        ),
    )


@bp.get("/search/report/<name>.csv")
def report_as_csv(name: str) -> Response:
    _require_curator()
    days, topics = period.chosen(db.session, request.args.get("period", "")), tree(db.session)
    if name == "searches":
        days = vain.looked_at(db.session, days)
    sheet = _sheet(name, days, topics)
    file = f"{name}-{days.first.isoformat()}-to-{days.last.isoformat()}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{file}"'}
    return Response(csv_lines(sheet.heads, sheet.rows), mimetype="text/csv", headers=headers)


def _sheet(name: str, days: Period, topics: Tree) -> sheets.Sheet:
    if name == "searches":
        return sheets.searches(_lists(days))
    found = _report().successes.of(db.session, days, topics, _topic(topics))
    if name == "success":
        return sheets.success_by_span(found, days)
    if name == "topics":
        return sheets.success_by_topic(found)
    raise NotFound("There is no such table.")


def _lists(days: Period) -> list[tuple[Vain, list[Cluster]]]:
    order = (Vain.NOTHING, Vain.UNOPENED, Vain.REFINED)
    return [(which, _report().lists.of(db.session, which, days)) for which in order]


def _report() -> Report:
    report: Report = current_app.extensions["search_report"]
    return report


def _cards(shown: Iterable[Sequence[Cluster]]) -> dict[tuple[str, ...], Card]:
    """Which clusters are on a gap card already, by their words."""
    clusters = [each for list_ in shown for each in list_]
    on = vain.gaps_of(db.session, [key for each in clusters for key in each.keys])
    gaps = list({gap.id: gap for gap in on.values()}.values())
    seen = {card.gap.id: card for card in listing.seen(db.session, me(), gaps)}
    return {
        each.keys: min((seen[on[key].id] for key in each.keys if key in on), key=_closed)
        for each in clusters
        if any(key in on for key in each.keys)
    }


def _closed(card: Card) -> tuple[int, bool]:
    """Of several cards of a cluster the one that is most open tells what becomes of it."""
    return list(GapState).index(card.gap.state), card.is_away


def _topic(topics: Tree) -> Node | None:
    slug = request.args.get("topic", "")
    return next((node for node in topics.by_id.values() if node.slug == slug), None)


def _require_curator() -> None:
    if not can_curate_search(db.session, me()):
        raise NotAllowed("Only curators see what people look for.")
