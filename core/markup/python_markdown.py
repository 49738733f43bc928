"""The other dialect: Python-Markdown with pymdown-extensions, for texts written in it."""

import re
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.blockprocessors import BlockProcessor
from markdown.extensions.footnotes import FootnoteExtension
from markdown.extensions.tables import TableExtension
from markdown.inlinepatterns import InlineProcessor
from markdown.util import AtomicString

from core.markup.parts import TOO_DEEP, Link, MarkupError
from core.markup.wiki import WIKI_LINK, link_key


def to_html(source: str, links: Mapping[str, Link]) -> str:
    """The text as HTML that still has to pass the gates."""
    parser = _parser()
    parser.inlinePatterns.register(_WikiLink(links), "wiki_link", 175)
    try:
        return parser.convert(source)
    except RecursionError as error:
        raise MarkupError(TOO_DEEP) from error


def _parser() -> Markdown:
    parser = Markdown(
        extensions=[
            "abbr",
            "admonition",
            "attr_list",
            "def_list",
            FootnoteExtension(SEPARATOR="-"),
            TableExtension(use_align_attribute=True),
            "pymdownx.betterem",
            "pymdownx.details",
            "pymdownx.highlight",
            "pymdownx.magiclink",
            "pymdownx.superfences",
            "pymdownx.tasklist",
            "pymdownx.tilde",
        ],
        extension_configs={
            "pymdownx.highlight": {"use_pygments": False},
            "pymdownx.magiclink": {"hide_protocol": False},
        },
    )
    # Raw HTML is shown as typed in this dialect too, and comments are not shown at all.
    parser.preprocessors.deregister("html_block")
    parser.inlinePatterns.deregister("html")
    parser.inlinePatterns.register(_Comment("<!--.*?-->"), "comment", 90)
    parser.parser.blockprocessors.register(_CommentBlock(parser.parser), "comment", 95)
    return parser


class _WikiLink(InlineProcessor):
    def __init__(self, links: Mapping[str, Link]) -> None:
        super().__init__(WIKI_LINK.pattern + r"(?![(\[])")
        self.links = links

    def handleMatch(self, m: "re.Match[str]", data: str) -> tuple[Any, int | None, int | None]:  # type: ignore[override]  # noqa: N802 (Python-Markdown's name)
        target, label = m[1].strip(), (m[2] or "").strip()
        if not target:
            return None, None, None
        link = self.links.get(link_key(target))
        if link is None:
            element = Element("span", {"class": "missing-link"})
            text = label or target
        else:
            element = Element("a", {"href": link.href, "class": "wiki-link"})
            text = label or (target if link_key(target) == link_key(link.title) else link.title)
        element.text = AtomicString(text)
        return element, m.start(0), m.end(0)


class _Comment(InlineProcessor):
    def handleMatch(self, m: "re.Match[str]", data: str) -> tuple[str, int, int]:  # type: ignore[override]  # noqa: N802
        return "", m.start(0), m.end(0)


class _CommentBlock(BlockProcessor):
    """A comment that begins a block, with whatever blank lines it holds."""

    def test(self, parent: Element, block: str) -> bool:
        return block.startswith("<!--")

    def run(self, parent: Element, blocks: list[str]) -> bool:
        for index, block in enumerate(blocks):
            _, end, rest = block[4 if index == 0 else 0 :].partition("-->")
            if end:
                blocks[: index + 1] = [rest.strip("\n")] if rest.strip() else []
                return True
        return False
