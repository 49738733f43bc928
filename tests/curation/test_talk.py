"""Comments on lines, suggestions, and notes that authors never see."""

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.outbox import Event
from curation import talk, talk_notices, workflow
from curation.lines import Lines, Shift
from curation.models import LineComment, Review, State
from kb import drafts
from people.models import Notice, User
from tests.factories import edit, make_review, reading, rendering_for, submit

BODY = "# Title\n\nFirst line.\nSecond line.\n\nLast line."


@pytest.fixture
def review(session: Session, alice: User, cora: User) -> Review:
    return make_review(session, alice, body=BODY, state=State.IN_REVIEW, curator=cora)


def say(session: Session, review: Review, by: User, **given: object) -> LineComment:
    told: dict[str, object] = {
        "revision_id": review.revision_id,
        "first": 3,
        "last": 4,
        "text": "Say for whom.",
        "suggestion": None,
        "key": "page 1",
    }
    return talk.comment(session, review, by=by, **(told | given))  # type: ignore[arg-type]


def test_a_comment_stands_on_its_lines_with_what_they_said(
    session: Session, cora: User, review: Review
) -> None:
    said = say(session, review, cora)
    [thread] = talk.threads(session, review)
    assert (thread.first.id, thread.lines) == (said.id, Lines(3, 4))
    assert thread.quote == "First line.\nSecond line."


def test_sent_twice_it_is_said_once(session: Session, cora: User, review: Review) -> None:
    assert say(session, review, cora).id == say(session, review, cora, text="Other").id
    assert len(talk.threads(session, review)) == 1


@pytest.mark.parametrize("lines", [(0, 1), (3, 2), (3, 99)])
def test_lines_that_are_not_there_are_refused(
    session: Session, cora: User, review: Review, lines: tuple[int, int]
) -> None:
    with pytest.raises(Invalid) as refused:
        say(session, review, cora, first=lines[0], last=lines[1])
    assert "lines" in refused.value.fields


def test_a_comment_on_a_text_that_is_another_by_now_is_refused(
    session: Session, cora: User, review: Review
) -> None:
    with pytest.raises(Conflict):
        say(session, review, cora, revision_id=review.revision_id + 1)


def test_strangers_do_not_comment(session: Session, bob: User, review: Review) -> None:
    with pytest.raises(NotAllowed):
        say(session, review, bob)


def test_nobody_comments_once_it_is_decided(session: Session, cora: User, review: Review) -> None:
    workflow.approve(session, review.id, **reading(review), by=cora)
    with pytest.raises(NotAllowed):
        say(session, review, cora)


def test_an_answer_joins_its_thread(
    session: Session, alice: User, cora: User, review: Review
) -> None:
    said = say(session, review, cora)
    talk.answer(session, said, text="For everybody.", key="page 2", by=alice)
    [thread] = talk.threads(session, review)
    assert [answer.text for answer in thread.answers] == ["For everybody."]


def test_author_and_curator_settle_a_thread_and_open_it_again(
    session: Session, alice: User, cora: User, review: Review
) -> None:
    said = say(session, review, cora)
    talk.resolve(session, said, done=True, by=alice)
    talk.resolve(session, said, done=True, by=cora)
    assert said.resolved_by_id == alice.id
    talk.resolve(session, said, done=False, by=cora)
    assert talk.threads(session, review)[0].is_open


def next_round(session: Session, review: Review, curator: User, body: str) -> None:
    workflow.request_changes(session, review.id, **reading(review), reason="See there", by=curator)
    draft = drafts.of_article(session, review.author, review.article_id)
    assert draft is not None
    edit(session, draft, body=body)
    submit(session, draft)


def test_a_comment_follows_its_lines_into_the_next_round(
    session: Session, cora: User, review: Review
) -> None:
    say(session, review, cora)
    next_round(session, review, cora, "# Title\n\nNew.\n\nFirst line.\nSecond line.\n\nLast line.")
    [thread] = talk.threads(session, review)
    assert thread.lines == Lines(5, 6)


def test_a_comment_follows_lines_that_were_moved(
    session: Session, cora: User, review: Review
) -> None:
    say(session, review, cora, first=3, last=3)
    next_round(session, review, cora, "# Title\n\nSecond line.\n\nLast line.\nFirst line.")
    [thread] = talk.threads(session, review)
    assert thread.lines == Lines(6, 6)


def test_a_comment_whose_lines_changed_is_shown_as_on_an_earlier_text(
    session: Session, cora: User, review: Review
) -> None:
    say(session, review, cora)
    next_round(session, review, cora, BODY.replace("Second", "2nd"))
    [thread] = talk.threads(session, review)
    assert thread.lines is None
    assert thread.quote == "First line.\nSecond line."


def test_an_open_comment_will_do_as_a_reason(session: Session, cora: User, review: Review) -> None:
    with pytest.raises(Invalid):
        workflow.request_changes(session, review.id, **reading(review), reason=" ", by=cora)
    said = say(session, review, cora)
    talk.resolve(session, said, done=True, by=cora)
    with pytest.raises(Invalid):
        workflow.request_changes(session, review.id, **reading(review), reason="", by=cora)
    talk.resolve(session, said, done=False, by=cora)
    workflow.request_changes(session, review.id, **reading(review), reason="", by=cora)
    assert review.state is State.CHANGES_REQUESTED


# Suggestions


def suggest(session: Session, review: Review, by: User, wording: str) -> LineComment:
    return say(session, review, by, first=3, last=4, text="", suggestion=wording)


