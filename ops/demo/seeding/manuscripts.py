"""What an article said at which time: its text of today without the lines that were added only later."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from ops.demo import reading


@dataclass
class Manuscript:
    """The text of today, and the beginnings of the lines that it does not have yet."""

    body: str
    missing: list[str]
    passages: list[tuple[str, str]] = field(default_factory=list)  # changed since, in their order

    def without(self, missing: Iterable[str], *, wording: tuple[str, str] | None = None) -> str:
        """As it reads without some lines, perhaps with another wording of one."""
        lines = self.body.split("\n")
        for beginning in missing:
            lines.remove(_line(lines, beginning))
        if wording is not None:
            lines[lines.index(_line(lines, wording[0]))] = wording[1]
        body = "\n".join(lines)
        while "\n\n\n" in body:
            body = body.replace("\n\n\n", "\n\n")
        for old, new in self.passages:
            body = body.replace(old, new)
        return body

    def with_(self, beginning: str, wording: str | None = None) -> str:
        """As it reads with one line more, as that is worded today or otherwise."""
        missing = [each for each in self.missing if each != beginning]
        indent = len(self.line(beginning)) - len(self.line(beginning).lstrip())
        other = (beginning, " " * indent + wording) if wording else None
        return self.without(missing, wording=other)

    def line(self, beginning: str) -> str:
        return _line(self.body.split("\n"), beginning)


class Manuscripts:
    """Those of all articles to which lines were added."""

    def __init__(self) -> None:
        self._missing: dict[str, list[str]] = defaultdict(list)
        for facts in reading.entries("changes.yaml"):
            if "adds" in facts:
                self._missing[facts["article"]].append(facts["adds"])
        self._begun: dict[str, Manuscript] = {}

    def begin(self, slug: str, body: str) -> str:
        """The text that an article is first handed in with."""
        if slug not in self._missing:
            return body
        made = Manuscript(body, list(self._missing[slug]))
        self._begun[slug] = made
        return made.without(made.missing)

    def of(self, slug: str) -> Manuscript | None:
        return self._begun.get(slug)


def _line(lines: list[str], beginning: str) -> str:
    found = [line for line in lines if line.lstrip().startswith(beginning)]
    assert len(found) == 1, f"{len(found)} lines begin with {beginning}"
    return found[0]
