"""Looking after articles in the browser: to check, verify, hand over, what articles rest on, flags."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup, Tag
from sqlalchemy.orm import Session

from core.clock import now
from kb import dependencies, flags
from kb.models import Article, Dependency, Flag, FlagState, Verification
from people.models import User
from tests.conftest import Browser
from tests.factories import make_article, make_topic, republish, settle

NewClient = Callable[[User], Browser]


@pytest.fixture
def article(session: Session, alice: User, carl: User) -> Article:
    """Alice's, in a topic that Carl decides in; due since yesterday."""
    topic = make_topic(session, "Travel", curators=[carl])
    article = make_article(session, alice, approver=carl, title="Mind the gap", topic=topic)
    article.verify_due_at = now() - timedelta(days=1)
    session.flush()
    return article


@pytest.fixture
def form(session: Session, article: Article, alice: User) -> Dependency:
    return dependencies.declare(session, article, kind="form", name="travel form", by=alice)


@pytest.fixture
def flag(session: Session, article: Article, bob: User) -> Flag:
    """Bob's, handled by Alice."""
    return flags.open_flag(
        session,
        article,
        revision_id=article.live_revision_id or 0,
        reason="out_of_date",
        text="The menu is called Tools now.",
        by=bob,
    )


def page(client: Browser, path: str) -> BeautifulSoup:
    response = client.get(path)
    assert response.status_code == 200, path
    return BeautifulSoup(response.text, "html.parser")


def words(tag: Tag) -> str:
    return " ".join(tag.get_text(" ").split())


# To check


def test_an_owner_finds_what_is_due_with_every_way_out(
    article: Article, alice: User, new_client: NewClient
) -> None:
    shown = page(new_client(alice), "/care")
    row = shown.select_one(".task")
    assert row is not None
    assert "Not checked since" in words(row)
    assert [form["action"] for form in row.find_all("form")] == [
        "/articles/mind-the-gap/verification",
        "/articles/mind-the-gap/ownership",
    ]
    links = {str(link["href"]) for link in row.find_all("a")}
    assert {"/articles/mind-the-gap/edit", "/articles/mind-the-gap/archive"} <= links


def test_the_navigation_counts_what_waits_and_says_nothing_where_nothing_does(
    article: Article, flag: Flag, alice: User, bob: User, new_client: NewClient
) -> None:
    link = page(new_client(alice), "/").select_one('.site-nav__link[href="/care"]')
    assert link is not None
    assert words(link) == "To check 2"
    assert page(new_client(bob), "/").select_one('.site-nav__link[href="/care"]') is None


def test_nothing_to_check_is_said(bob: User, new_client: NewClient) -> None:
    assert "Nothing to check" in words(page(new_client(bob), "/care"))


def test_verify_is_one_click_and_leads_back(
    session: Session, article: Article, alice: User, new_client: NewClient
) -> None:
    client = new_client(alice)
    shown = page(client, "/care").select_one('form[action$="/verification"]')
    assert shown is not None
    sent = {str(field["name"]): str(field["value"]) for field in shown.find_all("input")}
    response = client.post(str(shown["action"]), data=sent)
    assert (response.status_code, response.location) == (303, "/care")
    again = client.post(str(shown["action"]), data=sent)
    assert again.status_code == 303
    by_alice = sa.select(Verification).where(Verification.by_id == alice.id)
    assert len(session.scalars(by_alice).all()) == 1
    assert "Nothing to check" in words(page(client, "/care"))


def test_verifying_a_text_that_changed_meanwhile_is_refused(
    session: Session, article: Article, alice: User, carl: User, new_client: NewClient
) -> None:
    seen = article.live_revision_id
    republish(session, article, alice, by=carl, body="Another way.")
    response = new_client(alice).post(
        "/articles/mind-the-gap/verification", data={"revision": seen}
    )
    assert response.status_code == 409
    assert "changed since you looked at it" in response.text


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("verification", {"revision": "1"}),
        ("interval", {"days": "30"}),
        ("ownership", {"to": "bob", "owner": "1"}),
        ("dependencies", {"kind": "form", "name": "travel form"}),
        ("dependencies/1/removal", {}),
    ],
)
def test_a_reader_does_none_of_it(
    article: Article,
    form: Dependency,
    alice: User,
    bob: User,
    new_client: NewClient,
    path: str,
    data: dict[str, str],
) -> None:
    response = new_client(bob).post(f"/articles/mind-the-gap/{path}", data=data)
    assert response.status_code == 403


