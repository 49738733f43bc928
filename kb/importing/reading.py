"""Reads files that somebody else wrote: only regular ones inside the folder, only text, only so much."""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from core.text import unfold_lines
from kb.forms import LONGEST_BODY
from kb.importing import front_matter

LARGEST = LONGEST_BODY + front_matter.LONGEST * 4  # bytes of one text file
SUFFIXES = (".md", ".markdown")


class Unreadable(Exception):
    """Why a file is not read, as a sentence."""


@dataclass(frozen=True)
class Found:
    """A path below the folder, and why it is not taken if it is not."""

    path: str
    problem: str = ""


def scan(folder: Path) -> Iterator[Found]:
    """Every Markdown file below `folder`, sorted; links and hidden folders are not followed."""
    unreadable: list[OSError] = []
    for parent, folders, files in os.walk(folder, onerror=unreadable.append):
        inside = PurePosixPath(parent).relative_to(PurePosixPath(folder))
        for name in sorted(folders):
            if problem := _folder_problem(Path(parent, name)):
                folders.remove(name)
                yield Found(str(inside / name), problem)
            elif _is_text(name):
                yield Found(str(inside / name), "A folder, not a file; what is in it is looked at.")
        folders.sort()
        for name in sorted(files):
            if _is_text(name):
                yield Found(str(inside / name), _file_problem(Path(parent, name)))
    for error in unreadable:
        path = Path(os.fsdecode(error.filename or folder))
        yield Found(str(path.relative_to(folder)), f"Not readable: {error.strerror}.")


def _is_text(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)


def _folder_problem(path: Path) -> str:
    if path.is_symlink():
        return "A link to another folder; links are not followed."
    return "A hidden folder." if path.name.startswith(".") else ""


def _file_problem(path: Path) -> str:
    if path.is_symlink():
        return "A link to another file; links are not followed."
    return "A hidden file." if path.name.startswith(".") else ""


def read_bytes(folder: Path, path: str, largest: int) -> bytes:
    """A regular file's bytes; a path that leads out of `folder`, also by links, is refused."""
    try:
        real = Path(os.path.realpath(folder / path, strict=True))
        if not real.is_relative_to(os.path.realpath(folder)):
            raise Unreadable("It lies outside the imported folder.")
        # Opening a pipe must not wait for somebody to write into it.
        handle = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise Unreadable("It is not there.") from None
    except (OSError, ValueError) as error:
        raise Unreadable(f"Not readable: {getattr(error, 'strerror', error)}.") from None
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable("Not a regular file.")
        if status.st_size > largest:
            raise Unreadable(
                f"Too large: {status.st_size / 1e6:.1f} MB, {largest / 1e6:.1f} at most."
            )
        try:
            return file.read(largest)
        except OSError as error:
            raise Unreadable(f"Not readable: {error.strerror}.") from None


def read_text(folder: Path, path: str) -> tuple[str, str]:
    """A text file's words, and the digest of its bytes."""
    data = read_bytes(folder, path, LARGEST)
    return unfold_lines(_decode(data)), hashlib.sha256(data).hexdigest()


def _decode(data: bytes) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(
            f"Not UTF-8: byte {error.start} cannot be read. Convert it first."
        ) from None
    if "\0" in text:
        raise Unreadable("Not text: it holds NUL characters.")
    return text


def shown(path: str) -> str:
    """A path as it can be printed and stored, whatever bytes its name is made of."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
