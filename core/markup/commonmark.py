"""CommonMark with the habits of GitHub, and a few of our own, by markdown-it-py."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from linkify_it import LinkifyIt
from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from core.markup.gate import is_safe_href
from core.markup.parts import TOO_DEEP, Link, MarkupError
from core.markup.wiki import WIKI_LINK, link_key

DEEPEST = 100  # levels; markdown-it drops what lies deeper, so such a text is refused


def to_html(source: str, links: Mapping[str, Link]) -> str:
    """The text as HTML that still has to pass the gates."""
    parser = _parser()
    env: dict[str, Any] = {"links": links}
    tokens = parser.parse(source, env)
    _refuse_depth(tokens)
    rendered: str = parser.renderer.render(tokens, parser.options, env)
    return rendered


def _refuse_depth(tokens: Sequence[Token]) -> None:
    if any(token.level >= DEEPEST - 1 for token in tokens):
        raise MarkupError(TOO_DEEP)


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 (markdown-it's name)
        """A link that nobody may follow is shown as it was typed."""
        return not url or is_safe_href(url)  # an empty one is dropped by the gate


def _parser() -> _Parser:
    parser = _Parser("gfm-like2", {"html": False, "maxNesting": DEEPEST})
    parser.linkify = _LINKIFIER
    # Inline footnotes stay off: `^[a-z]+` is a pattern far more often than a footnote.
    footnote_plugin(parser, inline=False)
    deflist_plugin(parser)
    parser.block.ruler.before("html_block", "comment", _comment_block, _INTERRUPTS)
    parser.block.ruler.before("paragraph", "pasted_list", _pasted_list, _INTERRUPTS)
    parser.inline.ruler.at("linkify", _bare_link)
    parser.inline.ruler.before("link", "wiki_link", _wiki_link)
    parser.inline.ruler.before("html_inline", "comment", _comment)
    for name in ("footnote_ref", "footnote_block_open", "footnote_open", "footnote_anchor"):
        parser.add_render_rule(name, globals()["_" + name])
    for name in ("th_open", "td_open"):
        parser.add_render_rule(name, _cell_open)
    parser.add_render_rule("alert_open", _alert_open)
    parser.add_render_rule("alert_title_open", _alert_title_open)
    return parser


_INTERRUPTS: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote"]}


# Bare links


class _Linkifier(LinkifyIt):  # type: ignore[misc]
    """Finds https://..., www.... and mail addresses, never a bare word with a dot in it."""

    LONGEST_RUN = 2000  # characters without a blank; longer ones are no address, and slow to search

    def test(self, text: str) -> bool:
        return True  # `match` finds out with one search instead of two

    def match(self, text: str) -> Any:
        found, begin = [], 0
        for run in [*re.finditer(rf"\S{{{self.LONGEST_RUN},}}", text), None]:
            piece = text[begin : run.start() if run else None]
            for link in super().match(piece) or ():
                if link.schema == "mailto:" and _is_scp_path(piece, link.last_index):
                    continue
                link.index += begin
                link.last_index += begin
                found.append(link)
            begin = run.end() if run else begin
        return found or None


def _is_scp_path(text: str, end: int) -> bool:
    # git@example.com:team/project.git names a repository, not a person.
    return re.match(r":\S", text[end : end + 2]) is not None


def _validate_www(self: LinkifyIt, text: str, pos: int) -> int:
    found = re.compile(self.re["src_host_port_strict"] + self.re["src_path"], re.IGNORECASE).match(
        text, pos
    )
    return len(found[0]) if found and "." in found[0] else 0


def _normalize_www(self: LinkifyIt, match: Any) -> None:
    match.url = "http://" + match.url


def _linkifier() -> _Linkifier:
    linkifier = _Linkifier(options={"fuzzy_link": False, "fuzzy_email": True})
    linkifier.add("www.", {"validate": _validate_www, "normalize": _normalize_www})
    linkifier.add("//", None).add("ftp:", None)
    # Mail addresses inside a company end in anything: .internal, .test, .cloud.
    linkifier.tlds(["[a-z]{2,63}"])
    return linkifier


