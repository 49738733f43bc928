"""Commenting where the lines are: by mouse, by keyboard, by thumb; and nothing that was begun gets lost."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import axe
from tests.browser.conftest import OpenWindow
from tests.browser.keyboard import tab_to
from tests.browser.people import AUTHOR, CURATOR, flash, make_draft, submit_draft
from tests.browser.scripts import visit

BODY = "First look.\n\nThen leap.\n\nThen look back.\n\nThen rest."


@pytest.fixture
def opened(open_window: OpenWindow) -> tuple[Page, str]:
    """A curator's window, and the address of a text that waits there."""
    author = open_window(AUTHOR)
    title = f"Leap over a puddle {id(author)}"
    review = submit_draft(author, make_draft(author, title, body=BODY))
    return open_window(CURATOR), review


def test_a_comment_is_made_at_the_line_under_the_pointer(opened: tuple[Page, str]) -> None:
    page, review = opened
    visit(page, f"{review}?on=source")
    page.locator("#L3").hover()
    page.get_by_role("button", name="Comment on line 3").click()
    expect(page.get_by_label("Comment", exact=True)).to_be_focused()
    expect(page.get_by_label("From line")).to_have_value("3")
    page.keyboard.type("How far?")
    assert axe.violations(page) == []
    page.get_by_role("button", name="Add comment").click()
    thread = page.locator(".diff__notes .thread")
    expect(thread).to_contain_text("How far?")
    expect(page.get_by_role("button", name="Approve")).to_be_visible()  # the comment claimed it


def test_lines_are_chosen_by_keyboard_and_escape_leads_back(opened: tuple[Page, str]) -> None:
    page, review = opened
    visit(page, f"{review}?on=source")
    button = tab_to(page.get_by_role("button", name="Comment on line 1"))
    for key in ("ArrowDown", "ArrowDown", "Shift+ArrowDown", "Shift+ArrowDown"):
        page.keyboard.press(key)
    expect(page.get_by_role("button", name="Comment on lines 3 to 5")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Comment", exact=True)).to_be_focused()
    assert (
        page.get_by_label("From line").input_value(),
        page.get_by_label("To line").input_value(),
    ) == ("3", "5")
    page.keyboard.type("Which way?")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Comment on lines 3 to 5")).to_be_focused()
    expect(page.get_by_label("Comment", exact=True)).to_have_value("Which way?")
    assert button.count() == 0


def test_another_wording_begins_with_what_stands_there(opened: tuple[Page, str]) -> None:
    page, review = opened
    visit(page, f"{review}?on=source")
    page.locator("#L3").click(position={"x": 15, "y": 8})  # on its number
    page.get_by_label("Suggest another wording").check()
    expect(page.get_by_label("Wording", exact=True)).to_have_value("Then leap.")


def test_text_that_somebody_marked_says_which_lines_are_meant(opened: tuple[Page, str]) -> None:
    page, review = opened
    visit(page, f"{review}?on=source")
    page.evaluate("""() => {
      const [first, last] = ["L3", "L5"].map((id) => document.getElementById(id));
      document.getSelection().setBaseAndExtent(first, 0, last, 1);
    }""")
    expect(page.get_by_role("button", name="Comment on lines 3 to 5")).to_be_visible()


def test_what_was_begun_stays_whatever_else_is_done_on_the_page(opened: tuple[Page, str]) -> None:
    page, review = opened
    visit(page, f"{review}?on=source")
    page.locator("#comment-form").get_by_label("From line").fill("3")
    page.get_by_label("Comment", exact=True).fill("How far?")
    page.get_by_role("button", name="Add comment").click()
    expect(page.locator(".thread")).to_have_count(1)
    visit(page, f"{review}?on=source")
    page.get_by_label("Reason", exact=True).fill("Say how far.")
    page.locator(".thread__answer summary").click()
    page.get_by_label("Answer to comment 1").fill("I wonder")

    page.get_by_role("link", name="As readers see it").last.click()
    listed = page.locator("#comments .thread")
    expect(listed).to_have_count(1)
    expect(page.get_by_label("Answer to comment 1")).to_have_value("I wonder")
    listed.get_by_role("link", name="line 3").click()
    expect(page.locator(".diff__notes .thread")).to_have_count(1)
    expect(page.get_by_label("Answer to comment 1")).to_have_value("I wonder")

    page.get_by_label("Note for curators").fill("Look at this one.")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator("#notes")).to_contain_text("Look at this one.")
    expect(page.get_by_label("Reason", exact=True)).to_have_value("Say how far.")
    expect(page.get_by_label("Answer to comment 1")).to_have_value("I wonder")
    expect(page.get_by_label("Note for curators")).to_have_value("")


def test_on_a_phone_a_line_is_pressed_and_the_decision_is_one_press_away(
    open_window: OpenWindow,
) -> None:
    author = open_window(AUTHOR)
    review = submit_draft(author, make_draft(author, "Leap with one thumb", body=BODY))
    page = open_window(CURATOR, phone=True, has_touch=True, is_mobile=True)
    visit(page, f"{review}?on=source")
    page.locator("#L5").tap()
    button = page.get_by_role("button", name="Comment on line 5")
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    button.tap()
    page.get_by_label("Comment", exact=True).fill("Why?")
    page.get_by_role("button", name="Add comment").tap()
    expect(page.locator(".thread")).to_contain_text("Why?")
    page.get_by_role("link", name="Your decision").tap()
    expect(page.get_by_role("button", name="Approve")).to_be_in_viewport()
    page.get_by_role("button", name="Approve").tap()
    expect(flash(page)).to_contain_text("Approved and published")


def test_all_of_it_works_without_scripts(open_window: OpenWindow) -> None:
    author, page = open_window(AUTHOR), open_window(CURATOR, scripts=False)
    review = submit_draft(author, make_draft(author, "Leap without scripts", body=BODY))
    page.goto(review)
    page.get_by_label("From line").fill("3")
    page.get_by_label("To line").fill("3")
    page.get_by_label("Suggest another wording").check()
    page.get_by_label("Wording", exact=True).fill("Then leap far.")
    page.get_by_role("button", name="Add comment").click()
    expect(page.locator(".thread")).to_contain_text("Suggests instead:")
    author.goto(review)
    author.get_by_role("button", name="Take it in").click()
    expect(flash(author)).to_contain_text("The suggested wording is in your text now.")
    expect(author.locator("#text")).to_contain_text("Then leap far.")


def test_an_edit_is_looked_at_before_it_is_approved(opened: tuple[Page, str]) -> None:
    page, review = opened
    page.goto(review)
    page.get_by_role("button", name="Claim").click()
    page.get_by_role("link", name="Edit and approve").click()
    page.get_by_label("Text", exact=True).fill(BODY.replace("rest", "sleep"))
    page.get_by_role("button", name="Show what I changed").click()
    expect(page.locator("#changes ins")).to_have_text("sleep")
    page.get_by_label("Reason", exact=True).fill("Sleep is better.")
    page.get_by_role("button", name="Approve with my edit").click()
    expect(flash(page)).to_contain_text("Edited and approved and published")
