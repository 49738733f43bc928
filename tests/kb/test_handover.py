"""Handing over what somebody looks after: all of it at once, to whom it was meant, credit kept."""

from collections.abc import Iterator, Mapping

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.audit import AuditEntry
from core.errors import Conflict, Invalid, NotAllowed
from core.outbox import Event
from kb import flags, handover, holdings, lifecycle_notices, policy
from kb.handover import Part, Receivers, hand_over
from kb.models import Article, Draft, Flag, Topic
from people.models import Notice, Role, User
from tests.conftest import Deliveries
from tests.factories import make_article, make_draft, make_review, make_topic, make_user, settle


@pytest.fixture(autouse=True)
def _parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "_parts", {})
    holdings.init_app()


@pytest.fixture
def lena(session: Session) -> User:
    """Somebody who leaves."""
    return make_user(session, "Lena", role=Role.CURATOR)


@pytest.fixture
def rail(session: Session, lena: User) -> Topic:
    return make_topic(session, "Rail", curators=[lena])


@pytest.fixture
def visa(session: Session, bob: User, lena: User) -> Topic:
    return make_topic(session, "Visa", curators=[bob], backup=lena)


@pytest.fixture
def all_of_it(session: Session, rail: Topic, visa: Topic, lena: User, alice: User) -> None:
    """Two articles about rail, one about visa, one flag, one draft."""
    for title in ("Seats", "Delays"):
        make_article(session, lena, title=title, topic=rail)
    make_article(session, lena, title="Stamps", topic=visa)
    make_draft(session, lena, title="Unfinished", topic=rail)
    stamps = session.scalars(sa.select(Article).where(Article.slug == "stamps")).one()
    assert stamps.live_revision_id is not None
    flags.open_flag(
        session,
        stamps,
        revision_id=stamps.live_revision_id,
        reason="wrong",
        text="The fee is 40.",
        by=alice,
    )


def owners(session: Session) -> dict[str | None, str]:
    found = sa.select(Article.slug, User.handle).join(User, User.id == Article.owner_id)
    return {row[0]: row[1] for row in session.execute(found)}


@pytest.mark.usefixtures("all_of_it")
def test_the_page_says_what_there_is_topic_by_topic(
    session: Session, lena: User, rail: Topic, visa: Topic
) -> None:
    found = handover.holdings(session, lena)
    assert found.topic_ids == {rail.id, visa.id}
    assert found.told(rail.id) == ["2 articles", "1 topic to decide in"]
    assert found.told(visa.id) == ["1 article", "1 topic to stand in for", "1 flag to look into"]
    assert found.told(rail.id, leaving=True) == ["1 draft"]


@pytest.mark.usefixtures("all_of_it")
def test_everything_goes_to_one_receiver(
    session: Session, lena: User, rail: Topic, visa: Topic, carl: User, ada: User
) -> None:
    got = hand_over(session, lena, Receivers(carl), by=ada)
    settle(session)
    assert set(owners(session).values()) == {"carl"}
    assert rail.curators == [carl]
    assert visa.backup is carl
    assert session.scalars(sa.select(Flag.handler_id)).all() == [carl.id]
    assert got == {
        carl: [
            "3 articles",
            "1 topic to decide in",
            "1 topic to stand in for",
            "1 flag to look into",
        ]
    }


@pytest.mark.usefixtures("all_of_it")
def test_a_topic_can_have_a_receiver_of_its_own(
    session: Session, lena: User, rail: Topic, visa: Topic, bob: User, carl: User, ada: User
) -> None:
    hand_over(session, lena, Receivers(carl, {visa.id: bob}), by=ada)
    settle(session)
    assert owners(session) == {"seats": "carl", "delays": "carl", "stamps": "bob"}
    assert visa.backup is None  # Bob decides there himself
    assert session.scalars(sa.select(Flag.handler_id)).all() == [bob.id]


@pytest.mark.usefixtures("all_of_it")
def test_whoever_wrote_an_article_stays_its_author(
    session: Session, lena: User, carl: User, ada: User
) -> None:
    hand_over(session, lena, Receivers(carl), by=ada)
    settle(session)
    assert {article.author.handle for article in session.scalars(sa.select(Article))} == {"lena"}


