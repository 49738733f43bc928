"""What the passages of an article come to, in 16 bytes, for comparing a store with the database."""

import hashlib
import struct
from collections.abc import Iterable

from search.semantic import StoredPassage


def digest(passages: Iterable[StoredPassage]) -> bytes:
    """The same for the same passages, in whatever order a store keeps them."""
    found = hashlib.blake2b(digest_size=16)
    for start, end, vector in sorted(passages):
        found.update(struct.pack("<QQ", start, end))
        found.update(vector)
    return found.digest()
