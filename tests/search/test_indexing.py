"""The index follows the database: by deliveries, by rebuilding, and as verified."""

import threading
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from core.outbox import Delivery
from kb import publishing, topics
from kb.models import Article, Revision
from people.models import Role
from search import analysing, indexing, search_of_app
from search.engines import IndexMissing, Selection
from search.engines.opensearch import OpenSearchEngine, address
from search.engines.opensearch.connection import Cluster
from search.indexing import Differences
from search.repair import Repairer
from tests.factories import make_article, make_topic, republish


@pytest.fixture(autouse=True)
def chosen_engine(settings, engine_url):
    settings["FIRSTHAND_SEARCH_URL"] = engine_url


@pytest.fixture
def engine(app):
    with app.app_context():
        return search_of_app().engine


def indexed(engine):
    return sorted(id_ for id_, _ in engine.searcher().digests())


def titles(engine, word):
    found = engine.searcher().find(Selection(any_of=(word,)), 10)
    return sorted(candidate.title for candidate in found.candidates)


def differences(database, engine):
    with database.reading() as session:
        return indexing.verify(session, engine)


def test_what_is_published_is_in_the_index_after_its_delivery(engine, session, alice, outbox):
    article = make_article(session, alice, title="Reset a badge", tags=("badge",))
    unpublished = make_article(session, alice, title="Secret", published=False)
    with pytest.raises(IndexMissing):
        engine.searcher()
    outbox.drain()
    assert indexed(engine) == [article.id]
    assert unpublished.id not in indexed(engine)


def test_a_new_text_takes_the_place_of_the_old(engine, session, alice, outbox):
    article = make_article(session, alice, title="Reset a badge")
    outbox.drain()
    republish(session, article, alice, title="Replace a card")
    outbox.drain()
    assert titles(engine, "badg") == []
    assert titles(engine, "card") == ["Replace a card"]


def test_what_is_not_published_any_more_leaves_the_index(engine, session, alice, outbox, database):
    article = make_article(session, alice, title="Reset a badge")
    other = make_article(session, alice, title="Other")
    outbox.drain()
    article.live_revision_id = None
    session.commit()
    indexing.update(database, engine, [article.id])
    assert indexed(engine) == [other.id]


def test_a_topic_that_moves_takes_its_articles_along(engine, session, alice, ada, outbox):
    root, leaf = make_topic(session, "Root"), make_topic(session, "Leaf")
    article = make_article(session, alice, title="Reset a badge", topic=leaf)
    outbox.drain()

    def in_root():
        found = engine.searcher().find(Selection(filters=(("topic=root",),)), 10)
        return [candidate.id for candidate in found.candidates]

    assert in_root() == []
    topics.move(session, leaf, root, by=ada)
    outbox.drain()
    assert in_root() == [article.id]


def test_many_deliveries_are_one_commit(engine, session, alice, outbox):
    make_article(session, alice, title="First of all")
    outbox.drain()
    generations = {engine.searcher().generation}
    for number in range(30):
        make_article(session, alice, title=f"Badge {number}")
    outbox.drain()
    generations.add(engine.searcher().generation)
    assert len(indexed(engine)) == 31
    assert len(generations) == 2
    done = session.scalar(
        sa.select(sa.func.count()).where(
            Delivery.subscriber == indexing.SUBSCRIBER, Delivery.done_at.is_not(None)
        )
    )
    assert done == 31


@contextmanager
def interruption(engine, folder):
    """While in it, the index cannot be reached."""
    if isinstance(engine, OpenSearchEngine):
        nobody = Cluster(address.read("http://127.0.0.1:1"))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(engine.cluster, "_nodes", nobody._nodes)
            yield
    else:
        folder.write_text("a file where a folder should be")
        yield
        folder.unlink()


