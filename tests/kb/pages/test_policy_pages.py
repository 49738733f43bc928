"""The rules of a topic by their addresses: everybody reads them, those entitled change them."""

from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from sqlalchemy.orm import Session

from kb import drafts, policy, topics
from kb.models import Kind, Topic
from kb.policy import Item, Rules
from people.models import User
from tests.conftest import Browser, leads_to_signin
from tests.factories import make_topic

NewClient = Callable[[User], Browser]
PAGE, FORM = "/topics/sales/policy", "/topics/sales/policy/edit"


@pytest.fixture
def sales(session: Session, alice: User) -> Topic:
    """Alice decides there."""
    return make_topic(session, "Sales", curators=[alice])


def set_rules(session: Session, topic: Topic, by: User, **rules: object) -> None:
    policy.change(session, topic, Rules(**rules), expected_number=0, note="", by=by)  # type: ignore[arg-type]


def form_of(page: str) -> dict[str, str]:
    """The fields as a browser would send them."""
    form = BeautifulSoup(page, "html.parser").select_one("main form")
    assert form is not None
    sent = {}
    for field in form.select("input, textarea"):
        if field.get("type") == "radio" and not field.has_attr("checked"):
            continue
        value = field.get_text()[1:] if field.name == "textarea" else field.get("value", "")
        sent[str(field["name"])] = str(value)
    for field in form.select("select"):
        chosen = field.select_one("option[selected]")
        sent[str(field["name"])] = str(chosen["value"]) if chosen else ""
    return sent


def text_of(page: str) -> str:
    main = BeautifulSoup(page, "html.parser").main
    assert main is not None
    return " ".join(main.get_text(" ").split())


def test_everybody_reads_the_rules_in_sentences(
    session: Session, new_client: NewClient, bob: User, ada: User, sales: Topic
) -> None:
    set_rules(
        session,
        sales,
        ada,
        approvals=2,
        fast_lane=True,
        fast_words=30,
        publishers=(ada.id,),
        verify_every_days=180,
        checklist=(Item("", "It names a <b>price</b>."),),
    )
    text = text_of(new_client(bob).get(PAGE).text)
    for sentence in (
        "Two people approve before anything is published",
        "One of them has to be Ada.",
        "Alice decides here.",
        "A text should be decided within 2 working days; only working time counts.",
        "once 5 texts of yours in this topic were approved",
        "an edit of at most 30 words that changes no number, command or link",
        "checked again after 6 months",
        "It names a <b>price</b>.",
    ):
        assert sentence in text
    assert "Change the rules" not in text


def test_a_topic_page_leads_to_its_rules(new_client: NewClient, bob: User, sales: Topic) -> None:
    assert f'href="{PAGE}"' in new_client(bob).get("/topics/sales").text


def test_rules_from_above_say_where_they_come_from(
    session: Session, new_client: NewClient, bob: User, ada: User, sales: Topic
) -> None:
    make_topic(session, "Quotes", parent=sales)
    set_rules(session, sales, ada, approvals=2)
    text = text_of(new_client(bob).get("/topics/quotes/policy").text)
    assert "Two people approve" in text
    assert "Some of them hold for all of Sales ." in text
    assert "Quotes has no rules of its own." in text


def test_the_form_sent_back_as_it_is_changes_nothing(
    new_client: NewClient, alice: User, sales: Topic
) -> None:
    browser = new_client(alice)
    form = form_of(browser.get(FORM).text)
    response = browser.post(PAGE, data=form)
    assert response.status_code == 422
    assert "Nothing differs from the rules as they are." in response.text


