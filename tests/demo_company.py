"""The demo company as `make run` makes it: half a minute's work that the processes of a run share."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_PREPARE = "from ops.run import prepare; prepare(seed=True)"


def made_once(shared: Path) -> Path:
    """The folder with its data in a folder that processes share; whoever comes first makes it."""
    folder = shared / "demo-company"
    with (shared / "demo-company.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            making = shared / f"demo-company-{os.getpid()}"
            _make(making)
            making.rename(folder)
    return folder


def _make(folder: Path) -> None:
    others = {k: v for k, v in os.environ.items() if not k.startswith("FIRSTHAND_")}
    chosen = {"FIRSTHAND_DATA": str(folder), "FIRSTHAND_BIND": "127.0.0.1:0"}
    chosen |= {"FIRSTHAND_SEARCH_URL": "tantivy:", "FIRSTHAND_SEMANTIC": "off"}
    subprocess.run([sys.executable, "-c", _PREPARE], cwd=ROOT, env=others | chosen, check=True)
