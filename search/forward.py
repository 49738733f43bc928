"""The forward record: which terms an article holds and where, in compact bytes stored beside it.

An engine says which articles hold a word. Everything else that ranking needs, how often, in which
field, how near to the next word, it reads here, so that all engines rank alike.

One numbering of positions runs through all fields, with a gap between them. The terms lie in one
block, each between NUL bytes, so that finding one is a search for bytes and not a decoding of all:

    header | starts of fields | lengths of fields | marks | offsets | block of terms | positions
"""

import struct
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, chain
from sys import byteorder

VERSION = 1

FIELDS = ("title", "labels", "summary", "author", "body")
TITLE, LABELS, SUMMARY, AUTHOR, BODY = range(len(FIELDS))

# No pair of words in two fields counts as near.
FIELD_GAP = 10
PART_GAP = 3

_HEADER = struct.Struct("<IIIII")  # number of terms, of marks, of positions; block's bytes; width
_BOUNDS = struct.Struct("<10I")  # starts and lengths of the five fields
_NUL = b"\0"


class Record:
    """Reads a forward record; only what is asked for is decoded."""

    __slots__ = ("_block", "_block_end", "_data", "_marks", "_offsets", "_positions", "_width",
                 "lengths", "starts")  # fmt: skip

    def __init__(self, data: bytes) -> None:
        terms, marks, _positions, block_size, self._width = _HEADER.unpack_from(data)
        bounds = _BOUNDS.unpack_from(data, _HEADER.size)
        self.starts: tuple[int, ...] = bounds[:5]
        self.lengths: tuple[int, ...] = bounds[5:]
        self._data = data
        self._marks = (_HEADER.size + _BOUNDS.size, marks)
        self._offsets = self._marks[0] + 8 * marks
        self._block = self._offsets + 4 * (terms + 1)
        self._block_end = self._block + block_size
        self._positions = self._block_end

    def positions(self, term: bytes) -> tuple[int, ...]:
        """Where a term stands, ascending; `term` is encoded and between NUL bytes (see `key`)."""
        data = self._data
        found = data.find(term, self._block, self._block_end)
        if found < 0:
            return ()
        ordinal = data.count(_NUL, self._block, found)
        first, after = _PAIR.unpack_from(data, self._offsets + 4 * ordinal)
        width = self._width
        return _unpacker(after - first, width).unpack_from(data, self._positions + width * first)

    def place(self, position: int) -> tuple[int, int]:
        """The last marked word of the body up to this position, and its first character."""
        offset, count = self._marks
        marks = struct.unpack_from(f"<{2 * count}I", self._data, offset)
        index = bisect_right(marks, position, 0, count) - 1
        return (marks[index], marks[count + index]) if index >= 0 else (self.starts[BODY], 0)

    def terms(self) -> list[str]:
        block = self._data[self._block : self._block_end]
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
    offsets = array("I", accumulate(map(len, positions.values()), initial=0))
    wide = bool(positions) and max(p[-1] for p in positions.values()) > 0xFFFF
    flat = array("I" if wide else "H", chain.from_iterable(positions.values()))
    flat_marks = array("I", [p for p, _ in marks] + [c for _, c in marks])
    block = b"\0%b\0" % "\0".join(positions).encode() if positions else b""
    if byteorder == "big":
        for numbers in (offsets, flat, flat_marks):
            numbers.byteswap()
    return b"".join(
        (
            _HEADER.pack(len(positions), len(marks), len(flat), len(block), 4 if wide else 2),
            _BOUNDS.pack(*starts, *lengths),
            flat_marks.tobytes(),
            offsets.tobytes(),
            block,
            flat.tobytes(),
        )
    )


_PAIR = struct.Struct("<II")
_STRUCTS: dict[tuple[int, int], struct.Struct] = {}


def _unpacker(count: int, width: int) -> struct.Struct:
    made = _STRUCTS.get((count, width))
    if made is None:
        made = struct.Struct(f"<{count}{'I' if width == 4 else 'H'}")
        if count < 200:
            _STRUCTS[count, width] = made
    return made
