"""What differs between two revisions: text, what stands beside it, images."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import diff
from core.diff import View, view_of
from kb import differences
from kb.models import Revision
from people.models import User
from tests.factories import make_article, make_attachment, make_revision, make_topic

SOURCE = view_of({"on": "source"})


def pair(session: Session, author: User, **changes: object) -> tuple[Revision, Revision]:
    """A live text and a proposal to it."""
    article = make_article(session, author, title="Reset the VPN", tags=["vpn", "linux"])
    assert article.live_revision is not None
    return article.live_revision, make_revision(session, article, author, **changes)


def test_the_text_is_compared_as_the_view_asks(session: Session, alice: User) -> None:
    old, new = pair(session, alice, body="Restart the old client.\n\nThen sign in again.")
    as_typed = differences.between(session, old, new, view=SOURCE)
    assert as_typed.source is not None
    assert as_typed.rendered is None
    assert as_typed.changes == 1
    as_read = differences.between(session, old, new, view=View())
    assert as_read.source is None
    assert as_read.rendered is not None
    assert as_read.summary == as_typed.summary == "1 word added"


def test_what_stands_beside_the_text_is_part_of_it(session: Session, alice: User) -> None:
    make_topic(session, "Travel")
    hardware = make_topic(session, "Hardware")
    old, new = pair(
        session,
        alice,
        title="Reset the VPN client",
        summary="Back online.",
        tags=["vpn", "macos"],
        topic=hardware,
    )
    difference = differences.between(session, old, new)
    assert [name for name, _ in difference.fields] == ["Title", "Summary", "Topic", "Tags"]
    assert difference.summary == "Title, summary, topic and tags changed"


def test_tags_in_another_order_are_the_same(session: Session, alice: User) -> None:
    old, new = pair(session, alice, tags=["linux", "vpn"], title="Reset the VPN client")
    assert [name for name, _ in differences.field_changes(old, new)] == ["Title"]


def test_a_new_article_is_shown_as_it_is(session: Session, alice: User) -> None:
    article = make_article(session, alice, published=False)
    new = session.scalars(sa.select(Revision).filter_by(article_id=article.id)).one()
    for view in (View(), SOURCE):
        difference = differences.between(session, None, new, view=view)
        assert difference.is_new
        assert difference.changes == 0
        assert difference.summary == "A new article of 7 words"
        assert (difference.source is None) == (view.on == "text")


def test_texts_with_little_in_common_are_cut_off_unless_all_is_asked_for(
    session: Session, alice: User
) -> None:
    old, new = pair(session, alice, title="Another")
    old.body = "\n".join(f"alpha {n} and more of it" for n in range(500))
    new.body = "\n".join(f"beta {n} or less than that" for n in range(500))
    cut = differences.between(session, old, new, view=SOURCE)
    assert cut.source is not None
    assert cut.source.left_out == 1000 - diff.MOST_ROWS
    whole = differences.between(session, old, new, view=view_of({"on": "source", "all": "1"}))
    assert whole.source is not None
    assert whole.source.left_out == 0


def test_texts_too_different_to_be_compared_as_read_say_so(session: Session, alice: User) -> None:
    old, new = pair(session, alice, title="Another")
    new.html = "<p>" + "word " * 400_000 + "</p>"
    difference = differences.between(session, old, new)
    assert difference.is_too_different
    assert difference.rendered is None


def test_images_are_compared_with_the_size_they_have(session: Session, alice: User) -> None:
    old, new = pair(session, alice, title="Another")
    before, after = make_attachment(session, alice), make_attachment(session, alice)
    old.html = f'<p><img src="/attachments/{before.id}/plan.png" alt="A plan"></p>'
    new.html = f'<p><img src="/attachments/{after.id}/plan.png" alt="A plan"></p>'
    (change,) = differences.between(session, old, new).images
    assert change.kind == "replaced"
    assert change.new is not None
    assert (change.new.width, change.new.height) == (10, 10)


def test_revisions_of_articles_of_different_kinds_differ_in_kind(
    session: Session, alice: User
) -> None:
    howto = make_article(session, alice, title="Reset the VPN").live_revision
    story = make_article(session, alice, title="Reset the VPN", kind="story").live_revision
    assert howto is not None
    assert story is not None
    (name, row), *_ = differences.field_changes(howto, story)
    assert name == "Kind"
    assert row.new is not None
    assert row.new[0].text == "Story"
