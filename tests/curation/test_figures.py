"""What curators can see in numbers: each figure from a small history, made by the workflow itself."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.worktime import Calendar
from curation import checklist, workflow
from curation.checklist import Verdict
from curation.figures import Choice, Figures, Period, drawings, moments, queue, sheets, words
from curation.figures.cases import Case, Outcome
from curation.figures.moments import Worked
from curation.figures.times import Spread
from curation.models import Review, State
from kb import drafts, flags, verification
from kb.models import Article, FlagState, Topic
from people.models import Role, User
from tests.conftest import Clock
from tests.factories import (
    edit,
    make_article,
    make_draft,
    make_review,
    make_topic,
    make_user,
    reading,
    rendering_for,
    set_policy,
    submit,
)

HOUR = 3600
UTC = ZoneInfo("UTC")


@pytest.fixture(autouse=True)
def _clock(clock: Clock) -> None:
    """Monday, 10 March 2025, nine o'clock, when the office hours begin."""


def figures(session: Session, **arguments: str) -> Figures:
    session.flush()
    return Figures(session, Choice.parse(session, arguments))


def decide(session: Session, review: Review, by: User, *, approve: bool = True) -> None:
    workflow.claim(session, review.id, by=by)
    if approve:
        workflow.approve(session, review.id, **reading(review), by=by)
    else:
        workflow.request_changes(session, review.id, **reading(review), reason="When?", by=by)


def hand_in_again(session: Session, review: Review) -> None:
    draft = drafts.of_article(session, review.author, review.article_id)
    assert draft is not None
    submit(session, edit(session, draft, body=f"{draft.body}\n\nMore."))


def standings(session: Session, **arguments: str) -> dict[str, tuple[int, int, int]]:
    """By day: handed in, left, waiting."""
    return {
        each.day.isoformat(): (each.handed_in, each.left, each.waiting)
        for each in figures(session, **arguments).standings
    }


# What is looked at


def test_a_period_is_cut_into_whole_weeks_that_end_today(session: Session) -> None:
    days = figures(session, period="4w").days
    assert (days.first, days.last) == (date(2025, 2, 11), date(2025, 3, 10))
    assert [span.last for span in days.spans] == [
        date(2025, 2, 17),
        date(2025, 2, 24),
        date(2025, 3, 3),
        date(2025, 3, 10),
    ]
    assert days.spans[0].words == "11 to 17 February 2025"
    assert days.spans[2].words == "25 February to 3 March 2025"


def test_a_year_is_cut_into_months(session: Session) -> None:
    days = figures(session, period="12m").days
    assert (days.first, days.last) == (date(2024, 4, 1), date(2025, 3, 10))
    assert [span.words for span in days.spans][-2:] == ["February 2025", "March 2025"]
    assert len(days.spans) == 12


@given(st.dates(date(2020, 1, 1), date(2026, 1, 1)), st.integers(0, 1500))
def test_each_day_of_a_period_lies_in_just_one_of_its_weeks_or_months(
    first: date, length: int
) -> None:
    days = Period(first, first + timedelta(days=length), ZoneInfo("Europe/Berlin"))
    spans = days.spans
    assert (spans[0].first, spans[-1].last) == (days.first, days.last)
    for one, other in pairwise(spans):
        assert other.first == one.last + timedelta(days=1)
    for place, span in enumerate(spans):
        for day in (span.first, span.last):
            assert days.span_of(moments.of(moments.midnight(day, days.zone))) == place
    assert days.span_of(moments.of(days.end)) is None
    assert days.span_of(moments.of(days.begin) - 1) is None


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"from": "2025-02-30"}, {"from": "Give a day as 2026-03-31."}),
        ({"to": "soon"}, {"to": "Give a day as 2026-03-31."}),
        ({"from": "2025-03-11"}, {"from": "This day has not come yet."}),
        (
            {"from": "2025-03-02", "to": "2025-03-01"},
            {"to": "The last day comes before the first."},
        ),
        ({"from": "2001-01-01"}, {"from": "At most 5 years at a time, please."}),
    ],
)
def test_days_that_make_no_sense_are_refused_with_a_sentence(
    session: Session, typed: dict[str, str], wrong: dict[str, str]
) -> None:
    choice = Choice.parse(session, typed)
    assert choice.errors == wrong
    assert {"from": choice.since, "to": choice.until} == {"from": "", "to": ""} | typed


