"""What the page of a review and the editor's submit button show to whom."""

from collections.abc import Callable

from bs4 import BeautifulSoup
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from curation import workflow
from curation.models import Review, State
from people.models import User
from tests.conftest import Browser, Clock
from tests.factories import (
    edit,
    make_article,
    make_draft,
    make_review,
    reading,
    republish,
    submit,
)

NewClient = Callable[[User], Browser]


def page(response: TestResponse) -> BeautifulSoup:
    return BeautifulSoup(response.text, "html.parser")


def buttons(response: TestResponse) -> list[str]:
    main = page(response).main
    assert main is not None
    return [button.get_text(strip=True) for button in main.find_all("button")]


def ways(response: TestResponse) -> list[str]:
    """The buttons of the decision, without what helps in reading the text."""
    return [each.get_text(strip=True) for each in page(response).select("#decision button")]


def words(response: TestResponse) -> str:
    main = page(response).main
    assert main is not None
    return " ".join(main.get_text(" ").split())


def typed(response: TestResponse, selector: str) -> str:
    """What stands in a field of the page."""
    field = page(response).select_one(selector)
    assert field is not None
    return field.get_text().strip()


def a_stale_review(session: Session, author: User, colleague: User) -> Review:
    """A change to an article whose live text has changed since."""
    article = make_article(session, colleague, body="One.\n\nTwo.\n\nThree.")
    review = make_review(session, author, article=article, body="One.\n\nTwo.\n\nThree, and four.")
    republish(session, article, colleague, body="Zero.\n\nTwo.\n\nThree.")
    return review


# One review, as each person sees it


def test_who_may_decide_is_offered_to_claim(
    session: Session, new_client: NewClient, alice: User, cora: User
) -> None:
    review = make_review(session, alice)
    assert ways(new_client(cora).get(f"/reviews/{review.id}")) == ["Claim"]


def test_the_holder_is_offered_every_decision_and_release(
    session: Session, new_client: NewClient, alice: User, cora: User
) -> None:
    review = make_review(session, alice, state=State.IN_REVIEW, curator=cora)
    offered = ways(new_client(cora).get(f"/reviews/{review.id}"))
    decisions = ["Approve", "Request changes", "Decline"]
    assert offered == ["Save the checklist", *decisions, "Release"]


def test_another_curator_sees_who_reads_and_may_take_over(
    session: Session, new_client: NewClient, alice: User, cora: User, carl: User
) -> None:
    review = make_review(session, alice, state=State.IN_REVIEW, curator=cora)
    response = new_client(carl).get(f"/reviews/{review.id}")
    assert ways(response) == ["Take over", "Ask"]
    assert "Cora is reading it" in words(response)


def test_the_author_is_told_the_place_in_line_and_may_withdraw(
    session: Session, new_client: NewClient, clock: Clock, alice: User, bob: User
) -> None:
    make_review(session, bob)
    clock.move(minutes=1)
    review = make_review(session, alice)
    response = new_client(alice).get(f"/reviews/{review.id}")
    assert ways(response) == ["Withdraw"]
    assert "Position 2" in words(response)


def test_a_curator_is_told_that_somebody_else_decides_on_their_own_text(
    session: Session, new_client: NewClient, cora: User
) -> None:
    review = make_review(session, cora)
    response = new_client(cora).get(f"/reviews/{review.id}")
    assert "This is your own text, so somebody else decides." in words(response)
    assert "Claim" not in buttons(response)


def test_requested_changes_lead_the_author_to_the_reason_and_the_draft(
    session: Session, new_client: NewClient, alice: User, cora: User
) -> None:
    draft = make_draft(session, alice)
    review = make_review(session, alice, draft=draft, state=State.CHANGES_REQUESTED, curator=cora)
    browser = new_client(alice)
    response = browser.get(f"/reviews/{review.id}")
    assert "Say for whom." in words(response)
    link = page(response).select_one("#decision a.button")
    assert link is not None
    assert link["href"] == f"/drafts/{draft.id}"
    assert "Cora requested changes" in words(browser.get(f"/drafts/{draft.id}"))


def test_a_second_round_shows_what_changed_since_the_first(
    session: Session, new_client: NewClient, alice: User, cora: User
) -> None:
    draft = make_draft(session, alice, body="Restart the client.")
    review = make_review(session, alice, draft=draft, state=State.CHANGES_REQUESTED, curator=cora)
    submit(session, edit(session, draft, body="Restart the phone."))
    address = f"/reviews/{review.id}?since=round"
    shown = page(new_client(cora).get(address)).select_one("#changes .diff")
    assert shown is not None
    assert [gone.get_text() for gone in shown.find_all("del")] == ["client"]
    assert [come.get_text() for come in shown.find_all("ins")] == ["phone"]


def test_an_approved_review_links_the_article(
    session: Session, new_client: NewClient, alice: User, cora: User
) -> None:
    review = make_review(session, alice, state=State.APPROVED, curator=cora)
    response = new_client(alice).get(f"/reviews/{review.id}")
    assert "Cora approved it" in words(response)
    assert page(response).select(f'#decision a[href="/articles/{review.article.slug}"]')


