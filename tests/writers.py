"""Who could keep others from writing, while something is read that may take long."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa


@contextmanager
def writers_at(words: str) -> Iterator[list[list[sa.Connection]]]:
    """For each statement with these words in it, the connections in a transaction that writes."""
    writing: list[sa.Connection] = []
    seen: list[list[sa.Connection]] = []

    def begin(connection: sa.Connection) -> None:
        if connection.get_execution_options().get("writing"):
            writing.append(connection)

    def execute(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if words in statement:
            seen.append([each for each in writing if each.in_transaction()])

    watched: dict[str, Callable[..., None]] = {"begin": begin, "before_cursor_execute": execute}
    for name, watch in watched.items():
        sa.event.listen(sa.Engine, name, watch)
    try:
        yield seen
    finally:
        for name, watch in watched.items():
            sa.event.remove(sa.Engine, name, watch)
