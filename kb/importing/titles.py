"""What a text says about itself where nobody has said it: its title and its summary."""

import html
import re
from html.parser import HTMLParser

from core.text import one_line
from kb.importing.references import lines

_ATX = re.compile(r" {0,3}#{1,6}(?=[ \t])")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*$")
_NO_PARAGRAPH = re.compile(r" {0,3}(?:>|[-*+](?:[ \t]|$)|\d{1,9}[.)](?:[ \t]|$)|\||<!--)")


def split_title(text: str) -> tuple[str, str]:
    """The first heading as plain words, and the text without it; no words if there is none."""
    previous, in_comment = "", False
    above: tuple[int, str] | None = None  # a line that becomes a heading if the next underlines it
    for start, line, is_code in lines(text):
        in_comment = in_comment or line.lstrip().startswith("<!--")
        if in_comment or is_code:
            in_comment = in_comment and "-->" not in line
            above = None
        elif words := _after_hashes(line):
            return plain(words), _without(text, start, start + len(line))
        elif above and _UNDERLINE.match(line):
            return plain(above[1]), _without(text, above[0], start + len(line))
        else:
            begins = line.strip() and not previous.strip() and not _NO_PARAGRAPH.match(line)
            above = (start, line) if begins else None
        previous = line
    return "", text


def _after_hashes(line: str) -> str:
    """The words of a heading like `## Words ##`."""
    hashes = _ATX.match(line)
    if hashes is None:
        return ""
    words = line[hashes.end() :].strip()
    bare = words.rstrip("#")
    return bare.rstrip() if bare[-1:] in ("", " ", "\t") else words


def _without(text: str, start: int, end: int) -> str:
    above, below = text[:start], text[end:].lstrip("\n")
    return above + below if above.strip() else below


_CODE = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_LINK = re.compile(
    r"!?\[([^\[\]]{0,300})\](?:\([^()\s]{0,300}(?:\s\"[^\"]{0,200}\")?\)|\[[^\[\]]{0,300}\])"
)
_STRONG = re.compile(r"(\*\*|\*|~~|(?<!\w)__|(?<!\w)_)(?=\S)(.{1,300}?)(?<=\S)\1(?!\w)")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_SHIELD = 0xF0000  # private characters stand for protected ones meanwhile


def plain(written: str) -> str:
    """A heading's words without their Markdown: code marks, links, emphasis, escapes."""
    kept: list[str] = []

    def shield(words: str) -> str:
        kept.append(words)
        return chr(_SHIELD + len(kept) - 1)

    text = _CODE.sub(lambda match: shield(match[2].strip()), written[:2000])
    text = _ESCAPE.sub(lambda match: shield(match[1]), text)
    text = _LINK.sub(r"\1", text)
    for _ in range(3):
        text = _STRONG.sub(r"\2", text)
    text = html.unescape(text)
    for index, words in enumerate(kept):
        text = text.replace(chr(_SHIELD + index), words)
    return one_line(text)


def from_file_name(stem: str) -> str:
    """`reset-the-vpn` as "Reset the vpn"."""
    words = one_line(re.sub(r"[-_]+", " ", stem))
    return words[:1].upper() + words[1:]


# Summaries


def summarise(page: str, longest: int) -> str:
    """The first paragraph of a rendered page in plain words, as many sentences as have room."""
    reader = _Paragraphs()
    for start in range(0, len(page), 4096):
        reader.feed(page[start : start + 4096])
        if words := _first(reader.finished):
            break
    else:
        words = _first(reader.paragraphs) or _first(reader.others)
    return _sentences(words, longest)


def _first(paragraphs: list[str]) -> str:
    """The first that says something to a reader."""
    readable = (one_line(_TEMPLATE_TAG.sub(" ", each[:2000])) for each in paragraphs)
    return next(filter(None, readable), "")


_TEMPLATE_TAG = re.compile(r"\{%[^%]{0,1000}%\}|\{\{[^{}]{0,1000}\}\}")
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*(?=\s)|[。！？]")


def _sentences(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    ends = [match.end() for match in _SENTENCE_END.finditer(text, 0, longest + 1)]
    fitting = [end for end in ends if longest // 4 <= end <= longest]
    if fitting:
        return text[: fitting[-1]]
    head = text[: longest - 1].rpartition(" ")[0] or text[: longest - 1]
    return head.rstrip(" ,;:–-") + "…"


class _Paragraphs(HTMLParser):
    """Takes down the paragraphs of a page that stand by themselves, and what stands in lists."""

    ASIDE = frozenset({"li", "blockquote", "div", "section", "td", "th", "dd", "dt"})

    def __init__(self) -> None:
        super().__init__()
        self.paragraphs: list[str] = []
        self.others: list[str] = []
        self._aside = 0
        self._into: list[str] | None = None
        self._hidden = 0

    @property
    def finished(self) -> list[str]:
        """Paragraphs that stand by themselves and have ended."""
        return self.paragraphs[:-1] if self._into is self.paragraphs else self.paragraphs

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.ASIDE:
            self._aside += 1
        if tag in ("p", "li", "dt", "dd") and not (tag == "p" and self._aside and self._into):
            self._into = self.others if self._aside else self.paragraphs
            self._into.append("")
        elif tag == "br":
            self.handle_data(" ")
        elif tag == "sup":
            self._hidden += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in self.ASIDE:
            self._aside -= 1
        if tag in ("p", "li", "dt", "dd"):
            self._into = None
        elif tag == "sup":
            self._hidden -= 1

    def handle_data(self, data: str) -> None:
        if self._into is not None and not self._hidden:
            self._into[-1] += data
