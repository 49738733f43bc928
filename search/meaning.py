"""Works out what a query comes to in one index: words known, corrected, or only begun."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from search.analysis import Token, identifiers, is_exact, stem, tokens
from search.engines import Searcher, Selection
from search.query import Query, Word
from search.ranking import Concept
from search.spelling import Speller

_SHORTEST_PREFIX = 3
_PREFIX_WORDS = 12

# The words by which questions are put. They are in the index, for phrases, but say nothing about
# what is asked, so they are left out of a query in which anything else remains.
QUESTION_WORDS = frozenset(
    token.word
    for token in tokens(Path(__file__).with_name("questions.txt").read_text(encoding="utf-8"))
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What is looked for."""

    concepts: tuple[Concept, ...]
    selection: Selection
    corrected: str = ""  # the query as it is searched, where a word was corrected
    unknown: tuple[str, ...] = ()  # words that no article has
    is_hopeless: bool = False  # words were given, and no article has any of them

    @property
    def terms(self) -> frozenset[str]:
        """What is marked in titles and passages."""
        return frozenset(term for concept in self.concepts for term in concept.terms)


def understand(
    query: Query, searcher: Searcher, speller: Callable[[], Speller] | None = None
) -> Meaning:
    """The meaning of a query; without a speller its words are taken as they are."""
    reading = _Reading(searcher, speller)
    for word in query.words:
        reading.read(word)
    for phrase in query.phrases:
        reading.read_phrase(phrase)
    concepts = reading.concepts()
    filters = [f.key for f in query.filters]
    selection = Selection(
        any_of=tuple(dict.fromkeys(term for concept in concepts for term in concept.terms)),
        phrases=query.phrases,
        without=tuple(stem(word) for word in query.without),
        without_phrases=query.without_phrases,
        filters=tuple(_alternatives(filters)),
        without_filters=tuple(f.key for f in query.without_filters),
    )
    return Meaning(
        concepts,
        selection,
        corrected=reading.corrected_text(query.text),
        unknown=tuple(reading.unknown),
        is_hopeless=bool(query.words or query.phrases) and not concepts,
    )


def _alternatives(keys: list[str]) -> Iterator[tuple[str, ...]]:
    """Two kinds or two authors cannot both be meant, so either will do; tags and topics add up."""
    for name in ("kind=", "author="):
        if alike := tuple(key for key in keys if key.startswith(name)):
            yield alike
    yield from ((key,) for key in keys if not key.startswith(("kind=", "author=")))


@dataclass
class _Reading:
    """Goes through the words of a query and looks each up."""

    searcher: Searcher
    speller: Callable[[], Speller] | None
    unknown: list[str] = field(default_factory=list)
    _asked: list[Concept] = field(default_factory=list)
    _framing: list[Concept] = field(default_factory=list)
    _order: list[Concept] = field(default_factory=list)
    _corrections: list[tuple[int, int, str]] = field(default_factory=list)
    _has_content: bool = False

    def read(self, word: Word) -> None:
        """One run of characters: an identifier, a word, or several words joined."""
        known = [
            (start, end, concept)
            for name, start, end in identifiers(word.text)
            if (concept := self._known(name, name)) is not None
        ]
        for _, _, concept in known:
            self._add(concept)
        # err and 1042 by themselves would find anything: the known identifier stands for them.
        exact = [(start, end) for start, end, concept in known if is_exact(concept.written)]
        for token in tokens(word.text):
            if not any(start <= token.start < end for start, end in exact):
                self._read_token(word, token)

    def _read_token(self, word: Word, token: Token) -> None:
        is_question_word = token.word in QUESTION_WORDS
        concept = self._known(token.word, token.stem)
        if concept is None and not is_question_word:
            concept = self._begun(token.word) or self._corrected(word, token)
            is_question_word = concept is not None and concept.written in QUESTION_WORDS
        self._has_content = self._has_content or not is_question_word
        if concept is None:
            self.unknown.append(word.text[token.start : token.end])
        elif is_question_word:
            self._framing.append(concept)
            self._order.append(concept)
        else:
            self._add(concept)

    def read_phrase(self, phrase: tuple[str, ...]) -> None:
        """The words of a phrase rank and are marked like others; that it is there, is required."""
        for word in phrase:
            concept = self._known(word, stem(word))
            if concept is not None:
                self._add(concept)

    def concepts(self) -> tuple[Concept, ...]:
        """What to look for, in the order of the query; what is asked twice counts twice."""
        chosen = self._asked if self._has_content else self._asked + self._framing
        merged: dict[tuple[str, ...], Concept] = {}
        for concept in self._order:
            if concept in chosen:
                before = merged.get(concept.terms)
                merged[concept.terms] = (
                    replace(before, count=before.count + 1) if before else concept
                )
        return tuple(merged.values())

    def corrected_text(self, text: str) -> str:
        if not self._corrections:
            return ""
        for start, end, word in sorted(self._corrections, reverse=True):
            text = text[:start] + word + text[end:]
        return text

    def _add(self, concept: Concept) -> None:
        self._has_content = True
        self._asked.append(concept)
        self._order.append(concept)

    def _known(self, written: str, term: str) -> Concept | None:
        frequency = self.searcher.frequency(term)
        return Concept(written, (term,), frequency) if frequency else None

    def _begun(self, word: str) -> Concept | None:
        """Nobody wrote this word, but others begin with it: it may not be typed to its end."""
        if len(word) < _SHORTEST_PREFIX:
            return None
        longer = self.searcher.words(word, _PREFIX_WORDS)
        terms = tuple(dict.fromkeys(stem(other) for other, _ in longer))
        frequency = max((self.searcher.frequency(term) for term in terms), default=0)
        return Concept(word, terms, frequency) if frequency else None

    def _corrected(self, word: Word, token: Token) -> Concept | None:
        if self.speller is None:
            return None
        for other in self.speller().suggestions(token.word):
            # The vocabulary may be a little older than the index; what is gone is not offered.
            concept = self._known(other, stem(other))
            if concept is not None:
                self._corrections.append((word.start + token.start, word.start + token.end, other))
                return concept
        return None
