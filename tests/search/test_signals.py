"""Signals of trust and use: each in its direction, all within bounds, none about who may see what."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from core import clock as clock_module
from kb import flags, plans
from kb.models import Article
from people.models import User
from search import signals
from search.forward import Record, encode
from search.fusion import fuse
from search.models import SearchRecord
from search.ranking import Ranked
from search.signals import Facts, Signal, factor, read
from tests.conftest import Clock
from tests.factories import make_article, said

NOW = datetime(2025, 3, 10, 9, 0, tzinfo=UTC)
PLAIN = Facts(1)
CHECKED = replace(
    PLAIN,
    verified_at=datetime(2024, 10, 2, tzinfo=UTC),
    verified_by_name="Mette Dahl",
    verify_due_at=NOW + timedelta(days=1),
)

moments = st.none() | st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(
    lambda moment: moment.replace(tzinfo=UTC)
)
counts = st.integers(0, 100_000)
facts = st.builds(
    Facts,
    id=st.just(1),
    verified_at=moments,
    verified_by_name=st.none() | st.just("Mette Dahl"),
    verify_due_at=moments,
    check_reason=st.sampled_from(["", "Gate is now 8.2"]),
    worked=counts,
    failed=counts,
    flagged=st.booleans(),
    retires_at=moments,
    opened=counts,
)


def percent(facts: Facts) -> float:
    return round((factor(facts, NOW).factor - 1) * 100, 2)


def words(facts: Facts) -> list[str]:
    return [str(part) for part in factor(facts, NOW).parts]


# What each of them does


def test_an_article_of_which_nothing_is_known_keeps_its_score() -> None:
    assert factor(PLAIN, NOW) == signals.Signal(1.0)


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (CHECKED, "Checked by Mette Dahl in October 2024: +3 %"),
        (replace(CHECKED, verified_at=NOW), "Checked by Mette Dahl in March: +3 %"),
        (replace(CHECKED, verify_due_at=NOW), "A check was due in March: -3 %"),
        (replace(PLAIN, check_reason="Gate is 8.2"), "Needs a check: Gate is 8.2: -2 %"),
        (replace(PLAIN, flagged=True), "A reader says that it is wrong or out of date: -2 %"),
        (replace(PLAIN, worked=1), "Worked for 1 of 1 person: +0.4 %"),
        (replace(PLAIN, failed=1), "Worked for 0 of 1 person: -0.4 %"),
        (replace(PLAIN, worked=12, failed=2), "Worked for 12 of 14 people: +1.7 %"),
        (replace(PLAIN, opened=1), "Opened after 1 search for the same words: +0.4 %"),
        (replace(PLAIN, opened=8), "Opened after 8 searches for the same words: +2 %"),
        (replace(PLAIN, retires_at=NOW), "To be archived in March: -6 %"),
    ],
)
def test_each_signal_says_what_it_does(known: Facts, said: str) -> None:
    assert words(known) == [said]


def test_a_check_is_worth_nothing_once_what_it_rests_on_has_changed() -> None:
    assert percent(replace(CHECKED, check_reason="Gate is 8.2")) == -2


def test_as_many_for_whom_it_worked_as_not_say_nothing() -> None:
    assert words(replace(PLAIN, worked=7, failed=7)) == []


def test_what_goes_beyond_the_bounds_is_said_too() -> None:
    worst = replace(
        PLAIN, verify_due_at=NOW, flagged=True, failed=10_000, retires_at=NOW + timedelta(days=9)
    )
    assert percent(worst) == -9
    assert words(worst)[-1] == "Together at most -9 %: +6 %"


# What holds for all of them


@given(facts)
def test_all_signals_together_stay_within_their_bounds(known: Facts) -> None:
    found = factor(known, NOW)
    assert 0.91 <= found.factor <= 1.10
    assert found == factor(known, NOW)


@given(facts)
def test_the_parts_add_up_to_the_whole(known: Facts) -> None:
    found = factor(known, NOW)
    assert sum(part.percent for part in found.parts) == pytest.approx((found.factor - 1) * 100)


@given(facts, facts, st.floats(0.001, 1_000))
def test_what_fits_by_22_percent_better_stays_above(
    better: Facts, worse: Facts, score: float
) -> None:
    """The right article is never buried by what is known of another one."""
    assert score * 1.22 * factor(better, NOW).factor > score * factor(worse, NOW).factor


@given(facts, st.integers(1, 1000))
def test_more_who_say_that_it_worked_never_harm_and_more_who_say_not_never_help(
    known: Facts, more: int
) -> None:
    before = factor(known, NOW).factor
    assert factor(replace(known, worked=known.worked + more), NOW).factor >= before
    assert factor(replace(known, failed=known.failed + more), NOW).factor <= before
    assert factor(replace(known, opened=known.opened + more), NOW).factor >= before


@given(facts)
def test_bad_news_never_helps(known: Facts) -> None:
    before = factor(known, NOW).factor
    for news in (
        {"check_reason": "Gate is 8.2"},
        {"flagged": True},
        {"verify_due_at": NOW},
        {"retires_at": NOW},
    ):
        assert factor(replace(known, **news), NOW).factor <= before


@given(facts)
def test_a_check_in_time_never_harms(known: Facts) -> None:
    checked = replace(known, verified_at=NOW, verify_due_at=NOW + timedelta(days=1))
    assert factor(checked, NOW).factor >= factor(known, NOW).factor


# Where they come from


@pytest.fixture
def article(session: Session, alice: User, cora: User, clock: Clock) -> Article:
    return make_article(session, alice, approver=cora)


def known(session: Session, article: Article, key: str = "vpn") -> Facts:
    session.flush()
    return read(session, [article.id], key)[article.id]


def searched(
    session: Session, article: Article, by: User | None, key: str = "vpn", **facts: object
) -> SearchRecord:
    """Somebody searched for the key and opened the article."""
    values = {"at": clock_module.now(), "opened_id": article.id, "rank": 1, **facts}
    user_id = by.id if by else None
    record = SearchRecord(query=key, key=key, found=1, user_id=user_id, **values)
    session.add(record)
    session.flush()
    return record


def test_who_checked_it_and_what_readers_said_are_read(
    session: Session, article: Article, bob: User, cora: User, clock: Clock
) -> None:
    said(session, article, bob)
    said(session, article, cora, worked=False)
    found = known(session, article)
    assert (found.verified_by_name, found.verified_at) == ("Cora", clock.now())
    assert found.verify_due_at == article.verify_due_at
    assert (found.worked, found.failed) == (1, 1)


@pytest.mark.parametrize(
    ("reason", "counts"), [("wrong", True), ("out_of_date", True), ("confusing", False)]
)
def test_an_open_flag_counts_if_it_is_about_what_is_true(
    session: Session, article: Article, alice: User, bob: User, reason: str, counts: bool
) -> None:
    live = article.live_revision_id or 0
    flag = flags.open_flag(session, article, revision_id=live, reason=reason, text="No.", by=bob)
    assert known(session, article).flagged is counts
    flags.close(
        session, flag.id, version=1, state="rejected", outcome="It is as it says.", by=alice
    )
    assert not known(session, article).flagged


def test_what_is_to_be_archived_is_known_until_that_is_stopped(
    session: Session, article: Article, ada: User, clock: Clock
) -> None:
    at = clock.now() + timedelta(days=30)
    plan = plans.plan_retirement(session, article, at=at, reason="Then it is over.", by=ada)
    assert known(session, article).retires_at == at
    plans.cancel(session, plan.id, by=ada)
    assert known(session, article).retires_at is None


def test_each_person_who_opened_it_after_these_words_counts_once(
    session: Session, article: Article, bob: User, cora: User
) -> None:
    for person in (bob, bob, cora, None, None):
        searched(session, article, person)
    assert known(session, article).opened == 4  # of the nameless nobody knows who is who
    assert known(session, article, key="printer").opened == 0
    assert known(session, article, key="").opened == 0


def test_what_was_left_at_once_did_not_work_or_is_long_ago_does_not_count(
    session: Session, article: Article, clock: Clock
) -> None:
    searched(session, article, None)
    clock.move(days=366)
    other = searched(session, article, None, key="hotel wifi")
    searched(session, article, None, refined_to_id=other.id)
    searched(session, article, None, worked=False)
    assert known(session, article).opened == 0
    searched(session, article, None, worked=True)
    assert known(session, article).opened == 1


def test_however_many_are_asked_about_there_are_two_queries(
    session: Session, alice: User, cora: User
) -> None:
    ids = [make_article(session, alice, approver=cora, title=f"No. {n}").id for n in range(5)]
    asked: list[str] = []
    engine = session.get_bind().engine
    sa.event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    assert set(read(session, ids, "vpn")) == set(ids)
    assert len(asked) == 2


# Among others


@given(
    st.lists(st.floats(0, 10), min_size=1, max_size=40),
    st.lists(facts, min_size=40, max_size=40),
    st.integers(1, 10),
)
def test_the_first_are_the_same_if_those_are_judged_alone_that_may_be_among_them(
    scores, known, wanted
):
    nothing = Record(encode({}, [0] * 5, [0] * 5, []))
    ranked = [
        Ranked(id_, "", score, nothing, ())
        for id_, score in enumerate(sorted(scores, reverse=True))
    ]

    def judge(ids: Sequence[int]) -> dict[int, Signal]:
        return {id_: factor(known[id_], NOW) for id_ in ids}

    all_judged = fuse(ranked, {}, 0.0, judge, len(ranked))
    assert all(scored.signal for scored in all_judged)
    assert fuse(ranked, {}, 0.0, judge, wanted)[:wanted] == all_judged[:wanted]


def test_what_cannot_be_among_the_first_is_not_judged_unless_it_is_pinned():
    nothing = Record(encode({}, [0] * 5, [0] * 5, []))
    ranked = [Ranked(id_, "", score, nothing, ()) for id_, score in [(1, 8.0), (2, 7.0), (3, 1.0)]]
    asked: list[int] = []

    def judge(ids: Sequence[int]) -> dict[int, Signal]:
        asked.extend(ids)
        return {}

    fuse(ranked, {}, 0.0, judge, 1)
    assert asked == [1, 2]
    asked.clear()
    fuse(ranked, {}, 0.0, judge, 1, pinned=[3])
    assert asked == [1, 2, 3]