def test_days_to_come_are_left_out_and_one_end_is_enough(session: Session) -> None:
    until = figures(session, **{"from": "2025-03-01", "to": "2025-12-31"}).days
    assert (until.first, until.last) == (date(2025, 3, 1), date(2025, 3, 10))
    since = figures(session, to="2025-01-31").days
    assert (since.first, since.last) == (date(2024, 11, 2), date(2025, 1, 31))


def test_what_is_chosen_stands_in_the_address_and_comes_back_from_it(session: Session) -> None:
    make_topic(session, "Sales")
    asked = {"topic": "sales", "period": "12m"}
    assert Choice.parse(session, asked).arguments() == asked
    own = {"topic": "sales", "from": "2025-01-01"}
    choice = Choice.parse(session, own)
    assert choice.arguments() == own
    assert choice.arguments(period="4w") == {"topic": "sales", "period": "4w"}
    assert Choice.parse(session, {"topic": "nowhere", "period": "7y"}).arguments() == {}


def test_a_topic_counts_with_all_below_it(session: Session, alice: User, cora: User) -> None:
    sales = make_topic(session, "Sales")
    offers = make_topic(session, "Offers", parent=sales)
    travel = make_topic(session, "Travel")
    for topic in (sales, offers, travel):
        make_review(session, alice, topic=topic, title=topic.name)
    waiting = {
        topic.slug: figures(session, topic=topic.slug).standings[-1].waiting
        for topic in (sales, offers, travel)
    }
    assert waiting == {"sales": 2, "offers": 1, "travel": 1}
    assert figures(session).standings[-1].waiting == 3


# The queue


def test_a_text_waits_from_its_submission_until_it_is_answered(
    session: Session, alice: User, cora: User, clock: Clock
) -> None:
    review = make_review(session, alice)
    clock.move(days=1)
    decide(session, review, cora, approve=False)
    clock.move(days=1)
    hand_in_again(session, review)
    clock.move(days=1)
    workflow.claim(session, review.id, by=cora)  # who reads it has not answered yet
    clock.move(days=1)
    workflow.withdraw(session, review.id, by=alice)
    clock.move(days=1)
    found = standings(session, period="4w")
    assert found["2025-03-09"] == (0, 0, 0)
    assert found["2025-03-10"] == (1, 0, 1)
    assert found["2025-03-11"] == (0, 1, 0)
    assert found["2025-03-12"] == (1, 0, 1)
    assert found["2025-03-13"] == (0, 0, 1)
    assert found["2025-03-14"] == (0, 1, 0)
    assert found["2025-03-15"] == (0, 0, 0)


def test_ages_count_from_the_last_submission(
    session: Session, alice: User, bob: User, cora: User, clock: Clock
) -> None:
    make_review(session, alice, title="Old")
    clock.move(days=6)
    for title in ("New", "Newer"):
        make_review(session, bob, title=title)
        clock.move(days=2)
    last = figures(session).standings[-1]
    assert (last.waiting, last.median_age, last.oldest_age) == (3, 4, 10)
    assert words.ages(figures(session)) == (
        "Half of what waits was handed in less than 4 days ago, the oldest 10 days ago."
    )


def test_what_was_open_before_the_period_is_there_from_its_first_day(
    session: Session, alice: User, clock: Clock
) -> None:
    make_review(session, alice)
    clock.move(days=60)
    assert standings(session, period="4w")["2025-04-12"] == (0, 0, 1)


def test_what_is_published_at_once_never_waited(
    session: Session, alice: User, clock: Clock
) -> None:
    moment = moments.of(clock.now())
    case = Case(1, moment, None, moment, 1, Outcome.AT_ONCE, (), ())
    days = Period(date(2025, 3, 10), date(2025, 3, 10), UTC)
    (only,) = queue.over_time([case], days, days.samples)
    assert (only.handed_in, only.waiting) == (0, 0)


