"""Turning what people type into names for addresses, and one-line text."""

import re
import unicodedata

_SPECIAL = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "þ": "th", "ð": "d"}
)


def fold(text: str) -> str:
    """Lower case without accents, for comparing what people mean."""
    lowered = unicodedata.normalize("NFKD", text.casefold().translate(_SPECIAL))
    return unicodedata.normalize("NFC", "".join(c for c in lowered if not unicodedata.combining(c)))


def slugify(text: str, *, longest: int = 80, default: str = "untitled") -> str:
    """An address-friendly form: letters and digits of any script, joined by hyphens."""
    slug = re.sub(r"[\W_]+", "-", fold(text).lower()).strip("-")
    if len(slug) > longest:
        slug = slug[:longest].rpartition("-")[0] or slug[:longest]
    return slug or default


def one_line(text: str) -> str:
    """Without line breaks, control and direction-changing characters, or runs of blanks."""
    kept = "".join(
        c if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn") else " " for c in text
    )
    return " ".join(kept.split())


def unfold_lines(text: str) -> str:
    """Text of many lines with one kind of line end and without characters a database refuses."""
    unified = (
        text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\N{REPLACEMENT CHARACTER}")
    )
    return unified.encode("utf-8", "replace").decode("utf-8")


def quoted(words: str) -> str:
    """Words between quotation marks, as a sentence names a title."""
    return f"\N{LEFT DOUBLE QUOTATION MARK}{words}\N{RIGHT DOUBLE QUOTATION MARK}"
