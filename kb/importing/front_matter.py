"""YAML front matter: read as plain words, without what YAML can do to a reader, and written."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

LONGEST = 32 * 1024  # characters
DEEPEST = 10
MOST_NODES = 2000

Fields = Mapping[str, Any]  # words, lists and mappings of words


class FrontMatterError(Exception):
    """Why front matter cannot be read, as a sentence."""


_OPENING = re.compile(r"---[ \t]*\n")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.MULTILINE)


def split(text: str) -> tuple[Fields | None, str]:
    """The fields at the top of a text, if there are any, and the rest.

    One blank line between the two belongs to neither. Two rules round something that is no list of
    fields are two rules.
    """
    opening = _OPENING.match(text)
    closing = _CLOSING.search(text, opening.end()) if opening else None
    if opening is None or closing is None:
        return None, text
    source = text[opening.end() : closing.start()]
    if len(source) > LONGEST:
        raise FrontMatterError(f"Its front matter is longer than {LONGEST // 1024} kB.")
    fields = _load(source)
    if fields is None:
        return None, text
    return fields, text[closing.end() :].removeprefix("\n")


def join(fields: Fields, body: str) -> str:
    """The text that `split` takes apart into these fields and this body."""
    head = yaml.safe_dump(
        dict(fields), sort_keys=False, allow_unicode=True, default_flow_style=False, width=100_000
    )
    return f"---\n{head}---\n\n{body}"


def _load(source: str) -> Fields | None:
    try:
        loaded = yaml.load(source, Loader=_Words)
    except yaml.MarkedYAMLError as error:
        line = f", near its line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise FrontMatterError(
            f"Its front matter is not valid YAML{line}: {error.problem}."
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise FrontMatterError("Its front matter is not valid YAML.") from None
    if not source.strip():
        return {}
    return loaded if isinstance(loaded, dict) else None


class _Words(yaml.BaseLoader):
    """Makes every value a word, so `no`, `1e999` and `2024-13-45` are what was typed.

    Aliases are refused, since a few of them can stand for gigabytes; so are depth and bulk.
    """

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.depth = 0
        self.nodes = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="aliases are not accepted", problem_mark=mark)
        self.nodes += 1
        self.depth += 1
        if self.nodes > MOST_NODES or self.depth > DEEPEST:
            problem = "too many values" if self.nodes > MOST_NODES else "nested too deeply"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_scalar(self, node: Any) -> Any:
        empty = node.style is None and node.value in ("~", "null", "Null", "NULL")
        return "" if empty else super().construct_scalar(node)
