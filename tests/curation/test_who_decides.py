"""Who may claim, decide, take over and withdraw: by role, by topic, never on one's own text."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from core.errors import NotAllowed, NotFound
from curation import workflow
from curation.models import Review, State
from curation.permissions import can_decide, can_read, can_see_queue
from kb.models import Topic
from people.models import Role, User
from tests.factories import edit, make_draft, make_review, make_topic, make_user, reading, submit


def decides(session: Session, user: User, topic: Topic | None = None) -> bool:
    """Whether this person may decide on a text that somebody else wrote in the topic."""
    author = make_user(session)
    return can_decide(session, user, make_review(session, author, topic=topic))


def test_a_curator_decides_where_a_topic_names_nobody(session: Session, cora: User) -> None:
    assert decides(session, cora, make_topic(session, "Travel"))


def test_an_employee_decides_nowhere_by_role(session: Session, bob: User) -> None:
    assert not decides(session, bob)


def test_a_topics_own_curators_and_its_backup_decide_and_other_curators_do_not(
    session: Session, bob: User, cora: User, carl: User
) -> None:
    dana = make_user(session, "Dana", role=Role.CURATOR)
    topic = make_topic(session, "Payroll", curators=[cora, bob], backup=carl)
    assert decides(session, cora, topic)
    assert decides(session, carl, topic)
    assert not decides(session, dana, topic)


def test_an_employee_named_for_a_topic_decides_there_only(session: Session, bob: User) -> None:
    assert decides(session, bob, make_topic(session, "Payroll", curators=[bob]))
    assert not decides(session, bob, make_topic(session, "Travel"))


def test_the_nearest_ancestor_that_names_curators_counts(
    session: Session, bob: User, cora: User, carl: User
) -> None:
    top = make_topic(session, "People", curators=[cora])
    middle = make_topic(session, "Pay", parent=top, curators=[bob])
    leaf = make_topic(session, "Bonus", parent=make_topic(session, "Extras", parent=middle))
    assert decides(session, bob, leaf)
    assert not decides(session, cora, leaf)
    assert not decides(session, carl, leaf)


def test_a_backup_alone_names_nobody(session: Session, bob: User, cora: User) -> None:
    topic = make_topic(session, "Travel", backup=bob)
    assert decides(session, cora, topic)
    assert not decides(session, bob, topic)


def test_somebody_who_cannot_sign_in_decides_nothing(
    session: Session, cora: User, ada: User
) -> None:
    topic = make_topic(session, "Travel", curators=[cora])
    cora.active = ada.active = False
    assert not decides(session, cora, topic)
    assert not decides(session, ada, topic)
    assert not can_see_queue(cora, session)


def test_an_administrator_decides_anywhere_and_the_log_says_as_whom(
    session: Session, alice: User, cora: User, ada: User
) -> None:
    topic = make_topic(session, "Payroll", curators=[cora])
    review = make_review(session, alice, topic=topic, state=State.IN_REVIEW, curator=cora)
    workflow.take_over(session, review.id, version=review.version, by=ada)
    assert review.entries[-1].note == "As administrator."
    workflow.approve(session, review.id, **reading(review), by=ada)
    assert review.state is State.APPROVED


@pytest.mark.parametrize("role", [Role.CURATOR, Role.ADMIN])
def test_nobody_decides_on_their_own_text(session: Session, cora: User, role: Role) -> None:
    author = make_user(session, "Both", role=role)
    topic = make_topic(session, "Travel", curators=[author, cora])
    review = make_review(session, author, topic=topic)
    with pytest.raises(NotAllowed):
        workflow.claim(session, review.id, by=author)
    workflow.claim(session, review.id, by=cora)
    decisions: list[Callable[[], Review]] = [
        lambda: workflow.take_over(session, review.id, version=review.version, by=author),
        lambda: workflow.approve(session, review.id, **reading(review), by=author),
        lambda: workflow.decline(session, review.id, **reading(review), reason="x", by=author),
        lambda: workflow.request_changes(
            session, review.id, **reading(review), reason="x", by=author
        ),
    ]
    for decide in decisions:
        with pytest.raises(NotAllowed):
            decide()


def test_nobody_decides_on_a_text_they_helped_to_write(
    session: Session, alice: User, cora: User
) -> None:
    review = make_review(session, alice, coauthors=[cora])
    with pytest.raises(NotAllowed):
        workflow.claim(session, review.id, by=cora)


def test_a_curator_without_a_say_in_the_topic_is_refused_every_action(
    session: Session, alice: User, bob: User, cora: User
) -> None:
    review = make_review(session, alice, topic=make_topic(session, "Payroll", curators=[bob]))
    with pytest.raises(NotAllowed):
        workflow.claim(session, review.id, by=cora)
    workflow.claim(session, review.id, by=bob)
    with pytest.raises(NotAllowed):
        workflow.take_over(session, review.id, version=review.version, by=cora)
    with pytest.raises(NotAllowed):
        workflow.approve(session, review.id, **reading(review), by=cora)


def test_losing_the_right_while_reading_ends_it(
    session: Session, alice: User, bob: User, cora: User
) -> None:
    topic = make_topic(session, "Travel")
    review = make_review(session, alice, topic=topic, state=State.IN_REVIEW, curator=cora)
    topic.curators = [bob]
    session.flush()
    with pytest.raises(NotAllowed):
        workflow.approve(session, review.id, **reading(review), by=cora)


def test_a_text_moved_to_another_topic_is_decided_there(
    session: Session, alice: User, bob: User, cora: User
) -> None:
    """The topic of the text under review counts, not the one its live article stands in."""
    review = make_review(session, alice, topic=make_topic(session, "Payroll", curators=[bob]))
    assert can_decide(session, bob, review)
    assert not can_decide(session, cora, review)


@pytest.mark.parametrize("state", [State.SUBMITTED, State.IN_REVIEW, State.CHANGES_REQUESTED])
def test_only_the_author_withdraws(
    session: Session, alice: User, bob: User, cora: User, ada: User, state: State
) -> None:
    review = make_review(session, alice, state=state, curator=cora, coauthors=[bob])
    for other in (bob, cora, ada):
        with pytest.raises(NotAllowed):
            workflow.withdraw(session, review.id, by=other)
    workflow.withdraw(session, review.id, by=alice)


def test_a_coauthor_may_submit_in_the_authors_name(
    session: Session, alice: User, bob: User
) -> None:
    draft = make_draft(session, alice, coauthors=[bob])
    review = submit(session, draft, by=bob)
    assert review.author == alice
    assert review.entries[0].actor == bob
    assert review.revision.coauthors == [bob]


def test_a_stranger_cannot_submit_somebodys_draft(
    session: Session, alice: User, bob: User, cora: User
) -> None:
    draft = make_draft(session, alice)
    for stranger in (bob, cora):
        with pytest.raises(NotFound):
            submit(session, draft, by=stranger)


def readers(session: Session, review: Review, people: list[User]) -> set[str]:
    return {person.name for person in people if can_read(session, person, review)}


def test_a_review_is_read_by_its_authors_and_whoever_curates(
    session: Session, alice: User, bob: User, cora: User, carl: User, ada: User
) -> None:
    dora, emil = make_user(session, "Dora"), make_user(session, "Emil")
    topic = make_topic(session, "Payroll", curators=[dora])
    review = make_review(session, alice, topic=topic, coauthors=[bob])
    everybody = [alice, bob, cora, carl, ada, dora, emil]
    assert readers(session, review, everybody) == {"Alice", "Bob", "Cora", "Carl", "Ada", "Dora"}


def test_the_queue_is_for_curators_and_those_named_for_a_topic(
    session: Session, alice: User, bob: User, cora: User, ada: User
) -> None:
    emil = make_user(session, "Emil")
    make_topic(session, "Payroll", curators=[bob], backup=emil)
    seen = [p.name for p in (alice, bob, cora, ada, emil) if can_see_queue(p, session)]
    assert seen == ["Bob", "Cora", "Ada", "Emil"]


def test_an_unknown_review_is_not_found(session: Session, cora: User, alice: User) -> None:
    actions: list[Callable[[], Review]] = [
        lambda: workflow.claim(session, 999, by=cora),
        lambda: workflow.withdraw(session, 999, by=alice),
        lambda: workflow.approve(session, 999, version=1, revision=1, by=cora),
    ]
    for act in actions:
        with pytest.raises(NotFound):
            act()


def test_who_typed_a_text_never_decides_on_it_whoever_is_named_as_its_author(
    session: Session, alice: User, cora: User, carl: User
) -> None:
    draft = make_draft(session, alice, coauthors=[cora])
    edit(session, draft, by=cora, body="All of it by Cora.")
    edit(session, draft, coauthor_ids=())
    review = submit(session, draft)
    assert review.revision.coauthors == []
    assert not can_decide(session, cora, review)
    assert can_decide(session, carl, review)


def test_who_helped_in_an_earlier_round_does_not_decide_in_a_later_one(
    session: Session, alice: User, cora: User, carl: User
) -> None:
    draft = make_draft(session, alice, coauthors=[cora])
    review = make_review(session, alice, draft=draft, state=State.CHANGES_REQUESTED, curator=carl)
    edit(session, draft, coauthor_ids=(), summary="Said better.")
    assert submit(session, draft) is review
    assert not can_decide(session, cora, review)
