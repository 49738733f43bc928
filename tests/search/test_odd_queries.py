"""Whatever is typed is a query: it gets an answer, never an error, and stays text on the page."""

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from benchmarks.odd_queries import SEED, odd_queries
from core import tally
from search.documents import Document, entry
from search.engines import open_engine
from search.highlight import marked, passage
from search.models import SearchRecord
from search.pipeline import LAST_PAGE, Pipeline, Results
from search.query import LONGEST_QUERY, parse
from tests.factories import make_article

TEXTS = (
    "Reset the é badge: git commit, printer, vim. ERR-1042, v2.3",
    "東京都庁の図書館の開館時間 全文検索 한국어",
    "<script>alert(1)</script> AND 'OR 1=1' <img src=x onerror=alert(1)> שלום",
    "Der Drucker ist 🙂 größer als ٣٤ ﬁ x:y http://x.example/?q=1",
)


@pytest.fixture(scope="module", params=["tantivy", "whoosh"])
def odd(request, tmp_path_factory):
    """The name of an engine, and a pipeline over a small index of it."""
    engine = open_engine(f"{request.param}:", tmp_path_factory.mktemp("odd"))
    with engine.rebuild() as fresh:
        for number, text in enumerate(TEXTS * 5, 1):
            facts = {
                "tags": ("a", "x:y"),
                "author": "y",
                "language": "de" if "Der" in text else "en",
            }
            fresh.put(entry(Document(number, text, f"{text}\n\n{text}", **facts)))
    return request.param, Pipeline(engine)


def test_any_query_gets_results_from_the_pipeline(odd):
    name, pipeline = odd
    found = 0
    for number, typed in enumerate(odd_queries(5_000 if name == "tantivy" else 300)):
        options = {"newest": number % 7 == 0, "explain": number % 3 == 0, "page": 1 + number % 4}
        results = pipeline.search(parse(typed), dict.fromkeys, **options)
        assert isinstance(results, Results), ascii(typed)
        assert len(results.query.text) <= LONGEST_QUERY
        assert len(results.hits) <= results.total <= len(TEXTS) * 5
        assert 1 <= results.page <= results.pages <= LAST_PAGE
        for hit in results.hits[:2]:
            text, terms = TEXTS[(hit.id - 1) % len(TEXTS)], results.meaning.terms
            shown = passage(f"{text}\n\n{text}", terms, hit.ranked, results.weights).parts
            assert shown, ascii(typed)
            assert "".join(part.text for part in marked(text, terms)) == text, ascii(typed)
        found += bool(results.hits)
    assert found > number / 3


def test_any_beginning_and_any_title_gets_an_answer(odd):
    name, pipeline = odd
    for typed in odd_queries(1_000 if name == "tantivy" else 200, SEED + 1):
        assert len(pipeline.suggest(typed, dict.fromkeys)) <= 8
        assert len(pipeline.similar(typed, dict.fromkeys)) <= 5


@pytest.fixture
def get(client, sign_in, session, alice, bob, outbox):
    """Asks as a browser would that sends any bytes at all."""
    for text in TEXTS:
        make_article(session, alice, title=text[:80], body=text, tags=("a",))
    outbox.drain()
    sign_in(client, bob)

    def get(path, name, typed):
        # Half characters travel as the bytes that they would have.
        sent = {name: typed.encode("utf-8", "surrogatepass")}
        response = client.get(path, query_string=sent)
        assert response.status_code == 200, ascii(typed)
        return response

    return get


def test_the_page_shows_any_query_as_text_and_it_can_be_recorded(get, session, database):
    found = 0
    for typed in odd_queries(200, SEED + 2):
        response = get("/search", "q", typed)
        page = BeautifulSoup(response.text, "html.parser")
        assert page.select("main img, main [onerror]") == [], ascii(typed)
        assert not [s for s in page("script") if "alert" in s.text], ascii(typed)
        [field] = page.select("main input[type=search]")
        assert len(field["value"]) <= LONGEST_QUERY
        assert all(mark.attrs == {} and mark.find() is None for mark in page("mark"))
        found += bool(page.select("main .item"))
    assert found > 20
    tally.flush(database)
    assert session.scalar(sa.select(sa.func.count()).select_from(SearchRecord)) > 100


def test_whoever_types_or_writes_anything_gets_suggestions(get):
    for typed in odd_queries(100, SEED + 3):
        assert get("/search/suggest", "q", typed).json.keys() == {"suggestions"}
        assert get("/search/similar", "title", typed).json.keys() == {"articles"}
