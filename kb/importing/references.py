"""Finds the links and images of a Markdown source where they stand, so that their ends can be changed.

A text is never parsed and written anew: whatever is not the end of a link stays as it was typed.
Code and comments are left alone. Every step is linear in the length of the text.
"""

import html
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter


@dataclass(frozen=True)
class Reference:
    """One link, image or link definition: what it says, where it leads, and where both stand."""

    kind: str  # "link", "image" or "definition"
    start: int
    end: int
    label: str
    target_start: int
    target_end: int
    target: str  # as an address: without brackets, escapes and entities


Span = tuple[int, int]


def rewrite(text: str, change: Callable[[Reference], "str | Instead | None"]) -> str:
    """The text with other targets: `change` gives the new one, or nothing where the old one stays."""
    pieces, done = [], 0
    for reference in references(text):
        new = change(reference)
        if new is None:
            continue
        whole = isinstance(new, Instead)
        start, end = (
            (reference.start, reference.end)
            if whole
            else (reference.target_start, reference.target_end)
        )
        pieces += [text[done:start], new.text if isinstance(new, Instead) else new]
        done = end
    return "".join([*pieces, text[done:]])


@dataclass(frozen=True)
class Instead:
    """What replaces a whole link that holds no other."""

    text: str


@lru_cache(maxsize=256)  # each text of a batch is asked about several times
def references(text: str) -> tuple[Reference, ...]:
    """Every link, image and definition outside code, in the order of their targets."""
    code = [*_code_blocks(text)]
    found = [*_definitions(text, code), *_inline(text, code)]
    return tuple(sorted(found, key=attrgetter("target_start")))


# Code


_FENCE = re.compile(r"(?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])*(`{3,}(?=[^`\n]*$)|~{3,})")
_LIST_ITEM = re.compile(r"[ \t>]*(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)")
_INDENTED = re.compile(r"(?: {4}|[ ]{0,3}\t)")


def lines(text: str) -> Iterator[tuple[int, str, bool]]:
    """(start, line, whether it is code) for each line without its end."""
    fence, quoted, in_list, before = "", False, False, ""
    code_before = False
    start = 0
    for line in text.split("\n"):
        is_code = True
        if fence:
            ends = quoted and ">" not in line
            if ends or _closes(line, fence):
                fence, is_code = "", not ends
        else:
            opening = _FENCE.match(line)
            indented = _INDENTED.match(line) is not None and not in_list
            if opening and not indented:
                fence, quoted = opening[1], ">" in line[: opening.start(1)]
            elif not (indented and line.strip() and (code_before or not before.strip())):
                is_code = False
        if not fence and not is_code and line.strip():
            in_list = _LIST_ITEM.match(line) is not None or (in_list and line[:1] in " \t")
        yield start, line, is_code
        if line.strip():
            code_before = is_code and not fence
        before = line
        start += len(line) + 1


def _closes(line: str, fence: str) -> bool:
    run = line.lstrip(" \t>").rstrip(" \t")
    return len(run) >= len(fence) and run == fence[0] * len(run)


def _code_blocks(text: str) -> Iterator[Span]:
    for start, line, is_code in lines(text):
        if is_code:
            yield start, start + len(line)


# Definitions

_TARGET = r"<[^<>\n]{0,1000}>|[^\s<][^\s]{0,1000}"
_DEFINITION = re.compile(
    rf"^[ >]{{0,8}}\[(?!\^)((?:\\.|[^\[\]\\\n]){{1,300}})\]:[ \t]*\n?[ \t]*({_TARGET})",
    re.MULTILINE,
)


def _definitions(text: str, code: list[Span]) -> Iterator[Reference]:
    for match in _DEFINITION.finditer(text):
        if not _inside(code, match.start()):
            yield _reference(
                "definition", match.start(), match.end(), match[1], match.span(2), text
            )


def _inside(spans: list[Span], position: int) -> bool:
    index = bisect_right(spans, (position, len(spans) and spans[-1][1] + 1)) - 1
    return index >= 0 and spans[index][0] <= position < max(spans[index][1], spans[index][0] + 1)


# Links and images in running text

_SIGN = re.compile(r"\\.|`+|!?\[|\]|<!--|\n[ \t>]*(?=\n)", re.DOTALL)
_TITLE = r"\"(?:\\.|[^\"\\]){0,500}\"|'(?:\\.|[^'\\]){0,500}'|\((?:\\.|[^()\\]){0,500}\)"
_TAIL = re.compile(
    r"\(\s*(<[^<>\n]{0,1000}>|(?:\\.|[^\s()<\\]|\((?:\\.|[^\s()\\]){0,200}\)){1,1000})"
    rf"(?:\s+(?:{_TITLE}))?\s*\)",
    re.DOTALL,
)


def _inline(text: str, code: list[Span]) -> Iterator[Reference]:
    scanner = _Scanner(text)
    begin = 0
    for start, end in [*code, (len(text), len(text))]:
        if start > begin:
            yield from scanner.scan(begin, start)
        begin = max(begin, end)


class _Scanner:
    """Walks over the signs of one stretch of running text after the other."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.last_comment_end = text.rfind("-->")
        self.unclosed: set[tuple[int, int]] = set()

    def scan(self, begin: int, end: int) -> Iterator[Reference]:
        openings: list[Span] = []
        position = begin
        while sign := _SIGN.search(self.text, position, end):
            position = sign.end()
            mark = sign[0]
            if mark.startswith("\n"):
                openings.clear()  # a new paragraph
            elif mark.startswith("`"):
                position = self._after_code(sign, end)
            elif mark == "<!--":
                position = self._after_comment(sign, end)
            elif mark.endswith("[") and not mark.startswith("\\"):
                openings.append(sign.span())
            elif mark == "]" and openings:
                opening = openings.pop()
                if tail := _TAIL.match(self.text, position, end):
                    yield self._found(opening, sign, tail)
                    position = tail.end()

    def _found(self, opening: Span, closing: "re.Match[str]", tail: "re.Match[str]") -> Reference:
        kind = "image" if opening[1] - opening[0] == 2 else "link"
        label = self.text[opening[1] : closing.start()]
        return _reference(kind, opening[0], tail.end(), label, tail.span(1), self.text)

    def _after_code(self, run: "re.Match[str]", end: int) -> int:
        """Behind the code that a run of backticks opens, or behind the run if nothing closes it."""
        length = len(run[0])
        blank = self.text.find("\n\n", run.end(), end)
        limit = blank if blank >= 0 else end
        if (length, limit) in self.unclosed:
            return run.end()
        closing = re.compile(rf"(?<!`)`{{{length}}}(?!`)").search(self.text, run.end(), limit)
        if closing is None:
            self.unclosed.add((length, limit))
        return closing.end() if closing else run.end()

    def _after_comment(self, sign: "re.Match[str]", end: int) -> int:
        if sign.end() > self.last_comment_end:
            return sign.end()
        return min(self.text.index("-->", sign.end() - 2) + 3, end)


def _reference(kind: str, start: int, end: int, label: str, target: Span, text: str) -> Reference:
    return Reference(kind, start, end, label, *target, _address(text[slice(*target)]))


def _address(written: str) -> str:
    bare = written[1:-1] if written.startswith("<") else written
    return html.unescape(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", bare))
