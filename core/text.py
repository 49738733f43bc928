"""Turning what people type into names for addresses, and one-line text."""

import re
import unicodedata
from datetime import date

_SPECIAL = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "þ": "th", "ð": "d"}
)


def fold(text: str) -> str:
    """Lower case without accents, for comparing what people mean."""
    lowered = text
    for _ in range(2):  # a mathematical S is a capital only once it is taken apart
        lowered = unicodedata.normalize("NFKD", lowered.casefold().translate(_SPECIAL))
    lowered = lowered.casefold()
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


def days_in_words(first: date, last: date) -> str:
    """ "3 to 9 March 2025", "28 March to 3 April 2025", "3 March 2025" """
    end = f"{last.day} {last:%B %Y}"
    if first == last:
        return end
    if first.year != last.year:
        return f"{first.day} {first:%B %Y} to {end}"
    return (
        f"{first.day} to {end}" if first.month == last.month else f"{first.day} {first:%B} to {end}"
    )
