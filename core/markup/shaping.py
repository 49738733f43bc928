"""Gives cleaned HTML its final shape, whichever dialect it came from, and takes down its words."""

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from core.markup import highlighting
from core.markup.gate import REL, is_attachment, is_external, is_safe_href
from core.markup.parts import Heading

HIGHLIGHTED = 100 * 1024  # characters of code a text; what follows stays plain
NARROWEST = 30  # characters: a longer line of code has to be scrolled on a phone

Token = dict[str, Any]
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
# fmt: off
_BLOCKS = _HEADINGS | {
    "p", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre", "table", "tr", "div", "section",
    "hr", "br", "details", "summary",
}
# fmt: on
_BLOCK_END = "\x1e"  # bleach lets no control character through, so no text holds it
_CALLOUTS = {
    "note": ("note", "info", "abstract", "example", "quote", "question"),
    "tip": ("tip", "hint", "success"),
    "important": ("important",),
    "warning": ("warning", "attention"),
    "caution": ("caution", "danger", "error", "failure", "bug"),
}
_CALLOUT_OF = {name: kind for kind, names in _CALLOUTS.items() for name in names}


class Page:
    """What is learnt of a text while it passes."""

    def __init__(self, levels: Iterable[int]) -> None:
        self.shift = 2 - min(levels, default=2)
        self.headings: list[Heading] = []
        self.code = 0
        self._words: list[str] = []
        self._anchors: dict[str, int] = {}

    @property
    def text(self) -> str:
        """The visible words, one block a line."""
        return re.sub(f"[ \n]*{_BLOCK_END}[ {_BLOCK_END}]*", "\n", "".join(self._words)).strip()

    def write(self, words: str, *, verbatim: bool = False) -> None:
        if not verbatim:
            words = re.sub(r"\s+", " ", words)
            if self._words and self._words[-1][-1:].isspace():
                words = words.lstrip()
        self._words.append(words)

    def end_block(self) -> None:
        self._words.append(_BLOCK_END)

    def add_heading(self, level: int, text: str, wish: str) -> Heading:
        """Enters a heading; its level never skips one, whatever was typed.

        The page's title is the only h1. The highest heading used in a text becomes h2, so that
        those who begin with `#` and those who begin with `##` get the same sound outline.
        """
        above = self.headings[-1].level if self.headings else 1
        shown = max(2, min(level + self.shift, above + 1, 6))
        heading = Heading(shown, self._anchor(wish or text), text)
        self.headings.append(heading)
        return heading

    def _anchor(self, text: str) -> str:
        slug = anchor_slug(text)
        number = self._anchors.get(slug, 0)
        anchor = slug
        while anchor in self._anchors:
            number += 1
            anchor = f"{slug}-{number}"
        self._anchors[slug] = number
        self._anchors[anchor] = self._anchors.get(anchor, 0)
        return "h-" + anchor


def anchor_slug(text: str) -> str:
    """GitHub's form, so that `#like-this` in a text leads where its author is used to."""
    words = unicodedata.normalize("NFKC", text).lower().strip()
    return re.sub(r"[^\w\- ]", "", words)[:80].strip().replace(" ", "-") or "section"


def heading_levels(markup: str) -> list[int]:
    return [int(level) for level in re.findall(r"<h([1-6])[ >]", markup)]