@pytest.mark.usefixtures("all_of_it")
def test_doing_it_again_finds_nothing_and_tells_nobody(
    session: Session, lena: User, carl: User, ada: User
) -> None:
    hand_over(session, lena, Receivers(carl), by=ada)
    settle(session)
    assert hand_over(session, lena, Receivers(carl), by=ada) == {}
    settle(session)
    acts = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == handover.HANDED_OVER))
    [entry] = acts
    assert (entry.thing, entry.thing_id, entry.actor) == ("person", lena.id, ada.id)
    assert entry.detail["receivers"][str(carl.id)]["articles"] == 3
    events = sa.select(Event).where(Event.kind == handover.HANDED_OVER)
    assert len(session.scalars(events).all()) == 1


@pytest.mark.usefixtures("all_of_it")
def test_receivers_are_told_what_is_theirs_now(
    session: Session, lena: User, visa: Topic, bob: User, carl: User, ada: User, outbox: Deliveries
) -> None:
    lifecycle_notices.init_app()
    hand_over(session, lena, Receivers(carl, {visa.id: bob}), by=ada)
    outbox.drain()
    told = {notice.user_id: notice.text for notice in session.scalars(sa.select(Notice))}
    assert set(told) == {bob.id, carl.id}
    assert told[carl.id].endswith("Lena looked after: 2 articles, 1 topic to decide in.")


