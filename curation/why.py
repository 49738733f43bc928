"""Why an item stands where it stands in the queue, in a plain sentence with only true parts."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from curation.filters import SMALL_WORDS
from curation.models import State
from curation.queries import WAITING
from curation.queue_rows import Row
from people.models import User


def why(row: Row, reader: User, now: datetime) -> str:
    """ "12 people searched for this last week; waits 2 days; topic Sales" """
    sentence = "; ".join(_parts(row, reader, now))
    return sentence[:1].upper() + sentence[1:]


def _parts(row: Row, reader: User, now: datetime) -> Iterator[str]:
    waits = row.profile.state in list(WAITING)
    if waits and row.due_at is not None and row.due_at < now:
        yield f"overdue by {span(now - row.due_at)}"
    if row.searchers:
        yield _counted(row.searchers, "person", "people") + " searched for this last week"
    if row.profile.article == "live" and row.views:
        times = "once" if row.views == 1 else f"{row.views} times"
        yield f"the article was read {times} last month"
    if row.round > 1 and row.curator_id == reader.id and row.profile.state == State.SUBMITTED:
        yield "you read it last round"
    if waits:
        yield f"waits {span(now - row.submitted_at)}"
    yield f"topic {row.topic_name}"
    if row.profile.first:
        what = "article" if row.profile.article == "new" else "contribution"
        yield f"first {what} of its author"
    if row.profile.article == "live":
        yield _change(row.words)


def _change(words: int) -> str:
    if words == 0:
        return "no word changes"
    counted = _counted(words, "word", "words")
    return f"small change: {counted}" if words <= SMALL_WORDS else f"changes {counted}"


def span(time: timedelta) -> str:
    """A stretch of time as people say it: "5 minutes", "3 hours", "2 days"."""
    minutes = int(time.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 60:
        return _counted(minutes, "minute", "minutes")
    if minutes < 48 * 60:
        return _counted(minutes // 60, "hour", "hours")
    return _counted(minutes // (24 * 60), "day", "days")


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
