"""One imported file as an article's parts: what its front matter, headings and folder say."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from core import clock, languages
from core.markup import DIALECTS, link_key
from core.text import one_line
from kb.forms import LONGEST_SUMMARY, LONGEST_TAG, LONGEST_TITLE, MOST_TAGS, parse_tags
from kb.importing import front_matter, titles
from kb.importing.front_matter import Fields
from kb.models import Kind

DEEPEST_TOPIC = 10
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class TopicWish:
    """Where a file belongs: a path of topic names from the root, as its folders or it itself say.

    `word` is a name or slug wherever in the tree. Folders are rough names: `hr-forms` for HR forms.
    """

    names: tuple[str, ...]
    word: str = ""
    rough: bool = False


@dataclass(frozen=True)
class Document:
    """What one file says; empty where it does not say."""

    path: str
    sha256: str
    title: str
    summary: str
    body: str
    tags: tuple[str, ...]
    topic: "TopicWish"
    kind: Kind
    dialect: str
    language: str
    authors: tuple[str, ...]
    coauthors: tuple[str, ...]
    byline: str
    date: datetime | None
    slug: str
    notes: tuple[str, ...]


def parse(path: str, text: str, sha256: str) -> Document:
    """Take a text apart; raises FrontMatterError."""
    given, body = front_matter.split(text)
    fields = _Reader(given or {})
    title, body = _title(fields, path, body)
    summary = fields.line("summary", LONGEST_SUMMARY)
    return Document(
        path=path,
        sha256=sha256,
        title=title,
        summary=summary,
        body=body,
        tags=_tags(fields),
        topic=_topic(fields) or folder_topic(path),
        kind=Kind(fields.choice("kind", [*Kind]) or Kind.HOWTO),
        dialect=fields.choice("dialect", DIALECTS),
        language=_language(fields),
        authors=fields.lines("author"),
        coauthors=fields.lines("coauthors"),
        byline=fields.line("byline", 200),
        date=_date(fields),
        slug=fields.line("slug", 100),
        notes=tuple(fields.notes),
    )


def folder_topic(path: str) -> TopicWish:
    """The folders that a file lies in."""
    parents = PurePosixPath(path).parts[:-1][:DEEPEST_TOPIC]
    return TopicWish(
        tuple(_topic_name(titles.from_file_name(name)) for name in parents), rough=True
    )


def _topic(fields: "_Reader") -> TopicWish | None:
    value = fields.given.get("topic", "")
    parts = value.split("/") if isinstance(value, str) else fields.lines("topic")
    names = tuple(_topic_name(part) for part in parts if part.strip())[:DEEPEST_TOPIC]
    if not names:
        return None
    return TopicWish(names, word=one_line(value) if isinstance(value, str) else "")


def _topic_name(words: str) -> str:
    return one_line(words)[:80].strip() or "Untitled"


def _title(fields: "_Reader", path: str, body: str) -> tuple[str, str]:
    title = fields.line("title", LONGEST_TITLE)
    heading, rest = titles.split_title(body)
    if title:
        # A site generator's page says its title twice; our own exports, which name a kind, do not.
        twice = "kind" not in fields.given and link_key(heading) == link_key(title)
        return title, rest if twice and body.lstrip().startswith("#") else body
    if heading:
        return fields.cut("title", heading, LONGEST_TITLE), rest
    stem = PurePosixPath(path).stem
    return titles.from_file_name(stem)[:LONGEST_TITLE].strip() or "Untitled", body


def _tags(fields: "_Reader") -> tuple[str, ...]:
    tags = parse_tags(",".join(fields.lines("tags", commas=True)))
    kept = tuple(tag for tag in tags if len(tag) <= LONGEST_TAG)[:MOST_TAGS]
    if kept != tags:
        fields.notes.append(
            f"Only {MOST_TAGS} tags of at most {LONGEST_TAG} characters each were taken."
        )
    return kept


def _language(fields: "_Reader") -> str:
    """As the file says, `language: de` or `lang: de-AT`; empty: found out from the text."""
    written = fields.line("language", 40) or fields.line("lang", 40)
    language = languages.clean(written)
    if language is None:
        fields.notes.append(f"“{written}” is no language known here; it was found out instead.")
    return language or ""


def _date(fields: "_Reader") -> datetime | None:
    written = fields.line("date", 60)
    if not written:
        return None
    try:
        # "2024-05-01 10:00:00 +0200", as Jekyll writes it, has a blank too many.
        date = datetime.fromisoformat(re.sub(r"\s+(?=[+-]\d\d:?\d\d$)", "", written))
        date = date.replace(tzinfo=date.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        fields.notes.append(f"“{written}” is not a date such as 2024-05-31; it was left out.")
        return None
    if not EARLIEST <= date <= clock.now():
        fields.notes.append(f"The date {written} cannot be right; it was left out.")
        return None
    return date


class _Reader:
    """Reads fields that may be anything, and notes what it had to leave out."""

    def __init__(self, given: Fields) -> None:
        self.given = given
        self.notes: list[str] = []

    def line(self, name: str, longest: int) -> str:
        value = self.given.get(name, "")
        if not isinstance(value, str):
            self.notes.append(f"“{name}” in the front matter is not plain words; it was left out.")
            return ""
        return self.cut(name, one_line(value), longest)

    def cut(self, name: str, words: str, longest: int) -> str:
        if len(words) <= longest:
            return words
        self.notes.append(f"The {name} was longer than {longest} characters and was cut.")
        return words[: longest - 1].rstrip() + "…"

    def choice(self, name: str, choices: Iterable[str]) -> str:
        value = self.line(name, 40).lower()
        if value and value not in choices:
            self.notes.append(f"There is no {name} “{value}”; it was left out.")
            return ""
        return value

    def lines(self, name: str, *, commas: bool = False) -> tuple[str, ...]:
        """A list of words, or one."""
        value: Any = self.given.get(name, [])
        values = value if isinstance(value, list) else [value]
        if isinstance(value, str) and commas:
            values = value.split(",")
        words = [one_line(each) for each in values if isinstance(each, str)]
        if len(words) < len(values):
            self.notes.append(f"“{name}” in the front matter is not plain words; it was left out.")
        return tuple(word[:200] for word in words if word)[:50]
