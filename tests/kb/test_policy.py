"""The rules of topics: handed down, changed in the open by those entitled, never overwritten."""

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.audit import AuditEntry
from core.errors import Conflict, Invalid, NotAllowed
from kb import drafts, policy, topics
from kb.models import Kind, Topic, TopicPolicy
from kb.policy import DEFAULT, Item, Policies, Rules
from people.models import Role, User
from tests.conftest import Clock
from tests.factories import make_topic, make_user, settle


def change(session: Session, topic: Topic, by: User, note: str = "", **rules: Any) -> TopicPolicy:
    """Change the newest rules of a topic as somebody does who has just opened the page."""
    policies = Policies(session)
    asked = replace(policies.rules(topic.id), **rules)
    number = policies.number(topic.id)
    return policy.change(session, topic, asked, expected_number=number, note=note, by=by)


def test_a_topic_without_rules_follows_the_default(session: Session) -> None:
    topic = make_topic(session)
    assert policy.of(session, topic.id) == DEFAULT
    assert policy.of(session, 999) == DEFAULT  # a topic that is gone
    assert DEFAULT.skeletons == {kind.value: drafts.skeleton(kind) for kind in Kind}


def test_a_rule_comes_from_the_nearest_topic_that_sets_it(session: Session, ada: User) -> None:
    sales = make_topic(session, "Sales")
    quotes = make_topic(session, "Quotes", parent=sales)
    large = make_topic(session, "Large quotes", parent=quotes)
    change(session, sales, ada, approvals=2, target_hours=8)
    row = change(session, quotes, ada, target_hours=4)
    found = policy.of(session, large.id)
    assert (found.approvals, found.target_hours, found.fast_words) == (2, 4, DEFAULT.fast_words)
    assert found.policy_id is None
    assert policy.of(session, quotes.id).policy_id == row.id
    policies = Policies(session)
    assert policies.of(large.id) == found
    assert policies.above(quotes.id).target_hours == 8
    source = policies.source(large.id, "approvals")
    assert source is not None
    assert source.id == sales.id
    assert policies.source(large.id, "fast_lane") is None


def test_a_rule_given_back_is_inherited_again(session: Session, ada: User) -> None:
    sales = make_topic(session, "Sales")
    quotes = make_topic(session, "Quotes", parent=sales)
    change(session, sales, ada, approvals=2)
    change(session, quotes, ada, approvals=1)
    assert policy.of(session, quotes.id).approvals == 1
    change(session, quotes, ada, approvals=None)
    assert policy.of(session, quotes.id).approvals == 2


def test_each_change_is_a_row_of_its_own(session: Session, ada: User, clock: Clock) -> None:
    topic = make_topic(session)
    first = change(session, topic, ada, approvals=2, note="After the mix-up in March.")
    clock.move(days=1)
    second = change(session, topic, ada, approvals=1)
    assert [row.id for row in policy.history(session, topic.id)] == [second.id, first.id]
    assert (first.approvals, first.number, first.note) == (2, 1, "After the mix-up in March.")
    assert policy.of(session, topic.id).policy_id == second.id


def test_all_policies_take_two_queries(session: Session, ada: User) -> None:
    parent = None
    for _ in range(12):
        parent = make_topic(session, parent=parent)
        change(session, parent, ada, approvals=2)
    settle(session)
    asked: list[str] = []
    engine = session.get_bind()
    sa.event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    policies = Policies(session)
    assert all(policies.of(topic_id).approvals == 2 for topic_id in policies.tree.by_id)
    assert len([each for each in asked if each.startswith("SELECT")]) == 2


# Who may


def test_administrators_and_those_named_for_the_topic_change_its_rules(
    session: Session, ada: User, alice: User, bob: User, cora: User
) -> None:
    topic = make_topic(session, curators=[alice], backup=bob)
    below = make_topic(session, parent=topic)
    for each in (topic, below):
        change(session, each, ada, approvals=2)
        change(session, each, alice, approvals=1)
        change(session, each, bob, approvals=2)
        with pytest.raises(NotAllowed):
            change(session, each, cora, approvals=1)


def test_the_role_alone_does_not_change_rules(session: Session, cora: User, alice: User) -> None:
    topic = make_topic(session)
    for somebody in (cora, alice):
        assert not policy.can_change(session, somebody, topic.id)
        with pytest.raises(NotAllowed):
            change(session, topic, somebody, approvals=2)


def test_nobody_changes_rules_after_their_access_ended(session: Session) -> None:
    gone = make_user(session, role=Role.ADMIN, active=False)
    with pytest.raises(NotAllowed):
        change(session, make_topic(session), gone, approvals=2)