_LINKIFIER = _linkifier()


def _bare_link(state: StateInline, silent: bool) -> bool:
    """https://... where it stands, so that no sign in it is taken for emphasis.

    In the place of markdown-it's own rule, whose time grows with the square of the text.
    """
    if state.linkLevel > 0 or not state.src.startswith("://", state.pos):
        return False
    scheme = re.search(r"(?:^|[^a-z0-9.+-])(https?)$", state.pending[-6:], re.IGNORECASE)
    if scheme is None:
        return False
    begin = state.pos - len(scheme[1])
    run = re.compile(rf"\S{{1,{_Linkifier.LONGEST_RUN}}}").match(state.src, begin, state.posMax)
    found = run and len(run[0]) < _Linkifier.LONGEST_RUN and _LINKIFIER.match_at_start(run[0])
    if not found:
        return False
    url = found.url.rstrip("*")
    href = state.md.normalizeLink(url)
    if not state.md.validateLink(href):
        return False
    if not silent:
        state.pending = state.pending[: -len(scheme[1])]
        opening = state.push("link_open", "a", 1)
        opening.attrs, opening.markup, opening.info = {"href": href}, "linkify", "auto"
        state.push("text", "", 0).content = state.md.normalizeLinkText(url)
        closing = state.push("link_close", "a", -1)
        closing.markup, closing.info = "linkify", "auto"
    state.pos = begin + len(url)
    return True


# Wiki links


def _wiki_link(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos : state.pos + 2] != "[[" or state.linkLevel > 0:
        return False
    match = WIKI_LINK.match(state.src, state.pos, state.posMax)
    if match is None or not match[1].strip() or _is_commonmark_link(state, match):
        return False
    if not silent:
        target, label = match[1].strip(), (match[2] or "").strip()
        _push_wiki_link(state, target, label)
    state.pos = match.end()
    return True


def _is_commonmark_link(state: StateInline, match: "re.Match[str]") -> bool:
    """CommonMark goes first: `[[text]](address)`, and `[text]` where that is defined as a link."""
    if state.src[match.end() : match.end() + 1] in ("(", "["):
        return True
    references = state.env.get("references", {})
    return normalizeReference(match[0][2:-2]) in references


def _push_wiki_link(state: StateInline, target: str, label: str) -> None:
    link: Link | None = state.env["links"].get(link_key(target))
    if link is None:
        opening = state.push("missing_link_open", "span", 1)
        opening.attrs = {"class": "missing-link"}
        text = label or target
    else:
        opening = state.push("link_open", "a", 1)
        opening.attrs = {"href": link.href, "class": "wiki-link"}
        # A link by slug or by a former title shows the present title.
        same = link_key(target) == link_key(link.title)
        text = label or (target if same else link.title)
    state.push("text", "", 0).content = text
    state.push("link_close" if link else "missing_link_close", opening.tag, -1)


# HTML comments, which are for authors and never shown


