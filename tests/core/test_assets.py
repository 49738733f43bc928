"""What browsers fetch beside pages: once for what every page needs, with few words about it."""

import re

from flask import Flask

from core import assets


def test_a_page_asks_once_for_the_stylesheets_that_every_page_needs(app: Flask) -> None:
    files = assets.assets.files
    common = files["css/common.css"].body
    named = re.findall(r'@import "(.+)";', (assets.STATIC / "css/common.css").read_text())
    assert named
    assert b"@import" not in common
    assert all(files[f"css/{name}"].body in common for name in named)


def test_parts_of_a_page_carry_no_rules_for_documents(app: Flask) -> None:
    client = app.test_client()
    for path in ("css/common.css", "js/app.js"):
        with client.get(assets.assets.url(path)) as response:
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["Cache-Control"].endswith("immutable")
            assert "Content-Security-Policy" not in response.headers


def test_what_a_browser_shows_by_itself_keeps_the_policy(app: Flask) -> None:
    client = app.test_client()
    for path in ("/signin", "/favicon.ico", assets.assets.url("img/favicon.svg"), "/robots.txt"):
        with client.get(path) as response:
            assert "default-src 'none'" in response.headers["Content-Security-Policy"]
            assert response.headers["X-Frame-Options"] == "DENY"
            assert len(response.headers.getlist("Cache-Control")) == 1
