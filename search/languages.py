"""Which languages the articles of an index are in, and which one a question is put in."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from core import languages
from core.languages import ENGLISH
from search.analysis import STEMMERS, fold, tokens, words
from search.documents import language_marker
from search.engines import Searcher

# The words by which questions are put. They are in the index, for phrases, but say nothing about
# what is asked, so they are left out of a query in which anything else remains.
QUESTION_WORDS = frozenset(
    token.word
    for token in tokens(Path(__file__).with_name("questions.txt").read_text(encoding="utf-8"))
)


def languages_present(searcher: Searcher) -> tuple[str, ...]:
    """English first, then the others that some article is in; the same as long as the index is."""
    others = (code for code in STEMMERS if code != ENGLISH)
    return (ENGLISH, *(code for code in others if searcher.frequency(language_marker(code))))


def query_language(written: Iterable[str], present: tuple[str, ...]) -> str:
    """The language with the most of its commonest words in a query; English where they are even.

    `written` are the words as they were typed. Few words hold few of these, so a query is often
    taken for English; its stems are looked for in all languages, and nothing else depends on it.
    """
    typed = list(written)
    votes = {code: sum(is_frame_word(word, code) for word in typed) for code in present}
    return max(votes, key=lambda code: (votes[code], code == ENGLISH), default=ENGLISH)


def is_frame_word(written: str, language: str) -> bool:
    """Whether a word only frames a question in this language: it says nothing of what is asked."""
    frame = frame_words(language)
    return fold(written) in frame or all(word in frame for word in words(written, (language,)))


@cache
def frame_words(language: str) -> frozenset[str]:
    """The commonest words of a language as they stand in an index: without accents."""
    return frozenset(fold(word) for word in languages.common_words(language))
