"""Where the lines, marks and words of a plot stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.plots import HEIGHT, LABEL_HEIGHT, Tick, evenly, line_plot, scale, thinned

VALUES = st.lists(st.none() | st.floats(0, 1e6), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (3, [0, 1, 2, 3]),
        (7, [0, 2, 4, 6, 8]),
        (37, [0, 10, 20, 30, 40]),
        (101, [0, 50, 100, 150]),
    ],
)
def test_an_axis_goes_up_in_round_steps(highest: float, ticks: list[float]) -> None:
    assert scale(highest) == ticks


@given(st.floats(0, 1e9))
def test_an_axis_has_room_for_the_highest_and_few_ticks(highest: float) -> None:
    ticks = scale(highest)
    assert ticks[-1] >= highest
    assert 2 <= len(ticks) <= 6


@given(VALUES, VALUES)
def test_nothing_stands_outside_the_plot(one: list[float | None], two: list[float | None]) -> None:
    length = min(len(one), len(two))
    plot = line_plot({"One": one[:length], "Two": two[:length]}, across=())
    for line in plot.lines:
        for x, y in line.marks:
            assert 0 <= x <= 100
            assert 0 <= y <= HEIGHT
        assert 0 <= line.label_at <= HEIGHT
    first, second = (line.label_at for line in plot.lines)
    assert abs(first - second) >= LABEL_HEIGHT - 0.001


def test_a_line_is_broken_where_nothing_is_known_and_a_lonely_value_gets_a_mark() -> None:
    plot = line_plot({"One": [1, 2, None, 1, None]}, across=())
    (line,) = plot.lines
    assert line.parts == ["0,84 25,0"]
    assert line.marks == [(0, 84), (25, 0), (75, 84)]


def test_with_many_values_only_the_last_and_the_lonely_get_a_mark() -> None:
    values: list[float | None] = [1] * 40 + [None, 1, None] + [1] * 10
    (line,) = line_plot({"One": values}, across=()).lines
    assert [x for x, _ in line.marks] == [evenly(53)[41], 100]


def test_few_words_stand_on_an_axis_and_the_last_is_always_there() -> None:
    ticks = [Tick(n, str(n)) for n in range(13)]
    kept = thinned(ticks)
    assert [tick.words for tick in kept] == ["0", "2", "4", "6", "8", "10", "12"]
    assert [tick.words for tick in kept if not tick.spare] == ["0", "4", "8", "12"]
    assert thinned([]) == []
