"""How the encoder and those who ask it find each other on this machine, and how they speak.

A message is a frame: the length of its body (four bytes), its kind (one byte), the body. Texts travel
as JSON, vectors as float32, so nothing received is ever run.
"""

import json
import os
import socket
import struct
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

# Raised with every change of the frames or of the vectors. Encoders of two versions do not meet: each
# has files of its own, and a newer one tells older ones to go.
VERSION = 1
# Which model, and what is done with it; vectors of different names are never compared.
NAME = f"all-MiniLM-L6-v2-int8/{VERSION}"
SIZE = 384

# Kinds of messages. LEAVE keeps its meaning in all versions.
LEAVE, GREET, QUERY, MANY, EMBED, CUT, ANSWER, REFUSAL = range(8)

# The longest body: a text of the largest size a revision may have, many times over.
LONGEST = 8_000_000
LONGEST_TEXT = 8_000  # characters, more than the 128 tokens of which a vector is made
TEXTS_A_MESSAGE = 16

_HEAD = struct.Struct("!IB")
# What an address of a Unix socket may have, on the system with the shortest.
_ADDRESS_BYTES = 100


class Broken(ConnectionError):
    """The other side is gone, or says what nobody understands."""


def socket_path(folder: Path, version: int = VERSION) -> Path:
    return folder / f"encoder-{version}.sock"


def lock_path(folder: Path, version: int = VERSION) -> Path:
    return folder / f"encoder-{version}.lock"


def log_path(folder: Path) -> Path:
    return folder / "encoder.log"


@contextmanager
def address(path: Path) -> Iterator[str]:
    """A name of this socket that is short enough, however deep its folder lies.

    Where a long one cannot be abbreviated (without /proc), it is refused as an address.
    """
    if len(os.fsencode(path)) <= _ADDRESS_BYTES or sys.platform != "linux":
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def connect(path: Path, deadline: float) -> socket.socket:
    """A connection to whoever listens there; raises OSError when nobody does."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(_left(deadline))
        with address(path) as name:
            connection.connect(name)
    except BaseException:
        connection.close()
        raise
    return connection


def send(connection: socket.socket, kind: int, body: bytes, deadline: float) -> None:
    connection.settimeout(_left(deadline))
    connection.sendall(_HEAD.pack(len(body), kind) + body)


def receive(connection: socket.socket, deadline: float | None = None) -> tuple[int, bytes]:
    """The next message: its kind and its body."""
    length, kind = _HEAD.unpack(_exactly(connection, _HEAD.size, deadline))
    if length > LONGEST:
        raise Broken(f"a message of {length} bytes")
    return kind, _exactly(connection, length, deadline)


def _exactly(connection: socket.socket, count: int, deadline: float | None) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        connection.settimeout(None if deadline is None else _left(deadline))
        part = connection.recv(min(count - len(parts), 1 << 16))
        if not part:
            raise Broken("the other side hung up")
        parts += part
    return bytes(parts)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the time is up")
    return left


def packed(texts: Sequence[str]) -> bytes:
    return json.dumps([sound(text) for text in texts], ensure_ascii=False).encode()


def unpacked(body: bytes) -> list[str]:
    return [str(text) for text in json.loads(body)]


def sound(text: str) -> str:
    """The text with half characters replaced, one for one, as they cannot be written down."""
    return text.encode("utf-8", "replace").decode()
