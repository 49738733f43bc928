"""Rules about how the product is written that no linter knows."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config import PREFIX, SETTINGS, TEST_PREFIX, Setting
from tests.house.files import ROOT, files, name, product_code

# Who decides that a change is complete: entry points, and what works outside any request.
COMMITTERS = {"routes", "admin", "cli", "outbox", "periodic", "tally"}
# Long work in portions, each a transaction of its own, called by a command or a delivery.
PORTIONS = {
    "core/kept_events.py",
    "curation/merges.py",
    "kb/rendering.py",
    "people/mailing.py",
    "search/demand.py",
    "search/gaps/answering.py",
    "search/records.py",
    "search/semantic/indexing.py",
    "search/semantic/vectors.py",  # files of its own
}


def may_commit(path: Path) -> bool:
    inside = path.relative_to(ROOT)
    if inside.parts[:2] == ("search", "engines"):
        return True  # an index commits to itself
    if inside.parts[0] == "ops" or name(path) in PORTIONS:
        return True
    return path.stem in COMMITTERS or "routes" in inside.parts


def calls(path: Path, method: str) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text())):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == method
        ):
            yield node


def test_only_entry_points_commit() -> None:
    offenders = [
        f"{name(path)}:{call.lineno}"
        for path in product_code()
        if not may_commit(path)
        for call in calls(path, "commit")
    ]
    assert offenders == []


def test_every_module_says_in_its_docstring_what_it_is_for() -> None:
    silent = [
        name(path)
        for path in product_code()
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.variable)
def test_every_setting_is_in_the_readme_with_its_default(setting: Setting) -> None:
    rows = [line for line in readme().splitlines() if f"`{setting.variable}`" in line]
    assert rows, f"{setting.variable} is not in README.md"
    assert not setting.default or any(setting.default in row for row in rows)


def test_the_readme_names_no_setting_that_is_not_there() -> None:
    named = set(re.findall(PREFIX + r"[A-Z_]+", readme()))
    known = {setting.variable for setting in SETTINGS}
    assert {each for each in named if not each.startswith(TEST_PREFIX)} <= known


def test_only_the_table_of_settings_reads_the_environment() -> None:
    readers = [
        name(path)
        for path in product_code()
        if re.search(r"\bos\.(environ|getenv)\b", path.read_text())
    ]
    assert readers == ["core/config.py"]


def test_only_the_clock_asks_the_time() -> None:
    asking = [
        name(path)
        for path in product_code()
        if re.search(r"\bdatetime\.(now|utcnow|today)\(|\bdate\.today\(", path.read_text())
    ]
    assert asking == ["core/clock.py"]


def test_no_page_carries_script_style_or_handlers_of_its_own() -> None:
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=\"|javascript:", re.I)
    offenders = [
        f"{name(path)}: {match.group().strip()}"
        for path in files("templates", suffix=".html")
        if (match := inline.search(path.read_text()))
    ]
    assert offenders == []


def test_only_the_renderer_and_few_named_places_call_text_safe() -> None:
    """`|safe` in a template, and `Markup(variable)` in code, switch escaping off."""
    offenders = [
        name(path) for path in files("templates") if re.search(r"\|\s*safe\b", path.read_text())
    ]
    assert offenders == []


def readme() -> str:
    return (ROOT / "README.md").read_text()