# Refusals keep what was typed


def test_a_missing_reason_is_named_at_its_field(
    session: Session, new_client: NewClient, alice: User, cora: User
) -> None:
    review = make_review(session, alice, state=State.IN_REVIEW, curator=cora)
    response = new_client(cora).post(f"/reviews/{review.id}/decline", data=reading(review))
    reason = page(response).select_one("textarea#reason")
    assert response.status_code == 422
    assert reason is not None
    assert reason["aria-invalid"] == "true"


def test_who_was_overtaken_keeps_the_reason_through_taking_it_back(
    session: Session, new_client: NewClient, alice: User, cora: User, carl: User
) -> None:
    review = make_review(session, alice, state=State.IN_REVIEW, curator=cora)
    read = reading(review)
    workflow.take_over(session, review.id, version=review.version, by=carl)
    browser = new_client(cora)
    refused = browser.post(f"/reviews/{review.id}/decline", data={**read, "reason": "Twice."})
    assert refused.status_code == 409
    assert "Carl took it over" in words(refused)
    back = browser.post(
        f"/reviews/{review.id}/takeover", data={"version": review.version, "reason": "Twice."}
    )
    assert typed(back, "textarea#reason") == "Twice."
    assert "Decline" in buttons(back)


def test_a_late_decision_is_told_who_decided_and_keeps_the_reason(
    session: Session, new_client: NewClient, alice: User, cora: User, carl: User
) -> None:
    review = make_review(session, alice, state=State.IN_REVIEW, curator=cora)
    read = reading(review)
    workflow.take_over(session, review.id, version=review.version, by=carl)
    workflow.approve(session, review.id, **reading(review), by=carl)
    response = new_client(cora).post(
        f"/reviews/{review.id}/decline", data={**read, "reason": "Twice."}
    )
    assert response.status_code == 409
    assert "Carl approved it" in words(response)
    assert typed(response, "textarea[readonly]") == "Twice."


# A live text that changed meanwhile


def test_a_stale_text_shows_both_differences_and_no_approval(
    session: Session, new_client: NewClient, alice: User, bob: User, cora: User
) -> None:
    review = a_stale_review(session, alice, bob)
    workflow.claim(session, review.id, by=cora)
    response = new_client(cora).get(f"/reviews/{review.id}")
    shown = page(response).select_one("#both-differences")
    assert shown is not None
    assert "Zero" in shown.get_text()
    assert "four" in shown.get_text()
    assert "Send it back to the author" in buttons(response)
    assert "Approve" not in buttons(response)


def test_a_draft_that_was_carried_over_is_not_behind_any_more(
    session: Session, new_client: NewClient, alice: User, bob: User, cora: User
) -> None:
    review = a_stale_review(session, alice, bob)
    workflow.claim(session, review.id, by=cora)
    new_client(cora).post(f"/reviews/{review.id}/rebase", data=reading(review))
    response = new_client(alice).get(f"/reviews/{review.id}")
    assert "Your draft stands on the new text already." in words(response)
    assert "Bring your draft up to date" not in buttons(response)


def test_an_author_whose_draft_is_behind_can_bring_it_up_to_date(
    session: Session, new_client: NewClient, alice: User, bob: User, cora: User
) -> None:
    article = make_article(session, bob, body="One.\n\nTwo.")
    review = make_review(
        session,
        alice,
        article=article,
        body="One.\n\nThree.",
        state=State.CHANGES_REQUESTED,
        curator=cora,
    )
    republish(session, article, bob, body="Zero.\n\nTwo.")
    response = new_client(alice).get(f"/reviews/{review.id}")
    assert "Bring your draft up to date" in buttons(response)


# The editor


def test_the_submit_button_sends_the_whole_editor(
    session: Session, new_client: NewClient, alice: User
) -> None:
    draft = make_draft(session, alice)
    shown = page(new_client(alice).get(f"/drafts/{draft.id}"))
    button = shown.select_one(f'button[formaction="/drafts/{draft.id}/submission"]')
    note = shown.select_one("textarea[name=note]")
    assert button is not None
    assert note is not None
    assert (button["form"], note["form"]) == ("editor", "editor")
    assert shown.select("form#editor textarea[name=body]")


def test_a_refused_submission_keeps_the_note(
    session: Session, new_client: NewClient, alice: User
) -> None:
    draft = make_draft(session, alice)
    sent = {"title": "", "body": draft.body, "version": draft.version, "note": "See step two."}
    response = new_client(alice).post(f"/drafts/{draft.id}/submission", data=sent)
    assert response.status_code == 422
    assert typed(response, "textarea[name=note]") == "See step two."


def test_the_editor_of_a_text_under_review_leads_to_the_review(
    session: Session, new_client: NewClient, alice: User
) -> None:
    draft = make_draft(session, alice)
    review = make_review(session, alice, draft=draft)
    response = new_client(alice).get(f"/drafts/{draft.id}")
    assert page(response).select(f'a[href="/reviews/{review.id}"]')
    assert "Submit for review" not in buttons(response)
    assert "Withdraw" in buttons(response)
