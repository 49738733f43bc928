"""Canned reasons: kept by those who decide, offered where they belong, filled in for each text."""

import pytest
from sqlalchemy.orm import Session

from core.errors import Conflict, Invalid, NotAllowed
from curation import reasons
from curation.lines import Lines
from curation.models import CannedReason, ReasonUse, Review
from kb.models import Topic
from people.models import User
from tests.conftest import Clock
from tests.factories import make_review, make_topic, make_user

REQUEST = ReasonUse.REQUEST


def add(
    session: Session,
    by: User,
    title: str = "For whom?",
    text: str = "Say for whom.",
    topic: Topic | None = None,
    use: ReasonUse = REQUEST,
) -> CannedReason:
    return reasons.add(session, topic=topic, use=use, title=title, text=text, by=by)


def change(session: Session, reason: CannedReason, by: User, **changes: object) -> None:
    now = {
        "topic": reason.topic,
        "use": reason.use,
        "title": reason.title,
        "text": reason.text,
        "seen": reason.changed_at,
    }
    reasons.change(session, reason, **(now | changes), by=by)  # type: ignore[arg-type]


def titles(found: object) -> list[str]:
    return [reason.title for reason in found]  # type: ignore[attr-defined]


# Where it is offered


def test_the_nearest_topics_reasons_come_first_and_those_for_all_last(
    session: Session, ada: User
) -> None:
    sales, other = make_topic(session, "Sales"), make_topic(session, "Other")
    quotes = make_topic(session, "Quotes", parent=sales)
    add(session, ada, "All")
    add(session, ada, "Sales", topic=sales)
    add(session, ada, "Quotes", topic=quotes)
    add(session, ada, "Elsewhere", topic=other)
    assert titles(reasons.offered(session, quotes.id)) == ["Quotes", "Sales", "All"]
    assert titles(reasons.offered(session, sales.id)) == ["Sales", "All"]


def test_each_use_has_its_own(session: Session, cora: User) -> None:
    topic = make_topic(session)
    add(session, cora, "Ask", use=ReasonUse.REQUEST)
    add(session, cora, "Refuse", use=ReasonUse.DECLINE)
    assert titles(reasons.offered(session, topic.id, ReasonUse.DECLINE)) == ["Refuse"]


def test_a_retired_reason_is_offered_no_more_until_it_is_brought_back(
    session: Session, cora: User
) -> None:
    topic, reason = make_topic(session), add(session, cora)
    for _ in range(2):
        reasons.retire(session, reason, by=cora)
    assert reasons.offered(session, topic.id) == []
    assert titles(reasons.listed(session, retired=True)) == ["For whom?"]
    for _ in range(2):
        reasons.bring_back(session, reason, by=cora)
    assert titles(reasons.offered(session, topic.id)) == ["For whom?"]


# Who keeps them


def test_those_who_decide_in_a_topic_keep_its_reasons(
    session: Session, alice: User, cora: User, ada: User
) -> None:
    named = make_topic(session, "Named", curators=[alice])
    below = make_topic(session, "Below", parent=named)
    for topic in (named, below):
        assert reasons.can_manage(session, alice, topic.id)
        assert reasons.can_manage(session, ada, topic.id)
        assert not reasons.can_manage(session, cora, topic.id)
        with pytest.raises(NotAllowed):
            add(session, cora, topic=topic)


def test_any_curator_keeps_those_for_all(
    session: Session, alice: User, bob: User, cora: User, ada: User
) -> None:
    make_topic(session, "Named", curators=[alice])
    for somebody in (cora, ada):
        add(session, somebody, title=f"By {somebody.name}")
    for somebody in (alice, bob, make_user(session, role=cora.role, active=False)):
        with pytest.raises(NotAllowed):
            add(session, somebody)


