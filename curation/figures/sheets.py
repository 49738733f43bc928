"""Each figure as a table: what the page shows below its plot, and what can be taken along as CSV."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from core.errors import NotFound
from curation.figures.cases import OUTCOME_WORDS
from curation.figures.queue import Standing
from curation.figures.times import Spread
from curation.figures.whole import Figures
from kb.models import FlagReason, FlagState

TOO_FEW: Final = "too few to say"
REASON_WORDS: Final[Mapping[FlagReason, str]] = {
    FlagReason.WRONG: "Wrong",
    FlagReason.OUT_OF_DATE: "Out of date",
    FlagReason.CONFUSING: "Confusing",
    FlagReason.SENSITIVE: "Sensitive",
}
FLAG_WORDS: Final[Mapping[FlagState, str]] = {
    FlagState.UPHELD: "Upheld",
    FlagState.REJECTED: "Rejected",
    FlagState.DUPLICATE: "Flagged already",
}

Cell = str | int | float


class Sheet(NamedTuple):
    """A table; every row begins with what it is about."""

    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def sheet(figures: Figures, name: str) -> Sheet:
    """One figure with everything there is of it."""
    if name not in _SHEETS:
        raise NotFound("There is no such figure.")
    return _SHEETS[name](figures)


def queue(standings: Sequence[Standing]) -> Sheet:
    heads = (
        "Day",
        "Waiting",
        "Median age in days",
        "Oldest age in days",
        "Handed in",
        "Answered or withdrawn",
    )
    return Sheet(heads, [_standing(each) for each in standings])


def _standing(each: Standing) -> Sequence[Cell]:
    ages = [_days(each.median_age), _days(each.oldest_age)]
    return [each.day.isoformat(), each.waiting, *ages, each.handed_in, each.left]


def waiting(standings: Sequence[Standing]) -> Sheet:
    """Of the queue, what its first plot shows."""
    return _columns(queue(standings), 0, 1, 4, 5)


def ages(standings: Sequence[Standing]) -> Sheet:
    """Of the queue, what its second plot shows."""
    return _columns(queue(standings), 0, 2, 3)


def _columns(sheet: Sheet, *places: int) -> Sheet:
    return Sheet([sheet.heads[n] for n in places], [[row[n] for n in places] for row in sheet.rows])


def times(figures: Figures) -> Sheet:
    """The whole period, then each week or month of it."""
    heads = ("Time", "What", "Texts", "Median in working hours", "Nine in ten, in working hours")
    all_of_it = figures.days.words
    rows: list[Sequence[Cell]] = [
        (all_of_it, "First look", *_spread(figures.times.look)),
        (all_of_it, "Decision", *_spread(figures.times.decision)),
        (all_of_it, "With its author", *_spread(figures.times.with_author)),
    ]
    for span, (look, decision) in zip(figures.days.spans, figures.times_by_span, strict=True):
        rows.append((span.words, "First look", *_spread(look)))
        rows.append((span.words, "Decision", *_spread(decision)))
    return Sheet(heads, rows)


def looks_by_span(figures: Figures) -> Sheet:
    return _by_span(figures, [look for look, _ in figures.times_by_span])


def decisions_by_span(figures: Figures) -> Sheet:
    return _by_span(figures, [decision for _, decision in figures.times_by_span])


def _by_span(figures: Figures, spreads: Sequence[Spread]) -> Sheet:
    heads = (_span_head(figures), "Texts", "Median, working hours", "Nine in ten, working hours")
    spans = zip(figures.days.spans, spreads, strict=True)
    return Sheet(heads, [(span.words, *_spread(each)) for span, each in spans])


def times_by_topic(figures: Figures) -> Sheet:
    kinds = ("first look", "decision", "with its author")
    heads = ["Topic"]
    for kind in kinds:
        heads += [f"Texts, {kind}", f"Median hours, {kind}", f"Nine in ten, {kind}"]
    return Sheet(
        heads,
        [
            (node.name, *_spread(each.look), *_spread(each.decision), *_spread(each.with_author))
            for node, each in figures.times_by_topic
        ],
    )


def outcomes(figures: Figures) -> Sheet:
    heads = (_span_head(figures), *OUTCOME_WORDS.values())
    spans = zip(figures.days.spans, figures.outcomes.by_span, strict=True)
    return Sheet(
        heads, [(span.words, *(found[each] for each in OUTCOME_WORDS)) for span, found in spans]
    )


def rounds(figures: Figures) -> Sheet:
    return Sheet(("Decided in", "Texts"), list(zip(ROUND_WORDS, figures.rounds, strict=True)))


ROUND_WORDS: Final = ("The first round", "The second", "The third", "The fourth or later")


def checklist(figures: Figures) -> Sheet:
    heads = ("Item", "Answered with no", "Answered")
    return Sheet(heads, [(each.text, each.missing, each.answers) for each in figures.checklist])


def contributors(figures: Figures) -> Sheet:
    heads = (_span_head(figures), "People with something published", "For the first time")
    spans = zip(figures.days.spans, figures.contributors.by_span, strict=True)
    return Sheet(heads, [(span.words, each.everybody, each.new) for span, each in spans])


def verification(figures: Figures) -> Sheet:
    heads = ("Day", "Published articles", "Verified", "Overdue")
    return Sheet(
        heads,
        [
            (each.day.isoformat(), each.articles, each.verified, each.overdue)
            for each in figures.trust.over_time
        ],
    )


def flags(figures: Figures) -> Sheet:
    found = figures.flags
    heads = (_span_head(figures), "Opened", *FLAG_WORDS.values())
    spans = zip(figures.days.spans, found.opened, found.closed, strict=True)
    return Sheet(
        heads,
        [
            (span.words, opened, *(closed[state] for state in FLAG_WORDS))
            for span, opened, closed in spans
        ],
    )


def flag_reasons(figures: Figures) -> Sheet:
    found = figures.flags.by_reason
    return Sheet(
        ("Reason", "Opened"), [(words, found[each]) for each, words in REASON_WORDS.items()]
    )


def flag_times(figures: Figures) -> Sheet:
    heads = ("Closed flags", "Median in working hours", "Nine in ten, in working hours")
    return Sheet(heads, [_spread(figures.flags.time)])


_SHEETS: Final[Mapping[str, Callable[[Figures], Sheet]]] = {
    "queue": lambda figures: queue(figures.daily_standings),
    "times": times,
    "times-by-topic": times_by_topic,
    "outcomes": outcomes,
    "rounds": rounds,
    "checklist": checklist,
    "contributors": contributors,
    "verification": verification,
    "flags": flags,
    "flag-reasons": flag_reasons,
    "flag-times": flag_times,
}
NAMES: Final = tuple(_SHEETS)


def beside_plots(figures: Figures) -> dict[str, Sheet]:
    """What each plot of the page shows, as a table, by the name of the plot."""
    return {
        "queue": waiting(figures.standings),
        "ages": ages(figures.standings),
        "look": looks_by_span(figures),
        "decision": decisions_by_span(figures),
        "contributors": contributors(figures),
        "verification": verification(figures),
        "flags": flags(figures),
    }


def _span_head(figures: Figures) -> str:
    return "Month" if figures.days.is_in_months else "Week"


def _days(age: float | None) -> Cell:
    return "" if age is None else round(age, 1)


def _spread(spread: Spread) -> tuple[Cell, Cell, Cell]:
    if spread.median is None or spread.p90 is None:
        return spread.count, TOO_FEW if spread.count else "", TOO_FEW if spread.count else ""
    return spread.count, hours(spread.median), hours(spread.p90)


def hours(seconds: int) -> float:
    return round(seconds / 3600, 1)
