"""Passages and their vectors follow the published texts: by deliveries, by catching up, as verified."""

import hashlib
import re
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from filelock import FileLock
from sqlalchemy.orm import Session

pytest.importorskip("usearch", reason="the extra semantic is not installed")

import numpy as np
from numpy.typing import NDArray

from core import outbox as outbox_module
from kb import lifecycle
from kb.models import Article, ArticleViews
from kb.publishing import PUBLISHED
from kb.topics import ARTICLE_CHANGED
from search.engines import IndexMissing
from search.models import Passage
from search.semantic import indexing, upkeep
from search.semantic.encoder import Cut, EncoderMissing
from search.semantic.indexing import PassageDifferences
from search.semantic.upkeep import Upkeep
from search.semantic.vectors import VectorFolder
from tests.factories import make_article, republish


class WordEncoder:
    """An encoder for which texts mean the same if they have the same words; a paragraph is a passage."""

    name = "words"

    def __init__(self) -> None:
        self.is_ready = True
        self.embedded: list[str] = []  # one after the other, all there ever were

    def wait(self, timeout: float) -> bool:
        return self.is_ready

    def cut(self, title: str, text: str) -> list[Cut]:
        if not self.is_ready:
            raise EncoderMissing("it is away")
        paragraphs = re.finditer(r"\S(?:.|\n(?!\n))*", text)
        found = [(each.start(), each.end()) for each in paragraphs]
        return [Cut(0, 0, title), *(Cut(a, b, f"{title}\n{text[a:b]}") for a, b in found)]

    def embed(self, texts: Sequence[str]) -> NDArray[np.int8]:
        if not self.is_ready:
            raise EncoderMissing("it is away")
        self.embedded += texts
        return np.rint(np.array([self.query(text) for text in texts]) * 127).astype(np.int8)

    def query(self, text: str) -> NDArray[np.float32]:
        vector = np.zeros(384, np.float32)
        for word in re.findall(r"\w+", text.lower()):
            vector[hashlib.blake2b(word.encode()).digest()[0]] += 1
        length: np.float32 = np.linalg.norm(vector) or np.float32(1)
        return vector / length

    def knows(self, _word: str) -> bool:
        return False


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder()


@pytest.fixture
def vectors(tmp_path: Path) -> VectorFolder:
    made = VectorFolder(tmp_path / "meaning", WordEncoder.name)
    made.rebuild([])
    return made


@pytest.fixture
def kept_up(database, encoder, vectors, tmp_path) -> Upkeep:
    """The subscriber; what it leaves is not begun by itself, so that a test can look at it."""
    made = Upkeep(database, encoder, vectors, tmp_path / "meaning.lock")
    made._not_before = float("inf")
    outbox_module.subscribe(
        indexing.SUBSCRIBER,
        [PUBLISHED, ARTICLE_CHANGED],
        made.deliver,
        exclusive=True,
        batch=outbox_module.BATCH,
    )
    return made


def found(vectors: VectorFolder, text: str) -> list[tuple[int, int, int]]:
    """Where these very words stand."""
    nearest = vectors.searcher().nearest(WordEncoder().query(text), 100)
    return [(near.id, near.start, near.end) for near in nearest if near.cosine > 0.99]


def stored(vectors: VectorFolder) -> list[int]:
    return [id_ for id_, _ in vectors.digests()]


def numbers(session, article: Article) -> Sequence[int]:
    query = sa.select(Passage.number).where(Passage.article_id == article.id)
    return session.scalars(query.order_by(Passage.number)).all()


def differences(database, encoder, vectors) -> PassageDifferences:
    with database.reading() as session:
        return indexing.verify(session, encoder, vectors)


