"""`flask search`, as an administrator uses it."""

import json

import pytest
import sqlalchemy as sa

from tests.factories import make_article


@pytest.fixture
def run(app, session):
    runner = app.test_cli_runner()

    def run(*arguments, status=0):
        session.commit()
        result = runner.invoke(args=["search", *arguments])
        assert result.exit_code == status, result.output
        return result.output

    return run


def test_rebuilding_says_how_many_articles_are_in_the_index(run, session, alice):
    make_article(session, alice, title="Reset a badge")
    assert run("rebuild") == "1 article is in the index.\n"
    make_article(session, alice, title="Other")
    assert run("rebuild") == "2 articles are in the index.\n"


def test_verifying_fails_if_anything_differs(run, session, alice):
    assert "flask search rebuild" in run("verify", status=1)
    article = make_article(session, alice, title="Reset a badge")
    run("rebuild")
    assert run("verify") == "The index agrees with the database: 1 articles.\n"
    assert json.loads(run("verify", "--json")) == {
        "articles": 1,
        "missing": [],
        "extra": [],
        "different": [],
    }
    session.execute(sa.text("UPDATE revision SET title = 'Planted'"))
    assert f"Different in the index: {article.id}" in run("verify", status=1)
    assert json.loads(run("verify", "--json", status=1))["different"] == [article.id]


def test_a_query_is_answered_as_on_the_page(run, session, alice):
    make_article(session, alice, title="Reset a badge", body="Hold it to the reader.")
    make_article(session, alice, title="Secret badge", published=False)
    run("rebuild")
    text = run("query", "bagde")
    assert "Showing results for badge" in text
    assert "http://kb.example.com/articles/reset-a-badge" in text
    assert "Secret" not in text
    found = json.loads(run("query", "reader", "--as", alice.email, "--json"))
    assert found["total"] == 1
    assert found["corrected"] is None
    assert found["results"][0]["title"] == "Reset a badge"
    assert found["results"][0]["url"] == "http://kb.example.com/articles/reset-a-badge"
    assert found["results"][0]["passage"] == "Hold it to the reader."


def test_whoever_may_not_sign_in_finds_nothing(run, session, alice):
    make_article(session, alice, title="Reset a badge")
    run("rebuild")
    alice.active = False
    assert json.loads(run("query", "badge", "--as", alice.email, "--json"))["total"] == 0


def test_a_query_for_an_unknown_person_or_without_an_index_is_refused(run):
    assert "flask search rebuild" in run("query", "badge", status=1)
    run("rebuild")
    assert "Nobody has the address" in run("query", "x", "--as", "no@example.com", status=1)


@pytest.mark.parametrize("command", ["rebuild", "verify", "query"])
def test_every_command_explains_itself_with_an_example(run, command):
    assert f"Example: flask search {command}" in run(command, "--help")


def test_wrong_usage_is_told_apart(run):
    run("query", status=2)
    run("nothing", status=2)