def test_somebody_who_decides_finds_what_waits_in_their_topics(
    session: Session, article: Article, flag: Flag, alice: User, carl: User, new_client: NewClient
) -> None:
    fresh = make_article(session, alice, title="Book a train", topic=article.topic)
    fresh.check_reason = "The travel form is now v3"
    client = new_client(carl)
    assert page(client, "/care").select_one('a[href="/care?list=topics"]') is not None
    shown = page(client, "/care?list=topics")
    assert {words(title) for title in shown.select(".task .item__title")} == {
        "Mind the gap",
        "Book a train",
    }
    assert "Alice handles it" in words(shown)
    overdue = page(client, "/care?list=topics&overdue=1&topic=travel")
    assert [words(title) for title in overdue.select(".task .item__title")] == ["Mind the gap"]


def test_the_topics_list_shows_only_ones_own_topics(
    session: Session, article: Article, alice: User, cora: User, new_client: NewClient
) -> None:
    make_topic(session, "Finance", curators=[cora])
    assert "Mind the gap" not in page(new_client(cora), "/care?list=topics").get_text()
    assert "Mind the gap" in page(new_client(alice), "/care?list=topics").get_text()  # her own


def test_a_rejection_by_the_owner_stands_on_the_topics_list(
    session: Session, article: Article, flag: Flag, alice: User, carl: User, new_client: NewClient
) -> None:
    flags.close(session, flag.id, version=1, state="rejected", outcome="No, not so.", by=alice)
    shown = page(new_client(carl), "/care?list=topics").select_one("#rejected")
    assert shown is not None
    assert "Alice: No, not so." in words(shown)


def test_ownership_is_handed_over_by_name(
    session: Session, article: Article, alice: User, bob: User, new_client: NewClient
) -> None:
    client = new_client(alice)
    sent = {"to": "nobody@example.com", "owner": str(alice.id), "next": "/care"}
    refused = client.post("/articles/mind-the-gap/ownership", data=sent)
    assert refused.status_code == 422
    assert "Nobody here goes by nobody@example.com" in refused.text
    assert 'value="nobody@example.com"' in refused.text
    response = client.post("/articles/mind-the-gap/ownership", data={**sent, "to": "@bob"})
    assert (response.status_code, response.location) == (303, "/care")
    assert article.owner_id == bob.id


# One article's checks


def test_the_page_of_its_checks_is_everybodys_and_its_buttons_are_not(
    article: Article, alice: User, bob: User, new_client: NewClient
) -> None:
    reader = page(new_client(bob), "/articles/mind-the-gap/care")
    owner = page(new_client(alice), "/articles/mind-the-gap/care")
    assert reader.h1 is not None
    assert words(reader.h1) == "Checks of Mind the gap"
    assert "Carl checked it as it stands" in words(reader)
    main = "main form"
    assert reader.select(main) == []
    assert len(owner.select(main)) == 4


def test_a_former_address_leads_to_the_present_one(
    session: Session, article: Article, alice: User, bob: User, new_client: NewClient
) -> None:
    seen = article.live_revision_id
    republish(session, article, alice, title="Mind the step")
    response = new_client(bob).get("/articles/mind-the-gap/care")
    assert (response.status_code, response.location) == (301, "/articles/mind-the-step/care")
    sent = {"revision": seen, "reason": "wrong", "text": "No."}
    flagged = new_client(bob).post("/articles/mind-the-gap/flags", data=sent)
    assert flagged.location == "/articles/mind-the-step"


def test_the_interval_is_chosen_and_a_wrong_one_is_shown_again(
    session: Session, article: Article, alice: User, new_client: NewClient
) -> None:
    client = new_client(alice)
    refused = client.post("/articles/mind-the-gap/interval", data={"days": "3"})
    assert refused.status_code == 422
    assert "from 7 to 730" in refused.text
    field = BeautifulSoup(refused.text, "html.parser").select_one("#days")
    assert field is not None
    assert field["value"] == "3"
    assert client.post("/articles/mind-the-gap/interval", data={"days": "30"}).status_code == 303
    assert article.verify_every_days == 30
    assert client.post("/articles/mind-the-gap/interval", data={"days": ""}).status_code == 303
    assert article.verify_every_days is None


def test_a_bad_address_is_not_found(alice: User, new_client: NewClient) -> None:
    client = new_client(alice)
    assert client.get("/articles/nowhere/care").status_code == 404
    assert client.post("/articles/nowhere/verification").status_code == 404
    assert client.get("/dependencies/9").status_code == 404
    assert client.get("/flags/9").status_code == 404


# Trust


