"""What a query comes to in one index: what is looked for, and what is said about its words."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from core.languages import ENGLISH
from search.analysis import query_stems, tokens, words
from search.book import EMPTY, Book
from search.engines import Searcher, Selection
from search.languages import query_language
from search.query import EMPTY as EMPTY_QUERY
from search.query import Query, alternatives
from search.ranking import Concept
from search.reading import Reading
from search.spelling import Speller


@dataclass(frozen=True, slots=True)
class Meaning:
    """What is looked for."""

    concepts: tuple[Concept, ...]
    selection: Selection
    corrected: str = ""  # the query as it is searched, where a word was corrected
    unknown: tuple[str, ...] = ()  # words that no article has
    is_hopeless: bool = False  # words were given, and no article has any of them
    # No article has the identifiers asked for, nor anything else: what is found is only like them.
    is_only_like: bool = False
    sentence: str = ""  # what is asked, as a sentence whose meaning can be compared
    language: str = ENGLISH

    @property
    def terms(self) -> frozenset[str]:
        """What is marked in titles and passages."""
        asked = {term for concept in self.concepts for term in concept.terms}
        meant = {s for c in self.concepts for synonym in c.synonyms for s in synonym.stems}
        return frozenset(asked | meant)


def understand(
    query: Query,
    searcher: Searcher,
    speller: Callable[[], Speller] | None = None,
    *,
    languages: tuple[str, ...] = (ENGLISH,),
    book: Book = EMPTY,
    knows: Callable[[str], bool] | None = None,
) -> Meaning:
    """The meaning of a query in an index whose articles are in these languages.

    Without a speller its words are taken as they are. Nor is a word corrected that `knows` says is
    one: what is not written anywhere by this word may be found by its meaning.
    """

    def is_there(key: str) -> bool:
        return searcher.find(Selection(filters=((key,),)), 1).total > 0

    typed = [word.text[t.start : t.end] for word in query.words for t in tokens(word.text)]
    language = query_language(typed, languages)
    reading = Reading(searcher, speller, languages, language, book, knows)
    for word in query.words:
        reading.read(word)
    for phrase in query.phrases:
        reading.read_phrase(phrase)
    reading.add_synonyms()
    concepts = reading.concepts()
    synonyms = dict.fromkeys(s for concept in concepts for s in concept.synonyms)
    selection = Selection(
        any_of=tuple(dict.fromkeys(term for concept in concepts for term in concept.terms)),
        alternatives=tuple(synonym.wanted for synonym in synonyms),
        # "L'imprimante" is one word in English articles and imprimante in French ones.
        phrases=tuple(tuple(words(text, languages)) for text in query.quoted),
        without=tuple(term for word in query.without for term in query_stems(word, languages)),
        without_phrases=query.without_phrases,
        filters=tuple(alternatives(f.key_among(is_there) for f in query.filters)),
        without_filters=tuple(f.key_among(is_there) for f in query.without_filters),
    )
    return Meaning(
        concepts,
        selection,
        corrected=reading.corrected_text(query.text),
        unknown=tuple(reading.unknown),
        is_hopeless=bool(query.words or query.phrases) and not concepts,
        is_only_like=reading.lacks_identifiers and all(c.is_part for c in concepts),
        sentence=_sentence(query, reading),
        language=language,
    )


def _sentence(query: Query, reading: Reading) -> str:
    """The query as it is searched, signs and all, but for what is no part of a sentence."""
    if query.words and query == replace(EMPTY_QUERY, text=query.text, words=query.words):
        return reading.corrected_text(query.text) or query.text
    return " ".join([*map(reading.as_searched, query.words), *map(" ".join, query.phrases)])