# Two at once


def test_rules_that_moved_on_are_not_overwritten(session: Session, ada: User, alice: User) -> None:
    topic = make_topic(session, curators=[alice])
    change(session, topic, alice, approvals=2)
    with pytest.raises(Conflict, match="Alice has changed these rules"):
        policy.change(session, topic, Rules(target_hours=8), expected_number=0, note="", by=ada)
    assert policy.of(session, topic.id).approvals == 2


def test_the_second_click_changes_nothing(session: Session, ada: User) -> None:
    topic = make_topic(session)
    rules = Rules(approvals=2, checklist=(Item("", "It is short."),))
    first = policy.change(session, topic, rules, expected_number=0, note="", by=ada)
    again = policy.change(session, topic, rules, expected_number=0, note="", by=ada)
    assert again is first
    assert session.scalar(sa.select(sa.func.count(AuditEntry.id))) == 1


def test_a_change_of_nothing_is_told(session: Session, ada: User) -> None:
    with pytest.raises(Invalid, match="Nothing differs"):
        change(session, make_topic(session), ada)


def test_a_change_is_audited_with_what_was_and_what_is(session: Session, ada: User) -> None:
    topic = make_topic(session, "Sales")
    change(session, topic, ada, approvals=2)
    change(session, topic, ada, approvals=1, target_hours=8, note="Summer.")
    entry = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.action, entry.thing, entry.thing_id) == ("policy.changed", "topic", topic.id)
    assert (entry.actor, entry.actor_name, entry.thing_name) == (ada.id, "Ada", "Sales")
    assert entry.detail["before"] == {"approvals": 2, "target_hours": None}
    assert entry.detail["after"] == {"approvals": 1, "target_hours": 8}
    assert (entry.detail["number"], entry.detail["note"]) == (2, "Summer.")


# What fits


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        ("approvals", 0),
        ("approvals", 3),
        ("fast_after", 0),
        ("fast_after", 51),
        ("fast_words", 0),
        ("fast_words", 201),
        ("target_hours", 0),
        ("target_hours", 401),
        ("verify_every_days", 6),
        ("verify_every_days", 1461),
    ],
)
def test_numbers_out_of_range_are_refused_by_name(
    session: Session, ada: User, rule: str, wrong: int
) -> None:
    with pytest.raises(Invalid) as refused:
        change(session, make_topic(session), ada, **{rule: wrong})
    assert list(refused.value.fields) == [rule]


def test_those_who_publish_have_to_be_able_to(
    session: Session, ada: User, alice: User, bob: User
) -> None:
    topic = make_topic(session, "Sales", curators=[alice])
    gone = make_user(session, "Gus", active=False)
    change(session, topic, ada, publishers=(alice.id, ada.id, alice.id))
    assert policy.of(session, topic.id).publishers == {alice.id, ada.id}
    for wrong in (gone.id, 999_999):
        with pytest.raises(Invalid, match="cannot sign in"):
            change(session, topic, ada, publishers=(alice.id, wrong))
    with pytest.raises(Invalid, match="Bob does not decide in Sales"):
        change(session, topic, ada, publishers=(bob.id,))


def test_a_topic_may_let_everybody_publish_where_the_one_above_does_not(
    session: Session, ada: User, alice: User
) -> None:
    above = make_topic(session, curators=[alice])
    below = make_topic(session, parent=above)
    change(session, above, ada, publishers=(alice.id,))
    assert policy.of(session, below.id).publishers == {alice.id}
    change(session, below, ada, publishers=())
    assert policy.of(session, below.id).publishers == frozenset()


@pytest.mark.parametrize(
    ("approvals", "publishers", "approvers", "enough"),
    [
        (1, (), (1,), True),
        (1, (), (), False),
        (2, (), (1,), False),
        (2, (), (1, 1), False),  # different people
        (2, (), (1, 2), True),
        (1, (3,), (1,), False),
        (1, (3,), (1, 3), True),
        (2, (3,), (1, 2), False),
        (2, (3,), (3,), False),
    ],
)
def test_when_approvals_are_enough_to_publish(
    approvals: int, publishers: tuple[int, ...], approvers: tuple[int, ...], enough: bool
) -> None:
    rules = replace(DEFAULT, approvals=approvals, publishers=frozenset(publishers))
    assert rules.may_publish(approvers) is enough