STRETCHES = st.lists(
    st.tuples(st.integers(0, 40 * 24), st.integers(0, 30 * 24), st.booleans()), max_size=40
)


@given(STRETCHES, st.integers(0, 39))
def test_the_queue_is_as_long_as_what_came_less_what_left(
    stretches: list[tuple[int, int, bool]], skipped: int
) -> None:
    start = moments.midnight(date(2025, 1, 1), UTC)
    begin = moments.of(start)
    waits = [
        (begin + HOUR * came, None if stays else begin + HOUR * (came + stayed))
        for came, stayed, stays in stretches
    ]
    cases = [Case(1, wait[0], None, wait[1], 1, None, (wait,), ()) for wait in waits]
    first = date(2025, 1, 1) + timedelta(days=skipped)
    days = Period(first, date(2025, 2, 9), UTC)
    found = queue.over_time(cases, days, days.every_day)
    before = sum(b < moments.of(days.begin) for b, _ in waits)
    before -= sum(e is not None and e < moments.of(days.begin) for _, e in waits)
    for standing, end in zip(found, days.ends(days.every_day), strict=True):
        before += standing.handed_in - standing.left
        assert standing.waiting == before
        came = sum(b < end for b, _ in waits)
        left = sum(e is not None and e < end for _, e in waits)
        assert standing.waiting == came - left
        assert (standing.oldest_age is None) == (standing.waiting == 0)


def test_a_long_period_shows_each_seventh_day_and_the_file_has_every_day(session: Session) -> None:
    found = figures(session, period="12m")
    assert len(found.standings) == 50
    assert found.standings[-1].day == date(2025, 3, 10)
    assert len(sheets.sheet(found, "queue").rows) == found.days.days == 344


# How long it takes


def test_times_are_working_time_and_the_author_s_is_counted_apart(
    session: Session, alice: User, cora: User, clock: Clock
) -> None:
    review = make_review(session, alice)  # Monday, 9:00
    clock.move(hours=2)
    decide(session, review, cora, approve=False)
    clock.move(hours=22 + 24)  # Wednesday, 9:00: 6 + 8 hours of working time
    hand_in_again(session, review)
    clock.move(hours=24 * 2 + 5)  # Friday, 14:00
    decide(session, review, cora)
    (took,) = figures(session).took
    assert took.look == 2 * HOUR
    assert took.decision == (2 + 8 + 8 + 5) * HOUR
    assert took.with_author == (6 + 8) * HOUR


def test_what_is_decided_outside_the_days_or_by_nobody_is_not_timed(
    session: Session, alice: User, bob: User, cora: User, clock: Clock
) -> None:
    decide(session, make_review(session, alice, title="Before"), cora)
    clock.move(days=40)
    withdrawn = make_review(session, bob, title="Withdrawn")
    workflow.withdraw(session, withdrawn.id, by=bob)
    found = figures(session, period="4w")
    assert found.took == []
    assert words.decision(found) == "Nothing was decided in these days."
    assert figures(session, period="3m").times.decision.count == 1


@pytest.mark.parametrize(
    ("values", "median", "p90"),
    [
        ([5, 1, 4, 2, 3], 3, 5),
        (list(range(1, 11)), 5, 9),
        (list(range(1, 101)), 50, 90),
        ([7] * 5, 7, 7),
    ],
)
def test_half_and_nine_in_ten_took_no_longer(values: list[int], median: int, p90: int) -> None:
    spread = Spread.of(values)
    assert (spread.count, spread.median, spread.p90) == (len(values), median, p90)


@given(st.lists(st.integers(0, 1000), min_size=5))
def test_so_many_did_not_take_longer_than_the_page_says(values: list[int]) -> None:
    spread = Spread.of(values)
    assert spread.median is not None
    assert spread.p90 is not None
    assert 2 * sum(value <= spread.median for value in values) >= len(values)
    assert 10 * sum(value <= spread.p90 for value in values) >= 9 * len(values)


