"""What the editor sends, read clean: what cannot be kept is named, what is doubtful is told."""

import pytest
from sqlalchemy.orm import Session

from core.errors import Invalid
from kb.forms import LONGEST_BODY, parse_draft, parse_kind, parse_tags, shown
from kb.models import Kind
from people.models import User
from tests.factories import make_draft, make_topic


def test_all_fields_are_read(session: Session, bob: User) -> None:
    topic = make_topic(session, "Travel")
    found = parse_draft(
        session,
        {
            "title": " Mind\r\nthe gap ",
            "summary": "How\tto.",
            "body": "One.\r\nTwo.\r",
            "topic": "travel",
            "tags": "Rail, #Safety; rail",
            "coauthors": "@bob",
            "version": "3",
        },
    )
    assert (found.title, found.summary, found.body) == ("Mind the gap", "How to.", "One.\nTwo.\n")
    assert (found.topic_id, found.tags) == (topic.id, ("rail", "safety"))
    assert (found.coauthor_ids, dict(found.doubts)) == ((bob.id,), {})


def test_an_empty_form_is_an_empty_draft(session: Session) -> None:
    found = parse_draft(session, {})
    assert (found.title, found.body, found.topic_id, found.tags) == ("", "", None, ())


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"title": "x" * 151}, "title"),
        ({"summary": "x" * 251}, "summary"),
        ({"body": "ö" * (LONGEST_BODY // 2 + 1)}, "body"),
        ({"tags": ",".join(f"tag{n}" for n in range(11))}, "tags"),
        ({"tags": "x" * 41}, "tags"),
        ({"topic": "gone"}, "topic"),
    ],
)
def test_what_cannot_be_kept_is_named(session: Session, sent: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_draft(session, sent)
    assert set(refused.value.fields) == {field}


@pytest.mark.parametrize(
    "sent",
    [
        {"title": "x" * 150},
        {"summary": "x" * 250},
        {"body": "ö" * (LONGEST_BODY // 2)},
        {"tags": ",".join(f"tag{n}" for n in range(10))},
    ],
)
def test_what_just_fits_is_kept(session: Session, sent: dict[str, str]) -> None:
    parse_draft(session, sent)


def test_an_unknown_coauthor_is_a_doubt_that_does_not_stop_saving(
    session: Session, alice: User, bob: User
) -> None:
    bob.active = False
    found = parse_draft(session, {"coauthors": "alice@example.com, bob, nobody", "body": "Kept."})
    assert found.coauthor_ids == (alice.id,)
    assert found.body == "Kept."
    assert set(found.doubts) == {"coauthors"}
    assert "bob, nobody" in found.doubts["coauthors"]


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("", ()),
        (" , ;, ", ()),
        ("#VPN, vpn, V P N", ("vpn", "v p n")),
        ("a/b, c", ("a-b", "c")),
        ("Straße\n, x", ("straße", "x")),
    ],
)
def test_tags_are_lower_case_and_each_once(text: str, tags: tuple[str, ...]) -> None:
    assert parse_tags(text) == tags


def test_a_kind_is_one_of_ours() -> None:
    assert parse_kind("story") is Kind.STORY
    for text in ("", None, "Story", "essay"):
        with pytest.raises(Invalid):
            parse_kind(text)


def test_what_the_editor_shows_reads_back_the_same(
    session: Session, alice: User, bob: User
) -> None:
    draft = make_draft(session, alice, tags=["rail", "v p n"], coauthors=[bob])
    read = parse_draft(session, shown(draft))
    assert (read.title, read.summary, read.body) == (draft.title, draft.summary, draft.body)
    assert (read.topic_id, list(read.tags)) == (draft.topic_id, draft.tags)
    assert read.coauthor_ids == (bob.id,)
