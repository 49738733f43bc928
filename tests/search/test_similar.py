"""What is like an article: by words, by meaning, and never what its reader does not find."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from kb import lifecycle
from kb.models import Article
from people.models import User
from search import Search
from search.documents import Document
from search.engines import Engine
from search.likeness import alike, saying_the_same, similar
from search.semantic import Near
from tests.factories import make_article, republish

Make = Callable[..., Engine]

VPN = Document(1, "Reset the VPN client", "Open the client, press reset and wait for the tunnel.")
TUNNEL = Document(2, "The client of the VPN", "Press reset in the client: the tunnel comes back.")
ABROAD = Document(3, "Working abroad", "Your connection home may be blocked by a hotel.")
TONER = Document(4, "Toner", "Lift its lid, then pull out an empty drum.")
OTHERS = [Document(n, f"Note {n}", f"Nothing of note {n}, only filler {n}.") for n in range(5, 30)]


class NearTo:
    """Senses for which these articles are near to everything."""

    def __init__(self, *near: Near) -> None:
        self.near = list(near)

    def like(self, article_id: int, count: int) -> list[Near]:
        return [each for each in self.near if each.id != article_id][:count]

    def of(self, text: str) -> SimpleNamespace:
        return SimpleNamespace(near={each.id: each for each in self.near})


def near(id_: int, cosine: float) -> Near:
    return Near(id_, cosine, 0, 0)


def test_articles_that_share_the_telling_words_are_similar(filled: Make, engine: Engine) -> None:
    filled(VPN, TUNNEL, ABROAD, TONER, *OTHERS)
    assert similar(engine.searcher(), None, VPN) == [2]


def test_an_article_in_other_words_is_similar_by_its_meaning(filled: Make, engine: Engine) -> None:
    filled(VPN, TUNNEL, ABROAD, TONER, *OTHERS)
    senses = NearTo(near(2, 0.6), near(3, 0.75), near(4, 0.1))
    assert similar(engine.searcher(), senses, VPN) == [2, 3]  # type: ignore[arg-type]


def test_what_both_words_and_meaning_say_comes_first(filled: Make, engine: Engine) -> None:
    filled(VPN, TUNNEL, ABROAD, TONER, *OTHERS)
    found = alike(engine.searcher(), VPN, [near(3, 0.7), near(2, 0.7)])
    assert [each.id for each in found][:2] == [2, 3]
    assert all(0 <= each.score <= 1 for each in found)


def test_what_is_withheld_is_like_nothing(filled: Make, engine: Engine) -> None:
    filled(VPN, TUNNEL, ABROAD, TONER, *OTHERS)
    senses = NearTo(near(2, 0.9), near(3, 0.9))
    assert similar(engine.searcher(), senses, VPN, withheld={2, 3}) == []  # type: ignore[arg-type]


def test_a_text_under_review_is_compared_by_its_meaning_too(filled: Make, engine: Engine) -> None:
    filled(VPN, ABROAD, TONER, *OTHERS)
    text = Document(99, "Trouble on the road", "A hotel says no to the client.")
    searcher = engine.searcher()
    senses = NearTo(near(4, 0.9), near(3, 0.1))
    assert 4 not in saying_the_same(searcher, None, text)
    assert saying_the_same(searcher, senses, text)[0] == 4  # type: ignore[arg-type]


def test_nothing_is_like_an_article_by_itself(filled: Make, engine: Engine) -> None:
    filled(TONER, *OTHERS)
    assert similar(engine.searcher(), NearTo(near(4, 1.0)), TONER) == []  # type: ignore[arg-type]


# The page


BODY = "Open the client of the VPN, choose the second profile, press reset and wait."


@pytest.fixture
def article(session: Session, alice: User) -> Article:
    for number in range(12):
        make_article(session, alice, title=f"Note {number}", body=f"Only filler {number}.")
    return make_article(session, alice, title="Reset the VPN", body=BODY)


@pytest.fixture
def shown(
    session: Session, bob: User, client: FlaskClient, sign_in: Callable[..., None], outbox: object
) -> Callable[[Article], list[str]]:
    sign_in(client, bob)

    def titles(article: Article) -> list[str]:
        session.commit()
        outbox.drain()  # type: ignore[attr-defined]
        response = client.get(f"/articles/{article.slug}/similar")
        assert response.status_code == 200
        page = BeautifulSoup(response.text, "html.parser")
        return [link.get_text() for link in page.select("#similar .item__title a")]

    return titles


def test_an_article_leads_to_what_is_similar(
    session: Session,
    article: Article,
    alice: User,
    client: FlaskClient,
    shown: Callable[[Article], list[str]],
) -> None:
    make_article(session, alice, title="Back online", body=BODY)
    assert shown(article) == ["Back online"]
    assert (
        f'href="/articles/{article.slug}/similar"' in client.get(f"/articles/{article.slug}").text
    )


def test_where_nothing_is_similar_the_page_says_so(
    article: Article, client: FlaskClient, shown: Callable[[Article], list[str]]
) -> None:
    assert shown(article) == []
    text = client.get(f"/articles/{article.slug}/similar").text
    assert "No other article is much like this one." in text


@pytest.mark.parametrize("how", ["draft", "archived", "hidden", "unpublished", "a moment ago"])
def test_nothing_that_readers_do_not_find_is_similar(
    session: Session,
    article: Article,
    alice: User,
    cora: User,
    client: FlaskClient,
    shown: Callable[[Article], list[str]],
    how: str,
) -> None:
    other = make_article(session, alice, title="Back online", body=BODY, published=how != "draft")
    if how == "a moment ago":
        assert shown(article) == ["Back online"]
    if how == "archived":
        lifecycle.archive(session, other, number=1, reason="Old.", by=cora)
    elif how in ("hidden", "a moment ago"):
        lifecycle.hide(session, other, reason="Wrong.", by=cora)
    elif how == "unpublished":
        lifecycle.unpublish(session, other, number=1, reason="Wrong.", by=cora)
    if how == "a moment ago":  # of which the index has not heard
        session.commit()
        assert "Back online" not in client.get(f"/articles/{article.slug}/similar").text
    else:
        assert shown(article) == []
    if how != "draft":
        assert client.get(f"/articles/{other.slug}/similar").status_code in (200, 404)
        assert "Reset the VPN" not in client.get(f"/articles/{other.slug}/similar").text


def test_a_former_address_leads_on(
    session: Session,
    article: Article,
    alice: User,
    client: FlaskClient,
    shown: Callable[[Article], list[str]],
) -> None:
    before = article.slug
    republish(session, article, alice, title="Mend the tunnel", body=BODY)
    assert shown(article) == []
    answer = client.get(f"/articles/{before}/similar")
    assert (answer.status_code, answer.location) == (301, f"/articles/{article.slug}/similar")


def test_an_article_that_is_not_there_has_nothing_similar(
    client: FlaskClient, bob: User, sign_in: Callable[..., None]
) -> None:
    sign_in(client, bob)
    assert client.get("/articles/no-such-thing/similar").status_code == 404


def test_without_an_index_the_page_says_that_it_cannot_be_said(
    session: Session,
    article: Article,
    app: Flask,
    client: FlaskClient,
    bob: User,
    sign_in: Callable[..., None],
) -> None:
    sign_in(client, bob)
    room: Search = app.extensions["search"]
    room.repairer._not_before = float("inf")
    answer = client.get(f"/articles/{article.slug}/similar")
    assert answer.status_code == 200
    assert "nobody can say what is similar" in answer.text
