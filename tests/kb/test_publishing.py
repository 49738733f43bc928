"""Publishing: numbers, addresses that lead on for ever, tags, events, and no text silently undone."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.outbox import Event
from kb import publishing
from kb.models import Article, ArticleSlug, ArticleTag, Publication, Revision
from kb.publishing import PUBLISHED, StaleBase
from kb.queries import article_page, moved_article
from people.models import User
from tests.conftest import Clock
from tests.factories import (
    make_article,
    make_draft,
    make_review,
    make_revision,
    make_topic,
    republish,
    settle,
)


def leads_to(session: Session, user: User, slug: str) -> str | None:
    """The article that a reader of this address gets, by its present address."""
    page = article_page(session, user, slug)
    return page.slug if page else moved_article(session, user, slug)


def test_publications_are_numbered_in_their_order(
    session: Session, alice: User, cora: User, clock: Clock
) -> None:
    article = make_article(session, alice, approver=cora)
    clock.move(days=1)
    republish(session, article, alice, by=cora, body="Second.")
    rows = session.scalars(sa.select(Publication).order_by(Publication.id)).all()
    assert [row.number for row in rows] == [1, 2]
    assert {row.by_id for row in rows} == {cora.id}
    assert article.published_at == clock.now()


def test_each_article_counts_for_itself(session: Session, alice: User) -> None:
    for title in ("One", "Two"):
        make_article(session, alice, title=title)
    assert list(session.scalars(sa.select(Publication.number))) == [1, 1]


def test_an_article_has_no_address_before_its_first_publication(
    session: Session, alice: User
) -> None:
    article = make_article(session, alice, title="Mind the gap", published=False)
    assert (article.slug, article.title_key) == (None, None)


def test_a_new_title_gives_a_new_address_and_the_old_one_leads_to_it(
    session: Session, alice: User, bob: User
) -> None:
    article = make_article(session, alice, title="Reset the VPN")
    assert article.slug == "reset-the-vpn"
    republish(session, article, alice, title="Restart the VPN")
    republish(session, article, alice, title="VPN: restart it")
    assert article.slug == "vpn-restart-it"
    for slug in ("reset-the-vpn", "restart-the-vpn", "vpn-restart-it"):
        assert leads_to(session, bob, slug) == "vpn-restart-it"


def test_going_back_to_a_former_title_takes_its_address_back(
    session: Session, alice: User, bob: User
) -> None:
    article = make_article(session, alice, title="First")
    republish(session, article, alice, title="Second")
    republish(session, article, alice, title="First")
    assert article.slug == "first"
    assert leads_to(session, bob, "second") == "first"
    former = session.scalars(sa.select(ArticleSlug.slug)).all()
    assert former == ["second"]


def test_changing_the_text_alone_keeps_the_address(session: Session, alice: User) -> None:
    make_article(session, alice, title="Same")
    second = make_article(session, alice, title="Same")
    assert second.slug == "same-2"
    republish(session, second, alice, body="Another text.")
    assert second.slug == "same-2"
    assert session.scalars(sa.select(ArticleSlug)).all() == []


def test_a_title_that_loses_its_number_gets_an_address_without(
    session: Session, alice: User
) -> None:
    article = make_article(session, alice, title="Release 2024")
    republish(session, article, alice, title="Release")
    assert article.slug == "release"


def test_a_former_address_is_never_given_to_another_article(
    session: Session, alice: User, bob: User
) -> None:
    first = make_article(session, alice, title="Parking")
    republish(session, first, alice, title="Parking in the yard")
    second = make_article(session, alice, title="Parking")
    assert second.slug == "parking-2"
    assert leads_to(session, bob, "parking") == "parking-in-the-yard"


def test_an_unpublished_title_does_not_show_through_a_number(
    session: Session, alice: User, bob: User
) -> None:
    make_review(session, bob, title="Layoffs in May")
    make_draft(session, bob, title="Layoffs in May")
    make_article(session, bob, title="Layoffs in May", published=False)
    assert make_article(session, alice, title="Layoffs in May").slug == "layoffs-in-may"


def test_a_proposed_title_does_not_show_through_a_number(
    session: Session, alice: User, bob: User
) -> None:
    article = make_article(session, alice, title="Canteen")
    make_revision(session, article, bob, title="Canteen closes")
    assert make_article(session, alice, title="Canteen closes").slug == "canteen-closes"


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Über die Straße", "uber-die-strasse"),
        ("../../etc/passwd", "etc-passwd"),
        ("!!!", "untitled"),
        ("100%_sure", "100-sure"),
        ("日本語", "日本語"),
    ],
)
def test_addresses_are_made_of_letters_digits_and_hyphens(
    session: Session, alice: User, title: str, slug: str
) -> None:
    assert make_article(session, alice, title=title).slug == slug


def test_tags_and_topic_follow_the_live_text(session: Session, alice: User) -> None:
    travel, money = make_topic(session, "Travel"), make_topic(session, "Money")
    article = make_article(session, alice, tags=["rail", "visa"], topic=travel)
    make_revision(session, article, alice, tags=["hidden"], topic=money, body="Waiting.")
    tags = sa.select(ArticleTag.tag).order_by(ArticleTag.tag)
    assert list(session.scalars(tags)) == ["rail", "visa"]
    assert article.topic is travel


def test_a_new_publication_replaces_tags_and_topic(session: Session, alice: User) -> None:
    article = make_article(session, alice, tags=["rail", "visa"])
    money = make_topic(session, "Money")
    republish(session, article, alice, tags=["rail", "cost"], topic=money)
    settle(session)
    assert set(session.scalars(sa.select(ArticleTag.tag))) == {"rail", "cost"}
    assert article.topic is money


def test_publishing_is_recorded_in_the_same_transaction(session: Session, alice: User) -> None:
    revision = make_revision_of_new(session, alice)
    session.commit()
    publishing.publish(session, revision.article, revision, by=alice)
    session.rollback()
    assert session.scalars(sa.select(Event)).all() == []
    publishing.publish(session, revision.article, revision, by=alice)
    session.commit()
    [event] = session.scalars(sa.select(Event))
    assert (event.kind, event.subject, event.actor) == (PUBLISHED, revision.article_id, alice.id)


def make_revision_of_new(session: Session, by: User) -> Revision:
    article = make_article(session, by, published=False)
    return session.scalars(sa.select(Revision).where(Revision.article_id == article.id)).one()


def test_a_text_written_on_an_older_live_text_is_not_published(
    session: Session, alice: User, bob: User
) -> None:
    article = make_article(session, alice)
    overtaken = make_revision(session, article, bob, body="Bob's.")
    live = republish(session, article, alice, body="Alice's.")
    with pytest.raises(StaleBase):
        publishing.publish(session, article, overtaken, by=alice)
    settle(session)
    assert article.live_revision_id == live.id
    assert session.scalar(sa.select(sa.func.count()).select_from(Publication)) == 2


def test_the_same_revision_is_not_published_twice(session: Session, alice: User) -> None:
    article = make_article(session, alice)
    assert article.live_revision is not None
    with pytest.raises(StaleBase):
        publishing.publish(session, article, article.live_revision, by=alice)


def test_a_revision_of_another_article_is_a_mistake_of_ours(session: Session, alice: User) -> None:
    one, two = make_article(session, alice), make_article(session, alice, title="Two")
    assert two.live_revision is not None
    with pytest.raises(ValueError, match="another article"):
        publishing.publish(session, one, two.live_revision, by=alice)


def test_of_two_articles_with_one_title_the_first_keeps_the_plain_address(
    session: Session, alice: User, bob: User
) -> None:
    articles: list[Article] = [make_article(session, alice, title="Parking") for _ in range(3)]
    assert [article.slug for article in articles] == ["parking", "parking-2", "parking-3"]
