"""What curators say means the same: who may, what fits, and that nothing is overwritten unseen."""

from threading import Barrier, Thread
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.audit import AuditEntry
from core.db import Database
from core.errors import Conflict, Invalid, NotAllowed
from kb import topics
from kb.models import Topic
from people.models import User
from search import synonyms
from search.book import books
from search.models import Synonyms
from tests.conftest import Clock
from tests.factories import make_topic


def add(session: Session, by: User, typed: str, topic: Topic | None = None) -> Synonyms:
    return synonyms.add(session, typed, topic=topic, by=by)


def acts(session: Session) -> list[str]:
    return list(session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)))


def test_each_word_is_kept_once_as_it_was_written(session: Session, cora: User) -> None:
    group = add(session, cora, " PR,purchase  request;\nRequisition , pr,")
    assert group.words == ["PR", "purchase request", "Requisition"]
    assert acts(session) == ["synonyms.added"]


def test_the_same_sent_twice_is_added_once(session: Session, cora: User) -> None:
    first = add(session, cora, "laptop, notebook")
    assert add(session, cora, "laptop, notebook") is first


def test_of_two_who_add_the_same_words_at_once_one_is_told_so(
    session: Session, database: Database, cora: User, carl: User
) -> None:
    session.commit()
    together = Barrier(3)
    said: list[str] = []

    def act(person: User, typed: str) -> None:
        with database.writing() as own:
            by = own.get_one(User, person.id)
            own.rollback()
            together.wait()
            try:
                add(own, by, typed)
                own.commit()
            except Invalid as error:
                said.append(error.message)

    sent = [(cora, "laptop, notebook"), (cora, "laptop, notebook"), (carl, "laptop, computer")]
    threads = [Thread(target=act, args=each) for each in sent]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert session.scalar(sa.select(sa.func.count()).select_from(Synonyms)) == 1
    assert said
    assert all("stands in another group already" in each for each in said)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "Give 2 to 12 words"),
        ("laptop", "Give 2 to 12 words"),
        (", ".join(f"word{n}" for n in range(13)), "Give 2 to 12 words"),
        ("PR, one two three four five six", "is too long: 5 words at most"),
        (f"PR, {'x' * 101}", "is too long"),
        ("x" * 3000, "too long"),
        ("PR, --", "has no letters or digits"),
        ("how, laptop", "in nearly every question"),
        ("how do I, laptop", "in nearly every question"),
        ("laptop, laptops", "are the same to the search already"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(typed: str, why: str) -> None:
    with pytest.raises(Invalid, match=why) as refusal:
        synonyms.checked(typed)
    assert set(refusal.value.fields) == {"words"}


def test_a_stop_word_may_stand_among_others() -> None:
    assert [each.written for each in synonyms.checked("out of office, away")] == [
        "out of office",
        "away",
    ]


def test_one_wording_stands_in_one_group_only_where_both_would_hold(
    session: Session, cora: User
) -> None:
    finance = make_topic(session, "Finance")
    expenses = make_topic(session, "Expenses", parent=finance)
    software = make_topic(session, "Software")
    add(session, cora, "PR, purchase request", finance)
    add(session, cora, "PR, pull request", software)
    for topic in (finance, expenses, None):
        with pytest.raises(Invalid, match=r"“PR, purchase request” \(Finance\)"):
            add(session, cora, "pr, requisition", topic)
    other = add(session, cora, "requisition, order form", expenses)
    with pytest.raises(Invalid, match="“purchase requests” stands in another group"):
        synonyms.change(
            session, other, "purchase requests, order form", topic=expenses, version=1, by=cora
        )


def test_in_a_topic_those_who_decide_there_have_the_say(
    session: Session, alice: User, bob: User, cora: User, ada: User
) -> None:
    finance = make_topic(session, "Finance", curators=[alice])
    group = add(session, alice, "PR, purchase request", finance)
    for somebody in (bob, cora):
        with pytest.raises(NotAllowed):
            add(session, somebody, "VAT, value added tax", finance)
        with pytest.raises(NotAllowed):
            synonyms.remove(session, group, by=somebody)
    with pytest.raises(NotAllowed):  # out of the topic, and for everybody
        synonyms.change(session, group, "PR, requisition", topic=None, version=1, by=alice)
    with pytest.raises(NotAllowed):  # into a topic of others
        synonyms.change(session, group, "PR, other", topic=make_topic(session), version=1, by=alice)
    synonyms.remove(session, group, by=ada)


def test_everywhere_curators_and_administrators_have_the_say(
    session: Session, alice: User, cora: User, ada: User
) -> None:
    make_topic(session, "Finance", curators=[alice])
    add(session, cora, "laptop, notebook")
    add(session, ada, "phone, mobile")
    with pytest.raises(NotAllowed, match="everywhere"):
        add(session, alice, "screen, monitor")


def test_who_comes_second_is_told_what_the_words_are_now(
    session: Session, cora: User, carl: User
) -> None:
    group = add(session, cora, "laptop, notebook")
    synonyms.change(session, group, "laptop, portable", topic=None, version=1, by=carl)
    synonyms.change(session, group, "laptop, portable", topic=None, version=1, by=carl)  # twice
    assert group.version == 2
    with pytest.raises(Conflict, match=r"Carl has changed .* “laptop, portable” \(everywhere\)"):
        synonyms.change(session, group, "laptop, computer", topic=None, version=1, by=cora)
    synonyms.remove(session, group, by=carl)
    with pytest.raises(Conflict, match="Carl has removed"):
        synonyms.change(session, group, "laptop, computer", topic=None, version=3, by=cora)


def test_what_was_removed_can_be_brought_back_unless_its_words_stand_elsewhere(
    session: Session, cora: User
) -> None:
    group = add(session, cora, "laptop, notebook")
    synonyms.remove(session, group, by=cora)
    synonyms.remove(session, group, by=cora)
    assert [each.id for each in synonyms.removed(session)] == [group.id]
    other = add(session, cora, "notebook, jotter")
    with pytest.raises(Invalid, match="“notebook” stands in another group"):
        synonyms.bring_back(session, group, by=cora)
    synonyms.remove(session, other, by=cora)
    synonyms.bring_back(session, group, by=cora)
    synonyms.bring_back(session, group, by=cora)
    assert [each.text for each in synonyms.listed(session)] == ["laptop, notebook"]
    assert acts(session) == [
        "synonyms.added",
        "synonyms.removed",
        "synonyms.added",
        "synonyms.removed",
        "synonyms.brought_back",
    ]


def test_the_list_begins_with_what_holds_everywhere_and_can_be_narrowed(
    session: Session, cora: User
) -> None:
    add(session, cora, "Löhne, wages", make_topic(session, "Pay"))
    add(session, cora, "phone, mobile")
    assert [each.topic_name for each in synonyms.listed(session)] == ["", "Pay"]
    assert [each.text for each in synonyms.listed(session, find="lohn")] == ["Löhne, wages"]


def test_every_process_reads_a_change_with_its_next_search(
    database: Database, session: Session, clock: Clock, ada: User, cora: User
) -> None:
    """The clock stands still: what changed is not told by its time alone."""

    def read(word: str) -> list[tuple[str, str]]:
        session.commit()
        with database.reading() as other:
            return [
                (each.written, each.filter)
                for match in books(other).read([word])
                for each in match.alternatives
            ]

    assert read("pr") == []
    finance, purchasing = make_topic(session, "Finance"), make_topic(session, "Purchasing")
    group = add(session, cora, "PR, requisition", finance)
    assert read("pr") == [("requisition", "topic=finance")]
    synonyms.change(session, group, "PR, order", topic=finance, version=1, by=cora)
    assert read("pr") == [("order", "topic=finance")]
    topics.change(session, finance, name="Money", description="", by=ada)
    assert read("pr") == [("order", "topic=money")]
    topics.merge(session, finance, purchasing, by=ada)
    assert read("pr") == [("order", "topic=purchasing")]
    synonyms.remove(session, group, by=cora)
    assert read("pr") == []


def test_an_unchanged_book_is_not_read_again(session: Session, cora: User) -> None:
    add(session, cora, "laptop, notebook")
    queries: list[Any] = []
    engine = session.connection().engine
    first = books(session)
    sa.event.listen(engine, "before_cursor_execute", lambda *sent: queries.append(sent[2]))
    assert books(session) is first
    assert len(queries) == 1
