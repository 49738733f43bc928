"""After publication: taken back, archived, hidden, rolled back, moved; each with a way back."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.audit import AuditEntry
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.outbox import Event
from kb import lifecycle, publishing, queries
from kb.drafts import freeze
from kb.models import Article, Revision, Topic
from kb.publishing import StaleBase
from kb.topics import ARTICLE_CHANGED
from people.models import Notice, User
from tests.conftest import Clock, Deliveries
from tests.factories import (
    make_article,
    make_attachment,
    make_draft,
    make_revision,
    make_topic,
    make_user,
    rendering_for,
    republish,
    settle,
)

WHY = "The machine was replaced."


@pytest.fixture
def topic(session: Session) -> Topic:
    return make_topic(session, "Machines")


@pytest.fixture
def article(session: Session, topic: Topic, alice: User, cora: User) -> Article:
    """Two texts long, published by Cora."""
    article = make_article(session, alice, approver=cora, title="Oil the press", topic=topic)
    republish(session, article, alice, by=cora, body="With the new oil.")
    return article


Act = Callable[..., Any]


def unpublish(session: Session, article: Article, by: User, **changes: Any) -> Any:
    given: dict[str, Any] = {"number": 2, "reason": WHY} | changes
    return lifecycle.unpublish(session, article, **given, by=by)


def archive(session: Session, article: Article, by: User, **changes: Any) -> Any:
    given: dict[str, Any] = {"number": 2, "reason": WHY} | changes
    return lifecycle.archive(session, article, **given, by=by)


def hide(session: Session, article: Article, by: User, **changes: Any) -> Any:
    return lifecycle.hide(session, article, **{"reason": WHY} | changes, by=by)


def roll_back(session: Session, article: Article, by: User, **changes: Any) -> Any:
    given: dict[str, Any] = {"to": 1, "number": 2, "reason": WHY} | changes
    return lifecycle.roll_back(session, article, **given, by=by)


def rename(session: Session, article: Article, by: User, **changes: Any) -> Any:
    given: dict[str, Any] = {
        "title": "Oil it",
        "topic": article.topic,
        "number": 2,
        "reason": WHY,
    } | changes
    return lifecycle.place(session, article, **given, by=by)


ACTS = [unpublish, archive, hide, roll_back, rename]
KINDS: dict[Act, str] = {
    unpublish: lifecycle.UNPUBLISHED,
    archive: lifecycle.ARCHIVED,
    hide: lifecycle.HIDDEN,
    roll_back: lifecycle.ROLLED_BACK,
    rename: lifecycle.PLACED,
}


def audited(session: Session) -> list[tuple[str, str, str]]:
    rows = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id))
    return [(row.action, row.actor_name, row.thing_name) for row in rows]


def recorded(session: Session, kind: str) -> list[Event]:
    return list(session.scalars(sa.select(Event).where(Event.kind == kind)))


# What all acts have in common


@pytest.mark.parametrize("act", ACTS)
def test_a_reason_is_required(session: Session, article: Article, cora: User, act: Act) -> None:
    for reason in ("", " \n ", "x" * 501):
        with pytest.raises(Invalid) as refused:
            act(session, article, cora, reason=reason)
        assert set(refused.value.fields) == {"reason"}
    assert session.scalars(sa.select(AuditEntry)).all() == []


@pytest.mark.parametrize("act", ACTS)
def test_every_act_is_audited_and_recorded_once_however_often_it_is_clicked(
    session: Session, article: Article, cora: User, act: Act
) -> None:
    for _ in range(2):
        act(session, article, cora)
        settle(session)
    [entry] = session.scalars(sa.select(AuditEntry))
    assert (entry.action, entry.actor, entry.thing_id) == (KINDS[act], cora.id, article.id)
    assert entry.detail["reason"] == WHY
    [event] = recorded(session, KINDS[act])
    assert (event.subject, event.actor) == (article.id, cora.id)


@pytest.mark.parametrize("act", [unpublish, archive, roll_back, rename])
def test_an_act_is_refused_when_the_live_text_has_changed_since_it_was_seen(
    session: Session, article: Article, cora: User, carl: User, alice: User, act: Act
) -> None:
    republish(session, article, alice, by=carl, body="A third text.")
    with pytest.raises(Conflict, match="Carl has published revision 3"):
        act(session, article, cora)
    settle(session)
    assert article.live_revision is not None
    assert article.live_revision.body == "A third text."
    assert (article.archived_at, recorded(session, KINDS[act])) == (None, [])


def test_something_sensitive_is_hidden_whichever_text_is_live_by_now(
    session: Session, article: Article, cora: User, alice: User
) -> None:
    republish(session, article, alice, by=cora, body="A third text.")
    hide(session, article, cora)
    assert article.hidden_at is not None


@pytest.mark.parametrize("act", ACTS)
def test_readers_do_none_of_it(session: Session, article: Article, bob: User, act: Act) -> None:
    with pytest.raises(NotAllowed):
        act(session, article, bob)


@pytest.mark.parametrize("act", [unpublish, hide, roll_back, rename])
def test_an_owner_archives_and_does_nothing_else(
    session: Session, article: Article, alice: User, act: Act
) -> None:
    with pytest.raises(NotAllowed):
        act(session, article, alice)
    archive(session, article, alice)
    assert article.archived_at is not None


@pytest.mark.parametrize("act", [unpublish, archive, roll_back, rename])
def test_in_a_topic_with_its_own_curators_others_do_none_of_it(
    session: Session, article: Article, topic: Topic, bob: User, cora: User, ada: User, act: Act
) -> None:
    topic.curators = [bob]
    session.flush()
    with pytest.raises(NotAllowed):
        act(session, article, cora)
    act(session, article, bob)


def test_every_curator_may_hide_for_it_cannot_wait(
    session: Session, article: Article, topic: Topic, bob: User, cora: User
) -> None:
    topic.curators = [bob]
    session.flush()
    hide(session, article, cora)
    assert article.hidden_at is not None


def test_where_the_rules_name_publishers_only_those_change_what_readers_have(
    session: Session, article: Article, topic: Topic, cora: User, carl: User, ada: User
) -> None:
    from kb import policy

    rules = policy.Rules(publishers=(carl.id,))
    policy.change(session, topic, rules, expected_number=0, note="", by=ada)
    with pytest.raises(NotAllowed):
        unpublish(session, article, cora)
    unpublish(session, article, carl)
    assert article.live_revision_id is None


@pytest.mark.parametrize("act", [archive, hide, rename])
def test_what_is_not_published_is_not_archived_hidden_or_renamed(
    session: Session, article: Article, cora: User, act: Act
) -> None:
    unpublish(session, article, cora)
    with pytest.raises(Conflict, match="not published"):
        act(session, article, cora)


@pytest.mark.parametrize("act", ACTS)
def test_nothing_is_done_to_an_article_that_never_was_published(
    session: Session, alice: User, cora: User, act: Act
) -> None:
    fresh = make_article(session, alice, published=False)
    with pytest.raises((Conflict, NotFound)):
        act(session, fresh, cora)


# Taking back


def test_what_is_taken_back_has_no_live_text_and_says_until_when_it_had(
    session: Session, article: Article, cora: User, clock: Clock
) -> None:
    unpublish(session, article, cora)
    settle(session)
    assert (article.live_revision_id, article.published_at) == (None, None)
    last = queries.publication(session, article.id, 2)
    assert last is not None
    assert (last.unpublished_at, last.unpublished_because) == (clock.now(), WHY)


def test_its_authors_and_curators_still_see_the_last_text(
    session: Session, article: Article, alice: User, bob: User, cora: User, ada: User
) -> None:
    unpublish(session, article, cora)
    settle(session)
    for person in (alice, cora, ada):
        page = queries.article_page(session, person, "oil-the-press")
        assert page is not None
        assert (page.number, page.unpublished_because) == (2, WHY)
        assert queries.article_by_slug(session, person, "oil-the-press") is article
    assert queries.article_page(session, bob, "oil-the-press") is None
    assert queries.article_by_slug(session, bob, "oil-the-press") is None


def test_what_was_taken_back_comes_back_as_a_text_of_its_own(
    session: Session, article: Article, alice: User, bob: User, cora: User
) -> None:
    unpublish(session, article, cora)
    again = roll_back(session, article, cora, to=2, reason="It was right after all.")
    settle(session)
    assert (again.number, again.revision.body) == (3, "With the new oil.")
    assert again.revision.author_id == alice.id
    page = queries.article_page(session, bob, "oil-the-press")
    assert page is not None
    assert (page.number, page.unpublished_at) == (3, None)


def test_a_text_that_was_taken_back_stays_so_when_a_better_one_is_published(
    session: Session, article: Article, alice: User, bob: User, cora: User
) -> None:
    from kb.permissions import can_read_revision

    bad = article.live_revision
    assert bad is not None
    unpublish(session, article, cora)
    roll_back(session, article, cora, to=1)
    assert not can_read_revision(session, bob, bad)
    assert can_read_revision(session, alice, bad)


def test_nothing_written_before_the_last_text_brings_an_article_back(
    session: Session, article: Article, alice: User, bob: User, cora: User
) -> None:
    old = make_revision(session, article, bob, body="Bob's.")
    republish(session, article, alice, by=cora, body="A third text.")
    unpublish(session, article, cora, number=3)
    with pytest.raises(StaleBase):
        publishing.publish(session, article, old, by=cora)


def test_a_mended_text_may_be_published_where_the_last_one_was_taken_back(
    session: Session, article: Article, bob: User, cora: User
) -> None:
    mended = make_revision(session, article, bob, body="Mended.")
    unpublish(session, article, cora)
    publishing.publish(session, article, mended, by=cora)
    assert article.live_revision is mended


def test_an_article_that_was_hidden_and_is_taken_back_is_hidden_no_more(
    session: Session, article: Article, cora: User
) -> None:
    hide(session, article, cora)
    unpublish(session, article, cora)
    roll_back(session, article, cora)
    assert article.hidden_at is None


# Archive


def test_what_is_archived_says_since_when_and_why_and_comes_back(
    session: Session, article: Article, alice: User, clock: Clock
) -> None:
    archive(session, article, alice)
    assert (article.archived_at, article.archived_because) == (clock.now(), WHY)
    for _ in range(2):
        lifecycle.unarchive(session, article, number=2, reason="Still in use.", by=alice)
    assert (article.archived_at, article.archived_because) == (None, "")
    assert len(recorded(session, lifecycle.UNARCHIVED)) == 1


def test_what_is_archived_is_readable_by_its_address_and_in_the_archive_alone(
    session: Session, article: Article, bob: User, cora: User
) -> None:
    archive(session, article, cora)
    settle(session)
    page = queries.article_page(session, bob, "oil-the-press")
    assert page is not None
    assert page.archived_because == WHY
    assert queries.count(session, bob, queries.Filter()) == 0
    for words in ("", "press", "NEW oil", "100%"):
        found = queries.rows(session, bob, queries.Filter(archived=True, words=words))
        assert [row.slug for row in found] == (["oil-the-press"] if words != "100%" else [])


# Hiding


def test_what_is_hidden_is_shown_again_by_a_curator(
    session: Session, article: Article, alice: User, bob: User, cora: User, carl: User
) -> None:
    hide(session, article, cora)
    assert queries.article_page(session, bob, "oil-the-press") is None
    assert queries.is_hidden(session, "oil-the-press")
    with pytest.raises(NotAllowed):
        lifecycle.show(session, article, number=2, reason="Fine.", by=alice)
    for _ in range(2):
        lifecycle.show(session, article, number=2, reason="Nothing in it.", by=carl)
    assert queries.article_page(session, bob, "oil-the-press") is not None
    assert not queries.is_hidden(session, "oil-the-press")
    assert [row[0] for row in audited(session)] == [lifecycle.HIDDEN, lifecycle.SHOWN]


def test_only_the_text_that_was_checked_is_shown_again(
    session: Session, article: Article, alice: User, cora: User
) -> None:
    hide(session, article, cora)
    republish(session, article, alice, by=cora, body="Another text.")
    with pytest.raises(Conflict):
        lifecycle.show(session, article, number=2, reason="Fine.", by=cora)
    assert article.hidden_at is not None


# Rolling back


def test_rolling_back_publishes_the_earlier_text_with_its_credit(
    session: Session, article: Article, alice: User, cora: User, carl: User, clock: Clock
) -> None:
    clock.move(days=1)
    publication = roll_back(session, article, carl)
    settle(session)
    live = article.live_revision
    assert live is not None
    assert (live.body, live.author_id) == ("Restart the client.\n\nThen sign in again.", alice.id)
    assert live.note == f"Back to revision 1: {WHY}"
    assert (publication.number, publication.by_id) == (3, carl.id)
    assert article.published_at == clock.now()
    assert live.html  # nothing had to be rendered for it


def test_a_proposal_written_on_the_text_that_was_rolled_back_undoes_nothing(
    session: Session, article: Article, bob: User, cora: User
) -> None:
    proposal = make_revision(session, article, bob, body="Bob's.")
    roll_back(session, article, cora)
    with pytest.raises(StaleBase):
        publishing.publish(session, article, proposal, by=cora)


def test_rolling_back_leaves_an_article_in_the_topic_where_it_is(
    session: Session, article: Article, cora: User
) -> None:
    elsewhere = make_topic(session, "Elsewhere")
    rename(session, article, cora, title="Oil the press", topic=elsewhere)
    roll_back(session, article, cora, number=3)
    settle(session)
    assert article.topic_id == elsewhere.id
    assert article.live_revision is not None
    assert article.live_revision.topic_id == elsewhere.id


def test_the_images_of_the_earlier_text_are_shown_again(
    session: Session, article: Article, alice: User, bob: User, cora: User
) -> None:
    from kb.permissions import can_read_attachment

    image = make_attachment(session, alice)
    body = f"![Plan](/attachments/{image.id}/plan.png)"
    republish(session, article, alice, by=cora, body=body)
    unpublish(session, article, cora, number=3)
    assert not can_read_attachment(session, bob, image)
    roll_back(session, article, cora, to=3, number=3)
    assert can_read_attachment(session, bob, image)


def test_there_is_no_rolling_back_to_what_never_was_published(
    session: Session, article: Article, bob: User, cora: User
) -> None:
    make_revision(session, article, bob, body="Bob's.")
    with pytest.raises(NotFound):
        roll_back(session, article, cora, to=3)


# Moving and renaming


def test_a_new_title_gives_a_new_address_and_the_old_one_leads_to_it(
    session: Session, article: Article, bob: User, cora: User
) -> None:
    rename(session, article, cora)
    settle(session)
    assert article.slug == "oil-it"
    assert queries.moved_article(session, bob, "oil-the-press") == "oil-it"
    live = article.live_revision
    assert live is not None
    assert (live.title, live.body) == ("Oil it", "With the new oil.")


def test_moving_takes_somebody_who_may_publish_in_both_topics(
    session: Session, article: Article, topic: Topic, bob: User, cora: User, ada: User
) -> None:
    bobs = make_topic(session, "Bob's", curators=[bob])
    with pytest.raises(NotAllowed, match="both topics"):
        rename(session, article, cora, topic=bobs)
    rename(session, article, ada, topic=bobs)
    settle(session)
    assert article.topic_id == bobs.id
    with pytest.raises(NotAllowed):
        rename(session, article, cora, topic=topic, number=3)


def test_a_proposal_written_before_a_move_does_not_move_the_article_back(
    session: Session, article: Article, bob: User, cora: User
) -> None:
    proposal = make_revision(session, article, bob, body="Bob's.")
    rename(session, article, cora, topic=make_topic(session, "Elsewhere"))
    with pytest.raises(StaleBase):
        publishing.publish(session, article, proposal, by=cora)


@pytest.mark.parametrize("title", ["", "  ", "x" * 151])
def test_a_title_has_to_be_one(session: Session, article: Article, cora: User, title: str) -> None:
    with pytest.raises(Invalid) as refused:
        rename(session, article, cora, title=title)
    assert set(refused.value.fields) == {"title"}


def test_a_new_title_alone_is_no_check_of_the_text(
    session: Session, article: Article, cora: User, clock: Clock
) -> None:
    checked_at = article.verified_at
    clock.move(days=3)
    rename(session, article, cora)
    assert article.verified_at == checked_at


# Keywords


def test_keywords_are_for_the_index_and_for_no_reader(
    session: Session, article: Article, bob: User, cora: User
) -> None:
    lifecycle.set_keywords(session, article, before=[], words=[" Grease ", "grease", ""], by=cora)
    lifecycle.add_keywords(session, article, ["Lubricate"], by=cora)
    lifecycle.add_keywords(session, article, ["lubricate"], by=cora)
    settle(session)
    [found] = queries.searchable(session)
    assert found.keywords == ("grease", "lubricate")
    assert len(recorded(session, ARTICLE_CHANGED)) == 2
    with pytest.raises(NotAllowed):
        lifecycle.add_keywords(session, article, ["mine"], by=bob)


def test_keywords_that_somebody_chose_meanwhile_are_not_overwritten(
    session: Session, article: Article, cora: User, carl: User
) -> None:
    lifecycle.set_keywords(session, article, before=[], words=["grease"], by=cora)
    with pytest.raises(Conflict):
        lifecycle.set_keywords(session, article, before=[], words=["oil can"], by=carl)
    lifecycle.set_keywords(session, article, before=[], words=["grease"], by=carl)
    assert article.keywords == ["grease"]


# Who is told


def subjects(session: Session, user: User) -> list[str]:
    mine = sa.select(Notice.subject).where(Notice.user_id == user.id).order_by(Notice.id)
    return list(session.scalars(mine))


@pytest.fixture
def listening() -> None:
    from kb import lifecycle_notices

    lifecycle_notices.init_app()


@pytest.mark.usefixtures("listening")
@pytest.mark.parametrize("act", ACTS)
def test_the_owner_is_told_what_became_of_their_article_and_why(
    session: Session,
    article: Article,
    alice: User,
    bob: User,
    cora: User,
    outbox: Deliveries,
    act: Act,
) -> None:
    act(session, article, cora)
    outbox.drain()
    [notice] = session.scalars(sa.select(Notice))
    assert notice.user_id == alice.id
    assert WHY in notice.text
    assert notice.text.startswith("Cora has ")


@pytest.mark.usefixtures("listening")
def test_curators_are_told_what_an_owner_archived(
    session: Session, article: Article, alice: User, cora: User, outbox: Deliveries
) -> None:
    archive(session, article, alice)
    outbox.drain()
    assert subjects(session, cora) == ["Archived: Oil the press"]
    assert subjects(session, alice) == []


@pytest.mark.usefixtures("listening")
def test_where_the_owner_has_left_those_who_decide_are_told(
    session: Session, article: Article, alice: User, cora: User, carl: User, outbox: Deliveries
) -> None:
    alice.active = False
    archive(session, article, cora)
    outbox.drain()
    assert subjects(session, carl) == ["Archived: Oil the press"]


# Leaks through nothing


@pytest.fixture
def image_page(session: Session, topic: Topic, alice: User, cora: User) -> Article:
    """An article with everything by which it could be found."""
    image = make_attachment(session, alice)
    return make_article(
        session,
        alice,
        approver=cora,
        title="Secret recipe",
        body=f"![Plan](/attachments/{image.id}/plan.png)",
        tags=["rail"],
        topic=topic,
    )


@pytest.mark.parametrize("act", [hide, unpublish])
def test_what_is_withheld_is_in_no_list_and_in_no_index(
    session: Session, image_page: Article, alice: User, bob: User, cora: User, act: Act
) -> None:
    from kb.models import Attachment
    from kb.permissions import can_read_attachment, can_read_revision

    image = session.scalars(sa.select(Attachment)).one()
    revision = session.scalars(sa.select(Revision)).one()
    assert can_read_attachment(session, bob, image)
    act(session, image_page, cora, **({} if act is hide else {"number": 1}))
    settle(session)
    ids = [image_page.id]
    for person in (bob, cora, alice):  # lists are the same for everybody
        for filter_ in (
            queries.Filter(),
            queries.Filter(tag="rail"),
            queries.Filter(author_id=alice.id),
            queries.Filter(topic_ids=[image_page.topic_id]),
            queries.Filter(title_words="secret"),
            queries.Filter(archived=True),
        ):
            assert queries.listed(session, person, filter_) == (0, [])
        assert queries.tags(session, person) == []
        assert queries.counts_by_topic(session, person) == {}
        assert queries.result_rows(session, person, ids) == {}
        assert queries.texts(session, person, ids) == {}
    assert list(queries.searchable(session, ids)) == []
    assert list(queries.searchable_ids(session)) == []
    assert not can_read_attachment(session, bob, image)
    assert not can_read_revision(session, bob, revision)
    for person in (alice, cora):
        assert can_read_attachment(session, person, image)
        assert can_read_revision(session, person, revision)


@pytest.mark.parametrize("act", [hide, unpublish, archive])
def test_a_former_address_leads_readers_to_nothing_that_is_withheld(
    session: Session, article: Article, bob: User, cora: User, act: Act
) -> None:
    rename(session, article, cora)
    act(session, article, cora, **({} if act is hide else {"number": 3}))
    settle(session)
    expected = "oil-it" if act is archive else None
    assert queries.moved_article(session, bob, "oil-the-press") == expected
    assert queries.moved_article(session, cora, "oil-the-press") == "oil-it"


def test_the_owner_who_wrote_none_of_it_sees_what_is_withheld(
    session: Session, article: Article, cora: User
) -> None:
    heir = make_user(session, "Heir")
    article.owner_id = heir.id
    session.flush()
    hide(session, article, cora)
    assert queries.article_page(session, heir, "oil-the-press") is not None


def test_whoever_wrote_it_first_is_its_author_whoever_keeps_it_up(
    session: Session, article: Article, bob: User, alice: User
) -> None:
    article.owner_id = bob.id
    settle(session)
    page = queries.article_page(session, bob, "oil-the-press")
    assert page is not None
    assert (page.author, page.owner, page.coauthors) == ("alice", "bob", [])
    [row] = queries.rows(session, bob, queries.Filter())
    assert row.author == "alice"


def test_a_draft_of_a_withheld_article_can_still_be_submitted(
    session: Session, article: Article, alice: User, cora: User
) -> None:
    draft = make_draft(session, alice, article=article, body="Without the secret.")
    hide(session, article, cora)
    revision = freeze(session, draft, rendering_for(draft), note="", by=alice)
    publishing.publish(session, article, revision, by=cora)
    assert article.hidden_at is not None  # until somebody has looked and shows it
