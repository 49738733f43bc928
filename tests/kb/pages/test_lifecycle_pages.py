"""What can be done with a published article, by its addresses: forms, refusals, banners, and no leak."""

import io
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from PIL import Image
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from core.audit import AuditEntry
from core.db import db
from kb import lifecycle, plans
from kb.models import Article, Plan, Topic
from people.models import Role, User
from search import search_of_app
from tests.conftest import Browser, Deliveries, leads_to_signin
from tests.factories import make_article, make_topic, make_user, republish, settle

NewClient = Callable[[User], Browser]
WHY = "The machine was replaced."
PAGE = "/articles/oil-the-press"


@pytest.fixture
def machines(session: Session) -> Topic:
    return make_topic(session, "Machines")


@pytest.fixture
def article(session: Session, machines: Topic, alice: User, cora: User) -> Article:
    made = make_article(
        session, alice, approver=cora, title="Oil the press", topic=machines, tags=["oil"]
    )
    republish(session, made, alice, by=cora, body="With the purple oil.")
    return made


def soup(response: TestResponse) -> BeautifulSoup:
    return BeautifulSoup(response.text, "html.parser")


def send(browser: Browser, form: str, **changes: str) -> TestResponse:
    """Fill a form of the page as it stands there, and press its button."""
    shown = browser.get(form)
    assert shown.status_code == 200, form
    page = soup(shown)
    assert page.main is not None
    [asked] = page.main.find_all("form", method="post")
    fields = {
        str(tag["name"]): str(tag.get("value") or tag.get_text())
        for tag in asked.find_all(("input", "textarea"))
        if tag.get("name")
    }
    for select in asked.find_all("select"):
        chosen = select.find("option", selected=True)
        fields[str(select["name"])] = str(chosen["value"]) if chosen else ""
    return browser.post(str(asked["action"]), data=fields | changes)


FORMS = ["archive", "unpublish", "visibility", "rollback", "placement", "plan", "keywords"]


# Who may, and what is refused


@pytest.mark.usefixtures("article")
@pytest.mark.parametrize("form", [*FORMS, "manage"])
def test_the_pages_are_for_those_who_decide(
    new_client: NewClient, client: Browser, bob: User, cora: User, form: str
) -> None:
    assert new_client(cora).get(f"{PAGE}/{form}").status_code == 200
    assert new_client(bob).get(f"{PAGE}/{form}").status_code == 403
    assert leads_to_signin(client.get(f"{PAGE}/{form}"))
    assert new_client(cora).get(f"/articles/nowhere/{form}").status_code == 404


@pytest.mark.usefixtures("article")
@pytest.mark.parametrize("form", FORMS)
def test_readers_post_in_vain(
    session: Session, new_client: NewClient, bob: User, form: str
) -> None:
    data = {"number": "2", "reason": WHY, "title": "Mine", "topic": "machines", "to": "1"}
    data |= {"at": "2035-01-01", "keywords": "mine"}
    response = new_client(bob).post(f"{PAGE}/{form}", data=data)
    assert response.status_code in (403, 422)
    assert session.scalars(sa.select(AuditEntry)).all() == []


@pytest.mark.usefixtures("article")
def test_an_owner_is_offered_what_is_theirs_to_do(new_client: NewClient, alice: User) -> None:
    browser = new_client(alice)
    links = {str(a["href"]) for a in soup(browser.get(f"{PAGE}/manage")).find_all("a", href=True)}
    offered = {each for each in FORMS if f"{PAGE}/{each}" in links}
    assert offered == {"archive", "plan"}
    for form in FORMS:
        assert (browser.get(f"{PAGE}/{form}").status_code == 200) is (form in offered)


@pytest.mark.usefixtures("article")
def test_manage_is_linked_for_those_entitled(
    session: Session, new_client: NewClient, machines: Topic, alice: User, bob: User, cora: User
) -> None:
    eve = make_user(session, "Eve")
    machines.curators = [eve, cora]
    linked = {
        person.handle: f'href="{PAGE}/manage"' in new_client(person).get(PAGE).text
        for person in (alice, bob, cora, eve)
    }
    assert linked == {"alice": True, "bob": False, "cora": True, "eve": True}


