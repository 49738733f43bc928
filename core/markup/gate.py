"""What a page may hold: the last of two sanitisers, nh3, and our own rule for addresses."""

import re
from collections.abc import Callable, Iterable, Mapping

import nh3

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
TAGS = frozenset({
    "a", "abbr", "blockquote", "br", "code", "dd", "del", "details", "div", "dl", "dt", "em", "h1",
    "h2", "h3", "h4", "h5", "h6", "hr", "img", "input", "li", "ol", "p", "pre", "s", "section",
    "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead",
    "tr", "ul",
})
# fmt: on

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
    return _cleaner(TAGS - {"h1"}, _SHOWN, _shown)


# What a comparison adds to elements that only one text has, or that stand elsewhere in it.
MARKS = frozenset({"diff-added", "diff-removed", "diff-moved", "diff-note"})


def comparison_gate() -> Callable[[str], str]:
    """The same for two pages that were put together: with marks, without ids."""
    tags = (TAGS - {"h1"}) | {"ins"}
    attributes = {tag: (_SHOWN.get(tag, set()) - {"id"}) | {"class"} for tag in tags}
    return _cleaner(tags, attributes, _shown_in_comparison)


def _cleaner(
    tags: Iterable[str],
    attributes: Mapping[str, set[str]],
    attribute_filter: Callable[[str, str, str], str | None],
) -> Callable[[str], str]:
    cleaner = nh3.Cleaner(
        tags=set(tags),
        attributes=dict(attributes),
        attribute_filter=attribute_filter,
        set_tag_attribute_values={"input": {"type": "checkbox", "disabled": ""}},
        link_rel=None,  # nh3 would add it before the filter, and the filter could drop it again
        url_schemes=set(SCHEMES),
    )
    return cleaner.clean


def _shown(tag: str, name: str, value: str) -> str | None:
    fits = _VALUES.get(name)
    return value if fits is None or fits(value) else None


def _shown_in_comparison(tag: str, name: str, value: str) -> str | None:
    if name != "class":
        return _shown(tag, name, value)
    if "class" in _SHOWN.get(tag, ()):
        return _shown(tag, name, value)
    return value if value in MARKS else None
