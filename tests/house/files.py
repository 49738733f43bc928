"""The files of the project as a clone has them, without what set-up and tools leave behind."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCAL = {".git", ".venv", "node_modules", "var", ".env", "__pycache__", ".hypothesis"}
ROOMS = ("core", "people", "kb", "curation", "search", "ops")


def files(*folders: str, suffix: str = "") -> Iterator[Path]:
    """Every file below `folders`, or of the whole project."""
    for start in [ROOT / folder for folder in folders] or [ROOT]:
        yield from (path for path in _walk(start) if path.name.endswith(suffix))


def product_code() -> Iterator[Path]:
    """The Python files that run in production."""
    yield ROOT / "wsgi.py"
    yield from files(*ROOMS, suffix=".py")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in LOCAL or path.name.endswith("_cache"):
            continue
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path