@pytest.mark.usefixtures("article")
def test_whether_manage_is_theirs_costs_readers_no_query(new_client: NewClient, bob: User) -> None:
    reader, asked = new_client(bob), []
    reader.get(PAGE)
    sa.event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    assert reader.get(PAGE).status_code == 200
    assert sum("publication" in each for each in asked) == 2  # the text, and who else wrote it
    assert not any("topic_policy" in each for each in asked)


@pytest.mark.usefixtures("article")
@pytest.mark.parametrize("form", ["archive", "unpublish", "visibility", "rollback?to=1", "plan"])
def test_without_a_reason_the_form_comes_back_with_all_that_was_typed(
    new_client: NewClient, cora: User, form: str
) -> None:
    response = send(new_client(cora), f"{PAGE}/{form}", reason=" ", at="2035-01-01")
    assert response.status_code == 422
    page = soup(response)
    assert page.find(id="reason-error") is not None
    if form == "plan":
        day = page.find(id="at")
        assert day is not None
        assert day["value"] == "2035-01-01"


@pytest.mark.parametrize("form", ["archive", "unpublish", "rollback?to=1", "placement"])
def test_what_somebody_published_meanwhile_is_looked_at_first(
    session: Session,
    new_client: NewClient,
    article: Article,
    alice: User,
    carl: User,
    cora: User,
    form: str,
) -> None:
    browser = new_client(cora)
    republish(session, article, alice, by=carl, body="The third.")
    response = send(browser, f"{PAGE}/{form}", reason=WHY, number="2", title="Oil it")
    assert response.status_code == 409
    page = soup(response)
    assert "Carl has published revision 3" in page.get_text()
    reason = page.find(id="reason")
    assert reason is not None
    assert reason["value"] == WHY


# The acts


def test_an_archived_article_is_readable_with_a_banner_and_findable_in_the_archive_alone(
    session: Session, new_client: NewClient, article: Article, alice: User, bob: User
) -> None:
    response = send(new_client(alice), f"{PAGE}/archive", reason=WHY)
    assert (response.status_code, response.location) == (303, PAGE)
    reader = new_client(bob)
    page = soup(reader.get(PAGE))
    banner = page.find(class_="notice")
    assert banner is not None
    assert "No longer kept up" in banner.get_text()
    assert WHY in banner.get_text()
    assert "purple oil" in page.get_text()
    for address in ("/", "/topics/machines", "/people/alice", "/feed.atom", "/tags"):
        assert "Oil the press" not in reader.get(address).text, address
    assert reader.get("/tags/oil").status_code == 404
    assert PAGE in reader.get("/archive?q=purple").text
    assert PAGE not in reader.get("/archive?q=green").text
    send(new_client(alice), f"{PAGE}/archive", reason="Still in use.")
    settle(session)
    assert article.archived_at is None


def test_a_second_click_on_archive_does_not_bring_the_article_back(
    session: Session, new_client: NewClient, article: Article, alice: User
) -> None:
    browser = new_client(alice)
    sent = {"act": "archive", "number": "2", "reason": WHY}
    for _ in range(2):
        assert browser.post(f"{PAGE}/archive", data=sent).status_code == 303
    assert article.archived_at is not None
    assert len(session.scalars(sa.select(AuditEntry)).all()) == 1


@pytest.mark.usefixtures("article")
def test_the_archive_is_offered_beside_the_results_of_a_search(
    new_client: NewClient, bob: User
) -> None:
    page = soup(new_client(bob).get("/search?q=purple+oil"))
    assert page.find("a", href="/archive?q=purple+oil") is not None


def test_what_is_taken_back_is_gone_for_readers_and_there_for_its_author(
    session: Session, new_client: NewClient, article: Article, alice: User, bob: User, cora: User
) -> None:
    send(new_client(cora), f"{PAGE}/unpublish", reason=WHY)
    assert new_client(bob).get(PAGE).status_code == 404
    page = soup(new_client(alice).get(PAGE))
    assert "Readers do not see this" in page.get_text()
    assert WHY in page.get_text()
    assert "purple oil" in page.get_text()
    curator = new_client(cora)
    assert "Taken back" in soup(curator.get(f"{PAGE}/history")).get_text()
    assert curator.get(f"{PAGE}/edit").status_code == 200
    send(curator, f"{PAGE}/rollback?to=2", reason="It was right.")
    assert "purple oil" in new_client(bob).get(PAGE).text


