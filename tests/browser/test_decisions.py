"""Two curators at one review: one decides, the other sees who and loses nothing."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.people import AUTHOR, CURATOR, SECOND_CURATOR, flash, make_draft, submit_draft
from tests.browser.scripts import visit
from tests.browser.watch import Watch

REASON = "Please name the person to ask, since the desk is not always staffed."


def test_of_two_decisions_one_wins_and_the_other_keeps_what_was_typed(
    open_window: OpenWindow, watch: Watch
) -> None:
    watch.expect(409)
    author, first, second = (open_window(p) for p in (AUTHOR, CURATOR, SECOND_CURATOR))
    review = submit_draft(author, make_draft(author, "Get a visitor's badge"))
    first.goto(review)
    first.get_by_role("button", name="Claim").click()
    first.get_by_label("Reason", exact=True).fill(REASON)
    visit(second, review)
    second.get_by_role("button", name="Take over").click()
    second.get_by_role("dialog").get_by_role("button", name="Take over").click()
    second.get_by_role("button", name="Approve").click()
    expect(flash(second)).to_contain_text("Approved and published")

    first.get_by_role("button", name="Request changes").click()
    alert = first.get_by_role("alert")
    expect(alert).to_contain_text("Joost van der Veen")
    expect(alert).to_contain_text("approved")
    expect(first.get_by_label("What you typed")).to_have_value(REASON)


def test_of_two_claims_one_wins_and_the_other_sees_who_reads_it(
    open_window: OpenWindow, watch: Watch
) -> None:
    watch.expect(409)
    author, first, second = (open_window(p) for p in (AUTHOR, CURATOR, SECOND_CURATOR))
    review = submit_draft(author, make_draft(author, "Get a parking permit"))
    first.goto(review)
    second.goto(review)
    first.get_by_role("button", name="Claim").click()
    expect(first.get_by_role("button", name="Approve")).to_be_visible()
    second.get_by_role("button", name="Claim").click()
    expect(second.locator("main")).to_contain_text("Mette Dahl is reading it")
    expect(second.get_by_role("button", name="Approve")).to_have_count(0)
    author.goto(review)
    expect(author.locator("#decision")).to_contain_text("Mette Dahl is reading it")
    expect(author.get_by_role("button", name="Approve")).to_have_count(0)


def test_a_typed_reason_is_not_lost_by_leaving_the_page(open_window: OpenWindow) -> None:
    author, curator = open_window(AUTHOR), open_window(CURATOR)
    curator.goto(submit_draft(author, make_draft(author, "Get a locker")))
    curator.get_by_role("button", name="Claim").click()
    visit(curator, curator.url)
    curator.get_by_label("Reason", exact=True).press_sequentially("Too short.")
    asked: list[str] = []
    curator.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    curator.evaluate("location.assign('/reviews')")
    curator.wait_for_timeout(200)
    assert asked == ["beforeunload"]
    expect(curator.get_by_label("Reason", exact=True)).to_have_value("Too short.")