def test_those_named_change_the_rules_and_everybody_reads_who_did(
    session: Session, new_client: NewClient, alice: User, ada: User, sales: Topic
) -> None:
    browser = new_client(alice)
    form = form_of(browser.get(FORM).text)
    assert form["checklist_rule"] == form["approvals"] == form["publishers_rule"] == ""
    form |= {
        "approvals": "2",
        "target_hours": "8",
        "fast_lane": "no",
        "publishers_rule": "own",
        "publishers": "alice, ada@example.com",
        "checklist_rule": "own",
        "checklist_2": "It names a price.",
        "skeleton_howto_rule": "own",
        "skeleton_howto": "## The offer\r\n",
        "note": "After the mix-up.",
    }
    response = browser.post(PAGE, data=form)
    assert (response.status_code, response.location) == (303, PAGE)
    now = policy.of(session, sales.id)
    assert (now.approvals, now.target_hours, now.fast_lane) == (2, 8, False)
    assert now.publishers == {alice.id, ada.id}
    assert [item.key for item in now.checklist] == ["when", "follow", "right", "private"]
    assert now.checklist[1].text == "It names a price."
    assert now.skeletons["howto"] == "## The offer\n"
    assert now.skeletons["story"] == drafts.skeleton(Kind.STORY)
    text = text_of(browser.get(PAGE).text)
    assert "Alice changed the rules" in text
    assert "After the mix-up." in text
    assert "Approvals: two people" in text
    again = form_of(browser.get(FORM).text)
    assert again["number"] == "1"
    assert again["publishers"] == "alice, ada"
    assert again["checklist_2"] == "It names a price."


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"target_hours": "0"}, "Choose a number from 1 to 400."),
        ({"target_hours": "eight"}, "Choose a number from 1 to 400."),
        ({"approvals": "3"}, "Choose a number from 1 to 2."),
        (
            {"publishers_rule": "own", "publishers": "nobody-here"},
            "Nobody here goes by nobody-here",
        ),
        ({"publishers_rule": "own", "publishers": " , "}, "Name at least one person"),
        ({"checklist_rule": "own", "checklist_9": "x" * 201}, "at most 200 characters"),
        ({"skeleton_story_rule": "own", "skeleton_story": "x" * 10_001}, "at most 10,000"),
    ],
)
def test_what_does_not_fit_comes_back_with_everything_typed(
    session: Session,
    new_client: NewClient,
    alice: User,
    sales: Topic,
    changed: dict[str, str],
    why: str,
) -> None:
    browser = new_client(alice)
    sent = form_of(browser.get(FORM).text) | changed | {"note": "What I typed"}
    response = browser.post(PAGE, data=sent)
    assert response.status_code == 422
    assert why in text_of(response.text)
    back = form_of(response.text)
    assert {name: back[name] for name in (*changed, "note") if name != "approvals"} == {
        name: sent[name] for name in (*changed, "note") if name != "approvals"
    }
    assert policy.history(session, sales.id) == []


def test_rules_changed_meanwhile_are_not_overwritten_unseen(
    session: Session, new_client: NewClient, alice: User, ada: User, sales: Topic
) -> None:
    browser = new_client(alice)
    sent = form_of(browser.get(FORM).text) | {"target_hours": "8"}
    set_rules(session, sales, ada, approvals=2)
    response = browser.post(PAGE, data=sent)
    assert response.status_code == 409
    assert "Ada has changed these rules" in response.text
    assert form_of(response.text)["target_hours"] == "8"
    assert policy.of(session, sales.id).target_hours == 16
    assert browser.post(PAGE, data=form_of(response.text)).status_code == 303
    assert policy.of(session, sales.id).target_hours == 8


def test_others_read_and_do_not_change(
    new_client: NewClient, client: Browser, bob: User, cora: User, sales: Topic
) -> None:
    for somebody in (bob, cora):
        browser = new_client(somebody)
        assert browser.get(FORM).status_code == 403
        assert browser.post(PAGE, data={"approvals": "2", "number": "0"}).status_code == 403
    for address in (PAGE, FORM):
        assert leads_to_signin(client.get(address))


def test_a_topic_that_is_not_there_has_no_rules(new_client: NewClient, ada: User) -> None:
    browser = new_client(ada)
    for address in ("/topics/gone/policy", "/topics/gone/policy/edit"):
        assert browser.get(address).status_code == 404
    assert browser.post("/topics/gone/policy", data={}).status_code == 404


def test_the_rules_move_with_a_renamed_topic(
    session: Session, new_client: NewClient, ada: User, sales: Topic
) -> None:
    topics.change(session, sales, name="Selling", description="", by=ada)
    browser = new_client(ada)
    for end in ("policy", "policy/edit"):
        response = browser.get(f"/topics/sales/{end}")
        assert (response.status_code, response.location) == (301, f"/topics/selling/{end}")


# Writing begins from it


def test_writing_in_a_topic_begins_from_its_skeleton(
    session: Session, new_client: NewClient, bob: User, ada: User, sales: Topic
) -> None:
    set_rules(session, sales, ada, skeletons={"howto": "## The offer"})
    browser = new_client(bob)
    page = browser.get("/write").text
    links = [a["href"] for a in BeautifulSoup(page, "html.parser").select(".own-skeletons a")]
    assert links == ["/topics/sales", "/write/howto?topic=sales"]
    assert "## The offer" in browser.get("/write/howto?topic=sales").text
    assert "## The offer" not in browser.get("/write/story?topic=sales").text
    for address in ("/write/howto", "/write/howto?topic=gone", "/write/howto?topic="):
        assert "## When to use this" in browser.get(address).text
