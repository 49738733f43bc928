"""Drafts: saved without overwriting anybody, deleted with a way back, locked while under review."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import clock as clock_module
from core.db import Database
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from kb import drafts, merging
from kb.drafts import SavedMeanwhile
from kb.forms import DraftFields
from kb.models import Article, AttachmentUse, Draft, Kind, Revision
from kb.permissions import can_delete_draft
from people.models import User
from tests.conftest import Clock
from tests.factories import (
    edit,
    fields,
    fields_of,
    make_article,
    make_attachment,
    make_draft,
    make_topic,
    rendering_for,
    republish,
    settle,
)


@pytest.fixture
def draft(session: Session, alice: User, clock: Clock) -> Draft:
    return make_draft(session, alice, title="Mind the gap", body="Carefully.", tags=["rail"])


def start(session: Session, by: User, *, key: str = "page", **text: object) -> Draft:
    return drafts.start(
        session,
        fields(session, **text),  # type: ignore[arg-type]
        key=key,
        kind=Kind.HOWTO,
        by=by,
        dialect="commonmark",
    )


def freeze(session: Session, draft: Draft, by: User | None = None) -> Revision:
    return drafts.freeze(session, draft, rendering_for(draft), note="", by=by or draft.author)


# Saving


def test_saving_keeps_what_was_typed_and_says_when_and_by_whom(
    session: Session, alice: User, draft: Draft, clock: Clock
) -> None:
    version = draft.version
    clock.move(minutes=1)
    edit(session, draft, title="Mind the step", body="More carefully.", tags=("stairs",))
    settle(session)
    assert (draft.title, draft.body, draft.tags) == ("Mind the step", "More carefully.", ["stairs"])
    assert draft.version > version
    assert (draft.saved_at, draft.saved_by) == (clock.now(), alice)


def test_saving_over_a_newer_text_is_refused_and_overwrites_nothing(
    session: Session, alice: User, bob: User, draft: Draft
) -> None:
    edit(session, draft, coauthor_ids=(bob.id,))
    seen = draft.version
    edit(session, draft, by=bob, body="Bob was here.")
    with pytest.raises(SavedMeanwhile) as refused:
        drafts.save(session, draft, fields_of(draft, body="Alice."), version=seen, by=alice)
    assert "Bob saved this draft" in refused.value.message
    assert refused.value.draft.body == "Bob was here."
    settle(session)
    assert draft.body == "Bob was here."


def test_two_windows_saving_at_the_same_moment_cannot_both_win(
    session: Session, database: Database, alice: User, draft: Draft
) -> None:
    """Both read one version before either wrote, as two requests on PostgreSQL can."""
    session.commit()
    with database.new_session(writing=False) as other:
        theirs = other.get_one(Draft, draft.id)
        other.commit()  # what was read stays as it was read
        edit(session, draft, body="First.")
        session.commit()
        sent = DraftFields("Mind the gap", "s", "Second.", topic_id=theirs.topic_id)
        version = theirs.version
        author = other.get_one(User, alice.id)
        with pytest.raises(SavedMeanwhile):
            drafts.save(other, theirs, sent, version=version, by=author)
    settle(session)
    assert draft.body == "First."


def test_the_same_save_again_after_a_lost_answer_is_fine(
    session: Session, alice: User, draft: Draft, clock: Clock
) -> None:
    seen, sent = draft.version, fields_of(draft, body="Typed once.")
    clock.move(seconds=1)
    drafts.save(session, draft, sent, version=seen, by=alice)
    after = draft.version
    clock.move(seconds=1)
    assert drafts.save(session, draft, sent, version=seen, by=alice) is draft
    assert draft.version == after


def test_two_first_saves_of_one_page_make_one_draft(session: Session, alice: User) -> None:
    first = start(session, alice, body="Typed.")
    again = start(session, alice, body="Typed on.")
    assert again is first
    assert first.body == "Typed on."
    assert start(session, alice, key="another page").id != first.id


def test_the_same_key_from_two_people_makes_two_drafts(
    session: Session, alice: User, bob: User
) -> None:
    assert start(session, alice).id != start(session, bob).id


def test_a_stranger_cannot_save_or_find_a_draft(
    session: Session, bob: User, cora: User, ada: User, draft: Draft
) -> None:
    for stranger in (bob, cora, ada):
        with pytest.raises(NotFound):
            edit(session, draft, by=stranger, body="Mine now.")
        with pytest.raises(NotFound):
            drafts.find(session, draft.id, stranger)
    with pytest.raises(NotFound):
        drafts.find(session, 999, bob)
    assert draft.body == "Carefully."


def test_somebody_who_cannot_sign_in_any_more_cannot_save(
    session: Session, alice: User, draft: Draft
) -> None:
    alice.active = False
    with pytest.raises(NotFound):
        edit(session, draft, body="Late.")


# Writing together


def test_a_coauthor_writes_but_does_not_choose_who_else_does(
    session: Session, bob: User, cora: User, draft: Draft
) -> None:
    edit(session, draft, coauthor_ids=(bob.id,))
    edit(session, draft, by=bob, body="By both.", coauthor_ids=(bob.id, cora.id))
    settle(session)
    assert draft.body == "By both."
    assert draft.coauthors == [bob]
    assert drafts.find(session, draft.id, bob) is draft
    assert draft in drafts.listed(session, bob)


def test_an_author_is_not_their_own_coauthor(session: Session, alice: User, draft: Draft) -> None:
    edit(session, draft, coauthor_ids=(alice.id,))
    assert draft.coauthors == []


def test_a_coauthor_who_was_taken_out_is_a_stranger_again(
    session: Session, bob: User, draft: Draft
) -> None:
    edit(session, draft, coauthor_ids=(bob.id,))
    edit(session, draft, coauthor_ids=())
    settle(session)
    with pytest.raises(NotFound):
        drafts.find(session, draft.id, bob)


# Of an article's next revision


def test_editing_an_article_starts_from_its_live_text(
    session: Session, alice: User, bob: User
) -> None:
    article = make_article(session, alice, title="Mind the gap", kind=Kind.STORY)
    draft = make_draft(session, bob, article=article, kind=Kind.HOWTO, body="Better.")
    assert (draft.article, draft.base) == (article, article.live_revision)
    assert draft.kind is Kind.STORY  # an article's kind does not change by editing it


def test_a_second_window_editing_the_same_article_is_told_of_the_first(
    session: Session, alice: User, bob: User
) -> None:
    article = make_article(session, alice)
    first = make_draft(session, bob, article=article, body="First window.")
    with pytest.raises(SavedMeanwhile) as refused:
        make_draft(session, bob, article=article, body="Second window.")
    assert refused.value.draft is first
    assert make_draft(session, bob, article=article, body="First window.") is first
    assert first.body == "First window."


def test_each_author_has_a_draft_of_their_own(session: Session, alice: User, bob: User) -> None:
    article = make_article(session, alice)
    mine = make_draft(session, alice, article=article, body="Mine.")
    theirs = make_draft(session, bob, article=article, body="Theirs.")
    assert drafts.of_article(session, alice, article.id) is mine
    assert drafts.of_article(session, bob, article.id) is theirs


def test_the_database_itself_refuses_two_drafts_of_an_article_by_one_author(
    session: Session, alice: User, bob: User
) -> None:
    article = make_article(session, alice)
    first = make_draft(session, bob, article=article, body="One.")
    second = make_draft(session, bob, title="Apart")
    session.commit()
    second.article_id = first.article_id
    with pytest.raises(IntegrityError):
        session.flush()


# Deleting and taking it back


def test_a_deleted_draft_is_gone_from_the_list_and_can_be_taken_back(
    session: Session, alice: User, draft: Draft, clock: Clock
) -> None:
    drafts.delete(draft, by=alice)
    session.flush()
    assert draft not in drafts.listed(session, alice)
    assert list(drafts.listed(session, alice, deleted=True)) == [draft]
    with pytest.raises(Conflict):
        edit(session, draft, body="Zombie.")
    clock.move(days=29)
    drafts.restore(session, draft, by=alice)
    session.flush()
    assert list(drafts.listed(session, alice)) == [draft]
    assert draft.body == "Carefully."


def test_deleting_twice_keeps_the_first_date(alice: User, draft: Draft, clock: Clock) -> None:
    drafts.delete(draft, by=alice)
    first = draft.deleted_at
    clock.move(days=1)
    drafts.delete(draft, by=alice)
    assert draft.deleted_at == first


def test_after_thirty_days_a_deleted_draft_is_really_gone(
    session: Session, alice: User, draft: Draft, clock: Clock
) -> None:
    drafts.delete(draft, by=alice)
    session.flush()
    clock.move(days=30)
    assert drafts.purge(session) == 0
    clock.move(seconds=1)
    assert drafts.purge(session) == 1
    settle(session)
    assert session.scalars(sa.select(Draft)).all() == []


def test_only_its_author_deletes_or_takes_back(
    session: Session, alice: User, bob: User, draft: Draft
) -> None:
    edit(session, draft, coauthor_ids=(bob.id,))
    assert not can_delete_draft(bob, draft)
    with pytest.raises(NotAllowed, match="Only its author"):
        drafts.delete(draft, by=bob)
    drafts.delete(draft, by=alice)
    with pytest.raises(NotFound):
        drafts.restore(session, draft, by=bob)


def test_a_draft_under_review_cannot_be_deleted(
    session: Session, alice: User, draft: Draft
) -> None:
    freeze(session, draft)
    with pytest.raises(Conflict, match="withdraw it first"):
        drafts.delete(draft, by=alice)


def test_taking_back_beside_a_newer_draft_of_the_article_makes_it_stand_alone(
    session: Session, alice: User, bob: User
) -> None:
    article = make_article(session, alice)
    old = make_draft(session, bob, article=article, body="Old.")
    drafts.delete(old, by=bob)
    session.flush()
    new = make_draft(session, bob, article=article, body="New.")
    drafts.restore(session, old, by=bob)
    session.flush()
    assert (old.article_id, old.base_id, old.body) == (None, None, "Old.")
    assert drafts.of_article(session, bob, article.id) is new


# Towards review


def test_a_frozen_text_is_a_revision_and_the_draft_is_locked(
    session: Session, alice: User, bob: User, draft: Draft
) -> None:
    edit(session, draft, coauthor_ids=(bob.id,))
    revision = freeze(session, draft)
    assert draft.locked
    for name in ("title", "summary", "body", "tags", "topic_id", "author_id", "dialect"):
        assert getattr(revision, name) == getattr(draft, name), name
    assert revision.coauthors == [bob]
    with pytest.raises(Conflict, match="under review"):
        edit(session, draft, body="Changed under the curator's eyes.")
    assert revision.body == "Carefully."


def test_thawing_opens_the_draft_and_leaves_the_revision_alone(
    session: Session, draft: Draft
) -> None:
    revision = freeze(session, draft)
    drafts.thaw(session, revision.id)
    edit(session, draft, body="Second thoughts.")
    settle(session)
    assert revision.body == "Carefully."
    assert draft.body == "Second thoughts."


def test_a_first_submission_makes_the_article_without_an_address(
    session: Session, alice: User, draft: Draft
) -> None:
    article = freeze(session, draft).article
    assert (article.slug, article.live_revision_id) == (None, None)
    assert (article.owner, article.kind) == (alice, draft.kind)
    drafts.thaw(session, draft.frozen_id or 0)
    edit(session, draft, body="Once more.")
    assert freeze(session, draft).article is article


def test_a_locked_or_deleted_draft_is_not_frozen_again(
    session: Session, alice: User, draft: Draft
) -> None:
    freeze(session, draft)
    with pytest.raises(Conflict):
        freeze(session, draft)
    other = make_draft(session, alice, title="Other")
    drafts.delete(other, by=alice)
    with pytest.raises(Conflict):
        freeze(session, other)


@pytest.mark.parametrize(
    ("field", "value"), [("title", ""), ("summary", ""), ("body", "\n "), ("topic_id", None)]
)
def test_each_missing_field_is_named(
    session: Session, draft: Draft, field: str, value: str | None
) -> None:
    changes: dict[str, Any] = {field: value}
    edit(session, draft, **changes)
    with pytest.raises(Invalid) as refused:
        drafts.check_complete(draft)
    assert set(refused.value.fields) == {field.removesuffix("_id")}


def test_a_text_with_conflict_marks_is_not_complete(session: Session, draft: Draft) -> None:
    edit(session, draft, body=f"a\n{merging.MINE}\nb")
    with pytest.raises(Invalid) as refused:
        drafts.check_complete(draft)
    assert set(refused.value.fields) == {"body"}


# Carrying changes over to a newer live text


@pytest.fixture
def article(session: Session, alice: User) -> Article:
    return make_article(
        session,
        alice,
        title="Counting",
        summary="To three.",
        body="One.\n\nTwo.\n\nThree.",
        tags=["numbers", "old"],
        topic=make_topic(session, "Sums"),
    )


def test_what_i_left_alone_follows_the_live_text(
    session: Session, alice: User, bob: User, article: Article
) -> None:
    draft = make_draft(session, bob, article=article, body="One.\n\nTwo.\n\nThree!")
    topic = make_topic(session, "Arithmetic")
    live = republish(
        session,
        article,
        alice,
        title="Counting on",
        summary="To four.",
        body="Zero.\n\nOne.\n\nTwo.\n\nThree.",
        tags=["numbers", "new"],
        topic=topic,
    )
    assert drafts.base_moved(draft)
    assert drafts.rebase(session, draft, by=bob) == 0
    assert (draft.title, draft.summary, draft.topic_id) == ("Counting on", "To four.", topic.id)
    assert draft.body == "Zero.\n\nOne.\n\nTwo.\n\nThree!"
    assert draft.tags == ["numbers", "new"]
    assert draft.base is live
    session.flush()
    assert not drafts.base_moved(draft)


def test_what_i_changed_stays_mine(
    session: Session, alice: User, bob: User, article: Article
) -> None:
    draft = make_draft(session, bob, article=article, title="Mine", tags=["mine", "old"])
    republish(session, article, alice, summary="To four.", tags=["numbers", "old", "new"])
    drafts.rebase(session, draft, by=bob)
    assert (draft.title, draft.summary) == ("Mine", "To four.")
    assert draft.tags == ["old", "new", "mine"]


def test_rebasing_on_the_same_text_changes_nothing(
    session: Session, bob: User, article: Article
) -> None:
    draft = make_draft(session, bob, article=article, body="Mine.")
    assert drafts.rebase(session, draft, by=bob) == 0
    assert draft.body == "Mine."


def test_a_stranger_cannot_rebase_and_a_locked_draft_stays(
    session: Session, alice: User, bob: User, article: Article
) -> None:
    draft = make_draft(session, bob, article=article, body="Mine.")
    with pytest.raises(NotFound):
        drafts.rebase(session, draft, by=alice)
    freeze(session, draft)
    republish(session, article, alice, body="Theirs.")
    with pytest.raises(Conflict):
        drafts.rebase(session, draft, by=bob)


def test_a_merged_text_longer_than_we_accept_is_refused_and_nothing_changes(
    session: Session, alice: User, bob: User, article: Article
) -> None:
    mine, theirs = "ö" * 70_000, "ü" * 70_000  # 140 kB each
    draft = make_draft(session, bob, article=article, body=mine)
    republish(session, article, alice, body=theirs)
    with pytest.raises(Invalid):
        drafts.rebase(session, draft, by=bob)
    assert draft.body == mine


# Images that a text shows


def uses(session: Session, revision: Revision) -> set[int]:
    query = sa.select(AttachmentUse.attachment_id).where(AttachmentUse.revision_id == revision.id)
    return set(session.scalars(query))


def test_freezing_notes_the_images_of_its_writers_and_no_borrowed_ones(
    session: Session, alice: User, bob: User, cora: User, draft: Draft
) -> None:
    mine, bobs, private = (make_attachment(session, who) for who in (alice, bob, cora))
    body = f"![](/attachments/{mine.id}/x.png) ![](/attachments/{private.id}/x.png)"
    edit(session, draft, body=f"{body} ![](/attachments/999/x.png)", coauthor_ids=(bob.id,))
    edit(session, draft, by=bob, body=f"{draft.body} ![](/attachments/{bobs.id}/x.png)")
    assert uses(session, freeze(session, draft)) == {mine.id, bobs.id}


def test_saving_asks_the_one_clock(session: Session, draft: Draft, clock: Clock) -> None:
    clock.time += timedelta(days=400)
    edit(session, draft, body="A year later.")
    assert draft.saved_at == clock_module.now()


def test_a_first_save_that_the_database_refuses_for_good_is_refused_once(
    session: Session, alice: User
) -> None:
    fields = DraftFields(title="A", body="b", topic_id=999_999)  # removed at this very moment
    with pytest.raises(IntegrityError):
        drafts.start(session, fields, key="k", kind=Kind.HOWTO, by=alice, dialect="commonmark")