def test_the_author_mends_what_was_taken_back_starting_from_its_last_text(
    session: Session, new_client: NewClient, article: Article, alice: User, cora: User
) -> None:
    last = article.live_revision_id
    send(new_client(cora), f"{PAGE}/unpublish", reason=WHY)
    page = soup(new_client(alice).get(f"{PAGE}/edit"))
    text, base = page.find(id="body"), page.find("input", attrs={"name": "base"})
    assert text is not None
    assert text.get_text().strip() == "With the purple oil."
    assert base is not None
    assert base["value"] == str(last)


def test_a_hidden_article_says_so_to_readers_and_shows_nothing_of_itself(
    new_client: NewClient, article: Article, alice: User, bob: User, cora: User
) -> None:
    send(new_client(cora), f"{PAGE}/visibility", reason="A password in it.")
    response = new_client(bob).get(PAGE)
    assert response.status_code == 404
    page = soup(response)
    assert page.h1 is not None
    assert page.h1.get_text(strip=True) == "Hidden while it is checked"
    assert "purple" not in response.text
    assert "Oil the press" not in response.text
    assert "A password in it." not in response.text
    as_json = new_client(bob).get(PAGE, headers={"Accept": "application/json"})
    assert as_json.status_code == 404
    shown = soup(new_client(alice).get(PAGE)).get_text()
    assert "A password in it." in shown
    assert "purple" in shown
    send(new_client(cora), f"{PAGE}/visibility", reason="It was an example.")
    assert new_client(bob).get(PAGE).status_code == 200


@pytest.mark.usefixtures("article")
def test_history_offers_to_go_back_to_a_text_and_says_what_that_changes(
    new_client: NewClient, bob: User, cora: User
) -> None:
    browser = new_client(cora)
    target = f"{PAGE}/rollback?to=1"
    assert soup(browser.get(f"{PAGE}/history")).find("a", href=target) is not None
    assert soup(new_client(bob).get(f"{PAGE}/history")).find("a", href=target) is None
    assert f"{PAGE}/compare/2...1" in browser.get(target).text
    send(browser, target, reason=WHY)
    assert "Restart the client." in new_client(bob).get(PAGE).text


@pytest.mark.usefixtures("article")
def test_a_renamed_article_is_found_by_both_addresses(
    session: Session, new_client: NewClient, bob: User, cora: User
) -> None:
    make_topic(session, "Presses")
    response = send(
        new_client(cora), f"{PAGE}/placement", title="Oil it", topic="presses", reason=WHY
    )
    assert (response.status_code, response.location) == (303, "/articles/oil-it")
    assert new_client(bob).get(PAGE).location == "/articles/oil-it"
    assert new_client(cora).get(f"{PAGE}/manage").location == "/articles/oil-it/manage"
    assert "Presses" in new_client(bob).get("/articles/oil-it").text


def test_only_topics_to_publish_in_are_offered(
    session: Session, new_client: NewClient, article: Article, bob: User, cora: User
) -> None:
    make_topic(session, "Bob's", slug="bobs", curators=[bob])
    browser = new_client(cora)
    page = soup(browser.get(f"{PAGE}/placement"))
    assert [option["value"] for option in page.select("#topic option")] == ["machines"]
    refused = send(browser, f"{PAGE}/placement", topic="bobs", reason=WHY)
    assert refused.status_code == 403


def test_a_planned_retirement_is_announced_and_can_be_cancelled(
    session: Session, new_client: NewClient, article: Article, alice: User, bob: User
) -> None:
    owner = new_client(alice)
    assert send(owner, f"{PAGE}/plan", reason=WHY, at="1999-01-01").status_code == 422
    assert send(owner, f"{PAGE}/plan", reason=WHY, at="next week").status_code == 422
    at = f"{article.created_at.year + 1}-06-01"
    assert send(owner, f"{PAGE}/plan", reason=WHY, at=at).status_code == 303
    assert "It is to be archived on" in new_client(bob).get(PAGE).text
    [plan] = session.scalars(sa.select(Plan))
    assert new_client(bob).post(f"/plans/{plan.id}/cancellation").status_code == 403
    assert WHY in owner.get(f"{PAGE}/manage").text
    assert send(owner, f"{PAGE}/manage").status_code == 303
    settle(session)
    assert plan.stopped_at is not None
    assert plans.waiting(session, article.id) == []


