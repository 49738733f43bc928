"""What a page may hold: two sanitisers in a row, bleach and nh3, and our own rule for addresses."""

import html
import re
from collections.abc import Callable
from typing import Any

import nh3
from bleach.sanitizer import Cleaner

SCHEMES = frozenset({"http", "https", "mailto", "tel"})
REL = "noopener noreferrer"

# Controls, zero-width and direction-changing characters, which make an address look or parse
# like another one.
_UNTRUSTED = re.compile(
    "[\x00-\x20\x7f-\xa0\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_SCHEME = re.compile(r"[^/?#:]*:")
_ATTACHMENT = re.compile(r"/attachments/[A-Za-z0-9_-]+/[^/?#\\]+")


def is_safe_href(href: str) -> bool:
    """Whether a reader may be sent there: our schemes, or an address within this site."""
    if not href or _UNTRUSTED.search(href) or href.startswith(("\\", "/\\")):
        return False
    scheme = _SCHEME.match(href)
    return scheme is None or scheme[0][:-1].lower() in SCHEMES


def is_external(href: str) -> bool:
    return href.lower().startswith(("http:", "https:", "//"))


def is_attachment(src: str) -> bool:
    """Whether an image is one of ours; no other is ever loaded by a reader's browser."""
    name = src.rpartition("/")[2]
    return bool(_ATTACHMENT.fullmatch(src)) and is_safe_href(src) and name not in {".", ".."}


# fmt: off
_TAGS = frozenset({
    "a", "abbr", "blockquote", "br", "code", "dd", "del", "details", "div", "dl", "dt", "em", "h1",
    "h2", "h3", "h4", "h5", "h6", "hr", "img", "input", "li", "ol", "p", "pre", "s", "section",
    "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead",
    "tr", "ul",
})
# fmt: on

# What the engines write; `shaping` makes of it what readers get.
_WRITTEN = {
    "a": {"href", "title", "class", "id"},
    "abbr": {"title"},
    "code": {"class"},
    "div": {"class"},
    "h1": {"id"},
    "h2": {"id"},
    "h3": {"id"},
    "h4": {"id"},
    "h5": {"id"},
    "h6": {"id"},
    "img": {"src", "alt", "title"},
    "input": {"type", "checked", "disabled"},
    "li": {"class", "id"},
    "ol": {"start", "class"},
    "p": {"class"},
    "section": {"class"},
    "span": {"class"},
    "sup": {"class", "id"},
    "td": {"align"},
    "th": {"align"},
}


def first_gate(shaper: Callable[..., Any]) -> Callable[[str], str]:
    """bleach, with the filter that gives what it lets through its final shape."""
    cleaner = Cleaner(
        tags=_TAGS,
        attributes=_may_be_written,
        protocols=SCHEMES,
        strip=True,
        strip_comments=True,
        filters=[shaper],
    )
    return cleaner.clean


def _may_be_written(tag: str, name: str, value: str) -> bool:
    if name not in _WRITTEN.get(tag, ()):
        return False
    # bleach keeps entities as written and lets `javascript:123` pass, so it is not asked.
    return name != "href" or is_safe_href(html.unescape(value))


_SHOWN = {
    "a": {"href", "title", "class", "id", "rel", "aria-label"},
    "abbr": {"title"},
    "code": {"class"},
    "div": {"class", "role", "tabindex", "aria-label", "data-language"},
    "h2": {"id"},
    "h3": {"id"},
    "h4": {"id"},
    "h5": {"id"},
    "h6": {"id"},
    "img": {"src", "alt", "title", "loading", "decoding", "width", "height"},
    "input": {"type", "checked", "disabled", "aria-label"},
    "li": {"class", "id"},
    "ol": {"start"},
    "p": {"class"},
    "pre": {"tabindex"},
    "section": {"class", "aria-label"},
    "span": {"class", "title"},
    "sup": {"class"},
    "td": {"class"},
    "th": {"class", "scope"},
}
_CLASS = re.compile(r"[A-Za-z0-9_+#.-]{1,60}( [A-Za-z0-9_+#.-]{1,60}){0,3}")
_NUMBER = re.compile(r"[0-9]{1,9}")
_VALUES: dict[str, Callable[[str], object]] = {
    "class": _CLASS.fullmatch,
    "decoding": {"async"}.__contains__,
    "height": _NUMBER.fullmatch,
    "href": is_safe_href,
    "id": re.compile(r"(h|fn|fnref)-[^\s\"'<>&]{1,100}").fullmatch,
    "loading": {"lazy"}.__contains__,
    "rel": {REL}.__contains__,
    "role": {"group", "note"}.__contains__,
    "scope": {"col"}.__contains__,
    "src": is_attachment,
    "start": _NUMBER.fullmatch,
    "tabindex": {"0"}.__contains__,
    "type": {"checkbox"}.__contains__,
    "width": _NUMBER.fullmatch,
}


def last_gate() -> Callable[[str], str]:
    """nh3, which sees exactly what readers get."""
    cleaner = nh3.Cleaner(
        tags=set(_TAGS - {"h1"}),
        attributes=_SHOWN,
        attribute_filter=_shown,
        set_tag_attribute_values={"input": {"type": "checkbox", "disabled": ""}},
        link_rel=None,  # nh3 would add it before the filter, and the filter could drop it again
        url_schemes=set(SCHEMES),
    )
    return cleaner.clean


def _shown(tag: str, name: str, value: str) -> str | None:
    fits = _VALUES.get(name)
    return value if fits is None or fits(value) else None
