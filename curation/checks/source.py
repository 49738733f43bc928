"""Reads Markdown line by line: what is code, a heading, a step, a paragraph, and on which lines.

The renderer knows all this better, but runs in another process and keeps no line numbers. Checks may
be a little wrong about odd nesting; they must be quick, and linear in any text.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

_FENCE = re.compile(r"[ \t]*(?:>[ \t]?)*(?:[-*+][ \t]+)?(`{3,}|~{3,})(.*)")
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*))?$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|(\d{1,9})[.)])(?:[ \t]+|$)")
_QUOTE = re.compile(r" {0,3}(?:>[ \t]?)+")
_DEFINITION = re.compile(r" {0,3}\[[^\[\]\n]{1,200}\]:[ \t]*\S")
_RULE = re.compile(r" {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$")
_STEP_HEADING = re.compile(r"(?:step|schritt|krok|trin|stap|étape|paso)?[ \t]*\d{1,2}\b", re.I)
_RUN = re.compile("`+")
# What a line begins with that may be more than a line of text.
_MEANING_MORE = frozenset("`~>#=-*+_[|0123456789")


@dataclass(frozen=True, slots=True)
class HeadingLine:
    """A heading as it was typed."""

    line: int
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """Lines that belong together: a paragraph, an item of a list, a row of a table, a block of code."""

    first: int
    lines: tuple[str, ...]  # without what marks a list or a quotation
    kind: str  # prose, item, table or code

    @property
    def last(self) -> int:
        return self.first + len(self.lines) - 1

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@dataclass(frozen=True)
class Source:
    """A text taken apart. Lines count from 1."""

    lines: tuple[str, ...]
    code: frozenset[int]
    headings: tuple[HeadingLine, ...]
    passages: tuple[Passage, ...]
    steps: int  # numbered items and headings, and tasks to tick off

    @cached_property
    def prose(self) -> list[tuple[int, str]]:
        """The lines outside code, with code inside them blanked out."""
        return [
            (number, without_code_spans(line))
            for number, line in enumerate(self.lines, 1)
            if line and number not in self.code
        ]


def read(body: str) -> Source:
    """Take a text apart in one pass over its lines."""
    reader = _Reader()
    lines = body.split("\n")
    for number, line in enumerate(lines, 1):
        reader.read(number, line.removesuffix("\r"))
    reader.end_passage()
    return Source(
        tuple(lines),
        frozenset(reader.code),
        tuple(reader.headings),
        tuple(reader.passages),
        reader.steps,
    )


@dataclass
class _Reader:
    code: set[int] = field(default_factory=set)
    headings: list[HeadingLine] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    steps: int = 0
    _fence: str = ""
    _open: list[str] = field(default_factory=list)
    _first: int = 0
    _kind: str = ""
    _in_list: bool = False
    _after_blank: bool = True

    def read(self, number: int, line: str) -> None:
        if self._fence:
            self._read_code(number, line)
        elif not line.strip():
            if self._kind != "code":
                self.end_passage()
            self._after_blank = True
            return
        elif ("```" in line or "~~~" in line) and (opening := _FENCE.match(line)):
            self._open_fence(number, opening)
        elif self._is_indented_code(line):
            self._add(number, line, "code")
            self.code.add(number)
        else:
            self._read_text(number, line)
        self._after_blank = False

    def _read_code(self, number: int, line: str) -> None:
        self.code.add(number)
        bare = line.strip().lstrip("> \t")
        if len(bare) >= len(self._fence) and not bare.strip(self._fence[0]):
            self._fence = ""
            self.end_passage()
        else:
            self._add(number, line, "code")

    def _open_fence(self, number: int, opening: re.Match[str]) -> None:
        if opening[1][0] == "`" and "`" in opening[2]:
            self._read_text(number, opening.string)
            return
        self.end_passage()
        self._fence = opening[1]
        self.code.add(number)

    def _is_indented_code(self, line: str) -> bool:
        if self._in_list or not line.startswith(("    ", "\t")):
            return False
        return self._after_blank or self._kind == "code"

    def _read_text(self, number: int, line: str) -> None:
        if self._kind == "code":
            self.end_passage()
        if line.lstrip()[0] in _MEANING_MORE:
            self._read_structure(number, line)
        else:
            self._go_on(number, line, line)

    def _read_structure(self, number: int, line: str) -> None:
        quoted = _QUOTE.match(line)
        text = line[quoted.end() :] if quoted else line
        if heading := _HEADING.match(text):
            self._add_heading(number, len(heading[1]), (heading[2] or "").rstrip("# \t"))
        elif self._kind == "prose" and (underline := _UNDERLINE.match(text)):
            written = " ".join(self._open)
            self._open.clear()
            self._kind = ""
            self._add_heading(self._first, 1 if underline[1][0] == "=" else 2, written)
        elif _RULE.match(text) or _DEFINITION.match(text):
            self.end_passage()
        elif item := _ITEM.match(text):
            self._begin_item(number, text, item)
        elif text.lstrip().startswith("|"):
            if self._kind != "table":
                self.end_passage()
            self._add(number, text, "table")
        else:
            self._go_on(number, line, text)

    def _go_on(self, number: int, line: str, text: str) -> None:
        # A line that is not indented, after a blank one, ends a list.
        if self._after_blank and not line.startswith((" ", "\t")):
            self._in_list = False
        self._add(number, text.strip(), self._kind if self._kind == "item" else "prose")

    def _begin_item(self, number: int, text: str, item: re.Match[str]) -> None:
        self.end_passage()
        self._in_list = True
        rest = text[item.end() :]
        self.steps += item[1] is not None or rest.startswith(("[ ]", "[x]", "[X]"))
        self._add(number, rest, "item")

    def _add_heading(self, number: int, level: int, text: str) -> None:
        self.end_passage()
        self._in_list = False
        self.headings.append(HeadingLine(number, level, text.strip()))
        self.steps += _STEP_HEADING.match(text.strip()) is not None

    def _add(self, number: int, text: str, kind: str) -> None:
        if not self._open:
            self._first = number
        self._kind = kind
        # Blank lines inside code: the passage goes on over them.
        self._open.extend("" for _ in range(number - self._first - len(self._open)))
        self._open.append(text)

    def end_passage(self) -> None:
        if self._open:
            self.passages.append(Passage(self._first, tuple(self._open), self._kind))
            self._open.clear()
        self._kind = ""


def without_code_spans(line: str) -> str:
    """The line with what stands between backticks blanked out, every other character in its place."""
    if "`" not in line:
        return line
    runs = [(match.start(), match.end()) for match in _RUN.finditer(line)]
    waiting: defaultdict[int, list[int]] = defaultdict(list)  # starts of runs, by their length
    for start, end in reversed(runs):
        waiting[end - start].append(start)
    parts, at = [], 0
    for start, end in runs:
        same = waiting[end - start]
        while same and same[-1] <= start:
            same.pop()
        if start < at or not same:
            continue
        close = same[-1] + end - start
        parts += [line[at:start], " " * (close - start)]
        at = close
    return "".join([*parts, line[at:]])


_IMAGE = re.compile(r"!\[[^\[\]\n]{0,300}\](?:\([^()\n]{0,500}\)|\[[^\[\]\n]{0,200}\])?")
_LINK = re.compile(r"\[([^\[\]\n]{1,300})\](?:\([^()\n]{0,500}\)|\[[^\[\]\n]{0,200}\])")
_WIKI = re.compile(r"\[\[(?:[^\[\]|\n]{1,200}\|)?([^\[\]\n]{1,200})\]\]")
_ADDRESS = re.compile(r"<?\b(?:https?://|www\.)[^\s<>]+>?")
_MARKS = re.compile(r"[*_~]{1,3}(?=\S)|(?<=\S)[*_~]{1,3}|<[^<>\n]{1,200}>|\\(?=[^\w\s])")


def words_of(text: str) -> str:
    """A passage as a reader hears it: without images, addresses, code and signs of Markdown."""
    text = "\n".join(map(without_code_spans, text.split("\n"))) if "`" in text else text
    if "[" in text:
        text = _LINK.sub(r"\1", _WIKI.sub(r"\1", _IMAGE.sub(" ", text)))
    if "://" in text or "www." in text:
        text = _ADDRESS.sub(" ", text)
    return _MARKS.sub("", text)
