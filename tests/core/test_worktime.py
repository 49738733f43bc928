"""Working time: hours, days off, clocks that change; adding and measuring agree."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from core.worktime import Calendar

OFFICE = dict.fromkeys(range(5), ("09:00", "17:00"))
HOUR = 3600


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin"))


def office(*days_off: date) -> Calendar:
    return Calendar("Europe/Berlin", OFFICE, frozenset(days_off))


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2025-03-10 09:00", 2, "2025-03-10 11:00"),
        ("2025-03-10 16:00", 1, "2025-03-10 17:00"),  # at the end of a day, not the next morning
        ("2025-03-10 16:00", 2, "2025-03-11 10:00"),
        ("2025-03-10 22:00", 1, "2025-03-11 10:00"),
        ("2025-03-07 16:30", 1, "2025-03-10 09:30"),  # over a weekend
        ("2025-03-08 12:00", 8, "2025-03-10 17:00"),
        ("2025-03-10 09:00", 80, "2025-03-21 17:00"),  # two weeks
        ("2025-12-31 16:00", 2, "2026-01-01 10:00"),  # over the turn of the year
    ],
)
def test_time_runs_in_working_hours_alone(start: str, hours: int, end: str) -> None:
    assert office().add(berlin(start), hours * HOUR) == berlin(end)
    assert office().between(berlin(start), berlin(end)) == hours * HOUR


def test_no_time_passes_on_a_day_off() -> None:
    calendar = office(date(2025, 3, 11))
    assert calendar.add(berlin("2025-03-10 16:00"), 2 * HOUR) == berlin("2025-03-12 10:00")
    assert calendar.between(berlin("2025-03-11 00:00"), berlin("2025-03-12 00:00")) == 0


def test_the_wall_clock_counts_on_both_sides_of_a_change_of_the_clocks() -> None:
    # Summer time begins on Sunday 30 March 2025 and ends on Sunday 26 October.
    for friday in ("2025-03-28", "2025-10-24"):
        start = berlin(f"{friday} 16:00")
        end = office().add(start, 2 * HOUR)
        local = end.astimezone(ZoneInfo("Europe/Berlin"))
        assert (local.weekday(), local.hour) == (0, 10)


@pytest.mark.parametrize(("night", "hours"), [("2025-03-30", 3), ("2025-10-26", 5)])
def test_a_night_shift_is_as_long_as_the_night_was(night: str, hours: int) -> None:
    calendar = Calendar("Europe/Berlin", {6: ("00:00", "04:00")})
    start = berlin(f"{night} 00:00")
    assert calendar.between(start, start + timedelta(hours=20)) == hours * HOUR


def test_hours_inside_the_gap_of_the_clocks_count_nothing_twice_or_backwards() -> None:
    calendar = Calendar("Europe/Berlin", {6: ("02:30", "03:00"), 0: ("09:00", "17:00")})
    start = berlin("2025-03-30 00:00")
    assert calendar.between(start, berlin("2025-03-31 10:00")) == HOUR


def test_a_day_that_a_zone_left_out_counts_once() -> None:
    calendar = Calendar("Pacific/Apia", dict.fromkeys(range(7), ("00:00", "24:00")))
    first = datetime(2011, 12, 29, 0, tzinfo=ZoneInfo("Pacific/Apia"))
    last = datetime(2012, 1, 1, 0, tzinfo=ZoneInfo("Pacific/Apia"))
    assert calendar.between(first, last) == 2 * 24 * HOUR  # 30 December never was


def test_a_day_may_last_until_midnight() -> None:
    calendar = Calendar("UTC", {0: ("00:00", "24:00")})
    monday = datetime(2025, 3, 10, tzinfo=UTC)
    assert calendar.between(monday, monday + timedelta(days=7)) == 24 * HOUR


@pytest.mark.parametrize(
    "hours",
    [
        {},
        {0: ("09:00", "09:00")},
        {0: ("17:00", "09:00")},
        {0: ("9", "17:00")},
        {0: ("09:00", "24:01")},
        {0: ("09:60", "17:00")},
        {0: ("09:00", "09:10")},
        {7: ("09:00", "17:00")},
    ],
)
def test_hours_in_which_nobody_works_are_refused(hours: dict[int, tuple[str, str]]) -> None:
    with pytest.raises(Invalid):
        Calendar("UTC", hours)


@pytest.mark.parametrize("zone", ["", "Nowhere/Land", "../../etc/passwd", "Europe", "a\0b"])
def test_a_time_zone_that_is_not_known_is_refused(zone: str) -> None:
    with pytest.raises(Invalid) as refused:
        Calendar(zone, OFFICE)
    assert "time_zone" in refused.value.fields


def test_a_calendar_of_nothing_but_days_off_ends_in_a_sentence() -> None:
    class Always(frozenset[date]):
        def __contains__(self, day: object) -> bool:
            return True

    with pytest.raises(Invalid, match="no working day"):
        Calendar("UTC", OFFICE, Always()).add(datetime(2025, 1, 1, tzinfo=UTC), 1)


def test_time_is_never_taken_back() -> None:
    with pytest.raises(ValueError, match="taken back"):
        office().add(berlin("2025-03-10 09:00"), -1)


def test_a_usual_day_is_as_long_as_most_days() -> None:
    assert office().usual_day == 8 * HOUR
    assert Calendar("UTC", OFFICE | {4: ("09:00", "12:00")}).usual_day == 8 * HOUR


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "an hour"),
        (HOUR, "an hour"),
        (HOUR + 1, "2 hours"),
        (4 * HOUR, "4 hours"),
        (5 * HOUR, "a day"),
        (8 * HOUR, "a day"),
        (8 * HOUR + 1, "2 working days"),
        (40 * HOUR, "a week"),
        (41 * HOUR, "6 working days"),
        (81 * HOUR, "3 weeks"),
    ],
)
def test_working_time_in_words(seconds: int, words: str) -> None:
    assert office().in_words(seconds) == words


# What holds for every calendar

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]
MINUTES = st.integers(0, 24 * 4 - 1).map(lambda quarter: quarter * 15)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    hours = {}
    for day in draw(st.sets(st.integers(0, 6), min_size=1)):
        start = draw(st.integers(0, 22)) * 60 + draw(st.sampled_from([0, 15, 30]))
        end = draw(st.integers(start // 60 + 2, 24)) * 60
        hours[day] = (_clock(start), _clock(end))
    first = date(2025, 1, 1)
    off = draw(st.sets(st.integers(0, 800).map(lambda n: first + timedelta(days=n)), max_size=30))
    return Calendar(draw(st.sampled_from(ZONES)), hours, frozenset(off))


MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))
WHOLE = MOMENTS.map(lambda moment: moment.replace(microsecond=0))
SECONDS = st.integers(0, 400 * HOUR)


@given(calendars(), MOMENTS, SECONDS)
def test_what_was_added_is_what_is_measured(calendar: Calendar, a: datetime, seconds: int) -> None:
    assert calendar.between(a, calendar.add(a, seconds)) == seconds


@given(calendars(), WHOLE, WHOLE, WHOLE)
def test_parts_make_the_whole(calendar: Calendar, a: datetime, b: datetime, c: datetime) -> None:
    assert calendar.between(a, b) + calendar.between(b, c) == calendar.between(a, c)


@given(calendars(), MOMENTS, SECONDS, SECONDS)
def test_more_time_ends_later(calendar: Calendar, a: datetime, one: int, other: int) -> None:
    less, more = sorted((one, other))
    assert a <= calendar.add(a, less) <= calendar.add(a, more)


@given(calendars(), WHOLE, SECONDS, SECONDS)
def test_a_pause_in_between_changes_nothing(
    calendar: Calendar, a: datetime, one: int, other: int
) -> None:
    assert calendar.add(calendar.add(a, one), other) == calendar.add(a, one + other)


@given(calendars(), WHOLE, st.timedeltas(timedelta(0), timedelta(days=60)))
def test_no_more_is_worked_than_time_passes(
    calendar: Calendar, a: datetime, length: timedelta
) -> None:
    assert 0 <= calendar.between(a, a + length) <= length.total_seconds()
