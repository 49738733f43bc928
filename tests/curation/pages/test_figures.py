"""The page of figures and its files: who sees them, what the address chooses, and whom they never name."""

import csv
import io
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from sqlalchemy.orm import Session

from core.db import db
from curation.figures import sheets
from curation.models import State
from kb import flags
from people.models import User
from tests.conftest import Browser, Clock, leads_to_signin
from tests.factories import make_article, make_review, make_topic, make_user

NewClient = Callable[[User], Browser]
FILES = [f"/reviews/figures/{name}.csv" for name in sheets.NAMES]


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def page(browser: Browser, query: str = "") -> BeautifulSoup:
    response = browser.get(f"/reviews/figures{query}")
    assert response.status_code == 200
    return BeautifulSoup(response.text, "html.parser")


@pytest.fixture
def history(session: Session, alice: User, bob: User, cora: User, clock: Clock) -> None:
    """Something of everything, by people with names that stand out."""
    topic = make_topic(session, "=Sales")
    for state in State:
        for n in range(6 if state is State.APPROVED else 1):
            make_review(session, bob, state=state, curator=cora, topic=topic, title=f"{state} {n}")
            clock.move(hours=1)
    article = make_article(session, alice, approver=cora, topic=topic)
    flags.open_flag(
        session,
        article,
        revision_id=article.live_revision_id or 0,
        reason="wrong",
        text="No.",
        by=bob,
    )


@pytest.mark.parametrize("address", ["/reviews/figures", *FILES])
def test_curators_see_them_and_others_do_not(
    client: Browser,
    session: Session,
    new_client: NewClient,
    alice: User,
    bob: User,
    cora: User,
    ada: User,
    address: str,
) -> None:
    make_topic(session, "Travel", curators=[bob])
    assert leads_to_signin(client.get(address))
    assert new_client(alice).get(address).status_code == 403
    for person in (cora, ada, bob):
        assert new_client(person).get(address).status_code == 200
        assert new_client(person).post(address).status_code == 405


def test_the_queue_leads_to_them(new_client: NewClient, cora: User) -> None:
    found = BeautifulSoup(new_client(cora).get("/reviews").text, "html.parser")
    assert found.find("a", href="/reviews/figures")


@pytest.mark.usefixtures("history")
def test_nobody_is_named_on_the_page_nor_in_a_file(
    session: Session, new_client: NewClient, alice: User, bob: User, cora: User, ada: User
) -> None:
    browser = new_client(ada)
    for query in ("", "?period=12m", "?topic=sales"):
        text = browser.get(f"/reviews/figures{query}").text
        for person in (alice, bob, cora):
            assert person.name not in text
            assert person.handle not in text
        assert ada.name not in str(page(browser, query).main)  # her own menu has it
        assert "/people/" not in str(page(browser, query).main)
        for address in FILES:
            text = browser.get(address + query).text
            for person in (alice, bob, cora, ada):
                assert person.name not in text
                assert person.handle not in text


@pytest.mark.usefixtures("history")
def test_what_is_chosen_stands_in_the_address_of_everything(
    session: Session, new_client: NewClient, cora: User
) -> None:
    make_topic(session, "Travel")
    found = page(new_client(cora), "?topic=sales&from=2025-03-01&to=2025-03-09")
    assert found.h1.text == "Figures"
    assert "=Sales, with all below it: 1 March to 9 March 2025" in found.text
    assert found.find("option", selected=True)["value"] == "sales"
    assert found.find("input", {"name": "from"})["value"] == "2025-03-01"
    files = [a["href"] for a in found.find_all("a", href=True) if ".csv" in a["href"]]
    assert files
    assert all(href.endswith("?topic=sales&from=2025-03-01&to=2025-03-09") for href in files)
    year = found.find("a", string="12 months")
    assert year["href"] == "/reviews/figures?topic=sales&period=12m"
    chosen = page(new_client(cora), "?topic=sales&period=12m")
    assert chosen.find("a", string="12 months")["aria-current"] == "true"


@pytest.mark.usefixtures("history")
def test_a_topic_leaves_out_what_belongs_to_others(
    session: Session, new_client: NewClient, cora: User
) -> None:
    make_topic(session, "Travel")
    browser = new_client(cora)
    everything = page(browser).main.get_text(" ", strip=True)
    assert "8 reviews ended" in everything
    nothing = page(browser, "?topic=travel").main.get_text(" ", strip=True)
    assert "Nothing was decided in these days" in nothing
    assert "reviews ended" not in nothing


