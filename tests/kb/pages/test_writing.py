"""Writing by its addresses: saving from a page and from a script, previews, deleting, who may not."""

import io
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from PIL import Image
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from kb.models import Article, Attachment, Draft
from people.models import User
from tests.conftest import Browser, leads_to_signin
from tests.factories import edit, make_article, make_draft, make_review, make_topic, republish

NewClient = Callable[[User], Browser]
TEXT = {
    "kind": "howto",
    "title": "Mind the gap",
    "summary": "Safely.",
    "topic": "travel",
    "tags": "Rail",
    "coauthors": "",
    "body": "Look **down**.",
    "version": "0",
}


@pytest.fixture
def browser(session: Session, new_client: NewClient, alice: User) -> Browser:
    make_topic(session, "Travel")
    return new_client(alice)


@pytest.fixture
def draft(session: Session, alice: User, browser: Browser) -> Draft:
    return make_draft(session, alice, title="Mind the gap", body="Carefully.")


def page(response: TestResponse) -> BeautifulSoup:
    return BeautifulSoup(response.text, "html.parser")


def typed(response: TestResponse) -> list[str]:
    return [area.get_text().strip() for area in page(response).find_all("textarea")]


def only_draft(session: Session) -> Draft:
    return session.scalars(sa.select(Draft)).one()


# Saving


def test_the_first_save_makes_the_draft_and_leads_to_it(session: Session, browser: Browser) -> None:
    response = browser.post("/drafts", data=TEXT)
    draft = only_draft(session)
    assert (response.status_code, response.location) == (303, f"/drafts/{draft.id}")
    assert (draft.title, draft.body, draft.tags) == ("Mind the gap", "Look **down**.", ["rail"])
    assert typed(browser.get(response.location))[0] == "Look **down**."


def test_a_script_saves_in_json(session: Session, browser: Browser) -> None:
    made = browser.post("/drafts", json={**TEXT, "key": "page", "tags": ["Rail", "Gap"]})
    draft = only_draft(session)
    assert made.status_code == 201
    assert made.get_json().keys() == {"id", "version", "saved_at", "url"}
    version = made.get_json()["version"]
    again = browser.post(f"/drafts/{draft.id}", json={**TEXT, "body": "More.", "version": version})
    assert again.status_code == 200
    assert again.get_json()["version"] > version
    assert (draft.body, draft.tags) == ("More.", ["rail"])


def test_a_lost_answer_does_not_make_a_second_draft(session: Session, browser: Browser) -> None:
    for _ in range(2):
        assert browser.post("/drafts", json={**TEXT, "key": "page"}).status_code == 201
    assert only_draft(session).title == "Mind the gap"


def test_opening_the_editor_makes_nothing(session: Session, browser: Browser, bob: User) -> None:
    make_article(session, bob, title="Live")
    for path in ("/write", "/write/howto", "/write/story", "/articles/live/edit", "/drafts"):
        assert browser.get(path).status_code == 200, path
    assert session.scalars(sa.select(Draft)).all() == []


def test_saving_over_a_newer_text_shows_both(
    session: Session, browser: Browser, draft: Draft
) -> None:
    seen = draft.version
    edit(session, draft, body="From the other window.")
    form = {**TEXT, "body": "From this window.", "version": str(seen)}
    response = browser.post(f"/drafts/{draft.id}", data=form)
    assert response.status_code == 409
    assert "From this window." in typed(response)
    assert "From the other window." in response.text
    answer = browser.post(f"/drafts/{draft.id}", json=form)
    assert answer.status_code == 409
    assert answer.get_json()["theirs"]["body"] == "From the other window."
    assert answer.get_json()["by"] == "Alice"
    assert draft.body == "From the other window."


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": "x" * 151}, "title"),
        ({"tags": "x" * 50}, "tags"),
        ({"topic": "gone"}, "topic"),
        ({"coauthors": "nobody@example.com"}, "coauthors"),
    ],
)
def test_what_does_not_fit_is_named_and_the_text_kept(
    browser: Browser, draft: Draft, changes: dict[str, str], field: str
) -> None:
    form = {**TEXT, **changes, "body": "Typed <b>& kept</b>.", "version": str(draft.version)}
    response = browser.post(f"/drafts/{draft.id}", data=form)
    assert response.status_code == 422
    assert "Typed <b>& kept</b>." in typed(response)
    answer = browser.post(f"/drafts/{draft.id}", json={**form, "version": draft.version})
    assert field in answer.get_json()["fields"]


def test_a_kind_that_is_not_ours_is_refused(browser: Browser) -> None:
    assert browser.post("/drafts", json={**TEXT, "kind": "essay"}).status_code == 422
    assert browser.get("/write/essay").status_code == 404


def test_a_text_under_review_is_not_saved(session: Session, browser: Browser, draft: Draft) -> None:
    make_review(session, draft.author, draft=draft)
    for sent in ({"data": TEXT}, {"json": TEXT}):
        assert browser.post(f"/drafts/{draft.id}", **sent).status_code == 409
    assert draft.body == "Carefully."


PLACES = ("", "/deletion", "/restoration", "/rebase", "/submission")


@pytest.mark.parametrize("place", PLACES)
def test_a_draft_is_nobody_elses_business(
    client: Browser,
    new_client: NewClient,
    draft: Draft,
    bob: User,
    cora: User,
    ada: User,
    place: str,
) -> None:
    path = f"/drafts/{draft.id}{place}"
    for who in (bob, cora, ada):
        response = new_client(who).post(path, data=TEXT)
        assert response.status_code == 404
        assert "Carefully." not in response.text
    anonymous = client.post(path, data=TEXT)
    assert leads_to_signin(anonymous)
    assert draft.body == "Carefully."


