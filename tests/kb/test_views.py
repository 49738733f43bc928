"""Views of articles: whose count, which are the same, and what is known afterwards."""

from collections.abc import Callable
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import tally
from core.db import Database
from kb import views
from kb.models import Article, ArticleDemand, ArticleViews
from kb.views import Visits
from people.models import User
from tests.conftest import Browser, Clock
from tests.factories import make_article, make_user

NewClient = Callable[[User], Browser]


@pytest.fixture
def article(session: Session, alice: User) -> Article:
    return make_article(session, alice, title="Reset the VPN")


@pytest.fixture
def seen(session: Session, database: Database) -> Callable[[Article], int]:
    """How often an article was opened today, after all that was counted is written down."""

    def seen(article: Article) -> int:
        session.commit()
        tally.flush(database)
        return views.views_of(session, [article.id], days=1)[article.id]

    return seen


def opened(browser: Browser, article: Article, **headers: str) -> None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    assert browser.get(f"/articles/{article.slug}", headers=named).status_code == 200


# Which openings are views


def test_opening_an_article_is_a_view(
    new_client: NewClient, bob: User, article: Article, seen: Callable[[Article], int]
) -> None:
    opened(new_client(bob), article)
    assert seen(article) == 1


def test_a_page_that_is_read_writes_nothing_by_itself(
    new_client: NewClient, session: Session, bob: User, article: Article
) -> None:
    opened(new_client(bob), article)
    assert session.scalars(sa.select(ArticleViews)).all() == []


def test_one_person_in_half_an_hour_is_one_view(
    new_client: NewClient, bob: User, article: Article, seen: Callable[[Article], int], clock: Clock
) -> None:
    browser = new_client(bob)
    opened(browser, article)
    clock.move(minutes=29)
    opened(browser, article)
    assert seen(article) == 1
    clock.move(minutes=1)
    opened(browser, article)
    assert seen(article) == 2


def test_every_person_and_every_article_count_for_themselves(
    new_client: NewClient,
    session: Session,
    alice: User,
    bob: User,
    cora: User,
    article: Article,
    seen: Callable[[Article], int],
) -> None:
    other = make_article(session, alice, title="Print in colour")
    for person in (bob, cora):
        opened(new_client(person), article)
    opened(new_client(bob), other)
    assert (seen(article), seen(other)) == (2, 1)


def test_what_those_who_wrote_it_open_does_not_count(
    new_client: NewClient,
    session: Session,
    alice: User,
    bob: User,
    cora: User,
    seen: Callable[[Article], int],
) -> None:
    article = make_article(session, alice, title="Print in colour", coauthors=[bob])
    for person in (alice, bob, cora):
        opened(new_client(person), article)
    assert seen(article) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
        {"User_Agent": "Mozilla/5.0 (compatible; IntranetBot/2.1)"},
    ],
    ids=["prerendered", "prefetched", "robot"],
)
def test_what_nobody_looks_at_does_not_count(
    new_client: NewClient,
    bob: User,
    article: Article,
    seen: Callable[[Article], int],
    headers: dict[str, str],
) -> None:
    browser = new_client(bob)
    opened(browser, article, **headers)
    browser.head(f"/articles/{article.slug}")
    assert seen(article) == 0


def test_of_many_visits_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MOST_VISITS", 2)
    visits = Visits()
    assert [visits.begins(person, 1) for person in (1, 2, 3)] == [True, True, True]
    assert [visits.begins(person, 1) for person in (3, 2, 1)] == [False, False, True]


# What is known afterwards


def test_views_add_up_by_day(session: Session, article: Article, clock: Clock) -> None:
    today, yesterday = date(2025, 3, 10), date(2025, 3, 9)
    views.write(session, {(article.id, today): 2, (article.id, yesterday): 1})
    views.write(session, {(article.id, today): 3})
    rows = session.execute(sa.select(ArticleViews.day, ArticleViews.views)).all()
    assert set(rows) == {(today, 5), (yesterday, 1)}
    assert views.views_of(session, [article.id], days=1) == {article.id: 5}
    assert views.views_of(session, [article.id], days=2) == {article.id: 6}


def test_views_of_an_article_that_went_meanwhile_harm_no_other(
    session: Session, article: Article, clock: Clock
) -> None:
    today = clock.now().date()
    views.write(session, {(article.id, today): 2, (999, today): 1})
    assert views.views_of(session, [article.id, 999], days=7) == {article.id: 2, 999: 0}


def test_nobodys_name_is_kept() -> None:
    assert set(ArticleViews.__table__.c.keys()) == {"article_id", "day", "views"}


def test_demand_is_read_for_many_at_once(session: Session, alice: User, clock: Clock) -> None:
    wanted = make_article(session, make_user(session), title="Print in colour", published=False)
    session.add(ArticleDemand(article_id=wanted.id, searchers=12, at=clock.now()))
    session.flush()
    assert views.demand_of(session, [wanted.id, 999]) == {wanted.id: 12, 999: 0}
