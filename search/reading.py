"""Goes through the words of a query and looks each up: known, corrected, only begun, or meant otherwise."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from core.languages import ENGLISH
from search.analysis import (
    Token,
    composed,
    fold,
    identifiers,
    is_exact,
    pairs,
    query_stems,
    stem,
    tokens,
)
from search.book import Book, Synonym
from search.engines import Searcher, Selection
from search.languages import QUESTION_WORDS, is_frame_word
from search.query import Word
from search.ranking import Concept
from search.spelling import Speller

_SHORTEST_PREFIX = 3
_PREFIX_WORDS = 12
# "24-hour" and "report-2.docx" end in so many letters: their words say something by themselves.
_SHORTEST_ENDING = 3
# So many letters are a word of their own, even in an identifier that no article has: "windows-12".
_SHORTEST_WORD = 4
_LETTERS_AND_DIGITS = re.compile(r"([^\W\d_]+)(\d+)")


@dataclass
class _Said:
    """One thing in a query, in its order."""

    written: str
    stem: str  # by which the book of synonyms knows it
    concept: Concept | None  # none: no article has it
    is_frame: bool = False
    is_optional: bool = False  # nobody is told that no article has it
    is_identifier: bool = False
    is_part: bool = False  # of an identifier that no article has


@dataclass
class Reading:
    """Goes through the words of a query and looks each up."""

    searcher: Searcher
    speller: Callable[[], Speller] | None
    languages: tuple[str, ...]
    language: str
    book: Book
    knows: Callable[[str], bool] | None
    _said: list[_Said] = field(default_factory=list)
    _corrections: list[tuple[int, int, str]] = field(default_factory=list)

    def read(self, word: Word) -> None:
        """One run of characters: an identifier, a word, or several words joined."""
        done = [*self._read_identifiers(word), *self._read_pairs(word.text)]
        for token in tokens(word.text):
            if not any(start <= token.start < end for start, end in done):
                self._read_token(word, token)

    def _read_identifiers(self, word: Word) -> list[tuple[int, int]]:
        """The places of those that stand for their words: err and 1042 alone would find anything."""
        exact = []
        for name, start, end in identifiers(word.text):
            concept = self._known(name, (name,))
            parts = list(tokens(word.text, start, end))
            if concept is None and not self._means_itself(parts):
                continue
            if concept is None:
                concept = self._otherwise(name, [part.word for part in parts])
                concept = concept or self._corrected_parts(word, parts)
            said = _Said(word.text[start:end], name, concept, is_identifier=True)
            self._said.append(said)
            if concept is None:
                self._read_parts(word, parts)
            if concept is None or is_exact(name):
                exact.append((start, end))
        return exact

    def _means_itself(self, parts: Sequence[Token]) -> bool:
        """Whether an identifier is more than its words even if no article has it."""
        ending = parts[-1].word
        if not any(c.isdigit() for part in parts for c in part.word):
            return False
        if ending.isalpha() and len(ending) >= _SHORTEST_ENDING:
            return False
        # In the book of synonyms it stands by its words.
        entries = self.book.read([part.stem for part in parts]) if self.book else ()
        return not any(entry.end - entry.start == len(parts) for entry in entries)

    def _otherwise(self, written: str, parts: Sequence[str]) -> Concept | None:
        """An identifier as it may be written instead: ERR-1042, err1042, ERR 1042."""
        # v2.3 is not v23.
        is_joined = len(parts) == 2 and parts[0].isalpha() and parts[1].isdigit()
        joined = ["".join(parts)] if is_joined else []
        terms = tuple(term for term in joined if self.searcher.frequency(term))
        apart = Synonym(" ".join(parts), tuple(parts), tuple(map(stem, parts)))
        wanted = Selection(any_of=terms, alternatives=(apart.wanted,))
        frequency = self.searcher.find(wanted, 1).total
        return Concept(written, terms, frequency, synonyms=(apart,)) if frequency else None

    def _read_parts(self, word: Word, parts: Sequence[Token]) -> None:
        """The letters of an identifier that no article has: perhaps one like it was meant.

        Its numbers are anywhere, and mean anything.
        """
        for part in parts:
            if part.word.isdigit():
                continue
            written = word.text[part.start : part.end]
            concept = self._known(part.word, query_stems(written, self.languages))
            said = _Said(written, part.stem, concept, self._is_frame(part.word, written))
            said.is_optional = said.is_part = True
            self._said.append(said)

    def _read_pairs(self, text: str) -> list[tuple[int, int]]:
        """The places of runs of Chinese or Japanese of which any two neighbours are known."""
        runs: list[tuple[int, int]] = []
        for pair in pairs(text):
            concept = self._known(pair.term, (pair.term,))
            if concept is not None:
                self._said.append(_Said(pair.term, pair.term, concept, is_optional=True))
                runs.append((pair.start, pair.end))
        if not runs:
            return []
        # An unknown pair beside known ones is an ending or a particle.
        return [(pair.start, pair.end) for pair in pairs(text)]

    def _read_token(self, word: Word, token: Token) -> None:
        written = word.text[token.start : token.end]
        is_frame = self._is_frame(token.word, written)
        concept = self._known(token.word, query_stems(written, self.languages))
        letters_and_digits = _LETTERS_AND_DIGITS.fullmatch(token.word)
        if concept is None and letters_and_digits:
            concept = self._otherwise(token.word, letters_and_digits.groups())
        said = _Said(written, token.stem, concept, is_frame, is_identifier=bool(letters_and_digits))
        if concept is None and not is_frame and token.stem not in self.book.stems:
            said.concept = self._begun(token.word) or self._corrected(word, token)
            if said.concept is not None:
                said.stem = stem(said.concept.written)
                said.is_frame = self._is_frame(said.concept.written, said.concept.written)
        self._said.append(said)
        if token.word.isdigit() and len(self._said) > 1:
            self._join(*self._said[-2:])

    def _join(self, name: _Said, number: _Said) -> None:
        """ "err 1042" may be written err1042, which then is both."""
        together = fold(name.written) + number.written
        if name.written.isalpha() and self.searcher.frequency(together):
            for said in (name, number):
                terms = said.concept.terms if said.concept else ()
                said.concept = self._known(said.written, (*terms, together))

    def _is_frame(self, word: str, written: str) -> bool:
        if self.language == ENGLISH:
            return word in QUESTION_WORDS
        return is_frame_word(written, self.language)

    def read_phrase(self, phrase: tuple[str, ...]) -> None:
        """The words of a phrase rank and are marked like others; that it is there, is required."""
        for word in phrase:
            concept = self._known(word, query_stems(word, self.languages))
            self._said.append(_Said(word, stem(word), concept, is_optional=True))

    def add_synonyms(self) -> None:
        """What an entry of the book says is asked for, is also found under the words beside it."""
        for match in self.book.read([said.stem for said in self._said]) if self.book else ():
            for said in self._said[match.start : match.end]:
                said.is_frame = False
                said.concept = self._meant(said, match.alternatives)

    def _meant(self, said: _Said, synonyms: tuple[Synonym, ...]) -> Concept | None:
        terms = said.concept.terms if said.concept else ()
        synonyms = (*said.concept.synonyms, *synonyms) if said.concept else synonyms
        wanted = Selection(any_of=terms, alternatives=tuple(s.wanted for s in synonyms))
        frequency = self.searcher.find(wanted, 1).total
        return Concept(said.written, terms, frequency, synonyms=synonyms) if frequency else None

    @property
    def unknown(self) -> list[str]:
        return [
            said.written for said in self._said if said.concept is None and not said.is_optional
        ]

    @property
    def lacks_identifiers(self) -> bool:
        return any(said.is_identifier and said.concept is None for said in self._said)

    def concepts(self) -> tuple[Concept, ...]:
        """What to look for, in the order of the query; what is asked twice counts twice."""
        merged: dict[tuple[object, ...], Concept] = {}
        for said in self._looked_for():
            if (concept := said.concept) is None:
                continue
            # Of an entry of several words each is a concept: the entry is as rare as all of them.
            same = (concept.terms, concept.synonyms, "" if concept.terms else concept.written)
            before = merged.get(same, replace(concept, count=0, is_part=True))
            is_part = before.is_part and said.is_part
            merged[same] = replace(before, count=before.count + 1, is_part=is_part)
        return tuple(merged.values())

    def _looked_for(self) -> list[_Said]:
        """What frames a question, and short parts of what no article has, only for want of others."""
        has_content = any(not said.is_frame for said in self._said)
        said = [said for said in self._said if not (said.is_frame and has_content)]
        if any(each.concept is not None and not each.is_part for each in said):
            return [each for each in said if not each.is_part or _is_word(each.written)]
        return said

    def as_searched(self, word: Word) -> str:
        """A word of the query with what was corrected in it."""
        text = word.text
        for start, end, other in sorted(self._corrections, reverse=True):
            if word.start <= start < word.end:
                text = text[: start - word.start] + other + text[end - word.start :]
        return text

    def corrected_text(self, text: str) -> str:
        if not self._corrections:
            return ""
        for start, end, word in sorted(self._corrections, reverse=True):
            text = text[:start] + word + text[end:]
        return text

    def _known(self, written: str, terms: tuple[str, ...]) -> Concept | None:
        """A word as the index has it, in whatever languages."""
        frequencies = {term: n for term in terms if (n := self.searcher.frequency(term))}
        if not frequencies:
            return None
        return Concept(written, tuple(frequencies), max(frequencies.values()))

    def _begun(self, word: str) -> Concept | None:
        """Nobody wrote this word, but others begin with it: it may not be typed to its end."""
        if len(word) < _SHORTEST_PREFIX:
            return None
        longer = self.searcher.words(word, _PREFIX_WORDS)
        terms = (term for other, _ in longer for term in query_stems(other, self.languages))
        return self._known(word, tuple(dict.fromkeys(terms)))

    def _is_known_otherwise(self, word: str) -> bool:
        """Whether the model knows it; of a question in another language it does not say enough."""
        return self.language == ENGLISH and self.knows is not None and self.knows(word)

    def _corrected(self, word: Word, token: Token) -> Concept | None:
        for concept in self._meant_instead(token):
            self._note_correction(word, token, concept.written)
            return concept
        return None

    def _corrected_parts(self, word: Word, parts: Sequence[Token]) -> Concept | None:
        """An identifier with a slip in its letters: eror-1042 means error-1042, if there is one."""
        meant = [part.word if self._is_there(part) else self._likeliest(part) for part in parts]
        if meant == [part.word for part in parts]:
            return None
        concept = self._otherwise("-".join(meant), meant)
        if concept is not None:
            for part, other in zip(parts, meant, strict=True):
                if part.word != other:
                    self._note_correction(word, part, other)
        return concept

    def _is_there(self, token: Token) -> bool:
        return self._known(token.word, query_stems(token.word, self.languages)) is not None

    def _likeliest(self, token: Token) -> str:
        return next((concept.written for concept in self._meant_instead(token)), token.word)

    def _meant_instead(self, token: Token) -> Iterator[Concept]:
        """Words of the index that a word nobody wrote may be a slip for, the likeliest first."""
        if self.speller is None or self._is_known_otherwise(token.word):
            return
        for other in self.speller().suggestions(token.word):
            # The vocabulary may be a little older than the index; what is gone is not offered.
            concept = self._known(other, query_stems(composed(other), self.languages))
            if concept is not None:
                yield concept

    def _note_correction(self, word: Word, token: Token, other: str) -> None:
        self._corrections.append((word.start + token.start, word.start + token.end, other))


def _is_word(written: str) -> bool:
    return written.isalpha() and len(written) >= _SHORTEST_WORD