def test_search_words_are_seen_by_curators_alone(
    session: Session, new_client: NewClient, article: Article, alice: User, cora: User
) -> None:
    send(new_client(cora), f"{PAGE}/keywords", keywords="Grease, oil can, grease")
    settle(session)
    assert article.keywords == ["grease", "oil can"]
    assert "oil can" in new_client(cora).get(f"{PAGE}/manage").text
    for path in (PAGE, f"{PAGE}/manage"):
        assert "oil can" not in new_client(alice).get(path).text


def test_an_article_is_found_by_its_search_words(
    session: Session,
    new_client: NewClient,
    article: Article,
    bob: User,
    cora: User,
    outbox: Deliveries,
) -> None:
    browser = new_client(bob)
    outbox.drain()
    assert PAGE not in browser.get("/search?q=lubricate").text
    lifecycle.add_keywords(session, article, ["lubricate"], by=cora)
    outbox.drain()
    assert PAGE in browser.get("/search?q=lubricate").text


def test_the_manage_page_tells_what_was_done_by_whom_and_why(
    session: Session, new_client: NewClient, article: Article, cora: User
) -> None:
    browser = new_client(cora)
    send(browser, f"{PAGE}/visibility", reason="A password in it.")
    send(browser, f"{PAGE}/visibility", reason="It was an example.")
    entries = soup(browser.get(f"{PAGE}/manage")).select(".timeline__entry")
    told = [" ".join(entry.get_text(" ").split()) for entry in entries]
    assert told[0].startswith("Cora showed it to readers again")
    assert told[0].endswith("It was an example.")
    assert told[1].startswith("Cora hid it from readers")
    assert session.scalars(sa.select(AuditEntry.source).distinct()).all() == ["127.0.0.1"]


# Leaks through nothing


@pytest.fixture
def image(session: Session, new_client: NewClient, alice: User) -> str:
    """The address of an image that Alice put into her draft."""
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "purple").save(picture, "PNG")
    picture.seek(0)
    sent = {"file": (picture, "plan.png")}
    answer = new_client(alice).post("/attachments", data=sent).get_json()
    return str(answer["url"])


@pytest.fixture
def secret(
    session: Session,
    new_client: NewClient,
    machines: Topic,
    image: str,
    article: Article,
    alice: User,
    cora: User,
    outbox: Deliveries,
) -> Article:
    """Found everywhere: in lists, the index, the feed, by a link from another article, with an image."""
    secret = make_article(
        session,
        alice,
        approver=cora,
        title="Quokka handling",
        summary="How to hold a quokka.",
        body=f"![A quokka]({image})",
        tags=["quokka"],
        topic=machines,
    )
    republish(session, secret, alice, by=cora, body=f"![Quokka]({image}) Gently.")
    outbox.drain()
    return secret


PLACES = [
    "/",
    "/topics",
    "/topics/machines",
    "/tags",
    "/people/alice",
    "/feed.atom",
    "/archive",
    "/archive?q=quokka",
    "/search?q=handling",
    "/search/suggest?q=quok",
    "/search/similar?title=Quokka+handling",
    "/articles/oil-the-press",
    "/write?title=Quokka",
]
OWN = [
    "",
    "/history",
    "/revisions/1",
    "/revisions/2",
    "/compare/1...2",
    "/edit",
    "/care",
    "/manage",
]


@pytest.mark.parametrize("withheld", ["unpublish", "visibility"])
def test_what_is_withheld_leaks_through_no_page(
    new_client: NewClient, secret: Article, image: str, bob: User, cora: User, withheld: str
) -> None:
    reader, own = new_client(bob), f"/articles/{secret.slug}"
    assert "quokka" in reader.get("/").text.lower()
    assert reader.get(image).status_code == 200
    send(new_client(cora), f"{own}/{withheld}", reason=WHY)
    for place in PLACES:
        told = reader.get(place).text.lower()
        for words in ("quokka handling", "how to hold", "gently", own):
            assert words not in told, place
    for page in OWN:
        response = reader.get(own + page)
        assert response.status_code == 404, page
        assert "gently" not in response.text.lower(), page
        assert "how to hold" not in response.text.lower(), page
    assert reader.get("/tags/quokka").status_code == 404
    assert reader.get(image).status_code == 404
    for page in OWN:
        assert new_client(cora).get(own + page).status_code == 200, page
    assert new_client(cora).get(image).status_code == 200


