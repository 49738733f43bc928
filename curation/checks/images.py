"""Looks for images that say nothing to whoever cannot see them."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from curation.checks.findings import Check, Finding, Severity
from curation.checks.source import Source

_IMAGE = re.compile(r"!\[([^\[\]\n]{0,300})\](?:\([ \t]*<?([^\s()<>]{0,500})[^()\n]{0,200}\)?)?")
_FILE = re.compile(r"[\w\-. ()@+,]{1,150}\.(?:png|jpe?g|gif|webp|svg|bmp|heic|tiff?|avif)", re.I)
_WORD = re.compile(r"[^\W\d_]+")

# What cameras, phones and systems call what they make, and words that name the medium alone.
_MEDIA = """
    a alt am an at bild bildschirmfoto capture clipboard copy d description diagram dsc dscn
    écran ekranu figure foto grafik icon image img logo photo pic picture pm png pxl
    schermafbeelding screen screencapture screenshot shot skærmbillede text the um unbenannt
    untitled von vom zrzut
"""
_SAYS_NOTHING = frozenset(_MEDIA.split())


def images(source: Source) -> Iterator[Finding]:
    """Images without a description, and those described by the name of a file."""
    for number, line in source.prose:
        if "![" not in line:
            continue
        for image in _IMAGE.finditer(line):
            sentence = _amiss(image[1].strip(), image[2] or "")
            if sentence:
                yield Finding(Check.IMAGES, Severity.LOOK, number, number, sentence, image[0])


def _amiss(description: str, target: str) -> str:
    if not description:
        return (
            "This image has no description. Say in a few words what it shows,"
            " for those who cannot see it."
        )
    file = unquote(target.rpartition("/")[2].partition("?")[0])
    is_name = " " not in description and description in (file, file.rpartition(".")[0])
    if is_name or _FILE.fullmatch(description):
        return "This image is described by the name of a file. Say what it shows instead."
    if _SAYS_NOTHING.issuperset(map(str.lower, _WORD.findall(description))):
        return f"“{description}” does not say what this image shows."
    return ""