@pytest.mark.usefixtures("all_of_it")
def test_all_of_it_or_nothing(
    session: Session, lena: User, carl: User, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> Mapping[int, int]:
        raise Conflict("Not now.")

    handover.also(Part("late", "thing", "things", lambda *_: {None: 1}, fail))
    settle(session)
    with pytest.raises(Conflict):
        hand_over(session, lena, Receivers(carl), by=ada)
    session.rollback()
    assert set(owners(session).values()) == {"lena"}


def test_rooms_above_hand_over_what_they_know_of(
    session: Session, lena: User, carl: User, ada: User
) -> None:
    given: list[tuple[User, User]] = []

    def give(session: Session, person: User, receivers: Receivers, *, by: User) -> dict[int, int]:
        given.append((person, receivers.of(None)))
        return {receivers.of(None).id: 2}

    handover.also(Part("claims", "review", "reviews", lambda *_: {None: 2}, give))
    assert handover.holdings(session, lena).told(None) == ["2 reviews"]
    assert hand_over(session, lena, Receivers(carl), by=ada) == {carl: ["2 reviews"]}
    assert given == [(lena, carl)]


@pytest.mark.usefixtures("all_of_it")
def test_only_administrators_hand_over_for_others(
    session: Session, lena: User, carl: User, cora: User
) -> None:
    for person in (lena, cora):
        with pytest.raises(NotAllowed):
            hand_over(session, lena, Receivers(carl), by=person)


def test_nobody_receives_who_left_or_has_it_already(
    session: Session, lena: User, rail: Topic, carl: User, ada: User
) -> None:
    gone = make_user(session, "Gone", active=False)
    for receivers in (Receivers(gone), Receivers(lena), Receivers(carl, {rail.id: gone})):
        with pytest.raises(Invalid) as refused:
            hand_over(session, lena, receivers, by=ada)
        assert set(refused.value.fields) == {"receiver"}


def test_who_publishes_in_a_topic_is_handed_over_as_a_change_of_its_rules(
    session: Session, lena: User, rail: Topic, carl: User, ada: User
) -> None:
    rules = policy.Rules(publishers=(lena.id,), approvals=2)
    policy.change(session, rail, rules, expected_number=0, note="", by=ada)
    hand_over(session, lena, Receivers(carl), by=ada)
    settle(session)
    after = policy.of(session, rail.id)
    assert (after.publishers, after.approvals) == (frozenset({carl.id}), 2)
    assert len(policy.history(session, rail.id)) == 2


def test_nobody_looks_into_a_flag_of_their_own(
    session: Session, rail: Topic, lena: User, alice: User, ada: User
) -> None:
    article = make_article(session, lena, title="Seats", topic=rail)
    assert article.live_revision_id is not None
    flag = flags.open_flag(
        session,
        article,
        revision_id=article.live_revision_id,
        reason="wrong",
        text="No.",
        by=alice,
    )
    flag.handler_id = lena.id
    hand_over(session, lena, Receivers(alice), by=ada)
    settle(session)
    assert article.owner is alice
    assert flag.handler is not lena


# Drafts


@pytest.fixture
def gone(session: Session, lena: User) -> Iterator[User]:
    yield lena
    # What a draft says is never touched by handing it over.
    assert {draft.body for draft in session.scalars(sa.select(Draft))} == {"By Lena."}


def test_drafts_stay_with_somebody_who_can_still_sign_in(
    session: Session, gone: User, carl: User, ada: User
) -> None:
    make_draft(session, gone, body="By Lena.")
    with pytest.raises(Conflict, match="stay theirs"):
        hand_over(session, gone, Receivers(carl), drafts=True, by=ada)
    gone.active = False
    hand_over(session, gone, Receivers(carl), by=ada)
    assert session.scalars(sa.select(Draft.author_id)).all() == [gone.id]


def test_drafts_of_somebody_who_left_are_given_and_keep_their_credit(
    session: Session, gone: User, carl: User, ada: User
) -> None:
    make_draft(session, gone, body="By Lena.", coauthors=[carl])
    gone.active = False
    hand_over(session, gone, Receivers(carl), drafts=True, by=ada)
    settle(session)
    [draft] = session.scalars(sa.select(Draft))
    assert draft.author is carl
    assert draft.coauthors == [gone]


def test_a_draft_under_review_stays_its_authors_and_the_receiver_writes_with_them(
    session: Session, gone: User, carl: User, ada: User
) -> None:
    make_review(session, gone, body="By Lena.")
    gone.active = False
    hand_over(session, gone, Receivers(carl), drafts=True, by=ada)
    settle(session)
    [draft] = session.scalars(sa.select(Draft))
    assert (draft.author, draft.coauthors) == (gone, [carl])


def test_a_second_draft_of_one_article_stands_beside_the_receivers_own(
    session: Session, gone: User, alice: User, carl: User, ada: User
) -> None:
    article = make_article(session, alice)
    for person in (gone, carl):
        make_draft(session, person, article=article, body="By Lena.")
    gone.active = False
    hand_over(session, gone, Receivers(carl), drafts=True, by=ada)
    settle(session)
    drafts = session.scalars(sa.select(Draft).order_by(Draft.id)).all()
    assert [draft.author for draft in drafts] == [gone, carl]
    assert drafts[0].coauthors == [carl]


# One article


def test_an_owner_hands_one_article_over_and_both_are_told_by_name(
    session: Session, alice: User, bob: User, cora: User, outbox: Deliveries
) -> None:
    lifecycle_notices.init_app()
    article = make_article(session, alice, approver=cora, title="Seats")
    for _ in range(2):
        handover.give(session, article, to=bob, seen=alice.id, by=alice)
        settle(session)
    assert article.owner is bob
    outbox.drain()
    [notice] = session.scalars(sa.select(Notice).where(Notice.about == "handover"))
    assert notice.user_id == bob.id
    [entry] = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == handover.GIVEN))
    assert entry.detail == {"from": "Alice", "to": "Bob"}


def test_an_article_that_somebody_else_handed_over_meanwhile_is_not_taken_from_them(
    session: Session, alice: User, bob: User, carl: User, cora: User
) -> None:
    article = make_article(session, alice, approver=cora)
    handover.give(session, article, to=bob, seen=alice.id, by=cora)
    with pytest.raises(Conflict, match="Bob keeps it up by now"):
        handover.give(session, article, to=carl, seen=alice.id, by=cora)
    with pytest.raises(NotAllowed):
        handover.give(session, article, to=carl, seen=bob.id, by=alice)
