"""What a check says about a text, and all that was said about one text, grouped by check."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

MOST = 20  # findings of one check
EXCERPT = 120  # characters shown of what a finding is about


class Check(StrEnum):
    """What is looked at, in the order in which it is told."""

    SECRETS = "secrets"
    PERSONAL = "personal"
    LINKS = "links"
    SIMILAR = "similar"
    STEPS = "steps"
    HEADINGS = "headings"
    IMAGES = "images"
    PARAGRAPHS = "paragraphs"
    READING = "reading"


class Severity(StrEnum):
    """How much a finding asks of whoever reads it; none of them blocks anything."""

    NOTE = "note"
    LOOK = "look"
    WARN = "warn"


@dataclass(frozen=True)
class Finding:
    """One sentence about a text, with the lines of its source that it is about, where there are any."""

    check: Check
    severity: Severity
    first_line: int | None
    last_line: int | None
    sentence: str
    excerpt: str = ""
    path: str = ""  # of another text that it speaks of


@dataclass(frozen=True)
class Group:
    """What one check found."""

    check: Check
    title: str
    findings: tuple[Finding, ...]

    @property
    def severity(self) -> Severity:
        """The gravest of its findings."""
        return max((finding.severity for finding in self.findings), key=_GRAVITY.index)


@dataclass(frozen=True)
class Report:
    """All findings about one text; nothing in it decides anything."""

    groups: tuple[Group, ...]

    @property
    def count(self) -> int:
        return sum(len(group.findings) for group in self.groups)

    @property
    def severity(self) -> Severity | None:
        """The gravest of all, or None where there is nothing to say."""
        return max((group.severity for group in self.groups), key=_GRAVITY.index, default=None)

    def __bool__(self) -> bool:
        return bool(self.groups)

    def __iter__(self) -> Iterator[Finding]:
        return (finding for group in self.groups for finding in group.findings)


def report(findings: Iterable[Finding]) -> Report:
    """Findings by check, each group in the order of the text, what concerns all of it first."""
    by_check: dict[Check, list[Finding]] = {check: [] for check in Check}
    for finding in findings:
        by_check[finding.check].append(finding)
    return Report(
        tuple(
            Group(check, TITLES[check], _told(check, sorted(found, key=_place)))
            for check, found in by_check.items()
            if found
        )
    )


def _told(check: Check, found: list[Finding]) -> tuple[Finding, ...]:
    """The first of them, and how many more there are."""
    if len(found) <= MOST:
        return tuple(found)
    more = f"There are {len(found) - MOST + 1} more like these."
    return (*found[: MOST - 1], Finding(check, Severity.NOTE, None, None, more))


def shortened(text: str, longest: int = EXCERPT) -> str:
    """One line of at most so many characters, cut between words where there are any."""
    line = " ".join(text[: 4 * longest].split())
    if len(line) <= longest:
        return line
    return (line[:longest].rpartition(" ")[0] or line[: longest - 1]) + "…"


def _place(finding: Finding) -> tuple[int, int]:
    return finding.first_line or 0, finding.last_line or 0


TITLES = {
    Check.SECRETS: "Secrets",
    Check.PERSONAL: "Personal data",
    Check.LINKS: "Links",
    Check.SIMILAR: "Similar texts",
    Check.STEPS: "Steps",
    Check.HEADINGS: "Headings",
    Check.IMAGES: "Images",
    Check.PARAGRAPHS: "Paragraphs",
    Check.READING: "Reading ease",
}
_GRAVITY = list(Severity)
