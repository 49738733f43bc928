"""The blocks of a text, by our renderer and by cmark, the reference implementation in C."""

import re
from collections.abc import Iterator
from pathlib import Path

import cmarkgfm
from cmarkgfm.cmark import Options
from markdown_it import MarkdownIt

from tests.core.html_trees import Node, tree

DATA = Path(__file__).parents[2].parent / "shared" / "data"

BLOCKS = {
    "blockquote", "code", "h", "hr", "li", "ol", "p", "pre", "table", "tbody", "td", "th", "thead",
    "tr", "ul",
}  # fmt: skip


def files() -> Iterator[Path]:
    yield from sorted((DATA / "til").rglob("*.md"))
    yield from sorted((DATA / "handbook" / "pages").rglob("*.md"))


def body(path: Path) -> str:
    """The text without its front matter."""
    return re.sub(r"\A---\n.*?\n---\n", "", path.read_text(), flags=re.S)


def ours(html: str) -> list[str]:
    return list(_blocks(tree(html)))


def theirs(source: str) -> list[str]:
    html = cmarkgfm.github_flavored_markdown_to_html(source, Options.CMARK_OPT_FOOTNOTES)
    return list(_blocks(tree(html)))


def raw_html(source: str) -> bool:
    """Whether a text has a block of HTML that is more than a comment."""
    tokens = MarkdownIt("commonmark").enable("table").parse(source)
    blocks = [token.content.strip() for token in tokens if token.type == "html_block"]
    return any(not re.fullmatch(r"<!--.*?-->", block, re.S) for block in blocks)


def _blocks(node: Node) -> Iterator[str]:
    """Opening and closing of each block in order; what stands in a line is left out."""
    for child in node.children:
        if isinstance(child, str):
            continue
        tag = "h" if re.fullmatch("h[1-6]", child.tag) else child.tag
        is_block = tag in BLOCKS and not (tag == "code" and node.tag != "pre")
        if is_block:
            yield tag
        yield from _blocks(child)
        if is_block:
            yield "/" + tag
