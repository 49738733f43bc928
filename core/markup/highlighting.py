"""Colours for code: which language it is, and the pieces that get a class."""

import re
from collections.abc import Iterator
from functools import lru_cache

from pygments.lexer import Lexer
from pygments.lexers import get_all_lexers, get_lexer_by_name
from pygments.token import STANDARD_TYPES, _TokenType

# Asking Pygments for a name it does not know searches the installed packages, which is slow.
_NAMES = {
    alias: (name, aliases[0]) for name, aliases, *_ in get_all_lexers(False) for alias in aliases
}
_WORD = re.compile(r"[A-Za-z0-9_+#.-]{1,30}")


def language_name(word: str) -> str:
    """How readers call the language of a fence: `js` is JavaScript; an unknown word stays."""
    if word.lower() in _NAMES:
        return _NAMES[word.lower()][0]
    return word if _WORD.fullmatch(word) else ""


def pieces(code: str, word: str) -> Iterator[tuple[str, str]]:
    """The code cut into (class, text); one piece without a class when the language is unknown."""
    if word.lower() not in _NAMES:
        yield "", code
        return
    held = ""
    text: list[str] = []
    for kind, value in _lexer(_NAMES[word.lower()][1]).get_tokens(code):
        css = "" if value.isspace() else _css_class(kind)
        if css != held and text:
            yield held, "".join(text)
            text = []
        held = css
        text.append(value)
    if text:
        yield held, "".join(text)


@lru_cache(maxsize=64)
def _lexer(alias: str) -> Lexer:
    lexer: Lexer = get_lexer_by_name(alias, stripnl=False, ensurenl=False)
    return lexer


@lru_cache(maxsize=512)
def _css_class(kind: _TokenType) -> str:
    while kind not in STANDARD_TYPES and kind.parent is not None:
        kind = kind.parent
    return STANDARD_TYPES[kind]