@pytest.mark.parametrize("place", PLACES)
def test_a_draft_that_is_not_there_is_not_found(browser: Browser, place: str) -> None:
    for number in ("999", "99999999999999999999"):
        assert browser.post(f"/drafts/{number}{place}", data=TEXT).status_code == 404


@pytest.mark.parametrize("place", PLACES[1:])
def test_actions_on_a_draft_are_no_links(browser: Browser, draft: Draft, place: str) -> None:
    assert browser.get(f"/drafts/{draft.id}{place}").status_code == 405


def test_deleting_and_taking_back(session: Session, browser: Browser, draft: Draft) -> None:
    assert browser.post(f"/drafts/{draft.id}/deletion").status_code == 303
    assert draft.deleted_at is not None
    forms = [form.get("action") for form in page(browser.get("/drafts")).find_all("form")]
    assert f"/drafts/{draft.id}/restoration" in forms
    assert browser.post(f"/drafts/{draft.id}/restoration").status_code == 303
    assert draft.deleted_at is None


def test_deleting_under_review_is_refused(session: Session, browser: Browser, draft: Draft) -> None:
    make_review(session, draft.author, draft=draft)
    assert browser.post(f"/drafts/{draft.id}/deletion").status_code == 409
    assert draft.deleted_at is None


# An article's next revision


def test_editing_an_article_saves_a_draft_and_leaves_the_live_text(
    session: Session, browser: Browser, bob: User
) -> None:
    article = make_article(session, bob, title="Live", body="The live text.")
    assert "The live text." in typed(browser.get("/articles/live/edit"))
    browser.post("/drafts", data={**TEXT, "article": "live", "body": "The next text."})
    draft = only_draft(session)
    assert (draft.article_id, draft.base_id) == (article.id, article.live_revision_id)
    assert browser.get("/articles/live/edit").location == f"/drafts/{draft.id}"
    assert "The live text." in browser.get("/articles/live").text


def test_bringing_a_draft_up_to_date_by_its_button(
    session: Session, browser: Browser, alice: User, bob: User
) -> None:
    article: Article = make_article(session, bob, title="Live", body="One.\n\nTwo.\n\nThree.")
    draft = make_draft(session, alice, article=article, body="One.\n\nTwo.\n\nThree, mine.")
    republish(session, article, bob, body="One, theirs.\n\nTwo.\n\nThree.")
    assert browser.post(f"/drafts/{draft.id}/rebase").status_code == 303
    assert draft.body == "One, theirs.\n\nTwo.\n\nThree, mine."


# Preview


def test_a_preview_is_the_page_as_it_will_be(browser: Browser) -> None:
    answer = browser.post("/preview", json={"body": "Look **down**."})
    assert "<strong>down</strong>" in answer.get_json()["html"]


def test_without_a_script_the_preview_stands_below_the_text(browser: Browser) -> None:
    response = browser.post("/preview", data={**TEXT, "version": "4"})
    assert response.status_code == 200
    assert "Look **down**." in typed(response)
    assert "down" in [strong.get_text() for strong in page(response).find_all("strong")]


def test_hostile_text_is_harmless_in_the_preview(browser: Browser) -> None:
    hostile = '<script>alert(1)</script>\n\n[x](javascript:alert(1)) <img src=x onerror="alert(1)">'
    shown = BeautifulSoup(
        browser.post("/preview", json={"body": hostile}).get_json()["html"], "html.parser"
    )
    assert shown.find_all(["script", "img"]) == []
    assert shown.select('a[href^="javascript"]') == []


def test_a_text_too_long_to_lay_out_costs_its_author_a_sentence(browser: Browser) -> None:
    answer = browser.post("/preview", json={"body": "x" * 300_000})
    assert answer.status_code == 422
    assert "256 kB" in answer.get_json()["message"]


# Images


def png(size: int = 3) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (size, size), "navy").save(file, "PNG")
    return file.getvalue()


def upload(browser: Browser, data: bytes, name: str = "plan.png") -> TestResponse:
    return browser.post("/attachments", data={"file": (io.BytesIO(data), name)})


def test_an_image_is_taken_in_and_shown_to_who_may_see_it(
    session: Session, browser: Browser, new_client: NewClient, bob: User
) -> None:
    answer = upload(browser, png())
    assert answer.status_code == 201
    url = answer.get_json()["url"]
    assert answer.get_json()["markdown"].startswith(f"![plan]({url}")
    shown = browser.get(url)
    assert (shown.status_code, shown.mimetype) == (200, "image/png")
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert browser.get(url, headers={"If-None-Match": shown.headers["ETag"]}).status_code == 304
    assert new_client(bob).get(url).status_code == 404
    assert browser.get(url.replace("plan", "other")).location == url


@pytest.mark.parametrize(
    ("data", "status"),
    [(b"", 422), (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 422), (b"GIF89a?", 422)],
)
def test_what_is_no_image_is_refused_in_words(
    session: Session, browser: Browser, data: bytes, status: int
) -> None:
    answer = browser.post(
        "/attachments",
        data={"file": (io.BytesIO(data), "x.png")},
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == status
    assert answer.get_json()["message"]
    assert session.scalars(sa.select(Attachment)).all() == []


def test_uploading_needs_a_file_and_a_signed_in_person(browser: Browser, client: Browser) -> None:
    assert browser.post("/attachments").status_code == 422
    assert upload(client, png()).status_code == 303
    assert browser.get("/attachments").status_code == 405
    assert browser.get("/attachments/999/x.png").status_code == 404
