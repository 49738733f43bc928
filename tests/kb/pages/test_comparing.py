"""Two published texts of an article beside one another."""

from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask, render_template_string
from markupsafe import Markup
from sqlalchemy.orm import Session

from core.diff import View, view_of
from kb import differences
from kb.models import Revision
from people.models import User
from tests.conftest import Browser
from tests.factories import make_article, republish

NewClient = Callable[[User], Browser]
ADDRESS = "/articles/mind-the-gap/compare/1...2"


@pytest.fixture
def reader(session: Session, new_client: NewClient, alice: User, bob: User) -> Browser:
    """Bob, before an article that changed once."""
    article = make_article(
        session, alice, title="Mind the gap", body="Stand back.\n\nThe old train is <b>long</b>."
    )
    body = "Stand back.\n\nThe new train is <b>long</b>.\n\n</div><script>alert(1)</script>"
    republish(session, article, alice, title="Mind the gap", body=body, tags=["rail"])
    return new_client(bob)


def difference(reader: Browser, query: str = "") -> Tag:
    response = reader.get(ADDRESS + query)
    assert response.status_code == 200
    found = BeautifulSoup(response.text, "html.parser").select_one("#difference")
    assert found is not None
    return found


def test_what_differs_is_told_in_words_first(reader: Browser) -> None:
    summary = difference(reader).select_one(".difference__summary")
    assert summary is not None
    assert summary.get_text() == "6 words added, 1 removed; tags changed."


@pytest.mark.parametrize("on", ["text", "source"])
def test_words_are_marked_and_what_was_typed_stays_text(reader: Browser, on: str) -> None:
    found = difference(reader, f"?on={on}")
    assert "old" in [mark.get_text() for mark in found.find_all("del")]
    assert "new" in [mark.get_text() for mark in found.find_all("ins")]
    assert "</div><script>alert(1)</script>" in found.get_text()
    assert found.find_all("script") == []


def test_lines_of_the_new_text_can_be_linked_to(reader: Browser) -> None:
    found = difference(reader, "?on=source")
    line = found.find(id="L3")
    assert isinstance(line, Tag)
    assert "The new train is <b>long</b>." in line.get_text()
    ids = [element["id"] for element in found.find_all(id=True)]
    assert len(ids) == len(set(ids))


def test_links_offer_the_other_ways_to_look_and_keep_what_was_chosen(reader: Browser) -> None:
    found = difference(reader, "?view=inline&on=source")
    links = {str(a["data-value"]): str(a["href"]) for a in found.select("a[data-choice]")}
    assert links["text"] == f"{ADDRESS}?view=inline&on=text#difference"
    assert links["side"] == f"{ADDRESS}?view=side&on=source#difference"
    current = [a["data-value"] for a in found.select("a[aria-current]")]
    assert current == ["source", "inline"]


@pytest.mark.parametrize("query", ["?view=%00", "?view=3d&on=&all=x", "?on=source&since=ever"])
def test_odd_choices_do_no_harm(reader: Browser, query: str) -> None:
    assert reader.get(ADDRESS + query).status_code in (200, 400)


def test_a_revision_does_not_differ_from_itself(reader: Browser) -> None:
    response = reader.get("/articles/mind-the-gap/compare/2...2")
    assert "Nothing differs." in response.text


# The macro, which other pages use too


def shown(
    app: Flask, session: Session, old: Revision | None, new: Revision, view: View, rest: str = ""
) -> BeautifulSoup:
    template = (
        '{% import "diff.html" as diff %}{{ diff.difference(difference, view, "/reviews/7"'
        + rest
        + ") }}"
    )
    with app.test_request_context():
        page = render_template_string(
            template,
            difference=differences.between(session, old, new, view=view),
            view=view,
            notes={3: Markup('<p class="note">Which one?</p>')},
        )
    return BeautifulSoup(page, "html.parser")


@pytest.fixture
def texts(session: Session, alice: User) -> tuple[Revision, Revision]:
    lines = [f"Line {n} of the text, with some words." for n in range(30)]
    article = make_article(session, alice, body="\n".join(lines))
    old = article.live_revision
    assert old is not None
    lines[20] = "Line 20 has other words now."
    return old, republish(session, article, alice, body="\n".join(lines))


SOURCE = view_of({"on": "source"})


def test_a_note_stands_below_its_line_in_an_open_fold(
    app: Flask, session: Session, texts: tuple[Revision, Revision]
) -> None:
    page = shown(app, session, *texts, SOURCE, ", notes=notes")
    note = page.select_one("details[open] .diff__notes .note")
    assert note is not None
    assert note.parent is not None
    before = note.parent.find_previous_sibling()
    assert isinstance(before, Tag)
    assert before.select_one("#L3") is not None


def test_folds_without_a_note_stay_closed(
    app: Flask, session: Session, texts: tuple[Revision, Revision]
) -> None:
    page = shown(app, session, *texts, SOURCE)
    assert len(page.find_all("details")) == 2
    assert page.select("details[open]") == []


def test_a_page_can_offer_what_to_compare_with(
    app: Flask, session: Session, texts: tuple[Revision, Revision]
) -> None:
    rounds = ', rounds=[("live", "Against the live text"), ("round", "Since round 1")]'
    page = shown(app, session, *texts, SOURCE, rounds)
    links = [a["href"] for a in page.select('a[data-choice="since"]')]
    assert links == [
        "/reviews/7?on=source&since=live#difference",
        "/reviews/7?on=source&since=round#difference",
    ]


def test_a_new_text_has_line_numbers_and_notes_but_no_marks(
    app: Flask, session: Session, texts: tuple[Revision, Revision]
) -> None:
    page = shown(app, session, None, texts[1], SOURCE, ", notes=notes")
    assert page.select_one("#L30") is not None
    assert page.select_one(".diff__notes .note") is not None
    assert page.find_all(["ins", "del"]) == []


def test_what_is_left_out_can_be_asked_for(
    app: Flask, session: Session, texts: tuple[Revision, Revision]
) -> None:
    old, new = texts
    old.body = "\n".join(f"alpha {n} and more of it" for n in range(500))
    new.body = "\n".join(f"beta {n} or less than that" for n in range(500))
    rest = shown(app, session, old, new, SOURCE).select_one(".diff__rest")
    assert rest is not None
    assert rest.a is not None
    assert rest.a["href"] == "/reviews/7?on=source&all=1#difference"
    assert (
        shown(app, session, old, new, view_of({"on": "source", "all": "1"})).select(".diff__rest")
        == []
    )


def test_texts_too_different_as_read_lead_to_the_source(
    app: Flask, session: Session, texts: tuple[Revision, Revision]
) -> None:
    old, new = texts
    new.html = "<p>" + "word " * 400_000 + "</p>"
    page = shown(app, session, old, new, View())
    assert page.select_one('a[href="/reviews/7?on=source#difference"]') is not None
    assert "too different" in page.get_text()
