"""Refuses unsafe requests that another site made a browser send."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, current_app, request

from core.db import SAFE_METHODS
from core.errors import NotAllowed

View = TypeVar("View", bound=Callable[..., Any])


def from_any_site(view: View) -> View:
    """Mark a view that needs no such care: what it does is allowed by its address alone."""
    view.from_any_site = True  # type: ignore[attr-defined]
    return view


def init_app(app: Flask) -> None:
    app.before_request(refuse_cross_site)


def refuse_cross_site() -> None:
    """Trust `Sec-Fetch-Site`, else compare `Origin`; programs send neither and pass."""
    if request.method in SAFE_METHODS or _is_open():
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        foreign = site not in ("same-origin", "none")
    elif origin is not None:
        foreign = _host(origin) != request.host
    else:
        foreign = False
    if foreign:
        raise NotAllowed(
            "This came from another site, so it was not carried out. Please do it on our own page."
        )


def _is_open() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "from_any_site", False)


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # nothing that a browser says of a page of ours
        return None
