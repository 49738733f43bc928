"""Checksums of an index's files, so that damage comes to light which no reader would stumble over.

An engine writes a file once and never changes it: after each commit the writer notes the checksums
of the files that are new. A bit that flips in one later, on the disk or on its way, is found by
reading all of them again, which takes about a tenth of a second for 100 megabytes.
"""

import json
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from search.engines import IndexMissing

_NAME = "checksums.json"
_PIECE = 1 << 20

# Which files of a folder never change once a commit names them.
Lasting = Callable[[Path], bool]


def seal(index: Path, lasting: Lasting) -> None:
    """Note the checksums of new files; the caller holds the writer's lock."""
    known = _read(index)
    files = {path.name: path for path in index.iterdir() if lasting(path)}
    checksums = {name: known.get(name) or _checksum(path) for name, path in files.items()}
    if checksums == known:
        return
    fresh = index / f"{_NAME}.new"
    with fresh.open("w") as file:
        json.dump(checksums, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(index / _NAME)


def check(index: Path) -> None:
    """Raise IndexMissing if a file is not as it was written, or gone."""
    for name, wanted in _read(index).items():
        try:
            found = _checksum(index / name)
        except FileNotFoundError:
            # A commit meanwhile may have removed it; then the checksums name it no more.
            if name not in _read(index):
                continue
            raise IndexMissing(f"the file {name} of the index is gone") from None
        except OSError as error:
            raise IndexMissing(f"the file {name} of the index cannot be read: {error}") from error
        if found != wanted:
            raise IndexMissing(f"the file {name} of the index is damaged")


def _read(index: Path) -> dict[str, list[int]]:
    try:
        found = json.loads((index / _NAME).read_bytes())
        return {str(name): [int(size), int(crc)] for name, (size, crc) in found.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise IndexMissing(f"the checksums of the index cannot be read: {error}") from error


def _checksum(path: Path) -> list[int]:
    size = crc = 0
    for piece in _pieces(path):
        size += len(piece)
        crc = zlib.crc32(piece, crc)
    return [size, crc]


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