def test_fewer_than_five_are_too_few_to_say(
    session: Session, alice: User, cora: User, clock: Clock
) -> None:
    for n in range(4):
        review = make_review(session, alice, title=f"Text {n}")
        clock.move(hours=1)
        decide(session, review, cora)
    found = figures(session)
    assert found.times.decision == Spread(4)
    assert words.decision(found) == (
        "4 texts were decided: too few to say how long that takes, which needs 5."
    )
    for name in ("times", "times-by-topic"):
        rows = sheets.sheet(found, name).rows
        assert any(sheets.TOO_FEW in row for row in rows)
        assert not [cell for row in rows for cell in row if isinstance(cell, float)]
    assert not any(line.marks for line in drawings.decision(found).lines)


def test_times_are_told_in_plain_words(
    session: Session, alice: User, cora: User, clock: Clock
) -> None:
    for n in range(10):
        review = make_review(session, alice, title=f"Text {n}")
        clock.move(hours=3 if n < 6 else 7)
        decide(session, review, cora)
        clock.move(hours=21 if n < 6 else 17)
        while clock.now().weekday() > 4:
            clock.move(days=1)
    found = figures(session)
    assert words.decision(found) == (
        "Half of all texts are decided within 3 working hours; nine in ten within a working day."
    )
    assert words.with_author(found) == "None of them went back to its author."


@pytest.mark.parametrize(
    ("seconds", "told", "compared"),
    [
        (0, "an hour", "0 h"),
        (3 * HOUR + 600, "4 working hours", "3.2 h"),
        (8 * HOUR, "a working day", "1 day"),
        (19 * HOUR, "3 working days", "2.4 days"),
        (40 * HOUR, "a week", "5 days"),
    ],
)
def test_a_sentence_rounds_up_and_a_table_compares(seconds: int, told: str, compared: str) -> None:
    office = Calendar("UTC", dict.fromkeys(range(5), ("09:00", "17:00")))
    assert words.working(office, seconds) == told
    assert words.exactly(office, seconds) == compared


def test_a_topic_s_row_counts_all_below_it_and_the_chosen_one_has_a_row_of_its_own(
    session: Session, alice: User, cora: User
) -> None:
    sales = make_topic(session, "Sales")
    offers = make_topic(session, "Offers", parent=sales)
    prices = make_topic(session, "Prices", parent=offers)
    make_topic(session, "Travel")
    for topic in (sales, offers, prices):
        decide(session, make_review(session, alice, topic=topic, title=topic.name), cora)

    def rows(**arguments: str) -> dict[str, int]:
        found = figures(session, **arguments).times_by_topic
        return {node.name: times.decision.count for node, times in found}

    assert rows() == {"Sales": 3}
    assert rows(topic="sales") == {"Sales": 1, "Offers": 2}
    assert rows(topic="prices") == {"Prices": 1}


@given(
    st.integers(0, 86400 * 200),
    st.integers(0, 86400 * 60),
    st.sampled_from(["UTC", "Europe/Berlin"]),
)
def test_working_time_is_what_the_calendar_says(start: int, length: int, zone: str) -> None:
    calendar = Calendar(
        zone, dict.fromkeys((0, 1, 2, 3, 6), ("01:30", "17:00")), {date(2025, 5, 1)}
    )
    origin = moments.midnight(date(2025, 1, 20), UTC)
    begin, end = origin + timedelta(seconds=start), origin + timedelta(seconds=start + length)
    worked = Worked(calendar, moments.of(begin), moments.of(end))
    assert worked.between(moments.of(begin), moments.of(end)) == calendar.between(begin, end)


# What comes of it


