"""The first of two sanitisers, bleach: what the engines may have written. Only workers need it."""

import html
from collections.abc import Callable
from typing import Any

from bleach.sanitizer import Cleaner

from core.markup.gate import SCHEMES, TAGS, is_safe_href

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
        tags=TAGS,
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
