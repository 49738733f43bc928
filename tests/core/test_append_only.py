"""Logs are only ever added to: the database refuses everything else, whoever asks it."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import audit, clock
from core.audit import AuditEntry
from curation.models import ReviewEntry
from kb.models import TopicPolicy
from people.models import User
from tests.factories import make_review, make_topic


def assert_refused(session: Session, statement: str, **values: object) -> None:
    session.flush()
    with pytest.raises(IntegrityError, match="append-only"), session.begin_nested():
        session.execute(sa.text(statement), values)


@pytest.fixture
def entry(session: Session, ada: User) -> AuditEntry:
    entry = audit.write(session, "topic.added", "topic", 7, name="Travel", by=ada.id)
    session.flush()
    return entry


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor_name = 'nobody'",
        "UPDATE audit_entry SET id = id",
        "DELETE FROM audit_entry",
        "DELETE FROM audit_entry WHERE id = :id",
    ],
)
def test_what_was_written_into_the_audit_log_stays(
    session: Session, entry: AuditEntry, statement: str
) -> None:
    values = {"id": entry.id} if ":id" in statement else {}
    assert_refused(session, statement, **values)
    assert session.scalar(sa.select(AuditEntry.thing_name)) == "Travel"


def test_the_audit_log_cannot_be_emptied_or_overwritten_either(
    session: Session, entry: AuditEntry
) -> None:
    if session.get_bind().dialect.name == "postgresql":
        assert_refused(session, "TRUNCATE audit_entry CASCADE")
        return
    columns = ", ".join(column.name for column in AuditEntry.__table__.columns)
    changed = columns.replace("actor_name", "'nobody'")
    replacing = f"INSERT OR REPLACE INTO audit_entry ({columns}) SELECT {changed} FROM audit_entry"
    assert_refused(session, replacing)


def test_further_entries_are_taken(session: Session, entry: AuditEntry, ada: User) -> None:
    second = audit.write(session, "topic.removed", "topic", 7, name="Travel", by=ada.id)
    session.flush()
    assert second.id > entry.id


def test_a_change_by_the_orm_is_refused_too(session: Session, entry: AuditEntry) -> None:
    entry.actor_name = "nobody"
    with pytest.raises(IntegrityError):
        session.flush()


def test_the_log_of_a_review_is_not_rewritten(session: Session, alice: User, cora: User) -> None:
    make_review(session, alice)
    assert_refused(session, "UPDATE review_entry SET note = 'nothing was said'")
    assert session.scalar(sa.select(sa.func.count()).select_from(ReviewEntry)) == 1


def test_the_rules_of_a_topic_are_not_rewritten_but_go_with_it(session: Session, ada: User) -> None:
    topic = make_topic(session)
    # How an older rule read has to stay known; a new one is a row of its own.
    rule = {"topic_id": topic.id, "number": 1, "at": clock.now(), "by_id": ada.id, "note": ""}
    session.add(TopicPolicy(**rule, approvals=2))
    assert_refused(session, "UPDATE topic_policy SET approvals = 1")
    session.delete(topic)
    session.flush()
    assert session.scalar(sa.select(sa.func.count()).select_from(TopicPolicy)) == 0