def test_what_is_published_is_found_by_its_passages(kept_up, vectors, session, alice, outbox):
    body = "Restart the client.\n\nThen sign in again."
    article = make_article(session, alice, title="Reset VPN", body=body)
    make_article(session, alice, title="Secret", body="Nobody knows.", published=False)
    outbox.drain()
    assert stored(vectors) == [article.id]
    assert found(vectors, "reset vpn") == [(article.id, 0, 0)]
    start = body.index("Then")
    assert found(vectors, "reset vpn then sign in again") == [(article.id, start, len(body))]
    assert numbers(session, article) == [0, 1, 2]


def test_only_what_is_new_in_a_text_is_embedded(kept_up, encoder, vectors, session, alice, outbox):
    body = "Restart the client.\n\nThen sign in again."
    article = make_article(session, alice, title="Reset VPN", body=body)
    outbox.drain()
    generation = vectors.searcher().generation
    outbox_module.record(session, ARTICLE_CHANGED, article.id)
    outbox.drain()
    assert vectors.searcher().generation == generation
    assert len(encoder.embedded) == 3
    republish(session, article, alice, body="Sit down first.\n\n" + body)
    copy = make_article(session, alice, title="Reset VPN", body=body)
    outbox.drain()
    assert encoder.embedded[3:] == ["Reset VPN\nSit down first."]
    assert sorted(found(vectors, "reset vpn then sign in again")) == [
        (article.id, 38, 57),
        (copy.id, 21, 40),
    ]


def test_what_is_not_published_any_more_is_forgotten(kept_up, vectors, session, alice, ada, outbox):
    article = make_article(session, alice, title="Reset VPN")
    other = make_article(session, alice, title="Other")
    outbox.drain()
    lifecycle.hide(session, article, reason="A secret is in it.", by=ada)
    outbox.drain()
    assert stored(vectors) == [other.id]
    assert numbers(session, article) == []


def test_without_an_encoder_an_article_is_left_and_not_found_by_what_it_said(
    kept_up, encoder, vectors, session, database, alice, outbox
):
    article = make_article(session, alice, title="Reset VPN", body="Old words.\n\nWords that stay.")
    outbox.drain()
    encoder.is_ready = False
    republish(session, article, alice, body="New words.\n\nWords that stay.")
    outbox.drain()
    assert outbox_module.status(session).waiting == 0  # nothing is tried again and given up
    session.commit()
    assert stored(vectors) == []
    assert differences(database, encoder, vectors) == PassageDifferences(1, [], [], [], 1)
    with pytest.raises(EncoderMissing):
        upkeep.catch_up(database, encoder, vectors)
    encoder.is_ready = True
    already = len(encoder.embedded)
    assert upkeep.catch_up(database, encoder, vectors) == 1
    assert encoder.embedded[already:] == ["Reset VPN", "Reset VPN\nNew words."]
    assert found(vectors, "reset vpn new words") == [(article.id, 0, 10)]


def test_a_text_too_long_for_a_delivery_is_gone_on_with_later(
    kept_up, encoder, vectors, session, database, alice, outbox, monkeypatch
):
    monkeypatch.setattr(indexing, "DELIVERY_SECONDS", 1e-9)
    body = "\n\n".join(f"Step number{number}." for number in range(30))
    article = make_article(session, alice, title="Long", body=body)
    outbox.drain()
    assert stored(vectors) == []  # not a part of it
    assert numbers(session, article) == list(range(1, indexing.TEXTS))
    # A process that was killed begins where this one was: nothing is embedded twice.
    session.commit()
    assert upkeep.catch_up(database, encoder, vectors) == 1
    assert len(encoder.embedded) == 32  # but for the title
    assert numbers(session, article) == list(range(31))
    assert found(vectors, "long step number29")[0][0] == article.id


def test_a_text_that_is_published_meanwhile_wins(
    kept_up, encoder, vectors, session, database, alice, outbox
):
    article = make_article(session, alice, title="Reset VPN", body="Old words.")
    session.commit()
    embed = encoder.embed

    def slowly(texts):
        encoder.embed = embed
        republish(session, article, alice, body="New words.")
        session.commit()
        outbox.drain()
        return embed(texts)

    encoder.embed = slowly
    indexing.embed(database, encoder, [article.id], 60)
    indexing.copy(database, encoder, vectors, [article.id])
    assert found(vectors, "reset vpn new words") == [(article.id, 0, 10)]
    assert found(vectors, "reset vpn old words") == []
    assert not differences(database, encoder, vectors)