def test_if_the_index_is_down_publishing_stands_and_the_delivery_follows(
    engine, session, alice, outbox, clock, tmp_path
):
    with interruption(engine, tmp_path / "search"):
        article = make_article(session, alice, title="Reset a badge")
        outbox.drain()
    assert session.get_one(Article, article.id).live_revision_id is not None
    waiting = session.scalar(sa.select(Delivery).where(Delivery.subscriber == indexing.SUBSCRIBER))
    assert waiting.done_at is None
    assert waiting.error
    clock.move(minutes=1)
    outbox.drain()
    assert indexed(engine) == [article.id]


def test_a_delivery_rebuilds_an_index_that_is_lost(engine, session, alice, outbox, tmp_path):
    first = make_article(session, alice, title="First")
    outbox.drain()
    for pointer in tmp_path.glob("search/*/current.json"):
        pointer.unlink()
    second = make_article(session, alice, title="Second")
    outbox.drain()
    assert indexed(engine) == [first.id, second.id]


def test_rebuilding_tells_how_far_it_is(engine, session, alice, database, monkeypatch):
    monkeypatch.setattr(indexing, "PORTION", 2)
    for number in range(5):
        make_article(session, alice, title=f"Number {number}")
    session.commit()
    told = []
    assert indexing.rebuild(database, engine, lambda done, total: told.append((done, total))) == 5
    assert told == [(2, 5), (4, 5), (5, 5)]
    assert not differences(database, engine)


def test_many_articles_are_analysed_in_other_processes(
    engine, session, alice, database, monkeypatch
):
    monkeypatch.setattr(analysing, "FEWEST", 5)
    monkeypatch.setattr(indexing, "PORTION", 2)
    articles = [make_article(session, alice, title=f"Number {n}") for n in range(5)]
    session.commit()
    assert indexing.rebuild(database, engine) == 5
    assert indexed(engine) == [article.id for article in articles]
    assert not differences(database, engine)


def test_changes_during_a_rebuild_are_not_lost(engine, session, alice, database, outbox):
    article = make_article(session, alice, title="Before")
    outbox.drain()

    def meanwhile(_done, _total):
        republish(session, article, alice, title="After")
        make_article(session, alice, title="New")
        outbox.drain()

    session.commit()
    indexing.rebuild(database, engine, meanwhile)
    assert titles(engine, "after") == ["After"]
    assert titles(engine, "new") == ["New"]
    assert not differences(database, engine)


def test_changes_that_wait_for_the_end_of_a_rebuild_are_not_lost(
    engine, session, alice, database, outbox
):
    """Another thread delivers whenever it can; nothing may be missing in the end."""
    article = make_article(session, alice, title="Number 0")
    outbox.drain()
    stop = threading.Event()

    def rebuild_all_the_time():
        while not stop.is_set():
            indexing.rebuild(database, engine)

    thread = threading.Thread(target=rebuild_all_the_time)
    thread.start()
    for number in range(1, 12):
        republish(session, article, alice, title=f"Number {number}")
        outbox.drain()
    stop.set()
    thread.join()
    outbox.drain()
    assert titles(engine, "number") == ["Number 11"]
    assert not differences(database, engine)


def test_verifying_finds_each_kind_of_difference(engine, session, alice, database, outbox):
    articles = [make_article(session, alice, title=f"Number {n}") for n in range(6)]
    other = make_topic(session, "Other")
    outbox.drain()
    assert differences(database, engine) == Differences(6, [], [], [])
    with engine.writer() as writer:
        writer.remove([articles[0].id])
    articles[1].live_revision_id = None
    session.execute(
        sa.text("UPDATE revision SET text = text || ' Planted' WHERE id = :id"),
        {"id": articles[2].live_revision_id},
    )
    articles[3].topic_id = other.id
    session.commit()
    found = differences(database, engine)
    changed = [articles[2].id, articles[3].id]
    assert found == Differences(5, [articles[0].id], [articles[1].id], changed)
    assert found
    indexing.rebuild(database, engine)
    assert not differences(database, engine)


