"""Reading: published texts and nothing else, for every list, page and count."""

import pytest
from sqlalchemy.orm import Session

from kb import queries
from kb.models import Article
from kb.queries import Filter
from people.models import User
from tests.conftest import Clock
from tests.factories import (
    make_article,
    make_draft,
    make_review,
    make_revision,
    make_topic,
    republish,
)


@pytest.fixture
def article(session: Session, alice: User, bob: User, cora: User) -> Article:
    """One published article, with everything beside it that readers must not see."""
    article = make_article(
        session,
        alice,
        approver=cora,
        title="Mind the gap",
        summary="Safely.",
        body="Look down.",
        tags=["rail"],
        coauthors=[bob],
        topic=make_topic(session, "Travel"),
    )
    make_revision(session, article, bob, title="Secret title", body="Secret.", tags=["secret"])
    make_draft(session, alice, title="Secret draft", tags=["secret"])
    make_article(session, alice, title="Secret article", tags=["secret"], published=False)
    make_review(session, bob, title="Secret review", tags=["secret"])
    return article


def test_lists_and_counts_hold_published_articles_only(
    session: Session, cora: User, article: Article
) -> None:
    total, [row] = queries.listed(session, cora, Filter())
    assert (total, row.id, row.title, row.slug) == (1, article.id, "Mind the gap", "mind-the-gap")
    assert list(queries.tags(session, cora)) == [("rail", 1)]
    assert queries.counts_by_topic(session, cora) == {article.topic_id: 1}
    assert list(queries.searchable_ids(session)) == [article.id]


def test_search_is_given_the_live_text_with_all_its_writers(
    session: Session, article: Article
) -> None:
    [found] = queries.searchable(session)
    assert (found.id, found.kind, found.title, found.text) == (
        article.id,
        "howto",
        "Mind the gap",
        "Look down.",
    )
    assert (found.tags, found.topic, found.topic_path) == (("rail",), "travel", ("travel",))
    assert (found.author, found.author_name) == ("alice", "Alice, Bob")
    assert list(queries.searchable(session, [999])) == []


def test_what_is_asked_for_by_number_is_given_only_if_published(
    session: Session, alice: User, article: Article
) -> None:
    everything = list(range(1, 20))
    assert list(queries.result_rows(session, alice, everything)) == [article.id]
    assert list(queries.texts(session, alice, everything)) == [article.id]
    assert queries.result_rows(session, alice, []) == {}


def test_somebody_deactivated_sees_nothing(session: Session, bob: User, article: Article) -> None:
    bob.active = False
    assert queries.listed(session, bob, Filter()) == (0, [])
    assert queries.article_page(session, bob, "mind-the-gap") is None
    assert queries.result_rows(session, bob, [article.id]) == {}


def test_the_page_of_an_article_names_who_wrote_and_who_approved_it(
    session: Session, bob: User, cora: User, article: Article, clock: Clock
) -> None:
    republish(session, article, article.owner, by=cora, body="Second.")
    page = queries.article_page(session, bob, "mind-the-gap")
    assert page is not None
    assert (page.number, page.author, page.approver) == (2, "alice", "cora")
    assert page.published_at == clock.now()
    assert list(page.coauthors) == [("bob", "Bob")]  # who helped with the first text
    assert queries.article_page(session, bob, "secret-article") is None


def test_history_holds_what_was_published_newest_first(
    session: Session, cora: User, article: Article
) -> None:
    republish(session, article, article.owner, by=cora, body="Second.")
    history = queries.publications(session, article.id)
    assert [(p.number, p.revision.body) for p in history] == [(2, "Second."), (1, "Look down.")]
    first = queries.publication(session, article.id, 1)
    assert first is not None
    assert first.revision.body == "Look down."
    assert queries.publication(session, article.id, 3) is None


def test_lists_filter_and_page(session: Session, alice: User, bob: User, clock: Clock) -> None:
    people, pay = make_topic(session, "People"), make_topic(session, "Pay")
    made = []
    for n, (topic, tags) in enumerate([(people, ["a"]), (pay, ["a", "b"]), (pay, [])]):
        made.append(make_article(session, alice, title=f"Part {n} 100%", topic=topic, tags=tags).id)
        clock.move(minutes=1)

    def found(**filter_: object) -> list[int]:
        total, rows = queries.listed(session, bob, Filter(**filter_))  # type: ignore[arg-type]
        assert total == len(rows)
        return [row.id for row in rows]

    assert found() == made[::-1]
    assert found(topic_ids=[pay.id]) == [made[2], made[1]]
    assert found(topic_ids=[]) == []
    assert found(tag="a") == [made[1], made[0]]
    assert found(tag="b", topic_ids=[people.id]) == []
    assert found(author_id=bob.id) == []
    assert found(title_words="PART 2") == [made[2]]
    assert found(title_words="100%") == made[::-1]
    assert found(title_words="_") == []
    total, rows = queries.listed(session, bob, Filter(), offset=1, limit=1)
    assert (total, [row.id for row in rows]) == (3, [made[1]])
