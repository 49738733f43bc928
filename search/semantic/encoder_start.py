"""Starts the encoder's process with nothing of this room but this folder: `encoder_start.py FOLDER`.

Importing the room itself would bring pages, tables and engines: 50 MB that encode nothing. So a bare
package stands for it, in a program that is run by its path.
"""

import sys
from pathlib import Path
from types import ModuleType

if __name__ == "__main__":
    root = Path(__file__).resolve().parents[2]
    sys.path.insert(0, str(root))
    room = ModuleType("search")
    room.__path__ = [str(root / "search")]
    sys.modules["search"] = room

    from search.semantic.encoder_process import main

    main(sys.argv[1:])
