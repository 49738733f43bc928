"""Nobody learns anything of a text through search that readers do not have: not that it is there, either.

Each text that readers do not have gets a word of its own in each of its fields. Whatever is asked
for such a word is asked for a word that nobody ever wrote as well: pages, scripts' answers and
the number of statements have to be the same but for the word itself.
"""

import random
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from core import outbox as outbox_module
from core import tally
from core.audit import AuditEntry
from core.db import Database, db
from curation.models import State
from kb import drafts, lifecycle, publishing
from kb.models import Article, Draft, Revision
from kb.publishing import PUBLISHED
from kb.queries import searchable_ids
from kb.topics import ARTICLE_CHANGED
from people.models import User
from people.telling import Message
from search import pins, search_of_app
from search.gaps import answering, cards
from search.models import Passage
from search.pipeline import Pipeline
from search.semantic.sense import Senses
from tests.conftest import Browser, Clock, Deliveries
from tests.factories import (
    make_article,
    make_attachment,
    make_draft,
    make_review,
    rendering_for,
    republish,
)

FIELDS = ("title", "summary", "heading", "body", "tag", "keyword", "byline", "note", "attachment")
Words = dict[str, str]


@pytest.fixture(params=["tantivy", "whoosh"])
def engine(request: pytest.FixtureRequest, settings: dict[str, str]) -> str:
    settings["FIRSTHAND_SEARCH_URL"] = f"{request.param}:"
    return str(request.param)


@dataclass
class Site:
    """The application with a reader and a curator in it, and what meaning is kept there."""

    app: Flask
    session: Session
    outbox: Deliveries
    reader: Browser
    curator: Browser
    encoder: Any  # none, where the packages for it are missing
    vectors: Any
    words: Callable[[], Words]

    def deliver(self) -> None:
        self.outbox.drain()
        self.session.commit()

    @property
    def room(self) -> Any:
        with self.app.app_context():
            return search_of_app()


@pytest.fixture
def site(
    engine: str,
    app: Flask,
    session: Session,
    outbox: Deliveries,
    new_client: Callable[[User], Browser],
    bob: User,
    cora: User,
    tmp_path: Path,
    clock: Clock,
) -> Site:
    encoder, vectors = _meaning(app, tmp_path)
    reader, curator = new_client(bob), new_client(cora)
    words = _new_words()
    # Looked up now and then by the clock of the machine: not while statements are counted.
    app.extensions["demo_banner"] = (float("inf"), None)
    reader.get("/search?q=x")  # the first one opens the index and reads what is kept
    return Site(app, session, outbox, reader, curator, encoder, vectors, lambda: next(words))


def _new_words() -> Iterator[Words]:
    """For each text a word for each field: as long as all others, and like none of them."""
    chooser, letters = random.Random(4), "bcdfghjklmnpqrtvwxz"
    while True:
        yield {field: "".join(chooser.choices(letters, k=12)) for field in FIELDS}


def _meaning(app: Flask, folder: Path) -> tuple[Any, Any]:
    """Search by meaning, with an encoder for which only the same words mean the same."""
    if find_spec("usearch") is None:
        return None, None
    import numpy as np

    from search.semantic.upkeep import Upkeep
    from search.semantic.vectors import VectorFolder
    from tests.search.test_semantic_indexing import WordEncoder

    class Encoder(WordEncoder):
        """Words that were embedded have a place each, and all others one together, as far away."""

        def __init__(self) -> None:
            super().__init__()
            self.places: dict[str, int] = {}

        def embed(self, texts: Sequence[str]) -> Any:
            for word in re.findall(r"\w+", " ".join(texts).lower()):
                self.places.setdefault(word, len(self.places))
            return super().embed(texts)

        def query(self, text: str) -> Any:
            vector = np.zeros(384, np.float32)
            words = set(re.findall(r"\w+", text.lower()))
            vector[[self.places[word] for word in words & self.places.keys()]] = 1
            vector[-1] = len(words - self.places.keys()) ** 0.5
            return vector / (np.linalg.norm(vector) or np.float32(1))

    encoder: Any = Encoder()
    vectors = VectorFolder(folder / "meaning", encoder.name)
    vectors.rebuild([])
    upkeep = Upkeep(db, encoder, vectors, folder / "meaning.lock")
    kinds = [PUBLISHED, ARTICLE_CHANGED]
    outbox_module.subscribe("search-meaning", kinds, upkeep.deliver, batch=100)
    room = app.extensions["search"]
    pipeline = Pipeline(room.engine, Senses(encoder, vectors, lambda error: upkeep.start()))
    app.extensions["search"] = replace(room, pipeline=pipeline)
    return encoder, vectors


