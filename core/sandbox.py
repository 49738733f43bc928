"""Runs risky work (rendering, image decoding) in worker processes limited in time and memory."""

import atexit
import contextlib
import importlib
import multiprocessing.process
import os
import resource
import signal
import sys
import threading
import types
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

from pebble import ProcessExpired, ProcessPool

SECONDS = 2.0  # of the processor
# A busy machine refuses no honest task: by the clock a task may take so many times as long.
BY_THE_CLOCK = 3.0
MEMORY = 512 * 1024 * 1024
MOST_MEMORY = 1024 * 1024 * 1024  # for a task that asks for more: the largest images need 700 MB
WORKERS = max(2, min(os.cpu_count() or 1, 4))
PATIENCE = 20.0  # how long a task may wait for a free worker, on top of its own time
TASKS_A_WORKER = 5000  # then a fresh one takes its place, so that nothing piles up in it
PRELOADED = ["core.markup.pipeline"]

T = TypeVar("T")
_Item = TypeVar("_Item")


class TaskError(Exception):
    """The work was given up; the worker that did it has been replaced or is as good as new."""


class TaskTimedOut(TaskError):
    """It took longer than it may."""


class TaskCrashed(TaskError):
    """It ran out of memory, or took its process down."""


class Overloaded(TaskError):
    """No worker became free in time; nothing is known about the task itself."""


def run(
    function: Callable[..., T], *args: object, timeout: float = SECONDS, memory: int = MEMORY
) -> T:
    """The function's result from a worker process; what it raises there is raised here.

    `timeout`: seconds of the processor; by the clock, three times as many. Function, arguments and
    result travel by pickle, so the function must be importable by name.
    """
    return _Task(function, args, timeout, memory).result()


def run_many(
    function: Callable[[_Item], T], items: Iterable[_Item], *, timeout: float = SECONDS
) -> Iterator[T | Exception]:
    """For each item the function's result or what was raised, in the order of the items.

    All workers are kept busy, but few tasks wait in line, so that others get their turn.
    """
    waiting: deque[_Task[T]] = deque()

    def first() -> T | Exception:
        task = waiting.popleft()
        try:
            return task.result()
        except Overloaded:
            # So few wait in line here that it was more likely lost on its way: pebble may give a
            # task to a worker that it ends for another one (its issue 153).
            return task.once_more()
        except Exception as error:
            return error

    for item in items:
        waiting.append(_Task(function, (item,), timeout, MEMORY))
        if len(waiting) > 3 * WORKERS:
            yield first()
    while waiting:
        yield first()


def shutdown() -> None:
    """Ends the worker processes; the next task starts new ones."""
    global _pool
    with _pool_lock:
        pool, _pool = _pool, None
        if pool is not None:
            _stop(pool)


_pool: ProcessPool | None = None
_pool_lock = threading.Lock()


def _schedule(*args: Any, timeout: float) -> "Future[Any]":
    global _pool
    with _pool_lock:
        if _pool is not None and not _pool.active:
            # pebble gives a pool up when a worker dies between two tasks (killed from outside).
            _stop(_pool)
            _pool = None
        if _pool is None:
            _pool = ProcessPool(
                max_workers=WORKERS,
                max_tasks=TASKS_A_WORKER,
                initializer=_confine,
                context=_Context(),
            )
        return _pool.schedule(_perform, args=args, timeout=timeout)


class _Task(Generic[T]):
    """A call on its way through the pool; begun when made."""

    def __init__(
        self, function: Callable[..., T], args: tuple[object, ...], timeout: float, memory: int
    ) -> None:
        self.timeout = timeout
        self._call = (function, args, timeout, memory)
        self._future: Future[T] = self._begun()

    def _begun(self) -> "Future[T]":
        return _schedule(*self._call, timeout=self.timeout * BY_THE_CLOCK)

    def result(self) -> T:
        try:
            return self._outcome()
        except BrokenExecutor:
            # The pool was given up, most likely through no fault of this task: once more.
            self._future = self._begun()
        try:
            return self._outcome()
        except BrokenExecutor as error:
            raise TaskCrashed("The workers were lost twice.") from error

    def once_more(self) -> T | Exception:
        """Tried again from the beginning: the result, or what was raised."""
        self._future = self._begun()
        try:
            return self.result()
        except Exception as error:
            return error

    def _outcome(self) -> T:
        too_long = f"It took longer than {self.timeout:g} seconds."
        try:
            return self._future.result(self.timeout * BY_THE_CLOCK + PATIENCE)
        except TimeoutError as error:
            if self._future.cancel():
                raise Overloaded("No worker became free in time.") from error
            raise TaskTimedOut(too_long) from error
        except ProcessExpired as error:
            if error.exitcode in (-signal.SIGPROF, -signal.SIGALRM):
                raise TaskTimedOut(too_long) from error
            raise TaskCrashed(f"The worker ended with status {error.exitcode}.") from error
        except MemoryError as error:
            raise TaskCrashed("It needed more memory than it may have.") from error


def _stop(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()


# In the worker


def _confine() -> None:
    # Pebble's handler for SIGTERM is Python code, which a wild regular expression never reaches.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for module in PRELOADED:
        importlib.import_module(module)


def _perform(
    function: Callable[..., T], args: tuple[object, ...], timeout: float, memory: int
) -> T:
    resource.setrlimit(resource.RLIMIT_AS, (memory, MOST_MEMORY))
    signal.setitimer(signal.ITIMER_PROF, timeout)
    # The kernel's own alarm ends a task whose parent was killed and can no longer watch it.
    signal.setitimer(signal.ITIMER_REAL, timeout * BY_THE_CLOCK + 1)
    try:
        return function(*args)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MOST_MEMORY))


# How a worker starts


class _Worker(ForkServerProcess):
    """A process that does not import the program it serves.

    multiprocessing would import the parent's main module, which is flask, gunicorn or pytest,
    into each worker: slow, and more than a worker should hold.
    """

    @staticmethod
    def _Popen(process_obj: BaseProcess) -> Any:  # noqa: N802 (multiprocessing's name)
        with _without_main():
            return ForkServerProcess._Popen(process_obj)


class _Context(ForkServerContext):
    Process = _Worker

    def __init__(self) -> None:
        super().__init__()
        self.set_forkserver_preload(PRELOADED)


_main_lock = threading.Lock()


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    with _main_lock:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = types.ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


# Around this process


def _forget() -> None:
    """In a forked child: the parent's workers, and the server that forks them, are not ours."""
    global _pool, _pool_lock
    if _pool is not None:
        multiprocessing.process._children.clear()  # type: ignore[attr-defined]
        forkserver._forkserver.__init__()  # type: ignore[misc]
    _pool, _pool_lock = None, threading.Lock()


# A forked child must not speak to its parent's workers, and nobody may outlive the interpreter.
os.register_at_fork(after_in_child=_forget)
atexit.register(shutdown)
