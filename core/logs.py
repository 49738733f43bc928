"""Where what the application has to say is written: one stream, one line for each event."""

import logging
import sys


def init_app() -> None:
    """Write our own messages to standard error, unless whoever runs us arranged it otherwise."""
    ours = logging.getLogger("firsthand")
    ours.setLevel(logging.INFO)
    if not ours.handlers and not logging.getLogger().handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        ours.addHandler(handler)
