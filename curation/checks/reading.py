"""How hard a text is to read, by Flesch's formula and its German form, told in words.

English: 206.835 - 1.015 words per sentence - 84.6 syllables per word (R. Flesch, "A new readability
yardstick", Journal of Applied Psychology 32, 1948). German: 180 - words per sentence - 58.5 syllables
per word (T. Amstad, "Wie verständlich sind unsere Zeitungen?", Zürich 1978). Both run from 0 (hardest)
to about 100. Syllables are counted by groups of vowels, which is off by a few in a hundred words and
good enough for a hint. The comparisons are Flesch's own (The Art of Readable Writing, 1949).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from curation.checks.findings import Check, Finding, Severity, shortened
from curation.checks.source import Passage, Source, words_of

FEWEST_WORDS = 100  # Flesch measured on samples of a hundred words
SHORTEST_SENTENCE, LONG_SENTENCE = 5, 40  # words
SHOWN = 3  # long sentences

_SENTENCE_END = re.compile(r"[.!?:…][\"'”’»)\]]*(?=\s|$)")
_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_COMMON_ENGLISH = """
    the and of to a in is that it you for on with as are this be by from or an can if not we
    will at
"""
_ENGLISH = frozenset(_COMMON_ENGLISH.split())
_COMMON_GERMAN = """
    der die das und ist nicht ein eine zu den von mit sie es auf für im dem wird auch an sich
    werden oder wenn
"""
_GERMAN = frozenset(_COMMON_GERMAN.split())

# Below this score, what a text is harder than, and how grave that is.
_BANDS = (
    (30.0, Severity.LOOK, "Harder to read than an academic journal"),
    (45.0, Severity.NOTE, "Harder to read than a news magazine"),
)


@dataclass(frozen=True)
class Sentence:
    """A sentence, or an item of a list, with the lines that it stands on."""

    first: int
    last: int
    text: str
    words: tuple[str, ...]


def reading(found: Sequence[Sentence]) -> Iterator[Finding]:
    """What makes a text hard: overall, and its longest sentences."""
    yield from _overall(found)
    long = [sentence for sentence in found if len(sentence.words) > LONG_SENTENCE]
    for sentence in sorted(long, key=lambda s: -len(s.words))[:SHOWN]:
        yield Finding(
            Check.READING,
            Severity.NOTE,
            sentence.first,
            sentence.last,
            f"This sentence has {len(sentence.words)} words.",
            shortened(sentence.text),
        )


def _overall(found: Sequence[Sentence]) -> Iterator[Finding]:
    # Items of a list are often no more than a name; they would make any text look easy, or hard.
    whole = [sentence for sentence in found if len(sentence.words) >= SHORTEST_SENTENCE]
    words = [word for sentence in whole for word in sentence.words]
    if len(words) < FEWEST_WORDS:
        return
    score = ease(words, len(whole))
    for limit, severity, harder in _BANDS:
        if score is not None and score < limit:
            length = round(len(words) / len(whole))
            because = "long sentences and long words" if length > 20 else "many long words"
            yield Finding(
                Check.READING,
                severity,
                None,
                None,
                f"{harder}: {because} ({length} words to a sentence; Flesch {max(0, round(score))},"
                " where 60 is plain).",
            )
            return


def ease(words: list[str], sentence_count: int) -> float | None:
    """Flesch's reading ease, or None for a language whose formula we do not have."""
    language = language_of(words)
    if language is None or not words or not sentence_count:
        return None
    syllables = sum(_syllables(word, language) for word in words) / len(words)
    length = len(words) / sentence_count
    if language == "de":
        return 180 - length - 58.5 * syllables
    return 206.835 - 1.015 * length - 84.6 * syllables


def language_of(words: list[str]) -> str | None:
    """English or German by their commonest words, which make up a third of any text."""
    lowered = [word.lower() for word in words[:1000]]
    english = sum(word in _ENGLISH for word in lowered)
    german = sum(word in _GERMAN for word in lowered)
    if max(english, german) < 0.1 * len(lowered):
        return None
    return "en" if english >= german else "de"


def sentences(source: Source) -> Iterator[Sentence]:
    """The sentences of paragraphs and lists; code, tables and headings have none."""
    for passage in source.passages:
        if passage.kind in ("prose", "item"):
            yield from _sentences(passage)


def _sentences(passage: Passage) -> Iterator[Sentence]:
    text = words_of(passage.text)
    start = 0
    line = passage.first
    for end in [*(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]:
        part = text[start:end]
        words = tuple(_WORD.findall(part))
        before = len(part) - len(part.lstrip())
        first = line + part.count("\n", 0, before)
        line += part.count("\n")
        start = end
        if len(words) > 1:
            yield Sentence(first, line, " ".join(part.split()), words)


_VOWELS_EN = re.compile("[aeiouy]+")
_VOWELS_DE = re.compile("ie|ei|eu|au|äu|ai|aa|ee|oo|[aeiouyäöü]")


@lru_cache(maxsize=20_000)
def _syllables(word: str, language: str) -> int:
    lowered = word.lower()
    if language == "de":
        return max(1, len(_VOWELS_DE.findall(lowered)))
    count = len(_VOWELS_EN.findall(lowered))
    if lowered.endswith("e") and not lowered.endswith(("le", "ee", "ye")):
        count -= 1  # make, phone
    elif lowered.endswith("ed") and not lowered.endswith(("ted", "ded")):
        count -= 1  # asked
    elif lowered.endswith("es") and not lowered.endswith(
        ("ses", "ces", "zes", "ges", "xes", "hes")
    ):
        count -= 1  # makes
    count += lowered.endswith(("ia", "io", "ism", "ious", "uous"))
    return max(1, count)
