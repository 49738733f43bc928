"""One person's slow tasks never keep the others waiting."""

import threading

import pytest

from core.errors import TooMany
from core.turns import Turns


def test_different_people_have_their_turns_side_by_side() -> None:
    turns = Turns(slow=1.0)
    with turns.take(1), turns.take(2):
        pass


def test_a_persons_third_task_at_once_is_refused() -> None:
    turns = Turns(slow=1.0)
    waiting = threading.Event()

    def second() -> None:
        waiting.set()
        with turns.take(1):
            pass

    with turns.take(1):
        thread = threading.Thread(target=second)
        thread.start()
        waiting.wait()
        while 1 not in turns._waiting:
            pass
        with pytest.raises(TooMany, match="still being worked on"), turns.take(1):
            pass
    thread.join()
    with turns.take(1):
        pass


def test_after_a_very_slow_task_a_person_rests_and_others_do_not() -> None:
    turns = Turns(slow=-1.0)  # everything counts as slow
    with turns.take(1):
        threading.Event().wait(0.05)
    with pytest.raises(TooMany, match="took very long") as refusal, turns.take(1):
        pass
    assert refusal.value.retry_after >= 1
    with turns.take(2):
        pass


def test_a_task_that_fails_frees_the_turn() -> None:
    turns = Turns(slow=1.0)
    with pytest.raises(ValueError, match="broken"), turns.take(1):
        raise ValueError("broken")
    with turns.take(1):
        pass