def test_an_article_says_how_far_it_can_be_trusted(
    session: Session, article: Article, bob: User, new_client: NewClient
) -> None:
    client = new_client(bob)
    line = page(client, "/articles/mind-the-gap").select_one(".trust-line")
    assert line is not None
    assert "Not checked since" in words(line)
    article.verify_due_at = now() + timedelta(days=9)
    line = page(client, "/articles/mind-the-gap").select_one(".trust-line")
    assert line is not None
    assert words(line).startswith("Checked by Carl,")
    article.check_reason = "The travel form is now v3"
    for path in ("/articles/mind-the-gap", "/", "/topics/travel", "/search?q=gap"):
        line = page(client, path).select_one(".trust-line")
        if path.startswith("/search") and line is None:
            continue  # the index may not know it yet
        assert line is not None, path
        assert words(line) == "Needs a check: The travel form is now v3"


# What articles rest on


def test_what_an_article_rests_on_is_named_and_taken_away(
    session: Session, article: Article, alice: User, bob: User, new_client: NewClient
) -> None:
    client = new_client(alice)
    sent = {"kind": "form", "name": "travel form"}
    assert client.post("/articles/mind-the-gap/dependencies", data=sent).status_code == 303
    thing = session.scalars(sa.select(Dependency)).one()
    assert "travel form" in words(page(new_client(bob), "/articles/mind-the-gap/care"))
    assert "travel form" in words(page(new_client(bob), "/dependencies"))
    refused = client.post("/articles/mind-the-gap/dependencies", data={**sent, "name": " "})
    assert refused.status_code == 422
    removal = f"/articles/mind-the-gap/dependencies/{thing.id}/removal"
    assert client.post(removal).status_code == 303
    assert "travel form" not in words(page(client, "/dependencies"))


def test_something_changed_is_said_once_for_all(
    session: Session,
    article: Article,
    form: Dependency,
    alice: User,
    carl: User,
    new_client: NewClient,
) -> None:
    client = new_client(carl)
    sent = {"thing": str(form.id), "standing": "v3", "text": "The travel form is now v3"}
    response = client.post("/dependencies/changes", data=sent)
    assert (response.status_code, response.location) == (303, f"/dependencies/{form.id}")
    assert article.check_reason == "The travel form is now v3"
    shown = words(page(client, response.location))
    assert "Needs a check: The travel form is now v3" in shown
    assert "1 article needs a check" in shown


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"thing": "", "standing": "v3"}, "Choose what has changed."),
        ({"standing": " "}, "Say how it is now"),
        ({"standing": " ", "on_page": "1"}, "Say how it is now"),
    ],
)
def test_a_change_without_what_or_how_is_shown_again(
    article: Article,
    form: Dependency,
    carl: User,
    new_client: NewClient,
    sent: dict[str, str],
    sentence: str,
) -> None:
    response = new_client(carl).post("/dependencies/changes", data={"thing": form.id, **sent})
    assert response.status_code == 422
    assert sentence in response.text


def test_a_reader_sees_what_articles_rest_on_and_changes_nothing(
    article: Article, form: Dependency, bob: User, new_client: NewClient
) -> None:
    client = new_client(bob)
    assert page(client, "/dependencies").select("main form") == []
    assert page(client, f"/dependencies/{form.id}").select("main form") == []
    sent = {"thing": form.id, "standing": "v3"}
    assert client.post("/dependencies/changes", data=sent).status_code == 403


# Flags


def test_a_reader_flags_what_they_read(
    session: Session, article: Article, bob: User, new_client: NewClient
) -> None:
    client = new_client(bob)
    shown = page(client, "/articles/mind-the-gap").select_one('form[action$="/flags"]')
    assert shown is not None
    revision = shown.select_one('[name="revision"]')
    assert revision is not None
    sent = {"revision": str(revision["value"]), "reason": "wrong", "text": "Step 2 fails."}
    for _ in range(2):
        response = client.post(str(shown["action"]), data=sent, follow_redirects=True)
        assert "Alice looks at it, and you are told" in response.text
    made = session.scalars(sa.select(Flag)).one()
    assert (made.by_id, made.revision_id) == (bob.id, article.live_revision_id)


def test_a_flag_without_a_reason_is_shown_again_with_what_was_typed(
    article: Article, bob: User, new_client: NewClient
) -> None:
    sent = {"revision": article.live_revision_id, "text": "Step 2 fails."}
    response = new_client(bob).post("/articles/mind-the-gap/flags", data=sent)
    assert response.status_code == 422
    shown = BeautifulSoup(response.text, "html.parser")
    folded = shown.select_one("details#flag[open]")
    assert folded is not None
    assert "Choose what is amiss." in words(folded)
    assert "Step 2 fails." in words(folded)