def test_one_that_copies_what_is_old_puts_it_right_itself(
    kept_up, encoder, vectors, session, database, alice, outbox
):
    article = make_article(session, alice, title="Reset VPN", body="Old words.")
    outbox.drain()
    republish(session, article, alice, body="New words.")
    session.commit()
    put = vectors.put

    def late(changes):
        vectors.put = put
        indexing.embed(database, encoder, [article.id], 60)
        indexing.copy(database, encoder, vectors, [article.id])
        put(changes)

    vectors.put = late
    indexing.copy(database, encoder, vectors, [article.id])
    assert found(vectors, "reset vpn new words") == [(article.id, 0, 10)]


def test_catching_up_begins_with_the_newest_and_the_most_read(
    encoder, vectors, session, database, alice, clock
):
    articles = []
    for number in range(6):
        clock.move(days=1)
        articles.append(make_article(session, alice, title=f"Number{number}", body="Text."))
    for place, views in ((1, 50), (2, 9)):
        day = clock.now().date()
        session.add(ArticleViews(article_id=articles[place].id, day=day, views=views))
    session.commit()
    told = []
    done = upkeep.catch_up(database, encoder, vectors, lambda *progress: told.append(progress))
    assert done == 6
    titles = [text for text in encoder.embedded if "\n" not in text]
    assert titles == [f"Number{number}" for number in (5, 1, 4, 2, 3, 0)]
    assert told[-1] == (6, 6)
    assert stored(vectors) == [article.id for article in articles]
    assert upkeep.catch_up(database, encoder, vectors) == 0


def test_however_many_are_embedded_few_are_looked_at_at_once(
    encoder, vectors, session, database, alice, monkeypatch
):
    monkeypatch.setattr(upkeep, "LOOK", 1)
    for number in range(5):
        make_article(session, alice, title=f"Number{number}")
    session.commit()
    limits = []

    def look(state):
        if (limit := getattr(state.statement, "_limit_clause", None)) is not None:
            limits.append(limit.value)

    sa.event.listen(Session, "do_orm_execute", look)
    try:
        assert upkeep.catch_up(database, encoder, vectors) == 5
    finally:
        sa.event.remove(Session, "do_orm_execute", look)
    assert set(limits) == {1}


def test_an_article_that_cannot_be_embedded_holds_nobody_up(
    kept_up, encoder, vectors, session, database, alice, outbox
):
    cut = encoder.cut

    def picky(title, text):
        if title == "Bad":
            raise ValueError("what no tokenizer likes")
        return cut(title, text)

    encoder.cut = picky
    articles = [make_article(session, alice, title=title) for title in ("One", "Bad", "Two")]
    outbox.drain()
    assert stored(vectors) == [articles[0].id, articles[2].id]
    assert upkeep.catch_up(database, encoder, vectors) == 0
    assert differences(database, encoder, vectors).waiting == 1


def test_another_encoder_begins_anew(kept_up, encoder, session, database, alice, outbox, tmp_path):
    article = make_article(session, alice, title="Reset VPN")
    outbox.drain()
    other = WordEncoder()
    other.name = "other words"
    vectors = VectorFolder(tmp_path / "meaning", other.name)
    with pytest.raises(IndexMissing):
        vectors.searcher()
    indexing.rebuild(database, other, vectors)
    assert stored(vectors) == []
    assert upkeep.catch_up(database, other, vectors) == 1
    assert stored(vectors) == [article.id]
    assert set(session.scalars(sa.select(Passage.encoder))) == {other.name}


