"""What goes into a rendering and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Link:
    """Where a wiki link leads, and the title of what is there."""

    href: str
    title: str


@dataclass(frozen=True)
class Heading:
    """One line of an article's contents; `anchor` is the id it carries in the page."""

    level: int
    anchor: str
    text: str


@dataclass(frozen=True)
class Rendered:
    """A text as a page (`html`), as plain words for searching (`text`), and its headings."""

    html: str
    text: str
    headings: tuple[Heading, ...]


@dataclass(frozen=True)
class Job:
    """One text on its way to a worker; `refusal` says why it need not go there."""

    source: str
    dialect: str
    links: Mapping[str, Link] = field(default_factory=dict)
    refusal: str = ""


class MarkupError(Exception):
    """Why a text cannot become a page, as a sentence for its author."""


TOO_DEEP = "Lists and quotes in this text are nested too deeply. Nest them less."
