"""The folder of an embedded engine: which of its indexes is in use, and who may write.

A pointer file names the index in use and the version of its schema. It is written last, so a half
built index is never used, and replaced in one step, so another takes over between two searches.
"""

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from search.engines import IndexBusy, IndexMissing


class IndexFolder:
    def __init__(self, path: Path, version: str) -> None:
        self._path = path
        self._version = version
        self._pointer = path / "current.json"

    def stamp(self) -> tuple[int, int]:
        """Changes when another index is put in use."""
        try:
            found = self._pointer.stat()
        except OSError as error:
            raise IndexMissing(f"there is no index in {self._path}") from error
        return found.st_ino, found.st_mtime_ns

    def current(self) -> Path:
        """The index in use."""
        try:
            pointer = json.loads(self._pointer.read_text())
            path, version = self._path / str(pointer["index"]), pointer["version"]
        except FileNotFoundError as error:
            raise IndexMissing(f"there is no index in {self._path}") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise IndexMissing(f"{self._pointer} cannot be read: {error}") from error
        if version != self._version:
            raise IndexMissing(f"the index has version {version}, wanted is {self._version}")
        if not path.is_dir():
            raise IndexMissing(f"the index {path} is gone")
        return path

    @contextmanager
    def writing(self, timeout: float) -> Iterator[None]:
        """Be the only writer of the index in use."""
        with self._locked("writer.lock", timeout, "somebody else is writing to the search index"):
            yield

    @contextmanager
    def rebuilding(self) -> Iterator[Path]:
        """A new, empty folder; nobody else rebuilds meanwhile."""
        with self._locked("rebuild.lock", 0, "the search index is being rebuilt already"):
            self._remove_all_but(self._in_use())
            fresh = self._path / f"index-{secrets.token_hex(4)}"
            fresh.mkdir()
            yield fresh

    def use(self, index: Path) -> None:
        """Put a finished index in use."""
        previous = self._in_use()
        temporary = self._pointer.with_suffix(".new")
        with temporary.open("w") as file:
            json.dump({"index": index.name, "version": self._version}, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._pointer)
        # A searcher that is opening the previous one just now must be able to finish that.
        self._remove_all_but({index.name, *previous})

    def _in_use(self) -> set[str]:
        try:
            return {str(json.loads(self._pointer.read_text())["index"])}
        except (OSError, ValueError, KeyError, TypeError):
            return set()

    def _remove_all_but(self, names: set[str]) -> None:
        for path in self._path.glob("index-*"):
            if path.name not in names:
                shutil.rmtree(path, ignore_errors=True)

    @contextmanager
    def _locked(self, name: str, timeout: float, otherwise: str) -> Iterator[None]:
        self._path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self._path / name)
        try:
            lock.acquire(timeout=timeout)
        except Timeout as error:
            raise IndexBusy(otherwise) from error
        try:
            yield
        finally:
            lock.release()
