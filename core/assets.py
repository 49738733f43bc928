"""Serves our stylesheets and scripts, and the few files we use of browser packages.

Every file lives under one address that carries a digest of all of them, so browsers may keep
them for ever, and relative imports between modules and stylesheets need no rewriting.
"""

import gzip
import hashlib
import json
import mimetypes
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import brotli
from flask import Blueprint, Flask, Response, abort, request
from markupsafe import Markup

from core.config import ROOT
from core.web import public

STATIC = ROOT / "static"
PACKAGES = ROOT / "node_modules"
ICONS = PACKAGES / "@iconify-json" / "lucide" / "icons.json"
VENDOR = STATIC / "vendor.json"  # the files of browser packages that we serve, nothing else
IMPORT = re.compile(rb'^@import "([a-z/-]+\.css)";$', re.MULTILINE)  # one file below another
COMPRESSED = (".css", ".js", ".svg", ".txt", ".webmanifest")

bp = Blueprint("assets", __name__)


@dataclass(frozen=True)
class Asset:
    """One file in memory, with its compressed forms where those are smaller."""

    body: bytes
    media_type: str
    compressible: bool

    @cached_property
    def brotli(self) -> bytes:
        return bytes(brotli.compress(self.body, quality=11))

    @cached_property
    def gzip(self) -> bytes:
        return gzip.compress(self.body, 9, mtime=0)


class Assets:
    """All files, read once at start."""

    def __init__(self) -> None:
        self.files = {path: _read(file) for path, file in _paths()}
        digest = hashlib.sha256()
        for path in sorted(self.files):
            digest.update(path.encode() + b"\0" + self.files[path].body)
        self.digest = digest.hexdigest()[:12]
        self._icons: dict[str, Markup] = {}

    def url(self, path: str) -> str:
        if path not in self.files:
            raise LookupError(f"no asset {path}")
        return f"/static/{self.digest}/{path}"

    def vendor(self, path: str) -> str:
        return self.url(f"vendor/{path}")

    def icon(self, name: str) -> Markup:
        """An icon of the set, inlined, hidden from screen readers: it always stands by a word."""
        if name not in self._icons:
            shapes = self._icon_set["icons"][
                self._icon_set["aliases"].get(name, {}).get("parent", name)
            ]["body"]
            self._icons[name] = Markup(
                '<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
                ' aria-hidden="true" focusable="false">' + shapes + "</svg>"
            )
        return self._icons[name]

    @cached_property
    def _icon_set(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(ICONS.read_text())
        return found


def _paths() -> list[tuple[str, Path]]:
    own = [
        (file.relative_to(STATIC).as_posix(), file) for file in STATIC.rglob("*") if file.is_file()
    ]
    listed: list[str] = json.loads(VENDOR.read_text()) if VENDOR.exists() else []
    return own + [(f"vendor/{path}", PACKAGES / path) for path in listed]


def _read(file: Path) -> Asset:
    media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    if media_type.startswith("text/") or media_type == "application/javascript":
        media_type += "; charset=utf-8"
    body = file.read_bytes()
    if file.suffix == ".css":
        body = IMPORT.sub(lambda match: (file.parent / match[1].decode()).read_bytes(), body)
    return Asset(body, media_type, file.suffix in COMPRESSED)


assets: Assets


def init_app(app: Flask) -> None:
    global assets
    assets = Assets()
    app.register_blueprint(bp)
    app.jinja_env.globals.update(static_url=assets.url, vendor=assets.vendor, icon=assets.icon)


@bp.get("/static/<digest>/<path:path>")
@public
def asset(digest: str, path: str) -> Response:
    found = assets.files.get(path)
    if found is None:
        abort(404)
    response = Response(found.body, content_type=found.media_type)
    if found.compressible:
        accepted = request.accept_encodings
        if accepted["br"] > 0:
            response = Response(found.brotli, content_type=found.media_type)
            response.headers["Content-Encoding"] = "br"
        elif accepted["gzip"] > 0:
            response = Response(found.gzip, content_type=found.media_type)
            response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"
    # An old digest may still be asked for by a page from before an upgrade: served, not kept.
    kept = digest == assets.digest
    response.headers["Cache-Control"] = (
        "public, max-age=31536000, immutable" if kept else "no-cache"
    )
    return response


@bp.get("/favicon.ico")
@public
def favicon() -> Response:
    return asset(assets.digest, "favicon.ico")


@bp.get("/robots.txt")
@public
def robots() -> Response:
    return Response("User-agent: *\nDisallow: /\n", content_type="text/plain; charset=utf-8")
