"""The forward record: which terms an article holds and where, in compact bytes stored beside it.

An engine says which articles hold a word. Everything else that ranking needs, how often, in which
field, how near to the next word, it reads here, so that all engines rank alike.

One numbering of positions runs through all fields, with a gap between them. The terms lie in one
block, each between NUL bytes, so that finding one is a search for bytes and not a decoding of all:

    header | starts of fields | lengths of fields | marks | offsets | block of terms | positions
"""

import struct
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, chain

VERSION = 1

FIELDS = ("title", "labels", "summary", "author", "body")
TITLE, LABELS, SUMMARY, AUTHOR, BODY = range(len(FIELDS))

# No pair of words in two fields counts as near.
FIELD_GAP = 10
PART_GAP = 3

_HEADER = struct.Struct("<BIII")  # bytes of a number; how many terms, marks; bytes of the block
_BOUNDS = struct.Struct("<10I")  # starts and lengths of the five fields
_CODES = {2: "H", 4: "I"}
_PAIRS = {2: struct.Struct("<2H"), 4: struct.Struct("<2I")}
_NUL = b"\0"


class Record:
    """Reads a forward record; only what is asked for is decoded."""

    __slots__ = (
        "_block",
        "_data",
        "_marks",
        "_offsets",
        "_positions",
        "_width",
        "lengths",
        "starts",
    )

    def __init__(self, data: bytes) -> None:
        self._width, terms, marks, block_size = _HEADER.unpack_from(data)
        bounds = _BOUNDS.unpack_from(data, _HEADER.size)
        self.starts: tuple[int, ...] = bounds[:5]
        self.lengths: tuple[int, ...] = bounds[5:]
        self._data = data
        self._marks = marks
        self._offsets = _HEADER.size + _BOUNDS.size + 2 * self._width * marks
        self._block = self._offsets + self._width * (terms + 1)
        self._positions = self._block + block_size

    def positions(self, term: bytes) -> tuple[int, ...]:
        """Where a term stands, ascending; `term` is encoded and between NUL bytes (see `key`)."""
        data = self._data
        found = data.find(term, self._block, self._positions)
        if found < 0:
            return ()
        ordinal = data.count(_NUL, self._block, found)
        width = self._width
        first, after = _PAIRS[width].unpack_from(data, self._offsets + width * ordinal)
        return _unpacker(after - first, width).unpack_from(data, self._positions + width * first)

    def place(self, position: int) -> tuple[int, int]:
        """The last marked word of the body up to this position, and its first character."""
        count = self._marks
        marks = _unpacker(2 * count, self._width).unpack_from(
            self._data, _HEADER.size + _BOUNDS.size
        )
        index = bisect_right(marks, position, 0, count) - 1
        return (marks[index], marks[count + index]) if index >= 0 else (self.starts[BODY], 0)

    def terms(self) -> list[str]:
        block = self._data[self._block : self._positions]
        return block.decode().strip("\0").split("\0") if block else []


def key(term: str) -> bytes:
    """The bytes by which `Record.positions` finds a term."""
    return b"\0%b\0" % term.encode()


def encode(
    positions: dict[str, list[int]],
    starts: Sequence[int],
    lengths: Sequence[int],
    marks: Sequence[tuple[int, int]],
) -> bytes:
    """Pack the positions of each term; `marks` are (position, character) pairs of the body."""
    numbers = [
        *(position for position, _ in marks),
        *(character for _, character in marks),
        *accumulate(map(len, positions.values()), initial=0),
    ]
    flat = list(chain.from_iterable(positions.values()))
    block = b"\0%b\0" % "\0".join(positions).encode() if positions else b""
    try:
        width, packed, packed_flat = 2, _packed(numbers, 2), _packed(flat, 2)
    except struct.error:
        width, packed, packed_flat = 4, _packed(numbers, 4), _packed(flat, 4)
    header = _HEADER.pack(width, len(positions), len(marks), len(block))
    return b"".join((header, _BOUNDS.pack(*starts, *lengths), packed, block, packed_flat))


def _packed(numbers: list[int], width: int) -> bytes:
    return _unpacker(len(numbers), width).pack(*numbers)


_STRUCTS: dict[tuple[int, int], struct.Struct] = {}


def _unpacker(count: int, width: int) -> struct.Struct:
    made = _STRUCTS.get((count, width))
    if made is None:
        made = struct.Struct(f"<{count}{_CODES[width]}")
        if count < 1000:
            _STRUCTS[count, width] = made
    return made