@pytest.mark.parametrize("engine_name", ["tantivy"], indirect=True)
def test_verifying_finds_the_one_that_differs_among_ten_thousand(
    engine, session, alice, database, outbox
):
    article = make_article(session, alice, title="Number", language="en")
    outbox.drain()
    copied(session, article, 10_000)
    indexing.rebuild(database, engine)
    session.execute(
        sa.text("UPDATE revision SET text = replace(text, '7', '1') WHERE title = 'Number 7777'")
    )
    session.commit()
    different = session.scalar(sa.select(Revision.article_id).filter_by(title="Number 7777"))
    assert differences(database, engine) == Differences(10_001, [], [], [different])
    missing = article.id + 1234
    with engine.writer() as writer:
        writer.remove([missing])
    assert differences(database, engine) == Differences(10_001, [missing], [], [different])


def copied(session, article, times):
    """Copy a published article so often, with nothing but rows: each with a title and a text of its own."""
    articles, revisions = Article.__table__, Revision.__table__
    row = dict(session.execute(sa.select(articles).filter_by(id=article.id)).one()._mapping)
    live = row.pop("live_revision_id")
    text = dict(session.execute(sa.select(revisions).filter_by(id=live)).one()._mapping)
    numbers = range(1, times + 1)
    session.execute(
        sa.insert(articles), [row | {"id": article.id + n, "slug": f"number-{n}"} for n in numbers]
    )
    session.execute(
        sa.insert(revisions),
        [
            text
            | {
                "id": live + n,
                "article_id": article.id + n,
                "title": f"Number {n}",
                "text": f"The number is {n}.",
            }
            for n in numbers
        ],
    )
    session.execute(
        sa.update(articles)
        .where(articles.c.id > article.id)
        .values(live_revision_id=articles.c.id - article.id + live)
    )
    session.commit()


def test_curators_see_no_more_in_the_index_than_anybody(engine, session, alice, cora, outbox):
    make_article(session, alice, title="Canary unpublished", published=False)
    make_article(session, alice, title="Shown")
    outbox.drain()
    assert cora.role is Role.CURATOR
    searcher = engine.searcher()
    assert searcher.documents == 1
    assert searcher.words("canary", 5) == searcher.title_words("canary", 5) == []
    assert publishing.PUBLISHED == "article.published"


# Repair


class Failing:
    """An engine whose questions fail although its index can be opened."""

    def __init__(self, engine):
        self.engine = engine
        self.rebuilds = 0

    def searcher(self):
        return self.engine.searcher()

    def rebuild(self):
        self.rebuilds += 1
        return self.engine.rebuild()


def test_an_index_that_fails_again_is_not_rebuilt_over_and_over(engine, database, session):
    session.commit()
    failing = Failing(engine)
    repairer = Repairer(database, failing)

    def question():
        raise IndexMissing("it is always wrong")

    for _ in range(3):
        with pytest.raises(IndexMissing):
            repairer.asking(question)
    assert failing.rebuilds == 1


@pytest.mark.parametrize("engine_name", ["tantivy", "whoosh"], indirect=True)
def test_damage_that_no_search_has_met_is_found_by_looking_and_mended(
    engine, database, session, alice, tmp_path
):
    make_article(session, alice, title="Reset a badge")
    session.commit()
    indexing.rebuild(database, engine)
    segments = (*tmp_path.glob("search/*/*/*.store"), *tmp_path.glob("search/*/*/*.seg"))
    file = max(segments, key=lambda path: path.stat().st_size)
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 2] ^= 1
    file.write_bytes(whole)
    repairer = Repairer(database, engine)
    with pytest.raises(IndexMissing, match="damaged"):
        differences(database, engine)
    repairer.check()
    repairer.wait()
    assert not repairer.is_repairing
    assert differences(database, engine) == Differences(1, [], [], [])
