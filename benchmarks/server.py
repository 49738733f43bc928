"""The real server in a process of its own, watched from outside: processor time and memory."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.content import environment
from core.config import ROOT

GUNICORN = (sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A server that answers. Its one web process is `worker`; those that render are not counted."""

    port: int
    worker: int
    seconds_to_answer: float

    def cpu_seconds(self) -> float:
        return cpu_seconds(self.worker)

    def memory_mb(self, part: str = "VmRSS") -> float:
        """Resident memory of the web process: all of it, or a part such as RssFile, mapped files."""
        return memory_mb(self.worker, part)


def cpu_seconds(process: int) -> float:
    """What a process has used since its start, in all its threads."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def memory_mb(process: int, part: str) -> float:
    """A part of the resident memory of a process: RssFile is mapped files, RssAnon all but those."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.findall(rf"{part}:\s+(\d+)", status)[0]) * 1024 / 1e6


@contextmanager
def running(data: Path, command: Sequence[str] = GUNICORN, **settings: str) -> Iterator[Server]:
    """Start a server on a free port, and stop it at the end."""
    port = _free_port()
    given = environment(data, BIND=f"127.0.0.1:{port}", **settings)
    started = time.perf_counter()
    with (data / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=given, start_new_session=True, stdout=log, stderr=log
        )
    try:
        _wait_until_it_answers(process, port)
        seconds = time.perf_counter() - started
        yield Server(port, _web_process(process.pid), seconds)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        if process.poll() is not None:
            raise SystemExit(f"The server ended with status {process.returncode}.")
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", "/signin")
            if connection.getresponse().status == 200:
                return
        except ConnectionRefusedError:
            time.sleep(0.02)
        finally:
            connection.close()
    raise SystemExit("The server did not answer within two minutes.")


def _web_process(pid: int) -> int:
    """Gunicorn's one worker, below whatever started gunicorn (make, a shell)."""
    (below,) = _children(pid)
    is_gunicorn = b"gunicorn" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return below if is_gunicorn else _web_process(below)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