def test_each_outcome_is_counted_where_it_belongs(
    session: Session, alice: User, cora: User, carl: User
) -> None:
    make_topic(session, "Lenient")
    strict = make_topic(session, "Strict")
    set_policy(session, strict, make_user(session, role=Role.ADMIN), approvals=2)
    for state in (State.APPROVED, State.DECLINED, State.WITHDRAWN, State.SUBMITTED):
        make_review(session, alice, state=state, curator=cora, title=state)
    edited = make_review(session, alice, state=State.IN_REVIEW, curator=cora, title="Edited")
    text = edit(session, _draft(session, edited), body="Better.")
    workflow.edit_and_approve(
        session, edited.id, **reading(edited), text=text, rendering=rendering_for(text), by=cora
    )
    twice = make_review(session, alice, topic=strict, title="Twice")
    for curator in (cora, carl):
        decide(session, twice, curator)
    there = make_article(session, cora, title="There already")
    same = make_review(session, alice, state=State.IN_REVIEW, curator=cora, title="Same")
    workflow.merge_into(
        session,
        same.id,
        **reading(same),
        target=there,
        text=None,
        rendering=None,
        reason="",
        by=cora,
    )
    found = figures(session).outcomes
    assert found.total == Counter(
        {
            Outcome.APPROVED: 1,
            Outcome.EDITED: 1,
            Outcome.BY_TWO: 1,
            Outcome.DECLINED: 1,
            Outcome.DUPLICATE: 1,
            Outcome.WITHDRAWN: 1,
        }
    )
    assert found.by_span[-1] == found.total
    assert words.outcomes(figures(session)) == "6 reviews ended; 50% with a text that readers got."


def _draft(session: Session, review: Review) -> Any:
    """A working copy to take a curator's edit from; the review itself stays as it is."""
    revision = review.revision
    return make_draft(
        session,
        make_user(session),
        title=revision.title,
        summary=revision.summary,
        body=revision.body,
        topic=revision.topic,
    )


def test_rounds_are_those_of_texts_that_were_decided(
    session: Session, alice: User, cora: User
) -> None:
    make_review(session, alice, state=State.APPROVED, curator=cora, title="At once")
    make_review(session, alice, state=State.WITHDRAWN, title="Withdrawn")
    again = make_review(session, alice, title="Again")
    for _ in range(5):
        decide(session, again, cora, approve=False)
        hand_in_again(session, again)
    decide(session, again, cora)
    found = figures(session)
    assert found.rounds == [1, 0, 0, 1]
    assert words.rounds(found) == "50% of 2 texts were decided in the first round."


def test_checklist_items_are_listed_by_how_often_they_fail(
    session: Session, alice: User, cora: User
) -> None:
    for n, (when, follow) in enumerate([(False, True), (False, False), (True, True)]):
        review = make_review(session, alice, state=State.IN_REVIEW, curator=cora, title=f"Text {n}")
        checklist.record(
            session,
            review.id,
            [Verdict("when", when), Verdict("follow", follow), Verdict("right", True)],
            version=review.version,
            by=cora,
        )
    found = figures(session).checklist
    assert [(each.text[:30], each.missing, each.answers) for each in found] == [
        ("It says at the beginning who n", 2, 3),
        ("A colleague can follow it with", 1, 3),
    ]
    make_topic(session, "Empty")
    assert figures(session, topic="empty").checklist == []


# Who


def test_different_people_are_counted_once_and_the_curator_who_helped_is_not(
    session: Session, alice: User, bob: User, cora: User, clock: Clock
) -> None:
    make_review(session, alice, state=State.APPROVED, curator=cora, title="Long ago")
    clock.move(days=100)
    for n in range(2):
        make_review(session, alice, state=State.APPROVED, curator=cora, title=f"Alice {n}")
    clock.move(days=7)
    together = make_review(session, alice, coauthors=[bob], title="Together")
    decide(session, together, cora)
    make_review(session, bob, state=State.DECLINED, curator=cora, title="Not this")
    make_article(session, cora, title="Brought in from elsewhere")
    found = figures(session, period="4w").contributors
    assert (found.total.everybody, found.total.new) == (2, 1)
    assert [(each.everybody, each.new) for each in found.by_span] == [
        (0, 0),
        (0, 0),
        (1, 0),
        (2, 1),
    ]
    assert words.contributors(figures(session, period="4w")) == (
        "2 different people had a text published, 1 of them for the first time."
    )


# Trust