# Texts


def _draft(session: Session, by: User, words: Words, article: Article | None = None) -> Draft:
    attachment = make_attachment(session, by)
    attachment.name = f"{words['attachment']}.png"
    draft = make_draft(
        session,
        by,
        article=article,
        title=f"Mend {words['title']}",
        summary=f"It says {words['summary']}.",
        body=f"## {words['heading']}\n\nPrinters have {words['body']} in them.",
        tags=(words["tag"],),
    )
    draft.byline = words["byline"]
    return draft


def _live(session: Session, by: User, words: Words, article: Article | None = None) -> Article:
    """An article with these words in every field, for its readers to find."""
    draft = _draft(session, by, words, article)
    revision = drafts.freeze(session, draft, rendering_for(draft), note=words["note"], by=by)
    revision.headings = [[2, "h", words["heading"]]]
    publishing.publish(session, revision.article, revision, by=by)
    drafts.discard(session, revision.id)
    if article is None:
        revision.article.keywords = [words["keyword"]]
    session.flush()
    return revision.article


def _plant(site: Site, author: User, curator: User) -> dict[str, Words]:
    """Texts in every state in which readers do not have them, by the state, with their words."""
    session, planted = site.session, {}

    def words(state: str) -> Words:
        planted[state] = site.words()
        return planted[state]

    _draft(session, author, words("draft"))
    drafts.delete(_draft(session, author, words("deleted draft")), by=author)
    for state in State:
        if state is not State.APPROVED:
            found = words(state.value)
            draft = _draft(session, author, found)
            make_review(session, author, state=state, curator=curator, draft=draft)
            assert draft.article is not None
            draft.article.keywords = [found["keyword"]]
    article = make_article(session, author, title="Replace the toner", body="Open the door.")
    draft = _draft(session, author, words("next revision"), article)
    make_review(session, author, draft=draft, note=planted["next revision"]["note"])
    for leave, title in ((lifecycle.archive, "archived"), (lifecycle.unpublish, "unpublished")):
        gone = _live(session, author, words(title))
        leave(session, gone, number=1, reason="Old.", by=curator)
    lifecycle.hide(session, _live(session, author, words("hidden")), reason="Secret.", by=curator)
    again = make_article(session, author, title="Order paper", body="In the shop.")
    _live(session, author, words("rolled back"), again)
    lifecycle.roll_back(session, again, to=1, number=2, reason="Wrong.", by=curator)
    return planted


# What is asked


@dataclass
class Answer:
    """What somebody gets who asks for some words, with these words taken out."""

    text: str
    statements: int


Ask = Callable[[Words], tuple[bool, str, dict[str, str]]]  # whether as curator, path, arguments


def _all(words: Words) -> str:
    return " ".join(words.values())


def _begun(words: Words) -> str:
    return " ".join(word[:7] for word in words.values())


def _mistyped(words: Words) -> str:
    return " ".join(f"{word[:5]}{word[6:]}" for word in words.values())


