"""Shortens what may be personal in a wording before others than its writer read it."""

import re

HIDDEN = "[…]"

_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
# Telephone, account and identity numbers: seven digits and more, perhaps in groups.
_NUMBER = re.compile(r"(?<![\w-])[+(]?[A-Z]{0,2}\d(?:[\s./()-]?[\dX]){6,}(?!\w)")
# Passwords and keys: long, without a blank, with letters and digits in it.
_SECRET = re.compile(r"(?=\S*\d)(?=\S*[A-Za-z])[^\s/]{16,}")
_SAID = re.compile(r"\b(password|passwort|kennwort|pin|token)(\s*[:=]\s*|\s+is\s+)\S+", re.I)


def masked(query: str) -> str:
    """The wording without e-mail addresses, long numbers and what looks like a password."""
    query = _SAID.sub(rf"\1\2{HIDDEN}", query)
    for pattern in (_EMAIL, _SECRET, _NUMBER):
        query = pattern.sub(HIDDEN, query)
    return query
