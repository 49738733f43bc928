"""How long a start takes when everything was set up before."""

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.server import running
from benchmarks.table import Figure
from core.config import ROOT

MAKE = ("make", "run")
WITHOUT_MAKE = (sys.executable, "-m", "ops.run")


def measure(data: Path) -> Iterator[Figure]:
    """`make run`; where its stamp files are missing it would set up first, so what it calls then."""
    is_set_up = (ROOT / ".venv" / ".runtime").exists() and (ROOT / "node_modules/.ready").exists()
    command = MAKE if is_set_up else WITHOUT_MAKE
    with running(data, command) as server:
        seconds = server.seconds_to_answer
    name = "make run" if is_set_up else "python -m ops.run"
    yield Figure(f"{name}, second time, until it answers", seconds, "s", 5)
