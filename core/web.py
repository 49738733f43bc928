"""Small Flask helpers that every room uses: public pages, slots, times, paging, safe return."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import SplitResult, quote, urlsplit

from flask import Flask, Request, abort, current_app, request
from markupsafe import Markup
from werkzeug.routing import IntegerConverter

from core import audit, languages
from core.config import Config
from core.errors import Invalid

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


class CheckedRequest(Request):
    """A request whose form holds no NUL, looked at when a page first reads the form.

    Not earlier: what somebody uploads who may not is never read.
    """

    def _load_form_data(self) -> None:
        is_first = "form" not in self.__dict__
        super()._load_form_data()
        if is_first and any("\0" in key + value for key, value in self.form.items(multi=True)):
            abort(400)


def init_app(app: Flask) -> None:
    app.request_class = CheckedRequest
    app.before_request(note_source)
    app.teardown_request(forget_source)
    app.before_request(check_address)
    app.url_map.converters["int"] = ShortNumber
    app.extensions["slots"] = {}
    app.jinja_env.filters.update(when=when, day=day, lang=lang)
    app.jinja_env.globals.update(slot=slot)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.after_request(add_security_headers)


def note_source() -> None:
    """So that the audit log can say from where something was done."""
    audit.source.set(request.remote_addr or "")


def forget_source(_error: BaseException | None) -> None:
    audit.source.set(audit.COMMAND_LINE)


# What may stand unescaped in the part of an address after the question mark.
QUERY_CHARACTERS = "%!$&'()*+,-./:;=?@[]^_`{|}~"


def check_address() -> None:
    """No browser sends NUL, and no database takes it: it becomes U+FFFD, and other odd bytes escapes."""
    if "\0" in request.path:
        abort(404)
    escaped = quote(request.query_string, safe=QUERY_CHARACTERS)
    request.query_string = escaped.replace("%00", "%EF%BF%BD").encode()


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


def lang(code: str) -> Markup:
    """The attribute for an element in which a text stands; nothing where the page's own language will do."""
    tag = languages.tag(code)
    return Markup(' lang="{}"').format(tag) if tag else Markup("")


def when(moment: datetime | None, style: str = "day") -> Markup:
    """A `<time>` element; `style` is `day`, or how a script shows it: `relative`, `ago`, `since`, `clock`."""
    if moment is None:
        return Markup("")
    exact = f"{day(moment)}, {moment:%H:%M} UTC"
    # Nothing here needs escaping, and a long page has hundreds of these.
    return Markup(
        f'<time datetime="{moment.isoformat(timespec="seconds")}" title="{exact}"'
        f' data-style="{style}">{day(moment)}</time>'
    )


# Who asks, and for what.

# What fetches pages for nobody: crawlers, previews of links in chats, browsers without a window, and
# the libraries of programs, whose names come first, where browsers say Mozilla. A service that keeps
# a long list is not needed behind a sign-in; what calls itself a browser is taken for one.
ROBOTS = re.compile(
    r"(?<!cu)bot\b|crawl|spider|scrapy|preview|externalhit|headless|lighthouse|jsdom|powershell"
    r"|^(?:apache-httpclient|axios|curl|dalvik|dart|deno|go-http-client|got|guzzlehttp|httpie"
    r"|insomnia|java|lib(?:curl|www-perl)|node|okhttp|php|postmanruntime|python|reqwest|restsharp"
    r"|ruby|symfony|undici|wget|whatsapp)\b",
    re.IGNORECASE,
)


def is_reading() -> bool:
    """Whether a person opens this page."""
    return request.method == "GET" and is_by_person()


def is_by_person() -> bool:
    """Whether a person is behind this request: no robot, and no browser that fetches ahead."""
    ahead = request.headers.get("Sec-Purpose") or request.headers.get("Purpose") or ""
    return "prefetch" not in ahead.lower() and not ROBOTS.search(request.user_agent.string)


def came_from() -> SplitResult | None:
    """The page of our own site whose link was followed, as the browser says."""
    here = request.host_url
    referrer = request.referrer or ""
    return urlsplit(referrer) if referrer.startswith(here) else None


# Asking in JSON or in HTML.


def wants_json() -> bool:
    """Whether a program asks: it sends JSON, or prefers it over HTML."""
    accepted = request.accept_mimetypes
    return request.is_json or accepted["application/json"] > accepted["text/html"]


def posted() -> dict[str, str]:
    """What was sent, as text by name, from a form or from JSON; lists are joined by commas."""
    try:
        sent = request.get_json(silent=True) if request.is_json else request.form
        named = sent.items() if isinstance(sent, Mapping) else ()
        return {_storable(str(key)): _storable(_as_text(value)) for key, value in named}
    except RecursionError:
        raise Invalid(
            "What was sent is nested too deeply to be read. Please send each field as plain text."
        ) from None


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return str(value)


def _storable(text: str) -> str:
    """The text without what no database takes: half characters and NUL, which JSON can name."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def number(text: str | None, default: int = 0) -> int:
    """A whole number that fits the database, from what somebody sent, or `default`."""
    return int(text) if text and re.fullmatch(r"[0-9]{1,9}", text) else default


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
    # One slash and no second: with two begins the name of another site.
    if target and re.fullmatch(r"/(?!/)[^\x00-\x20\x7f\\]*", target):
        return target
    return None


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
