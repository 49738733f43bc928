"""Small Flask helpers that every room uses: public pages, slots, times, paging, safe return."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, current_app, request
from markupsafe import Markup
from werkzeug.routing import IntegerConverter

from core.config import Config

View = TypeVar("View", bound=Callable[..., Any])


def public(view: View) -> View:
    """Mark a view as open to people who are not signed in; everything else is not."""
    view.public = True  # type: ignore[attr-defined]
    return view


def settings() -> Config:
    """The settings of the running application."""
    config: Config = current_app.config["FIRSTHAND"]
    return config


class ShortNumber(IntegerConverter):
    """A number in an address, small enough for the database; with more digits it names nothing."""

    regex = "[0-9]{1,9}"


def init_app(app: Flask) -> None:
    app.url_map.converters["int"] = ShortNumber
    app.extensions["slots"] = {}
    app.jinja_env.filters.update(when=when, day=day)
    app.jinja_env.globals.update(slot=slot)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.after_request(add_security_headers)


# Slots: places in a template that a room above may fill.

Filler = Callable[..., Markup | str]


def fill_slot(app: Flask, name: str, filler: Filler) -> None:
    """Let `filler(**context)` add to the slot `name`, after those registered before it."""
    app.extensions["slots"].setdefault(name, []).append(filler)


def slot(name: str, **context: Any) -> Markup:
    fillers: list[Filler] = current_app.extensions["slots"].get(name, [])
    return Markup("").join(Markup(filler(**context)) for filler in fillers)


# Times: the server writes UTC, the browser turns it into the reader's zone.


def day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def when(moment: datetime | None, style: str = "day") -> Markup:
    """A `<time>` element; `style` is `day`, or how a script shows it: `relative`, `since`, `clock`."""
    if moment is None:
        return Markup("")
    exact = f"{day(moment)}, {moment:%H:%M} UTC"
    return Markup('<time datetime="{}" title="{}" data-style="{}">{}</time>').format(
        moment.isoformat(timespec="seconds"), exact, style, day(moment)
    )


# Asking in JSON or in HTML.


def wants_json() -> bool:
    """Whether a program asks: it sends JSON, or prefers it over HTML."""
    accepted = request.accept_mimetypes
    return request.is_json or accepted["application/json"] > accepted["text/html"]


def posted() -> dict[str, str]:
    """What was sent, as text by name, from a form or from JSON; lists are joined by commas."""
    if not request.is_json:
        return dict(request.form.items())
    sent = request.get_json(silent=True)
    return {str(k): _as_text(v) for k, v in sent.items()} if isinstance(sent, dict) else {}


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return str(value)


def number(text: str | None, default: int = 0) -> int:
    """A whole number that fits the database, from what somebody sent, or `default`."""
    return int(text) if text and re.fullmatch(r"[0-9]{1,15}", text) else default


# Paging


@dataclass(frozen=True)
class Page:
    """Which part of a long list is shown; pages count from 1."""

    number: int
    size: int
    total: int

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def has_next(self) -> bool:
        return self.number < self.pages


def page_of(total: int, size: int = 20) -> Page:
    """The page asked for, kept inside what there is."""
    pages = max(1, -(-total // size))
    return Page(min(max(number(request.args.get("page"), 1), 1), pages), size, total)


def own_address(target: str | None) -> str | None:
    """`target` if it is a path on our own site, else nothing: never send people elsewhere."""
    if not target or re.search(r"[\x00-\x20\x7f\\]", target):
        return None
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or not target.startswith("/") or target.startswith("//"):
        return None
    return target


POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}

DOCUMENT_HEADERS = HEADERS | {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Robots-Tag": "noindex, nofollow",
}

# No browser shows these as a document, and a page fetches two dozen of them.
PARTS = frozenset({"text/css", "text/javascript", "font/woff2"})


def add_security_headers(response: Any) -> Any:
    given = {name.lower() for name, _ in response.headers}
    wanted = HEADERS if response.mimetype in PARTS else DOCUMENT_HEADERS
    response.headers.extend((n, v) for n, v in wanted.items() if n.lower() not in given)
    if settings().is_https:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response
