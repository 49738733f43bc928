"""How a test lets go of the application's database."""

import threading

from core.db import db

# What an application does beside its requests, by the names of its threads.
BESIDE = ("search-repair", "meaning-upkeep")


def end() -> None:
    """Close the application's database once nothing of this process uses it any more.

    A search without an index has one built in a thread, and waits for it a moment only: without
    this a slow moment would leave that thread a connection nobody closes, or the next test's database.
    """
    for thread in threading.enumerate():
        if thread.name in BESIDE:
            thread.join(60)
    db.close()