@pytest.mark.parametrize("act", ["unpublish", "archive", "visibility"])
def test_the_index_forgets_what_is_not_to_be_found_and_learns_it_again(
    session: Session,
    new_client: NewClient,
    secret: Article,
    cora: User,
    outbox: Deliveries,
    act: str,
) -> None:
    browser = new_client(cora)
    with browser.application.app_context():
        engine = search_of_app().engine
    assert secret.id in dict(engine.searcher().digests())
    send(browser, f"/articles/{secret.slug}/{act}", reason=WHY)
    outbox.drain()
    assert secret.id not in dict(engine.searcher().digests())
    way_back = {"unpublish": "rollback"}.get(act, act)
    send(browser, f"/articles/{secret.slug}/{way_back}", reason="Fine.")
    outbox.drain()
    assert secret.id in dict(engine.searcher().digests())


def test_a_text_that_was_taken_back_is_not_read_in_the_history_of_what_followed(
    session: Session, new_client: NewClient, article: Article, alice: User, bob: User, cora: User
) -> None:
    curator, reader = new_client(cora), new_client(bob)
    send(curator, f"{PAGE}/unpublish", reason="The recipe is secret.")
    send(curator, f"{PAGE}/rollback?to=1", reason="Without it.")
    assert reader.get(PAGE).status_code == 200
    history = reader.get(f"{PAGE}/history")
    assert "Taken back" in history.text
    assert "The recipe is secret." not in history.text
    links = {str(a["href"]) for a in soup(history).find_all("a", href=True)}
    for path in ("/revisions/2", "/compare/1...2", "/compare/2...3"):
        assert reader.get(PAGE + path).status_code == 404, path
        assert PAGE + path not in links, path
        assert curator.get(PAGE + path).status_code == 200, path
    assert reader.get(f"{PAGE}/compare/1...3").status_code == 200


# Handing over


def test_an_administrator_hands_over_from_one_page(
    session: Session, new_client: NewClient, article: Article, alice: User, bob: User, ada: User
) -> None:
    browser = new_client(ada)
    form = f"/admin/people/{alice.id}/handover"
    assert f'href="{form}"' in browser.get("/admin/people").text
    page = soup(browser.get(form))
    assert "1 article" in page.get_text()
    assert page.find("a", href=PAGE) is not None
    for receiver in ("", "nobody", "alice"):
        refused = send(browser, form, receiver=receiver)
        assert refused.status_code == 422
        assert soup(refused).find(id="receiver-error") is not None
    done = send(browser, form, receiver="bob@example.com")
    assert done.status_code == 303
    settle(session)
    assert article.owner is bob
    shown = browser.get(form).text
    assert "Bob has 1 article now" in shown
    assert "Nothing to hand over" in shown
    assert "Looked after by" in browser.get(PAGE).text


def test_another_receiver_for_a_topic_is_kept_when_the_form_comes_back(
    session: Session,
    new_client: NewClient,
    machines: Topic,
    article: Article,
    alice: User,
    ada: User,
) -> None:
    field = f"receiver-{machines.id}"
    refused = send(
        new_client(ada),
        f"/admin/people/{alice.id}/handover",
        **{"receiver": "bob", field: "nobody"},
    )
    assert refused.status_code == 422
    page = soup(refused)
    assert page.find(id=f"{field}-error") is None  # nobody is called bob here either
    typed = page.find(id=field)
    assert typed is not None
    assert typed["value"] == "nobody"


@pytest.mark.parametrize("role", [Role.EMPLOYEE, Role.CURATOR])
def test_only_administrators_see_what_somebody_looks_after(
    session: Session, new_client: NewClient, alice: User, role: Role
) -> None:
    somebody = new_client(make_user(session, "Somebody", role=role))
    form = f"/admin/people/{alice.id}/handover"
    assert somebody.get(form).status_code == 403
    assert somebody.post(form, data={"receiver": "somebody"}).status_code == 403
    assert (
        new_client(make_user(session, "Root", role=Role.ADMIN))
        .get("/admin/people/999/handover")
        .status_code
        == 404
    )
