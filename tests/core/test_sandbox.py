"""The worker processes: their limits, and that no task can hurt another."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from core import sandbox

ROOT = Path(__file__).parents[2]


def test_a_task_runs_in_another_process_and_its_result_comes_back() -> None:
    assert sandbox.run(divmod, 7, 2) == (3, 1)
    assert sandbox.run(os.getpid) != os.getpid()


def test_what_a_task_raises_is_raised_to_the_caller() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        sandbox.run(int, "x")


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (time.sleep, (60,)),
        # A search that never returns to Python, where no signal handler of Python runs.
        (re.match, (r"(a+)+$", "a" * 60 + "b")),
    ],
)
def test_a_task_is_ended_when_its_time_is_over(function, args: tuple[object, ...]) -> None:
    begin = time.monotonic()
    with pytest.raises(sandbox.TaskTimedOut):
        sandbox.run(function, *args, timeout=0.3)
    assert time.monotonic() - begin < 5


def test_a_task_that_only_waits_for_a_busy_machine_is_not_ended() -> None:
    assert sandbox.run(time.sleep, 0.6, timeout=0.3) is None


def test_a_task_that_takes_too_much_memory_fails_alone() -> None:
    with pytest.raises(sandbox.TaskCrashed):
        sandbox.run(bytearray, sandbox.MEMORY)
    assert sandbox.run(abs, -1) == 1


def test_a_task_may_ask_for_more_memory_up_to_a_limit() -> None:
    size = 600 * 1024 * 1024
    assert sandbox.run(_length_of_zeros, size, memory=sandbox.MOST_MEMORY) == size
    with pytest.raises(sandbox.TaskCrashed):
        sandbox.run(_length_of_zeros, size)


def _length_of_zeros(size: int) -> int:
    return len(bytes(size))


@pytest.mark.parametrize("function", [os.abort, os._exit])
def test_a_task_that_takes_its_process_down_fails_alone(function) -> None:
    with pytest.raises(sandbox.TaskCrashed):
        sandbox.run(function, *([3] if function is os._exit else []))
    assert sandbox.run(abs, -1) == 1


def test_a_hanging_task_does_not_keep_its_neighbour_waiting() -> None:
    sandbox.run(abs, -1)
    hanging = threading.Thread(target=_hang)
    hanging.start()
    time.sleep(0.1)
    assert sandbox.run(abs, -2) == 2
    assert hanging.is_alive()
    hanging.join()


def _hang() -> None:
    with pytest.raises(sandbox.TaskTimedOut):
        sandbox.run(time.sleep, 60, timeout=1.5)


def test_workers_killed_from_outside_are_replaced() -> None:
    for _ in range(2 * sandbox.WORKERS):
        os.kill(sandbox.run(os.getpid), signal.SIGKILL)
        time.sleep(0.05)
    assert sandbox.run(abs, -1) == 1


def test_many_tasks_come_back_in_order_with_their_errors_in_place() -> None:
    words = [str(number) for number in range(200)]
    words[50] = "x"
    outcomes = list(sandbox.run_many(int, words))
    assert isinstance(outcomes.pop(50), ValueError)
    assert outcomes == [number for number in range(200) if number != 50]


def test_one_of_many_that_is_lost_on_its_way_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = sandbox._Task._begun
    futures: list[Future[int]] = []

    def lose_the_second(task: "sandbox._Task[int]") -> "Future[int]":
        futures.append(Future() if len(futures) == 1 else begun(task))
        return futures[-1]

    monkeypatch.setattr(sandbox._Task, "_begun", lose_the_second)
    monkeypatch.setattr(sandbox, "PATIENCE", 0.0)
    assert list(sandbox.run_many(int, ["1", "2", "3"], timeout=1)) == [1, 2, 3]
    assert len(futures) == 4


def test_many_tasks_are_taken_as_they_are_needed() -> None:
    taken = []

    def items() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    outcomes = sandbox.run_many(abs, items())
    assert next(outcomes) == 0
    assert len(taken) < 50
    assert len(list(outcomes)) == 999


def test_many_threads_may_ask_at_once() -> None:
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda n=n: answers.append(sandbox.run(abs, -n))) for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == list(range(20))


def test_after_a_shutdown_the_next_task_starts_new_workers() -> None:
    first = sandbox.run(os.getpid)
    sandbox.shutdown()
    assert not _is_alive(first)
    assert sandbox.run(os.getpid) != first
    sandbox.shutdown()
    sandbox.shutdown()


def test_workers_hold_neither_the_web_framework_nor_the_database() -> None:
    sandbox.shutdown()
    modules = set(sandbox.run(eval, "list(__import__('sys').modules)"))
    assert "core.markup.pipeline" in modules
    assert {"flask", "sqlalchemy", "tantivy", "whoosh", "pytest", "core.db"} & modules == set()


def test_the_web_process_holds_no_parser() -> None:
    code = "import sys, core.markup, core.images; print(*sys.modules)"
    modules = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True).split()
    assert {"markdown", "markdown_it", "bleach", "pygments", "PIL"} & set(modules) == set()


PROGRAM = """
import os, sys, threading, time
from core import sandbox
if __name__ == "__main__":
    workers = {sandbox.run(os.getpid) for _ in range(20)}
    threading.Thread(target=sandbox.run, args=(time.sleep, 60), daemon=True).start()
    print(*workers, flush=True)
    if sys.argv[1] == "wait":
        time.sleep(60)
"""


@pytest.mark.parametrize("ending", ["exit", "kill"])
def test_no_worker_outlives_its_program(ending: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PROGRAM, "exit" if ending == "exit" else "wait"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        workers = [int(number) for number in program.stdout.readline().split()]
        assert workers
        if ending == "kill":
            program.kill()
        said = program.stderr.read()
        program.wait()
    if ending == "exit":
        assert (program.returncode, said) == (0, "")
    deadline = time.monotonic() + 15
    while any(_is_alive(worker) for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [worker for worker in workers if _is_alive(worker)] == []


def test_a_forked_child_starts_workers_of_its_own() -> None:
    mine = sandbox.run(os.getpid)
    code = (
        "import os, sys\nfrom core import sandbox\nfirst = sandbox.run(os.getpid)\n"
        "child = os.fork()\n"
        "if child == 0:\n    os._exit(0 if sandbox.run(abs, -1) == 1 else 1)\n"
        "assert os.waitpid(child, 0)[1] == 0\nassert sandbox.run(abs, -2) == 2\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)
    assert _is_alive(mine)


def _is_alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