def take(session: Session, said: LineComment, by: User) -> Review:
    fields = workflow.with_suggestion(said, said.review.revision)

    class Text:
        body, dialect = fields.body, "commonmark"

    return workflow.accept(session, said, fields, rendering_for(Text()), by=by)  # type: ignore[arg-type]


def test_a_suggestion_taken_in_is_a_revision_and_voids_what_was_read(
    session: Session, alice: User, cora: User, review: Review
) -> None:
    said = suggest(session, review, cora, "One line.")
    seen, typed = reading(review), review.revision
    take(session, said, alice)
    assert review.revision.body == "# Title\n\nOne line.\n\nLast line."
    assert typed.body == BODY
    assert said.accepted_id == review.revision_id
    assert not talk.threads(session, review)[0].is_open
    with pytest.raises(Conflict):
        workflow.approve(session, review.id, **seen, by=cora)
    workflow.approve(session, review.id, **reading(review), by=cora)
    assert review.state is State.APPROVED


def test_taking_a_suggestion_twice_does_no_harm(
    session: Session, alice: User, cora: User, review: Review
) -> None:
    said = suggest(session, review, cora, "One line.")
    take(session, said, alice)
    version = review.version
    workflow.accept(session, said, None, None, by=alice)  # type: ignore[arg-type]
    assert review.version == version


def test_an_empty_suggestion_leaves_the_lines_out(
    session: Session, alice: User, cora: User, review: Review
) -> None:
    take(session, suggest(session, review, cora, ""), alice)
    assert review.revision.body == "# Title\n\n\nLast line."


def test_only_its_author_takes_a_suggestion(session: Session, cora: User, review: Review) -> None:
    said = suggest(session, review, cora, "One line.")
    with pytest.raises(NotAllowed):
        take(session, said, cora)


def test_whose_suggestion_was_taken_may_still_decide_and_is_no_author(
    session: Session, alice: User, cora: User, review: Review
) -> None:
    take(session, suggest(session, review, cora, "One line."), alice)
    assert cora.id not in review.revision.writers
    assert review.revision.coauthors == []


def test_a_suggestion_for_lines_that_changed_is_refused_with_why(
    session: Session, alice: User, cora: User, review: Review
) -> None:
    first = suggest(session, review, cora, "One line.")
    second = say(session, review, cora, first=4, last=4, text="", suggestion="2.", key="page 2")
    take(session, first, alice)
    with pytest.raises(Conflict, match="have changed since"):
        take(session, second, alice)


def test_while_the_author_has_the_text_a_suggestion_goes_into_the_draft(
    session: Session, alice: User, cora: User, review: Review
) -> None:
    said = suggest(session, review, cora, "One line.")
    workflow.request_changes(session, review.id, **reading(review), reason="", by=cora)
    draft = workflow.accept_into_draft(session, said, by=alice)
    assert draft.body == "# Title\n\nOne line.\n\nLast line."
    workflow.accept_into_draft(session, said, by=alice)
    submit(session, draft)
    assert review.revision.body == draft.body


def test_a_comment_without_a_suggestion_has_nothing_to_take(
    session: Session, alice: User, cora: User, review: Review
) -> None:
    said = say(session, review, cora)
    with pytest.raises(NotFound):
        take(session, said, alice)


# Notes


def test_curators_share_notes_and_authors_never_see_them(
    session: Session, alice: User, cora: User, carl: User, review: Review
) -> None:
    talk.note(session, review, text="Ask the lawyers.", key="page 1", by=cora)
    talk.note(session, review, text="Ask the lawyers.", key="page 1", by=cora)
    assert [note.text for note in talk.notes(session, carl, review)] == ["Ask the lawyers."]
    assert talk.notes(session, alice, review) == []
    with pytest.raises(NotAllowed):
        talk.note(session, review, text="Hm", key="page 2", by=alice)


def test_a_curator_who_wrote_the_text_sees_no_notes_on_it(
    session: Session, cora: User, carl: User
) -> None:
    review = make_review(session, carl, state=State.IN_REVIEW, curator=cora)
    talk.note(session, review, text="He again.", key="page 1", by=cora)
    assert talk.notes(session, carl, review) == []


# Lines

line = st.sampled_from(["", "a", "b", "c", "d", "e", "f"])


@given(st.lists(line, min_size=1, max_size=12), st.lists(line, min_size=1, max_size=12))
def test_lines_are_found_again_only_where_they_say_the_same(
    before: list[str], after: list[str]
) -> None:
    shift = Shift("\n".join(before), "\n".join(after))
    for first in range(1, len(before) + 1):
        for last in range(first, len(before) + 1):
            found = shift.of(Lines(first, last))
            if found is not None:
                assert before[first - 1 : last] == after[found.first - 1 : found.last]


def test_of_a_new_comment_only_those_of_this_review_are_told(
    session: Session, alice: User, bob: User, cora: User, carl: User, review: Review
) -> None:
    other = make_review(session, bob, title="Other", state=State.IN_REVIEW, curator=carl)
    say(session, other, carl, first=1, last=1)  # began a thread elsewhere
    said = say(session, review, cora)
    event = session.scalars(
        sa.select(Event).where(Event.kind == talk.COMMENTED, Event.subject == said.id)
    ).one()
    talk_notices.tell_of_talk(session, [event])
    told = session.scalars(sa.select(Notice.user_id).where(Notice.event_id == event.id)).all()
    assert list(told) == [alice.id]
