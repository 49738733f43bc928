"""The report as tables and plots: what stands below each plot, and what is taken along as CSV."""

from collections.abc import Sequence
from typing import NamedTuple

from core.plots import Plot, Tick, evenly, line_plot, thinned
from core.text import days_in_words
from search.report.lists import Cluster
from search.report.period import Period
from search.report.success import Rate, Success
from search.report.vain import Vain

LIST_WORDS = {
    Vain.NOTHING: "Found nothing",
    Vain.UNOPENED: "Found something, opened nothing",
    Vain.REFINED: "Asked again in other words",
}

Cell = str | int | float


class Sheet(NamedTuple):
    """A table; every row begins with what it is about."""

    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def success_plot(found: Success, days: Period) -> Plot:
    series = {
        "Opened": [_percent(rate.share) for rate in found.spans],
        "Worked": [_percent(rate.worked_share) for rate in found.spans],
    }
    names = [f"{last.day} {last:%b}" for _, last in days.spans]
    across = thinned(list(map(Tick, evenly(len(names)), names)))
    return line_plot(series, across=across, words="{:.0f}%".format, steps=(25,), least=100)


def success_by_span(found: Success, days: Period) -> Sheet:
    spans = (days_in_words(*span) for span in days.spans)
    return Sheet(
        ("Day" if days.is_in_days else "Week", *_HEADS),
        [(name, *_cells(rate)) for name, rate in zip(spans, found.spans, strict=True)],
    )


def success_by_topic(found: Success) -> Sheet:
    rows = [(node.name, *_cells(rate)) for node, rate in found.topics]
    return Sheet(("Topic", *_HEADS), [*rows, ("Nothing found", *_cells(found.nothing))])


_HEADS = ("Searches", "Something opened", "In percent", "Said it worked", "Said it did not")


def _cells(rate: Rate) -> Sequence[Cell]:
    share = _percent(rate.share)
    return (
        rate.searches,
        rate.opened,
        "" if share is None else round(share),
        rate.worked,
        rate.failed,
    )


def searches(lists: Sequence[tuple[Vain, Sequence[Cluster]]]) -> Sheet:
    heads = ("List", "Wording", "Other wordings", "People", "Searches", "Of them without a name")
    return Sheet(
        heads,
        [
            (
                LIST_WORDS[which],
                each.wordings[0],
                "; ".join(each.examples),
                each.people,
                each.searches,
                each.unnamed,
            )
            for which, found in lists
            for each in found
        ],
    )


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
