"""Taking the demo content away leaves all that real people wrote, and works whatever they did."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.models import Model
from curation.models import State
from kb.models import Attachment, Draft, DraftAttachment, DraftCoauthor
from ops.demo import removing
from people.models import User
from tests.factories import (
    make_article,
    make_attachment,
    make_draft,
    make_review,
    make_user,
    said,
    settle,
)


@pytest.fixture
def demo(session: Session) -> User:
    demo = make_user(session, "Tomasz")
    demo.demo = True
    session.flush()
    return demo


def remove(session: Session) -> removing.Removed:
    removed = removing.remove(session)
    settle(session)
    return removed


def people(session: Session) -> set[str]:
    return set(session.scalars(sa.select(User.handle)))


def test_each_column_that_names_a_person_is_thought_of() -> None:
    thought_of = [
        column.property.columns[0]
        for column in (*removing.NAMES, *removing.GOES_ALONG, *removing.LEFT_EMPTY)
    ]
    names_a_person = [
        column
        for table in Model.metadata.tables.values()
        for column in table.columns
        if any(key.column is User.__table__.c.id for key in column.foreign_keys)
    ]
    assert sorted(map(str, thought_of)) == sorted(map(str, names_a_person))


def test_a_demo_coauthor_leaves_a_real_persons_draft(
    session: Session, alice: User, demo: User
) -> None:
    draft = make_draft(session, alice, coauthors=[demo])
    version = draft.version
    assert remove(session).people == 1
    assert people(session) == {"alice"}
    assert (draft.author, draft.coauthors, draft.version) == (alice, [], version)


def test_a_demo_persons_draft_goes_to_the_real_person_who_writes_in_it(
    session: Session, alice: User, demo: User
) -> None:
    make_draft(session, alice, key="page")
    shared = make_draft(session, demo, key="page", title="Ours", coauthors=[alice])
    make_draft(session, demo, title="Alone")
    version = shared.version
    remove(session)
    titles = set(session.scalars(sa.select(Draft.title)))
    assert titles == {"Reset the VPN", "Ours"}
    assert (shared.author, shared.coauthors, shared.version) == (alice, [], version)
    assert shared.key != "page"
    assert session.scalars(sa.select(DraftCoauthor)).all() == []
    assert not demo.active  # saved it last, and is named there


def test_a_second_draft_of_the_same_article_stands_alone(
    session: Session, alice: User, cora: User, demo: User
) -> None:
    article = make_article(session, alice, approver=cora)
    own = make_draft(session, alice, article=article)
    shared = make_draft(session, demo, article=article, title="Ours", coauthors=[alice])
    remove(session)
    assert (own.article_id, shared.article_id) == (article.id, None)
    assert shared.author == alice


def test_a_review_goes_with_its_draft(
    session: Session, alice: User, cora: User, demo: User
) -> None:
    review = make_review(session, demo, coauthors=[alice])
    remove(session)
    draft = session.scalars(sa.select(Draft)).one()
    assert (review.state, review.author, draft.author) == (State.SUBMITTED, alice, alice)
    assert draft.frozen_id == review.revision_id


def test_an_image_that_a_real_person_shows_stays(session: Session, alice: User, demo: User) -> None:
    draft = make_draft(session, alice)
    used = make_attachment(session, demo)
    session.add(DraftAttachment(draft_id=draft.id, attachment_id=used.id))
    other = make_user(session, "Mette")
    other.demo = True
    make_attachment(session, other)
    removed = remove(session)
    assert (removed.people, removed.kept_people) == (1, 1)
    assert session.scalars(sa.select(Attachment)).all() == [used]
    assert not demo.active


def test_of_what_readers_said_real_people_alone_are_counted(
    session: Session, alice: User, bob: User, demo: User
) -> None:
    article = make_article(session, alice)
    for reader in (bob, demo):
        said(session, article, reader)
    remove(session)
    assert article.worked == 1
