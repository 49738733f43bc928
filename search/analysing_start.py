"""Analyses documents for another process: reads portions of them, writes their entries.

Started by its path, by `search.analysing`. Importing the room itself would bring pages, tables and
engines, a second and 50 MB that analyse nothing; so a bare package stands for it.
"""

import gc
import os
import pickle
import signal
import sys
from pathlib import Path
from types import ModuleType


def main() -> None:
    from search.documents import entry

    # Its parent ends it, by closing the pipe; whoever searches meanwhile comes first.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(5)
    gc.disable()  # nothing here points back at itself
    take, give = sys.stdin.buffer, sys.stdout.buffer
    while True:
        try:
            portion = pickle.load(take)
        except EOFError:
            return
        pickle.dump([entry(document) for document in portion], give, pickle.HIGHEST_PROTOCOL)
        give.flush()


if __name__ == "__main__":
    root = Path(__file__).resolve().parents[1]
    sys.path.insert(0, str(root))
    room = ModuleType("search")
    room.__path__ = [str(root / "search")]
    sys.modules["search"] = room
    main()