class Shaper:
    """A filter in bleach's sense: tokens in, tokens out.

    Values of attributes come and go with entities (`&amp;`) as bleach keeps them.
    """

    def __init__(self, source: Iterable[Token], page: Page) -> None:
        self.source = source
        self.page = page
        self.in_link = 0
        self.in_head = False
        self.silent = 0  # inside what is shown but is no part of the text
        self.open_spans: list[bool] = []
        self.open_links: list[bool] = []

    def __iter__(self) -> Iterator[Token]:
        tokens = iter(self.source)
        for token in tokens:
            kind, name = token["type"], token.get("name", "")
            if kind == "StartTag" and name == "pre":
                yield from self._code_block(tokens)
            elif kind == "StartTag" and name in _HEADINGS:
                yield from self._heading(token, tokens)
            else:
                yield from self._shape(token)

    def _shape(self, token: Token) -> Iterator[Token]:
        kind, name = token["type"], token.get("name", "")
        if kind == "Entity":
            token = _text(html.unescape(f"&{name};"))
        if token["type"] in ("Characters", "SpaceCharacters"):
            if not self.silent:
                self.page.write(token["data"])
            yield token
        elif kind in ("StartTag", "EmptyTag", "EndTag"):
            if name in _BLOCKS and not self.silent:
                self.page.end_block()
            shape = getattr(self, f"_{name}_{'end' if kind == 'EndTag' else 'start'}", None)
            if shape is not None:
                yield from shape(token)
            elif kind == "EndTag":
                yield token
            else:
                token["data"] = {}
                yield token

    # Headings

    def _heading(self, start: Token, tokens: Iterator[Token]) -> Iterator[Token]:
        self.page.end_block()
        inner: list[Token] = []
        for token in tokens:
            if token["type"] == "EndTag" and token["name"] == start["name"]:
                break
            inner.extend(self._shape(token))
        self.page.end_block()
        text = " ".join(_words_of(inner).split())
        wish = _attributes(start).get("id", "")
        heading = self.page.add_heading(int(start["name"][1]), text, wish)
        name = f"h{heading.level}"
        yield _start(name, id=heading.anchor)
        yield from inner
        yield _end(name)

    # Code

    def _code_block(self, tokens: Iterator[Token]) -> Iterator[Token]:
        word, parts = "", []
        for token in tokens:
            if token["type"] == "EndTag" and token["name"] == "pre":
                break
            if token["type"] == "StartTag" and token["name"] == "code":
                classes = _attributes(token).get("class", "").split()
                word = next((c[9:] for c in classes if c.startswith("language-")), word)
            parts.append(_words_of([token]))
        code = "".join(parts)
        self.page.end_block()
        self.page.write(code, verbatim=True)
        self.page.end_block()
        yield from self._code(code, word)

    def _code(self, code: str, word: str) -> Iterator[Token]:
        name = highlighting.language_name(word)
        yield _start("div", **{"class": "code"}, **({"data-language": name} if name else {}))
        wide = any(len(line) > NARROWEST for line in code.splitlines())
        yield _start("pre", **({"tabindex": "0"} if wide else {}))
        yield _start("code")
        self.page.code += len(code)
        for css, text in highlighting.pieces(code, word if self.page.code <= HIGHLIGHTED else ""):
            if css:
                yield _start("span", **{"class": css})
            yield _text(text)
            if css:
                yield _end("span")
        yield _end("code")
        yield _end("pre")
        yield _end("div")

    # Tables

    def _table_start(self, token: Token) -> Iterator[Token]:
        # A group, not a region: a dozen tables would be a dozen landmarks to a screen reader.
        attributes = {"class": "table-scroll", "role": "group", "tabindex": "0"}
        yield _start("div", **attributes, **{"aria-label": "Table"})
        yield _start("table")

    def _table_end(self, token: Token) -> Iterator[Token]:
        yield token
        yield _end("div")

    def _th_start(self, token: Token) -> Iterator[Token]:
        yield from self._td_start(token)

    def _td_start(self, token: Token) -> Iterator[Token]:
        self.page.write(" ")
        align = _attributes(token).get("align", "")
        attributes = {"class": f"align-{align}"} if align in ("left", "right", "center") else {}
        if token["name"] == "th":
            attributes["scope"] = "col"
        yield _start(token["name"], **attributes)

    # Links

    def _a_start(self, token: Token) -> Iterator[Token]:
        given = _attributes(token)
        href = given.get("href", "")
        usable = is_safe_href(href) and not self.in_link
        self.open_links.append(usable)
        if not usable:
            return
        self.in_link += 1
        attributes: dict[str, str] = {"href": href}
        if given.get("title"):
            attributes["title"] = given["title"]
        if _FOOTNOTE_LINK.fullmatch(href):
            self.silent += 1
            attributes = _footnote_link(given)
        elif href.startswith("#"):
            attributes["href"] = "#h-" + anchor_slug(href[1:].removeprefix("h-"))
        elif is_external(href):
            attributes["rel"] = REL
        elif given.get("class") == "wiki-link":
            attributes["class"] = "wiki-link"
        yield _start("a", **attributes)

    def _a_end(self, token: Token) -> Iterator[Token]:
        if self.open_links and self.open_links.pop():
            self.in_link -= 1
            self.silent = 0
            yield token

    def _span_start(self, token: Token) -> Iterator[Token]:
        missing = _attributes(token).get("class") == "missing-link"
        self.open_spans.append(missing)
        yield _start("span", **({"class": "missing-link"} if missing else {}))

    def _span_end(self, token: Token) -> Iterator[Token]:
        if self.open_spans and self.open_spans.pop():
            yield _start("span", **{"class": "visually-hidden"})
            yield _text(" (no article with this title yet)")
            yield _end("span")
        yield token

    # Images

    def _img_start(self, token: Token) -> Iterator[Token]:
        given = _attributes(token)
        source, size = _without_size(given.get("src", ""))
        description = given.get("alt", "").strip()
        self.page.write(description)
        title = {"title": given["title"]} if given.get("title") else {}
        if is_attachment(source):
            loading = {"loading": "lazy", "decoding": "async"}
            yield _start("img", src=source, alt=description, **title, **size, **loading)
        elif is_external(source) and is_safe_href(source) and not self.in_link:
            yield _start("a", **{"href": source, "class": "remote-image", "rel": REL}, **title)
            yield _text(description or source)
            yield _end("a")
        else:
            yield _start("span", **{"class": "missing-image"})
            yield _text(description or "Image without a description")
            yield _end("span")

    # Small things

    def _input_start(self, token: Token) -> Iterator[Token]:
        checked = "checked" in _attributes(token)
        yield _start(
            "input",
            type="checkbox",
            disabled="",
            **({"checked": ""} if checked else {}),
            **{"aria-label": "Done" if checked else "Not done"},
        )

    def _li_start(self, token: Token) -> Iterator[Token]:
        given = _attributes(token)
        attributes = {}
        if "task-list-item" in given.get("class", ""):
            attributes["class"] = "task"
        if given.get("id", "").startswith("fn-"):
            attributes["id"] = given["id"]
        yield _start("li", **attributes)

    def _ol_start(self, token: Token) -> Iterator[Token]:
        start = _attributes(token).get("start", "1")
        yield _start("ol", **({"start": start} if start.isdigit() and start != "1" else {}))

    def _div_start(self, token: Token) -> Iterator[Token]:
        classes = _attributes(token).get("class", "").split()
        if "callout" in classes or "admonition" in classes:
            names = (name.removeprefix("callout-") for name in classes)
            kind = next((_CALLOUT_OF[name] for name in names if name in _CALLOUT_OF), "note")
            yield _start("div", **{"class": f"callout callout-{kind}", "role": "note"})
        else:
            yield _start("div", **({"class": "footnotes"} if "footnote" in classes else {}))

    def _p_start(self, token: Token) -> Iterator[Token]:
        title = _attributes(token).get("class", "") in ("callout-title", "admonition-title")
        yield _start("p", **({"class": "callout-title"} if title else {}))

    def _section_start(self, token: Token) -> Iterator[Token]:
        yield _start("section", **{"class": "footnotes", "aria-label": "Footnotes"})

    def _abbr_start(self, token: Token) -> Iterator[Token]:
        title = _attributes(token).get("title", "")
        yield _start("abbr", **({"title": title} if title else {}))


