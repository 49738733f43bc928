"""The queue: its order, what each filter leaves, and what each person may see of it."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from curation import benefit, queries, workflow
from curation.filters import QueueFilter
from curation.models import Review, Sample, State
from curation.queue import View, look
from curation.queue_rows import rows
from curation.why import span, why
from kb.models import ArticleDemand, ArticleViews, Kind, TopicSlug
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
    submit,
)

pytestmark = pytest.mark.usefixtures("clock")


def view(session: Session, user: User, after: int = 0, **chosen: Any) -> View:
    session.flush()
    return look(session, user, QueueFilter(**chosen), after=after)


def shown(session: Session, user: User, **chosen: Any) -> list[Review]:
    lines = view(session, user, **chosen).lines()
    return [session.get_one(Review, line.id) for line in lines]


def demand(session: Session, review: Review, searchers: int, now: Clock) -> None:
    session.add(ArticleDemand(article_id=review.article_id, searchers=searchers, at=now.now()))
    benefit.refresh(session, [review.article_id])


# The order


def test_what_people_search_for_comes_before_what_waits_longer(
    session: Session, alice: User, cora: User, clock: Clock
) -> None:
    older = make_review(session, alice, title="One")
    clock.move(days=1)
    wanted = make_review(session, alice, title="Two")
    demand(session, wanted, 12, clock)
    assert shown(session, cora) == [wanted, older]
    assert shown(session, cora, order="age") == [older, wanted]
    assert queries.position(session, wanted) == 1
    assert queries.position(session, older) == 2


def test_among_equals_those_waiting_longest_come_first(
    session: Session, alice: User, cora: User, clock: Clock
) -> None:
    waiting = []
    for title in ("One", "Two", "Six"):
        waiting.append(make_review(session, alice, title=title))
        clock.move(hours=1)
    assert shown(session, cora) == waiting
    assert [queries.position(session, review) for review in waiting] == [1, 2, 3]


def test_waiting_long_enough_comes_before_any_demand(
    session: Session, alice: User, cora: User, clock: Clock
) -> None:
    old = make_review(session, alice, title="Old")
    clock.move(days=30)
    wanted = make_review(session, alice, title="New")
    demand(session, wanted, 1000, clock)
    assert shown(session, cora) == [old, wanted]


def test_time_that_passes_changes_no_place(
    session: Session, alice: User, cora: User, clock: Clock
) -> None:
    first = make_review(session, alice, title="One")
    clock.move(hours=3)
    second = make_review(session, alice, title="Two")
    demand(session, second, 3, clock)
    before = [(review, benefit.of(review)) for review in shown(session, cora)]
    clock.move(days=400)
    assert [(review, benefit.of(review)) for review in shown(session, cora)] == before
    assert {first, second} == {review for review, _ in before}


def test_points_grow_with_everything_that_readers_gain() -> None:
    plain: dict[str, Any] = {
        "searchers": 1,
        "views": 10,
        "size": 50,
        "is_change": True,
        "first_time": False,
    }
    least = benefit.points(**plain)
    for more in ({"searchers": 2}, {"views": 20}, {"size": 90}, {"first_time": True}):
        assert benefit.points(**(plain | more)) > least
    small, large = ({**plain, "size": size, "views": 500} for size in (3, 400))
    assert benefit.points(**large) - benefit.points(**small) > 6  # its views weigh in as well
    assert benefit.points(**{**plain, "is_change": False}) < least  # nobody reads it yet


def test_demand_that_changes_moves_what_is_open_and_leaves_what_is_decided(
    session: Session, alice: User, cora: User, clock: Clock
) -> None:
    decided = make_review(session, alice, title="A", state=State.APPROVED, curator=cora)
    open_one = make_review(session, alice, title="B")
    before = decided.benefit
    for review in (decided, open_one):
        demand(session, review, 9, clock)
    assert (decided.searchers, decided.benefit) == (0, before)
    assert open_one.searchers == 9
    assert open_one.benefit == benefit.of(open_one)


def test_the_views_of_the_live_article_are_counted_daily(
    session: Session, alice: User, bob: User, clock: Clock
) -> None:
    article = make_article(session, alice)
    review = make_review(session, bob, article=article, body="Another text.")
    session.add(ArticleViews(article_id=article.id, day=clock.now().date(), views=40))
    session.flush()
    benefit.refresh_all(session)
    assert review.views == 40
    assert review.benefit == benefit.of(review)


# The filters


def test_the_queue_shows_what_waits_or_is_being_read_unless_asked_otherwise(
    session: Session, alice: User, cora: User
) -> None:
    reviews = {
        state: make_review(session, alice, title=state.value, state=state, curator=cora)
        for state in State
    }
    assert set(shown(session, cora)) == {reviews[State.SUBMITTED], reviews[State.IN_REVIEW]}
    for state in (State.SUBMITTED, State.IN_REVIEW, State.CHANGES_REQUESTED):
        assert shown(session, cora, state=state.value) == [reviews[state]]


def test_a_claim_that_ran_out_counts_as_waiting(
    session: Session, alice: User, cora: User, clock: Clock
) -> None:
    review = make_review(session, alice, state=State.IN_REVIEW, curator=cora)
    assert shown(session, cora, mine=True) == [review]
    clock.move(minutes=30)
    assert shown(session, cora, state="submitted") == [review]
    assert shown(session, cora, unclaimed=True) == [review]
    assert shown(session, cora, mine=True) == []


def test_the_filters_narrow_together(session: Session, alice: User, cora: User) -> None:
    people = make_topic(session, "People")
    pay, travel = make_topic(session, "Pay", parent=people), make_topic(session, "Travel")
    howto = make_review(session, alice, title="A", topic=pay)
    story = make_review(session, alice, title="B", topic=pay, kind=Kind.STORY)
    other = make_review(
        session, alice, title="C", topic=travel, state=State.IN_REVIEW, curator=cora
    )
    assert set(shown(session, cora, topic="people")) == {howto, story}
    assert shown(session, cora, topic="people", kind="story") == [story]
    assert shown(session, cora, mine=True) == [other]
    assert shown(session, cora, topic="pay", mine=True) == []


def test_authors_teams_and_first_timers_can_be_looked_for(
    session: Session, bob: User, cora: User
) -> None:
    dora = make_user(session, "Dora", team="Service")
    make_article(session, dora, title="Published already")
    hers, his = make_review(session, dora, title="A"), make_review(session, bob, title="B")
    assert shown(session, cora, author="dora") == [hers]
    assert shown(session, cora, team="Service") == [hers]
    assert shown(session, cora, first=True) == [his]
    assert shown(session, cora, author="cora") == []  # somebody, but nothing of theirs waits


def test_new_articles_changes_and_their_size_can_be_told_apart(
    session: Session, alice: User, bob: User, cora: User
) -> None:
    live = make_article(session, alice, body="One two three.")
    small = make_review(session, bob, article=live, body="One two four.")
    large = make_review(
        session, alice, article=make_article(session, alice, title="B"), body="word " * 400
    )
    new = make_review(session, bob, title="C", body="word " * 100)
    assert shown(session, cora, article="new") == [new]
    assert set(shown(session, cora, article="live")) == {small, large}
    assert shown(session, cora, size="small") == [small]
    assert shown(session, cora, size="medium") == [new]
    assert shown(session, cora, size="large") == [large]


def test_what_is_overdue_or_asked_of_somebody_can_be_looked_for(
    session: Session, alice: User, cora: User, carl: User, clock: Clock
) -> None:
    late, asked = make_review(session, alice, title="A"), make_review(session, alice, title="B")
    late.due_at, asked.due_at = clock.move(hours=1), clock.now().replace(year=2030)
    workflow.assign(session, asked.id, to=cora, by=carl)
    clock.move(hours=1)
    assert shown(session, cora, overdue=True) == [late]
    assert shown(session, cora, assigned=True) == [asked]
    assert shown(session, carl, assigned=True) == []


def test_samples_stand_apart_from_what_is_open(session: Session, alice: User, cora: User) -> None:
    sample = make_review(session, alice, title="A", state=State.APPROVED, curator=cora)
    looked_at = make_review(session, alice, title="B", state=State.APPROVED, curator=cora)
    sample.sample, looked_at.sample = Sample.WAITING, Sample.FINE
    assert shown(session, cora) == []
    assert shown(session, cora, state="samples") == [sample]


def test_yours_are_those_that_one_may_decide_now(
    session: Session, alice: User, cora: User, carl: User
) -> None:
    anything, sales = make_topic(session, "Any"), make_topic(session, "Sales", curators=[carl])
    open_one = make_review(session, alice, title="A", topic=anything)
    held = make_review(
        session, alice, title="B", topic=anything, state=State.IN_REVIEW, curator=cora
    )
    make_review(session, alice, title="C", topic=sales)
    own = make_review(session, cora, title="D", topic=anything)
    helped = make_review(session, alice, title="E", topic=anything, coauthors=[cora])
    assert set(shown(session, cora, yours=True)) == {open_one, held}
    elsewhere = make_user(session, "Dora", role=Role.CURATOR)
    assert set(shown(session, elsewhere, yours=True)) == {open_one, own, helped}


def test_who_helped_with_an_earlier_round_has_it_not_among_theirs(
    session: Session, alice: User, cora: User, carl: User
) -> None:
    draft = make_draft(session, alice, coauthors=[carl])
    make_review(session, alice, draft=draft, state=State.CHANGES_REQUESTED, curator=cora)
    again = submit(session, edit(session, draft, body="Another text.", coauthor_ids=()))
    assert shown(session, carl, yours=True) == []
    assert shown(session, cora, yours=True) == [again]


def test_values_that_mean_nothing_are_left_out() -> None:
    address = {"kind": "poem", "state": "approved", "size": "huge", "mine": "yes", "order": "1"}
    assert QueueFilter.parse(address) == QueueFilter()


def test_topics_and_people_that_nobody_knows_are_left_out(
    session: Session, alice: User, cora: User
) -> None:
    review = make_review(session, alice)
    unknown: list[dict[str, Any]] = [{n: "no-such-thing"} for n in ("topic", "author", "team")]
    for chosen in unknown:
        seen = view(session, cora, **chosen)
        assert [line.id for line in seen.lines()] == [review.id]
        assert not seen.filter.is_narrowed


def test_a_topic_is_found_by_its_former_address(session: Session, alice: User, cora: User) -> None:
    pay = make_topic(session, "Pay")
    session.add(TopicSlug(slug="wages", topic_id=pay.id))
    review = make_review(session, alice, topic=pay)
    make_review(session, alice, title="B", topic=make_topic(session, "Travel"))
    assert shown(session, cora, topic="wages") == [review]


def test_a_filter_survives_the_way_through_the_address() -> None:
    chosen = QueueFilter(topic="pay", state="submitted", article="new", yours=True, order="age")
    assert QueueFilter.parse(chosen.arguments()) == chosen
    assert chosen.query() == "topic=pay&state=submitted&article=new&yours=1&order=age"


# The counts


def test_the_counts_follow_the_other_filters(session: Session, alice: User, cora: User) -> None:
    people = make_topic(session, "People")
    pay, travel = make_topic(session, "Pay", parent=people), make_topic(session, "Travel")
    make_review(session, alice, title="A", topic=travel)
    make_review(session, alice, title="B", topic=travel, kind=Kind.STORY)
    make_review(session, alice, title="C", topic=pay, state=State.CHANGES_REQUESTED, curator=cora)
    seen = view(session, cora, state="submitted", kind="story")
    assert seen.counts("state") == {"submitted": 1}
    assert seen.counts("kind") == {"howto": 1, "story": 1}
    assert seen.counts_by_topic() == {travel.id: 1}
    everywhere = view(session, cora, state="changes_requested").counts_by_topic()
    assert everywhere == {people.id: 1, pay.id: 1}
    assert view(session, cora, topic="people").counts_by_topic() == {travel.id: 2}
    assert view(session, cora).count(QueueFilter(topic="travel", kind="story")) == 1


def test_the_counts_of_authors_and_teams_leave_each_other_out(session: Session, cora: User) -> None:
    dora, emil = (make_user(session, name, team="Service") for name in ("Dora", "Emil"))
    for author in (dora, emil):
        make_review(session, author, title=author.name)
    seen = view(session, cora, author="dora")
    assert seen.counts_by_author() == {dora.id: 1, emil.id: 1}
    assert seen.counts_by_author(for_="team") == {dora.id: 1}


# Who sees what


def test_who_is_named_for_one_topic_sees_that_one_only(
    session: Session, alice: User, bob: User, ada: User
) -> None:
    payroll = make_topic(session, "Payroll", curators=[bob])
    below = make_topic(session, "Bonus", parent=payroll)
    theirs = {
        make_review(session, alice, title="A", topic=payroll),
        make_review(session, alice, title="B", topic=below),
    }
    make_review(session, alice, title="C", topic=make_topic(session, "Travel"))
    assert set(shown(session, bob)) == theirs
    assert view(session, bob).counts("state") == {"submitted": 2}
    assert len(shown(session, ada)) == 3
    assert shown(session, alice) == []


def test_the_number_in_the_navigation_leaves_out_ones_own_and_what_others_decide(
    session: Session, alice: User, bob: User, cora: User, clock: Clock
) -> None:
    payroll = make_topic(session, "Payroll", curators=[bob])
    travel = make_topic(session, "Travel")
    make_review(session, alice, title="A", topic=travel)
    make_review(session, alice, title="B", topic=payroll)
    make_review(session, cora, title="C", topic=travel)
    make_review(session, alice, title="D", topic=travel, coauthors=[cora])
    make_review(session, alice, title="E", topic=travel, state=State.IN_REVIEW, curator=cora)
    assert queries.waiting_for(session, cora) == 1
    assert queries.waiting_for(session, bob) == 1
    assert queries.waiting_for(session, alice) is None
    clock.move(minutes=30)
    assert queries.waiting_for(session, cora) == 2


def test_the_first_in_line_are_those_that_help_most(
    session: Session, alice: User, bob: User, cora: User, clock: Clock
) -> None:
    make_topic(session, "Travel")
    payroll = make_topic(session, "Payroll", curators=[bob])
    first, second = (make_review(session, alice, title=title) for title in ("A", "B"))
    last = make_review(session, alice, title="C", topic=payroll)
    demand(session, second, 5, clock)
    assert queries.first_in_line(session, cora, limit=2) == (3, [second, first])
    assert queries.first_in_line(session, bob, limit=2) == (1, [last])


def test_ones_submissions_show_the_open_ones_first(
    session: Session, alice: User, bob: User, cora: User, clock: Clock
) -> None:
    old = make_review(session, alice, title="Old")
    clock.move(days=1)
    done = make_review(session, alice, title="Done", state=State.APPROVED, curator=cora)
    clock.move(days=1)
    new = make_review(session, alice, title="New", coauthors=[bob])
    assert list(queries.submissions_of(session, alice)) == [new, old, done]
    assert list(queries.submissions_of(session, bob)) == [new]


def test_reviews_of_an_article_are_for_its_authors_and_curators(
    session: Session, alice: User, bob: User, cora: User
) -> None:
    article = make_article(session, make_user(session))
    mine = make_review(session, alice, article=article, body="Mine.")
    theirs = make_review(session, bob, article=article, body="Theirs.")
    assert list(queries.of_article(session, cora, article.id)) == [theirs, mine]
    assert list(queries.of_article(session, alice, article.id)) == [mine]
    assert list(queries.of_article(session, make_user(session), article.id)) == []


# Why it stands there


def sentence(session: Session, user: User, review: Review, now: Clock, **chosen: Any) -> str:
    seen = view(session, user, **chosen)
    (row,) = rows(session, seen, seen.chosen([review.id]))
    return why(row, user, now.now())


def test_a_row_says_why_it_stands_where_it_stands(
    session: Session, alice: User, bob: User, cora: User, clock: Clock
) -> None:
    sales = make_topic(session, "Sales")
    make_article(session, bob, title="Another of Bob's", topic=sales)
    review = make_review(session, bob, topic=sales)
    demand(session, review, 12, clock)
    review.due_at = None
    clock.move(days=2)
    said = "12 people searched for this last week; waits 2 days; topic Sales"
    assert sentence(session, cora, review, clock) == said


def test_the_sentence_tells_a_small_change_to_what_is_read_and_overdue(
    session: Session, alice: User, bob: User, cora: User, clock: Clock
) -> None:
    article = make_article(session, alice, body="One two three.", topic=make_topic(session, "IT"))
    review = make_review(session, alice, article=article, body="One two four.")
    review.views, review.due_at = 1, clock.move(hours=1)
    clock.move(hours=3)
    assert sentence(session, cora, review, clock) == (
        "Overdue by 3 hours; the article was read once last month; waits 4 hours; topic IT;"
        " small change: 1 word"
    )


def test_the_sentence_tells_who_read_the_round_before(
    session: Session, alice: User, cora: User, carl: User, clock: Clock
) -> None:
    draft = make_draft(session, alice)
    make_review(session, alice, draft=draft, state=State.CHANGES_REQUESTED, curator=cora)
    review = submit(session, edit(session, draft, body="Another text."))
    assert "you read it last round" in sentence(session, cora, review, clock).lower()
    assert "you read it last round" not in sentence(session, carl, review, clock).lower()
    assert "first article of its author" in sentence(session, carl, review, clock)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "less than a minute"),
        (1, "1 minute"),
        (59, "59 minutes"),
        (60, "1 hour"),
        (47 * 60, "47 hours"),
        (48 * 60, "2 days"),
    ],
)
def test_a_stretch_of_time_is_said_in_one_word_and_one_number(minutes: int, words: str) -> None:
    assert span(timedelta(minutes=minutes)) == words


# Passing items


def test_lines_before_the_place_reached_are_passed_also_when_that_one_is_decided(
    session: Session, alice: User, cora: User, clock: Clock
) -> None:
    waiting = []
    for title in "ABC":
        waiting.append(make_review(session, alice, title=title))
        clock.move(hours=1)
    workflow.claim(session, waiting[1].id, by=cora)
    workflow.approve(session, waiting[1].id, **reading(waiting[1]), by=cora)
    for order in ("", "age"):
        lines = view(session, cora, after=waiting[1].id, order=order).lines()
        passed = {line.id: line.profile.passed for line in lines}
        assert passed == {waiting[0].id: True, waiting[2].id: False}


# What is read


@pytest.mark.parametrize("number", [3, 60])
def test_no_text_is_read_and_no_row_costs_a_query(
    session: Session, alice: User, cora: User, number: int
) -> None:
    for place in range(number):
        make_review(session, alice, title=f"Text {place}")
    session.commit()
    session.expire_all()
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    engine = session.get_bind()
    sa.event.listen(engine, "before_cursor_execute", note)
    seen = look(session, cora, QueueFilter(topic="travel"))
    assert len(rows(session, seen, seen.lines(0, 20))) == min(number, 20)
    sa.event.remove(engine, "before_cursor_execute", note)
    asked = [statement for statement in statements if statement.startswith("SELECT")]
    assert len(asked) == 10
    assert not any("revision.body" in statement for statement in asked)
