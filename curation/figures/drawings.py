"""Which plots show the figures, with axes in days, weeks or months and in the units people use."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from core.plots import MOST_TICKS, Plot, Tick, evenly, line_plot, thinned
from curation.figures.period import A_YEAR, Period
from curation.figures.times import Spread
from curation.figures.whole import Figures
from curation.figures.words import counted_days

HALF, NINE_IN_TEN = "Half", "Nine in ten"
HOUR = 3600


def queue(figures: Figures) -> Plot:
    waiting = [each.waiting for each in figures.standings]
    return _over_days(figures, {"Waiting": waiting}, [each.day for each in figures.standings])


def ages(figures: Figures) -> Plot:
    series = {
        "Median": [each.median_age for each in figures.standings],
        "Oldest": [each.oldest_age for each in figures.standings],
    }
    return _over_days(figures, series, [each.day for each in figures.standings], words=_days)


def look(figures: Figures) -> Plot:
    return _time(figures, [look for look, _ in figures.times_by_span])


def decision(figures: Figures) -> Plot:
    return _time(figures, [decision for _, decision in figures.times_by_span])


def contributors(figures: Figures) -> Plot:
    people = figures.contributors.by_span
    series = {"All": [each.everybody for each in people], "New": [each.new for each in people]}
    return line_plot(series, across=_spans(figures))


def verification(figures: Figures) -> Plot:
    found = figures.trust.over_time
    series = {
        "Verified": [_percent(each.share) for each in found],
        "Overdue": [_percent(each.overdue_share) for each in found],
    }
    days = [each.day for each in found]
    return _over_days(figures, series, days, words="{:.0f}%".format, steps=(25,), least=100)


def flags(figures: Figures) -> Plot:
    found = figures.flags
    series = {"Opened": found.opened, "Closed": [each.total() for each in found.closed]}
    return line_plot(series, across=_spans(figures))


def all_of(figures: Figures) -> dict[str, Plot]:
    made: Sequence[Callable[[Figures], Plot]] = (
        queue, ages, look, decision, contributors, verification, flags,
    )  # fmt: skip
    return {each.__name__: each(figures) for each in made}


def _time(figures: Figures, spreads: Sequence[Spread]) -> Plot:
    """In working hours, or in working days where it takes long."""
    day = figures.calendar.usual_day
    highest = max((spread.p90 or 0 for spread in spreads), default=0)
    in_days = highest > 2 * day
    unit = day if in_days else HOUR
    series = {
        HALF: [None if each.median is None else each.median / unit for each in spreads],
        NINE_IN_TEN: [None if each.p90 is None else each.p90 / unit for each in spreads],
    }
    words = _days if in_days else _hours
    return line_plot(series, across=_spans(figures), words=words)


def _spans(figures: Figures) -> Sequence[Tick]:
    """The weeks or months, at even distances."""
    days = figures.days
    words = [days.short(span.last) for span in days.spans]
    return thinned(list(map(Tick, evenly(len(words)), words)), _most_ticks(days))


def _over_days(
    figures: Figures,
    series: Mapping[str, Sequence[float | None]],
    days: Sequence[date],
    *,
    words: Callable[[float], str] = "{:g}".format,
    steps: Sequence[float] = (),
    least: float = 0,
) -> Plot:
    """At the place that each day has in the whole period."""
    return line_plot(
        series,
        across=_calendar_ticks(figures.days),
        words=words,
        places=[_place(figures.days, day) for day in days],
        steps=steps,
        least=least,
    )


def _calendar_ticks(period: Period) -> list[Tick]:
    """Mondays; over a long time the first days of months."""
    every_day = [day for day in period.every_day if day >= period.samples[0]]
    chosen = [day for day in every_day if _is_marked(period, day)] or every_day
    ticks = [Tick(_place(period, day), period.short(day)) for day in chosen]
    return thinned(ticks, _most_ticks(period))


def _is_marked(period: Period, day: date) -> bool:
    return day.day == 1 if period.is_in_months else day.weekday() == 0


def _most_ticks(period: Period) -> int:
    """Names of months are short, as long as no year stands with them."""
    return 12 if period.is_in_months and period.days <= A_YEAR else MOST_TICKS


def _place(period: Period, day: date) -> float:
    first = period.samples[0]
    length = (period.last - first).days
    return round(100 * (day - first).days / length, 3) if length else 50.0


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _days(number: float) -> str:
    return counted_days(number) if number else "0"


def _hours(number: float) -> str:
    return f"{number:g} h" if number else "0"