def test_before_anything_is_decided_the_page_says_what_will_be_here(
    new_client: NewClient, cora: User
) -> None:
    found = page(new_client(cora))
    assert "Nothing was decided in these days" in found.text
    assert found.find("svg", role="img") is None
    assert "The last 12 months" in found.text


@pytest.mark.usefixtures("history")
def test_every_plot_has_a_sentence_and_a_table_and_no_style_of_its_own(
    new_client: NewClient, cora: User
) -> None:
    found = page(new_client(cora))
    plots = found.find_all("figure")
    assert len(plots) == 7
    for plot in plots:
        title = plot.figcaption.h3.text
        assert plot.svg["role"] == "img"
        assert plot.svg["aria-label"].startswith(f"{title}. ")
        assert plot.details.summary.text.startswith("As a table")
        heads = plot.table.thead.find_all("th")
        for row in plot.table.tbody.find_all("tr"):
            assert row.th["scope"] == "row"
            assert len(row.find_all(["th", "td"])) == len(heads)
    assert not found.main.find_all(style=True)
    assert not found.main.find_all(["style", "script"])


@pytest.mark.usefixtures("history")
def test_days_that_make_no_sense_come_back_with_what_was_typed(
    new_client: NewClient, cora: User
) -> None:
    for address in ("/reviews/figures", FILES[0]):
        response = new_client(cora).get(f"{address}?topic=sales&from=2025-13-01&to=2025-03-01")
        assert response.status_code == 422
        found = BeautifulSoup(response.text, "html.parser")
        assert "Give a day as 2026-03-31." in found.text
        assert found.find("input", {"name": "from"})["value"] == "2025-13-01"
        assert found.find("input", {"name": "to"})["value"] == "2025-03-01"
        assert found.find("option", selected=True)["value"] == "sales"


@pytest.mark.usefixtures("history")
def test_each_figure_comes_as_a_file_that_a_spreadsheet_opens_safely(
    session: Session, new_client: NewClient, cora: User
) -> None:
    browser = new_client(cora)
    for name, address in zip(sheets.NAMES, FILES, strict=True):
        response = browser.get(f"{address}?period=4w")
        assert response.mimetype == "text/csv"
        disposition = response.headers["Content-Disposition"]
        assert disposition == f'attachment; filename="{name}-2025-02-11-to-2025-03-10.csv"'
        assert len(rows(response.text)) > 1 or name == "checklist"
    by_topic = rows(browser.get("/reviews/figures/times-by-topic.csv").text)
    assert by_topic[1][0] == "'=Sales"
    outcomes = rows(browser.get("/reviews/figures/outcomes.csv?period=4w").text)
    totals = dict(zip(outcomes[0][1:], outcomes[-1][1:], strict=True))
    assert totals["Approved"] == "6"
    assert totals["Declined"] == "1"
    days = rows(browser.get("/reviews/figures/queue.csv?period=4w").text)
    assert days[-1][:2] == ["2025-03-10", "2"]


def test_with_too_few_decisions_no_line_is_drawn(
    session: Session, new_client: NewClient, bob: User, cora: User, clock: Clock
) -> None:
    for n in range(3):
        make_review(session, bob, state=State.APPROVED, curator=cora, title=f"Text {n}")
    found = page(new_client(cora), "?period=4w").find("section", {"aria-labelledby": "times"})
    assert found.find("svg", role="img") is None
    assert found.text.count("No single week has enough to draw a line.") == 2
    assert "too few to say" in found.table.text


def test_a_figure_that_does_not_exist_is_not_found(new_client: NewClient, cora: User) -> None:
    assert new_client(cora).get("/reviews/figures/ranking.csv").status_code == 404


def test_reading_figures_writes_nothing(
    session: Session, new_client: NewClient, alice: User, cora: User
) -> None:
    make_review(session, alice)
    browser = new_client(cora)
    session.commit()
    written: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("SELECT", "BEGIN")):
            written.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    assert browser.get("/reviews/figures").status_code == 200
    assert [each for each in written if not each.startswith("PRAGMA")] == []


def test_what_the_checklist_asks_is_shown_as_text(
    session: Session, new_client: NewClient, cora: User
) -> None:
    make_topic(session, "<b>Bold</b>")
    for n in range(5):
        make_review(
            session, make_user(session), state=State.APPROVED, curator=cora, title=f"Text {n}"
        )
    assert "<b>Bold" not in new_client(cora).get("/reviews/figures").text
