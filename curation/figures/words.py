"""The figures in plain sentences: what the page says above each plot, and reads out in its place."""

from typing import Final

from core.worktime import Calendar
from curation.figures.cases import Outcome
from curation.figures.sheets import FLAG_WORDS
from curation.figures.times import FEWEST, Spread
from curation.figures.whole import Figures

PUBLISHED: Final = (Outcome.APPROVED, Outcome.EDITED, Outcome.BY_TWO, Outcome.AT_ONCE)


def working(calendar: Calendar, seconds: int) -> str:
    """ "an hour", "6 working hours", "a working day", "2 weeks" """
    words = calendar.in_words(seconds)
    return {"a day": "a working day"}.get(words) or words.replace(" hours", " working hours")


def exactly(calendar: Calendar, seconds: int) -> str:
    """As a table compares it: "5.5 h", "2.4 days" of work"""
    day = calendar.usual_day
    if seconds < day:
        return f"{round(seconds / 3600, 1):g} h"
    return counted_days(round(seconds / day, 1))


def counted_days(number: float) -> str:
    return f"{number:g} day{'' if number == 1 else 's'}"


def counted(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def queue(figures: Figures) -> str:
    last = figures.standings[-1]
    when = "now" if figures.choice.is_until_today else "at the end"
    if not last.waiting:
        return f"Nothing waits for curators {when}. {_longest_queue(figures)}".strip()
    verb = "waits" if last.waiting == 1 else "wait"
    return f"{counted(last.waiting, 'text')} {verb} for curators {when}. {_longest_queue(figures)}".strip()


def _longest_queue(figures: Figures) -> str:
    most = max(figures.standings, key=lambda each: each.waiting)
    if most.waiting <= figures.standings[-1].waiting:
        return ""
    return f"The most were {most.waiting:,}, on {most.day.day} {most.day:%B}."


def ages(figures: Figures) -> str:
    last = figures.standings[-1]
    if last.median_age is None or last.oldest_age is None:
        return "Nothing waits, so nothing is old."
    if last.waiting == 1:
        return f"The one text that waits was handed in {_days(last.oldest_age)} ago."
    return (
        f"Half of what waits was handed in less than {_days(last.median_age)} ago,"
        f" the oldest {_days(last.oldest_age)} ago."
    )


def _days(age: float) -> str:
    if age < 1:
        return "a day"
    return counted(round(age), "day")


def look(figures: Figures) -> str:
    spread = figures.times.look
    if not spread.count:
        return "No text was looked at for the first time in these days."
    return _spread(figures, spread, "looked at")


def decision(figures: Figures) -> str:
    spread = figures.times.decision
    if not spread.count:
        return "Nothing was decided in these days."
    return _spread(figures, spread, "decided")


def _spread(figures: Figures, spread: Spread, done: str) -> str:
    if spread.median is None or spread.p90 is None:
        were = "was" if spread.count == 1 else "were"
        return f"{counted(spread.count, 'text')} {were} {done}: {TOO_FEW}."
    half, most = (working(figures.calendar, each) for each in (spread.median, spread.p90))
    if half == most:
        return f"Nine in ten texts are {done} within {most}."
    return f"Half of all texts are {done} within {half}; nine in ten within {most}."


TOO_FEW: Final = f"too few to say how long that takes, which needs {FEWEST}"


def with_author(figures: Figures) -> str:
    """The time that curators cannot answer for."""
    spread = figures.times.with_author
    if not spread.count:
        return "None of them went back to its author."
    whom = "its author" if spread.count == 1 else "their authors"
    went = f"{counted(spread.count, 'text')} went back to {whom}"
    if spread.median is None:
        return f"{went}: {TOO_FEW}. That time is not counted here."
    half = working(figures.calendar, spread.median)
    return f"{went}, half of them for less than {half} in all. That time is not counted here."


def outcomes(figures: Figures) -> str:
    found = figures.outcomes
    if not found.count:
        return "No review ended in these days."
    published = sum(found.total[each] for each in PUBLISHED)
    ended = counted(found.count, "review")
    return f"{ended} ended; {_share(published, found.count)} with a text that readers got."


def rounds(figures: Figures) -> str:
    decided = sum(figures.rounds)
    if not decided:
        return "Nothing was decided in these days."
    first = _capital(_share(figures.rounds[0], decided))
    were = "was" if decided == 1 else "were"
    return f"{first} of {counted(decided, 'text')} {were} decided in the first round."


def checklist(figures: Figures) -> str:
    if not figures.checklist:
        return "No item of a checklist was answered with no in these days."
    return "The items that curators most often answered with no."


def contributors(figures: Figures) -> str:
    total = figures.contributors.total
    if not total.everybody:
        return "Nobody had a text published in these days."
    people = "person" if total.everybody == 1 else "people"
    said = f"{total.everybody:,} different {people} had a text published"
    if not total.new:
        return f"{said}, none of them for the first time."
    if total.new == total.everybody:
        return f"{said}, {'for the first time' if total.new == 1 else 'all of them for the first time'}."
    return f"{said}, {total.new:,} of them for the first time."


def verification(figures: Figures) -> str:
    now, needs_check = figures.trust.now, figures.trust.needs_check
    if not now.articles:
        return "No article is published here."
    said = (
        f"Now {_share(now.verified, now.articles)} of {counted(now.articles, 'published article')}"
        f" {'is' if now.articles == 1 else 'are'} verified; {now.overdue:,} overdue for a check"
    )
    return f"{said}, and {needs_check:,} because something changed." if needs_check else f"{said}."


def flags(figures: Figures) -> str:
    found = figures.flags
    opened, closed = sum(found.opened), found.outcomes.total()
    number = f"{found.still_open:,}" if found.still_open else "none"
    waiting = f"{number} {'is' if found.still_open < 2 else 'are'} open now."
    if not opened and not closed:
        return f"Readers flagged nothing in these days; {waiting}"
    parts = [
        f"{found.outcomes[state]:,} {words.lower()}"
        for state, words in FLAG_WORDS.items()
        if found.outcomes[state]
    ]
    how = f" ({', '.join(parts)})" if parts else ""
    return f"{counted(opened, 'flag')} opened, {closed:,} closed{how}; {waiting}"


def flag_time(figures: Figures) -> str:
    spread = figures.flags.time
    if not spread.count:
        return ""
    if spread.median is None:
        return f"With fewer than {FEWEST} closed there is too little to say how long that takes."
    return f"Half of them are closed within {working(figures.calendar, spread.median)}."


def percent(part: int, whole: int) -> str:
    """Rounded, but nothing is all or none that is not."""
    share = 100 * part / whole
    if 0 < share < 1:
        return "under 1%"
    return "over 99%" if 99 < share < 100 else f"{share:.0f}%"


def _share(part: int, whole: int) -> str:
    if part == whole:
        return "all" if whole > 1 else "1"
    return percent(part, whole) if part else "none"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


NAMED: Final = {
    each.__name__: each
    for each in (
        queue, ages, look, decision, with_author, outcomes, rounds, checklist, contributors,
        verification, flags, flag_time,
    )
}  # fmt: skip


def sentences(figures: Figures) -> dict[str, str]:
    """All of them, by the name of what they are about."""
    return {name: say(figures) for name, say in NAMED.items()}
