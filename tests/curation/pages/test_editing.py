"""Edit and approve, and “We have this already”, by their addresses."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup, Tag
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from curation import talk, workflow
from curation.models import Review, State
from kb import rendering
from kb.models import Article, Plan, Revision
from people.models import User
from tests.conftest import Browser, Clock, leads_to_signin
from tests.factories import make_article, make_review, make_topic, reading

NewClient = Callable[[User], Browser]
BODY = "One.\n\nTwo.\n\nThree."


@pytest.fixture
def review(session: Session, alice: User, cora: User) -> Review:
    """A new text, being read by Cora."""
    return make_review(
        session,
        alice,
        title="Mind the gap",
        body=BODY,
        topic=make_topic(session, "Travel", slug="travel"),
        state=State.IN_REVIEW,
        curator=cora,
    )


def main(response: TestResponse) -> Tag:
    found = BeautifulSoup(response.text, "html.parser").main
    assert found is not None
    return found


def words(response: TestResponse) -> str:
    return " ".join(main(response).get_text(" ").split())


def fields(response: TestResponse) -> dict[str, str]:
    """What the editing form on the page would send."""
    form = main(response).select_one("form.editor")
    assert form is not None
    sent = {
        str(each["name"]): str(each.get("value", ""))
        for each in form.select("input[name]:not([type=radio])")
    }
    sent |= {
        str(each["name"]): each.get_text().removeprefix("\n") for each in form.select("textarea")
    }
    chosen = form.select_one('input[name="propose"][checked]')
    return sent | ({"propose": str(chosen["value"])} if chosen else {})


def form(review: Review, **changes: Any) -> dict[str, Any]:
    sent = {
        **reading(review),
        "title": "Mind the gap",
        "summary": "Back online in a minute.",
        "topic": "travel",
        "tags": "",
        "body": BODY,
        "reason": "",
    }
    return sent | changes


# Edit and approve


def test_the_holder_edits_and_what_they_edited_is_published(
    session: Session, new_client: NewClient, cora: User, review: Review
) -> None:
    browser = new_client(cora)
    page = browser.get(f"/reviews/{review.id}/edit")
    sent = fields(page) | {"topic": "travel", "body": "One.\n\n**Two**.", "reason": "Shorter."}
    response = browser.post(f"/reviews/{review.id}/edit-and-approval", data=sent)
    assert response.status_code == 303
    live = session.get_one(Article, review.article_id).live_revision
    assert live is not None
    assert live.body == "One.\n\n**Two**."
    assert "<strong>Two</strong>" in live.html
    assert [person.name for person in live.coauthors] == ["Cora"]


def test_its_author_is_shown_exactly_what_was_edited(
    new_client: NewClient, alice: User, cora: User, review: Review
) -> None:
    sent = form(review, body=BODY.replace("Two", "Two apples"), reason="Say what.")
    new_client(cora).post(f"/reviews/{review.id}/edit-and-approval", data=sent)
    page = new_client(alice).get(f"/reviews/{review.id}")
    edited = main(page).select_one("#edited")
    assert edited is not None
    assert [each.get_text() for each in edited.select(".diff__cell--both ins")] == [" apples"]
    assert "Say what." in words(page)


def test_what_was_changed_can_be_looked_at_before_anything_is_decided(
    session: Session, new_client: NewClient, cora: User, review: Review
) -> None:
    sent = form(
        review, title="Mind the step", body=BODY.replace("Two", "**Two**"), reason="Why not."
    )
    response = new_client(cora).post(f"/reviews/{review.id}/edit", data=sent)
    assert response.status_code == 200
    changes = main(response).select_one("#changes")
    assert changes is not None
    assert "step" in [each.get_text() for each in changes.select(".diff--fields ins")]
    assert main(response).select("[data-preview] strong")
    assert fields(response)["reason"] == "Why not."
    assert fields(response)["body"].replace("\r\n", "\n") == sent["body"]
    assert review.state is State.IN_REVIEW
    assert session.scalar(sa.select(sa.func.count()).select_from(Revision)) == 1


def test_a_script_is_given_the_preview_alone(
    new_client: NewClient, cora: User, review: Review
) -> None:
    response = new_client(cora).post(f"/reviews/{review.id}/edit", json={"body": "**Two**"})
    assert response.get_json() == {"html": "<p><strong>Two</strong></p>\n"}


def test_what_is_missing_is_named_at_its_field_and_everything_is_kept(
    new_client: NewClient, cora: User, review: Review
) -> None:
    sent = form(review, summary="", body="Typed & kept.", reason="Because.")
    response = new_client(cora).post(f"/reviews/{review.id}/edit-and-approval", data=sent)
    assert response.status_code == 422
    assert main(response).select("#summary[aria-invalid]")
    kept = fields(response)
    assert (kept["body"], kept["reason"]) == ("Typed & kept.", "Because.")
    assert review.state is State.IN_REVIEW


def test_an_edit_is_published_later_if_that_is_asked(
    session: Session, new_client: NewClient, cora: User, review: Review, clock: Clock
) -> None:
    at = (clock.now() + timedelta(days=1)).isoformat()
    sent = form(review, body="Shorter.", at=at)
    response = new_client(cora).post(f"/reviews/{review.id}/edit-and-approval", data=sent)
    assert response.status_code == 303
    assert session.scalars(sa.select(Plan)).one().at == clock.now() + timedelta(days=1)
    assert session.get_one(Article, review.article_id).live_revision_id is None


def test_a_time_that_cannot_be_read_is_asked_for_again(
    new_client: NewClient, cora: User, review: Review
) -> None:
    sent = form(review, body="Shorter.", at="soon")
    response = new_client(cora).post(f"/reviews/{review.id}/edit-and-approval", data=sent)
    assert response.status_code == 422
    assert fields(response)["body"] == "Shorter."
    assert main(response).select("#at[aria-invalid]")


def test_who_was_overtaken_keeps_the_edit_and_is_told_by_whom(
    session: Session, new_client: NewClient, cora: User, carl: User, review: Review
) -> None:
    sent = form(review, body="Shorter.", reason="Because.")
    workflow.take_over(session, review.id, version=review.version, by=carl)
    response = new_client(cora).post(f"/reviews/{review.id}/edit-and-approval", data=sent)
    assert response.status_code == 409
    assert "Carl took it over" in words(response)
    kept = fields(response)
    assert (kept["body"], kept["reason"]) == ("Shorter.", "Because.")


def test_a_text_that_changed_while_it_was_edited_is_shown_and_the_edit_kept(
    session: Session, new_client: NewClient, alice: User, cora: User, review: Review
) -> None:
    """The author takes a suggestion in meanwhile; whoever edits sees it before they approve."""
    comment = talk.comment(
        session,
        review,
        revision_id=review.revision_id,
        first=5,
        last=5,
        text="",
        suggestion="Three pears.",
        key="k",
        by=cora,
    )
    sent = form(review, body=BODY.replace("Two", "Two apples"))
    taken = workflow.with_suggestion(comment, review.revision)
    made = rendering.render(session, taken.body, review.revision.dialect)
    workflow.accept(session, comment, taken, made, by=alice)
    browser = new_client(cora)
    response = browser.post(f"/reviews/{review.id}/edit-and-approval", data=sent)
    assert response.status_code == 409
    meanwhile = main(response).select_one("#meanwhile")
    assert meanwhile is not None
    assert [each.get_text() for each in meanwhile.select("ins")] == [" pears"]
    again = fields(response)
    assert again["body"].replace("\r\n", "\n") == sent["body"]
    assert again["revision"] == str(review.revision_id)


def test_a_second_click_publishes_nothing_more(
    session: Session, new_client: NewClient, cora: User, review: Review
) -> None:
    sent = form(review, body="Shorter.")
    browser = new_client(cora)
    codes = [
        browser.post(f"/reviews/{review.id}/edit-and-approval", data=sent).status_code
        for _ in range(2)
    ]
    assert codes == [303, 409]
    assert session.scalar(sa.select(sa.func.count()).select_from(Revision)) == 2


PAGES = ["edit", "duplicate"]
every_page = pytest.mark.parametrize("page", PAGES)
every_form = pytest.mark.parametrize("path", ["edit", "edit-and-approval", "duplicate"])


@every_page
def test_the_pages_are_for_who_holds_the_text(
    client: Browser,
    new_client: NewClient,
    alice: User,
    bob: User,
    carl: User,
    review: Review,
    page: str,
) -> None:
    path = f"/reviews/{review.id}/{page}"
    assert leads_to_signin(client.get(path))
    assert new_client(bob).get(path).status_code == 404
    assert new_client(alice).get(path).status_code == 403
    other = new_client(carl).get(path)
    assert other.status_code == 409
    assert "Cora began reading it" in words(other)


@every_page
def test_a_claim_that_ran_out_and_that_nobody_took_does_no_harm(
    new_client: NewClient, cora: User, review: Review, clock: Clock, page: str
) -> None:
    clock.move(hours=2)
    assert new_client(cora).get(f"/reviews/{review.id}/{page}").status_code == 200


@every_page
def test_the_pages_of_a_decided_review_say_how_it_was_decided(
    session: Session, new_client: NewClient, cora: User, review: Review, page: str
) -> None:
    workflow.decline(session, review.id, **reading(review), reason="No.", by=cora)
    response = new_client(cora).get(f"/reviews/{review.id}/{page}")
    assert response.status_code == 409
    assert "Cora declined it" in words(response)


@every_form
def test_the_forms_are_refused_to_everybody_else(
    client: Browser,
    new_client: NewClient,
    alice: User,
    bob: User,
    carl: User,
    review: Review,
    path: str,
) -> None:
    address = f"/reviews/{review.id}/{path}"
    sent = form(review, body="Shorter.", target="x")
    assert leads_to_signin(client.post(address, data=sent))
    assert new_client(bob).post(address, data=sent).status_code == 404
    if path != "duplicate":
        assert new_client(alice).post(address, data=sent).status_code == 403
    if path == "edit-and-approval":
        assert new_client(carl).post(address, data=sent).status_code == 409
    assert review.state is State.IN_REVIEW


# We have this already


@pytest.fixture
def target(session: Session, bob: User, review: Review) -> Article:
    return make_article(
        session, bob, title="Mind the gap between", body="Old.", topic=review.revision.topic
    )


@pytest.mark.parametrize(
    "named",
    [
        "mind-the-gap-between",
        "http://kb.example.com/articles/mind-the-gap-between?x=1",
        "mind the GAP between",
    ],
)
def test_the_article_is_named_by_its_address_or_its_title(
    new_client: NewClient, cora: User, review: Review, target: Article, named: str
) -> None:
    response = new_client(cora).get(
        f"/reviews/{review.id}/duplicate", query_string={"target": named}
    )
    heading = main(response).select_one("#target-title")
    assert heading is not None
    assert heading.get_text() == "Mind the gap between"
    assert fields(response)["body"].startswith("Old.\n\n## Mind the gap\n\nOne.")


def test_an_article_that_is_not_there_is_asked_for_again(
    new_client: NewClient, cora: User, review: Review
) -> None:
    response = new_client(cora).get(f"/reviews/{review.id}/duplicate?target=no-such-thing")
    assert "No published article goes by that." in words(response)
    field = main(response).select_one("#target[aria-invalid]")
    assert field is not None
    assert field["value"] == "no-such-thing"


def test_a_duplicate_is_closed_with_a_reason_and_a_way_to_the_article(
    session: Session,
    new_client: NewClient,
    alice: User,
    cora: User,
    review: Review,
    target: Article,
) -> None:
    sent = form(review, target=target.slug, propose="0", reason="It says the same.")
    browser = new_client(cora)
    response = browser.post(f"/reviews/{review.id}/duplicate", data=sent)
    assert response.status_code == 303
    assert review.state is State.DECLINED
    page = new_client(alice).get(f"/reviews/{review.id}")
    assert "Closed as a duplicate" in words(page)
    assert "It says the same." in words(page)
    assert main(page).select(f'#decision a[href="/articles/{target.slug}"]')
    assert target.keywords == ["mind", "the", "gap"]


def test_what_it_adds_is_proposed_to_the_article(
    session: Session,
    new_client: NewClient,
    alice: User,
    cora: User,
    review: Review,
    target: Article,
) -> None:
    sent = form(
        review,
        target=target.slug,
        propose="1",
        title="Mind the gap between",
        body="Old.\n\nAnd new.",
    )
    browser = new_client(cora)
    response = browser.post(f"/reviews/{review.id}/duplicate", data=sent)
    proposal = session.get_one(Review, review.merged_into_id)
    assert response.location == f"/reviews/{proposal.id}"
    assert (proposal.author_id, proposal.article_id) == (alice.id, target.id)
    assert proposal.revision.body == "Old.\n\nAnd new."
    assert browser.post(f"/reviews/{review.id}/duplicate", data=sent).status_code == 409


def test_what_a_proposal_lacks_is_named_and_everything_is_kept(
    new_client: NewClient, cora: User, review: Review, target: Article
) -> None:
    sent = form(review, target=target.slug, propose="1", summary="", body="Kept.", reason="So.")
    response = new_client(cora).post(f"/reviews/{review.id}/duplicate", data=sent)
    assert response.status_code == 422
    kept = fields(response)
    assert (kept["body"], kept["reason"], kept["propose"]) == ("Kept.", "So.", "1")
    assert review.state is State.IN_REVIEW


def test_a_preview_of_the_joined_text_decides_nothing(
    new_client: NewClient, cora: User, review: Review, target: Article
) -> None:
    sent = form(review, target=target.slug, propose="1", body="**New**", again="1")
    response = new_client(cora).post(f"/reviews/{review.id}/duplicate", data=sent)
    assert response.status_code == 200
    assert main(response).select("[data-preview] strong")
    assert review.state is State.IN_REVIEW
