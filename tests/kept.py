"""What the many applications and engines of a run have in common, made once: it is half of what they cost.

An application compiles its routes, an engine every statement it meets. Both do so for hours of service; tests
make one of each for some milliseconds.
"""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.routing import Rule

from core import db as db_module

STATEMENTS = 5_000


def keep_routes(patch: pytest.MonkeyPatch) -> None:
    """Compile what builds the addresses of a rule once for all applications that have the rule."""
    compiled: dict[tuple[str, str, bool], Callable[..., tuple[str, str]]] = {}
    compile_builder = Rule._compile_builder

    def once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        key = (rule.rule, repr((rule._trace, rule.defaults)), append_unknown)
        if key not in compiled:
            compiled[key] = compile_builder(rule, append_unknown)
        return compiled[key]

    patch.setattr(Rule, "_compile_builder", once)


def keep_statements(patch: pytest.MonkeyPatch) -> None:
    """Compile a statement once for all engines of the same kind; a dialect is a part of the cache's key."""
    kept: dict[str, sa.Engine] = {}
    create_engine = db_module.create_engine

    def create(url: str) -> sa.Engine:
        engine: Any = create_engine(url)
        first: Any = kept.get(engine.dialect.name)
        if first is None:
            engine._compiled_cache = sa.util.LRUCache(STATEMENTS)
            sa.event.listen(engine, "engine_connect", lambda _: kept.setdefault(name, engine))
            name = engine.dialect.name
        else:
            engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
        made: sa.Engine = engine
        return made

    patch.setattr(db_module, "create_engine", create)