def test_what_is_verified_and_what_is_overdue_now_and_before(
    session: Session, alice: User, cora: User, ada: User, clock: Clock
) -> None:
    topic = make_topic(session, "Travel")
    set_policy(session, topic, ada, verify_every_days=30)
    checked, changed, archived = (
        make_article(session, alice, approver=cora, topic=topic, title=title)
        for title in ("Checked", "Changed", "Archived")
    )
    clock.move(days=10)
    archived.archived_at = clock.now()
    clock.move(days=25)  # since five days all of them are due
    verification.verify(session, checked, seen=checked.live_revision_id or 0, by=cora)
    clock.move(days=1)
    changed.check_reason = "The form is now v3."
    found = figures(session, period="3m")
    assert (found.trust.now.articles, found.trust.now.verified) == (2, 1)
    assert (found.trust.now.overdue, found.trust.needs_check) == (1, 1)
    assert words.verification(found) == (
        "Now 50% of 2 published articles are verified; 1 overdue for a check,"
        " and 1 because something changed."
    )
    days = {
        each.day: (each.articles, each.verified, each.overdue) for each in found.trust.over_time
    }
    start = date(2025, 3, 10)
    assert min(days) == start  # nothing was written down before
    assert days[start + timedelta(days=9)] == (3, 3, 0)
    assert days[start + timedelta(days=10)] == (2, 2, 0)
    assert days[start + timedelta(days=30)] == (2, 0, 2)
    assert days[start + timedelta(days=35)] == (2, 1, 1)


# Flags


def test_flags_are_counted_by_when_they_were_opened_and_closed(
    session: Session, alice: User, bob: User, cora: User, clock: Clock
) -> None:
    article = make_article(session, alice, approver=cora)
    for n, state in enumerate([FlagState.UPHELD] * 4 + [FlagState.REJECTED, FlagState.OPEN]):
        flag = _flag(session, article, make_user(session, f"Reader {n}"))
        clock.move(hours=n)
        if state is not FlagState.OPEN:
            flags.close(
                session, flag.id, version=flag.version, state=state, outcome="Thanks.", by=cora
            )
        clock.move(hours=24 - n)
    found = figures(session, period="4w")
    assert sum(found.flags.opened) == 6
    assert found.flags.outcomes == Counter({FlagState.UPHELD: 4, FlagState.REJECTED: 1})
    assert (found.flags.time.median, found.flags.still_open) == (2 * HOUR, 1)
    assert words.flags(found) == ("6 flags opened, 5 closed (4 upheld, 1 rejected); 1 is open now.")
    assert words.flag_time(found) == "Half of them are closed within 2 working hours."
    assert sheets.sheet(found, "flag-reasons").rows[0] == ("Wrong", 6)
    clock.move(days=60)
    later = figures(session, period="4w").flags
    assert (sum(later.opened), later.time.count, later.still_open) == (0, 0, 1)


def _flag(session: Session, article: Article, by: User) -> Any:
    revision = article.live_revision_id or 0
    return flags.open_flag(
        session, article, revision_id=revision, reason="wrong", text="No.", by=by
    )


# All of them


def test_every_figure_says_something_of_an_empty_company(session: Session) -> None:
    for arguments in ({}, {"period": "12m"}, {"from": "2025-03-10"}):
        found = figures(session, **arguments)
        said = words.sentences(found)
        assert all(said.values()) == (said["flag_time"] != "")
        assert drawings.all_of(found)
        for name in sheets.NAMES:
            sheet = sheets.sheet(found, name)
            assert all(len(row) == len(sheet.heads) for row in sheet.rows)


def test_a_figure_that_does_not_exist_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        sheets.sheet(figures(session), "ranking")


def test_more_reviews_need_no_more_queries(session: Session, alice: User, cora: User) -> None:
    def asked(topic: Topic) -> int:
        session.expire_all()
        statements: list[str] = []

        def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
            statements.append(statement)

        sa.event.listen(session.get_bind(), "before_cursor_execute", note)
        found = figures(session, topic=topic.slug)
        words.sentences(found)
        drawings.all_of(found)
        sheets.beside_plots(found)
        assert found.checklist == []
        sa.event.remove(session.get_bind(), "before_cursor_execute", note)
        return len([each for each in statements if each.startswith("SELECT")])

    topic = make_topic(session, "Travel")
    make_review(session, alice, topic=topic, title="One")
    few = asked(topic)
    for n in range(6):
        review = make_review(session, make_user(session), topic=topic, title=f"Text {n}")
        decide(session, review, cora, approve=n % 2 == 0)
    assert asked(topic) == few <= 13