def test_the_handler_decides_and_the_reader_sees_what_came_of_it(
    session: Session, flag: Flag, alice: User, bob: User, new_client: NewClient
) -> None:
    client = new_client(alice)
    address = f"/flags/{flag.id}"
    shown = page(client, address)
    assert "Bob" in words(shown)
    refused = client.post(f"{address}/outcome", data={"version": "1", "outcome": "Yes."})
    assert refused.status_code == 422
    assert "Choose what came of it." in refused.text
    assert "Yes." in refused.text
    sent = {"version": "1", "state": "upheld", "outcome": "It says Tools now."}
    assert client.post(f"{address}/outcome", data=sent).status_code == 303
    assert flag.state is FlagState.UPHELD
    reader = words(page(new_client(bob), address))
    assert "The reader was right" in reader
    assert "It says Tools now." in reader
    assert "Mind the gap You were right" in words(page(new_client(bob), "/care"))


def test_the_second_decision_is_told_of_the_first(
    session: Session, flag: Flag, alice: User, carl: User, new_client: NewClient
) -> None:
    flags.close(session, flag.id, version=1, state="upheld", outcome="Done.", by=alice)
    sent = {"version": "1", "state": "rejected", "outcome": "No."}
    response = new_client(carl).post(f"/flags/{flag.id}/outcome", data=sent)
    assert response.status_code == 409
    assert "Alice has closed this flag already: Done." in response.text


def test_a_flag_is_nobody_elses(flag: Flag, cora: User, new_client: NewClient) -> None:
    client = new_client(cora)
    assert client.get(f"/flags/{flag.id}").status_code == 404
    for act in ("outcome", "reopening"):
        assert client.post(f"/flags/{flag.id}/{act}").status_code == 404


def test_the_flagger_does_not_decide(flag: Flag, bob: User, new_client: NewClient) -> None:
    client = new_client(bob)
    assert page(client, f"/flags/{flag.id}").select("main form") == []
    sent = {"version": "1", "state": "upheld", "outcome": "Of course."}
    assert client.post(f"/flags/{flag.id}/outcome", data=sent).status_code == 403


def test_a_flag_is_passed_on_and_its_former_handler_goes_back_to_their_list(
    session: Session, flag: Flag, alice: User, cora: User, new_client: NewClient
) -> None:
    client = new_client(alice)
    address = f"/flags/{flag.id}/handler"
    assert client.post(address, data={"version": "1", "person": "who"}).status_code == 422
    for _ in range(2):
        response = client.post(address, data={"version": "1", "person": "cora"})
        assert (response.status_code, response.location) == (303, "/care")
    assert flag.handler_id == cora.id
    assert page(new_client(cora), f"/flags/{flag.id}").select_one("#outcome") is not None


def test_those_who_decide_take_up_again_what_was_rejected(
    session: Session, flag: Flag, alice: User, carl: User, new_client: NewClient
) -> None:
    flags.close(session, flag.id, version=1, state="rejected", outcome="No.", by=alice)
    settle(session)
    client = new_client(carl)
    response = client.post(f"/flags/{flag.id}/reopening", data={"version": flag.version})
    assert response.status_code == 303
    assert (flag.state, flag.handler_id) == (FlagState.OPEN, carl.id)


def test_a_curator_hides_the_article_from_the_page_of_its_flag(
    session: Session,
    article: Article,
    flag: Flag,
    alice: User,
    carl: User,
    new_client: NewClient,
) -> None:
    address = f"/flags/{flag.id}"
    assert page(new_client(alice), address).select_one("#hide") is None
    client = new_client(carl)
    shown = page(client, address).select_one("#hide form")
    assert shown is not None
    sent = {str(field["name"]): str(field["value"]) for field in shown.find_all("input")}
    response = client.post(str(shown["action"]), data={**sent, "reason": "A card number."})
    assert response.status_code == 303
    assert article.hidden_at is not None
    assert page(client, address).select_one("#hide") is None


def test_hostile_words_stay_words(
    session: Session, article: Article, bob: User, alice: User, new_client: NewClient
) -> None:
    made = flags.open_flag(
        session,
        article,
        revision_id=article.live_revision_id or 0,
        reason="wrong",
        text="<script>alert(1)</script>",
        by=bob,
    )
    shown = page(new_client(alice), f"/flags/{made.id}")
    assert shown.select_one("main script") is None
    assert "<script>alert(1)</script>" in words(shown)
