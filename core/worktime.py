"""Working time: what a moment some working seconds later is, and how many lie between two moments."""

from bisect import bisect_right
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.errors import Invalid

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NO_HOURS = "A calendar needs working hours on at least one day of the week."
FEWEST_PER_WEEK = 3600  # with less, a target of weeks would end in years
LOOK_AHEAD = 60  # years; holidays without end would let a sum run for ever

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000  # inside, moments are microseconds since the epoch: exact, and quick to compare


@dataclass(frozen=True)
class _Year:
    """The working spans of one year, in order; `before` is what was worked in those before each."""

    starts: list[int]
    ends: list[int]
    before: list[int]
    total: int

    def worked_until(self, moment: int) -> int:
        i = bisect_right(self.starts, moment) - 1
        if i < 0:
            return 0
        return self.before[i] + min(moment, self.ends[i]) - self.starts[i]

    def moment_after(self, worked: int) -> int:
        """When that much of the year's work was done; at the end of a day, not the next morning."""
        i = bisect_right(self.before, worked - 1) - 1
        return self.starts[i] + worked - self.before[i]


@dataclass(frozen=True)
class Calendar:
    """When people work: `hours` maps a weekday (Monday is 0) to ("09:00", "17:00"), none on other days.

    `holidays` answers whether nobody works on a date. Every day has the length that its time zone
    gives it, also when clocks change in the working hours.
    """

    time_zone: str
    hours: Mapping[int, tuple[str, str]]
    holidays: Container[date] = frozenset()
    _years: dict[int, _Year] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_zone(self.time_zone)
        check_hours(self.hours)

    def add(self, start: datetime, seconds: int) -> datetime:
        """The moment at which that many working seconds have passed since `start`."""
        if seconds < 0:
            raise ValueError("time cannot be taken back")
        if seconds == 0:
            return start
        begin, year = _micro(start), self._local_year(start)
        wanted = self._year(year).worked_until(begin) + seconds * _SECOND
        for each in range(year, min(year + LOOK_AHEAD, 9999)):
            part = self._year(each)
            if wanted <= part.total:
                return _moment(part.moment_after(wanted))
            wanted -= part.total
        raise Invalid(
            "There is no working day left in this calendar: check its hours and days off."
        )

    def between(self, a: datetime, b: datetime) -> int:
        """Working seconds from `a` to `b`; negative where `b` comes first."""
        if b < a:
            return -self.between(b, a)
        first, last = self._local_year(a), self._local_year(b)
        worked = self._year(last).worked_until(_micro(b)) - self._year(first).worked_until(
            _micro(a)
        )
        return (worked + sum(self._year(each).total for each in range(first, last))) // _SECOND

    @property
    def usual_day(self) -> int:
        """Seconds of a usual working day: what most people here would call one."""
        lengths = sorted(end - start for start, end in map(_minutes, self.hours.values()))
        return lengths[len(lengths) // 2] * 60

    def in_words(self, seconds: int) -> str:
        """A stretch of working time as people say it, rounded up: "an hour", "a day", "3 working days"."""
        hours, days, week = -(-seconds // 3600), -(-seconds // self.usual_day), len(self.hours)
        if hours <= 1:
            return "an hour"
        if seconds <= self.usual_day // 2:
            return f"{hours} hours"
        if days <= 1:
            return "a day"
        if days == week:
            return "a week"
        return f"{days} working days" if days <= 2 * week else f"{-(-days // week)} weeks"

    def is_working_day(self, day: date) -> bool:
        return day.weekday() in self.hours and day not in self.holidays

    def _local_year(self, moment: datetime) -> int:
        return moment.astimezone(ZoneInfo(self.time_zone)).year

    def _year(self, year: int) -> _Year:
        if year not in self._years:
            self._years[year] = self._spans(year)
        return self._years[year]

    def _spans(self, year: int) -> _Year:
        starts: list[int] = []
        ends: list[int] = []
        before: list[int] = []
        total = latest = 0
        spans = {weekday: _minutes(given) for weekday, given in self.hours.items()}
        day, end_of_year = date(year, 1, 1), date(year + 1, 1, 1)
        while day < end_of_year:
            if self.is_working_day(day):
                start, end = (self._at(day, minutes) for minutes in spans[day.weekday()])
                # Where a zone leaves out hours, or a whole day, nothing counts twice or backwards.
                start = max(start, latest) if ends else start
                if end > start:
                    starts.append(start)
                    ends.append(end)
                    before.append(total)
                    total, latest = total + end - start, end
            day += timedelta(days=1)
        return _Year(starts, ends, before, total)

    def _at(self, day: date, minutes: int) -> int:
        day, minutes = (day + timedelta(days=1), 0) if minutes == 24 * 60 else (day, minutes)
        return _micro(datetime.combine(day, time(*divmod(minutes, 60)), ZoneInfo(self.time_zone)))


def check_zone(name: str) -> None:
    """Raises Invalid for a time zone that is not known."""
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        sentence = f"There is no time zone called {name[:40]}. Choose one such as Europe/Berlin."
        raise Invalid(sentence, {"time_zone": sentence}) from None


def check_hours(hours: Mapping[int, tuple[str, str]]) -> None:
    """Raises Invalid naming the day whose hours cannot be read, or when nobody ever works."""
    errors, week = {}, 0
    for weekday, given in hours.items():
        try:
            start, end = _minutes(given)
        except ValueError:
            start = end = -1
        if not 0 <= weekday <= 6 or not 0 <= start < end <= 24 * 60:
            name = DAY_NAMES[weekday % 7]
            errors[f"hours_{weekday}"] = f"{name}: give a beginning and a later end, as 09:00."
        week += (end - start) * 60
    if not errors and week < FEWEST_PER_WEEK:
        errors["hours"] = NO_HOURS
    if errors:
        raise Invalid(" ".join(errors.values()), errors)


def _minutes(given: tuple[str, str]) -> tuple[int, int]:
    """Beginning and end in minutes of the day; "24:00" is its end."""
    start, end = (_minute(text) for text in given)
    return start, end


def _minute(text: str) -> int:
    hour, minute = text.split(":")
    if len(hour) != 2 or len(minute) != 2 or not (hour + minute).isdecimal() or int(minute) > 59:
        raise ValueError(text)
    return int(hour) * 60 + int(minute)


def _micro(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _moment(micro: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micro)
