"""The languages that texts are written in: their names, and which one a text is in.

Told by the commonest words, of which each language has its own: a text of some sentences holds
many of them. It takes a fraction of a millisecond, no memory worth speaking of, and gives the same
answer on every machine, so that an index can be compared with the database anywhere.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from core.text import one_line

ENGLISH = "en"
OTHER = "other"  # none of those below

# By their codes, as they call themselves.
NAMES = {
    ENGLISH: "English",
    "da": "Dansk",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "it": "Italiano",
    "nl": "Nederlands",
    "no": "Norsk",
    "pt": "Português",
    "fi": "Suomi",
    "sv": "Svenska",
    "ja": "日本語",
    "zh": "中文",
    "ko": "한국어",
    OTHER: "Another language",
}
# Those whose commonest words we know.
KNOWN = ("en", "da", "de", "es", "fi", "fr", "it", "nl", "no", "pt", "sv")

_LOOKED_AT = 4000  # characters
_FEWEST = 1.0  # votes for a language other than English
_MARGIN = 1.2  # how much more than for English
_FEW = 0.12  # of the words, at least, are among the commonest of a language, if it is that
_WORD = re.compile(r"[^\W\d_]+")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_KANA = re.compile("[\u3040-\u30ff\uff66-\uff9d]")
_HANGUL = re.compile("[\uac00-\ud7af]")
_KANA_SHARE = 0.05  # even the driest Japanese text has more
# A word with one of these letters is of one of these languages; with any other that English has
# not, of none that we know.
_LETTERS = {
    "ß": ("de",),
    "ä": ("de", "fi", "sv"),
    "ö": ("de", "fi", "sv"),
    "ü": ("de", "es"),
    "å": ("da", "no", "sv"),
    "æ": ("da", "no"),
    "ø": ("da", "no"),
    "ñ": ("es",),
    "ã": ("pt",),
    "õ": ("pt",),
    "ç": ("fr", "pt"),
    "á": ("es", "pt"),
    "é": ("fr", "es", "pt", "it", "nl"),
    "í": ("es", "pt"),
    "ó": ("es", "pt"),
    "ú": ("es", "pt"),
    "à": ("fr", "it", "pt"),
    "è": ("fr", "it"),
    "ì": ("it",),
    "ò": ("it",),
    "ù": ("fr", "it"),
    "â": ("fr", "pt"),
    "ê": ("fr", "pt"),
    "î": ("fr",),
    "ô": ("fr", "pt"),
    "û": ("fr",),
    "œ": ("fr",),
    "ë": ("fr", "nl"),
    "ï": ("fr", "nl"),
}


def tag(code: str) -> str:
    """The value of an element's `lang` for a text in a language; nothing where the page's will do."""
    return "" if code in ("", ENGLISH, OTHER) else code


def clean(written: str) -> str | None:
    """The code that somebody wrote, as `de`, `de-AT` or `Deutsch`; empty for none, None if unknown."""
    word = one_line(written).casefold()
    code = re.split(r"[-_]", word)[0]
    if not word or code in NAMES:
        return code
    if code in ("nb", "nn"):
        return "no"
    return next((code for code, name in NAMES.items() if name.casefold() == word), None)


def detect(*parts: str) -> str:
    """The language of a text in parts; of one too short to tell, English."""
    text = "\n".join(parts)[:_LOOKED_AT]
    words = _WORD.findall(text.lower())
    return _by_script(text, words) or _by_words(text, words)


def _by_script(text: str, words: list[str]) -> str:
    """Where a character is worth a word, one language or another of East Asia."""
    if text.isascii():
        return ""
    kana, han, hangul = (len(script.findall(text)) for script in (_KANA, _HAN, _HANGUL))
    latin = sum(1 for word in words if word[0] < "\u0250")
    if max(kana + han, hangul) <= latin:
        return ""
    if hangul > kana + han:
        return "ko"
    return "ja" if kana >= _KANA_SHARE * (kana + han) else "zh"


def _by_words(text: str, words: list[str]) -> str:
    votes = _votes(words)
    best = max(sorted(votes), key=lambda code: votes[code], default=ENGLISH)
    if best != OTHER and sum(word in common_words(best) for word in words) < _FEW * len(words):
        # Names, commands and few sentences, or a language that shares some words with this one.
        best = OTHER if votes[OTHER] >= _FEWEST + _FEW * len(words) else best
    if votes[best] < max(_FEWEST, _MARGIN * votes[ENGLISH]):
        return ENGLISH
    return best


def _votes(words: list[str]) -> Mapping[str, float]:
    """Each of the commonest words and each telling letter has one vote, shared by its languages."""
    known = _languages_of()
    votes: defaultdict[str, float] = defaultdict(float)
    for word, times in Counter(words).items():
        if not word.isascii():
            for letter in dict.fromkeys(word):  # in their order: sums come out the same anywhere
                if letter > "\x7f":
                    codes = _LETTERS.get(letter, (OTHER,))
                    for code in codes:
                        votes[code] += times / len(codes)
        for code in known.get(word, ()):
            votes[code] += times / len(known[word])
    return votes


@cache
def common_words(code: str) -> frozenset[str]:
    """The words of a language that say nothing about what a text is about, with their accents."""
    path = Path(__file__).with_name("stopwords") / f"{code}.txt"
    if not path.exists():
        return frozenset()
    lines = path.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


@cache
def _languages_of() -> dict[str, tuple[str, ...]]:
    """For each of the commonest words, the languages that have it."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for code in KNOWN:
        for word in common_words(code):
            if len(word) > 1:  # a letter by itself is a letter anywhere
                found[word].append(code)
    return {word: tuple(codes) for word, codes in found.items()}
