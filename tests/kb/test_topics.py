"""The topic tree: adding, renaming, moving, merging, removing; addresses that lead on; who decides."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import outbox as outbox_module
from core.audit import AuditEntry
from core.errors import Conflict, Invalid, NotAllowed
from core.outbox import Delivery, Event
from kb import topics
from kb.models import Draft, Revision, Topic, TopicCurator
from kb.topics import Deciders
from people.models import Role, User
from tests.conftest import Deliveries
from tests.factories import (
    make_article,
    make_draft,
    make_review,
    make_topic,
    make_user,
    settle,
)


def names(people: object) -> list[str]:
    return [person.name for person in people]  # type: ignore[attr-defined]


def leads_to(session: Session, slug: str) -> Topic | None:
    return topics.find(session, slug) or topics.find_moved(session, slug)


def test_a_new_topic_gets_an_address_of_its_own(session: Session, ada: User) -> None:
    first = topics.add(session, name="  Business   travel ", by=ada)
    second = topics.add(session, name="Business Travel", parent=first, by=ada)
    assert (first.name, first.slug) == ("Business travel", "business-travel")
    assert (second.slug, second.parent) == ("business-travel-2", first)


@pytest.mark.parametrize("name", ["", " \n", "x" * 81])
def test_a_topic_needs_a_name_that_fits(session: Session, ada: User, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        topics.add(session, name=name, by=ada)
    assert "name" in refused.value.fields
    topic = make_topic(session, "Travel")
    with pytest.raises(Invalid):
        topics.change(session, topic, name=name, description="", by=ada)


@pytest.mark.parametrize("role", [Role.EMPLOYEE, Role.CURATOR])
def test_only_administrators_change_topics(session: Session, role: Role) -> None:
    nobody = make_user(session, role=role)
    one, two = make_topic(session, "One", curators=[nobody]), make_topic(session, "Two")
    changes: list[Callable[[], object]] = [
        lambda: topics.add(session, name="X", by=nobody),
        lambda: topics.change(session, one, name="X", description="", by=nobody),
        lambda: topics.move(session, one, two, by=nobody),
        lambda: topics.merge(session, one, two, by=nobody),
        lambda: topics.remove(session, one, by=nobody),
        lambda: topics.name_curators(session, one, [nobody], None, by=nobody),
    ]
    for change in changes:
        with pytest.raises(NotAllowed):
            change()


def test_a_renamed_topic_is_found_under_every_name_it_had(session: Session, ada: User) -> None:
    topic = make_topic(session, "Travel")
    for name in ("Trips", "Journeys"):
        topics.change(session, topic, name=name, description="By rail.", by=ada)
        session.flush()
    assert (topic.slug, topic.description) == ("journeys", "By rail.")
    for slug in ("travel", "trips", "journeys"):
        assert leads_to(session, slug) is topic


def test_going_back_to_a_former_name_takes_its_address_back(session: Session, ada: User) -> None:
    topic = make_topic(session, "Travel")
    for name in ("Trips", "Travel"):
        topics.change(session, topic, name=name, description="", by=ada)
        session.flush()
    assert topic.slug == "travel"
    assert leads_to(session, "trips") is topic


def test_a_former_address_is_not_given_to_another_topic(session: Session, ada: User) -> None:
    topic = make_topic(session, "Travel")
    topics.change(session, topic, name="Trips", description="", by=ada)
    session.flush()
    assert topics.add(session, name="Travel", by=ada).slug == "travel-2"
    assert leads_to(session, "travel") is topic


def test_moving_takes_everything_below_along(session: Session, ada: User) -> None:
    top, branch = make_topic(session, "Top"), make_topic(session, "Branch")
    leaf = make_topic(session, "Leaf", parent=branch)
    topics.move(session, branch, top, by=ada)
    session.flush()
    path = topics.tree(session).path(leaf.id)
    assert [node.name for node in path] == ["Top", "Branch", "Leaf"]
    topics.move(session, branch, None, by=ada)
    session.flush()
    assert [node.name for node in topics.tree(session).path(leaf.id)] == ["Branch", "Leaf"]


def test_a_topic_cannot_be_moved_or_merged_below_itself(session: Session, ada: User) -> None:
    top = make_topic(session, "Top")
    leaf = make_topic(session, "Leaf", parent=make_topic(session, "Branch", parent=top))
    for target in (top, leaf):
        with pytest.raises(Invalid):
            topics.move(session, top, target, by=ada)
        with pytest.raises(Invalid):
            topics.merge(session, top, target, by=ada)


def test_merging_takes_texts_subtopics_and_addresses_along(
    session: Session, alice: User, cora: User, ada: User
) -> None:
    trips, travel = make_topic(session, "Trips", curators=[cora]), make_topic(session, "Travel")
    topics.change(session, trips, name="Outings", description="", by=ada)
    session.flush()
    leaf = make_topic(session, "Rail", parent=trips)
    article = make_article(session, alice, topic=trips)
    draft = make_draft(session, alice, title="Draft", topic=trips)
    review = make_review(session, alice, title="Proposal", topic=trips)
    session.commit()

    topics.merge(session, trips, travel, by=ada)
    settle(session)

    assert article.topic is travel
    assert (draft.topic, review.revision.topic, leaf.parent) == (travel, travel, travel)
    for slug in ("outings", "trips", "travel"):
        assert leads_to(session, slug) is travel
    for table in (Draft, Revision):
        assert set(session.scalars(sa.select(table.topic_id))) == {travel.id}
    assert session.scalars(sa.select(TopicCurator)).all() == []
    assert topics.tree(session).by_slug.keys() == {"travel", "rail"}


def test_merging_a_child_into_its_parent_works(session: Session, ada: User) -> None:
    top = make_topic(session, "Top")
    leaf = make_topic(session, "Leaf", parent=top)
    topics.merge(session, leaf, top, by=ada)
    settle(session)
    assert leads_to(session, "leaf") is top


def test_an_empty_topic_can_be_removed(session: Session, ada: User) -> None:
    topic = make_topic(session, "Travel")
    topics.change(session, topic, name="Trips", description="", by=ada)
    session.flush()
    topics.remove(session, topic, by=ada)
    settle(session)
    assert leads_to(session, "trips") is None
    assert leads_to(session, "travel") is None
    assert topics.add(session, name="Trips", by=ada).slug == "trips"


def test_a_topic_with_something_in_it_is_not_removed(
    session: Session, alice: User, ada: User
) -> None:
    full, parent, planned = (make_topic(session, name) for name in ("Full", "Parent", "Planned"))
    make_article(session, alice, topic=full)
    make_topic(session, "Leaf", parent=parent)
    make_draft(session, alice, title="Draft", topic=planned)
    for topic in (full, parent, planned):
        with pytest.raises(Conflict, match="not empty"):
            topics.remove(session, topic, by=ada)


def test_renaming_and_moving_tell_the_articles_below_after_it(
    session: Session, alice: User, ada: User, outbox: Deliveries
) -> None:
    outbox_module.subscribe("topic-articles", [topics.CHANGED], topics.touch_articles, inside=True)
    top = make_topic(session, "Top")
    leaf = make_topic(session, "Leaf", parent=top)
    inside = make_article(session, alice, topic=leaf)
    make_article(session, alice, title="Elsewhere", topic=make_topic(session, "Other"))
    make_article(session, alice, title="Hidden", topic=leaf, published=False)
    topics.change(session, top, name="Summit", description="", by=ada)
    outbox.drain()
    changed = sa.select(Event.subject).where(Event.kind == topics.ARTICLE_CHANGED)
    assert list(session.scalars(changed)) == [inside.id]
    assert session.scalars(sa.select(Delivery.done_at)).one() is not None


# Who decides


def test_naming_curators_and_a_backup(
    session: Session, bob: User, cora: User, carl: User, ada: User
) -> None:
    topic = make_topic(session, "Travel")
    topics.name_curators(session, topic, [bob, cora], carl, by=ada)
    settle(session)
    assert names(Deciders(session).people_for(session, topic.id)) == ["Bob", "Carl", "Cora"]
    topics.name_curators(session, topic, [], None, by=ada)
    settle(session)
    assert names(Deciders(session).people_for(session, topic.id)) == ["Carl", "Cora"]


def test_a_backup_needs_a_curator_to_stand_in_for(session: Session, bob: User, ada: User) -> None:
    with pytest.raises(Invalid) as refused:
        topics.name_curators(session, make_topic(session, "Travel"), [], bob, by=ada)
    assert "backup" in refused.value.fields


def test_somebody_who_cannot_sign_in_is_not_named(session: Session, bob: User, ada: User) -> None:
    bob.active = False
    topic = make_topic(session, "Travel")
    with pytest.raises(Invalid, match="Bob"):
        topics.name_curators(session, topic, [bob], None, by=ada)


def test_deciders_leave_out_whoever_was_deactivated(
    session: Session, bob: User, cora: User
) -> None:
    topic = make_topic(session, "Travel", curators=[bob, cora])
    bob.active = False
    session.flush()
    assert names(Deciders(session).people_for(session, topic.id)) == ["Cora"]


def test_topics_of_somebody_are_those_they_decide(session: Session, bob: User, cora: User) -> None:
    payroll = make_topic(session, "Payroll", curators=[bob])
    bonus = make_topic(session, "Bonus", parent=payroll)
    travel = make_topic(session, "Travel")
    assert set(Deciders(session).topics_of(bob)) == {payroll.id, bonus.id}
    assert Deciders(session).topics_of(cora) == [travel.id]


# The tree


def test_the_tree_shows_parents_first_by_name(session: Session) -> None:
    money, people = make_topic(session, "Money"), make_topic(session, "People")
    make_topic(session, "Pay", parent=people)
    make_topic(session, "Leave", parent=people)
    tree = topics.tree(session)
    walked = [(node.name, depth) for node, depth in tree.walk()]
    assert walked == [("Money", 0), ("People", 0), ("Leave", 1), ("Pay", 1)]
    assert [slug for slug, _ in tree.choices()] == ["money", "people", "leave", "pay"]
    assert tree.below(money.id) == [money.id]
    assert len(tree.below(people.id)) == 3


# The audit log


def test_every_change_of_the_tree_is_written_down_once(
    session: Session, ada: User, bob: User
) -> None:
    top = topics.add(session, name="Work", by=ada)
    trips = topics.add(session, name="Trips", parent=top, by=ada)
    for _click in range(2):
        topics.change(session, trips, name="Travel", description="", by=ada)
        topics.move(session, trips, None, by=ada)
        topics.name_curators(session, trips, [bob], None, by=ada)
    other = topics.create(session, name="Trains")
    topics.merge(session, other, trips, by=ada)
    topics.remove(session, top, by=ada)
    session.flush()
    entries = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(e.action, e.thing_name, e.actor_name) for e in entries] == [
        ("topic.added", "Work", "Ada"),
        ("topic.added", "Trips", "Ada"),
        ("topic.changed", "Travel", "Ada"),
        ("topic.moved", "Travel", "Ada"),
        ("curators.named", "Travel", "Ada"),
        ("topic.added", "Trains", ""),
        ("topic.merged", "Trains", "Ada"),
        ("topic.removed", "Work", "Ada"),
    ]
    renamed, moved, named = entries[2:5]
    assert renamed.detail["after"]["name"] == "Travel"
    assert (moved.detail["before"], moved.detail["after"]) == ({"below": "Work"}, {"below": ""})
    assert named.detail["after"] == {"curators": ["Bob"], "backup": ""}
    assert entries[6].detail == {"into": "Travel"}
