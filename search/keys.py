"""What counts as the same search: by it searches are counted, pins and cards are found."""

from search.analysis import stem, tokens
from search.languages import QUESTION_WORDS
from search.query import Query

# Question words that say the opposite of what holds without them: log out, not working, after tax.
_OPPOSITES = frozenset(
    {"above", "after", "before", "below", "down", "no", "not", "off", "out", "over", "under", "up"}
)


def key_of(query: Query) -> str:
    """The terms asked for, in order; how a question is put does not matter, nor do filters."""
    found = [token for word in query.words for token in tokens(word.text)]
    if any(token.word not in QUESTION_WORDS for token in found):
        found = [token for token in found if says_something(token.word)]
    terms = [token.stem for token in found]
    return " ".join(terms + [stem(word) for phrase in query.phrases for word in phrase])


def says_something(word: str) -> bool:
    """Whether it is more than a way to put a question: on goes without saying, off does not."""
    return word not in QUESTION_WORDS or word in _OPPOSITES