QUESTIONS: dict[str, Ask] = {
    "words": lambda words: (False, "/search", {"q": _all(words)}),
    "exactly": lambda words: (False, "/search", {"q": _all(words), "exact": "1"}),
    "newest": lambda words: (False, "/search", {"q": _all(words), "sort": "newest"}),
    "with others": lambda words: (False, "/search", {"q": f"{_all(words)} printer"}),
    "phrase": lambda words: (False, "/search", {"q": f'"mend {words["title"]}"'}),
    "without": lambda words: (False, "/search", {"q": f"mend -{words['title']}"}),
    "tag": lambda words: (False, "/search", {"q": "", "tag": words["tag"]}),
    "author": lambda words: (False, "/search", {"q": f"printer author:{words['byline']}"}),
    "begun": lambda words: (False, "/search", {"q": _begun(words)}),
    "mistyped": lambda words: (False, "/search", {"q": _mistyped(words)}),
    "live": lambda words: (False, "/search", {"q": _all(words), "live": "1"}),
    "suggestions": lambda words: (False, "/search/suggest", {"q": words["title"][:7]}),
    "suggestions, mistyped": lambda words: (False, "/search/suggest", {"q": _mistyped(words)[:11]}),
    "similar": lambda words: (False, "/search/similar", {"title": f"Mend {words['title']}"}),
    "explained": lambda words: (True, "/search", {"q": f"{_all(words)} printer", "explain": "1"}),
}


def _answer(site: Site, ask: Ask, words: Words) -> Answer:
    is_curator, path, arguments = ask(words)
    statements: list[str] = []
    thread = threading.get_ident()  # others may be at work on what was delivered

    def count(*sent: Any) -> None:
        if threading.get_ident() == thread:
            statements.append(sent[2])

    with site.app.app_context():
        sa.event.listen(db.engine, "before_cursor_execute", count)
    client = site.curator if is_curator else site.reader
    text = client.get(path, query_string=arguments).text
    with site.app.app_context():
        sa.event.remove(db.engine, "before_cursor_execute", count)
    for field, word in words.items():
        for part in (word, f"{word[:5]}{word[6:]}", word[:7]):
            text = text.replace(part, f"({field})")
    return Answer(text, len(statements))


def _noticed(site: Site, texts: dict[str, Words]) -> dict[str, list[str]]:
    """For each text, which questions are answered otherwise than for words that nobody ever wrote."""
    nobodys = site.words()
    expected = {name: _answer(site, ask, nobodys) for name, ask in QUESTIONS.items()}
    return {
        text: [
            name for name, ask in QUESTIONS.items() if _answer(site, ask, words) != expected[name]
        ]
        for text, words in texts.items()
    }


PAGES = ("/search", "/search/gaps", "/search/gaps?state=answered", "/write", "/feed.atom")
CURATORS = ("/search/pins", "/search/synonyms", "/search/report", "/search/report/searches.csv")


def _named(site: Site, words: Sequence[str], *more: str) -> list[str]:
    """The pages on which one of the words stands."""
    asked = [(site.reader, path) for path in (*PAGES, "/opensearch.xml", *more)]
    asked += [(site.curator, path) for path in (*PAGES, *CURATORS, *more)]
    found = []
    for client, path in asked:
        response = client.get(path)
        assert response.status_code == 200, path
        if any(word in response.text for word in words):
            found.append(path)
    return found


def _known(site: Site, words: Sequence[str]) -> list[str]:
    """Those of the words that the index tells of in any way."""
    searcher = site.room.engine.searcher()
    return [
        word
        for word in words
        if searcher.frequency(word)
        or searcher.words(word[:5], 10)
        or searcher.title_words(word[:5], 10)
    ]


def _stored(site: Site) -> set[int]:
    """The articles of which anything is stored, the same ones in each place."""
    stored = {id_ for id_, _ in site.room.engine.searcher().digests()}
    if site.vectors is not None:
        assert {id_ for id_, _ in site.vectors.digests()} == stored
        assert set(site.session.scalars(sa.select(Passage.article_id))) == stored
        anybody = min(stored)
        like = site.vectors.searcher().like(anybody, 100)
        assert {anybody, *(near.id for near in like)} == stored
    return stored


# What must hold