_FOOTNOTE_LINK = re.compile(r"#fn(ref)?-(\d+)(-\d+)?")


def _footnote_link(given: dict[str, str]) -> dict[str, str]:
    href, mark = given["href"], given.get("id", "")
    match = _FOOTNOTE_LINK.fullmatch(href)
    number = match[2] if match else ""
    if href.startswith("#fnref"):
        label = f"Back to where footnote {number} is mentioned"
        return {"href": href, "class": "footnote-backref", "aria-label": label}
    own = {"id": mark} if _FOOTNOTE_LINK.fullmatch("#" + mark) else {}
    return own | {"href": href, "class": "footnote-ref", "aria-label": f"Footnote {number}"}


def _start(name: str, /, **attributes: str) -> Token:
    kind = "EmptyTag" if name in ("img", "input", "br", "hr") else "StartTag"
    data = {(None, key): html.escape(value) for key, value in attributes.items()}
    return {"type": kind, "name": name, "namespace": None, "data": data}


def _end(name: str) -> Token:
    return {"type": "EndTag", "name": name, "namespace": None, "data": {}}


def _text(data: str) -> Token:
    return {"type": "Characters", "data": data}


def _attributes(token: Token) -> dict[str, str]:
    return {name: html.unescape(value) for (_, name), value in token["data"].items()}


def _words_of(tokens: Iterable[Token]) -> str:
    words = []
    for token in tokens:
        if token["type"] in ("Characters", "SpaceCharacters"):
            words.append(token["data"])
        elif token["type"] == "Entity":
            words.append(html.unescape(f"&{token['name']};"))
    return "".join(words)


def _without_size(source: str) -> tuple[str, dict[str, str]]:
    """`/attachments/7/plan.png#640x480` says how large the image is, so that nothing jumps."""
    size = re.fullmatch(r"(.*)#([1-9]\d{0,4})x([1-9]\d{0,4})", source)
    return (size[1], {"width": size[2], "height": size[3]}) if size else (source, {})
