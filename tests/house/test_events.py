"""What is listened for is also said somewhere."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Flask

from core import kept_events, outbox
from kb import reminders
from tests.house.files import name, product_code


def test_every_event_that_somebody_subscribes_to_is_recorded_somewhere(app: Flask) -> None:
    wanted = {kind for each in outbox.subscribers().values() for kind in each.kinds}
    assert wanted
    assert wanted - set(recorded()) == set()


def test_reminders_remember_longer_than_events_are_kept(app: Flask) -> None:
    assert set(reminders.MARKS.values()) <= kept_events._remembered


def recorded() -> Iterator[str]:
    """Every kind that some `outbox.record(session, KIND, ...)` may write."""
    for path in product_code():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and is_record(node.func) and len(node.args) > 1:
                yield from kinds(path, node.args[1])


def is_record(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and ast.unparse(function) == "outbox.record"


def kinds(path: Path, written: ast.expr) -> list[str]:
    """A literal, a constant of the module, or one of a table's values."""
    chosen = isinstance(written, ast.Subscript)
    module = importlib.import_module(name(path).removesuffix(".py").replace("/", "."))
    expression = ast.unparse(written.value if isinstance(written, ast.Subscript) else written)
    value: Any = eval(expression, vars(module))
    return list(value.values()) if chosen else [value]
