"""Reads the demo content from its files, in the format that content/README.md describes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

CONTENT = Path(__file__).parent / "content"


@dataclass(frozen=True)
class Text:
    """One text of an article: an earlier one, the newest, or a proposal."""

    slug: str
    facts: Mapping[str, Any]
    body: str

    key: str  # what its file is called

    @property
    def state(self) -> str:
        return str(self.facts["state"])

    @property
    def days_ago(self) -> float:
        return float(self.facts["days_ago"])


def people() -> list[dict[str, Any]]:
    return entries("people.yaml")


def topics() -> list[dict[str, Any]]:
    return entries("topics.yaml")


def entries(name: str) -> list[dict[str, Any]]:
    """What one of the lists holds."""
    found = _load(name)
    assert isinstance(found, list)
    return found


def facts(name: str) -> dict[str, Any]:
    found = _load(name)
    assert isinstance(found, dict)
    return found


def texts() -> list[Text]:
    """Every text, oldest first, so that each finds what it builds on."""
    return sorted(_texts(), key=lambda text: -text.days_ago)


def _texts() -> Iterator[Text]:
    for path in sorted((CONTENT / "articles").glob("*.md")):
        slug, _, part = path.stem.partition(".")
        main = _read(CONTENT / "articles" / f"{slug}.md")
        if not part:
            yield Text(slug, *main, key=path.stem)
            continue
        facts, body = _read(path)
        yield Text(slug, _inherited(main[0], part) | facts, body, key=path.stem)


def _inherited(main: dict[str, Any], part: str) -> dict[str, Any]:
    """What a text takes over from the newest one where it says nothing itself."""
    if part.startswith("proposal"):
        names = ("title", "summary", "tags", "topic", "kind")
        return {name: main[name] for name in names}
    return {name: value for name, value in main.items() if name != "note"}


def _read(path: Path) -> tuple[dict[str, Any], str]:
    _, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
    facts = yaml.safe_load(front)
    assert isinstance(facts, dict)
    return facts, body.strip() + "\n"


def _load(name: str) -> Any:
    return yaml.safe_load((CONTENT / name).read_text(encoding="utf-8"))
