"""Guessing passwords slows down, for the account and the source, and nobody is locked out for long."""

import contextlib
import threading
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
    """Seconds to wait before the next try, which is not made."""
    try:
        throttle.take_back(throttle.check(*keys))
    except TooMany as refused:
        return refused.retry_after
    return 0


def fail(throttle: Throttle, watch: Watch, times: int, *keys: str) -> None:
    """Try wrongly, as soon as one may each time."""
    for _ in range(times):
        watch.seconds += wait(throttle, *keys)
        throttle.check(*keys)


def test_four_wrong_tries_cost_nothing(throttle: Throttle, watch: Watch) -> None:
    fail(throttle, watch, 4, "account:a")
    assert wait(throttle, "account:a") == 0
    assert watch.seconds == 1000.0


def test_from_the_fifth_on_each_wrong_try_doubles_the_wait(
    throttle: Throttle, watch: Watch
) -> None:
    waits = []
    fail(throttle, watch, 4, "account:a")
    for _ in range(7):
        fail(throttle, watch, 1, "account:a")
        waits.append(wait(throttle, "account:a"))
    assert waits == [3, 5, 9, 17, 33, 61, 61]
    assert max(waits) <= LONGEST_WAIT + 1


def test_after_the_wait_one_may_try_again(throttle: Throttle, watch: Watch) -> None:
    fail(throttle, watch, 5, "account:a")
    watch.seconds += 1.9
    assert wait(throttle, "account:a") == 1
    watch.seconds += 0.2
    assert wait(throttle, "account:a") == 0


def test_the_sentence_says_how_long(throttle: Throttle, watch: Watch) -> None:
    fail(throttle, watch, 6, "account:a")
    with pytest.raises(TooMany, match="wait 5 seconds"):
        throttle.check("account:a")


def test_a_refused_try_does_not_count(throttle: Throttle, watch: Watch) -> None:
    fail(throttle, watch, 5, "account:a")
    for _ in range(20):
        with pytest.raises(TooMany):
            throttle.check("account:a", "source:s")
    assert wait(throttle, "account:a") == 3
    assert wait(throttle, "source:s") == 0


def test_of_many_tries_sent_at_once_one_alone_gets_in(throttle: Throttle, watch: Watch) -> None:
    fail(throttle, watch, 5, "account:a")
    watch.seconds += 3
    start = threading.Barrier(12)
    entered: list[int] = []

    def guess(number: int) -> None:
        start.wait()
        with contextlib.suppress(TooMany):
            throttle.check("account:a")
            entered.append(number)

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(entered) == 1


def test_either_key_alone_is_enough_and_others_go_free(throttle: Throttle) -> None:
    for n in range(FREE_TRIES_OF_A_SOURCE):
        assert wait(throttle, "account:new", "source:10.0.0.1") == 0
        throttle.check(f"account:{n}", "source:10.0.0.1")
    assert wait(throttle, "account:new", "source:10.0.0.1") > 0
    assert wait(throttle, "account:0", "source:10.0.0.2") == 0


def test_an_office_behind_one_address_may_mistype_more_often_than_one_person() -> None:
    assert FREE_TRIES_OF_A_SOURCE > 2 * FREE_TRIES


def test_a_key_that_was_shown_is_forgiven(throttle: Throttle, watch: Watch) -> None:
    fail(throttle, watch, 9, "account:a")
    throttle.forget("account:a")
    assert wait(throttle, "account:a") == 0


def test_a_right_try_takes_back_itself_and_nothing_before_it(
    throttle: Throttle, watch: Watch
) -> None:
    fail(throttle, watch, FREE_TRIES_OF_A_SOURCE, "source:s")
    watch.seconds += 10
    right = throttle.check("source:s")
    assert wait(throttle, "source:s") == 5
    throttle.take_back(right)
    assert wait(throttle, "source:s") == 0
    fail(throttle, watch, 1, "source:s")
    assert wait(throttle, "source:s") == 5


def test_a_quarter_of_an_hour_forgets(throttle: Throttle, watch: Watch) -> None:
    fail(throttle, watch, 9, "account:a")
    watch.seconds += FORGOTTEN_AFTER + 1
    throttle.check("account:a")
    assert wait(throttle, "account:a") == 0


def test_memory_stays_small_when_many_names_are_tried(throttle: Throttle, watch: Watch) -> None:
    for n in range(MOST_KEYS + 1):
        throttle.check(f"account:{n}")
    watch.seconds += FORGOTTEN_AFTER + 1
    throttle.check("account:last")
    assert len(throttle._tries) == 1
