"""Each language by the same suite: what people type finds the article that says it in other forms."""

import pytest

from core.languages import detect
from search.documents import Document, entry
from search.engines import open_engine
from search.highlight import marked, passage
from search.languages import is_frame_word, languages_present, query_language
from search.pipeline import Pipeline
from search.query import parse
from tests.wordings import BY_THE_WORD, OTHERS, SPACELESS, WORDINGS

LANGUAGES = list(WORDINGS)
# One index holds all languages, as a company's does.
NUMBERS = {code: 10 * number for number, code in enumerate(LANGUAGES, 1)}
FEW = {code: 100 + number for number, code in enumerate(OTHERS)}
RUNS = {code: 200 + number for number, code in enumerate(SPACELESS)}


def documents():
    for code, wording in WORDINGS.items():
        for number, (title, text) in wording.articles.items():
            yield Document(NUMBERS[code] + number, title, text, language=code)
    for code, (title, text, _) in OTHERS.items():
        yield Document(FEW[code], title, text, language=code)
    for code, (title, text, _) in SPACELESS.items():
        yield Document(RUNS[code], title, text, language=code)
    for number, (title, text, _) in enumerate(BY_THE_WORD, 300):
        yield Document(number, title, text, language="other")


TEXTS = {document.id: document for document in documents()}


@pytest.fixture(scope="module", params=["tantivy", "whoosh"])
def pipeline(request, tmp_path_factory):
    engine = open_engine(f"{request.param}:", tmp_path_factory.mktemp("search"))
    with engine.rebuild() as index:
        for document in documents():
            index.put(entry(document))
    return Pipeline(engine)


def ask(pipeline, typed):
    return pipeline.search(parse(typed), lambda ids: {id_: id_ for id_ in ids})


def found(pipeline, typed):
    return [hit.id for hit in ask(pipeline, typed).hits]


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_word_finds_its_other_forms(pipeline, code):
    for word, number in WORDINGS[code].forms:
        assert NUMBERS[code] + number in found(pipeline, word), word


@pytest.mark.parametrize("code", LANGUAGES)
def test_accents_may_be_typed_or_not(pipeline, code):
    accented, plain, number = WORDINGS[code].accented
    for typed in (accented, plain, accented.upper()):
        assert NUMBERS[code] + number in found(pipeline, typed)


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_question_finds_its_article_by_its_subject_alone(pipeline, code):
    question, number = WORDINGS[code].question
    results = ask(pipeline, question)
    assert results.hits[0].id == NUMBERS[code] + number
    assert {concept.written for concept in results.meaning.concepts} == WORDINGS[code].subject


@pytest.mark.parametrize("code", LANGUAGES)
def test_words_in_quotes_are_found_in_this_order(pipeline, code):
    phrase, number = WORDINGS[code].phrase
    assert found(pipeline, phrase) == [NUMBERS[code] + number]
    turned = '"' + " ".join(reversed(phrase.strip('"').split())) + '"'
    assert found(pipeline, turned) == []


@pytest.mark.parametrize("typed", ['"Installer l\'imprimante"', '"installer imprimante"'])
def test_a_joined_article_is_no_word_of_a_phrase(pipeline, typed):
    (only,) = found(pipeline, typed)
    assert "imprimante" in TEXTS[only].title


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_mistyped_word_is_corrected(pipeline, code):
    typed, number = WORDINGS[code].mistyped
    results = ask(pipeline, typed)
    assert results.meaning.corrected
    assert NUMBERS[code] + number in [hit.id for hit in results.hits]


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_form_that_stands_in_the_text_is_marked(pipeline, code):
    typed, shown, number = WORDINGS[code].marked
    assert shown in marks(pipeline, typed, NUMBERS[code] + number)


def marks(pipeline, typed, id_):
    results = ask(pipeline, typed)
    hit = next(hit for hit in results.hits if hit.id == id_)
    text, terms = TEXTS[id_], results.meaning.terms
    best = passage(text.text, terms, hit.ranked, results.weights, text.language)
    parts = [*marked(text.title, terms, text.language), *best.parts]
    return [part.text for part in parts if part.is_match]


def test_marks_are_right_in_a_long_text_too():
    filler = "Hier stehen viele Wörter über nichts Besonderes. " * 20
    text = f"{filler}Die Überstunden stehen im Portal. {filler}"
    best = passage(text, {"uberstund"}, language="de")
    assert [part.text for part in best.parts if part.is_match] == ["Überstunden"]


@pytest.mark.parametrize("code", OTHERS)
def test_further_languages_have_their_forms(pipeline, code):
    assert FEW[code] in found(pipeline, OTHERS[code][2])


@pytest.mark.parametrize("code", SPACELESS)
def test_a_word_inside_a_run_is_found_and_marked(pipeline, code):
    title, text, words = SPACELESS[code]
    for word in words:
        assert found(pipeline, word) == [RUNS[code]], word
        (first, *_) = marks(pipeline, word, RUNS[code])
        assert first in title + text
    assert found(pipeline, f'"{words[0]}"') == [RUNS[code]]


def test_a_question_in_chinese_finds_its_article_though_endings_differ(pipeline):
    assert found(pipeline, "怎么重置我的密码")[0] == RUNS["zh"]
    assert found(pipeline, "휴가는")[0] == RUNS["ko"]


def test_one_character_alone_is_found(pipeline):
    assert found(pipeline, "邮") == [RUNS["zh"]]


@pytest.mark.parametrize("number", range(len(BY_THE_WORD)))
def test_any_script_is_found_by_the_word(pipeline, number):
    assert found(pipeline, BY_THE_WORD[number][2]) == [300 + number]


# Which languages there are


def test_an_index_tells_its_languages(pipeline):
    searcher = pipeline._engine.searcher()
    assert set(languages_present(searcher)) == {*WORDINGS, *OTHERS}
    assert languages_present(searcher)[0] == "en"


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_question_tells_its_language(code):
    words = WORDINGS[code].question[0].strip("¿?").split()
    assert query_language(words, ("en", *LANGUAGES)) == code
    assert query_language(words, ("en",)) == "en"


def test_words_that_frame_a_question_are_known_with_accents_or_without_and_joined():
    assert is_frame_word("où", "fr")
    assert is_frame_word("ou", "fr")
    assert is_frame_word("qu'est", "fr")
    assert is_frame_word("für", "de")
    assert not is_frame_word("l'imprimante", "fr")
    assert not is_frame_word("printer", "de")


@pytest.mark.parametrize("code", WORDINGS)
def test_what_people_write_is_told_apart(code):
    for title, text in WORDINGS[code].articles.values():
        assert detect(title, text) == code