def test_what_readers_never_had_or_have_no_more_shows_nowhere(
    site: Site, session: Session, alice: User, cora: User
) -> None:
    planted = _plant(site, alice, cora)
    shown = _live(session, alice, site.words() | {"byline": "Printer Person"})
    make_article(session, alice, title="Mend a printer", body="Switch it off, then on again.")
    site.deliver()
    words = [word for each in planted.values() for word in each.values()]
    listed = set(searchable_ids(session))
    assert shown.id in listed
    assert _stored(site) == listed
    assert _known(site, words) == []
    # Mistyped words are corrected from this; what was deleted before may be left in it.
    never = [w for state in State if state.value in planted for w in planted[state.value].values()]
    assert not {word for word, _ in site.room.engine.searcher().vocabulary()}.intersection(never)
    assert _named(site, words) == []
    assert _noticed(site, planted) == {state: [] for state in planted}
    if site.encoder is not None:
        assert not [text for text in site.encoder.embedded if any(word in text for word in words)]


LEAVING: dict[str, Callable[[Session, Article, User], object]] = {
    "hidden": lambda session, article, by: lifecycle.hide(
        session, article, reason="Secret.", by=by
    ),
    "archived": lambda session, article, by: lifecycle.archive(
        session, article, number=1, reason="Old.", by=by
    ),
    "unpublished": lambda session, article, by: lifecycle.unpublish(
        session, article, number=1, reason="Wrong.", by=by
    ),
}


def test_what_readers_had_is_gone_at_once_before_the_index_hears_of_it(
    site: Site, session: Session, alice: User, bob: User, cora: User
) -> None:
    texts = {how: site.words() for how in (*LEAVING, "replaced")}
    articles = {how: _live(session, alice, words) for how, words in texts.items()}
    for number in range(12):
        make_article(session, alice, title=f"Printer {number}", body="Mend it, or not.")
    site.deliver()
    assert all(len(found) > 10 for found in _noticed(site, texts).values())
    for how, leave in LEAVING.items():
        leave(session, articles[how], cora)
    session.commit()
    noticed = _noticed(site, {how: texts[how] for how in LEAVING})
    assert noticed == {how: [] for how in LEAVING}
    assert "13 articles, page 2" in site.reader.get("/search?q=mend&page=2").text
    republish(session, articles["replaced"], alice, title="x", summary="x", body="x", tags=())
    session.execute(sa.update(Article).values(keywords=[]))
    session.execute(sa.update(Revision).values(byline=None))
    site.deliver()
    assert _noticed(site, texts) == {how: [] for how in texts}
    words = [word for each in texts.values() for word in each.values()]
    assert _known(site, words) == []
    assert _named(site, words) == []
    assert _stored(site) == set(searchable_ids(session))


def test_an_article_that_was_pinned_opened_and_wanted_leaves_no_title_behind(
    site: Site, session: Session, alice: User, bob: User, cora: User, database: Database
) -> None:
    words = site.words()
    article = _live(session, alice, words)
    make_article(session, alice, title="Mend a printer", body="Mend it, or not.")
    site.deliver()
    room = site.room
    with site.app.app_context():
        site.reader.get("/search", query_string={"q": "mend"})
        opened = {"q": "mend", "article": article.slug, "rank": "1"}
        site.reader.post("/search/opened", data=opened, headers={"Sec-Fetch-Site": "same-origin"})
        tally.flush(database)
    assert article.slug is not None
    pin = pins.pin(session, "mend", article, because="It helps.", days=30, by=cora)
    gap = cards.ask(session, "mend everything", tell=True, by=bob)
    finding = answering.Finding(room.engine, room.pipeline)
    answering.answer(session, gap.id, article.id, finding(session, gap.query, article.id))
    card = f"/search/gaps/{gap.id}"
    assert card in _named(site, [words["title"]], card)
    lifecycle.hide(session, article, reason="Secret.", by=cora)
    for _ in range(2):
        session.commit()
        assert _named(site, [words["title"], article.slug], card, "/search?q=mend") == []
        assert "1 article<" in site.reader.get("/search?q=mend").text
        site.outbox.drain()
    ending = outbox_module.record(session, pins.EXPIRING, pin.id)
    assert [text for text in _told(session, ending) if words["title"] in text] == []
    assert words["title"] not in str(session.scalars(sa.select(AuditEntry.detail)).all())


def _told(session: Session, event: Any) -> list[str]:
    messages: list[Message] = list(pins._about_expiring(session, event))
    return [f"{message.subject} {message.text}" for message in messages]
