"""Guessing passwords slows down, for the account and the source, and nobody is locked out for long."""

import time

import pytest

from core.errors import TooMany
from people.throttle import (
    FORGOTTEN_AFTER,
    FREE_TRIES,
    FREE_TRIES_OF_A_SOURCE,
    LONGEST_WAIT,
    MOST_KEYS,
    Throttle,
)


class Watch:
    """Seconds since the machine started, as the test wants them."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    monkeypatch.setattr(time, "monotonic", watch)
    return watch


@pytest.fixture
def throttle(watch: Watch) -> Throttle:
    return Throttle()


def wait(throttle: Throttle, *keys: str) -> int:
    """Seconds to wait before the next try."""
    try:
        throttle.check(*keys)
    except TooMany as refused:
        return refused.retry_after
    return 0


def fail(throttle: Throttle, times: int, *keys: str) -> None:
    for _ in range(times):
        throttle.failed(*keys)


def test_four_wrong_tries_cost_nothing(throttle: Throttle) -> None:
    fail(throttle, 4, "account:a")
    assert wait(throttle, "account:a") == 0


def test_from_the_fifth_on_each_wrong_try_doubles_the_wait(throttle: Throttle) -> None:
    waits = []
    fail(throttle, 4, "account:a")
    for _ in range(7):
        throttle.failed("account:a")
        waits.append(wait(throttle, "account:a"))
    assert waits == [3, 5, 9, 17, 33, 61, 61]
    assert max(waits) <= LONGEST_WAIT + 1


def test_after_the_wait_one_may_try_again(throttle: Throttle, watch: Watch) -> None:
    fail(throttle, 5, "account:a")
    watch.seconds += 1.9
    assert wait(throttle, "account:a") == 1
    watch.seconds += 0.2
    assert wait(throttle, "account:a") == 0


def test_the_sentence_says_how_long(throttle: Throttle) -> None:
    fail(throttle, 6, "account:a")
    with pytest.raises(TooMany, match="wait 5 seconds"):
        throttle.check("account:a")


def test_either_key_alone_is_enough_and_others_go_free(throttle: Throttle) -> None:
    for n in range(FREE_TRIES_OF_A_SOURCE):
        assert wait(throttle, "account:new", "source:10.0.0.1") == 0
        throttle.failed(f"account:{n}", "source:10.0.0.1")
    assert wait(throttle, "account:new", "source:10.0.0.1") > 0
    assert wait(throttle, "account:0", "source:10.0.0.2") == 0


def test_an_office_behind_one_address_may_mistype_more_often_than_one_person() -> None:
    assert FREE_TRIES_OF_A_SOURCE > 2 * FREE_TRIES


def test_success_forgets(throttle: Throttle) -> None:
    fail(throttle, 9, "account:a", "source:s")
    throttle.succeeded("account:a", "source:s")
    assert wait(throttle, "account:a", "source:s") == 0


def test_a_quarter_of_an_hour_forgets(throttle: Throttle, watch: Watch) -> None:
    fail(throttle, 9, "account:a")
    watch.seconds += FORGOTTEN_AFTER + 1
    throttle.failed("account:a")
    assert wait(throttle, "account:a") == 0


def test_memory_stays_small_when_many_names_are_tried(throttle: Throttle, watch: Watch) -> None:
    for n in range(MOST_KEYS + 1):
        throttle.failed(f"account:{n}")
    watch.seconds += FORGOTTEN_AFTER + 1
    throttle.failed("account:last")
    assert len(throttle._tries) == 1