def test_a_lost_store_is_made_anew_without_an_encoder(
    kept_up, encoder, vectors, session, database, alice, outbox, monkeypatch
):
    monkeypatch.setattr(indexing, "PORTION", 2)
    articles = [make_article(session, alice, title=f"Number{n}") for n in range(5)]
    outbox.drain()
    before = dict(vectors.digests())
    for commit in vectors._folder._path.glob("*/commit"):
        commit.unlink()
    encoder.is_ready = False
    indexing.rebuild(database, encoder, vectors)
    assert dict(vectors.digests()) == before
    # A delivery that finds it lost makes it anew, too.
    for commit in vectors._folder._path.glob("*/commit"):
        commit.unlink()
    outbox_module.record(session, ARTICLE_CHANGED, articles[0].id)
    outbox.drain()
    assert stored(vectors) == [article.id for article in articles[1:]]


def test_verifying_finds_each_kind_of_difference(
    kept_up, encoder, vectors, session, database, alice, outbox
):
    articles = [make_article(session, alice, title=f"Number{n}") for n in range(6)]
    outbox.drain()
    assert differences(database, encoder, vectors) == PassageDifferences(6, [], [], [], 0)
    vectors.put({articles[0].id: []})
    articles[1].live_revision_id = None
    ids = [article.id for article in articles]
    row = Passage.article_id == ids[2], Passage.number == 1
    session.execute(sa.update(Passage).where(*row).values(end=1))
    session.execute(sa.delete(Passage).where(Passage.article_id == ids[3]))
    session.commit()
    planted = differences(database, encoder, vectors)
    assert planted == PassageDifferences(5, [ids[0]], [ids[1]], [ids[2], ids[3]], 1)
    assert planted
    indexing.rebuild(database, encoder, vectors)
    assert not differences(database, encoder, vectors)


def test_what_changed_while_meaning_was_off_is_not_found_by_what_it_said_before(
    kept_up, encoder, vectors, session, alice, database, outbox, tmp_path
):
    changed = make_article(session, alice, title="Reset VPN", body="Turn it off.")
    kept = make_article(session, alice, title="Order beans", body="By telephone.")
    outbox.drain()
    kinds = [PUBLISHED, ARTICLE_CHANGED]
    outbox_module.subscribe(indexing.SUBSCRIBER, kinds, indexing.without_meaning, inside=True)
    republish(session, changed, alice, body="Wait.")
    outbox.drain()
    assert numbers(session, changed) == []
    encoder.is_ready = False  # on again, but for now it only starts
    made = Upkeep(database, encoder, vectors, tmp_path / "meaning.lock")
    made.start()
    assert made._thread is not None
    made._thread.join()
    assert stored(vectors) == [kept.id]
    assert differences(database, encoder, vectors).waiting == 1


def test_one_process_at_a_time_embeds_what_was_left(kept_up, session, alice, vectors, tmp_path):
    make_article(session, alice, title="Reset VPN")
    session.commit()
    kept_up._not_before = 0.0
    with FileLock(tmp_path / "meaning.lock"):
        kept_up.start()
        assert kept_up._thread is not None
        kept_up._thread.join()
    assert stored(vectors) == []


def test_upkeep_mends_the_store_and_embeds_what_was_left(
    kept_up, encoder, vectors, session, alice, outbox
):
    encoder.is_ready = False
    article = make_article(session, alice, title="Reset VPN")
    outbox.drain()
    for commit in vectors._folder._path.glob("*/commit"):
        commit.unlink()
    encoder.is_ready = True
    kept_up._not_before = 0.0
    kept_up.start()
    assert kept_up._thread is not None
    kept_up._thread.join()
    assert stored(vectors) == [article.id]
    # Asked while it ends or not: whatever is left then is done.
    encoder.is_ready = False
    later = make_article(session, alice, title="Later")
    kept_up._not_before = float("inf")
    outbox.drain()
    encoder.is_ready = True
    kept_up._not_before = time.monotonic()
    kept_up.start()
    kept_up._thread.join()
    assert stored(vectors) == [article.id, later.id]