def test_an_item_keeps_its_key_when_it_is_worded_anew(session: Session, ada: User) -> None:
    topic = make_topic(session)
    items = (Item("", "Who needs it?"), Item("", "Who needs it, and when?"), Item("", "  "))
    change(session, topic, ada, checklist=items)
    who, when = policy.of(session, topic.id).checklist
    assert (who.key, when.key) == ("who-needs-it", "who-needs-it-and-when")
    worded = (Item(when.key, "When?"), Item(who.key, "For whom?"), Item("", "Who needs it?"))
    change(session, topic, ada, checklist=worded)
    kept = policy.of(session, topic.id).checklist
    assert [item.key for item in kept] == [when.key, who.key, "who-needs-it-2"]


def test_the_key_of_an_item_taken_out_is_not_given_to_another_at_once(
    session: Session, ada: User
) -> None:
    topic = make_topic(session)
    change(session, topic, ada, checklist=(Item("", "Short"),))
    change(session, topic, ada, checklist=(Item("", "Short!"),))
    (item,) = policy.of(session, topic.id).checklist
    assert item.key == "short-2"


def test_two_items_never_share_a_key(session: Session, ada: User) -> None:
    topic = make_topic(session)
    change(session, topic, ada, checklist=(Item("a", "One"), Item("a", "Two"), Item("", "A")))
    keys = [item.key for item in policy.of(session, topic.id).checklist]
    assert len(set(keys)) == 3


def test_a_checklist_may_be_empty_on_purpose(session: Session, ada: User) -> None:
    topic = make_topic(session)
    change(session, topic, ada, checklist=())
    assert policy.of(session, topic.id).checklist == ()


@pytest.mark.parametrize(
    ("items", "field"),
    [
        ([f"Item {n}" for n in range(11)], "checklist"),
        (["The same", "the SAME"], "checklist"),
        (["fine", "x" * 201], "checklist_2"),
    ],
)
def test_a_checklist_that_does_not_fit_is_refused(
    session: Session, ada: User, items: list[str], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        change(session, make_topic(session), ada, checklist=tuple(Item("", text) for text in items))
    assert field in refused.value.fields


def test_skeletons_are_inherited_kind_by_kind(session: Session, ada: User) -> None:
    above = make_topic(session)
    below = make_topic(session, parent=above)
    change(session, above, ada, skeletons={"howto": "## For sales\r\n"})
    change(session, below, ada, skeletons={"story": "## What the customer said"})
    assert policy.skeleton(session, Kind.HOWTO, below.id) == "## For sales\n"
    assert policy.skeleton(session, Kind.STORY, below.id) == "## What the customer said\n"
    assert policy.skeleton(session, Kind.STORY, above.id) == drafts.skeleton(Kind.STORY)
    assert policy.skeleton(session, Kind.STORY, None) == drafts.skeleton(Kind.STORY)
    own = Policies(session).own_skeletons()
    assert [(node.id, kinds) for node, kinds in own] == [
        (above.id, [Kind.HOWTO]),
        (below.id, [Kind.STORY]),
    ]


def test_a_skeleton_has_an_end(session: Session, ada: User) -> None:
    with pytest.raises(Invalid) as refused:
        change(session, make_topic(session), ada, skeletons={"howto": "x" * 10_001})
    assert list(refused.value.fields) == ["skeleton_howto"]


def test_a_note_has_an_end(session: Session, ada: User) -> None:
    with pytest.raises(Invalid):
        change(session, make_topic(session), ada, approvals=2, note="x" * 501)


# The tree changes


def test_a_merged_topic_leaves_the_rules_of_the_other_as_they_are(
    session: Session, ada: User
) -> None:
    one, two = make_topic(session, "One"), make_topic(session, "Two")
    child = make_topic(session, "Child", parent=one)
    change(session, one, ada, approvals=2)
    change(session, two, ada, target_hours=8)
    topics.merge(session, one, two, by=ada)
    settle(session)
    assert policy.of(session, two.id).approvals == 1
    assert policy.of(session, child.id).target_hours == 8
    assert session.scalar(sa.select(sa.func.count(TopicPolicy.id))) == 1


def test_a_removed_topic_takes_its_rules_along_and_leaves_the_audit(
    session: Session, ada: User
) -> None:
    topic = make_topic(session, "One")
    topic_id = topic.id
    change(session, topic, ada, approvals=2)
    topics.remove(session, topic, by=ada)
    settle(session)
    assert policy.of(session, topic_id) == DEFAULT
    assert session.scalar(sa.select(AuditEntry.thing_name)) == "One"


def test_a_moved_topic_follows_those_it_hangs_below_now(session: Session, ada: User) -> None:
    one, two = make_topic(session, "One"), make_topic(session, "Two")
    child = make_topic(session, "Child", parent=one)
    change(session, two, ada, approvals=2)
    topics.move(session, child, two, by=ada)
    session.flush()
    assert policy.of(session, child.id).approvals == 2