def _comment_block(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    if state.is_code_block(start_line):
        return False
    begin = state.bMarks[start_line] + state.tShift[start_line]
    if not state.src.startswith("<!--", begin):
        return False
    line = _line_of_comment_end(state, begin, start_line, end_line)
    if line is None:
        return False  # never closed: shown as typed, or the rest of the text would be gone
    if silent:
        return True
    rest = state.src[state.bMarks[line] : state.eMarks[line]].partition("-->")[2].strip()
    if line == start_line:
        rest = state.src[begin : state.eMarks[line]].partition("-->")[2].strip()
    state.line = line + 1
    if rest:
        _push_paragraph(state, rest, line)
    return True


def _line_of_comment_end(
    state: StateBlock, begin: int, start_line: int, end_line: int
) -> int | None:
    # One search from here tells all later comments whether there is any end left to look for.
    last = state.env.setdefault("last_comment_end", state.src.rfind("-->"))
    if last < begin:
        return None
    for line in range(start_line, end_line):
        if line > start_line and state.sCount[line] < state.blkIndent and not state.isEmpty(line):
            return None
        first = begin + 4 if line == start_line else state.bMarks[line]
        if "-->" in state.src[first : state.eMarks[line]]:
            return line
    return None


def _push_paragraph(state: StateBlock, content: str, line: int) -> None:
    state.push("paragraph_open", "p", 1).map = [line, line + 1]
    inline = state.push("inline", "", 0)
    inline.content, inline.map, inline.children = content, [line, line + 1], []
    state.push("paragraph_close", "p", -1)


def _comment(state: StateInline, silent: bool) -> bool:
    if not state.src.startswith("<!--", state.pos):
        return False
    if state.src.rfind("-->", state.pos, state.posMax) < 0:
        return False
    state.pos = state.src.index("-->", state.pos + 2) + 3
    return True


# Lists pasted from Word, whose bullets are characters

_PASTED_BULLET = re.compile(r"[•●▪◦‣∙·]\s+(?=\S)")


def _pasted_list(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    if state.is_code_block(start_line) or _pasted_item(state, start_line) is None:
        return False
    if silent:
        return True
    state.push("bullet_list_open", "ul", 1).map = [start_line, end_line]
    line = start_line
    while line < end_line and (item := _pasted_item(state, line)) is not None:
        state.push("list_item_open", "li", 1).map = [line, line + 1]
        _push_paragraph(state, item, line)
        for token in (state.tokens[-3], state.tokens[-1]):
            token.hidden = True
        state.push("list_item_close", "li", -1)
        line += 1
    state.push("bullet_list_close", "ul", -1)
    state.line = line
    return True


def _pasted_item(state: StateBlock, line: int) -> str | None:
    if state.isEmpty(line) or state.sCount[line] < state.blkIndent:
        return None
    text = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]
    bullet = _PASTED_BULLET.match(text)
    return text[bullet.end() :].strip() if bullet else None


# How some tokens are written


def _cell_open(_: Any, tokens: Sequence[Token], index: int, *rest: Any) -> str:
    token = tokens[index]
    align = str(token.attrs.get("style", "")).removeprefix("text-align:")
    return f'<{token.tag} align="{align}">' if align else f"<{token.tag}>"


def _alert_open(_: Any, tokens: Sequence[Token], index: int, *rest: Any) -> str:
    return f'<div class="callout callout-{tokens[index].info.lower()}">\n'


def _alert_title_open(_: Any, tokens: Sequence[Token], index: int, *rest: Any) -> str:
    return '<p class="callout-title">'


def _footnote_ref(_: Any, tokens: Sequence[Token], index: int, *rest: Any) -> str:
    number, again = _footnote_numbers(tokens[index])
    link = f'<a id="fnref-{number}{again}" href="#fn-{number}">{number}</a>'
    return f"<sup>{link}</sup>"


def _footnote_anchor(_: Any, tokens: Sequence[Token], index: int, *rest: Any) -> str:
    number, again = _footnote_numbers(tokens[index])
    return f' <a href="#fnref-{number}{again}">\u21a9\ufe0e</a>'


def _footnote_numbers(token: Token) -> tuple[int, str]:
    again = token.meta.get("subId", 0)
    return token.meta["id"] + 1, f"-{again + 1}" if again > 0 else ""


def _footnote_block_open(_: Any, tokens: Sequence[Token], index: int, *rest: Any) -> str:
    return '<section class="footnotes">\n<ol>\n'


def _footnote_open(_: Any, tokens: Sequence[Token], index: int, *rest: Any) -> str:
    return f'<li id="fn-{tokens[index].meta["id"] + 1}">'
