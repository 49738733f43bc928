"""The CommonMark specification's examples, and how its HTML and ours are brought to one form."""

import re
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt

from core import markup
from tests.core.html_trees import Node

SPECIFICATION = Path(__file__).parents[2] / "node_modules/commonmark-spec/spec.txt"

_EXAMPLE = re.compile(r"^`{32} example\n(.*?)^\.\n(.*?)^`{32}$|^#{1,6} +([^\n]*)$", re.M | re.S)


def examples() -> Iterator[tuple[int, str, str, str]]:
    """(number, section, text, expected HTML) of each example."""
    number, section = 0, ""
    for source, expected, heading in _EXAMPLE.findall(SPECIFICATION.read_text()):
        if heading:
            section = heading
            continue
        number += 1
        yield number, section, source.replace("→", "\t"), expected.replace("→", "\t")


def has_raw_html(source: str) -> bool:
    """Whether the specification would pass HTML through, which we show as typed."""
    tokens = MarkdownIt("commonmark").parse(source)
    inner = [child for token in tokens for child in token.children or []]
    return any(token.type in ("html_block", "html_inline") for token in [*tokens, *inner])


def rendered(source: str) -> str:
    return markup.render(source).html


def normal(node: Node) -> object:
    """The tree with our deliberate differences taken out, in the specification's HTML and in ours.

    - Headings: the level depends on the text's outline with us, and they carry an anchor.
    - Code: the block around it, the pieces of colour, and the class that names the language.
    - Images: only our own are shown; the others become a link or their description.
    - Links: `rel`, the prefix of anchors within the page, and links to nowhere (`[a]()`).
    """
    children = [c for child in node.children for c in _normal_child(child)]
    if node.tag in ("DOCUMENT_FRAGMENT", "ul", "ol", "li", "blockquote"):
        children = [c for c in children if not isinstance(c, str) or c.strip()]
        children = [c.strip() if isinstance(c, str) else c for c in children]
    tag = "h" if re.fullmatch("h[1-6]", node.tag) else node.tag
    return (tag, _kept_attributes(node), _joined(children))


def _normal_child(child: Node | str) -> list[object]:
    if isinstance(child, str):
        return [child]
    if child.tag == "img":
        return [("image", child.attributes.get("alt", "").strip() or "Image without a description")]
    if "remote-image" in child.classes or "missing-image" in child.classes:
        return [("image", child.text)]
    to_nowhere = child.tag == "a" and not child.attributes.get("href")
    if to_nowhere or "code" in child.classes or (child.tag == "span" and child.classes):
        return [inner for grandchild in child.children for inner in _normal_child(grandchild)]
    return [normal(child)]


def _kept_attributes(node: Node) -> tuple[tuple[str, str], ...]:
    kept = {k: v for k, v in node.attributes.items() if k in ("href", "title", "start")}
    if kept.get("href", "").startswith("#h-"):
        kept["href"] = "#" + kept["href"][3:]
    if kept.get("title") == "":
        del kept["title"]
    return tuple(sorted(kept.items()))


def _joined(children: list[object]) -> tuple[object, ...]:
    joined: list[object] = []
    for child in children:
        last = joined[-1] if joined else None
        if isinstance(child, str) and isinstance(last, str):
            joined[-1] = last + child
        else:
            joined.append(child)
    return tuple(joined)
