"""Reads pages that core.markup wrote: their paragraphs, lists and tables, and the words in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

# fmt: off
_BLOCKS = frozenset({
    "blockquote", "dd", "details", "div", "dl", "dt", "h2", "h3", "h4", "h5", "h6", "hr", "li",
    "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr",
    "ul",
})
# fmt: on
_VOID = frozenset({"br", "hr", "img", "input"})
_QUOTED = r'[^<>"]*(?:"[^"]*"[^<>"]*)*'  # what stands in a tag; a value may hold angle brackets
_PART = re.compile(rf"<(/?)([a-z][a-z0-9]*)({_QUOTED})>|([^<]+)")
_ID = re.compile(rf'(<[a-z]{_QUOTED}?) id="[^"]*"')
_TAG = re.compile(rf"<{_QUOTED}>")
_IMAGE = re.compile(rf'<img src="([^"]*)" alt="([^"]*)"{_QUOTED}>')
_TOKEN = re.compile(r"\n|[^\S\n]+|&#?\w+;|\w+|[^\w\s]")
_IN_PAGE = re.compile(rf'<a href="#[^"]*"{_QUOTED}>')
_BACK = re.compile(rf' ?<a href="#fnref[^"]*"{_QUOTED}>[^<]*</a>')


class Word(NamedTuple):
    """A word, a sign, a run of blanks or an image, inside the inline elements that hold it."""

    text: str  # as in the page, so with entities
    within: tuple[str, ...]  # the opening tags, outermost first
    sense: tuple[str, ...]  # those that say something: no colours of code

    @property
    def key(self) -> tuple[str, tuple[str, ...]]:
        return self.text, self.sense


@dataclass
class Node:
    """An element that holds others, or else words; without a tag it is a run of words beside elements."""

    tag: str = ""
    start: str = ""  # the opening tag as written
    nodes: list["Node"] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)

    @property
    def end(self) -> str:
        return f"</{self.tag}>" if self.tag and self.tag not in _VOID else ""

    @property
    def is_leaf(self) -> bool:
        return not self.nodes

    @cached_property
    def html(self) -> str:
        inner = "".join(node.html for node in self.nodes) if self.nodes else written(self.words)
        return f"{self.start}{inner}{self.end}"


def units(html: str) -> list[str]:
    """The page cut into its outermost elements.

    Without ids and what leads to them: the text itself may stand on the same page as a comparison.
    """
    page = str(html)  # a page marked as safe would escape whatever it is put together from
    page = page.replace("<del>", "<s>").replace("</del>", "</s>")  # `<del>` is for what went
    page = _IN_PAGE.sub("<a>", _BACK.sub("", _ID.sub(r"\1", page)))
    found: list[str] = []
    depth = begin = 0
    for match in _PART.finditer(page):
        closing, tag, _, text = match.groups()
        if text is not None:
            if depth == 0 and text.strip():
                found.append(text)
        elif closing:
            depth -= 1
            if depth == 0:
                found.append(page[begin : match.end()])
        else:
            if depth == 0:
                begin = match.start()
            if tag in _VOID:
                if depth == 0:
                    found.append(match[0])
            else:
                depth += 1
    return found


def plain(html: str) -> str:
    """The words of a piece of a page, and which images it shows."""
    return _TAG.sub(" ", _IMAGE.sub(r" \1 \2 ", html))


def parse(unit: str) -> Node:
    """One outermost element."""
    return _Reading().read(unit)


class _Reading:
    def __init__(self) -> None:
        self.root = Node()
        self.path: list[Node] = [self.root]
        self.inline: list[tuple[str, str]] = []  # (tag, opening tag)

    def read(self, unit: str) -> Node:
        for closing, tag, rest, text in _PART.findall(unit):
            if text:
                self._text(text)
            elif closing:
                self._end(tag)
            else:
                self._start(tag, f"<{tag}{rest}>")
        nodes = self.root.nodes
        return nodes[0] if len(nodes) == 1 else self.root

    def _start(self, tag: str, start: str) -> None:
        if tag in _BLOCKS:
            node = Node(tag, start)
            self._container().nodes.append(node)
            if tag not in _VOID:
                self.path.append(node)
        elif tag in _VOID:
            self._add([start])
        else:
            self.inline.append((tag, start))

    def _end(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.path.pop()
        elif self.inline:
            self.inline.pop()

    def _container(self) -> Node:
        """Where a block goes; words that came before it become a run of their own."""
        node = self.path[-1]
        if node.words:
            node.nodes.append(Node(words=node.words))
            node.words = []
        return node

    def _text(self, text: str) -> None:
        node = self.path[-1]
        lays_out = not self.inline and not text.strip() and not node.words
        if lays_out and all(outer.tag != "pre" for outer in self.path):
            return
        self._add(_TOKEN.findall(text))

    def _add(self, texts: list[str]) -> None:
        node = self.path[-1]
        within = tuple(start for _, start in self.inline)
        sense = tuple(start for tag, start in self.inline if tag != "span")
        if node.nodes and node.nodes[-1].tag:
            if not "".join(texts).strip():
                return
            node.nodes.append(Node())
        words = node.nodes[-1].words if node.nodes else node.words
        words.extend(Word(text, within, sense) for text in texts)


def written(words: list[Word]) -> str:
    """Words as HTML again."""
    return write((word, "") for word in words)


def write(words: Iterator[tuple[Word, str]]) -> str:
    """Words as HTML, each within its elements and, innermost, in `<ins>` or `<del>` where named."""
    result: list[str] = []
    open_tags: list[str] = []
    for word, mark in words:
        wanted = [*word.within, f"<{mark}>"] if mark else list(word.within)
        if wanted != open_tags:
            common = 0
            for one, other in zip(wanted, open_tags, strict=False):
                if one != other:
                    break
                common += 1
            result.extend(_closing(tag) for tag in reversed(open_tags[common:]))
            result.extend(wanted[common:])
            open_tags = wanted
        result.append(word.text)
    result.extend(_closing(tag) for tag in reversed(open_tags))
    return "".join(result)


def _closing(start: str) -> str:
    return "</" + start[1:].partition(" ")[0].rstrip(">") + ">"
