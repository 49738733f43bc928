"""An approximate index of very many vectors, made in a process of its own and then only mapped.

It is a copy of a part of the store, and whoever asks it looks at the vectors themselves again.
"""

import os
import subprocess
import sys
import threading
import zlib
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from usearch.index import Index

from search.engines import EngineError, IndexMissing
from search.semantic.vectors_files import GRAPH, SIZE, VECTORS, Extent, sync

CONNECTIVITY: Final = 16
EXPANSION_ADD: Final = 128
# Among 98,000 real passages, titles lose .04 of their 30 nearest, and questions to which nothing is
# near .35: in 2 ms. With 512 it was .12 and 1.1 in 1 ms. In a data folder benchmarks/nearest.py tells.
EXPANSION_SEARCH: Final = 1_024
PORTION: Final = 5_000


def built(folder: Path, rows: int) -> Extent:
    """Make the index of the first rows of a folder; a process of its own gives the memory back."""
    paths = os.pathsep.join(path or os.curdir for path in sys.path)
    done = subprocess.run(
        [sys.executable, "-m", __spec__.name, str(folder), str(rows)],
        env={"PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip()[-500:]
        raise EngineError(f"the index of the vectors was not made ({done.returncode}): {said}")
    crc = size = 0
    with (folder / GRAPH).open("rb") as file:
        while data := file.read(1 << 20):
            crc, size = zlib.crc32(data, crc), size + len(data)
    return Extent(size, crc)


def _build(folder: Path, rows: int) -> None:
    os.nice(10)
    vectors = np.memmap(folder / VECTORS, np.int8, "r", shape=(rows, SIZE))
    index = _empty()
    for start in range(0, rows, PORTION):
        portion = np.array(vectors[start : start + PORTION])
        index.add(np.arange(start, start + len(portion), dtype=np.uint64), portion, threads=1)
    index.save(str(folder / GRAPH))
    sync(folder / GRAPH)


def _empty() -> Index:
    return Index(
        ndim=SIZE,
        metric="cos",
        dtype="i8",
        connectivity=CONNECTIVITY,
        expansion_add=EXPANSION_ADD,
        expansion_search=EXPANSION_SEARCH,
        enable_key_lookups=False,
    )


class Graph:
    """The index of a folder, mapped. Only one that was checked may be: usearch trusts its file."""

    def __init__(self, folder: Path) -> None:
        self._index = _empty()
        try:
            self._index.view(str(folder / GRAPH))
        except Exception as error:  # another version of usearch may have another format
            raise IndexMissing(f"usearch does not read {folder / GRAPH}: {error}") from error
        self._asking = threading.Lock()

    def nearest(self, vector: NDArray[np.int8], k: int) -> NDArray[np.int64]:
        """About the `k` nearest rows."""
        with self._asking:
            return self._index.search(vector, k, threads=1).keys.astype(np.int64)


if __name__ == "__main__":
    _build(Path(sys.argv[1]), int(sys.argv[2]))
