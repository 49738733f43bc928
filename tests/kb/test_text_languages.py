"""The language of a text: chosen or found out, kept with the text, said to the browser."""

from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy.orm import Session

from core.errors import Invalid
from kb import differences, drafts, forms, queries
from kb.drafts import SavedMeanwhile
from kb.models import Article, Draft, Revision
from people.models import User
from tests.conftest import Browser
from tests.factories import (
    as_form,
    edit,
    fields_of,
    make_article,
    make_draft,
    make_review,
    rendering_for,
)
from tests.wordings import WORDINGS

NewClient = Callable[[User], Browser]
TITLE, BODY = WORDINGS["de"].articles[1]
GERMAN = {"title": TITLE, "summary": "In zwei Minuten wieder drin.", "body": BODY}


def live(article: Article) -> Revision:
    assert article.live_revision is not None
    return article.live_revision


def frozen(session: Session, draft: Draft) -> Revision:
    return drafts.freeze(session, draft, rendering_for(draft), note="", by=draft.author)


# Drafts and revisions


def test_the_language_of_a_text_is_found_out_when_it_is_handed_in(
    session: Session, alice: User
) -> None:
    assert frozen(session, make_draft(session, alice, **GERMAN)).language == "de"
    assert frozen(session, make_draft(session, alice)).language == "en"


def test_the_author_may_say_otherwise(session: Session, alice: User) -> None:
    draft = make_draft(session, alice, **GERMAN, language="nl")
    assert frozen(session, draft).language == "nl"


def test_a_language_chosen_over_an_older_version_is_refused_like_other_fields(
    session: Session, alice: User
) -> None:
    draft = make_draft(session, alice)
    sent = fields_of(draft, language="fr")
    drafts.save(session, draft, sent, version=1, by=alice)
    assert drafts.save(session, draft, sent, version=1, by=alice).version == 2
    with pytest.raises(SavedMeanwhile):
        drafts.save(session, draft, fields_of(draft, language="it"), version=1, by=alice)


def test_another_language_alone_is_a_change_and_is_shown_as_one(
    session: Session, alice: User
) -> None:
    article = make_article(session, alice)
    draft = make_draft(session, alice, article=article)
    with pytest.raises(Invalid, match="Nothing differs"):
        frozen(session, draft)
    revision = frozen(session, edit(session, draft, language="sv"))
    changed = differences.field_changes(live(article), revision)
    assert [name for name, _ in changed] == ["Language"]


def test_a_curators_edit_keeps_the_language(session: Session, alice: User, cora: User) -> None:
    review = make_review(session, alice, **GERMAN, language="nl")
    edited = as_form(review.revision, "Nur kurz.")
    made = drafts.revise(
        session,
        review.revision,
        edited,
        rendering_for(edited),
        by=cora,
        note="",
        base=None,
        credit=True,
    )
    assert made.language == "nl"


def test_a_change_begins_with_what_was_chosen_and_not_with_what_was_found_out(
    session: Session, alice: User
) -> None:
    found = live(make_article(session, alice, **GERMAN))
    chosen = live(make_article(session, alice, **GERMAN | {"language": "nl"}))
    assert forms.shown_revision(found)["language"] == ""
    assert forms.shown_revision(chosen)["language"] == "nl"


def test_only_languages_of_the_list_can_be_chosen(session: Session) -> None:
    assert forms.parse_draft(session, {"language": "de"}).language == "de"
    with pytest.raises(Invalid) as refused:
        forms.parse_draft(session, {"language": "klingon"})
    assert list(refused.value.fields) == ["language"]


def test_the_index_is_told_the_language(session: Session, alice: User) -> None:
    make_article(session, alice, **GERMAN)
    assert [article.language for article in queries.searchable(session)] == ["de"]


# Pages


@pytest.fixture
def browser(new_client: NewClient, alice: User) -> Browser:
    return new_client(alice)


def page(browser: Browser, path: str) -> BeautifulSoup:
    response = browser.get(path)
    assert response.status_code == 200
    return BeautifulSoup(response.text, "html.parser")


def test_the_editor_offers_the_languages_and_keeps_the_choice(
    session: Session, browser: Browser, alice: User
) -> None:
    draft = make_draft(session, alice)
    session.commit()
    choice = page(browser, f"/drafts/{draft.id}").find("select", {"name": "language"})
    assert choice is not None
    options = [option.get_text() for option in choice.find_all("option")]
    assert options[0] == "Found out from the text"
    assert "Português" in options
    sent = {"title": "Ferien", "version": str(draft.version), "language": "de"}
    assert browser.post(f"/drafts/{draft.id}", json=sent).status_code == 200
    shown = page(browser, f"/drafts/{draft.id}")
    assert [o["value"] for o in shown.select("select[name=language] option[selected]")] == ["de"]
    refused = browser.post(f"/drafts/{draft.id}", json=sent | {"version": "2", "language": "xx"})
    assert refused.status_code == 422


def test_a_text_in_another_language_says_so_to_the_browser(
    session: Session, browser: Browser, alice: User
) -> None:
    german = make_article(session, alice, **GERMAN)
    english = make_article(session, alice, title="Mind the gap")
    session.commit()
    for path in (f"/articles/{german.slug}", f"/articles/{german.slug}/revisions/1"):
        spoken = page(browser, path).select("main [lang]")
        assert {str(element["lang"]) for element in spoken} == {"de"}
        assert any(TITLE in element.get_text() for element in spoken)
        assert any("Kennwort" in element.get_text() for element in spoken)
    assert not page(browser, f"/articles/{english.slug}").select("main [lang]")
    listed = page(browser, f"/topics/{german.topic.slug}").select(".item__title[lang=de]")
    assert [title.get_text().strip() for title in listed] == [TITLE]


# Import and export


def test_a_file_says_its_language_or_it_is_found_out_and_comes_out_with_it(
    app: Flask, session: Session, alice: User, tmp_path: Path
) -> None:
    session.commit()
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    texts = {"said": "lang: nl-BE\n", "told": "", "odd": "language: klingon\n"}
    for name, head in texts.items():
        (folder / f"{name}.md").write_text(f"---\ntitle: {name}\n{head}---\n\n{BODY}\n", "utf-8")

    def run(*arguments: str) -> str:
        session.commit()
        result = app.test_cli_runner().invoke(args=["kb", *arguments])
        assert result.exit_code == 0, result.output
        session.expire_all()
        return result.output

    bring = ("import", str(folder), "--author", alice.email, "--publish")
    assert "klingon" in run(*bring)
    assert languages(session) == {"said": "nl", "told": "de", "odd": "de"}
    (folder / "told.md").write_text(f"---\ntitle: told\nlanguage: da\n---\n\n{BODY}\n", "utf-8")
    run(*bring)
    assert languages(session) == {"said": "nl", "told": "da", "odd": "de"}
    run("export", str(out))
    assert "language: nl" in next(out.rglob("said.md")).read_text("utf-8")


def languages(session: Session) -> dict[str, str]:
    return {article.title: article.language for article in queries.searchable(session)}
