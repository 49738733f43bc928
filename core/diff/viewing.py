"""How a comparison is looked at, as its address says: side by side or not, source or text, since when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import urlencode

CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "view": ("side", "inline"),  # without either, as wide as the window is
        "on": ("text", "source"),
        "since": ("live", "round"),
        "all": ("1",),  # however many lines differ
    }
)


@dataclass(frozen=True, slots=True)
class View:
    """What the address says; what it leaves open is as the page or the window has it."""

    said: Mapping[str, str] = field(default_factory=dict)
    on: str = "text"
    since: str = "live"

    @property
    def shape(self) -> str:
        """side, inline, or auto."""
        return self.said.get("view", "auto")

    @property
    def shows_all(self) -> bool:
        return "all" in self.said

    def address(self, path: str, **choice: str) -> str:
        """The page at `path` looked at in the same way but for this choice."""
        return f"{path}?{urlencode({**self.said, **choice})}"


def view_of(arguments: Mapping[str, str], *, on: str = "text", since: str = "live") -> View:
    """From an address's arguments; unknown values count as unsaid. The others are the page's own."""
    said = {
        name: arguments[name] for name, choices in CHOICES.items() if arguments.get(name) in choices
    }
    return View(said, said.get("on", on), said.get("since", since))