def test_a_reason_is_not_moved_into_or_out_of_a_topic_of_others(
    session: Session, alice: User, cora: User
) -> None:
    theirs = make_topic(session, "Theirs", curators=[alice])
    mine, hers = add(session, cora), add(session, alice, topic=theirs)
    with pytest.raises(NotAllowed):
        change(session, mine, cora, topic=theirs)
    with pytest.raises(NotAllowed):
        change(session, hers, cora, topic=None)
    with pytest.raises(NotAllowed):
        reasons.retire(session, hers, by=cora)
    assert (mine.topic, hers.topic, hers.retired_at) == (None, theirs, None)


# Wording


@pytest.mark.parametrize(
    ("title", "text", "field"),
    [
        ("", "Text.", "title"),
        ("x" * 81, "Text.", "title"),
        ("Title", " \n", "text"),
        ("Title", "x" * 2001, "text"),
        ("Title", "Dear {name}", "text"),
        ("Title", "Dear {Author}", "text"),
        ("Title", "Dear {}", "text"),
        ("Title", "Dear {author.email}", "text"),
    ],
)
def test_what_does_not_fit_is_named(
    session: Session, cora: User, title: str, text: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        add(session, cora, title, text)
    assert list(refused.value.fields) == [field]


def test_the_refusal_of_a_placeholder_names_those_there_are(session: Session, cora: User) -> None:
    with pytest.raises(Invalid, match=r"no placeholder {autor}.*{author}, {title}"):
        add(session, cora, text="Dear {autor}")


def test_placeholders_are_filled_in_for_the_text(session: Session, alice: User, cora: User) -> None:
    topic = make_topic(session, "Sales")
    review = make_review(session, alice, topic=topic, title="Quote {author} in a day")
    text = "{author}: {title} in {topic}, {lines}. {curator}"
    reason = add(session, cora, text=text)
    assert reasons.fill(reason, review, by=cora) == (
        "Alice: Quote {author} in a day in Sales, the text. Cora"
    )
    assert "lines 2 to 4" in reasons.fill(reason, review, by=cora, lines=Lines(2, 4))


def test_a_page_without_a_script_puts_it_behind_what_was_typed(
    session: Session, alice: User, cora: User
) -> None:
    review = make_review(session, alice, topic=make_topic(session))
    reason = add(session, cora, text="Say for whom, {author}.")
    fill = reasons.prefill
    assert fill(session, review, reason.id, by=cora) == "Say for whom, Alice."
    assert fill(session, review, reason.id, "Good. ", by=cora) == "Good.\n\nSay for whom, Alice."
    assert fill(session, review, 999, "Good.", by=cora) == "Good."


def test_a_reason_of_another_topic_does_not_get_in(
    session: Session, alice: User, bob: User, cora: User
) -> None:
    review: Review = make_review(session, alice, topic=make_topic(session))
    other = make_topic(session, "Other", curators=[bob])
    reason = add(session, bob, topic=other)
    assert reasons.prefill(session, review, reason.id, "Good.", by=cora) == "Good."


def test_one_title_stands_once_in_a_place(session: Session, cora: User) -> None:
    first = add(session, cora)
    assert add(session, cora) is first  # the second click
    with pytest.raises(Invalid):
        add(session, cora, text="Something else.")
    add(session, cora, use=ReasonUse.DECLINE, text="Something else.")
    other = add(session, cora, "Another")
    with pytest.raises(Invalid):
        change(session, other, cora, title="For whom?")
    reasons.retire(session, first, by=cora)
    change(session, other, cora, title="For whom?")
    with pytest.raises(Invalid):
        reasons.bring_back(session, first, by=cora)


def test_a_wording_that_moved_on_is_not_overwritten(
    session: Session, cora: User, carl: User, clock: Clock
) -> None:
    reason = add(session, cora)
    seen = reason.changed_at
    clock.move(minutes=1)
    change(session, reason, carl, text="Carl's words.")
    with pytest.raises(Conflict, match="Carl has changed"):
        change(session, reason, cora, text="Cora's words.", seen=seen)
    assert reason.text == "Carl's words."
    change(session, reason, cora, text="Carl's words.", seen=seen)  # the same words harm nobody
