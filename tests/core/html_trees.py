"""HTML as trees that tests can compare, and a judge of what may be in them."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

import html5lib

sys.setrecursionlimit(10_000)  # one hostile line nests hundreds of elements


@dataclass
class Node:
    """An element with its attributes, and as children elements and text."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Node | str"] = field(default_factory=list)

    @property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").split()

    @property
    def text(self) -> str:
        return "".join(c if isinstance(c, str) else c.text for c in self.children)

    def walk(self) -> Iterator["Node"]:
        yield self
        for child in self.children:
            if isinstance(child, Node):
                yield from child.walk()


def tree(html: str) -> Node:
    """What a browser makes of a piece of a page."""
    fragment = html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False)
    return _node(fragment)


def _node(element: Element) -> Node:
    node = Node(str(element.tag), dict(element.attrib))
    _append(node, element.text)
    for child in element:
        if isinstance(child.tag, str):  # comments have a function for a tag
            node.children.append(_node(child))
        _append(node, child.tail)
    return node


def _append(node: Node, text: str | None) -> None:
    if text and node.children and isinstance(node.children[-1], str):
        node.children[-1] += text
    elif text:
        node.children.append(text)


def written(node: Node | str) -> str:
    """The tree as HTML again."""
    if isinstance(node, str):
        return node.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    inside = "".join(written(child) for child in node.children)
    if node.tag == "DOCUMENT_FRAGMENT":
        return inside
    attributes = "".join(
        f' {name}="{value.replace("&", "&amp;").replace(chr(34), "&quot;")}"'
        for name, value in node.attributes.items()
    )
    if node.tag in {"br", "hr", "img", "input"}:
        return f"<{node.tag}{attributes}>"
    return f"<{node.tag}{attributes}>{inside}</{node.tag}>"


HARMLESS = {
    "DOCUMENT_FRAGMENT", "a", "abbr", "blockquote", "br", "code", "dd", "del", "details", "div",
    "dl", "dt", "em", "h2", "h3", "h4", "h5", "h6", "hr", "img", "input", "li", "ol", "p", "pre",
    "s", "section", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "th",
    "thead", "tr", "ul",
}  # fmt: skip
QUIET = {
    "alt", "aria-label", "checked", "class", "data-language", "decoding", "disabled", "height",
    "href", "id", "loading", "rel", "role", "scope", "src", "start", "tabindex", "title", "type",
    "width",
}  # fmt: skip


def dangers(html: str) -> list[str]:
    """What could run, load, mislead or clobber in this HTML; nothing, if it is good."""
    found = [*_dangers(tree(html))]
    again = written(tree(html))
    if again != written(tree(again)):
        found.append("comes out differently when it is parsed again")
    return [*found, *_dangers(tree(again))]


def _dangers(root: Node) -> Iterator[str]:
    for node in root.walk():
        if node.tag not in HARMLESS:
            yield f"element {node.tag}"
        for name, value in node.attributes.items():
            if name not in QUIET:
                yield f"attribute {node.tag} {name}"
            if name == "href" and not _goes_somewhere_known(value):
                yield f"href {value!r}"
            if name == "src" and not re.fullmatch(r"/attachments/[\w-]+/[^/?#]+", value):
                yield f"src {value!r}"
            if name == "id" and not re.match(r"(h|fn|fnref)-.", value):
                yield f"id {value!r}"
        if node.tag == "input" and node.attributes.get("type") != "checkbox":
            yield "an input that is no checkbox"


def _goes_somewhere_known(href: str) -> bool:
    # As a browser reads it: controls and blanks at the ends go, tabs and line ends go anywhere.
    seen = re.sub(r"[\t\r\n]", "", href.strip("".join(map(chr, range(33)))))
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", seen)
    return scheme is None or scheme[1].lower() in {"http", "https", "mailto", "tel"}
